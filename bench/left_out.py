"""Whether radii hold on maps that they were not drawn from; printed by bench.geocode.

Each region is left out in turn: what the others' radii would have to be multiplied by to hold 95 %
of their rows, each region counting for as much, is put on its own. Most regions are maps of which
some houses were hidden, whose addresses are then asked for: of a share of all, or of all but those
in some squares, as volunteers map one village whole and the next not at all.
"""

import csv
import math
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import osmium
from scipy.spatial import cKDTree

from app.geo.addresses.address import Address, Addresses
from app.geo.geocoding.gazetteer import gazetteer
from app.geo.geocoding.geocoder import Accuracy
from app.geo.points import Point, Points, great_circle_metres, on_the_globe
from bench.data import SHARED, Row, Truth, find_vermont, read_rows
from bench.tables import print_table

ROADS = SHARED / "osm" / "vermont-nw-roads.osm.pbf"
ALLOWED_M = 200.0  # where the truth is itself a geocode
_HELD = 0.95
_MOST = 4_000  # addresses asked for of one region
_NEAR_ROAD_M = 200.0  # a house farther from the map's roads is none of that map
_SQUARE = 0.02  # degrees: of those that are mapped and those that are not
_WELL, _BADLY = 0.8, 0.125  # the share known in a mapped square; of the share of these, elsewhere
_COLUMNS = ["LON", "LAT", "NUMBER", "STREET", "UNIT", "CITY", "DISTRICT", "REGION", "POSTCODE"]
_HEAD = ("region", "rows", "95th pct m", "median radius", "ratio", "truth in radius")


class Placed(NamedTuple):
    """The rows of one region that have a fix: accuracy, metres off, radius in metres."""

    accuracy: np.ndarray
    off: np.ndarray
    radius: np.ndarray


def place(path: Path, truths: Sequence[Truth], allowed: float = 0.0) -> Placed:
    """What a gazetteer makes of addresses whose place is known."""
    found = gazetteer.Gazetteer(path, path.name).locate(Addresses.of([t.address for t in truths]))
    at = Points.of([t.at for t in truths])
    off = np.asarray(great_circle_metres(found.at.lon, found.at.lat, at.lon, at.lat))
    known = found.accuracy > 0
    return Placed(found.accuracy[known], off[known] - allowed, found.radius_m[known])


def show_left_out(work: Path, known: dict[str, Placed]) -> None:
    """The table: of these regions, and of those made here."""
    regions = known | {name: place(*made) for name, made in _hidden(work)}
    rows = []
    for name, own in regions.items():
        others = [placed for other, placed in regions.items() if other != name]
        times = _needed(others)
        drawn = own.radius * times[own.accuracy]
        p95, median = np.quantile(own.off, _HELD), np.median(own.radius)
        rows.append(
            [name, len(own.off), f"{p95:.0f}", f"{median:.0f}", f"{median / p95:.2f}"]
            + [f"{100 * (own.off <= radius).mean():.1f} %" for radius in (own.radius, drawn)]
        )
    print(
        "Each region left out in turn: the last column has the radii that the others alone would "
        f"give. O'ahu's truth is a geocode: {ALLOWED_M:.0f} m more are allowed.\n"
    )
    print_table((*_HEAD, "by the others' radii"), rows)


def _needed(regions: Sequence[Placed]) -> np.ndarray:
    """By accuracy what radii are to be multiplied by to hold 95 % of all regions' rows."""
    times = np.ones(len(Accuracy))
    for kind in Accuracy:
        some = [(p.off / p.radius)[p.accuracy == kind] for p in regions]
        share = [np.full(len(one), 1 / len(one)) for one in some if len(one)]
        if share:
            ratio, weight = np.concatenate(some), np.concatenate(share)
            order = np.argsort(ratio)
            below = np.cumsum(weight[order]) / weight.sum()
            times[kind] = ratio[order][np.searchsorted(below, _HELD)]
    return times


def _hidden(work: Path) -> Iterator[tuple[str, tuple[Path, Sequence[Truth]]]]:
    """Regions with hidden houses: each one's name, gazetteer, and the addresses to ask for."""
    for name, title, share in (
        ("isle-of-man", "Isle of Man, 7 of 10 houses hidden", 0.7),
        ("honolulu", "O'ahu, half of its houses hidden", 0.5),
    ):
        pbf = work / f"{name}-hidden.osm.pbf"
        truths = _hide_houses(SHARED / "osm" / f"{name}.osm.pbf", pbf, share)
        yield title, _make(work / f"{name}-hidden", [pbf], [], truths)
    houses = [row for row in read_rows(find_vermont(work)) if row["NUMBER"] and row["CITY"]]
    near = _near_roads(houses)
    for title, keep in (
        ("Vermont's north-west, 1 of 50 known", _some(0.02)),
        ("Vermont's north-west, 1 of 10 known", _some(0.1)),
        ("Vermont's north-west, 4 of 10 known", _some(0.4)),
        ("Vermont's north-west, 1 of 20 squares known", _squares(0.05)),
        ("Vermont's north-west, 3 of 20 squares known", _squares(0.15)),
    ):
        yield title, _make_of(work, title, near, keep, [ROADS])
    for district, share in (("RUTLAND", 0.5), ("WINDHAM", 0.2)):
        title = f"{district.title()} County, no roads, {share:.0%} known"
        own = [row for row in houses if row["DISTRICT"] == district]
        yield title, _make_of(work, title, own, _some(share), [])


