"""Addresses of one street in many ways of writing, for lists and for geocoders."""

import csv
import io
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np

from app.geo.addresses.address import Address

# What differs from row to row: what was resolved for one must not be given to another.
NUMBERS = ("220", "240", "7", "0", "222A", "220-224", "91-1234", "96813", "1 1/2", "")
WRITTEN = (
    "{number} {street}",
    "{number} {street} Apt 4",
    "{number} {street}, Suite 200",
    "#3 {number} {street}",
    "{number} {wrong}",
    "{number} N {street}",
)
COUNTY = {
    "Larkfield": "00101",
    "Cedar Halt": "00102",
    "Brightwater": "00103",
    "Tolliver": "00104",
    "Farrow": "00105",
    "Northbank": "00107",
    "Lakeshore": "00108",
}
STREETS = ("Main Street", "Oak St", "PINE STREET", "3rd Avenue", "Elm Avenue", "Maple St")
OTHERS = (
    Address("P.O. Box 12", "Larkfield", "NV", "00101"),
    Address("3rd Ave & Elm St", "Larkfield", "NV", "00101"),
    Address("Old Mine Road", "Copper Flat", "NV", "00106"),
    Address("22 Old Mine Rd", "Coper Flat", "NV", ""),
    Address("1 Nowhere", "Nowhere", "ZZ", "00000"),
    Address("10 Fairfield Ct", "Springfield", "MA", "01103"),
    Address("1 Beacon St", "Boston", "MA", "02108"),
    Address("", "", "", ""),
)


def spellings(most: int = 600) -> list[Address]:
    """Addresses of the sample county, many of one street, in an order without pattern."""
    made = [
        address
        for (town, code), street, number, how in product(COUNTY.items(), STREETS, NUMBERS, WRITTEN)
        for address in _ways(
            how.format(number=number, street=street, wrong=_slip(street)), town, code
        )
    ]
    order = np.random.default_rng(1).permutation(len(made))[: most - len(OTHERS)]
    return [*OTHERS, *(made[i] for i in order.tolist())]


def _ways(line: str, town: str, code: str) -> list[Address]:
    """With all its columns, without its ZIP code, without its town, and in one line."""
    line = line.strip()
    return [
        Address(line, town, "NV", code),
        Address(line, town, "NV"),
        Address(line, "", "", code),
        Address(f"{line}, {town}, NV {code}"),
        Address(f"{line} {town} NV"),
    ]


def _slip(street: str) -> str:
    """With one letter twice."""
    return street[:2] + street[1] + street[2:]


def hawaiian(path: Path) -> list[Address]:
    """The addresses of Hawaii's retailers, as their list has them, and with other numbers."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    made = []
    for i, row in enumerate(rows):
        rest = (row["City"], row["State"], row["Zip Code"])
        made.append(Address(f"{row['Street Number']} {row['Street Name']}", *rest))
        if i % 3 == 0:
            number = NUMBERS[i // 3 % len(NUMBERS)]
            made.append(Address(f"{number} {row['Street Name']}", *rest))
    return made


def manx(path: Path) -> list[Address]:
    """The addresses of the Isle of Man's list."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Address(
                f"{row['housenumber']} {row['street']}".strip(), row["city"], "", row["postcode"]
            )
            for row in csv.DictReader(file)
        ]


def as_csv(addresses: Sequence[Address]) -> bytes:
    """A list of firms at these addresses, of sizes that differ."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(("Company", "Address", "City", "State", "ZIP", "Employees", "Annual Sales"))
    for i, one in enumerate(addresses):
        sizes = (7 * i % 120, f"${1 + i % 12} Million")
        table.writerow((f"Firm {i}", one.line, one.city, one.state, one.postcode, *sizes))
    return out.getvalue().encode()
