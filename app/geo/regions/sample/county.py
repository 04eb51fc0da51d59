"""The sample county: a small invented map, and a list of firms on it, of which all is known.

Teal County, "NV", lies on empty ground in Nevada; towns, streets and firms are made up, and its
ZIP codes 00101-00108 belong to no post office (no US ZIP code begins with 000 to 004). It is
there to see and to test every kind of answer offline: see `firms.py` beside it for the firms.

The ground, in kilometres east (x) and north (y) of Larkfield's centre:

    town         centre      ZIP    roads there (every speed is tagged, in km/h)
    Larkfield    0, 0        00101  the home base: 350 Main Street
    Cedar Halt   40, 0       00102  Prairie Freeway (120), an exit at each town's x
    Brightwater  70, 0       00103  Prairie Freeway
    Tolliver     86, 0       00104  Prairie Freeway; Mesa Loop (60), one-way, south of the exit
    Farrow       104, 0      00105  Prairie Freeway, its eastern end
    Copper Flat  -24.4, 0    00106  Old Mine Road (60), Larkfield to x = -55
    Silver Gulch -49, 0      00106  Old Mine Road
    Northbank    0, 5        00107  River Road (60) and Teal Bridge at x = 18, the only one
    Lakeshore    14, -14     00108  Lake Road (60)
    Heron Island 17.3, -14  00108  none: a footpath
    Gull Island  21, -14     00108  streets of its own, no bridge, no ferry

A town is a square grid, 200 m a block, 5 streets by 5 avenues (9 by 9 in Northbank and on Gull
Island), all 40 km/h; Main Street and the middle avenue cross in its centre. Pine Street, 200 m
south of Main Street, is one-way eastbound. House n of a street is 2 (n - 100) metres from the
street's western end, of an avenue from its southern end, 12 m to the side: even ones north or
west. Known are those ending in 20, 40, 60, 80 and 25, 45, 65, 85.

Where the roads begin: Depot Road (60) leaves each motorway town's middle avenue at y = -0.4 for
the interchange, ramps (60) of 0.412 km between (x, -2.1) and the carriageway 0.4 km away.
Landing Road (60) runs from Larkfield's (0, 0.4) to River Road at (0, 2.5); River Road to Teal
Bridge (18, 2.5)-(18, 3.5); North Shore Road (60) back to (0, 3.5) and Ridge Road (60) to
Northbank's (0, 4.2). Lake Road leaves Larkfield's (0, -2.1) for (0, -14) and (13.6, -14). Mesa
Loop is a rectangle of 1 by 4 km from (86, -3.1), driven eastward first.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import cos, dist, pi, radians
from pathlib import Path
from typing import Any

import osmium
from osmium.osm.mutable import Node, Way

from app.geo.points import Point
from app.geo.progress import TellProgress, ignore_progress
from app.geo.regions import build as building
from app.geo.regions.region import Region
from app.geo.regions.sample.firms import prospects_csv

__all__ = [
    "HOME",
    "HOME_ADDRESS",
    "NAME",
    "build_sample",
    "county_point",
    "prospects_csv",
    "write_county",
]

NAME = "sample"
STATE = "NV"
HOME_ADDRESS = "350 Main Street, Larkfield, NV 00101"

type KmPoint = tuple[float, float]  # kilometres east and north of Larkfield's centre
type Tags = dict[str, str]

# The engine measures on a sphere of this radius (WGS84's equator), so the layout does too.
_KM_PER_DEGREE = 6378.137 * pi / 180
_ORIGIN = Point(-116.6, 40.0)
_MADE = "2026-01-01T00:00:00Z"
_HOUSE_ENDINGS = (20, 25, 40, 45, 60, 65, 80, 85)
_FREEWAY_END = 104.0


@dataclass(frozen=True, slots=True)
class CountyTown:
    """A grid of `size` streets by `size` avenues around (x, y); `exit` where it has one."""

    name: str
    x: float
    y: float
    postcode: str
    kind: str = "village"
    size: int = 5
    exit: bool = False


TOWNS = (
    CountyTown("Larkfield", 0, 0, "00101", "town", exit=True),
    CountyTown("Cedar Halt", 40, 0, "00102", exit=True),
    CountyTown("Brightwater", 70, 0, "00103", "town", exit=True),
    CountyTown("Tolliver", 86, 0, "00104", exit=True),
    CountyTown("Farrow", 104, 0, "00105", exit=True),
    CountyTown("Northbank", 0, 5, "00107", size=9),
    CountyTown("Lakeshore", 14, -14, "00108"),
    CountyTown("Gull Island", 21, -14, "00108", "island", size=9),
)
_HAMLETS = (("Copper Flat", -24.4), ("Silver Gulch", -49.0))
_STREETS = {0: "Main", 1: "Oak", -1: "Pine", 2: "Elm", -2: "Cedar", 3: "Maple", -3: "Walnut"}
_STREETS |= {4: "Birch", -4: "Spruce"}
_AVENUES = ("1st", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th", "9th")

# (town, house) -> what is there besides the address.
BUSINESSES: Mapping[tuple[str, str], Tags] = {
    ("Larkfield", "240 Main Street"): {
        "name": "Hale & Byrne Accounting",
        "office": "accountant",
        "phone": "+1 775 555 0101",
        "website": "https://hale-byrne.example",
    },
    ("Larkfield", "325 Main Street"): {
        "name": "Okafor Law",
        "office": "lawyer",
        "phone": "+1 775 555 0102",
    },
    ("Larkfield", "260 Oak Street"): {"name": "Teal County Insurance", "office": "insurance"},
    ("Larkfield", "420 Elm Street"): {"name": "Larkfield Computers", "shop": "computer"},
    ("Larkfield", "220 3rd Avenue"): {"name": "Larkfield Dental", "amenity": "dentist"},
    ("Cedar Halt", "225 Main Street"): {"name": "Halt Tax Service", "office": "tax_advisor"},
    ("Cedar Halt", "180 Oak Street"): {"name": "Cedar Hardware", "shop": "hardware"},
    ("Brightwater", "240 Main Street"): {
        "name": "Brightwater Bookkeeping",
        "office": "accountant",
        "website": "https://brightwater-books.example",
    },
    ("Brightwater", "345 Main Street"): {"name": "Soto & Lind", "office": "lawyer"},
    ("Brightwater", "320 Elm Street"): {
        "name": "Bright Ideas",
        "office": "advertising_agency",
    },
    ("Tolliver", "280 Main Street"): {"name": "Mesa Diner", "amenity": "restaurant"},
    ("Farrow", "240 Main Street"): {"name": "Farrow Savings Bank", "amenity": "bank"},
    ("Northbank", "440 Main Street"): {"name": "Northbank Machine Works", "craft": "metal_works"},
    ("Lakeshore", "245 Main Street"): {"name": "Lakeshore Inn", "tourism": "hotel"},
    ("Gull Island", "460 Main Street"): {"name": "Gull Island Fisheries", "office": "company"},
}


def county_point(x: float, y: float) -> Point:
    """The point x km east and y km north of Larkfield's centre."""
    lat = _ORIGIN.lat + y / _KM_PER_DEGREE
    lon = _ORIGIN.lon + x / (_KM_PER_DEGREE * cos(radians(_ORIGIN.lat)))
    return Point(round(lon, 7), round(lat, 7))


