"""Lists and books that nobody tuned the readers for: which are read right, before and now.

python -m bench.lists
"""

import json
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from bench.data import HONOLULU, SHARED, coordinates, find_extract
from bench.servers import ROOT, SWEETSPOT, check_out
from bench.sizes import TINY, choose_size
from bench.tables import print_head, print_row

BEFORE = choose_size("71290b3", "HEAD")  # which the lists were tried on
CASES = SHARED / "cases" / "lists"
OAHU = coordinates(HONOLULU)
ALL = ("--json", "-q", "--verdict", "pass,maybe,fail")

type Answer = Mapping[str, Any]
type Row = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Case:
    """A file, how it is asked about, and what is right of the answer."""

    kind: str
    file: str
    is_right: Callable[["Seen"], bool]
    home: str = "Springfield, MA"  # "" for the firm's own books
    more: Sequence[str] = ()


class Seen(NamedTuple):
    """What one program said: its JSON, its notes and complaints."""

    answer: Answer
    said: str

    @property
    def rows(self) -> Sequence[Row]:
        """The prospects or clients."""
        return self.answer.get("prospects") or self.answer.get("clients") or []

    @property
    def notes(self) -> str:
        """All notes in one text."""
        return " ".join([*self.answer.get("notes", []), self.said])

    def verdicts(self) -> dict[str, str]:
        """By name."""
        return {row["name"]: row["verdict"] for row in self.rows}

    def row(self, name: str) -> Row:
        """The row of that name; an empty one where there is none."""
        return next((row for row in self.rows if row["name"] == name), {})

    def reasons(self, name: str) -> str:
        """Why it has its verdict."""
        return " ".join(self.row(name).get("reasons", []))

    def lies_at(self, name: str, lat: float, lon: float, degrees: float = 0.001) -> bool:
        """Whether the row is placed there, so many degrees off at most."""
        row = self.row(name)
        known = row.get("lat") is not None and row.get("lon") is not None
        return known and max(abs(row["lat"] - lat), abs(row["lon"] - lon)) <= degrees

    def income(self) -> dict[str, float]:
        """Monthly, by client."""
        return {row["name"]: round(row["monthly_income"] or 0, 2) for row in self.rows}


def all_near(seen: Seen, count: int, miles: float = 3) -> bool:
    """Whether there are so many rows, all placed within some miles of the home base."""
    there = [row["miles"] for row in seen.rows if row["miles"] is not None]
    return len(seen.rows) == len(there) == count and max(there) <= miles


def in_parts_right(seen: Seen) -> bool:
    """As the same address in one cell is placed."""
    return (
        seen.lies_at("north", 21.3133, -157.8643)
        and seen.lies_at("south", 21.2998, -157.8430)
        and seen.lies_at("ala moana", 21.3015, -157.8625)
    )


def at_street_level(seen: Seen) -> bool:
    """Whether every row is placed better than by its ZIP code."""
    fine = {"rooftop", "interpolated", "street"}
    return bool(seen.rows) and all(row["accuracy"] in fine for row in seen.rows)


def oaks_income(seen: Seen) -> bool:
    """Four clients, of which one is part of another; sums and the footer are none."""
    got = seen.income()
    known = {"Pine Dental": 2000.0, "Elm Law": 1541.67, "Oak Foods": 520.83}
    return known.items() <= got.items() and sorted(got.values())[:1] == [104.17] and len(got) == 4


def sizes_read(seen: Seen) -> bool:
    """Whether each row with a size is judged by it."""
    names = ("label and band", "band and label", "from to", "thru", "fte")
    judged = all("employees" in seen.reasons(name) for name in names)
    return judged and "1,234" in seen.reasons("german thousand")


def sheets_read(seen: Seen) -> bool:
    """All three, or a note of those that were not."""
    return len(seen.rows) == 9 or ("2024" in seen.notes and "2025" in seen.notes)


def country_told(seen: Seen) -> bool:
    """Not placed, and why."""
    row = next(iter(seen.rows), {})
    return row.get("lat", 0) is None and "Germany" in json.dumps([row.get("reasons"), seen.notes])


