"""Rows that are to be left out of an answer, and by what each is one of them.

A row is meant by its phone, else by its web domain, else by its name: at the same place (see
`identity`), in the same town where the file says no street, or anywhere where it says no place.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from app.geo.points import Ints
from app.lists.columns import put_cells
from app.lists.identity import Identities, is_near, near_cells

_TOWN = ("city", "code")


@dataclass(frozen=True)
class Exclusions:
    """Rows of a file that are to be left out of an answer, whoever they are; `source` names it."""

    source: str
    rows: Identities

    def reasons(self, asked: Identities) -> pl.Series:
        """By what each row is one of these, "" where it is none."""
        why = self._name_reasons(asked)
        why = put_cells(why, _are_among(asked.domains, self.rows.domains), self._same("domain"))
        return put_cells(why, _are_among(asked.phones, self.rows.phones), self._same("phone"))

    def _same(self, what: str) -> str:
        return f"same {what} in {self.source}"

    def _name_reasons(self, asked: Identities) -> pl.Series:
        """By the first row of the file that means it."""
        mine, theirs = _read_places(asked, self.rows), _read_places(self.rows, asked)
        found = pl.concat(
            [
                _join_nowhere(mine, theirs).with_columns(placed=False),
                _join_streets(mine, theirs).with_columns(placed=True),
                _join_towns(mine, theirs).with_columns(placed=True),
                *(
                    pairs.with_columns(placed=True)
                    for pairs in _join_points(mine, theirs, asked, self.rows)
                ),
            ]
        )
        first = found.sort("theirs").unique("row", keep="first", maintain_order=True)
        placed, nowhere = (
            first.filter(pl.col("placed") == there)["row"] for there in (True, False)
        )
        why = pl.repeat("", len(asked), dtype=pl.String, eager=True)
        why = why.scatter(placed, self._same("name at the same place")) if len(placed) else why
        no_place = f"{self._same('name')}, which says no place"
        return why.scatter(nowhere, no_place) if len(nowhere) else why


def _are_among(keys: pl.Series, others: pl.Series) -> pl.Series:
    return (keys != "") & keys.is_in(others.unique().implode())


def _read_places(rows: Identities, other: Identities) -> pl.DataFrame:
    """The rows whose name the other ones have: row, name, street, city, code."""
    at = np.flatnonzero(_are_among(rows.names, other.names).to_numpy())
    texts = dict(zip(("name", *_TOWN), (rows.names, *rows.towns), strict=True))
    taken = {name: column.gather(pl.Series(at, dtype=pl.UInt32)) for name, column in texts.items()}
    return pl.DataFrame({"row": at, "street": rows.streets(at), **taken})


def _join_nowhere(mine: pl.DataFrame, theirs: pl.DataFrame) -> pl.DataFrame:
    nowhere = theirs.filter(pl.all_horizontal(pl.col("street", *_TOWN) == ""))
    return _join(mine, nowhere, "name")


def _join_streets(mine: pl.DataFrame, theirs: pl.DataFrame) -> pl.DataFrame:
    told = [_by_town(some).filter(pl.col("street") != "") for some in (mine, theirs)]
    return _join(told[0], told[1], "name", "street", "town")


def _join_towns(mine: pl.DataFrame, theirs: pl.DataFrame) -> pl.DataFrame:
    """Where the file says the town alone."""
    told = _by_town(theirs).filter(pl.col("street") == "")
    return _join(_by_town(mine), told, "name", "town")


def _by_town(places: pl.DataFrame) -> pl.DataFrame:
    """Each row for its town's name and for its code."""
    return (
        places.with_columns(town=pl.concat_list(*_TOWN))
        .explode("town")
        .filter(pl.col("town") != "")
    )


def _join(mine: pl.DataFrame, theirs: pl.DataFrame, *on: str) -> pl.DataFrame:
    """The first of theirs for each of mine: row, theirs."""
    first = theirs.group_by(*on).agg(theirs=pl.col("row").min())
    return mine.select("row", *on).join(first, on=on).select("row", "theirs")


def _join_points(
    mine: pl.DataFrame, theirs: pl.DataFrame, asked: Identities, named: Identities
) -> Iterator[pl.DataFrame]:
    """By points, where the streets can't tell: row, theirs."""
    at = [rows.at[some["row"].to_numpy()] for rows, some in ((asked, mine), (named, theirs))]
    for cells in zip(*(near_cells(points) for points in at), strict=True):
        one, other = (
            some.with_columns(cell=cell).filter(pl.col("cell") != 0)
            for some, cell in zip((mine, theirs), cells, strict=True)
        )
        both = one.join(other, on=("name", "cell"), suffix="_theirs").filter(~_streets_tell())
        pairs = both.select("row", theirs="row_theirs")
        ends: list[Ints] = [column.to_numpy() for column in pairs]
        yield pairs.filter(is_near(asked.at[ends[0]], named.at[ends[1]]))


def _streets_tell() -> pl.Expr:
    """Whether both say a street, in one town."""
    towns = [
        (pl.col(one) == pl.col(f"{other}_theirs")) & (pl.col(one) != "")
        for one in _TOWN
        for other in _TOWN
    ]
    return (pl.col("street") != "") & (pl.col("street_theirs") != "") & pl.any_horizontal(towns)
