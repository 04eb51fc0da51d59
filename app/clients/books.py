"""The firm's own books: a list of clients, what each pays, takes and asks for, by the month."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan, nan

import numpy as np
import polars as pl

from app.clients.roster import Clients, merged
from app.errors import BadList
from app.geo.points import Floats
from app.lists.amounts import flag, money, percent, quantity
from app.lists.cells import Notices
from app.lists.headers import scale_of
from app.lists.read import ListFile
from app.lists.vocabulary import BOOKS
from app.sizes import is_missing

MONTHS_A_YEAR = 12


def read_clients(rows: ListFile, *, needs: str = "") -> Clients:
    """The clients of a list that was opened with the vocabulary CLIENTS.

    Raises BadList where `needs` ("revenue" or "hours") is in no column.
    """
    if needs and not any(rows.headers(name) for name in _WAYS[needs]):
        wanted = BOOKS[needs].replace("||", "|").split("|")[:4]
        seen = ", ".join(repr(name[:40]) for name in rows.whole().cells.columns[:20])
        raise BadList(
            f"no column for {needs}: looked for {', '.join(map(repr, wanted))} and the like; "
            f"found {seen}; say which it is as a column, such as {needs}=HEADER",
            field=needs,
        )
    who = rows.whole()
    notices = Notices()
    take = _Cells(rows, who.cells, notices)
    income = take.monthly("monthly revenue", "revenue")
    income = np.where(np.isnan(income), take.months(), income)
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
    once = merged(clients)
    return replace(once, notes=[*rows.notes, *take.told, *notices.notes, *once.notes])


_RECURRING = ("monthly recurring", "recurring")
# What a time on the clock is counted in, in hours; visits have units but no clock.
_CLOCK: Mapping[str, float] = {"hours": 1, "yearly hours": 1, "drive": 1 / 60, "visits": 1}
_WAYS: Mapping[str, Sequence[str]] = {
    "revenue": ("revenue", "monthly revenue", "months"),
    "hours": ("hours", "yearly hours"),
}


@dataclass
class _Cells:
    """Reads the columns of the books; keeps count of what can't be read."""

    rows: ListFile
    cells: pl.DataFrame
    notices: Notices

    def __post_init__(self) -> None:
        self.told: list[str] = []

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
        return self._column(headers[0], meaning)

    def monthly(self, month: str, year: str) -> Floats:
        """What is by the month, else a twelfth of what is by the year."""
        by_year = self.numbers(year) / MONTHS_A_YEAR
        by_month = self.numbers(month)
        for meaning, span in ((month, "month"), (year, "year")):
            for header in self.rows.headers(meaning)[:1]:
                if span not in header.casefold() and "12" not in header:
                    self.told.append(f"column {header!r} is read as {meaning}, of one {span}")
        return np.where(np.isnan(by_month), by_year, by_month)

    def recurring(self, income: Floats) -> Floats:
        """USD a month, or that percentage of the income."""
        shares = [np.array([percent(text) for text in self.texts(name)]) for name in _RECURRING]
        share = np.where(np.isnan(shares[0]), shares[1], shares[0])
        return np.where(np.isnan(share), self.monthly(*_RECURRING), share * income)

    def months(self) -> Floats:
        """The mean of the last twelve months' columns; blank months are 0 where one has a value."""
        headers = self.rows.headers("months")[-MONTHS_A_YEAR:]
        if not headers:
            return np.full(self.cells.height, nan)
        if not (self.rows.headers("revenue") or self.rows.headers("monthly revenue")):
            self.told.append(
                f"income is the mean of {len(headers)} months, {headers[0]!r} to {headers[-1]!r}"
            )
        each = np.stack([self._column(header, "revenue") for header in headers])
        nothing = np.isnan(each).all(axis=0)
        return np.where(nothing, nan, np.nansum(each, axis=0) / len(headers))

    def _column(self, header: str, meaning: str) -> Floats:
        texts = self.cells[header].str.strip_chars()
        clock = _CLOCK.get(meaning)
        if clock:
            texts = pl.Series([quantity(text, clock) for text in texts], dtype=pl.String)
        each = money(texts.unique().to_list())
        values = np.array([each[text] for text in texts], dtype=np.float64)
        unread = [
            text
            for text, value in zip(texts, values, strict=True)
            if isnan(value) and _says(text) and not (meaning in _RECURRING and percent(text) >= 0)
        ]
        self.notices.add(
            f"{meaning} not readable", len(unread), repr(unread[0][:40]) if unread else ""
        )
        return values * scale_of(header)

    def flags(self, meaning: str) -> list[bool | None]:
        """Yes, no, or None where the column says neither."""
        texts = self.texts(meaning)
        each = {text: flag(text) for text in set(texts)}
        unread = [text for text in texts if each[text] is None and _says(text)]
        self.notices.add(
            f"{meaning}: neither yes nor no", len(unread), repr(unread[0][:40]) if unread else ""
        )
        return [each[text] for text in texts]

    def active(self, closed: Sequence[str]) -> list[bool | None]:
        """What the column says, else no where the list says that it has closed."""
        said = self.flags("active")
        return [
            flag if flag is not None else (False if gone else None)
            for flag, gone in zip(said, closed, strict=True)
        ]


def _says(text: str) -> bool:
    return not is_missing(text)
