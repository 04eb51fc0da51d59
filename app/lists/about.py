"""What an answer says of all its rows, and how a file carries it.

A workbook has it on a second sheet, GeoJSON as members of the collection, Parquet as metadata; CSV
and whatever else has no place for it, in a file beside it. Each is read again with the rows.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import polars as pl

ABOUT = "about"  # what a workbook calls the sheet
HEADER = (ABOUT, "value")
LIMIT = "limit on "
BESIDE = "-about.csv"
METADATA = "sweetspot"  # the key of a Parquet file's
_MOST_BYTES = 1 << 20  # judgement: of a file of notes, which has some thousand


@dataclass(frozen=True)
class About:
    """What is known of a whole answer, "" and nothing where it is not.

    home: the label of the home base; place: where that is and how well it is known, as JSON answers
    have it. homes: where there are several, all of them, as JSON answers have them. date: the day,
    YYYY-MM-DD. attribution: whom to credit. counts: the funnel. limits: those of the sweet spot, in
    words.
    """

    home: str = ""
    date: str = ""
    notes: Sequence[str] = ()
    attribution: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    limits: Mapping[str, str] = field(default_factory=dict)
    place: Mapping[str, Any] = field(default_factory=dict)
    homes: Sequence[Mapping[str, Any]] = ()

    @property
    def labels(self) -> Sequence[str]:
        """Those of the home bases."""
        return [str(home.get("label", "")) for home in self.homes] or [self.home]

    @property
    def table(self) -> pl.DataFrame:
        """For people: what, and what of it, line by line."""
        return pl.DataFrame(list(self._lines()), schema=list(HEADER), orient="row")

    def _lines(self) -> Iterator[tuple[str, str]]:
        yield from (("home base", label) for label in self.labels)
        yield "date", self.date
        yield from ((f"{LIMIT}{name}", words) for name, words in self.limits.items())
        yield from ((name.replace("_", " "), str(n)) for name, n in self.counts.items())
        yield from (("note", note) for note in self.notes)
        yield "attribution", self.attribution

    @property
    def members(self) -> dict[str, Any]:
        """For programs: as JSON answers have it."""
        return {
            "home_base": {"label": self.home, **self.place},
            **({"home_bases": list(self.homes)} if self.homes else {}),
            "date": self.date,
            "counts": dict(self.counts),
            "notes": list(self.notes),
            "attribution": self.attribution,
        }

    @classmethod
    def of_members(cls, document: Mapping[str, Any]) -> Self:
        """What a document says of it; nothing of what is not as we write it."""
        home, notes, counts = (document.get(key) for key in ("home_base", "notes", "counts"))
        place = dict(home) if isinstance(home, Mapping) else {}
        homes = document.get("home_bases")
        return cls(
            str(place.pop("label", "")),
            str(document.get("date") or ""),
            [str(note) for note in notes] if isinstance(notes, list) else (),
            str(document.get("attribution") or ""),
            _whole_numbers(counts) if isinstance(counts, Mapping) else {},
            place=place,
            homes=[one for one in homes if isinstance(one, Mapping)]
            if isinstance(homes, list)
            else (),
        )

    @classmethod
    def of_table(cls, rows: Sequence[Sequence[str]]) -> Self:
        """What the lines of a table of ours say of it, the header first."""
        lines = [(row[0], row[1]) for row in rows[1:] if len(row) > 1]
        once, homes = dict(lines), [text for name, text in lines if name == "home base"]
        return cls(
            "".join(homes[:1]),
            once.get("date", ""),
            [text for name, text in lines if name == "note"],
            once.get("attribution", ""),
            _whole_numbers({name.replace(" ", "_"): text for name, text in lines}),
            {name.removeprefix(LIMIT): text for name, text in lines if name.startswith(LIMIT)},
            homes=[{"label": label} for label in homes] if len(homes) > 1 else (),
        )


def _whole_numbers(some: Mapping[str, Any]) -> dict[str, int]:
    """Those that are counts."""
    return {name: int(n) for name, n in some.items() if str(n).isdecimal()}


def is_about(rows: Sequence[Sequence[str]]) -> bool:
    """Whether a table is one of ours about an answer."""
    return bool(rows) and tuple(cell for cell in rows[0] if cell) == HEADER


def path_beside(path: Path) -> Path:
    """The file of notes that belongs to that file."""
    return path.with_name(f"{path.stem}{BESIDE}")


def has_beside(path: Path) -> bool:
    """Whether there is a file of notes of ours beside it."""
    return read_beside(path) != About()


def read_beside(path: Path) -> About:
    """What the file of notes beside it says; nothing where there is none of ours."""
    with suppress(OSError, UnicodeDecodeError, csv.Error):
        beside = path_beside(path)
        if beside.stat().st_size <= _MOST_BYTES:
            rows = list(csv.reader(beside.read_text("utf-8-sig").splitlines(keepends=True)))
            return About.of_table(rows) if is_about(rows) else About()
    return About()