HOME = county_point(
    0.1, 0.012
)  # 350 Main Street: a house that the map does not hold, between two it does


def write_county(path: Path, *, bridge: bool = True, oneway_reversed: bool = False) -> None:
    """The county as an .osm.pbf, sorted, byte for byte the same each time.

    Without `bridge` Northbank has no road to the rest; with `oneway_reversed` every one-way
    street and Mesa Loop, but not the freeway, is driven the other way.
    """
    drawing = _Drawing(oneway="-1" if oneway_reversed else "yes")
    for town in TOWNS:
        _draw_town(drawing, town)
    _draw_freeway(drawing)
    _draw_old_mine_road(drawing)
    _draw_river(drawing, bridge)
    _draw_lake(drawing)
    _draw_mesa_loop(drawing)
    drawing.save(path)


def build_sample(regions: Path, progress: TellProgress = ignore_progress) -> Region:
    """The region "sample", built from the county with the real tools."""
    with building.scratch_folder(regions) as folder:
        building.check_room(regions, [])  # osmium takes the process down on a full disk
        pbf = folder / "sample-county.osm.pbf"
        write_county(pbf)
        return building.build_region(regions, NAME, [pbf], progress=progress)


class _Drawing:
    """Nodes and ways in kilometres; two ways that pass through one spot meet there."""

    def __init__(self, oneway: str) -> None:
        self.oneway = oneway
        self._nodes: list[tuple[KmPoint, Tags]] = []
        self._ways: list[tuple[list[int], Tags]] = []
        self._at: dict[KmPoint, int] = {}

    def node(self, spot: KmPoint, tags: Tags) -> None:
        """Something standing alone, such as a house."""
        self._nodes.append((spot, tags))

    def way(self, spots: Iterable[KmPoint], tags: Tags) -> None:
        """A line through those spots, in that order."""
        self._ways.append(([self._junction(spot) for spot in spots], tags))

    def road(self, spots: Sequence[KmPoint], kind: str, name: str, speed: int, **tags: str) -> None:
        """A road with a point at least every kilometre."""
        named = {"name": name} if name else {}
        self.way(
            _every_km(spots),
            {"highway": kind, **named, "maxspeed": str(speed), **tags},
        )

    def _junction(self, spot: KmPoint) -> int:
        key = (round(spot[0], 6) + 0.0, round(spot[1], 6) + 0.0)
        if key not in self._at:
            self._nodes.append((key, {}))
            self._at[key] = len(self._nodes)
        return self._at[key]

    def save(self, path: Path) -> None:
        """Write all of it, nodes before ways, by rising number."""
        header = osmium.io.Header()
        header.set("generator", "sweetspot sample county")
        header.set("osmosis_replication_timestamp", _MADE)
        stamp: dict[str, Any] = {
            "version": 1,
            "timestamp": _MADE,
            "changeset": 1,
            "uid": 1,
            "user": "sample",
        }
        with osmium.SimpleWriter(str(path), overwrite=True, header=header) as writer:
            for number, (spot, tags) in enumerate(self._nodes, 1):
                point = county_point(*spot)
                writer.add_node(
                    Node(id=number, location=(point.lon, point.lat), tags=tags, **stamp)
                )
            for number, (nodes, tags) in enumerate(self._ways, 1):
                writer.add_way(Way(id=number, nodes=nodes, tags=tags, **stamp))


