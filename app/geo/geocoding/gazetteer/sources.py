"""What a gazetteer is built from, read into columns: OpenStreetMap and OpenAddresses.

Every reader returns frames of the same columns, all text as written:
houses: lon, lat, number, street, town, postcode, wide (metres from its middle to its farthest
corner, `_NODE_M` for a lone point). lines: street, line, lon, lat, postcode, one row
a vertex in order. places: name, kind, lon, lat. ranges: see `tiger`.
A file that can't be used raises BadMap naming it and what is wrong.
"""

import gzip
import json
import math
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import numpy as np
import polars as pl

from app.errors import BadMap
from app.geo.addresses.towns import state_of
from app.geo.geocoding.gazetteer import tiger
from app.geo.points import METRES_PER_DEGREE

HOUSES: dict[str, Any] = {
    "lon": pl.Float64,
    "lat": pl.Float64,
    "number": pl.String,
    "street": pl.String,
    "town": pl.String,
    "postcode": pl.String,
    "wide": pl.Float64,
}
LINES: dict[str, Any] = {
    "street": pl.String,
    "line": pl.Int64,
    "lon": pl.Float64,
    "lat": pl.Float64,
    "postcode": pl.String,
}
PLACES = {"name": pl.String, "kind": pl.String, "lon": pl.Float64, "lat": pl.Float64}
_OPENADDRESSES = {
    "LON": "lon",
    "LAT": "lat",
    "NUMBER": "number",
    "STREET": "street",
    "CITY": "town",
    "POSTCODE": "postcode",
}
_NAMES = ("name", "alt_name", "official_name", "old_name", "name:en", "ref")
_PLACE_KINDS = frozenset(
    (
        *("city", "town", "village", "suburb", "quarter", "neighbourhood"),
        *("hamlet", "locality", "isolated_dwelling", "farm"),
    )
)
_STRAY_STATE = 50  # a state named by fewer than one in so many addresses is a mistake
_NODE_M = 70.0  # a lone node may stand anywhere in its building
_ESTATES = frozenset(("industrial", "commercial", "retail"))


@dataclass(frozen=True)
class Sources:
    """Everything read from some files; see the module for the columns."""

    houses: pl.DataFrame
    lines: pl.DataFrame
    places: pl.DataFrame
    ranges: pl.DataFrame
    states: frozenset[str] = frozenset()


def read_all(pbfs: Sequence[Path], addresses: Sequence[Path]) -> Sources:
    """All files in one."""
    return join_sources([*map(read_osm, pbfs), *map(address_file, addresses)])


def join_sources(parts: Sequence[Sources]) -> Sources:
    """Several sources as one; lines stay apart."""
    lines, above = [pl.DataFrame(schema=LINES)], 0
    for part in parts:
        lines.append(part.lines.with_columns(pl.col("line") + above))
        above += len(part.lines) + 1
    return Sources(
        pl.concat([pl.DataFrame(schema=HOUSES), *(part.houses for part in parts)]),
        pl.concat(lines),
        pl.concat([pl.DataFrame(schema=PLACES), *(part.places for part in parts)]),
        pl.concat([pl.DataFrame(schema=tiger.RANGES), *(part.ranges for part in parts)]),
        frozenset().union(*(part.states for part in parts)),
    )


def address_file(path: Path) -> Sources:
    """An OpenAddresses CSV or GeoJSON (either may be .gz) or a TIGER/Line ADDRFEAT zip."""
    if not path.is_file():
        raise BadMap(f"{path}: there is no such file", field="addresses")
    name = path.name.lower().removesuffix(".gz")
    with _blaming(path):
        if name.endswith(".zip"):
            ranges, lines = tiger.read_tiger(path)
            return _sources(ranges=ranges, lines=lines)
        if name.endswith((".geojson", ".geojsonl", ".json", ".ndjson")):
            return _sources(houses=_clean(_geojson(path), path))
        if name.endswith(".csv"):
            return _sources(houses=_clean(_csv(path), path))
    raise BadMap(
        f"{path}: expected an OpenAddresses .csv or .geojson (or .gz), or an ADDRFEAT .zip",
        field="addresses",
    )


