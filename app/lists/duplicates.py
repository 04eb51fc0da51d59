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
from functools import cached_property
from typing import NamedTuple

import numpy as np
import polars as pl

from app.geo.points import Floats, Ints, Mask, put_rows
from app.lists.identity import Identities, Keys, hash_texts, is_near, near_cells, read_texts

LIKE_NAME = 91.0  # of 100, of rapidfuzz's ratio of sorted words; measured, see bench/duplicates.py
LIKE_WORDS = 92.0  # of 100, of its token_set_ratio; measured as well
MOST_NAMES = 2  # judgement: a firm and the name it goes by
WINDOW = 40  # judgement: more than the offices of most houses
_FIRST_LETTERS = 3
SAME_NAME, SAME_PHONE, SAME_DOMAIN, LIKE = range(4)  # the first that holds is told
_NONE = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
_WHY = ("same name at the same place", "same phone", "same web domain")


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
    """Pairs of rows that are one business; kind: SAME_NAME to LIKE; score: of 100."""

    one: Ints
    other: Ints
    kind: Ints
    score: Floats

    @classmethod
    def joined(cls, parts: "Iterable[_Links]") -> "_Links":
        return cls(*(np.concatenate(column) for column in zip(_NONE, *parts, strict=True)))


def group_duplicates(rows: Identities) -> Groups:
    """Which rows are one business, of one list or of several joined."""
    columns = _Columns(rows)
    links = _find_links(columns)
    if (rows.licences != "").any():
        links = _Links.joined([links, _find_moves(columns, _connect(links, len(rows)))])
    front = _fronts(rows, _connect(links, len(rows)))
    return Groups(front, _reasons(links, front, rows))


def _connect(links: _Links, n: int) -> Ints:
    """The number of each row's group."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    told = np.ones(len(links.one), np.int8)
    graph = coo_array((told, (links.one, links.other)), shape=(n, n))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def _fronts(rows: Identities, group: Ints) -> Ints:
    """The best row of each row's group."""
    told = [rows.recipients[name] != "" for name in rows.recipients.columns]
    full = np.sum([one.to_numpy() for one in told], axis=0, dtype=np.int64)
    ages = [one.rank("dense").to_numpy().astype(np.int64) for one in (rows.licences, rows.listed)]
    best = np.lexsort((np.arange(len(rows)), -full, -ages[1], -ages[0]))
    found, first = np.unique(group[best], return_index=True)
    fronts = np.zeros(len(rows), np.int64)
    fronts[found] = best[first]
    return np.asarray(fronts[group], np.int64)


def _reasons(links: _Links, front: Ints, rows: Identities) -> pl.Series:
    """Of each row behind its best link, with the one in front before any other."""
    contacts = enumerate((rows.phones, rows.domains), start=SAME_PHONE)
    links = _Links.joined(
        [links, *(_share_with_front(keys, front, kind) for kind, keys in contacts)]
    )
    ends = pl.DataFrame({
        "row": np.concatenate([links.one, links.other]),
        "to": np.concatenate([links.other, links.one]),
        "kind": np.concatenate([links.kind] * 2),
        "score": np.concatenate([links.score] * 2),
    })  # fmt: skip
    behind = pl.DataFrame({"row": np.arange(len(front)), "front": front})
    ends = ends.join(behind.filter(pl.col("row") != pl.col("front")), on="row")
    ends = ends.sort("row", pl.col("to") != pl.col("front"), "kind", -pl.col("score"))
    like = pl.format("like name at the same place ({} of 100)", pl.col("score").cast(pl.Int64))
    texts = pl.col("kind").replace_strict(dict(enumerate(_WHY)), default=None)
    told = ends.unique("row", keep="first").select("row", why=texts.fill_null(like))
    why = pl.repeat("", len(front), dtype=pl.String, eager=True)
    return why.scatter(told["row"], told["why"]) if len(told) else why


