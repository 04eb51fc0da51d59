"""What a gazetteer is built from, read into columns: OpenStreetMap and OpenAddresses.

Every reader returns frames of the same columns, all text as written:
houses: lon, lat, number, street, town, postcode, wide (metres from its middle to its farthest
corner, `_NODE_M` for a lone point). lines: street, postcode, corners (how many), one row a line;
`x` and `y` have the corners of all lines, one behind the other, in tens of nanodegrees.
places: name, kind, lon, lat. ranges: see `tiger`.
A file that can't be used raises BadMap naming it and what is wrong.
"""

import gzip
import json
import math
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import polars as pl

from app.errors import BadMap
from app.geo.addresses.states import state_of
from app.geo.columns import release_memory
from app.geo.geocoding.gazetteer import tiger
from app.geo.geocoding.gazetteer.tiger import LINES
from app.geo.openstreetmap import (
    DEGREE,
    NOWHERE,
    Lines,
    Nodes,
    Wholes,
    read_tagged,
)
from app.geo.points import METRES_PER_DEGREE, Floats

HOUSES: dict[str, Any] = {
    "lon": pl.Float64,
    "lat": pl.Float64,
    "number": pl.String,
    "street": pl.String,
    "town": pl.String,
    "postcode": pl.String,
    "wide": pl.Float64,
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
_HOUSE = "house"  # a key of ours: set where the tags are those of something with an address
_USED = (
    *("addr:street", "addr:place", "addr:housenumber", "addr:housename"),
    *("addr:city", "addr:postcode", "addr:state", "place", "name"),
)
_ESTATES = frozenset(("industrial", "commercial", "retail"))
_NO_WHOLES: Wholes = np.zeros(0, np.int32)


@dataclass(frozen=True)
class Sources:
    """Everything read from some files; see the module for the columns."""

    houses: pl.DataFrame
    lines: pl.DataFrame
    x: Wholes
    y: Wholes
    places: pl.DataFrame
    ranges: pl.DataFrame
    states: frozenset[str] = frozenset()


def read_all(pbfs: Sequence[Path], addresses: Sequence[Path]) -> Sources:
    """All files in one."""
    return join_sources([*map(read_osm, pbfs), *map(address_file, addresses)])


def join_sources(parts: Sequence[Sources]) -> Sources:
    """Several sources as one."""
    return Sources(
        pl.concat([pl.DataFrame(schema=HOUSES), *(part.houses for part in parts)]),
        pl.concat([pl.DataFrame(schema=LINES), *(part.lines for part in parts)]),
        np.concatenate([_NO_WHOLES, *(part.x for part in parts)]),
        np.concatenate([_NO_WHOLES, *(part.y for part in parts)]),
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
            return _only_streets(*tiger.read_tiger(path))
        if name.endswith((".geojson", ".geojsonl", ".json", ".ndjson")):
            return _only_houses(_clean(_geojson(path), path))
        if name.endswith(".csv"):
            return _only_houses(_clean(_csv(path), path))
    raise BadMap(
        f"{path}: expected an OpenAddresses .csv or .geojson (or .gz), or an ADDRFEAT .zip",
        field="addresses",
    )


def _only_houses(houses: pl.DataFrame) -> Sources:
    none = (pl.DataFrame(schema=schema) for schema in (LINES, PLACES, tiger.RANGES))
    lines, places, ranges = none
    return Sources(houses, lines, _NO_WHOLES, _NO_WHOLES, places, ranges)


def _only_streets(ranges: pl.DataFrame, lines: pl.DataFrame, lon: Floats, lat: Floats) -> Sources:
    houses, places = pl.DataFrame(schema=HOUSES), pl.DataFrame(schema=PLACES)
    x, y = (np.round(degrees * DEGREE).astype(np.int32) for degrees in (lon, lat))
    return Sources(houses, lines, x, y, places, ranges)


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
    """Streets, houses and places of an OpenStreetMap extract whose nodes ascend."""
    if not path.is_file():
        raise BadMap(f"{path}: there is no such file", field="pbf")
    keys = ("highway", "addr:housenumber", "addr:housename", "addr:postcode", "place", "landuse")
    reading = _Osm()
    try:
        nodes = Nodes()
        for found in read_tagged(path, nodes, *keys):
            reading.take(found)
    except (RuntimeError, OSError, ValueError) as why:
        raise BadMap(f"{path}: can't be read as OpenStreetMap data: {why}", field="pbf") from why
    sources = reading.sources(nodes)
    del reading, nodes
    release_memory()
    return sources


class _Osm:
    """Collects the objects of one extract: those of ways when all nodes are known.

    Of a way only the numbers of its nodes are held, and its tags where it is more than a street.
    """

    def __init__(self) -> None:
        self.houses: list[tuple[float, float, str, str, str, str, float]] = []
        self.places: list[tuple[str, str, float, float]] = []
        self.ways = Lines()
        self.texts: dict[str, int] = {"": 0}  # every distinct one, by when it came
        self.streets, self.postcodes, self.way_of_street = array("i"), array("i"), array("i")
        self.more: list[tuple[int, dict[str, str]]] = []
        self.states: Counter[str] = Counter()

    def take(self, found: Any) -> None:
        """One object: a street, a house or a place; others are left."""
        tags = found.tags
        if found.is_node():
            at = [(found.location.lon, found.location.lat)]
            self._take_more(_used(tags, is_house=_has_address(tags)), at)
            return
        is_street = "highway" in tags or tags.get("landuse") in _ESTATES
        names = _names(tags) if is_street else ()
        is_house = "highway" not in tags and _has_address(tags)  # a road is none with any address
        is_more = is_house or "place" in tags or "addr:state" in tags
        if not names and not is_more:
            return
        if names:
            postcode = tags.get("postal_code") or tags.get("addr:postcode") or ""
            self._take_street(names, postcode)
        if is_more:
            self.more.append((len(self.ways), _used(tags, is_house=is_house)))
        self.ways.add(found)

    def _take_street(self, names: Iterable[str], postcode: str) -> None:
        """The next way under each of its names."""
        for name in names:
            self.way_of_street.append(len(self.ways))
            self.streets.append(self.texts.setdefault(name, len(self.texts)))
            self.postcodes.append(self.texts.setdefault(postcode, len(self.texts)))

    def _take_more(self, tags: dict[str, str], at: list[tuple[float, float]]) -> None:
        """The house and the place that something at those points is, and the state it names."""
        self.states[state_of(tags.get("addr:state", ""))] += 1
        if _HOUSE in tags:
            self._take_house(tags, at)
        if tags.get("place") in _PLACE_KINDS and "name" in tags:
            self.places.append((tags["name"], tags["place"], *_middle(at)))

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

    def sources(self, nodes: Nodes) -> Sources:
        """Everything taken, in columns."""
        x, y = self.ways.locate(nodes)
        for way, tags in self.more:
            here = slice(self.ways.ends[way], self.ways.ends[way + 1])
            known = x[here] != NOWHERE
            lon, lat = ((places[here][known] / DEGREE).tolist() for places in (x, y))
            if at := list(zip(lon, lat, strict=True)):
                self._take_more(tags, at)
        return Sources(
            pl.DataFrame(self.houses, schema=HOUSES, orient="row"),
            *self._lines(x, y),
            pl.DataFrame(self.places, schema=PLACES, orient="row"),
            pl.DataFrame(schema=tiger.RANGES),
            _usual(self.states),
        )

    def _lines(self, x: Wholes, y: Wholes) -> tuple[pl.DataFrame, Wholes, Wholes]:
        """The streets, and the places of their corners."""
        ends, way = np.frombuffer(self.ways.ends, np.int64), np.array(self.way_of_street, np.int64)
        count = ends[way + 1] - ends[way]
        line = np.repeat(np.arange(len(way), dtype=np.int32), count)
        row = np.arange(len(line)) + np.repeat(ends[way] - (np.cumsum(count) - count), count)
        known = x[row] != NOWHERE
        row, corners = row[known], np.bincount(line[known], minlength=len(way))
        texts = pl.Series(self.texts.keys(), dtype=pl.String)
        street, postcode = (texts[np.array(rows)] for rows in (self.streets, self.postcodes))
        lines = pl.DataFrame([street, postcode, pl.Series(corners)], schema=LINES)
        return lines.filter(pl.col("corners") > 0), x[row], y[row]


def _has_address(tags: Any) -> bool:
    return any(tag.k.startswith("addr:") for tag in tags)


def _used(tags: Any, *, is_house: bool) -> dict[str, str]:
    """The tags that are looked at later."""
    used = {key: tags[key] for key in _USED if key in tags}
    return used | {_HOUSE: ""} if is_house else used


def _names(tags: Any) -> list[str]:
    """All names of a street, each once, in order."""
    texts = (tags[key] for key in _NAMES if key in tags)
    return sorted({name.strip() for text in texts for name in text.split(";")} - {""})


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
