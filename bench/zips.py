"""How far off the US ZIP codes are, whether their radii say so, and how fast they are found.

    python -m bench.zips

Reads the real addresses with coordinates in the shared data. Radii are tuned on addresses whose
sha256 is even; the figures are of the odd ones.
"""

import csv
import gzip
import hashlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from pyproj import Geod

from app.geo.addresses.address import Address, Addresses
from app.geo.geocoding.geocoder import Accuracy, Fixes
from app.geo.geocoding.zips.zip_codes import ZipGeocoder

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"


class Truth(NamedTuple):
    address: Address
    lon: float
    lat: float


def us() -> Iterator[Truth]:
    with (DATA / "addresses" / "us.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            where = Address(row["address1"], row["city"], row["state"], row["zip"])
            yield Truth(where, float(row["lon"]), float(row["lat"]))


def hawaii() -> Iterator[Truth]:
    with (DATA / "lists" / "hawaii-retailers.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            line = f"{row['Street Number']} {row['Street Name']}"
            where = Address(line, row["City"], row["State"], row["Zip Code"])
            yield Truth(where, float(row["Longitude"]), float(row["Latitude"]))


def vermont() -> Iterator[Truth]:
    with gzip.open(DATA / "addresses" / "vermont-e911.csv.gz", "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["POSTCODE"]:
                line = f"{row['NUMBER']} {row['STREET']}"
                where = Address(line, row["CITY"], row["REGION"], row["POSTCODE"])
                yield Truth(where, float(row["LON"]), float(row["LAT"]))


def by_zip(a: Address) -> Address:
    return a


def by_city(a: Address) -> Address:
    return Address(a.line, a.city, a.state)


def in_one_line(a: Address) -> Address:
    return Address(f"{a.line}, {a.city}, {a.state} {a.postcode}")


def in_one_line_by_city(a: Address) -> Address:
    return Address(f"{a.line}, {a.city} {a.state}")


def is_odd(a: Address) -> bool:
    text = ", ".join((a.line, a.city, a.state, a.postcode))
    return hashlib.sha256(text.encode()).digest()[-1] % 2 == 1


def located(geocoder: ZipGeocoder, addresses: list[Address]) -> tuple[Fixes, float]:
    columns = Addresses.of(addresses)
    start = time.perf_counter()
    fixes = geocoder.locate(columns)
    return fixes, len(columns) / (time.perf_counter() - start)


def report(name: str, truths: list[Truth], asked: Callable[[Address], Address]) -> None:
    geocoder = ZipGeocoder()
    geocoder.locate(Addresses.of([Address("", "", "", "02116")]))
    fixes, speed = located(geocoder, [asked(t.address) for t in truths])
    has = fixes.accuracy != Accuracy.NONE
    odd = np.array([is_odd(t.address) for t in truths])
    lon, lat = np.array([t.lon for t in truths]), np.array([t.lat for t in truths])
    _, _, off = Geod(ellps="WGS84").inv(fixes.at.lon[has], fixes.at.lat[has], lon[has], lat[has])
    off, radius = np.asarray(off), fixes.radius_m[has]
    mine = odd[has]
    off, radius = off[mine], radius[mine]
    p50, p90, p95, p99 = np.percentile(off, (50, 90, 95, 99)) / 1000
    print(
        f"{name:8} {asked.__name__:20} {len(truths):7}  {has.mean():6.1%}"
        f"  {p50:5.1f} {p90:5.1f} {p95:5.1f} {p99:5.1f}"
        f"  {(off <= radius).mean():6.1%}  {np.median(radius) / 1000:5.1f}"
        f"  {np.median(radius) / 1000 / p95:4.2f}  {speed:10,.0f}"
    )


def main() -> None:
    start = time.perf_counter()
    ZipGeocoder().locate(Addresses.of([Address("", "", "", "02116")]))
    print(f"first answer after {time.perf_counter() - start:.2f} s\n")
    print(
        "set      asked                   rows   found   km off: p50 p90 p95 p99  within"
        "  median radius  over p95   rows/s"
    )
    for name, read in (("us", us), ("hawaii", hawaii), ("vermont", vermont)):
        truths = list(read())
        for asked in (by_zip, by_city, in_one_line, in_one_line_by_city):
            report(name, truths, asked)


if __name__ == "__main__":
    main()
