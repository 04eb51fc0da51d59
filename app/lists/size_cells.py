"""Columns of sizes -> ranges.

1. Plain numbers are read as columns, other texts once each; a letter is the band that it is with
   the list's vendor, and nothing where that has none.
2. A header in thousands or millions scales what has no unit of its own.
3. Dots part thousands where the whole column reads so: 1.234 beside 25 and 310. Who opens the list
   decides that of each column once, by its first batch.
4. Money of a header or cell in another currency than USD is left out.

What is repaired or can't be read is counted in rows.
"""

import re
from collections.abc import Iterable, Mapping

import numpy as np
import polars as pl

from app.businesses.prospects import Ranges
from app.businesses.sizes import UNITS, Range, is_missing, parse_date_range, parse_size
from app.lists.currency import foreign_currency
from app.lists.headers import FILLS, ListColumns, scale_of
from app.lists.notices import Notices
from app.lists.plain_text import plain_texts

EXAMPLE_LETTERS = 40  # judgement: shown of what can't be read
_PLAIN_NUMBER = r"^\$?\s*(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?$"
_UNIT = r"\s*(?:" + "|".join(filter(None, UNITS)) + r")\b"
_HAS_UNIT = re.compile(rf"\d{_UNIT}", re.IGNORECASE)
_NUMBER = re.compile(rf"\d[\d.,]*(?<=\d)(?:{_UNIT})?", re.IGNORECASE)
_GROUPS = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+(?:,\d{1,2})?")
_USD = ["", "usd", "us$", "$", "us dollar", "us dollars", "dollar", "dollars", "us"]


