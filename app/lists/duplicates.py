"""Rows that are one business, grouped: one stands in front, none is dropped.

Two rows are linked where

1. they have the same name at the same place (see `identity`);
2. they have the same phone, or else the same web domain; one's name has the words of the other's
   (LIKE_WORDS), and they say no different numbers; and they are at the same place: the same house
   number on a street of one name or in one town, or points NEAR_M apart. What says no name, or no
   place to compare, is not held against a row: then the phone or domain alone decides, as long as
   it is that of one place and of no more than MOST_NAMES names;
3. their names are like (LIKE_NAME) and say no different numbers, at the same place;
4. they have the same phone and the same name, and the years of all licences at one place end before
   those at the next begin: a business that moved, whose new address stands in front.

So neither an agent's, a landlord's or a clinic's phone, which unlike names share, nor a chain's
phone or domain, which has branches at many places, makes one business of them. A branch is mailed
to by itself. Measured on real lists and maps, see bench/duplicates.py.

A group is all rows that links lead to. In front stands the row with the newest licence, then of
the newest list, then the fullest one, then the first. All of it is the same however the rows were
batched, and linear: in a block (a house number in a town, a phone, ...) that many rows share each
is compared with the WINDOW rows of it that follow by name.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.geo.points import Floats, Ints, Mask, put_rows
from app.lists.identity import Identities, Keys, hash_texts, near_cells
from app.lists.row_keys import (
    RowKeys,
    are_same,
    may_agree,
    mix_keys,
    repeated_rows,
    take_some,
)

LIKE_NAME = 91.0  # of 100, of rapidfuzz's token_sort_ratio; measured, see bench/duplicates.py
LIKE_WORDS = 92.0  # of 100, of its token_set_ratio; measured as well
MOST_NAMES = 2  # judgement: a firm and the name it goes by
WINDOW = 40  # judgement: more than the offices of most houses
_FIRST_LETTERS = 3
_AT_ONCE = 100_000  # rows whose pairs are compared at once; judgement
# Why two rows are linked: the first that holds is told; like names are LIKE less their score.
SAME_NAME, SAME_PHONE, SAME_DOMAIN, LIKE = 0, 1, 2, 103
_NOT_IN_FRONT, _NO_LINK = 128, 255  # added where the other row is not in front; no reason at all
_NONE = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.uint8))
_WHY = {
    SAME_NAME: "same name at the same place",
    SAME_PHONE: "same phone",
    SAME_DOMAIN: "same web domain",
    **{LIKE - of: f"like name at the same place ({of} of 100)" for of in range(101)},
}


@dataclass(frozen=True)
class Groups:
    """For each of n rows the one in front of its group, its own number where it is that one.

    front: int64 (n,). why: by what a row that is behind came to its group, "" for those in front.
    """

    front: Ints
    why: pl.Series

    @property
    def behind(self) -> Ints:
        """The rows that are not in front, in order."""
        return np.flatnonzero(self.front != np.arange(len(self.front)))


class _Links(NamedTuple):
    """Pairs of rows that are one business; why: SAME_NAME to LIKE and less, see there."""

    one: Ints
    other: Ints
    why: NDArray[np.uint8]

    @classmethod
    def of(cls, one: Ints, other: Ints, why: int) -> "_Links":
        """Pairs that are all of one kind."""
        return cls(one, other, np.full(len(one), why, np.uint8))

    @classmethod
    def joined(cls, parts: "Iterable[_Links]") -> "_Links":
        return cls(*(np.concatenate(column) for column in zip(_NONE, *parts, strict=True)))


def group_duplicates(parts: Iterable[Identities]) -> Groups:
    """Which rows are one business, of one list or of several: all parts, of which there is one."""
    rows = RowKeys.joined(parts)
    links = _find_links(rows)
    if rows.licence.any():
        links = _Links.joined([links, _find_moves(rows, _connect(links, len(rows)))])
    front = _fronts(rows, _connect(links, len(rows)))
    return Groups(front, _reasons(links, front, rows))


def _connect(links: _Links, n: int) -> Ints:
    """The number of each row's group."""
    if not len(links.one):
        return np.arange(n)
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    told = np.ones(len(links.one), np.int8)
    graph = coo_array((told, (links.one, links.other)), shape=(n, n))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def _fronts(rows: RowKeys, group: Ints) -> Ints:
    """The best row of each row's group."""
    some = repeated_rows(group)
    best = some[np.lexsort((-rows.filled[some], -rows.listed[some], -rows.licence[some]))]
    _, first, same = np.unique(group[best], return_index=True, return_inverse=True)
    return put_rows(np.arange(len(rows)), best, best[first[same]])


