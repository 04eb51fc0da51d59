"""Named businesses and their category, out of Overture Maps Places."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import shapely
from shapely.geometry.base import BaseGeometry

from app.errors import BadMap
from app.geo.places.schema import OVERTURE, SCHEMA, reading_parquet

# Overture: a place is left out below this confidence (0 to 1), and where it has closed.
# https://docs.overturemaps.org/schema/reference/places/place/
LEAST_CONFIDENCE = 0.5
_CLOSED = ("closed", "permanently_closed")
_CATEGORIES = ("categories.primary", "taxonomy.primary", "basic_category")
_NEEDED = ("geometry", "names", "one of categories, taxonomy and basic_category")
_NUMBERED = r"^(\d{1,6}[A-Za-z]?(?:-\d{1,5})?)\s+((?:\d+(?:st|nd|rd|th)\b|\p{L}).*)$"


def read_overture(files: Sequence[Path], hull: BaseGeometry) -> pl.DataFrame:
    """The places of Overture Maps (GeoParquet of theme "places") on the hull, as `SCHEMA`.

    `kind` is "overture=" and the category, "" where there is none. Left out are places without a
    name, that have closed, of a confidence below `LEAST_CONFIDENCE`, or off the hull (degrees).
    Sorted as `read_places` sorts. Raises BadMap naming the file and what is missing in it.
    """
    shapely.prepare(hull)
    frames = [_overture(file, hull) for file in files]
    frame = pl.concat([pl.DataFrame(schema=SCHEMA), *frames])
    return frame.unique().sort(SCHEMA.keys())


def _overture(file: Path, hull: BaseGeometry) -> pl.DataFrame:
    with reading_parquet(file):
        lazy = pl.scan_parquet(file, glob=False)
        schema = lazy.collect_schema()
        _check_overture(file, schema)
        if not lazy.select(pl.len()).collect().item():
            raise BadMap(f"{file.name}: there are no places in it", field="places")
        frame = lazy.filter(*_wanted(schema, hull)).select(*_columns(schema)).collect()
    points = shapely.from_wkb(frame["geometry"].to_numpy(), on_invalid="ignore")
    lon, lat = shapely.get_x(points), shapely.get_y(points)
    if len(frame) and np.isnan(lon).all():
        raise BadMap(f"{file.name}: its geometry holds no points in WKB", field="places")
    inside = shapely.contains_xy(hull, lon, lat)
    placed = frame.with_columns(pl.Series("lon", lon), pl.Series("lat", lat)).filter(inside)
    return placed.select(SCHEMA.keys()).filter(pl.col("name") != "")


def _check_overture(file: Path, schema: Mapping[str, Any]) -> None:
    here = (
        _geometry(schema)[0] == pl.Binary,
        _text(schema, "names.primary") is not None,
        any(_text(schema, path) is not None for path in _CATEGORIES),
    )
    missing = [need for need, there in zip(_NEEDED, here, strict=True) if not there]
    if missing:
        raise BadMap(
            f"{file.name}: not Overture Maps Places, for want of {', '.join(missing)}; expected "
            "the GeoParquet that `overturemaps download --type=place` writes",
            field="places",
        )


def _wanted(schema: Mapping[str, Any], hull: BaseGeometry) -> Iterator[pl.Expr]:
    """Conditions that can be told without the geometry; what a file does not say, holds."""
    if "confidence" in schema:
        yield pl.col("confidence").fill_null(1.0) >= LEAST_CONFIDENCE
    status = _text(schema, "operating_status")
    if status is not None:
        yield ~status.is_in(_CLOSED)
    box = schema.get("bbox")
    if isinstance(box, pl.Struct) and {"xmin", "xmax", "ymin", "ymax"} <= box.to_schema().keys():
        west, south, east, north = hull.bounds
        edge = pl.col("bbox").struct.field
        yield (edge("xmin") <= east) & (edge("xmax") >= west)
        yield (edge("ymin") <= north) & (edge("ymax") >= south)


def _columns(schema: Mapping[str, Any]) -> Iterator[pl.Expr]:
    def text(path: str) -> pl.Expr:
        found = _text(schema, path)
        return pl.lit("") if found is None else found

    line = text("addresses.freeform")
    numbered = line.str.contains(_NUMBERED)
    category = pl.coalesce(pl.when(text(p) != "").then(text(p)) for p in _CATEGORIES)
    yield _geometry(schema)[1]
    yield text("names.primary").str.replace_all(r"\s+", " ").alias("name")
    yield pl.concat_str(pl.lit("overture="), category).fill_null("").alias("kind")
    yield line.str.extract(_NUMBERED, 1).fill_null("").alias("housenumber")
    yield pl.when(numbered).then(line.str.extract(_NUMBERED, 2)).otherwise(line).alias("street")
    yield text("addresses.locality").alias("city")
    yield text("addresses.region").str.split("-").list.last().fill_null("").alias("state")
    yield text("addresses.postcode").alias("postcode")
    yield text("phones").alias("phone")
    yield text("websites").alias("website")
    yield pl.lit(OVERTURE).alias("source")


def _geometry(schema: Mapping[str, Any]) -> tuple[Any, pl.Expr]:
    """The geometry's type and column, without the label that GeoArrow puts on either."""
    dtype, column = schema.get("geometry"), pl.col("geometry")
    if isinstance(dtype, pl.BaseExtension):
        return dtype.ext_storage(), column.ext.storage()
    return dtype, column


def _text(schema: Mapping[str, Any], path: str) -> pl.Expr | None:
    """The text at a path such as "addresses.region", of a list its first item; "" where null.

    None where the file has nothing of that name.
    """
    name, *fields = path.split(".")
    found, dtype = pl.col(name), schema.get(name)
    for field in fields:
        if isinstance(dtype, pl.List):
            found, dtype = found.list.first(), dtype.inner
        inner = dtype.to_schema() if isinstance(dtype, pl.Struct) else {}
        found, dtype = found.struct.field(field), inner.get(field)
    if isinstance(dtype, pl.List):
        found, dtype = found.list.first(), dtype.inner
    text = dtype in (pl.String, pl.Categorical, pl.Null)
    return found.cast(pl.String).fill_null("").str.strip_chars() if text else None
