"""What rows are compared by, as numbers that are quick to compare and small to have many of."""

import ctypes
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.geo.points import Ints, Mask, Points, put_rows
from app.lists.identity import Identities, Keys, hash_texts, is_near, read_streets, read_texts


@dataclass(frozen=True)
class RowKeys:
    """Rows in columns of length n: some 200 bytes each.

    Keys are those of texts, 0 where there is none: house is the first number of the line, numbers
    are all of the name. begins: whether the line begins with its number. filled: how many cells of
    the recipient are. licence, listed: as in `Identities`, but the day as a number such as
    20261231, 0 where not known. words, lines: of the name, and of the street.
    """

    name: Keys
    numbers: Keys
    line: Keys
    house: Keys
    city: Keys
    code: Keys
    phone: Keys
    domain: Keys
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    letters: NDArray[np.int32]
    filled: NDArray[np.int8]
    begins: Mask
    licence: NDArray[np.int32]
    listed: NDArray[np.int32]
    words: pl.Series
    lines: pl.Series

    def __len__(self) -> int:
        return len(self.name)

    @classmethod
    def of(cls, rows: Identities) -> Self:
        """Those of some rows."""
        recipients, words = rows.recipients, rows.words
        in_order = read_texts(words, _sort_words)
        line = recipients["line_1"].str.to_lowercase()
        city, code = rows.towns
        told = [recipients[name] != "" for name in recipients.columns]
        return cls(
            name=hash_texts(rows.names),
            numbers=hash_texts(in_order.str.extract_all(r"\d+").list.join(" ")),
            line=hash_texts(line),
            house=hash_texts(line.str.extract(r"(\d+)").fill_null(line)),
            city=hash_texts(city),
            code=hash_texts(code),
            phone=hash_texts(rows.phones),
            domain=hash_texts(rows.domains),
            lon=rows.at.lon,
            lat=rows.at.lat,
            letters=words.str.len_chars().to_numpy().astype(np.int32),
            filled=np.sum([one.to_numpy() for one in told], axis=0, dtype=np.int8),
            begins=line.str.contains(r"^\d+[ ,-]").to_numpy(),
            licence=_day_numbers(rows.licences),
            listed=_day_numbers(rows.listed),
            words=words,
            lines=recipients["line_1"],
        )

    @classmethod
    def joined(cls, parts: Iterable[Identities]) -> Self:
        """Those of all rows of several lists, or of parts of one, in order; at least one.

        Of each part nothing else stays in memory, and no more than one column twice.
        """
        _give_back()
        columns: dict[str, list[Any]] = {column.name: [] for column in fields(cls)}
        for part in map(cls.of, parts):
            for name, column in columns.items():
                column.append(getattr(part, name))
        found = cls(**{name: _join(columns.pop(name)) for name in [*columns]})
        _give_back()
        return found

    @cached_property
    def at(self) -> Points:
        """Their points."""
        return Points(self.lon, self.lat)

    @cached_property
    def first(self) -> Ints:
        """Of each row the first of the same name and place; itself without a place."""
        own = np.arange(len(self))
        placed = (self.name > 0) & (self.line > 0) & ((self.city > 0) | (self.code > 0))
        said = ("name", "line", "city", "code", "lon", "lat")
        key = pl.DataFrame({name: getattr(self, name)[placed] for name in said}).hash_rows()
        keys = key.to_numpy()
        twice = repeated_rows(keys)
        _, first, same = np.unique(keys[twice], return_index=True, return_inverse=True)
        rows = own[placed][twice]
        return put_rows(own, rows, rows[first[same]])

    @cached_property
    def by_name(self) -> Ints:
        """The rows in the order of their names, then of their own."""
        named = pl.DataFrame({"words": self.words})
        order = named.select(pl.arg_sort_by("words", maintain_order=True)).to_series()
        return order.to_numpy().astype(np.int64)

    @cached_property
    def once_by_name(self) -> Ints:
        """The same without those that say the name and place of an earlier one."""
        once: Ints = self.by_name[self.first[self.by_name] == self.by_name]
        return once

    def may_share_place(self, one: Ints, other: Ints) -> Mask:
        """False where each begins with another house number and they are not near each other.

        So a chain's many shops in a town are parted before their streets are read.
        """
        told = self.begins[one] & self.begins[other]
        return ~told | are_same(self.house, one, other) | self.are_near(one, other)

    def share_town(self, one: Ints, other: Ints) -> Mask:
        """Whether both say the same town, or the same ZIP code."""
        return are_same(self.city, one, other) | are_same(self.code, one, other)

    def share_street(self, one: Ints, other: Ints) -> Mask:
        """Whether both have the same street and number. Lines written alike are not read."""
        same = are_same(self.line, one, other)
        unlike = np.flatnonzero(~same & (self.line[one] > 0) & (self.line[other] > 0))
        rows = np.concatenate([one[unlike], other[unlike]])
        keys = read_streets(take_some(self.lines, rows))
        ends = keys.head(len(unlike)), keys.tail(len(unlike))
        return put_rows(same, unlike, ((ends[0] == ends[1]) & (ends[0] != "")).to_numpy())

    def are_near(self, one: Ints, other: Ints) -> Mask:
        """Whether their points are."""
        return is_near(self.at[one], self.at[other])

    def are_together(self, one: Ints, other: Ints) -> Mask:
        """Whether they are at the same place: by their streets where both say one, in one town.

        The same number and points that are near say that of a street that is written otherwise.
        """
        near = self.are_near(one, other)
        lines = (self.line[one] > 0) & (self.line[other] > 0) & self.share_town(one, other)
        told = np.flatnonzero(lines & ~(near & are_same(self.house, one, other)))
        return put_rows(near, told, self.share_street(one[told], other[told]))

    def have_places(self, one: Ints, other: Ints) -> Mask:
        """Whether both say a place that can be compared: a street's line, or a point."""
        lines = (self.line[one] > 0) & (self.line[other] > 0)
        known = self.at.known
        return lines | (known[one] & known[other])

    def may_be_together(self, one: Ints, other: Ints) -> Mask:
        """Whether they are at the same place, if they are one business."""
        found = self.are_near(one, other)
        house = np.flatnonzero(~found & are_same(self.house, one, other))
        ends = one[house], other[house]
        found[house] = self.share_town(*ends) | self.share_street(*ends)
        return found


