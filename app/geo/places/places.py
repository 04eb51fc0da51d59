"""Named businesses and their kind, out of OpenStreetMap extracts and Overture Maps Places."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import product
from math import dist, inf, isfinite
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import polars as pl
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from app.errors import BadMap
from app.geo.points import EARTH_RADIUS_M, Floats, Ints

# The keys whose objects are businesses or the like, most telling first: a place tagged with
# several of them is named by the first. https://wiki.openstreetmap.org/wiki/Map_features
KINDS = ("office", "shop", "craft", "healthcare", "amenity", "tourism", "leisure", "industrial")
OSM, OVERTURE = "OpenStreetMap", "Overture Maps"
CHAMBER = "name=chamber_of_commerce"

# Amenities and the like that are no businesses: street furniture, parking, natural sights.
_NO_BUSINESS = frozenset({
    "amenity=atm", "amenity=bench", "amenity=bicycle_parking", "amenity=drinking_water",
    "amenity=fountain", "amenity=grave_yard", "amenity=hunting_stand", "amenity=letter_box",
    "amenity=parking", "amenity=parking_entrance", "amenity=parking_space", "amenity=post_box",
    "amenity=public_bookcase", "amenity=recycling", "amenity=shelter", "amenity=telephone",
    "amenity=toilets", "amenity=vending_machine", "amenity=waste_basket", "amenity=watering_place",
    "leisure=common", "leisure=garden", "leisure=nature_reserve", "leisure=park", "leisure=pitch",
    "leisure=playground", "leisure=swimming_pool", "leisure=track", "tourism=artwork",
    "tourism=attraction", "tourism=information", "tourism=picnic_site", "tourism=viewpoint",
})  # fmt: skip
_EMPTY = frozenset({"no", "vacant", "yes;no", "disused"})

# Chambers of commerce are often mapped as a mere building or as tourist information.
_CHAMBER = re.compile(
    r"\bchamber of commerce\b(?! (?:building|park|plaza|trail|drive|street|road))", re.IGNORECASE
)
_NO_CHAMBER = ("highway", "public_transport", "railway", "historic", "landuse", "natural", *KINDS)

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

# Overture: a place is left out below this confidence (0 to 1), and where it has closed.
# https://docs.overturemaps.org/schema/reference/places/place/
LEAST_CONFIDENCE = 0.5
_CLOSED = ("closed", "permanently_closed")
_CATEGORIES = ("categories.primary", "taxonomy.primary", "basic_category")
_NEEDED = ("geometry", "names", "one of categories, taxonomy and basic_category")
_NUMBERED = r"^(\d{1,6}[A-Za-z]?(?:-\d{1,5})?)\s+((?:\d+(?:st|nd|rd|th)\b|\p{L}).*)$"

SAME_PLACE_M = 150.0
type _Spot = tuple[float, float, float]
type _BusinessCells = dict[tuple[str, float, float, float], list[int]]
_WORD = re.compile(r"[^\W_]+")
_LEGAL_FORMS = frozenset({
    "the", "inc", "incorporated", "llc", "llp", "pllc", "ltd", "limited", "plc", "corp",
    "corporation", "co", "company",
})  # fmt: skip


def read_places(pbfs: Sequence[Path]) -> pl.DataFrame:
    """The named businesses of those extracts, each once, in the columns of `SCHEMA`.

    `kind` is an OpenStreetMap tag such as "office=accountant", or `CHAMBER` for what is no
    business by its tags and a chamber of commerce by its name; lon, lat are WGS84 degrees (for a
    building the middle of its corners); text is "" where it is not known. Sorted by name, then
    kind and place.
    """
    rows = [row for pbf in pbfs for row in _rows(pbf)]
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    return frame.unique().sort(SCHEMA.keys())


def _rows(pbf: Path) -> Iterator[tuple[Any, ...]]:
    for thing in _things(pbf):
        tags = thing.tags
        kind = kind_of(tags) or _chamber(tags)
        middle = _middle(thing) if kind else None
        if middle:
            yield tags["name"], kind, *middle, *_address(tags), *_contact(tags), OSM


def _things(pbf: Path) -> Iterator[Any]:
    """What has a name: nodes and ways, then multipolygons."""
    named, business = osmium.filter.KeyFilter("name"), osmium.filter.KeyFilter(*KINDS)
    entities = osmium.osm.NODE | osmium.osm.WAY
    yield from osmium.FileProcessor(str(pbf), entities).with_locations().with_filter(named)
    areas: Any = osmium.FileProcessor(str(pbf)).with_areas(named, business)
    areas.with_filter(osmium.filter.EntityFilter(osmium.osm.AREA)).with_filter(named)
    yield from (area for area in areas if not area.from_way())


def kind_of(tags: Any) -> str:
    """The tag that tells, such as "office=accountant"; "" for what is no business."""
    for key in KINDS:
        value = tags.get(key, "")
        if value and value not in _EMPTY and f"{key}={value}" not in _NO_BUSINESS:
            return f"{key}={value}"
    return ""


def _chamber(tags: Any) -> str:
    if not _CHAMBER.search(tags["name"]):
        return ""
    informs = tags.get("tourism", "") == "information"
    return CHAMBER if informs or not any(key in tags for key in _NO_CHAMBER) else ""


def _middle(thing: Any) -> tuple[float, float] | None:
    if thing.is_node():
        return thing.location.lon, thing.location.lat
    rings = list(thing.outer_rings()) if thing.is_area() else [thing.nodes]
    corners = [corner for ring in rings for corner in _corners(ring)]
    if not corners:
        return None
    lon, lat = (sum(axis) / len(corners) for axis in zip(*corners, strict=True))
    return round(lon, 7), round(lat, 7)


def _corners(ring: Any) -> list[tuple[float, float]]:
    """Each corner once: the closing one is left out."""
    corners = [(n.location.lon, n.location.lat) for n in ring if n.location.valid()]
    closed = len(corners) > 1 and corners[0] == corners[-1]
    return corners[:-1] if closed else corners


def _address(tags: Any) -> tuple[str, ...]:
    parts = ("housenumber", "street", "city", "state", "postcode")
    return tuple(tags.get(f"addr:{part}", "") for part in parts)


def _contact(tags: Any) -> tuple[str, str]:
    phone = tags.get("phone", "") or tags.get("contact:phone", "")
    return phone, tags.get("website", "") or tags.get("contact:website", "")


def load_places(path: Path) -> pl.DataFrame:
    """The places of a region as it holds them, always in the columns of `SCHEMA`.

    Regions built before there was a `source` hold places of OpenStreetMap only. Raises BadMap
    where the file can't be read.
    """
    with _parquet(path):
        frame = pl.read_parquet(path, glob=False)
    missing = [name for name in SCHEMA if name not in frame.columns and name != "source"]
    if missing:
        raise BadMap(f"{path}: no {', '.join(missing)}; build the region anew", field="region")
    source = pl.col("source") if "source" in frame.columns else pl.lit(OSM).alias("source")
    return frame.with_columns(source).select(SCHEMA.keys()).cast(pl.Schema(SCHEMA))


@contextmanager
def _parquet(file: Path) -> Iterator[None]:
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
    with _parquet(file):
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


def merge_places(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """All those places, the same business once, in the columns of `SCHEMA` and sorted by them.

    The same is what has the same plain name within `SAME_PLACE_M` of each other. Of several the
    place of OpenStreetMap is kept (with its source) and its blanks are filled from the others:
    phone, website, town, state, postcode, the street with its number, and a kind that says
    nothing ("office=yes").
    """
    frame = pl.concat([pl.DataFrame(schema=SCHEMA), *frames])
    frame = frame.sort(pl.col("source") != OSM, _telling(), *SCHEMA.keys())
    lon, lat = frame["lon"].to_numpy(), frame["lat"].to_numpy()
    frame = frame.with_columns(first=first_of_same(frame["name"].to_list(), lon, lat, SAME_PLACE_M))
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


def plain_name(name: str) -> str:
    """A business's name as it is compared: letters and digits only, no case, no The, Inc, Ltd, Co.

    "" for a name that is nothing but those.
    """
    words = _WORD.findall(name.casefold().replace("'", "").replace("’", "").replace(".", ""))
    return "".join([word for word in words if word not in _LEGAL_FORMS])


def first_of_same(names: Sequence[str], lon: Floats, lat: Floats, metres: float) -> Ints:
    """For each row the first row that is the same place, its own number where it is that one.

    The same are rows of the same plain name within so many metres (straight line) of the first of
    them; of several such firsts the nearest. Rows without name or point are the same as no other.
    Shape (n,).
    """
    plain_of = {name: plain_name(name) for name in set(names)}
    plain = [plain_of[name] for name in names]
    often = Counter(plain)
    at = [(x, y, z) for x, y, z in on_the_globe(lon, lat).tolist()]
    first = np.arange(len(plain))
    grid: _BusinessCells = {}
    for i, (name, here) in enumerate(zip(plain, at, strict=True)):
        if name and often[name] > 1 and isfinite(here[0]):
            first[i] = _nearest(grid, name, at, i, metres)
    return first


def _nearest(grid: _BusinessCells, name: str, at: Sequence[_Spot], i: int, metres: float) -> int:
    """The nearest first row of that name; where there is none, the row becomes one itself."""
    side, here = 4 * metres, at[i]
    spans = [{(v - metres) // side, (v + metres) // side} for v in here]
    near = [row for x, y, z in product(*spans) for row in grid.get((name, x, y, z), ())]
    away, best = min([(dist(at[row], here), row) for row in near], default=(inf, i))
    if away <= metres:
        return best
    x, y, z = here
    grid.setdefault((name, x // side, y // side, z // side), []).append(i)
    return i


def on_the_globe(lon: Floats, lat: Floats) -> NDArray[np.float64]:
    """Metres from the middle of the earth, shape (n, 3), for points near each other.

    Straight lines between them are their distances to a few metres up to 20 km and to 0.6 %
    (the earth is no ball).
    """
    across, up = np.radians(lon), np.radians(lat)
    axes = np.cos(up) * np.cos(across), np.cos(up) * np.sin(across), np.sin(up)
    return EARTH_RADIUS_M * np.stack(axes, axis=1)