BOTH_PASS = {"Pine Dental": "pass", "Elm Law": "pass"}
FIND = (
    Case("headers", "headers-short-prefixes.csv",
         lambda s: s.row("Basin Garage").get("verdict") == "fail" and all_near(s, 2, 5)
         and "employees 14" in s.reasons("Aloe Dental"), "San Luis Obispo, CA"),
    Case("headers", "headers-common-prefix.csv",
         lambda s: "employees 49" in s.reasons("Bright Freight")
         and "employees 180" in s.reasons("Paper Mill Works")
         and s.lies_at("Paper Mill Works", 42.21, -72.62, 0.05)),
    Case("headers", "20-hash-of-employees.csv",
         lambda s: s.verdicts() == {"Pine Dental": "pass", "Mega Corp": "fail"}),
    Case("headers", "34-status-headers.csv",
         lambda s: s.row("Pine LLC").get("verdict") == "fail"
         and s.row("Elm LLC").get("verdict") in {"pass", "maybe"}),
    Case("place of business", "10-place-of-business-other-word.csv", lambda s: all_near(s, 2)),
    Case("place of business", "11-phy-and-mailing.csv", lambda s: all_near(s, 1)),
    Case("place of business", "13-billing-and-shipping.csv", lambda s: all_near(s, 1)),
    Case("place of business", "15-billing-address-street.csv", lambda s: all_near(s, 1)),
    Case("place of business", "16-phys-and-mail.csv",
         lambda s: all_near(s, 1) and "employees" in s.reasons("Pine Dental")),
    Case("place of business", "18-outlook-ok.csv",
         lambda s: s.verdicts() == {"Pine Dental": "pass"} and all_near(s, 1)),
    Case("parts of a place", "21-numberofemployees-geo-point.csv",
         lambda s: s.verdicts() == {"Pine Dental": "pass", "Mega Corp": "fail", "Old Shop": "fail"},
         "49.28,-123.11"),
    Case("parts of a place", "22-point-in-one-cell.csv",
         lambda s: all(s.lies_at(name, 42.1015, -72.5898)
                       for name in ("parens", "wkt", "address and point"))),
    Case("parts of a place", "23b-hubspot-state-lost.csv",
         lambda s: s.verdicts() == {"Pine Dental": "fail", "Elm Law": "fail"}),
    Case("parts of a place", "24-city-state-zip.csv",
         lambda s: s.verdicts().get("Pine Dental") == "pass"
         and s.lies_at("Elm Law", 42.07, -72.62, 0.05)),
    Case("parts of a place", "25-street-in-parts.csv", in_parts_right, OAHU),
    Case("parts of a place", "26-street-on-second-line.csv",
         lambda s: len(s.rows) == 5 and at_street_level(s), OAHU),
    Case("parts of a place", "46-country-ignored.csv", country_told, "New York, NY"),
    Case("parts of a place", "52-html-breaks.csv", at_street_level, OAHU),
    Case("parts of a place", "no-city.csv", lambda s: all_near(s, 2, 10), "Bozeman, MT",
         ("--place", "Bozeman, MT")),
    Case("sizes", "bands-that-touch.csv",
         lambda s: s.verdicts() == {
             "Under The Floor": "fail", "On The Floor": "pass", "Over The Top": "fail",
             "Straddles": "maybe", "No Sales": "pass"},
         "Benicia, CA", ("--computers", "off")),
    Case("sizes", "43-unreadable-counted.csv", lambda s: "3 rows" in s.notes),
    Case("sizes", "44-size-words.csv", sizes_read),
    Case("closures", "30-licence-ran-out.csv",
         lambda s: "fail" not in s.verdicts().values() and "licence ran out 2025-12-31" in
         s.reasons("Pine Dental")),
    Case("closures", "31-closing-dates.csv",
         lambda s: len(s.rows) == 16 and set(s.verdicts().values()) == {"fail"}),
    Case("closures", "32-permanently-closed-flag.csv",
         lambda s: s.verdicts() == {"Pine Dental": "pass", "Elm Law": "fail"}),
    Case("closures", "54-licence-years.csv",
         lambda s: len(s.rows) == 1 or "2 rows repeat another" in s.notes),
    Case("cells and files", "41-formula-text.csv",
         lambda s: "employees 25" in s.reasons("pine") and all_near(s, 2)),
    Case("cells and files", "r-row-names.txt", lambda s: all_near(s, 2, 8), "Tucson, AZ"),
    Case("cells and files", "40-three-sheets.xlsx", sheets_read),
    Case("cells and files", "48-html-named-xls.xls",
         lambda s: all_near(s, 1) or "HTML" in s.said),
    Case("cells and files", "49-header-below-row-20.csv",
         lambda s: (bool(s.rows) and all_near(s, len(s.rows))) or "header" in s.said),
    Case("cells and files", "50-list.geojson",
         lambda s: s.lies_at("Pine Dental", 42.1, -72.59) or "GeoJSON" in s.said),
)  # fmt: skip
BOOKS = (
    Case("books", "01-qbo-sales-by-customer.csv", oaks_income, ""),
    Case("books", "03-qbd-one-period.csv",
         lambda s: s.income() == {"Pine Dental": 2000, "Elm Law": 1541.67}, ""),
    Case("books", "04-timesheet-invoiced-flag.csv",
         lambda s: s.income() == {"Pine Dental": 420, "Elm Law": 120}, ""),
    Case("books", "05-mrr-only.csv",
         lambda s: s.income() == {"Pine Dental": 2000, "Elm Law": 1500}, ""),
    Case("books", "06-qbo-customer-detail.csv",
         lambda s: s.income() == {"Pine Dental": 100, "Elm Law": 100}, ""),
    Case("books", "clients-pcs.csv",
         lambda s: {r["name"]: r["category"] for r in s.rows} == {
             "Harbor Dental": "sweet spot", "Corner Cafe": "micro", "Metro Freight": "large"}
         and {r["category_basis"] for r in s.rows} == {"computers"}, ""),
)  # fmt: skip


