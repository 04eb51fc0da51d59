"""The firm's own books: a list of clients, what each pays, takes and asks for, by the month."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan, nan

import numpy as np
import polars as pl

from app.businesses.sizes import is_missing
from app.clients.roster import Clients, merge_clients
from app.errors import BadList
from app.geo.places.same_business import plain_name
from app.geo.points import Floats, Mask
from app.lists.amounts import (
    has_decimal_comma,
    only_thousands_have_dots,
    parse_flag,
    parse_money,
    parse_percent,
    parse_quantity,
)
from app.lists.headers import scale_of
from app.lists.notices import Notices
from app.lists.periods import count_header_months
from app.lists.read import ListFile
from app.lists.vocabulary import CLIENTS

MONTHS_A_YEAR = 12


def read_clients(rows: ListFile, *, needs: str = "") -> Clients:
    """The clients of a list that was opened with the vocabulary CLIENTS.

    Raises BadList where `needs` ("revenue" or "hours") is in no column.
    """
    for meaning in filter(None, (needs, "name")):
        if not any(rows.headers(name) for name in _WAYS[meaning]):
            raise _missing(rows, meaning)
    who = rows.whole()
    notices = Notices()
    take = _BookCells(rows, who.cells, notices)
    income = take.income()
    clients = Clients(
        who=who,
        income=income,
        recurring=take.recurring(income),
        hours=take.monthly("hours", "yearly hours"),
        visits=take.monthly("visits", "yearly visits"),
        drive=take.numbers("drive"),
        travel_fee=take.numbers("travel fee"),
        rate=take.numbers("rate"),
        since=take.texts("since"),
        active=take.active(who.closed),
        flexible=take.flags("flexible"),
        grows=take.flags("grows"),
        pays_on_time=take.flags("pays on time"),
        rows=[(i + 1,) for i in range(len(who))],
        notes=[],
    )
    once = merge_clients(clients.take(np.flatnonzero(~_totals(clients, notices))))
    more = _columns_for_more(rows)
    return replace(
        once, notes=[*rows.notes, *dict.fromkeys(take.told), *notices.notes, *once.notes, *more]
    )


def _missing(rows: ListFile, meaning: str) -> BadList:
    wanted = CLIENTS.names[meaning].replace("||", "|").split("|")[:4]
    seen = ", ".join(repr(name[:40]) for name in rows.whole().cells.columns[:20])
    of = "the client's name" if meaning == "name" else meaning
    return BadList(
        f"no column for {of}: looked for {', '.join(map(repr, wanted))} and the like; "
        f"found {seen}; say which it is as a column, such as {meaning}=HEADER",
        field=meaning,
    )


def _columns_for_more(rows: ListFile) -> list[str]:
    """Of books that say little beyond who pays what: the columns that would answer more."""
    lacking = [
        f"{shown} ({use})"
        for shown, use, meanings in _MORE
        if not any(meaning in rows.columns for meaning in meanings)
    ]
    if len(lacking) < len(_MORE) - 1:
        return []
    return [f"columns that would answer more: {'; '.join(lacking)}"]


# What a list of clients may hold, and what it is good for.
_MORE = (
    ("employees or computers", "category and sweet spot", ("employees", "computers")),
    ("industry", "niches", ("industry",)),
    ("address or ZIP", "drive", ("line", "street", "whole", "city", "postcode", "lat")),
    ("hours and visits a month", "income an hour, and capacity", ("hours", "yearly hours")),
    ("advisers", "partners", ("advisers",)),
)
_TOTAL = frozenset({"total", "totals", "grandtotal", "grandtotals", "subtotal", "sum", "overall"})
_RECURRING = ("monthly recurring", "recurring")
# What a time on the clock is counted in, in hours; visits have units but no clock.
_CLOCK: Mapping[str, float] = {"hours": 1, "yearly hours": 1, "drive": 1 / 60, "visits": 1}
_MONEY = ("revenue", "monthly revenue", "months", "refunds", *_RECURRING, "travel fee", "rate")
_SPAN = re.compile(r"month|year|annual|yearly|quarter|\b(?:mrr|arr|ltm|ttm)\b|12")
_WAYS: Mapping[str, Sequence[str]] = {
    "name": ("name",),
    "revenue": ("revenue", "monthly revenue", "months", *_RECURRING),
    "hours": ("hours", "yearly hours"),
}


def _totals(clients: Clients, notices: Notices) -> Mask:
    """True where a row adds up others and is no client: "Total", "Total Smith", a nameless sum."""
    keys = [plain_name(name) for name in clients.who.name]
    names, paid = set(keys), float(np.nansum(clients.income))
    is_sum = np.isclose(2 * clients.income, paid, rtol=1e-6) & (paid > 0) & (len(clients) > 2)
    found = [
        key in _TOTAL
        or (key.startswith("total") and key.removeprefix("total") in names)
        or (not name.strip() and one_is)
        for name, key, one_is in zip(clients.who.name, keys, is_sum.tolist(), strict=True)
    ]
    for row in np.flatnonzero(found).tolist():
        told = f"row {row + 1}, {clients.who.name[row]!r}"
        notices.add("a sum of other rows and no client, left out,", 1, told)
    return np.array(found, dtype=bool)


@dataclass
class _BookCells:
    """Reads the columns of the books; keeps count of what can't be read."""

    rows: ListFile
    cells: pl.DataFrame
    notices: Notices

    def __post_init__(self) -> None:
        self.told: list[str] = []
        self.read: dict[str, Floats] = {}
        headers = [header for name in _MONEY for header in self.rows.headers(name)]
        texts = [text for header in headers for text in self.cells[header].unique()]
        self.dots_part_thousands = has_decimal_comma(texts) or only_thousands_have_dots(texts)
        if self.dots_part_thousands and only_thousands_have_dots(texts):
            example = next(text for text in sorted(texts) if "." in text)
            self.told.append(f"dots in amounts are read as parting thousands (such as {example!r})")

    def texts(self, meaning: str) -> list[str]:
        """The cells of one column, "" where there is none or they say nothing."""
        headers = self.rows.headers(meaning)
        if not headers:
            return [""] * self.cells.height
        return [text.strip() for text in self.cells[headers[0]]]

    def numbers(self, meaning: str) -> Floats:
        """Numbers of one column, NaN where it says nothing."""
        headers = self.rows.headers(meaning)
        if not headers:
            return np.full(self.cells.height, nan)
        if meaning not in self.read:
            self.read[meaning] = self._column(headers[0], meaning)
        return self.read[meaning]

    def monthly(self, month: str, year: str) -> Floats:
        """What is by the month, else a twelfth of what is by the year.

        Under a header that names neither it is of the time that the report covers, where known.
        """
        by_month = self.numbers(month) / self._months_in(month, 1, "month")
        by_year = self.numbers(year) / self._months_in(year, MONTHS_A_YEAR, "year")
        return np.where(np.isnan(by_month), by_year, by_month)

    def _months_in(self, meaning: str, months: float, span: str) -> float:
        """How many months the column's numbers are of."""
        header = next(iter(self.rows.headers(meaning)), "")
        if not header or _SPAN.search(header.casefold()):
            return months
        if self.rows.covers is not None:
            self.told.append(self.rows.covers.note)
            return self.rows.covers.months
        self.told.append(f"column {header!r} is read as {meaning}, of one {span}")
        return months

    def recurring(self, income: Floats) -> Floats:
        """USD a month, or that percentage of the income.

        A spreadsheet's percentages come as shares: where all are within 0-1 and some less than 1,
        and what is paid is more than that, they are read so.
        """
        shares = [
            np.array([parse_percent(text) for text in self.texts(name)]) for name in _RECURRING
        ]
        share = np.where(np.isnan(shares[0]), shares[1], shares[0])
        by_month, by_year = map(self.numbers, _RECURRING)
        plain = np.where(np.isnan(by_month), by_year, by_month)
        known = plain[~np.isnan(plain)]
        if ((known >= 0) & (known <= 1)).all() and (known % 1 > 0).any() and (income > 1).any():
            self.told.append("recurring revenue of 0 to 1 is read as a share of the revenue")
            return np.where(np.isnan(share), plain, share) * income
        return np.where(np.isnan(share), self.monthly(*_RECURRING), share * income)

    def income(self) -> Floats:
        """USD a month: by the month, by the year, the mean of single months, else what recurs.

        The single months come before a column that is revenue by a weak name only ("Total"). What
        was refunded is taken off.
        """
        months = self.months()
        stated = any(self.rows.headers(name) for name in ("monthly revenue", "revenue"))
        if not stated and not self.rows.headers("months"):
            return self._recurring_alone()
        if not stated or (self.rows.is_guess("revenue") and not np.isnan(months).all()):
            return months
        paid = self.monthly("monthly revenue", "revenue")
        if self.rows.headers("refunds"):
            back = self.numbers("refunds") / self._months_in("refunds", MONTHS_A_YEAR, "year")
            paid = paid - np.abs(np.nan_to_num(back))
        return np.where(np.isnan(paid), months, paid)

    def _recurring_alone(self) -> Floats:
        headers = [h for name in _RECURRING for h in self.rows.headers(name)]
        if headers:
            self.told.append(f"what recurs ({', '.join(headers)}) is read as all the revenue")
        return self.monthly(*_RECURRING[:2]) if headers else np.full(self.cells.height, nan)

    def months(self) -> Floats:
        """The mean of the last twelve months' columns; blank months are 0 where one has a value.

        Months at either end that no client has a value for are left out: the books begin later, or
        the year is not over. A column of several months counts as so many.
        """
        columns = [(name, self._column(name, "revenue")) for name in self.rows.headers("months")]
        filled = [i for i, (_, column) in enumerate(columns) if not np.isnan(column).all()]
        columns = columns[min(filled, default=0) : max(filled, default=-1) + 1][-MONTHS_A_YEAR:]
        if not columns:
            return np.full(self.cells.height, nan)
        months = sum(count_header_months(name) for name, _ in columns)
        first, last = columns[0][0], columns[-1][0]
        which = repr(first) if first == last else f"{first!r} to {last!r}"
        self.told.append(f"income by the month is the mean of {months:.3g} months, {which}")
        each = np.stack([column for _, column in columns])
        nothing = np.isnan(each).all(axis=0)
        return np.where(nothing, nan, np.nansum(each, axis=0) / months)

    def _column(self, header: str, meaning: str) -> Floats:
        texts = self.cells[header].str.strip_chars()
        clock = _CLOCK.get(meaning)
        if clock:
            texts = pl.Series([parse_quantity(text, clock) for text in texts], dtype=pl.String)
        dots = self.dots_part_thousands if meaning in _MONEY else None
        each = parse_money(texts.unique().to_list(), dots_part_thousands=dots)
        values = np.array([each[text] for text in texts], dtype=np.float64)
        unread = [
            text
            for text, value in zip(texts, values, strict=True)
            if isnan(value)
            and not is_missing(text)
            and not (meaning in _RECURRING and parse_percent(text) >= 0)
        ]
        self.notices.add(
            f"{meaning} not readable", len(unread), repr(unread[0][:40]) if unread else ""
        )
        if clock:
            below = values < 0
            self.notices.add(f"{meaning} below 0, read as unknown,", int(below.sum()))
            values = np.where(below, nan, values)
        return values * scale_of(header)

    def flags(self, meaning: str) -> list[bool | None]:
        """Yes, no, or None where the column says neither."""
        texts = self.texts(meaning)
        each = {text: parse_flag(text) for text in set(texts)}
        unread = [text for text in texts if each[text] is None and not is_missing(text)]
        self.notices.add(
            f"{meaning}: neither yes nor no", len(unread), repr(unread[0][:40]) if unread else ""
        )
        return [each[text] for text in texts]

    def active(self, closed: Sequence[str]) -> list[bool | None]:
        """What the column says, else no where the status does or the list says it has closed."""
        said, status = self.flags("active"), map(parse_flag, self.texts("status"))
        return [
            yes if yes is not None else (False if gone or state is False else state)
            for yes, state, gone in zip(said, status, closed, strict=True)
        ]
