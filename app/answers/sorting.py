"""In which order rows are given: what each is sorted by, the least first, unknown ones last."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from app.businesses.sizes import SIZES
from app.clients.lookalikes.scores import Scores
from app.errors import BadQuestion
from app.find.defining import SORTS
from app.find.pipeline import Answer
from app.geo.points import Floats

type SortedAnswer = tuple[Answer, Scores | None]


def check_sort(sort: str, alike: bool) -> str:
    """The order asked for; by resemblance only with look-alikes. Raises BadQuestion."""
    by_likeness = sort.removeprefix("-") == "like"
    if sort not in SORTS or (by_likeness and not alike):
        wanted = ", ".join(one for one in SORTS if alike or not one.endswith("like"))
        hint = "" if alike else " (like needs a list of clients to resemble)"
        raise BadQuestion(f"sort {sort!r}: expected one of {wanted}{hint}", field="sort")
    return sort


def order_keys(sort: str, answers: Sequence[SortedAnswer]) -> list[Floats]:
    """The keys of all rows of each answer, which compare with each other's; NaN for unknown.

    All alike for "list". A size is sorted by the least that it may be, computers as they are shown:
    counted, else estimated. They hang on the lists alone, not on which of their rows are chosen.
    """
    by = sort.removeprefix("-")
    if by == "name":
        keys = _rank_names([answer for answer, _ in answers])
    else:
        keys = [_values(by, answer, scores) for answer, scores in answers]
    return [-each for each in keys] if sort.startswith("-") else keys


def _values(by: str, answer: Answer, scores: Scores | None) -> Floats:
    known = answer.known
    match by:
        case "minutes" | "miles":
            found = known.miles if by == "miles" else known.drives.minutes
            return np.where(np.isfinite(found), found, np.nan)
        case "computers":
            return known.prospects.computers.otherwise(known.estimated).low
        case "like" if scores is not None:
            return -scores.score
    if by in SIZES:
        sizes: Floats = getattr(known.prospects, by).low
        return sizes
    return np.zeros(len(answer.judged))


def _rank_names(answers: Sequence[Answer]) -> list[Floats]:
    """The rank of each row's name among those of all answers."""
    each = [answer.known.prospects.name_order for answer in answers]
    every = pl.Enum(pl.concat([names for names, _ in each]).unique().sort())
    ranks = [names.cast(every).to_physical().to_numpy().astype(np.float64) for names, _ in each]
    for (names, _), rank in zip(each, ranks, strict=True):
        rank[(names == "").to_numpy()] = np.nan
    return [rank[codes] for rank, (_, codes) in zip(ranks, each, strict=True)]