def repeated_rows(keys: Keys | Ints) -> Ints:
    """The rows whose key another row has, in order. Sorted: to count them takes more memory."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    same = np.zeros(len(keys), bool)
    same[1:] = ordered[1:] == ordered[:-1]
    same[:-1] |= same[1:]
    return np.sort(order[same])


def take_some(texts: pl.Series, rows: Ints) -> pl.Series:
    """Those of them, in that order."""
    return texts.gather(pl.Series(rows, dtype=pl.UInt32))


def are_same(keys: Keys, one: Ints, other: Ints) -> Mask:
    """Whether both say the same."""
    return np.asarray((keys[one] == keys[other]) & (keys[one] > 0), bool)


def may_agree(keys: Keys, one: Ints, other: Ints) -> Mask:
    """Whether they are the same, as far as is said."""
    return np.asarray((keys[one] == keys[other]) | (keys[one] == 0) | (keys[other] == 0), bool)


def mix_keys(one: Keys, other: Keys) -> Keys:
    """Keys of both together, 0 where either is."""
    both = pl.DataFrame({"one": one, "other": other}).hash_rows().to_numpy() | np.uint64(1)
    return np.where((one > 0) & (other > 0), both, np.uint64(0))


def _sort_words(words: str) -> str:
    return " ".join(sorted(words.split(" ")))


def _day_numbers(days: pl.Series) -> NDArray[np.int32]:
    digits = days.str.replace_all("-", "", literal=True)
    return digits.cast(pl.Int32, strict=False).fill_null(0).to_numpy()


def _join(parts: Sequence[Any]) -> Any:
    return pl.concat(parts) if isinstance(parts[0], pl.Series) else np.concatenate(parts)


def _give_back() -> None:
    """To the system what glibc holds of what is gone: of parts as much as all keys together."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # other C libraries have none
    if trim is not None:
        trim(0)
