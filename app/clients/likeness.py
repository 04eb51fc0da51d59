"""What two businesses have in common, component by component, each as a value in [0, 1].

Numbers are compared in steps: a factor of 2 in size, 10 minutes of drive. One step off counts
exp(-1/2) = 0.61, two steps 0.14. The steps are judgement, not measured.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf, nan
from unicodedata import normalize

import numpy as np

from app.businesses.industries import ancestor_codes, industry_nearness, industry_title, sector_of
from app.businesses.prospects import Prospects, Ranges
from app.businesses.sizes import SIZES
from app.geo.places.same_business import plain_name
from app.geo.points import Floats, Ints, Mask
from app.lists.amounts import NO, YES

# Employees come first in what is said of a client: most lists have them.
EMPLOYEES_FIRST = tuple(sorted(SIZES, key=lambda size: size != "employees"))
STEP_MINUTES = 10.0
FARTHEST_STEPS = 72  # 12 hours; a longer drive counts as beyond reach
LARGEST_STEPS = 50  # 2 ** 50; more counts as that
KNOTS = 32  # of a curve, a step


def not_in_books(won: Sequence[Prospects], names: Sequence[str]) -> Prospects | None:
    """Who became a client, each name once, but for those that the books have under `names`.

    won: of each list. None where none of the lists has any.
    """
    if not won:
        return None
    joined = Prospects.joined(won)
    known = {plain_name(name) for name in names}
    plain = [plain_name(name) for name in joined.name]
    first = {name: row for row, name in reversed([*enumerate(plain)])}
    new = [row for name, row in first.items() if name not in known]
    return joined.take(np.array(new, dtype=np.int64))


@dataclass(frozen=True)
class Facts:
    """What is known of n businesses, A clients or prospects; every column has length n.

    codes: NAICS of 2-6 digits or a sector such as "31-33", "" unknown.
    employees, computers: counts; sales: USD a year.
    minutes: drive from the home base, NaN unknown, inf where beyond reach or no road leads.
    advisers: names parted by "|" or ";", "" unknown. A comma or "and" belongs to a name.
    """

    name: Sequence[str]
    codes: Sequence[str]
    employees: Ranges
    computers: Ranges
    sales: Ranges
    minutes: Floats
    advisers: Sequence[str]

    def __len__(self) -> int:
        return len(self.name)

    def take(self, rows: Ints) -> "Facts":
        """Those rows, in that order."""
        texts = (self.name, self.codes, self.advisers)
        name, codes, advisers = ([column[i] for i in rows] for column in texts)
        ranges = (self.employees, self.computers, self.sales)
        employees, computers, sales = (Ranges(size.low[rows], size.high[rows]) for size in ranges)
        return Facts(name, codes, employees, computers, sales, self.minutes[rows], advisers)

    def joined(self, other: "Facts") -> "Facts":
        """These, and those behind them."""
        return Facts(
            [*self.name, *other.name],
            [*self.codes, *other.codes],
            self.employees.joined(other.employees),
            self.computers.joined(other.computers),
            self.sales.joined(other.sales),
            np.concatenate([self.minutes, other.minutes]),
            [*self.advisers, *other.advisers],
        )


@dataclass(frozen=True)
class Grouped[T]:
    """A column with each different value once: row i has values[at[i]]."""

    values: Sequence[T]
    at: Ints

    @classmethod
    def of(cls, texts: Sequence[str], read: Callable[[str], T]) -> "Grouped[T]":
        """The texts, each different one read once."""
        place = {text: i for i, text in enumerate(dict.fromkeys(texts))}
        at = np.fromiter((place[text] for text in texts), np.int64, len(texts))
        return cls([read(text) for text in place], at)

    @property
    def counts(self) -> list[int]:
        """How many rows have each value."""
        return [int(n) for n in np.bincount(self.at, minlength=len(self.values))]

    def each(self, number: Callable[[T], float]) -> Floats:
        """The number of each row's value."""
        return np.array([number(value) for value in self.values], np.float64)[self.at]


@dataclass(frozen=True)
class Places:
    """Numbers in steps, as places on a curve.

    left: the knot at or below each. past: how far on it is to the next knot, NaN unknown.
    """

    left: Ints
    past: Floats

    @classmethod
    def of(cls, steps: Floats) -> "Places":
        """Those of numbers from 0 up, NaN unknown."""
        knots = steps * KNOTS
        left = np.nan_to_num(knots).astype(np.int64)
        return cls(left, knots - left)

    @property
    def known(self) -> Mask:
        """True where there is a number."""
        return ~np.isnan(self.past)


@dataclass(frozen=True)
class Measured:
    """The facts as they are compared, numbers in steps.

    sizes: log2 of the middle. minutes: those beyond reach lie a step after the farthest.
    advisers: plain name -> name as written.
    """

    codes: Grouped[str]
    sizes: Mapping[str, Places]
    minutes: Places
    advisers: Grouped[dict[str, str]]

    @classmethod
    def of(cls, facts: Facts) -> "Measured":
        """Those of each row, in order."""
        drive = facts.minutes / STEP_MINUTES
        return cls(
            Grouped.of(facts.codes, str),
            {name: Places.of(_middles(getattr(facts, name))) for name in EMPLOYEES_FIRST},
            Places.of(np.where(drive > FARTHEST_STEPS, FARTHEST_STEPS + 1, drive)),
            Grouped.of(facts.advisers, adviser_names),
        )