def _share_with_front(keys: pl.Series, front: Ints, kind: int) -> _Links:
    """The rows behind that have the phone or domain of the row in front."""
    same = ((keys == keys.gather(pl.Series(front, dtype=pl.UInt32))) & (keys != "")).to_numpy()
    behind = np.flatnonzero(same & (front != np.arange(len(front))))
    told = np.full(len(behind), kind), np.full(len(behind), 100.0)
    return _Links(behind, front[behind], *told)


def _find_links(rows: "_Columns") -> _Links:
    found = [_copy_links(rows), _name_links(rows)]
    found += _contact_links(rows, hash_texts(rows.rows.phones), SAME_PHONE)
    found += _contact_links(rows, hash_texts(rows.rows.domains), SAME_DOMAIN)
    return _Links.joined(found)


def _find_moves(rows: "_Columns", group: Ints) -> _Links:
    """4. One row of each place with one of the next."""
    key = _mix(hash_texts(rows.rows.phones), rows.name)
    known = pl.DataFrame({"key": key, "group": group, "year": rows.rows.licences.str.slice(0, 4)})
    known = known.with_row_index("row").filter(pl.col("key") != 0)
    year, last = pl.col("year"), pl.col("last").shift(1).over("key")
    stays = known.group_by("key", "group").agg(
        first=year.min(), last=year.max(), row=pl.col("row").min().cast(pl.Int64)
    )
    stays = stays.sort("key", "first", "group")
    apart = (pl.col("first") != "") & (last.is_null() | (pl.col("first") > last))
    moved = stays.filter(apart.all().over("key")).select(
        "row", before=pl.col("row").shift(1).over("key")
    )
    moved = moved.drop_nulls()
    told = np.full(len(moved), SAME_PHONE), np.full(len(moved), 100.0)
    return _Links(moved["row"].to_numpy(), moved["before"].to_numpy(), *told)


def _copy_links(rows: "_Columns") -> _Links:
    """1. Rows that say the name and place of an earlier one, whose name alone is compared."""
    copies = np.flatnonzero(rows.first != np.arange(len(rows.rows)))
    told = np.full(len(copies), SAME_NAME), np.full(len(copies), 100.0)
    return _Links(copies, rows.first[copies], *told)


def _name_links(rows: "_Columns") -> _Links:
    """1. and 3. Pairs are in several blocks, but places are compared once."""
    like = _Links.joined(_like_names(rows))
    _, first = np.unique(like.one * len(rows.rows) + like.other, return_index=True)
    at = first[rows.are_together(like.one[first], like.other[first])]
    return _Links(*(column[at] for column in like))


def _like_names(rows: "_Columns") -> Iterator[_Links]:
    """Those that may be at one place."""
    for block in _name_blocks(rows):
        for one, other in _pairs(rows.once_by_name, block):
            score = _name_scores(rows, one, other)
            at = np.flatnonzero(score >= LIKE_NAME)
            at = at[rows.may_share_place(one[at], other[at])]
            kind = np.where(_same(rows.name, one[at], other[at]), SAME_NAME, LIKE)
            yield _Links(one[at], other[at], kind, score[at])


def _name_blocks(rows: "_Columns") -> Iterator[Keys]:
    """Keys that rows of like names at one place share: each such pair at least one of them."""
    for town in (rows.city, rows.code):
        yield _mix(rows.name, town)
        yield _mix(rows.house, town)
    letters = hash_texts(rows.rows.words.str.slice(0, _FIRST_LETTERS))
    for cell in near_cells(rows.rows.at):
        yield _mix(letters, cell)


