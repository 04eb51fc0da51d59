"""What a person who calls or drops by reads of each row: whom, where, how far, and why."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from app.exports.answer import AnswerRows
from app.exports.phones import show_phone

_DRIVE = re.compile(r"^(?:about |over )?[\d.,]+ (?:min|miles|km)\b")
_OPEN = re.compile(r"\bmay be\b")
_WITHIN = re.compile(r"(?:, within [^,]*| from employees)?(?:, which decides nothing)?$")
_ASKED = frozenset({"computers unknown", "employees unknown", "adviser unknown"})
# What may come of a call or a visit. Judgement.
OUTCOMES = ("no answer", "call back", "meeting", "not interested")
_PASSED = ("computers ", "employees ", "sales ", "industry ", "adviser")


@dataclass(frozen=True)
class Callee:
    """One row. minutes, miles: None where unknown. why: its reasons in a few words.

    home: the home base that they are from, "" where there is only one.
    """

    name: str
    person: str
    phone: str
    address: str
    minutes: float | None
    miles: float | None
    why: str
    home: str = ""

    @property
    def distance(self) -> str:
        """Minutes and miles, as far as they are known: "12.3 min · 7.1 mi"."""
        minutes = "" if self.minutes is None else f"{self.minutes:.1f} min"
        miles = "" if self.miles is None else f"{self.miles:.1f} mi"
        return join_words([minutes, miles, self.home and f"from {self.home}"])


def read_callees(rows: AnswerRows, sender: str) -> list[Callee]:
    """One for each row, in order; `sender` is the country that is left off addresses."""
    ours = rows.ours.to_dicts()
    return [
        Callee(
            recipient["name"],
            recipient["attention"],
            show_phone(recipient["phone"], recipient["country"], sender),
            address_text(recipient, sender),
            mine.get("minutes"),
            mine.get("miles"),
            shorten_reasons(mine.get("verdict") or "", mine.get("reasons") or ""),
            mine.get("home") or "",
        )
        for recipient, mine in zip(rows.recipients.to_dicts(), ours, strict=True)
    ]


def answer_column(rows: AnswerRows, name: str) -> pl.Series:
    """One of our columns; nulls where the answer has none of that name."""
    if name in rows.ours.columns:
        return rows.ours[name]
    return pl.repeat(None, len(rows), eager=True).rename(name)


def row_homes(rows: AnswerRows) -> list[str]:
    """The home base of each row, the answer's own where it has only one; "" where not known."""
    only = "" if rows.about.homes else rows.about.home
    return [home or only for home in answer_column(rows, "home").to_list()]


def address_text(recipient: dict[str, str], sender: str) -> str:
    """Its address on one line."""
    town = f"{recipient['state']} {recipient['zip']}".strip()
    country = "" if recipient["country"] == sender else recipient["country"]
    parts = (recipient["line_1"], recipient["line_2"], recipient["city"], town, country)
    return ", ".join(filter(None, parts))


def shorten_reasons(verdict: str, reasons: str) -> str:
    """Why a row has its verdict: what it passed by its value alone, and what is not certain.

    Left out: a drive that is certain, which stands beside it, what is unknown, which is asked, and
    for one that passes how its address was found.
    """
    kept = [_shorten(one) for one in reasons.split("; ") if one and not _is_dropped(one, verdict)]
    shown = "; ".join(kept)
    return shown if verdict == "pass" else f"{verdict}: {shown}".rstrip(": ")


def _is_dropped(reason: str, verdict: str) -> bool:
    if verdict == "pass":
        return not reason.startswith(_PASSED) or reason.endswith(" unknown")
    certain = verdict == "maybe" and not _OPEN.search(reason)
    return reason in _ASKED or (certain and bool(_DRIVE.match(reason)))


def _shorten(reason: str) -> str:
    return _WITHIN.sub("", reason, count=1)


def join_words(parts: Sequence[str]) -> str:
    """Those that say something, with a dot between."""
    return " · ".join(filter(None, parts))
