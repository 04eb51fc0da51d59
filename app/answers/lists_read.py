"""What was read as what, in an answer that rests on lists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.lists.column_report import ColumnReport
from app.lists.read import ListFile


@dataclass(frozen=True)
class ListsRead:
    """The lists of an answer by name, None where it was not given; `main` is asked about."""

    of: Mapping[str, ListFile | None]
    main: str = "list"

    @property
    def seen(self) -> dict[str, ColumnReport]:
        """What was read of each that was given."""
        return {name: one.seen for name, one in self.of.items() if one and one.seen.read}

    @property
    def lines(self) -> Sequence[str]:
        """One for each list, for people."""
        return [
            seen.line if name == self.main else f"{name} {seen.line}"
            for name, seen in self.seen.items()
        ]

    def added_to(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """An answer with its `columns`, those of other lists under their names, and the lines."""
        columns = {
            "columns" if name == self.main else f"{name}_columns": seen.document()
            for name, seen in self.seen.items()
        }
        return {**document, "notes": [*self.lines, *document["notes"]], **columns}