def _every_km(spots: Sequence[KmPoint]) -> Iterator[KmPoint]:
    for (x0, y0), (x1, y1) in pairwise(spots):
        steps = max(1, round(dist((x0, y0), (x1, y1))))
        for i in range(steps):
            yield x0 + (x1 - x0) * i / steps, y0 + (y1 - y0) * i / steps
    yield spots[-1]


def _draw_town(drawing: _Drawing, town: CountyTown) -> None:
    drawing.node(
        (town.x, town.y),
        {"place": town.kind, "name": town.name, "addr:state": STATE, "postal_code": town.postcode},
    )
    half = town.size // 2
    offsets = range(-half, half + 1)
    for k in offsets:
        street, avenue = f"{_STREETS[k]} Street", f"{_AVENUES[k + half]} Avenue"
        one_way = {"oneway": drawing.oneway} if street == "Pine Street" else {}
        along_x = [(town.x + j * 0.2, town.y + k * 0.2) for j in offsets]
        along_y = [(town.x + k * 0.2, town.y + j * 0.2) for j in offsets]
        drawing.road(along_x, "residential", street, 40, **one_way)
        drawing.road(along_y, "residential", avenue, 40)
        _draw_houses(drawing, town, street, along_x[0], (1, 0))
        _draw_houses(drawing, town, avenue, along_y[0], (0, 1))


def _draw_houses(
    drawing: _Drawing, town: CountyTown, street: str, start: KmPoint, way: KmPoint
) -> None:
    for block in range(1, town.size):
        for ending in _HOUSE_ENDINGS:
            number = block * 100 + ending
            spot = _beside(start, way, (number - 100) * 0.002, even=number % 2 == 0)
            line = f"{number} {street}"
            extra = BUSINESSES.get((town.name, line), {})
            drawing.node(spot, _house(number, street, town.name, town.postcode) | extra)


def _beside(start: KmPoint, way: KmPoint, km: float, *, even: bool) -> KmPoint:
    aside = 0.012 if even else -0.012
    return start[0] + way[0] * km - way[1] * aside, start[1] + way[1] * km + way[0] * aside