def _sources(
    houses: pl.DataFrame | None = None,
    lines: pl.DataFrame | None = None,
    places: pl.DataFrame | None = None,
    ranges: pl.DataFrame | None = None,
) -> Sources:
    return Sources(
        pl.DataFrame(schema=HOUSES) if houses is None else houses,
        pl.DataFrame(schema=LINES) if lines is None else lines,
        pl.DataFrame(schema=PLACES) if places is None else places,
        pl.DataFrame(schema=tiger.RANGES) if ranges is None else ranges,
    )


@contextmanager
def _blaming(path: Path) -> Iterator[None]:
    try:
        yield
    except BadMap:
        raise
    except (OSError, EOFError, ValueError, KeyError, TypeError, RuntimeError) as why:
        raise BadMap(f"{path}: can't be read: {why}", field="addresses") from why
    except pl.exceptions.PolarsError as why:
        raise BadMap(f"{path}: can't be read as CSV: {why}", field="addresses") from why


def _csv(path: Path) -> pl.DataFrame:
    frame = pl.read_csv(path, infer_schema=False, truncate_ragged_lines=True, encoding="utf8-lossy")
    names = {name: name.strip().upper() for name in frame.columns}
    frame = frame.rename(names)
    missing = [name for name in ("LON", "LAT", "NUMBER", "STREET") if name not in frame.columns]
    if missing:
        raise BadMap(
            f"{path}: no column {', '.join(missing)}; OpenAddresses files have LON, LAT, NUMBER, "
            "STREET, UNIT, CITY, DISTRICT, REGION, POSTCODE",
            field="addresses",
        )
    return frame.select(
        (pl.col(given) if given in frame.columns else pl.lit(None, pl.String)).alias(ours)
        for given, ours in _OPENADDRESSES.items()
    )


def _geojson(path: Path) -> pl.DataFrame:
    rows: dict[str, list[str | None]] = {ours: [] for ours in _OPENADDRESSES.values()}
    with _opened(path) as file:
        for feature in _features(file):
            properties = feature.get("properties") or {}
            geometry = feature.get("geometry") or {}
            if geometry.get("type") != "Point":
                continue
            lon, lat = geometry["coordinates"][:2]
            rows["lon"].append(str(lon))
            rows["lat"].append(str(lat))
            for given, ours in list(_OPENADDRESSES.items())[2:]:
                value = properties.get(given.lower())
                rows[ours].append(None if value is None else str(value))
    return pl.DataFrame(rows, schema=dict.fromkeys(rows, pl.String))


