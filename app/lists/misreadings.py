"""Readings in which most cells don't fit: refused with what was seen, instead of judged.

A list whose states are none or whose points lie elsewhere was read wrongly, or is wrong; verdicts
on it would look as sure as any. Where somebody chose the column it is read so, with a note.

1. A postcode that is none in any country, a state that no region is called, a size without a digit.
2. A state that is none, no province and no country, beside ZIP codes: elsewhere regions have names
   that we don't know.
3. Letters for sizes where nothing says whose list it is: each vendor's mean other bands. Also where
   somebody chose the column.
4. Coordinates far from the ZIP code and from the state beside them.

Of a list that names another country nothing but 1. is refused: five digits are a postcode there.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import polars as pl

from app.businesses.prospects import Prospects
from app.errors import UnclearColumns
from app.geo.addresses.states import state_of
from app.lists.fits import CellFit
from app.lists.headers import FILLS, ListColumns
from app.lists.looks import plain_words
from app.lists.vendors import vendors_with_letters
from app.lists.vocabulary import plain_header
from app.lists.zip_areas import miles_astray

FEWEST = 3  # judgement: of two rows, both may be odd
FAR_MILES = 100.0  # judgement: a point may be a firm's other site, but not of most rows
COMPARED = 100  # judgement: rows of a batch whose points are held against their ZIP codes
# What the cells of a meaning should have been; those of no other meaning are refused.
_WANTED: Mapping[str, str] = {
    "state": "states",
    "postcode": "ZIP codes or postcodes",
    **{meaning: f"numbers of {name}" for name, fills in FILLS.items() for meaning in fills},
}
_LETTER = r"(?i)^\s*[A-K]\s*$"  # the most that any vendor of the table has
_AT_HOME = re.compile(r"(?i)(?:u\.?\s?s\.?(?:\s?a\.?)?|united states(?: of america)?)?")


@dataclass
class Doubts:
    """Where the rows of a list are said to be, and how many points lie elsewhere; by the batch.

    lettered: of each size's column how many cells are letters that its vendor does not use.
    """

    columns: ListColumns
    compared: int = 0
    astray: int = 0
    example: str = ""
    abroad: bool = False
    lettered: Counter[int] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        headers = self.columns.headers
        self._countries = [
            at for at, header in enumerate(headers) if "country" in plain_header(header).split()
        ]
        codes = self.columns.of.get("postcode", ())
        self.has_zips = any("zip" in headers[at].casefold() for at in codes)

    def add(self, cells: pl.DataFrame, prospects: Prospects) -> None:
        """One more batch, as text and as it was read."""
        for at in self._sizes_without_letters():
            self.lettered[at] += int(cells.to_series(at).str.contains(_LETTER).sum())
        for at in self._countries:
            named = cells.to_series(at).str.strip_chars().unique()
            self.abroad |= not all(map(_AT_HOME.fullmatch, named))
        if not self.abroad and prospects.given.known.any():
            self._compare(prospects)

    def _sizes_without_letters(self) -> Iterator[int]:
        for size, meanings in FILLS.items():
            if size not in self.columns.vendor.letters:
                for meaning in meanings:
                    yield from self.columns.of.get(meaning, ())

    def _compare(self, prospects: Prospects) -> None:
        """4. Some of the points with the ground of their ZIP codes and states."""
        given, addresses = prospects.given, prospects.addresses
        for i in np.flatnonzero(given.known)[:COMPARED].tolist():
            code, state = addresses.postcode[i], addresses.state[i]
            if not (state_of(state) or (self.has_zips and not state)):
                continue
            miles = miles_astray(float(given.lat[i]), float(given.lon[i]), code, state)
            if miles is None:
                continue
            self.compared += 1
            if miles > FAR_MILES:
                self.astray += 1
                where = " ".join(filter(None, (state, code)))
                point = f"{given.lat[i]:.5g}, {given.lon[i]:.5g}"
                self.example = self.example or f"{point} is {miles:,.0f} miles from {where}"


class Misfit(NamedTuple):
    """Columns that were read as something, and what was seen that speaks against it."""

    headers: Sequence[str]
    read_as: str
    seen: str

    def sentence(self, *, chosen: bool) -> str:
        """In a sentence; `chosen`: somebody said that it is so."""
        several, who = len(self.headers) > 1, _named_columns(self.headers)
        if chosen:
            verb = "are" if several else "is"
            return f"{who} {verb} read as {self.read_as}, as chosen, though {self.seen}"
        return f"{who} would be read as {self.read_as}, but {self.seen}"


def _named_columns(headers: Sequence[str]) -> str:
    return f"column{'s' if len(headers) > 1 else ''} {' and '.join(map(repr, headers))}"


def check_readings(read: Mapping[str, CellFit], doubts: Doubts) -> list[str]:
    """What was chosen and does not fit, for people.

    Raises UnclearColumns, which names the column, for a reading that nobody chose and most cells
    don't fit, or whose letters nobody knows.
    """
    _ask_for_vendor(read, doubts)
    found = {name: _misfit(name, read[name], doubts) for name in _WANTED if name in read}
    found["lat"] = _astray(read, doubts)
    notes = []
    for meaning, misfit in found.items():
        if misfit is None:
            continue
        if meaning not in doubts.columns.forced:
            raise UnclearColumns(
                f"{misfit.sentence(chosen=False)}: {_way_out(meaning)}",
                field=meaning,
                choices=misfit.headers,
                supposed=dict.fromkeys(("lat", "lon") if meaning == "lat" else (meaning,), ""),
            )
        notes.append(misfit.sentence(chosen=True))
    return notes


def _ask_for_vendor(read: Mapping[str, CellFit], doubts: Doubts) -> None:
    """3. Raises UnclearColumns where most cells of a size are letters that nobody can tell."""
    lettered: dict[str, Sequence[str]] = {}
    sizes: dict[str, None] = {}
    for size, meanings in FILLS.items():
        for meaning in meanings:
            letters = sum(doubts.lettered[at] for at in doubts.columns.of.get(meaning, ()))
            if letters and 2 * letters > read[meaning].cells:
                lettered[meaning] = read[meaning].headers
                sizes[size] = None
    choices = vendors_with_letters(sizes)
    if not lettered or not choices:
        return
    headers = [header for each in lettered.values() for header in each]
    none = " ".join(f"--column '{meaning}='" for meaning in lettered)
    raise UnclearColumns(
        f"{_named_columns(headers)} would be read as letters for bands of "
        f"{' and '.join(sizes)}, which mean other ones at each vendor: say whose list it "
        f"is, such as --vendor '{choices[0]}' (of {', '.join(choices)}), or that it has none "
        f"({none})",
        field="vendor",
        choices=choices,
        supposed=dict.fromkeys(lettered, ""),
        headers=headers,
    )


def _misfit(meaning: str, fit: CellFit, doubts: Doubts) -> Misfit | None:
    """1. and 2. None where the reading will do."""
    strict = meaning == "state" and doubts.has_zips and not doubts.abroad and not fit.mostly
    if fit.cells < FEWEST or not (strict or 2 * fit.alien > fit.cells):
        return None
    such = ", ".join(repr(plain_words(text)) for text in fit.others)
    wrong = f"{fit.cells - fit.fit:,} of its {fit.cells:,} cells are no {_WANTED[meaning]}"
    return Misfit(fit.headers, meaning, f"{wrong} (such as {such})")


def _astray(read: Mapping[str, CellFit], doubts: Doubts) -> Misfit | None:
    """4. None where most points are where they should be."""
    if doubts.compared < FEWEST or 2 * doubts.astray <= doubts.compared:
        return None
    headers = [header for name in ("lat", "lon") if name in read for header in read[name].headers]
    wrong = f"{doubts.astray:,} of {doubts.compared:,} compared lie over {FAR_MILES:.0f} miles"
    seen = f"{wrong} from their own ZIP code or state ({doubts.example})"
    return Misfit(headers, "coordinates", seen)


def _way_out(meaning: str) -> str:
    """What to do."""
    if meaning == "lat":
        return (
            "say which columns they are (--column lat=HEADER --column lon=HEADER), or that none is "
            "(--column lat= --column lon=), and rows are placed by their addresses"
        )
    return (
        f"say which column it is (--column '{meaning}=HEADER'; the same one, where it is right), "
        f"or that none is (--column '{meaning}=')"
    )
