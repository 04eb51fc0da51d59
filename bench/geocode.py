"""How fast and how right the gazetteer is, as markdown tables.

    python bench/geocode.py [--split odd|even|all] [--work FOLDER]

Radii are tuned on the rows whose address has an even sha256; `odd` (the default) reports the
others. Truth: the coordinates in the lists themselves (see shared/data/README.md).
"""

import argparse
import csv
import gzip
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

import numpy as np

from app.geo.addresses.address import Address, Addresses
from app.geo.geocoding.gazetteer import gazetteer
from app.geo.geocoding.geocoder import Accuracy, Fixes
from app.geo.points import METRES_PER_MILE, Point, Points, miles_between

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
REGIONS = {
    "isle-of-man": ([SHARED / "osm/isle-of-man.osm.pbf"], []),
    "honolulu": ([SHARED / "osm/honolulu.osm.pbf"], []),
    "vermont": ([], [SHARED / "addresses/vermont-e911.csv.gz"]),
    "meagher": ([], [SHARED / "addresses/tiger-2021-meagher-mt-addrfeat.zip"]),
}
type Truth = tuple[list[Address], list[Point]]


def isle_of_man() -> Truth:
    """Every row with a house number, a street and a town."""
    rows = csv.DictReader((SHARED / "addresses/isle-of-man.csv").open(encoding="utf8"))
    kept = [r for r in rows if r["housenumber"] and r["street"] and r["city"]]
    return (
        [Address(f"{r['housenumber']} {r['street']}", r["city"], "", r["postcode"]) for r in kept],
        [Point(float(r["lon"]), float(r["lat"])) for r in kept],
    )


def hawaii(county: str = "HONOLULU") -> Truth:
    """The retailers of one county (all for "")."""
    rows = csv.DictReader((SHARED / "lists/hawaii-retailers.csv").open(encoding="utf8"))
    kept = [r for r in rows if county in ("", r["County"])]
    return (
        [
            Address(
                f"{r['Street Number']} {r['Street Name']}", r["City"], r["State"], r["Zip Code"]
            )
            for r in kept
        ],
        [Point(float(r["Longitude"]), float(r["Latitude"])) for r in kept],
    )


def vermont(every: int = 1) -> Truth:
    """Vermont's own address points, looked up in the index made of them."""
    with gzip.open(SHARED / "addresses/vermont-e911.csv.gz", "rt", encoding="utf8") as file:
        rows = [r for r in csv.DictReader(file) if r["NUMBER"] and r["CITY"]][::every]
    return (
        [Address(f"{r['NUMBER']} {r['STREET']}", r["CITY"], "VT", r["POSTCODE"]) for r in rows],
        [Point(float(r["LON"]), float(r["LAT"])) for r in rows],
    )


def us_vermont() -> Truth:
    """The Vermont rows of the nationwide list, against E911's points."""
    rows = csv.DictReader((SHARED / "addresses/us.csv").open(encoding="utf8"))
    kept = [r for r in rows if r["state"] == "VT"]
    return (
        [Address(r["address1"], r["city"], r["state"], r["zip"]) for r in kept],
        [Point(float(r["lon"]), float(r["lat"])) for r in kept],
    )


def one_line(addresses: list[Address]) -> list[Address]:
    """The same addresses, each in one line."""
    parts = [(a.line, a.city, f"{a.state} {a.postcode}".strip()) for a in addresses]
    return [Address(", ".join(p for p in part if p)) for part in parts]


def half(truth: Truth, split: str) -> Truth:
    """The rows whose address has an even or odd sha256."""
    if split == "all":
        return truth
    want = 0 if split == "even" else 1
    keep = [
        i
        for i, a in enumerate(truth[0])
        if sha256("|".join((a.line, a.city, a.state, a.postcode)).encode()).digest()[-1] % 2 == want
    ]
    return [truth[0][i] for i in keep], [truth[1][i] for i in keep]


def metres_off(fixes: Fixes, truth: list[Point]) -> np.ndarray:
    """Metres from each fix to the truth; NaN without a fix."""
    off = [
        float(miles_between(at, Points.of([p]))[0]) * METRES_PER_MILE if ok else np.nan
        for at, ok, p in zip(
            (
                Point(x, y) if a else Point(0, 0)
                for x, y, a in zip(fixes.at.lon, fixes.at.lat, fixes.accuracy, strict=True)
            ),
            fixes.accuracy > 0,
            truth,
            strict=True,
        )
    ]
    return np.array(off)


def print_table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    head = list(head)
    print("| " + " | ".join(head) + " |")
    print("|" + " --- |" * len(head))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")
    print()


def share(mask: np.ndarray) -> str:
    return f"{100 * mask.mean():.1f} %"


def accuracy_rows(
    name: str, fixes: Fixes, off: np.ndarray
) -> tuple[list[object], list[list[object]]]:
    n, found = len(off), np.isfinite(off)
    allowed = 200.0 if "ahu" in name else 0.0  # that list's truth is itself a geocode
    held = (off <= fixes.radius_m + allowed)[found].mean() if found.any() else np.nan
    total = [
        name,
        n,
        share(~found),
        share(off <= 500),
        share(off <= 2000),
        f"{100 * (off > 5000).mean():.2f} %",
        f"{100 * held:.1f} %",
    ]
    kinds = []
    for kind in Accuracy:
        mask = fixes.accuracy == kind
        if kind and mask.any():
            p50, p95 = np.quantile(off[mask], [0.5, 0.95])
            radius = np.median(fixes.radius_m[mask])
            kinds.append(
                [
                    name,
                    kind.label,
                    int(mask.sum()),
                    f"{p50:.0f}",
                    f"{p95:.0f}",
                    f"{radius:.0f}",
                    f"{radius / p95:.2f}",
                    f"{100 * (off[mask] <= fixes.radius_m[mask]).mean():.1f} %",
                ]
            )
    return total, kinds


