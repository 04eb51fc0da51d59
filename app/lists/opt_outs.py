"""What the rows of a list have opted out of, each with the column that says so.

A flag that says no ("N", "0", "Allow") or nothing refuses nothing; anything else in it does: "Y",
"X", the day it was set. A status refuses where its words do.
"""

import re
from collections.abc import Mapping
from functools import partial
from typing import Literal, get_args

import polars as pl

from app.lists.address_cells import join_texts
from app.lists.amounts import parse_flag
from app.lists.columns import TakeColumn, read_distinct
from app.lists.headers import ListColumns
from app.lists.looks import plain_words
from app.lists.opt_out_words import status_meaning
from app.lists.vocabulary import plain_header

type Channel = Literal["mail", "calls", "e-mail", "visits"]
CHANNELS: tuple[Channel, ...] = get_args(Channel.__value__)

_TOLD: Mapping[str, str] = {
    "no mail": "opted out of mail",
    "no calls": "opted out of calls",
    "no email": "opted out of e-mail",
    "opt out": "opted out",
}
_BETWEEN = "; "
_STILL_IN = re.compile(
    r"\b(?:no|not|never|n.t)\b.{0,12}\bopt|\bopt(?:s|ed)?[ -]?in\b|^(?:re-?)?subscribed"
)
_OUT = re.compile(
    r"\bopt(?:s|ed|ing)?[ -]?outs?\b|\bunsubscri|\bdo not\b|\bdon.?t\b|\bdn[cm]\b|\brefus|"
    r"\bsuppress|\bremove|\bstop\b|\bno (?:more )?(?:direct )?(?:e-?)?(?:mail|call|phone|contact|"
    r"solicit|market)"
)
_FINE = re.compile(r"[0.]+|ok(?:ay)?|allow(?:ed)?|clean|clear|callable|mailable|in|(?:can|may) .*")


def read_opt_outs(columns: ListColumns, take: TakeColumn, rows: int) -> pl.Series:
    """Of each row what it has opted out of and what says so, "" for nothing.

    "opted out of mail: Do Not Mail says 'Y'; opted out: ..."; `opted_out_of` reads it.
    """
    told = [
        read_distinct(take(at), partial(_clause, told=what, header=columns.headers[at]))
        for meaning, what in _TOLD.items()
        for at in columns.of.get(meaning, ())
    ]
    return join_texts(told, _BETWEEN, rows)


def opted_out_of(told: pl.Series, channel: Channel) -> list[str]:
    """What of it speaks against that channel, "" where nothing does.

    What somebody wrote there in other words speaks against all.
    """
    others = tuple(f"{what}:" for what in _TOLD.values() if what not in ("opted out", _of(channel)))
    return [
        _BETWEEN.join(one for one in _clauses(text) if not one.startswith(others))
        for text in told.to_list()
    ]


def refused_channels(told: pl.Series) -> list[dict[Channel, str]]:
    """Of each row, the channels that it speaks against, each with what does."""
    against = {channel: opted_out_of(told, channel) for channel in CHANNELS}
    return [
        {channel: why[row] for channel, why in against.items() if why[row]}
        for row in range(len(told))
    ]


def join_opt_outs(one: pl.Series, other: pl.Series) -> pl.Series:
    """What either of both says, row by row."""
    pairs = zip(one.to_list(), other.to_list(), strict=True)
    both = (dict.fromkeys([*_clauses(a), *_clauses(b)]) for a, b in pairs)
    return pl.Series([_BETWEEN.join(clauses) for clauses in both], dtype=pl.String)


def _of(channel: Channel) -> str:
    return f"opted out of {channel}"


def _clauses(text: str) -> list[str]:
    return [clause for clause in text.split(_BETWEEN) if clause.strip()]


def _clause(text: str, told: str, header: str) -> str:
    if not is_opt_out(text, header):
        return ""
    said = f"{told}: {plain_words(header)} says {plain_words(text)!r}"
    return said.replace(_BETWEEN, ", ")


def is_opt_out(text: str, header: str) -> bool:
    """Whether that cell of a column of opt-outs says so."""
    plain = text.casefold()
    if _STILL_IN.search(plain):
        return False
    if _OUT.search(plain):
        return True
    if status_meaning(plain_header(header)) or _FINE.fullmatch(plain):
        return False
    return parse_flag(text) is not False