def _reasons(links: _Links, front: Ints, rows: RowKeys) -> pl.Series:
    """Of each row behind its best link, with the one in front before any other."""
    contacts = enumerate((rows.phone, rows.domain), start=SAME_PHONE)
    best = np.full(len(front), _NO_LINK, np.uint8)
    for some in (links, *(_share_with_front(keys, front, why) for why, keys in contacts)):
        for row, to in ((some.one, some.other), (some.other, some.one)):
            rank = np.where(front[row] == to, some.why, some.why + np.uint8(_NOT_IN_FRONT))
            np.minimum.at(best, row, rank)
    best[front == np.arange(len(front))] = _NO_LINK
    linked = np.flatnonzero(best != _NO_LINK)
    told = pl.Series(best[linked] % _NOT_IN_FRONT).replace_strict(_WHY, return_dtype=pl.String)
    return pl.repeat("", len(best), eager=True).scatter(pl.Series(linked, dtype=pl.UInt32), told)


def _share_with_front(keys: Keys, front: Ints, why: int) -> _Links:
    """The rows behind that have the phone or domain of the row in front."""
    behind = np.flatnonzero(front != np.arange(len(front)))
    behind = behind[are_same(keys, behind, front[behind])]
    return _Links.of(behind, front[behind], why)


def _find_links(rows: RowKeys) -> _Links:
    found = [_copy_links(rows), _name_links(rows)]
    found += _contact_links(rows, rows.phone, SAME_PHONE)
    found += _contact_links(rows, rows.domain, SAME_DOMAIN)
    return _Links.joined(found)