def renumbered(addresses: list[Address], times: int) -> Addresses:
    """The list `times` over, every copy with other house numbers."""
    out = []
    for i in range(times):
        for a in addresses:
            number, _, street = a.line.partition(" ")
            digits = "".join(c for c in number if c.isdigit())
            other = f"{int(digits) + 2 * i} {street}" if digits else a.line
            out.append(Address(other, a.city, a.state, a.postcode))
    return Addresses.of(out)


def build(work: Path) -> list[list[object]]:
    """Each region built in a process of its own, so that its memory is its own."""
    rows = []
    for name in REGIONS:
        told = subprocess.run(
            [sys.executable, __file__, "--work", str(work), "--build", name],
            check=True,
            capture_output=True,
            text=True,
        )
        rows.append([name, *told.stdout.split(), f"{(work / name).stat().st_size / 1e6:.1f}"])
    return rows


def peak_mb() -> int:
    """Megabytes that this process has held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def build_one(work: Path, name: str) -> None:
    """Builds one region and prints seconds, memory and counts."""
    start = time.perf_counter()
    counts = gazetteer.build_gazetteer(work / name, *REGIONS[name])
    print(round(time.perf_counter() - start, 1), peak_mb(), *counts.values())


def speed(name: str, path: Path, addresses: Addresses) -> list[object]:
    opened = time.perf_counter()
    found = gazetteer.Gazetteer(path, name)
    start = time.perf_counter()
    found.locate(addresses)
    took = time.perf_counter() - start
    again = gazetteer.Gazetteer(path, name)
    first = time.process_time()
    again.locate(addresses)
    cpu = time.process_time() - first
    return [
        name,
        f"{len(addresses):,}",
        f"{1000 * (start - opened):.1f}",
        f"{len(addresses) / took:,.0f}",
        f"{len(addresses) / cpu:,.0f}",
    ]


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--split", default="odd", choices=("odd", "even", "all"))
    options.add_argument("--work", type=Path, help="keep the built gazetteers here")
    options.add_argument("--speed", action="store_true", help="only the lookup rates")
    options.add_argument("--no-speed", action="store_true")
    options.add_argument("--build", choices=REGIONS, help="only build this one into --work")
    asked = options.parse_args()
    if asked.build:
        build_one(asked.work, asked.build)
        return
    work = asked.work or Path(tempfile.mkdtemp())
    if not asked.work or not all((work / name).exists() for name in REGIONS):
        work.mkdir(exist_ok=True)
        head = ("region", "s", "MB at most", "houses", "streets", "postcodes", "places", "MB file")
        print_table(head, build(work))
    sets = {
        "Isle of Man": ("isle-of-man", isle_of_man()),
        "Isle of Man, one line": ("isle-of-man", isle_of_man()),
        "O'ahu": ("honolulu", hawaii()),
        "O'ahu, one line": ("honolulu", hawaii()),
        "Vermont rows of us.csv": ("vermont", us_vermont()),
    }
    if not asked.speed:
        totals, kinds = [], []
        for name, (region, truth) in sets.items():
            addresses, points = half(truth, asked.split)
            addresses = one_line(addresses) if "one line" in name else addresses
            fixes = gazetteer.Gazetteer(work / region, region).locate(Addresses.of(addresses))
            total, of_kind = accuracy_rows(name, fixes, metres_off(fixes, points))
            totals.append(total)
            kinds.extend(of_kind)
        print(
            f"Rows with {asked.split} sha256. O'ahu's truth is itself a geocode: its last column "
            "allows 200 m more.\n"
        )
        print_table(
            ("set", "rows", "no fix", "<= 500 m", "<= 2 km", "> 5 km", "truth in radius"), totals
        )
        print_table(
            (
                "set",
                "accuracy",
                "rows",
                "median m",
                "95th pct m",
                "median radius",
                "ratio",
                "in radius",
            ),
            kinds,
        )
        other = hawaii("")
        away = [a for a, p in zip(*other, strict=True) if not -158.4 < p.lon < -157.5]
        fixes = gazetteer.Gazetteer(work / "honolulu", "honolulu").locate(Addresses.of(away))
        print(
            f"{len(away)} addresses on Hawaii's other islands: "
            f"{int((fixes.accuracy > 0).sum())} fixes\n"
        )
    if asked.no_speed:
        return
    rates = [
        speed("isle-of-man", work / "isle-of-man", renumbered(isle_of_man()[0], 60)),
        speed("honolulu", work / "honolulu", renumbered(hawaii("")[0], 60)),
        speed("vermont", work / "vermont", Addresses.of(vermont()[0])),
    ]
    print_table(("list", "addresses", "ms to open", "addresses/s", "per CPU second"), rates)
    print(f"peak memory of this process {peak_mb()} MB")


if __name__ == "__main__":
    main()