def _make(
    path: Path, pbfs: Sequence[Path], addresses: Sequence[Path], truths: Sequence[Truth]
) -> tuple[Path, Sequence[Truth]]:
    gazetteer.build_gazetteer(path, pbfs, addresses)
    return path, truths


def _make_of(
    work: Path,
    title: str,
    rows: Sequence[Row],
    keep: Callable[[str, Row], bool],
    pbfs: Sequence[Path],
) -> tuple[Path, Sequence[Truth]]:
    """A gazetteer of the houses that are kept; some of the others are asked for."""
    path = work / f"{title}.csv"
    kept = [keep(title, row) for row in rows]
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, _COLUMNS, extrasaction="ignore")
        out.writeheader()
        out.writerows(row for row, known in zip(rows, kept, strict=True) if known)
    hidden = [row for row, known in zip(rows, kept, strict=True) if not known]
    asked = sorted(hidden, key=lambda row: _drawn(title, _text(row)))[:_MOST]
    return _make(path.with_suffix(""), pbfs, [path], [_truth(row) for row in asked])


def _some(share: float) -> Callable[[str, Row], bool]:
    return lambda title, row: _drawn(title, _text(row)) < share


def _squares(share: float) -> Callable[[str, Row], bool]:
    """Most of what is in such a share of the squares, and a few elsewhere."""

    def keep(title: str, row: Row) -> bool:
        square = f"{float(row['LON']) // _SQUARE} {float(row['LAT']) // _SQUARE}"
        mapped = _drawn(title, square) < share
        return _drawn(title, _text(row)) < (_WELL if mapped else _BADLY * share)

    return keep


def _drawn(*texts: str) -> float:
    """A number from 0 to 1, the same each time."""
    return int.from_bytes(sha256("|".join(texts).encode()).digest()[:4]) / 2**32


def _text(row: Row) -> str:
    return f"{row['NUMBER']}|{row['STREET']}|{row['CITY']}"


def _truth(row: Row) -> Truth:
    address = Address(
        f"{row['NUMBER']} {row['STREET']}", row["CITY"], row["REGION"], row["POSTCODE"]
    )
    return Truth(address, Point(float(row["LON"]), float(row["LAT"])))


def _near_roads(rows: Sequence[Row]) -> list[Row]:
    """Those that lie at the roads of Vermont's north-west."""
    roads = cKDTree(on_the_globe(*np.array([at for way in _located(ROADS) for at in _at(way)]).T))
    lon, lat = (np.array([float(row[axis]) for row in rows]) for axis in ("LON", "LAT"))
    off = np.asarray(
        roads.query(on_the_globe(lon, lat), distance_upper_bound=_NEAR_ROAD_M)[0], np.float64
    )
    return [row for row, metres in zip(rows, off.tolist(), strict=True) if math.isfinite(metres)]


def _hide_houses(pbf: Path, out: Path, share: float) -> list[Truth]:
    """The same map with the addresses of a share of its houses left out, and these."""
    hidden: list[Truth] = []
    out.unlink(missing_ok=True)
    with osmium.SimpleWriter(str(out)) as written:
        for found in _located(pbf):
            tags = dict(found.tags)
            house = f"{tags.get('addr:street')} {tags.get('addr:housenumber')}"
            if "addr:housenumber" not in tags or _drawn(house) >= share:
                written.add(found)
                continue
            hidden += _truths(found, tags)
            bare = {key: text for key, text in tags.items() if not key.startswith("addr:")}
            written.add(found.replace(tags=bare))
    return hidden


def _truths(found: Any, tags: dict[str, str]) -> Iterator[Truth]:
    """The address and place of a house, if it names its street and its town or postcode."""
    town, postcode = tags.get("addr:city", ""), tags.get("addr:postcode", "")
    corners = _at(found)
    if corners and "addr:street" in tags and (town or postcode):
        line = f"{tags['addr:housenumber']} {tags['addr:street']}"
        lon, lat = np.mean(corners, axis=0).tolist()
        yield Truth(Address(line, town, tags.get("addr:state", ""), postcode), Point(lon, lat))


def _located(pbf: Path) -> Iterator[Any]:
    """Everything in a map; ways know where their nodes are."""
    yield from osmium.FileProcessor(str(pbf)).with_locations()


def _at(found: Any) -> list[tuple[float, float]]:
    """Where something is: a node, or the corners of a way; nowhere else."""
    if found.is_node():
        return [(found.location.lon, found.location.lat)]
    corners = found.nodes if found.is_way() else ()
    return [(corner.lon, corner.lat) for corner in corners if corner.location.valid()]