def _find_moves(rows: RowKeys, group: Ints) -> _Links:
    """4. One row of each place with one of the next."""
    key = mix_keys(rows.phone, rows.name)
    known = pl.DataFrame({"key": key, "group": group, "year": rows.licence // 10_000})
    known = known.with_row_index("row").filter((pl.col("key") != 0) & pl.col("key").is_duplicated())
    year, last = pl.col("year"), pl.col("last").shift(1).over("key")
    stays = known.group_by("key", "group").agg(
        first=year.min(), last=year.max(), row=pl.col("row").min().cast(pl.Int64)
    )
    stays = stays.sort("key", "first", "group")
    apart = (pl.col("first") > 0) & (last.is_null() | (pl.col("first") > last))
    moved = stays.filter(apart.all().over("key")).select(
        "row", before=pl.col("row").shift(1).over("key")
    )
    moved = moved.drop_nulls()
    return _Links.of(moved["row"].to_numpy(), moved["before"].to_numpy(), SAME_PHONE)


def _copy_links(rows: RowKeys) -> _Links:
    """1. Rows that say the name and place of an earlier one, whose name alone is compared."""
    copies = np.flatnonzero(rows.first != np.arange(len(rows)))
    return _Links.of(copies, rows.first[copies], SAME_NAME)


def _name_links(rows: RowKeys) -> _Links:
    """1. and 3. Pairs are in several blocks, but places are compared once."""
    like = _Links.joined(_like_names(rows))
    _, first = np.unique(like.one * len(rows) + like.other, return_index=True)
    at = first[rows.are_together(like.one[first], like.other[first])]
    return _Links(*(column[at] for column in like))


def _like_names(rows: RowKeys) -> Iterator[_Links]:
    """Those that may be at one place."""
    for block in _name_blocks(rows):
        for one, other in _pairs(rows.once_by_name, block):
            score = _name_scores(rows, one, other)
            at = np.flatnonzero(score >= LIKE_NAME)
            at = at[rows.may_share_place(one[at], other[at])]
            same = are_same(rows.name, one[at], other[at])
            why = np.where(same, SAME_NAME, LIKE - score[at].astype(np.uint8))
            yield _Links(one[at], other[at], why.astype(np.uint8))


def _name_blocks(rows: RowKeys) -> Iterator[Keys]:
    """Keys that rows of like names at one place share: each such pair at least one of them."""
    for town in (rows.city, rows.code):
        yield mix_keys(rows.name, town)
        yield mix_keys(rows.house, town)
    letters = hash_texts(rows.words.str.slice(0, _FIRST_LETTERS))
    for cell in near_cells(rows.at) if rows.at.known.any() else ():
        yield mix_keys(letters, cell)


def _name_scores(rows: RowKeys, one: Ints, other: Ints) -> Floats:
    """How like their names are, of 100; 0 where one has none, or they can't reach LIKE_NAME."""
    same = are_same(rows.name, one, other)
    score = np.where(same, 100.0, 0.0)
    sizes = (
        np.minimum(rows.letters[one], rows.letters[other]),
        rows.letters[one] + rows.letters[other],
    )
    may = ~same & (200 * sizes[0] >= LIKE_NAME * sizes[1])
    may &= (rows.name[one] > 0) & (rows.name[other] > 0) & may_agree(rows.numbers, one, other)
    score[may] = _ratios("token_sort_ratio", rows.words, one[may], other[may])
    return score


def _contact_links(rows: RowKeys, contact: Keys, why: int) -> Iterator[_Links]:
    """2. Of a phone or a domain, where the name and place are not those of one row anyway."""
    shared = repeated_rows(contact)
    contact = put_rows(np.zeros_like(contact), shared, contact[shared])
    few_names = _count_each(contact, rows.name) <= MOST_NAMES
    one_place = _count_each(contact, rows.house) <= 1
    for block in (contact, mix_keys(contact, rows.house)):
        for pair in _pairs(rows.by_name, block):
            apart = rows.first[pair[0]] != rows.first[pair[1]]
            one, other = pair[0][apart], pair[1][apart]
            like = _are_like(rows, one, other)
            alone = one_place[one] & (like | few_names[one])
            held = np.where(
                rows.have_places(one, other), like & rows.may_be_together(one, other), alone
            )
            yield _Links.of(one[held], other[held], why)


def _are_like(rows: RowKeys, one: Ints, other: Ints) -> Mask:
    """2. Whether one's name has the words of the other, or one has none."""
    like = may_agree(rows.name, one, other)
    rest = np.flatnonzero(~like & may_agree(rows.numbers, one, other))
    scores = _ratios("token_set_ratio", rows.words, one[rest], other[rest])
    return put_rows(like, rest, scores >= LIKE_WORDS)


def _ratios(scorer: str, words: pl.Series, one: Ints, other: Ints) -> Floats:
    from rapidfuzz import fuzz, process

    texts = [take_some(words, rows).to_list() for rows in (one, other)]
    scores: Floats = process.cpdist(*texts, scorer=getattr(fuzz, scorer), dtype=np.float64)
    return scores


def _pairs(by_name: Ints, block: Keys) -> Iterator[tuple[Ints, Ints]]:
    """Each row with the WINDOW rows of its block that follow by name: those of one step at once."""
    order = by_name[block[by_name] > 0]
    order = order[np.argsort(block[order], kind="stable")]
    keys = block[order]
    for start in range(0, len(order), _AT_ONCE):
        at = np.arange(start, min(start + _AT_ONCE, len(order)))
        for step in range(1, WINDOW + 1):
            at = at[: np.searchsorted(at, len(order) - step)]
            at = at[keys[at] == keys[at + step]]
            if not len(at):
                break
            yield order[at], order[at + step]


def _count_each(contact: Keys, of: Keys) -> Ints:
    """How many different ones rows of each row's contact have, 0 not counted; 0 without one."""
    told = np.flatnonzero(contact)
    order = told[np.lexsort((of[told], contact[told]))]
    contacts, each = contact[order], of[order]
    begins = np.diff(contacts, prepend=np.uint64(0)) != 0
    new = (begins | (np.diff(each, prepend=np.uint64(0)) != 0)) & (each > 0)
    run = np.cumsum(begins) - 1
    return put_rows(
        np.zeros(len(contact), np.int64), order, np.bincount(run[new], minlength=len(order))[run]
    )
