"""How fast and how right the gazetteer is, as markdown tables.

    python -m bench.geocode [--split odd|even|all] [--work FOLDER]

Radii are tuned on the rows whose address has an even sha256; `odd` (the default) reports the
others. Truth: the coordinates in the lists themselves (see shared/data/README.md).
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from app.geo.addresses.address import Address, Addresses
from app.geo.geocoding.gazetteer import gazetteer
from app.geo.geocoding.geocoder import Accuracy, Fixes
from app.geo.points import METRES_PER_MILE, Point, Points, miles_between
from bench.data import (
    ADDRESSES,
    SHARED,
    Truth,
    find_vermont,
    is_odd,
    read_hawaii,
    read_isle_of_man,
    read_us,
    read_vermont,
)
from bench.forms import show_forms
from bench.left_out import ALLOWED_M, place, show_left_out
from bench.sizes import choose_size
from bench.tables import print_table
from bench.timing import peak_mb, time_work

OSM = {name: SHARED / "osm" / f"{name}.osm.pbf" for name in ("isle-of-man", "honolulu")}
TIGER = ADDRESSES / "tiger-2021-meagher-mt-addrfeat.zip"
REGIONS = (*OSM, "vermont", "meagher")
TIMES = choose_size(60, 1)  # a list's own rows are too few to time
BUILT = ("region", "s", "MB at most", "houses", "streets", "postcodes", "places", "MB file")
KINDS = (
    "set",
    "accuracy",
    "rows",
    "median m",
    "95th pct m",
    "median radius",
    "ratio",
    "in radius",
)


def isle_of_man() -> list[Truth]:
    """Every row with a house number, a street and a town."""
    return read_isle_of_man(lambda r: all((r["housenumber"], r["street"], r["city"])))


def oahu() -> list[Truth]:
    return read_hawaii(lambda r: r["County"] == "HONOLULU")


def us_vermont() -> list[Truth]:
    """The Vermont rows of the nationwide list, against E911's points."""
    return read_us(lambda r: r["state"] == "VT")


def vermont(path: Path) -> list[Truth]:
    """Vermont's own address points, looked up in the index made of them."""
    return read_vermont(path, lambda r: all((r["NUMBER"], r["CITY"])))


def one_line(addresses: list[Address]) -> list[Address]:
    """The same addresses, each in one line."""
    each = [(a.line, a.city, f"{a.state} {a.postcode}".strip()) for a in addresses]
    return [Address(", ".join(filter(None, words))) for words in each]


def half(truths: list[Truth], split: str) -> list[Truth]:
    """The rows whose address has an even or odd sha256."""
    if split == "all":
        return truths
    odd = split == "odd"
    return [t for t in truths if is_odd("|".join(parts(t.address))) == odd]


def parts(a: Address) -> tuple[str, ...]:
    return a.line, a.city, a.state, a.postcode


def metres_off(fixes: Fixes, truth: Sequence[Point]) -> np.ndarray:
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


def share(mask: np.ndarray) -> str:
    return f"{100 * mask.mean():.1f} %"


def accuracy_rows(
    name: str, fixes: Fixes, off: np.ndarray
) -> tuple[list[object], list[list[object]]]:
    n, found = len(off), np.isfinite(off)
    allowed = ALLOWED_M if "ahu" in name else 0.0  # that list's truth is itself a geocode
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


def renumbered(truths: list[Truth], times: int) -> Addresses:
    """The list `times` over, every copy with other house numbers."""
    out = []
    for i in range(times):
        for a, _ in truths:
            number, _, street = a.line.partition(" ")
            digits = "".join(c for c in number if c.isdigit())
            other = f"{int(digits) + 2 * i} {street}" if digits else a.line
            out.append(Address(other, a.city, a.state, a.postcode))
    return Addresses.of(out)


def build(work: Path) -> list[list[object]]:
    """Each region built in a process of its own, so that its memory is its own."""
    rows: list[list[object]] = []
    for name in REGIONS:
        told = subprocess.run(
            [sys.executable, "-m", "bench.geocode", "--work", str(work), "--build", name],
            check=True,
            capture_output=True,
            text=True,
        )
        rows.append([name, *told.stdout.split(), f"{(work / name).stat().st_size / 1e6:.1f}"])
    return rows


