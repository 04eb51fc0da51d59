"""What is measured on: the shared data. Tiny, the sample county stands in for maps and lists."""

import csv
import gzip
import io
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from app.geo.addresses.address import Address
from app.geo.points import Point
from app.geo.regions.sample import county
from bench.sizes import TINY, choose_size

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
ADDRESSES, LISTS = SHARED / "addresses", SHARED / "lists"
HONOLULU = choose_size(Point(-157.8583, 21.3069), county.HOME)
NEW_YORK = choose_size(Point(-73.9857, 40.7484), county.HOME)
THINNED = 20  # tiny, so many of Vermont's addresses are passed over for each that is read

type Row = Mapping[str, str]
type Keep = Callable[[Row], bool]


class Truth(NamedTuple):
    """An address and where it is."""

    address: Address
    at: Point


def coordinates(point: Point) -> str:
    """As people type them: latitude first."""
    return f"{point.lat},{point.lon}"


def find_extract(name: str, folder: Path) -> Path:
    """The .osm.pbf of that name. The county is drawn into `folder`, which is made."""
    if not TINY:
        return SHARED / "osm" / f"{name}.osm.pbf"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.osm.pbf"
    county.write_county(path)
    return path


def find_retailers(folder: Path) -> Path:
    """Hawaii's retailers. The county's businesses get the same columns, in `folder`."""
    if not TINY:
        return LISTS / "hawaii-retailers.csv"
    path = folder / "retailers.csv"
    rows = [_county_retailer(town, line) for town, line in county.BUSINESSES]
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, rows[0])
        out.writeheader()
        out.writerows(rows)
    return path


def _county_retailer(name: str, line: str) -> dict[str, object]:
    town = next(town for town in county.TOWNS if town.name == name)
    at = county.county_point(town.x, town.y)
    number, _, street = line.partition(" ")
    address = {"Street Number": number, "Street Name": street, "City": name, "State": county.STATE}
    where = {"Zip Code": town.postcode, "Latitude": at.lat, "Longitude": at.lon}
    return {"Store Name": county.BUSINESSES[name, line]["name"], **address, **where}


def find_vermont(folder: Path) -> Path:
    """Vermont's own address points (E911); tiny, some of them, in `folder`."""
    whole = ADDRESSES / "vermont-e911.csv.gz"
    if not TINY:
        return whole
    lines = gzip.decompress(whole.read_bytes()).splitlines(keepends=True)
    path = folder / whole.name
    path.write_bytes(gzip.compress(lines[0] + b"".join(lines[1::THINNED])))
    return path


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a CSV file, gzipped or not."""
    body = path.read_bytes()
    text = gzip.decompress(body) if path.suffix == ".gz" else body
    return csv.DictReader(io.StringIO(text.decode("utf-8-sig"), newline=""))


def _all(_: Row) -> bool:
    return True


def read_isle_of_man(keep: Keep = _all) -> list[Truth]:
    """The Isle of Man's houses, as OpenStreetMap has them."""
    return [
        Truth(
            Address(f"{r['housenumber']} {r['street']}", r["city"], "", r["postcode"]),
            Point(float(r["lon"]), float(r["lat"])),
        )
        for r in filter(keep, read_rows(ADDRESSES / "isle-of-man.csv"))
    ]


def read_hawaii(keep: Keep = _all) -> list[Truth]:
    """Hawaii's retailers. Where they are is itself a geocode."""
    return [
        Truth(
            Address(
                f"{r['Street Number']} {r['Street Name']}", r["City"], r["State"], r["Zip Code"]
            ),
            Point(float(r["Longitude"]), float(r["Latitude"])),
        )
        for r in filter(keep, read_rows(LISTS / "hawaii-retailers.csv"))
    ]


def read_us(keep: Keep = _all) -> list[Truth]:
    """Addresses from all over the country."""
    return [
        Truth(
            Address(r["address1"], r["city"], r["state"], r["zip"]),
            Point(float(r["lon"]), float(r["lat"])),
        )
        for r in filter(keep, read_rows(ADDRESSES / "us.csv"))
    ]


def read_vermont(path: Path, keep: Keep = _all) -> list[Truth]:
    """Vermont's own address points, from `find_vermont`."""
    return [
        Truth(
            Address(f"{r['NUMBER']} {r['STREET']}", r["CITY"], r["REGION"], r["POSTCODE"]),
            Point(float(r["LON"]), float(r["LAT"])),
        )
        for r in filter(keep, read_rows(path))
    ]


def is_odd(text: str) -> bool:
    """Whether its sha256 is odd: tables are tuned on the even half, figures are of the odd one."""
    return sha256(text.encode()).digest()[-1] % 2 == 1
