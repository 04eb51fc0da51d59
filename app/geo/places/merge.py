"""The businesses of several sources, each once."""

from collections.abc import Iterator, Sequence

import polars as pl

from app.geo.places.openstreetmap import KINDS
from app.geo.places.same_business import first_of_same
from app.geo.places.schema import OSM, SCHEMA

# Judgement: one business's points on two maps, its door, its building's middle and its car park.
SAME_BUSINESS_M = 150.0


def merge_places(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """All those places, the same business once, in the columns of `SCHEMA` and sorted by them.

    The same is what has the same plain name within `SAME_BUSINESS_M` of each other. Of several the
    place of OpenStreetMap is kept (with its source) and its blanks are filled from the others:
    phone, website, town, state, postcode, the street with its number, and a kind that says
    nothing ("office=yes").
    """
    frame = pl.concat([pl.DataFrame(schema=SCHEMA), *frames])
    frame = frame.sort(pl.col("source") != OSM, _telling(), *SCHEMA.keys())
    lon, lat = frame["lon"].to_numpy(), frame["lat"].to_numpy()
    frame = frame.with_columns(
        first=first_of_same(frame["name"].to_list(), lon, lat, SAME_BUSINESS_M)
    )
    alone = pl.len().over("first") == 1
    several = frame.filter(~alone).group_by("first", maintain_order=True).agg(*_filled())
    return (
        pl.concat([frame.filter(alone), several.select(frame.columns)])
        .drop("first")
        .sort(SCHEMA.keys())
    )


def _telling() -> pl.Expr:
    """The place of the kind's key among `KINDS`, the most telling first."""
    ranks = {key: rank for rank, key in enumerate(KINDS)}
    key = pl.col("kind").str.extract("^([^=]*)")
    return key.replace_strict(ranks, default=len(KINDS), return_dtype=pl.Int8)


def _filled() -> Iterator[pl.Expr]:
    """Each column of one business from its places, the best of them first."""
    for name in ("name", "lon", "lat", "source"):
        yield pl.col(name).first()
    for name in ("city", "state", "postcode", "phone", "website"):
        yield _first_where(name, pl.col(name) != "")
    yield _first_where("kind", (pl.col("kind") != "") & ~pl.col("kind").str.ends_with("=yes"))
    for name in ("housenumber", "street"):
        yield _first_where(name, pl.col("street") != "")


def _first_where(name: str, says: pl.Expr) -> pl.Expr:
    return pl.coalesce(pl.col(name).filter(says).first(), pl.col(name).first())