EVERY = (*FIND, *BOOKS)
CHOSEN = choose_size(EVERY, tuple({case.kind: case for case in EVERY}.values()))


def ask(case: Case, tree: Path, data: Path) -> Seen:
    """What the program in that tree says of a case."""
    path = str(CASES / case.file)
    command = ["find", path, "--home", case.home, *ALL, *case.more]
    if not case.home:
        command = ["clients", "portfolio", path, "--json", "-q"]
    done = run_program(tree, data, command)
    answer = json.loads(done.stdout) if done.stdout.startswith("{") else {}
    return Seen(answer, done.stderr)


def run_program(tree: Path, data: Path, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Sweetspot as it is in that tree, over that data folder."""
    return subprocess.run(
        [*SWEETSPOT, *command],
        cwd=tree,
        env=os.environ | {"SWEETSPOT_DATA_DIR": str(data)},
        capture_output=True,
        text=True,
        check=False,
    )


def tell_right(tree: Path, folder: Path) -> dict[Case, bool]:
    """Of each case whether the program in that tree reads it right."""
    empty, oahu = folder / "empty", folder / "oahu"
    if not TINY:
        extract = str(find_extract("honolulu", folder))
        run_program(tree, oahu, ["region", "build", "oahu", extract]).check_returncode()
    return {
        case: bool(case.is_right(ask(case, tree, oahu if case.home == OAHU else empty)))
        for case in CHOSEN
    }


def main() -> None:
    """A row for each kind, and which are not read right now."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        tree = check_out(BEFORE, folder / "tree")
        before, now = tell_right(tree, folder / "before"), tell_right(ROOT, folder / "now")
    print_head("kind", "files", f"right at {BEFORE}", "right now")
    for kind in dict.fromkeys(case.kind for case in now):
        cases = [case for case in now if case.kind == kind]
        counts = (sum(seen[case] for case in cases) for seen in (before, now))
        print_row(kind, len(cases), *counts)
    wrong = ", ".join(case.file for case, right in now.items() if not right)
    print(f"\nNot read right now: {wrong or 'none'}.")


if __name__ == "__main__":
    main()
