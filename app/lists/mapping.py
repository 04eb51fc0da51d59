"""A saved mapping: which column is read as what, in a file that people can read and edit.

`find --save-mapping` writes it, `--mapping` and requests read by it. It imports nothing heavy.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path

from pydantic import ValidationError

from app.errors import BadQuestion
from app.lists.options import SavedMapping
from app.lists.saved import parse_saved, read_saved

MOST_BYTES = 1 << 20  # judgement: a list of 16,384 columns has so much in its headers
MEANT = "Which column is read as what, as saved by --save-mapping; --column wins."
OTHER = "other "  # before a part of an address: that of one used where a row has no better one


@dataclass(frozen=True)
class ChosenColumns:
    """Which columns somebody chose.

    named: meaning -> header, "" for none; they win over `saved`, which the errors call `source`.
    vendor: whose list it is, as was said beside them, which wins over the saved one, too.
    """

    named: Mapping[str, str] = field(default_factory=dict)
    saved: SavedMapping = field(default_factory=SavedMapping)
    source: str = "mapping"
    vendor: str = ""

    @property
    def said_vendor(self) -> str:
        """Whose list it is, as somebody said; "" where nobody did."""
        return (self.vendor or self.saved.vendor).strip()

    @classmethod
    def of(cls, columns: "Mapping[str, str] | ChosenColumns | None") -> "ChosenColumns":
        """Those, be they named alone."""
        return columns if isinstance(columns, ChosenColumns) else cls(columns or {})

    def or_else(self, columns: Mapping[str, str]) -> "ChosenColumns":
        """With these where nobody chose one for the meaning."""
        missing = {name: header for name, header in columns.items() if name not in self.saved.read}
        return replace(self, named={**missing, **self.named})

    @property
    def read(self) -> dict[str, Sequence[str]]:
        """Meaning -> headers, of the saved mapping."""
        return {
            meaning: [headers] if isinstance(headers, str) else headers or []
            for meaning, headers in self.saved.read.items()
        }

    @property
    def headers(self) -> frozenset[str]:
        """Every header that it names."""
        saved = (header for headers in self.read.values() for header in headers)
        return frozenset([*self.named.values(), *saved, *self.saved.not_read])


def mapping_text(read: Mapping[str, Sequence[str]], unread: Sequence[str], vendor: str = "") -> str:
    """The file of a mapping: meaning -> headers as they were read, and those that were not.

    `vendor`: whose list it is, where somebody said so.
    """
    made = SavedMapping(
        written_by=f"sweetspot {version('sweetspot')}",
        read={name: at[0] if len(at) == 1 else [*at] for name, at in read.items()},
        not_read=[*unread],
        vendor=vendor,
    )
    return json.dumps(made.model_dump(), indent=2, ensure_ascii=False) + "\n"


def read_mapping(path: Path) -> SavedMapping:
    """The mapping in a file. Raises BadQuestion naming the file, and what is wrong in it."""
    return parse_mapping(read_saved(path, MOST_BYTES, "mapping"), str(path))


def parse_mapping(saved: bytes, source: str) -> SavedMapping:
    """The same of the bytes of such a file, which the errors call `source`."""
    value = parse_saved(saved, source, "mapping", MOST_BYTES, "mapping")
    try:
        return SavedMapping.model_validate(value, strict=True)
    except ValidationError as why:
        raise BadQuestion(f"{source}: {_fault(why)}", field="mapping") from why


def _fault(why: ValidationError) -> str:
    """What is wrong with the first key that is, and what is expected there."""
    first = why.errors()[0]
    at = ".".join(str(part) for part in first["loc"][:2])
    if not at:
        return 'expected {"read": {MEANING: HEADER}}'
    if first["type"] == "extra_forbidden":
        return f"no mapping has {at!r}; it has {', '.join(SavedMapping.model_fields)}"
    wanted = (
        "a list of headers" if at.startswith("not_read") else "a header, a list of them or null"
    )
    return f"{at}: expected {wanted}, got {first['input']!r:.60}"
