"""Which client each row of a report is of: groups, sub-customers, sums.

1. Groups. "Total X" or "Total for X" closes the group that a row named X opened. What is in it is
   X's: entries without a name of their own, and sub-customers and jobs, whose own name is kept at
   the end of the row. Below a row without figures, and below one that is less indented, as well.
   "Oak:Warehouse" is part of Oak where Oak, or another part of it, is there. A sub-customer of a
   client that has figures of its own stands beside it, as "Oak / Warehouse".
2. Sums. A row that closes a group, or is called "Total", is no client's; nor is what stands below
   the last of them, nor a closing line.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan

from app.geo.places.same_business import plain_name
from app.lists.amounts import parse_money
from app.lists.closing import is_closing_line
from app.lists.notices import Notices
from app.lists.vocabulary import plain_header

APART = " / "  # between a client and a sub-customer that is counted beside it
ALL, ALONE = -1, -2  # what a sum adds up, where it is no group: everything, or one row

AMOUNT = re.compile(r"[-+(]?\s*[$€£]?\s*[-+]?\d[\d,. ]*\)?")
_TOTAL = re.compile(r"(?i)(?:grand |sub-?)?totals?(?:\s*:|\b)(?: for\b| of\b)?\s*(.*?)")
_WITH_SUBS = re.compile(r"(?i) with sub-?\w+$")
# What a sum adds up, and the heading above all clients of a report; never a client's name.
_ALL = frozenset({
    "income", "revenue", "revenues", "sales", "amount", "customers", "clients", "contacts",
    "invoices", "payments", "hours", "all", "active", "trading", "operating", "net",
})  # fmt: skip
_NOBODY = frozenset({"not specified", "no customer", "no client", "no name", "unassigned"})


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A row below the header.

    label: the client, group or sum that it names. depth: how far in. says: whether it says
    anything beyond its label.
    """

    record: Sequence[str]
    label: str
    depth: tuple[int, int]
    says: bool

    @property
    def key(self) -> str:
        """The label, however it is written."""
        return plain_name(self.label) or self.label.casefold()

    @property
    def called(self) -> str:
        """Its label, else the first that it says: the word "Total" may stand anywhere."""
        return self.label or next((cell.strip() for cell in self.record if cell.strip()), "")


def read_line(record: Sequence[str], leads: tuple[int, ...], indents: bool) -> ReportLine:
    """The row, with what stands in its columns of names; `indents`: whether blanks mean anything.

    One blank means nothing: it is a slip.
    """
    at = next((at for at in leads if at < len(record) and record[at].strip()), None)
    says = any(cell.strip() for i, cell in enumerate(record) if i not in leads)
    if at is None:
        return ReportLine(record, "", (0, 0), says)
    cell = record[at]
    blanks = len(cell) - len(cell.lstrip())
    return ReportLine(record, cell.strip(), (at, blanks if indents and blanks > 1 else 0), says)


type ReportPath = list[str] | None


def find_paths(lines: Sequence[ReportLine], notices: Notices) -> list[ReportPath]:
    """Rules 1 and 2: for each line the client and what is part of it; None for what is left out.

    [] for a line that names nobody, below no group.
    """
    sums = _find_sums(lines)
    last = max((at for at, what in sums.items() if what == ALL), default=len(lines))
    paths: list[ReportPath] = []
    groups = _Groups(lines, frozenset(what for what in sums.values() if what >= 0))
    for at, line in enumerate(lines):
        if at in sums:
            notices.add("a sum of other rows and no client, left out,", 1, repr(line.called))
            groups.close(sums[at])
            paths.append(None)
        elif not (line.label or line.says) or _closes(line, below=at > last):
            paths.append(None)
        else:
            paths.append(groups.path_of(at))
    return _split_jobs(
        [
            None if path is None or at in groups.headings else _client_path(path, notices)
            for at, path in enumerate(paths)
        ]
    )