def _middles(ranges: Ranges) -> Floats:
    """log2 of each range's geometric middle, of the finite end where one is open (0 or inf).

    Less than 1 counts as 1. NaN where unknown or open at both ends.
    """
    low = np.where(ranges.low > 0, ranges.low, ranges.high)
    high = np.where(np.isinf(ranges.high), low, ranges.high)
    ends = np.log2(np.clip([low, high], 1.0, 2.0**LARGEST_STEPS))
    return np.where(np.isinf(high), nan, ends.mean(axis=0))


def adviser_names(text: str) -> dict[str, str]:
    """The advisers a cell names: as they are compared -> as written; {} for none.

    "O'Neil & Sons, CPA" and "ONEIL AND SONS CPA" are one name. A yes or no, of a column that asks
    whether there is one, is none.
    """
    parts = (" ".join(part.split()).strip(" ,") for part in re.split(r"[|;\n]", text))
    return {
        plain: part
        for part in parts
        if part.casefold() not in YES | NO and (plain := adviser_key(part))
    }


def adviser_key(name: str) -> str:
    """An adviser's name as it is compared: `plain_name`, "&" read as "and"."""
    return plain_name(normalize("NFKC", name).replace("&", " and "))


def _bell(off: Floats) -> Floats:
    """The kernel of a size `off` steps from an A client's."""
    return np.exp(-(off**2) / 2)


def _nearer(off: Floats) -> Floats:
    """The kernel of a drive `off` steps longer than an A client's: shorter is never worse."""
    return _bell(np.maximum(off, 0.0))


@dataclass(frozen=True)
class Curve:
    """How typical a number is of the A clients' (1 the most typical of theirs), at each knot.

    The mean of the kernel over the A clients, each spread over the two knots beside it and read
    back between knots: within 0.001 of the mean itself, whatever the number of A clients. 0
    beyond the last step.
    """

    heights: Floats

    @classmethod
    def of(cls, places: Places, steps: int, kernel: Callable[[Floats], Floats]) -> "Curve | None":
        """That of the known numbers, those beyond the last step counted at it; None if none."""
        order = np.lexsort((places.past, places.left))
        rows, last = order[places.known[order]], steps * KNOTS
        if not len(rows):
            return None
        left, past = np.minimum(places.left[rows], last), places.past[rows]
        mass = np.bincount(left, 1 - past, last + 2) + np.bincount(left + 1, past, last + 2)
        means = np.convolve(mass, kernel(np.arange(-last - 1, last + 2) / KNOTS), "valid")
        curve = cls(np.append(means, np.zeros(KNOTS)))
        return cls(curve.heights / curve._read(left, past).max())

    def at(self, places: Places) -> Floats:
        """In [0, 1]; NaN where unknown."""
        return np.minimum(self._read(places.left, places.past), 1.0)

    def _read(self, left: Ints, past: Floats) -> Floats:
        rise = np.diff(self.heights)
        return self.heights[left] + past * rise[left]


@dataclass(frozen=True)
class Industry:
    """How many A clients lie in each industry, from the sectors down; `total` in any."""

    clients: Mapping[str, int]
    total: int

    @classmethod
    def of(cls, measured: Measured) -> "Industry | None":
        """None if no A client has a code that lies in a sector."""
        clients: Counter[str] = Counter()
        for code, count in zip(measured.codes.values, measured.codes.counts, strict=True):
            clients.update(dict.fromkeys(ancestor_codes(code), count))
        total = sum(n for code, n in clients.items() if code == sector_of(code))
        return cls(clients, total) if clients else None

    def values(self, measured: Measured) -> Floats:
        """The mean nearness to the A clients', 1 where it is that of the most typical."""
        top = max(self._mean(code) for code in self.clients)
        return np.minimum(measured.codes.each(self._mean) / top, 1.0)

    def _mean(self, code: str) -> float:
        """The mean nearness; a client is as near as the last industry that both lie in."""
        line = ancestor_codes(code)
        if not line:
            return nan
        inside = [self.clients.get(up, 0) for up in (*line, "")]
        last = ((up, n - m) for up, n, m in zip(line, inside, inside[1:], strict=False) if n > m)
        return sum(n * industry_nearness(code, up) for up, n in last) / self.total

    def words(self, one: Facts) -> str:
        """Its title, and how many A clients share its first three digits."""
        code = one.codes[0]
        near = sum(self.clients.get(up, 0) for up in ancestor_codes(code)[1:2])
        return f"{industry_title(code)}, near those of {_share_words(near, self.total)}"


