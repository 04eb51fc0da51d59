"""Rows of one business in lists of businesses and licences: how many are found, and how fast.

python -m bench.duplicates

The real lists are grouped as they are. Beside them a made-up list of which one row in seven is
another row again, its street in other words, where what is right is known. What splink 5 and dedupe
make of the real ones, and pairs that were judged by hand, are told below the tables: both are no
part of this project.
"""

import subprocess
import sys
from collections import Counter
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

from app.geo.points import Ints, Points
from app.lists.duplicates import Groups, group_duplicates
from app.lists.exclusions import Exclusions
from app.lists.identity import Identities
from app.lists.licences import read_licences
from app.lists.read import open_list
from app.lists.recipients import RECIPIENT
from bench.data import LISTS
from bench.sizes import choose_size
from bench.tables import print_table
from bench.timing import peak_mb, time_work

FILES = (
    "langley-licences-multiline.csv",
    "south-bend-licences.csv",
    "hawaii-retailers.csv",
    "ppp-central-georgia.csv",
)
SIZES = choose_size((100_000, 1_000_000), (2_000, 20_000))
AGAIN = 0.15  # the share of rows that are another one again
STREETS = ("Main", "Oak", "Martin Luther King", "Western", "Portage", "Kalanianaole", "Ironwood")
TYPES = ("St", "Street", "St.", "STREET")  # how rows of one business write it
TRADES = ("Dental", "Law Offices", "Mini Mart", "Plumbing & Heating", "Insurance", "Trucking")
JUDGED = """
Judged by hand, one by one, 2026-11-28: 200 pairs (a row behind and the one in front, texts that
repeat counted once) of 1,436 in those four files, drawn with seed 200: 199 are one business, 1 is
not (a cab firm and a driver licensed at its address); 3 of the 199 are parts of one firm at one
address (a church and its camp, a shop and its cash machine, a firm and its applicator). That is
0.995, or 0.98 with those three as wrong. The 31 pairs that are of a business which moved (rule 4 of
`app/lists/duplicates.py`, after that draw) were all read, and all are one business. Examples of all
four files were looked at while the rules were made. Files that were not: businesses of three
OpenStreetMap extracts (Honolulu, Isle of Man, US Virgin Islands), where 55 rows of 3,629 stand
behind another; all were read, 53 are one business, 2 are not (cottages I and II of one owner, a bar
and its shop).

splink 5.0.0 on duckdb 2.0.1 (Jaro-Winkler of names and lines, equal town, ZIP code and phone;
blocked by name, phone, house number in a town; trained by expectation maximisation; 0.9 and above)
took 0.4 to 1.5 s a file and found 6,598 pairs where ours are 5,108, of which 5,019 are in both. Of
what only splink found, 110 pairs of 1,031 different texts were drawn with seed 100, before rule 4:
22 are one business (moved, a name abbreviated, a street misspelt), 88 are not: practitioners and
companies at one desk, branches of a chain. dedupe 3.0.3 has to be taught with labelled pairs and
refuses to run without them.

The same web domain alone says little: on those maps 419 pairs of places have one, of which 5 have
like names at one place and are grouped. Of 51 drawn from the 419 all others but one (a museum that
was mapped twice) are several: a government's schools, a resort's shops, a chain's branches. So a
domain or a phone groups rows whose names are like and whose place is one, or not said.
"""


def read_identities(path: Path) -> Identities:
    rows = open_list(path)
    whole = rows.whole()
    return Identities.of(rows.recipients(whole.cells), whole.given, read_licences(whole.cells))


def made_up(n: int) -> tuple[Identities, Ints]:
    """So many rows, and which business each is of: the first ones are all different."""
    rng = np.random.default_rng(n)
    firms = int(n * (1 - AGAIN))
    of = np.concatenate([np.arange(firms), rng.integers(0, firms, n - firms)])
    town, number = rng.integers(0, 2_000, firms)[of], rng.integers(1, 9_999, firms)[of]
    trade, street = (_pick(words, rng, firms).gather(of) for words in (TRADES, STREETS))
    known = pl.DataFrame({"of": of, "town": town, "number": number, "trade": trade})
    known = known.with_columns(street=street, type=_pick(TYPES, rng, n))
    rows = known.select(
        name=pl.format("{} {}", _letters("of"), "trade"),
        line_1=pl.format("{} {} {}", "number", "street", "type"),
        city=pl.format("Town {}", pl.col("town")),
        zip=(70_000 + pl.col("town")).cast(pl.String),
        phone=pl.format("555{}", 1_000_000 + pl.col("of")),
    )
    blank = [pl.lit("").alias(name) for name in RECIPIENT if name not in rows.columns]
    lat, lon = 30 + town // 50 / 10 + of % 97 / 970, -100 + town % 50 / 10 + of % 89 / 890
    return Identities.of(rows.with_columns(blank).select(*RECIPIENT), Points(lon, lat)), of


def _letters(column: str) -> pl.Expr:
    """A word for each number."""
    return pl.col(column).cast(pl.String).str.replace_many(list("0123456789"), list("abcdefghij"))


def _pick(words: tuple[str, ...], rng: np.random.Generator, n: int) -> pl.Series:
    return pl.Series(words).gather(pl.Series(rng.integers(0, len(words), n), dtype=pl.UInt32))


def show_lists() -> None:
    rows = []
    for name in FILES:
        known = read_identities(LISTS / name)
        groups, seconds = time_work(partial(group_duplicates, [known]))
        by = Counter(why.partition(" (")[0] for why in groups.why if why)
        pairs = sum(size * (size - 1) // 2 for size in Counter(groups.front.tolist()).values())
        kinds = [by[kind] for kind in ("same name at the same place", "same phone")]
        kinds += [by["same web domain"], by["like name at the same place"]]
        rows.append([name, f"{len(known):,}", f"{pairs:,}", *kinds, f"{seconds:.2f}"])
    head = ("list", "rows", "pairs", "same name", "same phone", "same domain", "like name", "s")
    print_table(head, rows)


def wrong_rows(groups: Groups, of: Ints) -> int:
    """Rows behind one of another business, and those that should be behind one and are not."""
    other = np.count_nonzero(of[groups.front] != of)
    missed = len(of) - len(np.unique(of)) - (len(groups.behind) - other)
    return int(other + missed)


def measure_here(n: int) -> None:
    """Print seconds, megabytes more, rows that are wrong; seconds of exclusions."""
    rows, of = made_up(n)
    before = peak_mb()
    groups, seconds = time_work(partial(group_duplicates, [rows]))
    more = peak_mb() - before
    named = Exclusions("file", rows.take(np.arange(0, n, 10)))
    _, excluded = time_work(partial(named.reasons, rows))
    print(seconds, more, wrong_rows(groups, of), excluded)


def show_sizes() -> None:
    table = []
    for n in SIZES:
        args = [sys.executable, "-m", "bench.duplicates", str(n)]
        done = subprocess.run(args, stdout=subprocess.PIPE, text=True, check=True)
        seconds, more, wrong, excluded = map(float, done.stdout.split())
        each = f"{seconds / n * 1e6:.1f}"
        row = [f"{n:,}", f"{seconds:.1f}", each, f"{more:.0f}", int(wrong), f"{excluded:.1f}"]
        table.append(row)
    head = ("rows", "s", "µs a row", "MB more", "rows wrong", "s against a tenth as exclusions")
    print_table(head, table)


def main() -> None:
    show_lists()
    show_sizes()
    print(JUDGED.strip())


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure_here(int(sys.argv[1]))
    else:
        main()
