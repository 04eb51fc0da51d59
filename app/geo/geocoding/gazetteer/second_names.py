"""Houses under every name of the road that they stand at.

A road that the map names twice is two streets of the index, and its houses carry one of the
names. A house is put under the others, too, where the stretch of its street that is nearest to it
has them: "Main Street" is US 20 in one town and not in the next.
"""

import numpy as np
import polars as pl
from scipy.spatial import cKDTree

from app.geo.points import Floats, Ints, on_the_globe

_APART_M = 1e5  # between streets, lest a house be nearest to another one's
_NAME = ("street", "key", "base", "street_id")


def add_second_names(
    houses: pl.DataFrame, lines: pl.DataFrame, samples: pl.DataFrame
) -> pl.DataFrame:
    """The houses, behind them those of roads with several names under the other ones.

    `lines` have their `way`, `samples` are in the order of their lines.
    """
    named = _named_ways(lines, samples)
    if named.is_empty():
        return houses
    streets = named["street_id"].unique().implode()
    near = houses.filter(pl.col("street_id").is_in(streets))
    here = samples.filter(pl.col("street_id").is_in(streets))
    way = lines["way"].to_numpy()[here["line"].to_numpy()[_nearest(here, near)]]
    others = near.with_columns(way=pl.Series(way, dtype=named["way"].dtype)).join(
        named, on="way", suffix="_too", maintain_order="left_right"
    )
    others = others.filter(pl.col("street_id") != pl.col("street_id_too"))
    renamed = others.with_columns(pl.col(f"{column}_too").alias(column) for column in _NAME)
    return pl.concat([houses, renamed.select(houses.columns)])


def _named_ways(lines: pl.DataFrame, samples: pl.DataFrame) -> pl.DataFrame:
    """The ways that are several streets, each with all of them."""
    line, ids = samples["line"].to_numpy(), samples["street_id"].to_numpy()
    first = np.flatnonzero(np.diff(line, prepend=-1))
    every = (
        lines[line[first]]
        .select("way", "street", "key", "base")
        .with_columns(street_id=pl.Series(ids[first]))
    )
    return (
        every.filter(pl.col("way").is_duplicated())
        .unique(["way", "street_id"], keep="first", maintain_order=True)
        .filter(pl.col("way").is_duplicated())
    )


def _nearest(samples: pl.DataFrame, houses: pl.DataFrame) -> Ints:
    """Of each house the sample of its street that is nearest to it."""
    if houses.is_empty():
        return np.zeros(0, np.int64)
    _, row = cKDTree(_places(samples)).query(_places(houses))
    return np.asarray(row, np.int64)


def _places(frame: pl.DataFrame) -> Floats:
    lon, lat, street = (frame[column].to_numpy() for column in ("lon", "lat", "street_id"))
    return np.column_stack([on_the_globe(lon, lat), street * _APART_M])