def _house(number: int, street: str, city: str, postcode: str) -> Tags:
    return {
        "addr:housenumber": str(number),
        "addr:street": street,
        "addr:city": city,
        "addr:state": STATE,
        "addr:postcode": postcode,
        "building": "yes",
    }


def _draw_freeway(drawing: _Drawing) -> None:
    east, west = -2.0, -1.95
    exits = [town.x for town in TOWNS if town.exit]
    for x in exits:
        drawing.road([(x, -0.4), (x, -1.85)], "secondary", "Depot Road", 60)
        over = {"bridge": "yes", "layer": "1"}
        drawing.road([(x, -1.85), (x, -2.1)], "secondary", "Depot Road", 60, **over)
        ramps: list[list[KmPoint]] = []
        if x < _FREEWAY_END:
            ramps += [[(x, -2.1), (x + 0.4, east)], [(x + 0.4, west), (x, -1.85)]]
        if x > 0:
            ramps += [[(x - 0.4, east), (x, -2.1)], [(x, -1.85), (x - 0.4, west)]]
        for ramp in ramps:
            drawing.road(ramp, "motorway_link", "", 60, oneway="yes")
    edges = sorted(x + side for x in exits for side in (-0.4, 0.4))[1:-1]
    for y, line in ((east, edges), (west, edges[::-1])):
        drawing.road(
            [(x, y) for x in line], "motorway", "Prairie Freeway", 120, oneway="yes", ref="I 99"
        )


def _draw_old_mine_road(drawing: _Drawing) -> None:
    drawing.road([(-0.4, 0), (-24.4, 0), (-55.0, 0)], "tertiary", "Old Mine Road", 60)
    for name, x in _HAMLETS:
        place = {"place": "hamlet", "name": name, "addr:state": STATE, "postal_code": "00106"}
        drawing.node((x, 0.05), place)
        for i, number in enumerate(range(12, 52, 10)):
            spot = (x - 0.1 + i * 0.05, 0.012)
            drawing.node(spot, _house(number, "Old Mine Road", name, "00106"))


def _draw_river(drawing: _Drawing, bridge: bool) -> None:
    drawing.way(
        _every_km([(-25.0, 3.1), (0.5, 3.0), (30.5, 3.2)]),
        {"waterway": "river", "name": "Teal River"},
    )
    drawing.road([(0, 0.4), (0, 2.5)], "tertiary", "Landing Road", 60)
    drawing.road([(0, 2.5), (18, 2.5)], "tertiary", "River Road", 60)
    if bridge:
        over = {"bridge": "yes", "layer": "1"}
        drawing.road([(18, 2.5), (18, 3.5)], "tertiary", "Teal Bridge", 60, **over)
    drawing.road([(18, 3.5), (0, 3.5)], "tertiary", "North Shore Road", 60)
    drawing.road([(0, 3.5), (0, 4.2)], "tertiary", "Ridge Road", 60)


def _draw_lake(drawing: _Drawing) -> None:
    shore = [(14.5, -19.0), (27.0, -19.0), (27.0, -11.0), (14.5, -11.0), (14.5, -19.0)]
    drawing.way(_every_km(shore), {"natural": "water", "water": "lake", "name": "Heron Lake"})
    drawing.road([(0, -2.1), (0, -14), (13.6, -14)], "tertiary", "Lake Road", 60)
    path = [(17.3, -14.2), (17.3, -13.8)]
    drawing.way(path, {"highway": "footway", "name": "Boathouse Path"})
    island = {"place": "island", "name": "Heron Island", "addr:state": STATE}
    drawing.node((17.3, -14), island | {"postal_code": "00108"})
    drawing.node((17.31, -13.9), _house(2, "Boathouse Path", "Heron Island", "00108"))


def _draw_mesa_loop(drawing: _Drawing) -> None:
    drawing.road([(86, -2.1), (86, -3.1)], "tertiary", "Tolliver Road", 60)
    corners = [(86, -3.1), (87, -3.1), (87, -7.1), (86, -7.1), (86, -3.1)]
    drawing.road(corners, "tertiary", "Mesa Loop", 60, oneway=drawing.oneway)
    for number, spot in ((10, (86.5, -3.088)), (190, (85.988, -3.6))):
        drawing.node(spot, _house(number, "Mesa Loop", "Tolliver", "00104"))