def _opened(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf8")
    return path.open(encoding="utf8")


def _features(file: Iterable[str]) -> Iterator[dict[str, Any]]:
    """One feature a line, or all of them in one FeatureCollection."""
    lines = iter(file)
    first = next(lines, "")
    try:
        head = json.loads(first)
    except ValueError:
        head = None
    if head is None or "features" in head:
        whole = head or json.loads(first + "".join(lines))
        yield from whole["features"]
        return
    yield head
    for line in lines:
        if line.strip():
            yield json.loads(line)


def _clean(raw: pl.DataFrame, path: Path) -> pl.DataFrame:
    """Rows with a street and a place on Earth; BadMap when none is left."""
    houses = raw.with_columns(
        pl.col("lon", "lat").str.strip_chars().cast(pl.Float64, strict=False),
        pl.col("number", "street", "town", "postcode").fill_null("").str.strip_chars(),
    ).filter(
        pl.col("lon").is_between(-180, 180),
        pl.col("lat").is_between(-90, 90),
        pl.col("street") != "",
    )
    if houses.is_empty():
        raise BadMap(
            f"{path}: none of its {len(raw)} rows has a street and coordinates", field="addresses"
        )
    return houses.with_columns(wide=pl.lit(_NODE_M)).select(list(HOUSES))


def read_osm(path: Path) -> Sources:
    """Streets, houses and places of an OpenStreetMap extract (.osm.pbf)."""
    import osmium

    if not path.is_file():
        raise BadMap(f"{path}: there is no such file", field="pbf")
    reading = _Osm()
    keys = ("highway", "addr:housenumber", "addr:housename", "addr:postcode", "place", "landuse")
    try:
        objects = osmium.FileProcessor(path).with_locations()
        for found in objects.with_filter(osmium.filter.KeyFilter(*keys)):
            reading.take(found)
    except (RuntimeError, OSError, ValueError) as why:
        raise BadMap(f"{path}: can't be read as OpenStreetMap data: {why}", field="pbf") from why
    return reading.sources()


class _Osm:
    """Collects the objects of one extract."""

    def __init__(self) -> None:
        self.houses: list[tuple[float, float, str, str, str, str, float]] = []
        self.places: list[tuple[str, str, float, float]] = []
        self.streets: list[tuple[str, str]] = []
        self.line, self.lon, self.lat = array("q"), array("d"), array("d")
        self.states: Counter[str] = Counter()

    def take(self, found: Any) -> None:
        """One object: a street, a house or a place; others are left."""
        if found.is_relation():
            return
        tags = found.tags
        at = self._points(found)
        if not at:
            return
        self.states[state_of(tags.get("addr:state", ""))] += 1
        is_street = "highway" in tags and found.is_way()
        if is_street or (tags.get("landuse") in _ESTATES and found.is_way()):
            self._take_street(tags, at)
        if not is_street and any(key.k.startswith("addr:") for key in tags):
            self._take_house(tags, at)
        if tags.get("place") in _PLACE_KINDS and "name" in tags:
            self.places.append((tags["name"], tags["place"], *_middle(at)))

    @staticmethod
    def _points(found: Any) -> list[tuple[float, float]]:
        if found.is_node():
            return [(found.location.lon, found.location.lat)]
        return [(node.lon, node.lat) for node in found.nodes if node.location.valid()]

    def _take_street(self, tags: Any, at: list[tuple[float, float]]) -> None:
        postcode = tags.get("postal_code") or tags.get("addr:postcode") or ""
        named = {name.strip() for key in _NAMES if key in tags for name in tags[key].split(";")} - {
            ""
        }
        for name in sorted(named):
            self.line.extend([len(self.streets)] * len(at))
            self.lon.extend(lon for lon, _ in at)
            self.lat.extend(lat for _, lat in at)
            self.streets.append((name, postcode))

    def _take_house(self, tags: Any, at: list[tuple[float, float]]) -> None:
        street = tags.get("addr:street") or tags.get("addr:place") or ""
        number = tags.get("addr:housenumber") or ""
        town = (tags.get("addr:city") or "").split(",")[0]
        postcode = tags.get("addr:postcode") or ""
        middle = _middle(at)
        wide = max(_metres(*middle, *corner) for corner in at) if len(at) > 1 else _NODE_M
        self.houses.append((*middle, number, street, town, postcode, wide))
        house = tags.get("addr:housename")
        if house and not house.isdigit():
            self.houses.append((*middle, "", house, town, postcode, wide))

    def sources(self) -> Sources:
        """Everything taken, in columns."""
        named = {"street": pl.String, "postcode": pl.String}
        streets = pl.DataFrame(self.streets, schema=named, orient="row").with_row_index("line")
        vertices: dict[str, Any] = {"line": self.line, "lon": self.lon, "lat": self.lat}
        lines = pl.DataFrame({key: np.frombuffer(v, v.typecode) for key, v in vertices.items()})
        lines = lines.join(streets.cast({"line": pl.Int64}), on="line", maintain_order="left")
        return replace(
            _sources(
                pl.DataFrame(self.houses, schema=HOUSES, orient="row"),
                lines.select(list(LINES)),
                pl.DataFrame(self.places, schema=PLACES, orient="row"),
            ),
            states=_usual(self.states),
        )


def _usual(states: Counter[str]) -> frozenset[str]:
    """The states that the map's own addresses name, stray ones left out."""
    tagged = states.total() - states[""]
    return frozenset(s for s, n in states.items() if s and n * _STRAY_STATE > tagged)


def _metres(lon: float, lat: float, to_lon: float, to_lat: float) -> float:
    """Metres between two near points, on a plane."""
    return METRES_PER_DEGREE * math.hypot(
        (lon - to_lon) * math.cos(math.radians(lat)), lat - to_lat
    )


def _middle(at: list[tuple[float, float]]) -> tuple[float, float]:
    """The mean of the vertices, a closed ring's last one left out."""
    corners = at[:-1] if len(at) > 1 and at[0] == at[-1] else at
    return (
        sum(lon for lon, _ in corners) / len(corners),
        sum(lat for _, lat in corners) / len(corners),
    )
