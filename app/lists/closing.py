"""Lines of a list that are none of its rows: its header again, sums, and what closes it.

1. A sum starts with "Total", "Grand total", "Subtotal" and the like, alone, with what was counted
   ("Total: 2 records") or for whom ("Total for Springfield"); all else in it are numbers. It may
   stand anywhere.
2. A closing line is one of the last, has one cell, and says who made the list, when or how: "2
   records", "Source: ...", "Accrual basis Friday, ...".
"""

import re
from collections.abc import Callable, Sequence

from app.lists.headers import ListColumns
from app.lists.vocabulary import plain_header

LAST = 5  # lines: judgement, how far up from the end of a list its closing lines may begin

_COUNTED = (
    r"(?:records?|rows?|count|compan(?:y|ies)|business(?:es)?|leads?|results?|listings?|members?|"
    r"contacts?|accounts?|prospects?|licen[cs]es?|entries|items?|found|selected|exported)"
)
_NUMBER = r"\(?[-+$€£]*\s?\d[\d.,]*\s?%?\)?"
_SUM = re.compile(
    r"(?i)(?:grand |sub-?|report )?(?:totals?|sums?)"
    rf"(?: (?:number )?(?:for|of)\b.*| {_COUNTED}(?: {_COUNTED})?)?\s*[:=]?\s*(?:{_NUMBER}\s*)?"
    rf"(?:{_COUNTED}(?: {_COUNTED})?)?\.?"
    rf"|(?:number of |# of )?{_COUNTED}(?: {_COUNTED})?\s*[:=]\s*{_NUMBER}"
    rf"|{_NUMBER} {_COUNTED}(?: {_COUNTED})?\.?"
)
_AMOUNT = re.compile(_NUMBER)
_DIGIT = re.compile(r"\d")
_DIGITS_IN = ("postcode", "lat", "number", "line", "whole")
_DATED = (
    r"(?:generated|exported|downloaded|printed|prepared|compiled|created|produced|run|retrieved|"
    r"accessed|last updated|updated|as)"
)
_CLOSING = re.compile(
    rf"(?i)(?:(?:this )?(?:report|list|file|data|document)?\s*(?:was )?{_DATED} "
    r"(?:on|by|from|at|of|using|with|for)\b.*|(?:report )?(?:generated|printed|date)\s*:.*"
    r"|(?:data )?(?:source|notes?|disclaimer|legend|copyright|filters?|criteria)s?\s*:.*"
    r"|(?:copyright\b|\(c\)|©|\*).*|page \d+(?: of \d+)?|end of (?:report|list|file|data)\.?"
    r"|[-=_*\s]+|confidential\b.*|all rights reserved\b.*|powered by\b.*"
    r"|.*\b(?:accrual|cash) basis\b.*|(?:mon|tues|wednes|thurs|fri|satur|sun)day\b,? .*\d{4}.*)"
)
# The first letters of a sum, so that all lines but a few are spared the rest.
_STARTS = frozenset(
    start
    for word in ("tot", "gra", "sub", "sum", "rep")
    for start in (word, word.title(), word.upper(), f" {word[:2]}".title(), "   ")
)


def is_sum_line(record: Sequence[str]) -> bool:
    """Rule 1, anywhere in a list."""
    first = record[0] or next(filter(None, record), "")
    return first[:3] in _STARTS and _sums_up(record)


def is_closing_line(record: Sequence[str]) -> bool:
    """Rules 1 and 2, for one of the last `LAST` lines."""
    filled = [cell.strip() for cell in record if cell.strip()]
    closes = len(filled) == 1 and _CLOSING.fullmatch(filled[0][:500]) is not None
    return closes or _sums_up(filled)


def count_closing(records: Sequence[Sequence[str]]) -> int:
    """How many of these last lines of a list close it."""
    number = 0
    for record in reversed(records[-LAST:]):
        if not is_closing_line(record):
            break
        number += 1
    return number


def _sums_up(record: Sequence[str]) -> bool:
    filled = [cell.strip() for cell in record if cell.strip()]
    if not filled or _SUM.fullmatch(filled[0][:200]) is None:
        return False
    return all(_AMOUNT.fullmatch(cell[:50]) for cell in filled[1:])


def header_repeats(chosen: ListColumns) -> Callable[[Sequence[str]], bool]:
    """Whether a record is the header again, in its own words or another vendor's."""
    headers = [plain_header(header) for header in chosen.headers]
    meaning_of = chosen.vocabulary.meaning_of
    meanings = [meaning_of(header) for header in chosen.headers]
    enough = min(3, len(headers))
    # A header has no digit in its address: that spares all rows but a few the comparison.
    digits = [at for name in _DIGITS_IN for at in chosen.of.get(name, ())]

    def same(cell: str, at: int) -> bool:
        if not cell or len(cell) > 100:
            return False
        meaning, mine = meaning_of(cell), meanings[at]
        return plain_header(cell) == headers[at] or bool(
            meaning and mine and meaning.name == mine.name
        )

    def repeats(record: Sequence[str]) -> bool:
        for at in digits:
            if at < len(record) and _DIGIT.search(record[at]):
                return False
        cells = zip(record, range(len(headers)), strict=False)
        return sum(same(cell.strip(), at) for cell, at in cells) >= enough

    return repeats