@dataclass(frozen=True)
class Size:
    """The curves of those sizes that any A client knows, and what the A clients say of each."""

    curves: Mapping[str, Curve]
    best: Facts

    @classmethod
    def of(cls, best: Facts, measured: Measured) -> "Size | None":
        """None if no A client knows any size."""
        curves = {n: Curve.of(measured.sizes[n], LARGEST_STEPS, _bell) for n in EMPLOYEES_FIRST}
        known = {name: curve for name, curve in curves.items() if curve}
        return cls(known, best) if known else None

    def values(self, measured: Measured) -> Floats:
        """The mean over the sizes known of the row and of any A client."""
        each = np.stack([curve.at(measured.sizes[name]) for name, curve in self.curves.items()])
        return mean_known(each, np.ones(len(each)))

    def words(self, one: Facts) -> str:
        """Each size that counted, beside the A clients' least and largest."""
        sizes = Measured.of(one).sizes
        counted = (name for name in self.curves if sizes[name].known[0])
        return ", and ".join(self._size_words(name, one) for name in counted)

    def _size_words(self, name: str, one: Facts) -> str:
        mine, theirs = getattr(one, name), getattr(self.best, name)
        dollars = "$" if name == "sales" else ""
        shown = _amounts(float(mine.low[0]), float(mine.high[0]), dollars)
        least, most = float(np.nanmin(theirs.low)), float(np.nanmax(theirs.high))
        return f"{shown} {name}, A clients {_amounts(least, most, dollars)}"


@dataclass(frozen=True)
class Minutes:
    """The curve of the A clients' drives; one beyond reach counts at the farthest."""

    curve: Curve
    best: Facts

    @classmethod
    def of(cls, best: Facts, measured: Measured) -> "Minutes | None":
        """None if the drive to every A client is unknown."""
        curve = Curve.of(measured.minutes, FARTHEST_STEPS, _nearer)
        return cls(curve, best) if curve else None

    def values(self, measured: Measured) -> Floats:
        """1 for as near as the nearest A client or nearer, 0 beyond reach."""
        return self.curve.at(measured.minutes)

    def words(self, one: Facts) -> str:
        """The drive beside the A clients' shortest and longest."""
        mine, theirs = float(one.minutes[0]), self.best.minutes
        shown = f"{plain_number(mine)} min" if mine < inf else "beyond reach"
        least, most = float(np.nanmin(theirs)), float(np.nanmax(theirs))
        span = _amounts(least, most, "") if least < inf else "beyond reach"
        return f"{shown}, A clients {span}"


@dataclass(frozen=True)
class Advisers:
    """How many A clients name each adviser (by plain name); `naming` of all `total` name any."""

    named: Mapping[str, int]
    naming: int
    total: int

    @classmethod
    def of(cls, measured: Measured) -> "Advisers | None":
        """None if no A client names one."""
        named: Counter[str] = Counter()
        rows = list(zip(measured.advisers.values, measured.advisers.counts, strict=True))
        for names, count in rows:
            named.update(dict.fromkeys(names, count))
        naming = sum(count for names, count in rows if names)
        return cls(named, naming, len(measured.advisers.at)) if named else None

    def values(self, measured: Measured) -> Floats:
        """1 for an adviser whom an A client names too, else the share of those that name any."""
        return measured.advisers.each(self._value)

    def _value(self, names: Mapping[str, str]) -> float:
        if not names:
            return nan
        return 1.0 if any(plain in self.named for plain in names) else self.naming / self.total

    def words(self, one: Facts) -> str:
        """The shared adviser whom most A clients name (the first by plain name where equal)."""
        names = adviser_names(one.advisers[0])
        shared = sorted((-self.named[plain], plain) for plain in names if plain in self.named)
        if not shared:
            naming = _share_words(self.naming, self.total)
            return f"names one that no A client names; {naming} name any"
        count, plain = shared[0]
        return f"names {names[plain]}, as {_share_words(-count, self.total)} do"


def mean_known(values: Floats, weights: Floats) -> Floats:
    """The weighted mean over the first axis without NaN; NaN where no weight is left."""
    weight = ~np.isnan(values) * weights[:, None]
    total = weight.sum(axis=0)
    points = (weight * np.nan_to_num(values)).sum(axis=0)
    return np.where(total > 0, points / np.where(total > 0, total, 1.0), nan)


def _share_words(n: int, total: int) -> str:
    return f"{n:,} of {total:,} A clients"


def _amounts(low: float, high: float, unit: str) -> str:
    """A range as people write it: "25", "12-40", "50 or more", "up to 9"."""
    if high == inf:
        return f"{unit}{_short(low)} or more"
    if low == high:
        return f"{unit}{_short(high)}"
    return f"up to {unit}{_short(high)}" if low == 0 else f"{unit}{_short(low)}-{_short(high)}"


def _short(value: float) -> str:
    """Three digits are enough from a million up: "2.5M"."""
    for scale, letter in ((1e9, "B"), (1e6, "M")):
        if value >= scale * 0.9995:
            return f"{value / scale:,.3g}{letter}"
    return plain_number(value)


def plain_number(value: float) -> str:
    """One decimal under 100, where it says something."""
    return f"{value:,.{int(value < 100)}f}".removesuffix(".0")