@dataclass
class _Groups:
    """The groups that are open at a line; `closed_later`: the rows that open one up to its sum."""

    lines: Sequence[ReportLine]
    closed_later: frozenset[int]

    def __post_init__(self) -> None:
        self.open: list[int] = []
        self.headings: set[int] = set()  # the rows without figures of groups that hold any

    def close(self, what: int) -> None:
        """A sum closes its group and those inside; the sum of all, all of them."""
        if what == ALL:
            self.open = []
        elif what in self.open:
            self.open = self.open[: self.open.index(what)]

    def path_of(self, at: int) -> list[str]:
        """The names of the groups that the line is in, and its own."""
        line = self.lines[at]
        if line.label:
            while self.open and self._ends(self.open[-1], line):
                self.open.pop()
            inside = list(self.open)
            self.open.append(at)
        else:
            inside = [g for g in self.open if g in self.closed_later or not self.lines[g].says]
        self.headings.update(group for group in inside if not self.lines[group].says)
        names = [self.lines[group].label for group in inside]
        if not line.label:
            return names
        if line.says and any(self.lines[group].says for group in inside):
            return [APART.join([*(name for name in names if not _is_all(name)), line.label])]
        return [*names, line.label]

    def _ends(self, group: int, line: ReportLine) -> bool:
        return group not in self.closed_later and self.lines[group].depth >= line.depth


def _closes(line: ReportLine, below: bool) -> bool:
    """Whether a line closes the report; below the sum of all any line of one cell does."""
    filled = sum(1 for cell in line.record if cell.strip())
    return filled == 1 and (below or is_closing_line(line.record))


def _client_path(path: list[str], notices: Notices) -> ReportPath:
    """Without the headings that stand over all clients; None for what nobody in particular pays."""
    within = [name for name in path if not _is_all(name)] or path
    if within and within[0].casefold() in _NOBODY:
        notices.add("of no client that is named, left out,", 1, repr(within[0]))
        return None
    return within


def _is_all(words: str) -> bool:
    said = set(plain_header(words).split())
    return bool(said) and said <= _ALL


def _find_sums(lines: Sequence[ReportLine]) -> dict[int, int]:
    """Rule 2: the rows of sums -> which row opened the group of each, ALL or ALONE."""
    opened: dict[str, list[int]] = defaultdict(list)
    sums: dict[int, int] = {}
    for at, line in enumerate(lines):
        key = _summed(line.called, opened)
        if key is None:
            if line.label:
                opened[line.key].append(at)
        elif key and opened[key]:
            first = opened[key].pop()
            alone = at - first > 1 and _same_figures(lines[first], line)
            sums[at] = ALONE if alone else first
        else:
            sums[at] = ALONE if key else ALL
    return sums


def _summed(called: str, known: Mapping[str, list[int]]) -> str | None:
    """The key of the group that a sum is of, "" for all, None for what is no sum."""
    found = _TOTAL.fullmatch(called)
    if found is None:
        before = called[: -len(" total")] if called.casefold().endswith(" total") else ""
        key = plain_name(before)
        return key if key and key in known else None
    of = _WITH_SUBS.sub("", found[1])
    key = plain_name(of) or of.casefold()
    return key if key in known else "" if _is_all(of) else None


def _same_figures(one: ReportLine, other: ReportLine) -> bool:
    """Whether a row and a sum show the same amounts: it adds up nothing but that row."""
    return one.says and _figures(one) == _figures(other)


def _figures(line: ReportLine) -> list[float]:
    cells = [cell.strip() for cell in line.record if AMOUNT.fullmatch(cell.strip())]
    amounts = parse_money(cells)
    return [amounts[cell] for cell in cells if not isnan(amounts[cell])]


def _split_jobs(paths: Sequence[ReportPath]) -> list[ReportPath]:
    """Rule 1: "Oak:Warehouse" as Oak and its warehouse, where there is more of Oak."""
    names = {path[0] for path in paths if path}
    parents = Counter(name.partition(":")[0].strip() for name in names)

    def split(path: list[str]) -> list[str]:
        parent, _, job = path[0].partition(":")
        several = job.strip() and parents[parent.strip()] > 1
        return [parent.strip(), job.strip(), *path[1:]] if several else path

    return [split(path) if path else path for path in paths]