def _name_scores(rows: "_Columns", one: Ints, other: Ints) -> Floats:
    """How like their names are, of 100; 0 where one has none, or they can't reach LIKE_NAME."""
    same = _same(rows.name, one, other)
    score = np.where(same, 100.0, 0.0)
    sizes = (
        np.minimum(rows.letters[one], rows.letters[other]),
        rows.letters[one] + rows.letters[other],
    )
    may = ~same & (200 * sizes[0] >= LIKE_NAME * sizes[1])
    may &= (rows.name[one] > 0) & (rows.name[other] > 0) & _agree(rows.numbers, one, other)
    score[may] = _ratios("ratio", rows.sorted_words, one[may], other[may])
    return score


def _contact_links(rows: "_Columns", contact: Keys, kind: int) -> Iterator[_Links]:
    """2. Of a phone or a domain."""
    few_names = _count_each(contact, rows.name) <= MOST_NAMES
    one_place = _count_each(contact, rows.house) <= 1
    for block in (contact, _mix(contact, rows.house)):
        for one, other in _pairs(rows.by_name, block):
            like = _are_like(rows, one, other)
            alone = one_place[one] & (like | few_names[one])
            held = np.where(
                rows.have_places(one, other), like & rows.may_be_together(one, other), alone
            )
            at = np.flatnonzero(held)
            told = np.full(len(at), kind), np.full(len(at), 100.0)
            yield _Links(one[at], other[at], *told)


def _are_like(rows: "_Columns", one: Ints, other: Ints) -> Mask:
    """2. Whether one's name has the words of the other, or one has none."""
    like = _agree(rows.name, one, other)
    rest = np.flatnonzero(~like & _agree(rows.numbers, one, other))
    scores = _ratios("token_set_ratio", rows.rows.words, one[rest], other[rest])
    return put_rows(like, rest, scores >= LIKE_WORDS)


def _ratios(scorer: str, words: pl.Series, one: Ints, other: Ints) -> Floats:
    from rapidfuzz import fuzz, process

    texts = [words.gather(pl.Series(rows, dtype=pl.UInt32)).to_list() for rows in (one, other)]
    scores: Floats = process.cpdist(*texts, scorer=getattr(fuzz, scorer), dtype=np.float64)
    return scores


def _pairs(by_name: Ints, block: Keys) -> Iterator[tuple[Ints, Ints]]:
    """Each row with the WINDOW rows of its block that follow by name: those of one step at once."""
    order = by_name[block[by_name] > 0]
    order = order[np.argsort(block[order], kind="stable")]
    keys, at = block[order], np.arange(len(order))
    for step in range(1, WINDOW + 1):
        at = at[: np.searchsorted(at, len(order) - step)]
        at = at[keys[at] == keys[at + step]]
        if not len(at):
            return
        yield order[at], order[at + step]


def _count_each(contact: Keys, of: Keys) -> Ints:
    """How many different ones rows of each row's contact have, 0 not counted."""
    told = pl.DataFrame({"contact": contact, "of": of}).with_columns(pl.col("of").replace(0, None))
    return told.select(pl.col("of").drop_nulls().n_unique().over("contact")).to_series().to_numpy()


def _same(keys: Keys, one: Ints, other: Ints) -> Mask:
    return np.asarray((keys[one] == keys[other]) & (keys[one] > 0), bool)


def _agree(keys: Keys, one: Ints, other: Ints) -> Mask:
    """Whether they are the same, as far as is said."""
    return np.asarray((keys[one] == keys[other]) | (keys[one] == 0) | (keys[other] == 0), bool)


def _mix(one: Keys, other: Keys) -> Keys:
    """Keys of both together, 0 where either is."""
    both = pl.DataFrame({"one": one, "other": other}).hash_rows().to_numpy() | np.uint64(1)
    return np.where((one > 0) & (other > 0), both, np.uint64(0))


def _sort_words(words: str) -> str:
    return " ".join(sorted(words.split(" ")))


