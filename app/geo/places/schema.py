"""The businesses of a region in columns, and the file that holds them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from app.errors import BadMap

OSM, OVERTURE = "OpenStreetMap", "Overture Maps"

SCHEMA: dict[str, Any] = {
    "name": pl.String,
    "kind": pl.String,
    "lon": pl.Float64,
    "lat": pl.Float64,
    "housenumber": pl.String,
    "street": pl.String,
    "city": pl.String,
    "state": pl.String,
    "postcode": pl.String,
    "phone": pl.String,
    "website": pl.String,
    "source": pl.String,
}


def load_places(path: Path) -> pl.DataFrame:
    """The places of a region as it holds them, always in the columns of `SCHEMA`.

    Regions built before there was a `source` hold places of OpenStreetMap only. Raises BadMap
    where the file can't be read.
    """
    with reading_parquet(path):
        frame = pl.read_parquet(path, glob=False)
    missing = [name for name in SCHEMA if name not in frame.columns and name != "source"]
    if missing:
        raise BadMap(f"{path}: no {', '.join(missing)}; build the region anew", field="region")
    source = pl.col("source") if "source" in frame.columns else pl.lit(OSM).alias("source")
    return frame.with_columns(source).select(SCHEMA.keys()).cast(pl.Schema(SCHEMA))


@contextmanager
def reading_parquet(file: Path) -> Iterator[None]:
    """Turns the reader's errors into BadMap, naming the file and what to do."""
    try:
        if file.is_file() and file.stat().st_size == 0:
            raise BadMap(f"{file.name}: the file is empty", field="places")
        yield
    except FileNotFoundError as why:
        raise BadMap(f"{file}: no such file", field="places") from why
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as why:
        raise BadMap(
            f"{file.name}: not a whole Parquet file ({str(why).splitlines()[0][:120]}); "
            "download it again",
            field="places",
        ) from why
