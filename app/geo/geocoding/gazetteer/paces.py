"""How fast house numbers grow along the roads of a place, learnt when a gazetteer is built.

A county counts its numbers one way: so many a mile from where a road begins, or so many a block of
a grid. What the known numbers of all roads around say of it holds for a road with few or none.

1. Of each road one house of every hundred numbers; two that follow each other tell a pace.
2. A square's pace is the median of those in and around it, its spread how far 8 of 10 are off.
3. Roads are counted from their own beginning where few have a number larger than their length.
"""

import numpy as np
import polars as pl

from app.geo.geocoding.gazetteer.file import PACE_CELL
from app.geo.points import METRES_PER_DEGREE, great_circle_metres

# Judgement, all of these.
_HUNDRED = 100
_MOST_NUMBERS, _LEAST_M = 2_000, 100.0  # between two houses that tell a pace
_FEWEST, _FEWEST_ROADS = 6, 3  # pairs that tell the pace of a square, and roads they are of
_WINDING = 1.3  # a road's length for that between its farthest points
_SPREAD = 0.8  # the share of paces that a spread holds
PACES = {"x": pl.Int64, "y": pl.Int64, "pace": pl.Float64, "spread": pl.Float64}
PACES |= {"begun": pl.Float64}


def learn_paces(houses: pl.DataFrame, samples: pl.DataFrame) -> pl.DataFrame:
    """The pace of each square, one row each; see `PACES`.

    Both have `street_id`, `lon` and `lat`; houses their `block` and `number`.
    """
    plain = houses.filter((pl.col("block") == 0) & (pl.col("number") > 0))
    log = pl.col("log")
    least, most = log.quantile((1 - _SPREAD) / 2), log.quantile((1 + _SPREAD) / 2)
    paces = (
        _around(_pairs(plain))
        .group_by("x", "y")
        .agg(
            log.median().exp().alias("pace"),
            ((most - least) / 2).alias("spread"),
            pl.len(),
            pl.col("street_id").n_unique().alias("roads"),
        )
        .filter(pl.col("len") >= _FEWEST, pl.col("roads") >= _FEWEST_ROADS)
    )
    return _begun(paces, plain, samples).sort("x", "y").select(*PACES)


def _pairs(houses: pl.DataFrame) -> pl.DataFrame:
    """1. The logarithm of each pace that is told, where, and of which road."""
    street, number, lon, lat = (
        houses[column].to_numpy() for column in ("street_id", "number", "lon", "lat")
    )
    order = np.lexsort((lat, lon, number, street))
    hundred = np.stack([street, number // _HUNDRED])[:, order]
    order = order[np.append(True, (np.diff(hundred) != 0).any(axis=0))[: len(order)]]
    after, before = order[1:], order[:-1]
    apart = great_circle_metres(lon[after], lat[after], lon[before], lat[before])
    grown = number[after].astype(np.int64) - number[before]
    told = (street[after] == street[before]) & (grown <= _MOST_NUMBERS) & (apart >= _LEAST_M)
    log = np.log(grown[told] / apart[told])
    at = {"street_id": street[after], "lon": lon[after], "lat": lat[after]}
    return pl.DataFrame({name: column[told] for name, column in at.items()} | {"log": log})


def _around(points: pl.DataFrame) -> pl.DataFrame:
    """2. Each point once for every square in or beside which it is."""
    x, y = ((pl.col(axis) / PACE_CELL).floor().cast(pl.Int64) for axis in ("lon", "lat"))
    steps = pl.DataFrame({"dx": [-1, 0, 1]}, schema={"dx": pl.Int64})
    beside = steps.join(steps.rename({"dx": "dy"}), how="cross")
    squares = points.with_columns(x.alias("x"), y.alias("y")).join(beside, how="cross")
    return squares.with_columns(x=pl.col("x") + pl.col("dx"), y=pl.col("y") + pl.col("dy"))


def _begun(paces: pl.DataFrame, houses: pl.DataFrame, samples: pl.DataFrame) -> pl.DataFrame:
    """3. `begun`: the share of roads whose largest number is no larger than their length."""
    wide = pl.col("lon").max() - pl.col("lon").min()
    high = pl.col("lat").max() - pl.col("lat").min()
    narrow = (pl.col("lat").mean() * np.pi / 180).cos()
    length = ((wide * narrow) ** 2 + high**2).sqrt() * METRES_PER_DEGREE
    roads = samples.group_by("street_id").agg(length.alias("length"))
    last = pl.col("lon", "lat", "number").sort_by("number").last()
    ends = houses.group_by("street_id").agg(last).join(roads, on="street_id")
    told = _around(ends).join(paces, on=["x", "y"])
    fits = pl.col("number") / pl.col("pace") <= _WINDING * pl.col("length") + _HUNDRED
    share = told.group_by("x", "y").agg(fits.mean().alias("begun"))
    return paces.join(share, on=["x", "y"], how="left").with_columns(pl.col("begun").fill_null(0))
