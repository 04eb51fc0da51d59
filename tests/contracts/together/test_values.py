"""What a cache hands out can't be changed by who gets it."""

from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shapely.geometry.base import BaseGeometry

from app.geo.driving.embedded.roads import Roads
from app.geo.driving.embedded.serving import Server
from app.geo.driving.embedded.tiles import LeftOut
from app.geo.driving.embedded.valhalla import Valhalla
from app.geo.driving.engine import Driving
from app.geo.geocoding.gazetteer.file import GazetteerFile
from app.geo.geocoding.zips.zip_codes import ZipGeocoder
from app.geo.points import Points, miles_between
from app.geo.regions.region import Region
from app.geo.regions.regions import Regions
from app.geo.regions.sample.county import HOME, county_point

TO = [county_point(0.1, 0.2), county_point(40, 0.2), county_point(70, 0.2), county_point(17.3, -14)]
PLAIN = (str, bytes, int, float, type(None), Enum, Path, BaseGeometry)


def changeable(value: Any, where: str = "it") -> list[str]:
    """The parts of a value that take a write."""
    if isinstance(value, np.ndarray):
        return [] if _refuses(lambda: value.__setitem__(..., value), ValueError) else [where]
    if isinstance(value, PLAIN):
        return []
    if isinstance(value, tuple):
        inner = (changeable(one, f"{where}[{i}]") for i, one in enumerate(value))
        return [part for parts in inner for part in parts]
    if isinstance(value, Mapping):
        if not _refuses(lambda: value.__setitem__("new", 1), TypeError, AttributeError):  # type: ignore[attr-defined]
            return [f"{where} {type(value).__name__}"]
        inner = (changeable(one, f"{where}[{key!r}]") for key, one in value.items())
        return [part for parts in inner for part in parts]
    if isinstance(value, Set):
        return [] if isinstance(value, frozenset) else [f"{where} {type(value).__name__}"]
    if is_dataclass(value):
        name = fields(value)[0].name
        if not _refuses(lambda: setattr(value, name, getattr(value, name)), AttributeError):
            return [where]
        inner = (changeable(getattr(value, f.name), f"{where}.{f.name}") for f in fields(value))
        return [part for parts in inner for part in parts]
    return [f"{where} {type(value).__name__}"]


def _refuses(write: Any, *errors: type[Exception]) -> bool:
    try:
        write()
    except errors:
        return True
    return False


def test_what_changes_is_found() -> None:
    """The rule of these tests: a list, a dict, a set and an array that is not locked are open."""
    locked = np.zeros(1)
    locked.flags.writeable = False
    assert changeable((locked, "text", frozenset("x"), Driving())) == []
    assert changeable(([], {}, set(), np.zeros(1))) == [
        "it[0] list", "it[1] dict", "it[2] set", "it[3]",
    ]  # fmt: skip


@pytest.fixture(scope="module")
def engine(county: Region, tmp_path_factory: pytest.TempPathFactory):
    with Server(county.tiles, tmp_path_factory.mktemp("engine")) as server:
        made = Valhalla(server.send, Roads.load(county.roads), name="valhalla")
        yield made


def test_a_gazetteer_s_streets_places_and_postcodes(county: Region) -> None:
    file = GazetteerFile(county.gazetteer)
    for name in ("streets", "places", "postcode"):
        asked = (
            ("base", "main") if name == "streets" else ({"places": "larkfield"}.get(name, "00101"),)
        )
        found = getattr(file, name)(*asked)
        assert found
        assert changeable(found, name) == []
    file.close()


def test_a_gazetteer_s_towns_and_facts(county: Region) -> None:
    """The search holds on to both."""
    file = GazetteerFile(county.gazetteer)
    open_parts = changeable(file.town_keys, "town_keys") + changeable(file.facts, "facts")
    file.close()
    assert open_parts == []


def test_a_street_s_row(county: Region) -> None:
    file = GazetteerFile(county.gazetteer)
    assert changeable(file.row(file.streets("base", "main")[0].id), "row") == []
    file.close()


def test_the_roads(county: Region) -> None:
    """Read from the disk; pages of the file are shared by all processes."""
    assert changeable(Roads.load(county.roads), "roads") == []


def test_snaps(engine: Valhalla) -> None:
    """The drives to the points hold the distances of their snaps."""
    to = Points.of(TO)
    snapped = engine._snapped(to, LeftOut.of(Driving()))
    assert changeable(snapped, "snaps") == []
    drives = engine.drives(HOME, to, np.zeros(len(to)), [50], Driving())
    snaps, _ = engine._snapped(to, LeftOut.of(Driving()))
    own = drives.off_road_m is not snaps.distance_m
    assert own or changeable(drives.off_road_m, "off_road_m") == []


def test_a_reach(engine: Valhalla) -> None:
    assert changeable(engine._reach(HOME, 60, Driving()), "reach") == []


def test_points() -> None:
    """Which of them are known, and how far they are, is computed once."""
    to = Points.of(TO)
    assert changeable(to.known, "known") == []
    assert changeable(to.digest, "digest") == []
    assert changeable(miles_between(HOME, to), "miles") == []
    with pytest.raises(AttributeError):
        to.known = np.zeros(len(TO), bool)  # type: ignore[misc]


def test_a_region(county: Region) -> None:
    region = Regions(county.folder.parent).get(county.name)
    assert changeable(region.manifest, "manifest") == []
    assert changeable(region.counts, "counts") == []
    with pytest.raises(AttributeError):
        region.hull.name = "mine"
    with pytest.raises(AttributeError):
        region.name = "mine"  # type: ignore[misc]


def test_zip_codes() -> None:
    """The columns of the table, and what it found out since."""
    table = ZipGeocoder()._table
    town = table.town("springfield", "MA")
    assert town is not None
    assert changeable(town, "town") == []
    columns = ("codes", "at", "city", "state", "kind", "active", "lon", "lat")
    open_parts = [part for name in columns for part in changeable(getattr(table, name), name)[:1]]
    assert open_parts == []
