"""Addresses as people write them, a row for each kind; printed by bench.geocode.

Right is within 150 m (or what a set says) and at least at street level; wrong is outside the stated
radius and farther off. The kinds are O'ahu's own addresses, each written in one more way.
"""

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from app.geo.addresses.address import Address, Addresses
from app.geo.geocoding.gazetteer import gazetteer
from app.geo.geocoding.geocoder import Accuracy
from app.geo.points import Point, Points, great_circle_metres
from bench.data import SHARED, Truth
from bench.sizes import choose_size
from bench.tables import print_table

_CASES = SHARED / "cases"
_OSM = SHARED / "osm"
_NEAR_M = 150.0
_OF_EACH = choose_size(300, 20)
_HEAD = ("addresses", "rows", "right", "wrong")


class _Case(NamedTuple):
    """A set of forms: the map, its address files, the questions."""

    pbf: Path
    houses: Sequence[Path]
    asked: Path


_SETS: Mapping[str, _Case] = {
    "US forms": _Case(
        _OSM / "vermont-nw-roads.osm.pbf",
        [_CASES / "us-houses.csv"],
        _CASES / "us-address-forms.csv",
    ),
    "forms of towns": _Case(
        _CASES / "geo/towns.osm.pbf",
        [_CASES / "geo/houses.csv"],
        _CASES / "geo/address-forms.csv",
    ),
    "highways, grids, hyphens": _Case(
        _CASES / "geo/maps/forms.osm.pbf", [], _CASES / "geo/forms-239.csv"
    ),
    "the map's own forms": _Case(
        _CASES / "geo/maps/osmforms.osm.pbf", [], _CASES / "geo/maps/osmforms_q.csv"
    ),
    "same name across a border": _Case(
        _CASES / "geo/maps/border.osm.pbf", [], _CASES / "geo/maps/border_q.csv"
    ),
}


def _behind(text: str) -> Callable[[Address], Address]:
    return lambda a: Address(f"{a.line}{text}", a.city, a.state, a.postcode)


def _label(a: Address) -> Address:
    """As Nominatim prints it."""
    number, _, street = a.line.partition(" ")
    county = f"{a.city}, Honolulu County, Hawaii, {a.postcode}, United States"
    return Address(f"{number}, {street}, {county}")


_KINDS: Mapping[str, Callable[[Address], Address]] = {
    "as written": lambda a: a,
    "in one line": lambda a: Address(f"{a.line}, {a.city}, {a.state} {a.postcode}"),
    "a whole label": _label,
    "town, state, ZIP behind it": lambda a: _behind(f" {a.city} {a.state} {a.postcode}")(a),
    "the same with commas": lambda a: _behind(f", {a.city}, {a.state}, {a.postcode}, USA")(a),
    "a bare unit": _behind(" 5"),
    "a unit's letter": _behind(" A9"),
    "Ste5": _behind(" Ste5"),
    "(rear)": _behind(" (rear)"),
    "2nd Floor": _behind(", 2nd Floor"),
    "Bldg C": _behind(" Bldg C"),
    "PMB 114": _behind(" PMB 114"),
    "Lower Level": _behind(" Lower Level"),
    "No. in front": lambda a: Address(f"No. {a.line}", a.city, a.state, a.postcode),
    "# in front": lambda a: Address(f"#{a.line}", a.city, a.state, a.postcode),
    "Hawaii": lambda a: Address(a.line, a.city, "Hawaii", a.postcode),
    "Hawai'i, no ZIP": lambda a: Address(a.line, a.city, "Hawaiʻi"),
}


def show_forms(work: Path, oahu: Path, truths: Sequence[Truth]) -> None:
    """Both tables: the sets of cases, and the kinds of O'ahu's addresses."""
    print_table(_HEAD, [_case_row(work, name, case) for name, case in _SETS.items()])
    places = gazetteer.Gazetteer(oahu, "honolulu")
    plain = places.locate(Addresses.of([truth.address for truth in truths]))
    exact = np.flatnonzero(plain.accuracy >= Accuracy.INTERPOLATED)[:_OF_EACH]
    at = plain.at[exact]
    asked = [truths[i].address for i in exact.tolist()]
    rows = []
    for name, write in _KINDS.items():
        found = [write(address) for address in asked]
        rows.append([name, *_count(places, found, at, np.full(len(at), _NEAR_M))])
    print(
        f"{len(asked)} of O'ahu's addresses that are found as they are written, in other ways: "
        "right is where they were found so.\n"
    )
    print_table(_HEAD, rows)


def _case_row(work: Path, name: str, case: _Case) -> list[object]:
    path = work / f"{case.asked.stem}.gazetteer"
    gazetteer.build_gazetteer(path, [case.pbf], case.houses)
    with case.asked.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    lat, lon = ("TLat", "TLon") if "TLat" in rows[0] else ("Lat", "Lon")
    asked = [Address(row["Address"], row["City"], row["State"], row["Zip"]) for row in rows]
    at = Points.of([Point(float(row[lon]), float(row[lat])) for row in rows])
    near = np.array([float(row.get("Tol") or _NEAR_M) for row in rows])
    return [name, *_count(gazetteer.Gazetteer(path, name), asked, at, near)]


def _count(
    places: gazetteer.Gazetteer, asked: Sequence[Address], at: Points, near: np.ndarray
) -> list[object]:
    """How many are asked, right and wrong."""
    found = places.locate(Addresses.of(asked))
    off = np.asarray(great_circle_metres(found.at.lon, found.at.lat, at.lon, at.lat))
    right = (found.accuracy >= Accuracy.STREET) & (off <= near)
    wrong = (found.accuracy > 0) & (off > found.radius_m + 1) & (off > near)
    return [len(asked), int(right.sum()), int((wrong & ~right).sum())]