class _Columns:
    """Rows as numbers that are quick to compare, each shape (n,)."""

    def __init__(self, rows: Identities) -> None:
        self.rows = rows
        self.name = hash_texts(rows.names)
        self.sorted_words = read_texts(rows.words, _sort_words)
        self.letters = rows.words.str.len_chars().to_numpy().astype(np.int64)
        self.numbers = hash_texts(self.sorted_words.str.extract_all(r"\d+").list.join(" "))
        line = rows.recipients["line_1"].str.to_lowercase()
        self.line = hash_texts(line)
        self.house = hash_texts(line.str.extract(r"(\d+)").fill_null(line))
        self.number = hash_texts(line.str.extract(r"^(\d+)[ ,-]").fill_null(""))
        self.city, self.code = map(hash_texts, rows.towns)

    @cached_property
    def first(self) -> Ints:
        """Of each row the first of the same name and place; itself without a place."""
        at, own = self.rows.at, np.arange(len(self.rows))
        said = pl.DataFrame({
            "name": self.name, "line": self.line, "city": self.city, "code": self.code,
            "lon": at.lon, "lat": at.lat,
        })  # fmt: skip
        placed = (self.name > 0) & (self.line > 0) & ((self.city > 0) | (self.code > 0))
        firsts = said.with_columns(row=own).select(pl.col("row").min().over(said.columns))
        return np.where(placed, firsts.to_series().to_numpy(), own)

    @cached_property
    def by_name(self) -> Ints:
        """The rows in the order of their names, then of their own."""
        named = pl.DataFrame({"words": self.rows.words}).with_row_index("row")
        return named.sort("words", maintain_order=True)["row"].to_numpy().astype(np.int64)

    @cached_property
    def once_by_name(self) -> Ints:
        """The same without those that say the name and place of an earlier one."""
        once: Ints = self.by_name[self.first[self.by_name] == self.by_name]
        return once

    def may_share_place(self, one: Ints, other: Ints) -> Mask:
        """False where each begins with another house number and they are not near each other.

        So a chain's many shops in a town are parted before their streets are read.
        """
        unlike = ~_agree(self.number, one, other)
        return ~unlike | self.are_near(one, other)

    def share_town(self, one: Ints, other: Ints) -> Mask:
        """Whether both say the same town, or the same ZIP code."""
        return _same(self.city, one, other) | _same(self.code, one, other)

    def share_street(self, one: Ints, other: Ints) -> Mask:
        """Whether both have the same street and number. Lines written alike are not read."""
        same = _same(self.line, one, other)
        unlike = np.flatnonzero(~same & (self.line[one] > 0) & (self.line[other] > 0))
        keys = self.rows.streets(np.concatenate([one[unlike], other[unlike]]))
        ends = keys.head(len(unlike)), keys.tail(len(unlike))
        return put_rows(same, unlike, ((ends[0] == ends[1]) & (ends[0] != "")).to_numpy())

    def are_near(self, one: Ints, other: Ints) -> Mask:
        """Whether their points are."""
        return is_near(self.rows.at[one], self.rows.at[other])

    def are_together(self, one: Ints, other: Ints) -> Mask:
        """Whether they are at the same place: by their streets where both say one, in one town.

        The same number and points that are near say that of a street that is written otherwise.
        """
        near = self.are_near(one, other)
        lines = (self.line[one] > 0) & (self.line[other] > 0) & self.share_town(one, other)
        told = np.flatnonzero(lines & ~(near & _same(self.house, one, other)))
        return put_rows(near, told, self.share_street(one[told], other[told]))

    def have_places(self, one: Ints, other: Ints) -> Mask:
        """Whether both say a place that can be compared: a street's line, or a point."""
        lines = (self.line[one] > 0) & (self.line[other] > 0)
        known = self.rows.at.known
        return lines | (known[one] & known[other])

    def may_be_together(self, one: Ints, other: Ints) -> Mask:
        """2. Whether they are at the same place, if they are one business."""
        found = self.are_near(one, other)
        house = np.flatnonzero(~found & _same(self.house, one, other))
        ends = one[house], other[house]
        found[house] = self.share_town(*ends) | self.share_street(*ends)
        return found
