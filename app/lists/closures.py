"""What a row says of its end: that the business has closed, and until when its licence runs.

1. A status closes by its words, but not where they are negated, or close for a while only.
2. A closing date closes on its day; yes in its column, or words as in a status, close at once.
3. A column that says whether a business is active closes where it says no.
4. A licence's last day closes nobody: who judges is told it.

Each different cell is read once.
"""

import re
from collections.abc import Callable

import polars as pl

from app.businesses.sizes import is_missing
from app.lists.dates import last_day, parse_day

# Words of a status that say a business, or its licence, is no more: judgement, from lists seen.
_ENDED = re.compile(
    r"\b(?:closed|clsd|expired|lapsed|inactiv(?:e|ated)|inact|deactivated|revoked|revocation|"
    r"cancel+ed|cancel+ation|canc|dissolved|dissolution|diss|withdrawn|withdrew|forfeit(?:ed|ure)|"
    r"terminated|termination|out[ -]of[ -]bus(?:iness)?|oob|ceased|surrendered|void(?:ed)?|"
    r"defunct|discontinued|merged|liquidated|struck[ -]off|abandoned|shut[ -]?down|"
    r"no longer (?:\w+ )?(?:active|operating|operational|open|in (?:business|operation))|"
    r"(?:not|non)[ -]?(?:currently )?(?:active|operating|operational|trading|in (?:business|"
    r"operation)))\b"
)
# ... but where one of these stands beside it: it opens again, or the word is negated.
_NOT_ENDED = re.compile(
    r"temporar|season|\b(?:not|never|un)[ -]?(?:yet )?(?:closed|expired|inactive|revoked|cancel|"
    r"dissolved|terminated|withdrawn|forfeit|lapsed|void)|renovat|remodel|repairs?\b|vacation|"
    r"holiday|winter|summer|\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|weekends?\b|"
    r"reinstated|pending|reopen"
)
_YES = frozenset({"yes", "y", "true", "t", "1", "x", "closed", "oob"})
_NO = frozenset({"no", "n", "false", "f", "0"})
_NO_END = _NO | frozenset({
    "open", "active", "current", "currently", "present", "ongoing", "never", "still open",
    "still active", "to date", "operating", "operational", "in business", "perpetual", "lifetime",
    "indefinite", "does not expire", "no expiration", "open ended", "not closed",
    "not expired",
})  # fmt: skip


def closed_by_status(status: pl.Series) -> pl.Series:
    """1. The status where it closes, "" elsewhere."""
    return _read_each(status, lambda text: text if _is_end(text) else "")


def closed_by_date(closed: pl.Series) -> tuple[pl.Series, pl.Series]:
    """2. The day, or the words that close; and whether a cell says something that is neither."""
    said = _read_each(closed, _closing)
    return said.fill_null(""), said.is_null()


def closed_by_flag(active: pl.Series) -> pl.Series:
    """3. "not active" where it says no, the words where they close."""
    return _read_each(active, _inactivity)


def licence_end(term: pl.Series) -> tuple[pl.Series, pl.Series]:
    """4. The last day as YYYY-MM-DD; and whether a cell says something else."""
    last = _read_each(term, _last)
    return last.fill_null(""), last.is_null()


def _read_each(column: pl.Series, read: Callable[[str], str | None]) -> pl.Series:
    texts = column.unique()
    said = pl.Series([read(text) for text in texts], dtype=pl.String)
    return column.replace_strict(texts, said, return_dtype=pl.String)


def _is_end(text: str) -> bool:
    plain = text.casefold().replace("_", " ")
    ended = _ENDED.search(plain) or re.search(r"\b(?:AAC|REV)\b", text)
    return bool(ended) and not _NOT_ENDED.search(plain)


def _closing(text: str) -> str | None:
    plain = text.casefold()
    if plain in _YES:
        return "closed"
    if is_missing(text) or plain in _NO_END:
        return ""
    day = parse_day(text)
    if day is None and _ENDED.search(plain):
        return text if _is_end(text) else ""
    return day


def _inactivity(text: str) -> str:
    if text.casefold() in _NO:
        return "not active"
    return text if _is_end(text) else ""


def _last(text: str) -> str | None:
    if is_missing(text) or text.casefold() in _NO_END:
        return ""
    day = parse_day(text)
    return last_day(day) if day else day