def build_one(work: Path, name: str) -> None:
    """Builds one region and prints seconds, memory and counts."""
    if name in OSM:
        made_from: tuple[list[Path], list[Path]] = ([OSM[name]], [])
    else:
        made_from = ([], [find_vermont(work) if name == "vermont" else TIGER])
    make = partial(gazetteer.build_gazetteer, work / name, *made_from)
    counts, seconds = time_work(make)
    print(round(seconds, 1), int(peak_mb()), *counts.values())


def speed(name: str, path: Path, addresses: Addresses) -> list[object]:
    found, opening = time_work(partial(gazetteer.Gazetteer, path, name))
    _, took = time_work(partial(found.locate, addresses))
    again = gazetteer.Gazetteer(path, name)
    first = time.process_time()
    again.locate(addresses)
    cpu = time.process_time() - first
    return [
        name,
        f"{len(addresses):,}",
        f"{1000 * opening:.1f}",
        f"{len(addresses) / took:,.0f}",
        f"{len(addresses) / cpu:,.0f}",
    ]


def show_accuracy(work: Path, split: str) -> None:
    sets = {
        "Isle of Man": ("isle-of-man", isle_of_man()),
        "Isle of Man, one line": ("isle-of-man", isle_of_man()),
        "O'ahu": ("honolulu", oahu()),
        "O'ahu, one line": ("honolulu", oahu()),
        "Vermont rows of us.csv": ("vermont", us_vermont()),
    }
    totals, kinds = [], []
    for name, (region, every) in sets.items():
        truths = half(every, split)
        listed = [t.address for t in truths]
        addresses = Addresses.of(one_line(listed) if "one line" in name else listed)
        fixes = gazetteer.Gazetteer(work / region, region).locate(addresses)
        total, of_kind = accuracy_rows(name, fixes, metres_off(fixes, [t.at for t in truths]))
        totals.append(total)
        kinds.extend(of_kind)
    print(
        f"Rows with {split} sha256. O'ahu's truth is itself a geocode: its last column "
        "allows 200 m more.\n"
    )
    print_table(
        ("set", "rows", "no fix", "<= 500 m", "<= 2 km", "> 5 km", "truth in radius"), totals
    )
    print_table(KINDS, kinds)


def show_regions_left_out(work: Path) -> None:
    """All rows of the lists, and maps of which houses are hidden."""
    known = {
        "Isle of Man": place(work / "isle-of-man", isle_of_man()),
        "O'ahu": place(work / "honolulu", oahu(), ALLOWED_M),
        "Vermont rows of us.csv": place(work / "vermont", us_vermont()),
    }
    show_left_out(work, known)


def show_other_islands(work: Path) -> None:
    """None of them should be found in O'ahu."""
    away = [t.address for t in read_hawaii() if not -158.4 < t.at.lon < -157.5]
    fixes = gazetteer.Gazetteer(work / "honolulu", "honolulu").locate(Addresses.of(away))
    found = int((fixes.accuracy > 0).sum())
    print(f"{len(away)} addresses on Hawaii's other islands: {found} fixes\n")


def show_speed(work: Path) -> None:
    manx, retailers, e911 = isle_of_man(), read_hawaii(), vermont(find_vermont(work))
    rates = [
        speed("isle-of-man", work / "isle-of-man", renumbered(manx, TIMES)),
        speed("honolulu", work / "honolulu", renumbered(retailers, TIMES)),
        speed("vermont", work / "vermont", Addresses.of([t.address for t in e911])),
    ]
    print_table(("list", "addresses", "ms to open", "addresses/s", "per CPU second"), rates)
    print(f"peak memory of this process {int(peak_mb())} MB")


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
    with tempfile.TemporaryDirectory() as temporary:
        work = asked.work or Path(temporary)
        if not all((work / name).exists() for name in REGIONS):
            work.mkdir(exist_ok=True)
            print_table(BUILT, build(work))
        if not asked.speed:
            show_accuracy(work, asked.split)
            show_regions_left_out(work)
            show_forms(work, work / "honolulu", oahu())
            show_other_islands(work)
        if not asked.no_speed:
            show_speed(work)


if __name__ == "__main__":
    main()
