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
STREETS = ("Main Street", "Oak St", "PINE STREET", "3rd Avenue", "Elm Avenue", "PO Box 9")
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
    """Addresses of the sample county in an order without pattern: of each street all numbers."""
    ways = [
        _ways(how, street, town, code)
        for (town, code), street, how in product(COUNTY.items(), STREETS, WRITTEN)
    ]
    every = [way for some in ways for way in some]
    rng = np.random.default_rng(1)
    streets = rng.permutation(len(every))[: (most - len(OTHERS)) // len(NUMBERS)]
    made = [one for i in streets.tolist() for one in every[i]]
    return [*OTHERS, *(made[i] for i in rng.permutation(len(made)).tolist())]


def _ways(how: str, street: str, town: str, code: str) -> list[list[Address]]:
    """With all columns, without ZIP code, without town, in one line, and in one of no known town.

    Each with all numbers.
    """
    lines = [how.format(number=n, street=street, wrong=_slip(street)).strip() for n in NUMBERS]
    return [
        [Address(line, town, "NV", code) for line in lines],
        [Address(line, town, "NV") for line in lines],
        [Address(line, "", "", code) for line in lines],
        [Address(f"{line}, {town}, NV {code}") for line in lines],
        [Address(f"{line} {town} NV") for line in lines],
        [Address(f"{line} Zzytown NV {code}") for line in lines],
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
        if i % 20 == 0:
            made += _where_the_number_tells(NUMBERS[i // 20 % len(NUMBERS)])
    return made


def _where_the_number_tells(number: str) -> list[Address]:
    """What stands behind the number is read otherwise behind another one."""
    return [
        Address(f"{number} Kalakaua Ave Waikiki Beach Zzytown HI 96815"),
        Address(f"{number} Kalapana Kapoho Beach Rd Zzytown HI 96734"),
        Address(f"{number} Farrington Hwy Kai Zzytown HI 96792"),
        Address(f"{number} PO Box 409", "Kailua", "HI", "96734"),
    ]


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
