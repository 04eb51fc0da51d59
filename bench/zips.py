"""How far off the US ZIP codes are, whether their radii say so, and how fast they are found.

    python -m bench.zips

Reads the real addresses with coordinates in the shared data. Radii are tuned on addresses whose
sha256 is even; the figures are of the odd ones.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from pyproj import Geod

from app.geo.addresses.address import Address, Addresses
from app.geo.geocoding.geocoder import Accuracy, Fixes
from app.geo.geocoding.zips.zip_codes import ZipGeocoder
from app.geo.points import Points
from bench.data import Truth, find_vermont, is_odd, read_hawaii, read_us, read_vermont
from bench.timing import time_work


def by_zip(a: Address) -> Address:
    return a


def by_city(a: Address) -> Address:
    return Address(a.line, a.city, a.state)


def in_one_line(a: Address) -> Address:
    return Address(f"{a.line}, {a.city}, {a.state} {a.postcode}")


def in_one_line_by_city(a: Address) -> Address:
    return Address(f"{a.line}, {a.city} {a.state}")


def in_odd_half(a: Address) -> bool:
    return is_odd(", ".join((a.line, a.city, a.state, a.postcode)))


def located(geocoder: ZipGeocoder, addresses: list[Address]) -> tuple[Fixes, float]:
    columns = Addresses.of(addresses)
    fixes, seconds = time_work(partial(geocoder.locate, columns))
    return fixes, len(columns) / seconds


def report(name: str, truths: list[Truth], asked: Callable[[Address], Address]) -> None:
    geocoder = ZipGeocoder()
    geocoder.locate(Addresses.of([Address("", "", "", "02116")]))
    fixes, speed = located(geocoder, [asked(t.address) for t in truths])
    has = fixes.accuracy != Accuracy.NONE
    odd = np.array([in_odd_half(t.address) for t in truths])
    where = Points.of(t.at for t in truths)
    _, _, off = Geod(ellps="WGS84").inv(
        fixes.at.lon[has], fixes.at.lat[has], where.lon[has], where.lat[has]
    )
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


def first_answer() -> Fixes:
    return ZipGeocoder().locate(Addresses.of([Address("", "", "", "02116")]))


def main() -> None:
    _, seconds = time_work(first_answer)
    print(f"first answer after {seconds:.2f} s\n")
    print(
        "set      asked                   rows   found   km off: p50 p90 p95 p99  within"
        "  median radius  over p95   rows/s"
    )
    with TemporaryDirectory() as folder:
        vermont = find_vermont(Path(folder))
        sets: dict[str, Callable[[], list[Truth]]] = {
            "us": read_us,
            "hawaii": read_hawaii,
            "vermont": lambda: read_vermont(vermont, lambda row: bool(row["POSTCODE"])),
        }
        for name, read in sets.items():
            truths = read()
            for asked in (by_zip, by_city, in_one_line, in_one_line_by_city):
                report(name, truths, asked)


if __name__ == "__main__":
    main()