class SizeReader:
    """Reads the sizes of one list, batch by batch; keeps count of what it repaired.

    dotted: the positions of the columns whose dots part thousands, known from the first batch on.
    """

    def __init__(self, columns: ListColumns, notices: Notices) -> None:
        self.columns = columns
        self.notices = notices
        self.dotted = columns.dotted

    def size(self, cells: pl.DataFrame, name: str) -> Ranges:
        """What the first column says that says anything."""
        self._decide_dots(cells)
        ranges = Ranges.unknown(cells.height)
        letters = self.columns.vendor.letters.get(name, {})
        for meaning in FILLS[name]:
            for at in self.columns.of.get(meaning, ()):
                found = self._ranges(cells, at, letters, name)
                ranges = ranges.otherwise(found)
        return self._in_usd(cells, ranges) if name == "sales" else ranges

    def staff(self, cells: pl.DataFrame) -> Ranges:
        """Full-time and part-time together; seasonal staff are not there all year."""
        total = Ranges.unknown(cells.height)
        for meaning in ("full-time", "part-time"):
            for at in self.columns.of.get(meaning, ()):
                more = self._ranges(cells, at, {}, "employees")
                low, high = np.nan_to_num(total.low), np.nan_to_num(total.high, posinf=np.inf)
                both = Ranges(low + more.low, high + more.high)
                total = both.otherwise(total)
        return total

    def _decide_dots(self, cells: pl.DataFrame) -> None:
        """3."""
        if self.dotted is None:
            names = [*(m for fills in FILLS.values() for m in fills), "full-time", "part-time"]
            self.dotted = frozenset(
                at
                for name in names
                for at in self.columns.of.get(name, ())
                if dots_part_thousands(cells.to_series(at), whole=not name.startswith("sales"))
                and scale_of(self.columns.headers[at]) == 1
            )

    def _ranges(
        self, cells: pl.DataFrame, at: int, letters: Mapping[str, str], name: str
    ) -> Ranges:
        """1. The ranges that one column's cells name; each different text is read once."""
        header = self.columns.headers[at]
        column = plain_texts(cells.to_series(at)).str.strip_chars()
        if self.dotted and at in self.dotted:
            column = self._without_dots(column, name)
        numbers = column.str.contains(_PLAIN_NUMBER) & ~column.str.contains(r"^\$?0{2,}$")
        digits = column.set(~numbers, "").str.replace_all(r"[$,\s]", "")
        value = digits.cast(pl.Float64, strict=False).to_numpy() * scale_of(header)
        low, high = value.copy(), value.copy()
        others = np.flatnonzero(~numbers.to_numpy())
        if len(others):
            low[others], high[others] = self._others(column.gather(others), header, letters, name)
        nothing = (high == 0) if name == "sales" else (low < 0)  # modelled sales: $0 is no data
        if name == "sales" and (code := foreign_currency(header)):
            self._leave_out(code, int(np.count_nonzero(~np.isnan(low))), repr(header))
            nothing |= True
        return Ranges(np.where(nothing, np.nan, low), np.where(nothing, np.nan, high))

    def _others(
        self, texts: pl.Series, header: str, letters: Mapping[str, str], name: str
    ) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        """Low and high of texts that are no plain numbers, shape (2, n)."""
        each: dict[str, Range] = {}
        for text, rows in texts.value_counts(sort=False).iter_rows():
            band = letters.get(text.upper())
            found = parse_size(band or text)
            code = foreign_currency(text) if name == "sales" else ""
            example = repr(text[:EXAMPLE_LETTERS])
            if code:
                self._leave_out(code, rows, example)
            elif found is None and not is_missing(text.lstrip("$")):
                self.notices.add(f"{name} not readable", rows, example)
            elif parse_date_range(text):
                self.notices.add(f"{name} read back from what became a date", rows, example)
            scale = 1.0 if band or _HAS_UNIT.search(text) else scale_of(header)
            low, high = (np.nan, np.nan) if found is None or code else found
            each[text] = (low * scale, high * scale)
        return np.array([each[text] for text in texts], dtype=np.float64).T

    def _leave_out(self, code: str, rows: int, example: str) -> None:
        self.notices.add(f"sales in {code}, not compared with USD,", rows, example)

    def _in_usd(self, cells: pl.DataFrame, ranges: Ranges) -> Ranges:
        """4. A column of its own may name the currency."""
        for at in self.columns.of.get("currency", ())[:1]:
            code = cells.to_series(at).str.strip_chars()
            foreign = ranges.known & ~code.str.to_lowercase().is_in(_USD).to_numpy()
            for name, rows in code.filter(foreign).value_counts(sort=True).iter_rows():
                self._leave_out(foreign_currency(name) or name[:EXAMPLE_LETTERS], rows, "")
            ends = (np.where(foreign, np.nan, end) for end in (ranges.low, ranges.high))
            ranges = Ranges(*ends)
        return ranges

    def _without_dots(self, column: pl.Series, name: str) -> pl.Series:
        """3. 1.234,50 is 1234.50."""
        dotted = column.filter(column.str.contains(r"\d\.\d"))
        example = repr(dotted[0][:EXAMPLE_LETTERS]) if len(dotted) else ""
        self.notices.add(f"dots in {name} read as parting thousands", len(dotted), example)
        return column.str.replace_all(r"(\d)\.(\d)", "$1$2").str.replace_all(r",(\d)", ".$1")


def dots_part_thousands(column: pl.Series, *, whole: bool) -> bool:
    """3. Whether each number with a dot has it before three digits, and none a comma there.

    `whole`: they count; 25.000 in each cell is then 25, as databases write it.
    """
    if not column.str.contains(r"\d\.\d{3}").any():
        return False
    numbers = [number for text in column.unique() for number in _NUMBER.findall(text)]
    dotted = [number for number in numbers if "." in number]
    if any(re.search(r",\d{3}", number) for number in numbers) or not _are_groups(dotted):
        return False
    return not (whole and len(dotted) == len(numbers) and all(n.endswith(".000") for n in dotted))


def _are_groups(numbers: Iterable[str]) -> bool:
    return all(_GROUPS.fullmatch(number) for number in numbers)
