"""By what two rows are taken for one business: phone, web domain, or the same name at one place.

1. Phones are compared by their digits, without what is behind them ("ext. 5", "(cell)") and without
   the 1 of North America. Fewer than seven digits are none.
2. A domain is that of the website, else of the e-mail address. Those of mailbox providers and of
   sites that host everybody's pages are nobody's own.
3. Names are compared by their letters and digits, without The, Inc, Ltd and the like.
4. The same place is the same street and number in one ZIP code or town, or points NEAR_M apart.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
import polars as pl

from app.geo.addresses.address import Address
from app.geo.addresses.one_line import plain_address
from app.geo.addresses.reading import parse_address
from app.geo.addresses.street_names import fold_street, street_name
from app.geo.places.same_business import plain_name
from app.geo.points import Ints, Points, great_circle_metres

NEAR_M = 60.0  # judgement: as far as two fixes of one house of one name may lie apart
_LEAST_DIGITS = 7
# Judgement: the largest providers of free mailboxes, and sites whose pages are many firms'.
_SHARED = frozenset({
    "gmail.com", "googlemail.com", "yahoo.com", "ymail.com", "hotmail.com", "outlook.com",
    "live.com", "msn.com", "aol.com", "icloud.com", "me.com", "mac.com", "comcast.net",
    "verizon.net", "att.net", "sbcglobal.net", "bellsouth.net", "charter.net", "cox.net",
    "earthlink.net", "gmx.com", "gmx.net", "gmx.de", "web.de", "mail.com", "proton.me",
    "protonmail.com", "hawaii.rr.com", "hawaiiantel.net", "rr.com", "facebook.com",
    "linkedin.com", "instagram.com", "twitter.com", "x.com", "yelp.com", "google.com",
    "sites.google.com", "wixsite.com", "wordpress.com", "blogspot.com", "squarespace.com",
    "weebly.com", "godaddysites.com", "business.site", "linktr.ee", "etsy.com", "amazon.com",
})  # fmt: skip
_BEHIND_PHONE = re.compile(r"(?i)\s*(?:[,;]|\s/\s|\sor\s|[/(]\s*[a-z]|x\s*\d|ext|#).*$")


def phone_key(text: str) -> str:
    """1. The digits that two spellings of a number have in common; "" for none."""
    digits = re.sub(r"\D", "", _BEHIND_PHONE.sub("", text))
    if len(digits) == 11 and digits.startswith("1"):
        digits = digits[1:]
    told = len(digits) >= _LEAST_DIGITS and len(set(digits)) > 1
    return digits.removeprefix("00") if told else ""


def domain_key(website: str, email: str) -> str:
    """2. The domain that is the business's own; "" for none."""
    site = re.sub(r"^\w+://", "", website.strip().casefold())
    host = re.split(r"[/?#\s]", site, maxsplit=1)[0].rpartition("@")[2].split(":")[0]
    mailed = email.strip().casefold().rpartition("@")[2] if "@" in email else ""
    for domain in (host.removeprefix("www."), mailed):
        if "." in domain and domain not in _SHARED:
            return domain.strip(".")
    return ""


@lru_cache(1 << 14)
def _street_key(line: str) -> str:
    address = parse_address(plain_address(Address(line)))
    if not address.street:
        return fold_street(line)
    return f"{address.number.casefold()} {street_name(address.street).key}".strip()


@dataclass(frozen=True)
class Identities:
    """What rows are known by. recipients: the columns of RECIPIENT; at: their points."""

    recipients: pl.DataFrame
    at: Points

    def __len__(self) -> int:
        return self.recipients.height

    @classmethod
    def of(cls, recipients: pl.DataFrame, at: Points | None = None) -> "Identities":
        """Those of such rows; without points where none are known."""
        nowhere = np.full(recipients.height, np.nan)
        return cls(recipients, at if at is not None else Points(nowhere, nowhere))

    def take(self, rows: Ints) -> "Identities":
        """Those of these rows."""
        return Identities(self.recipients[pl.Series(rows, dtype=pl.UInt32)], self.at[rows])

    def _cells(self, column: str) -> Sequence[str]:
        return self.recipients[column].to_list()

    @cached_property
    def phones(self) -> Sequence[str]:
        """1."""
        return [phone_key(text) for text in self._cells("phone")]

    @cached_property
    def domains(self) -> Sequence[str]:
        """2."""
        pairs = zip(self._cells("website"), self._cells("email"), strict=True)
        return [domain_key(*pair) for pair in pairs]

    @cached_property
    def names(self) -> Sequence[str]:
        """3."""
        return [plain_name(text) for text in self._cells("name")]

    @cached_property
    def _addresses(self) -> Sequence[tuple[str, str, str]]:
        return self.recipients.select("line_1", "city", "zip").rows()

    def place(self, row: int) -> tuple[str, frozenset[str]]:
        """4. The street and number of a row, and what it says of the town they are in."""
        line, city, code = self._addresses[row]
        return _street_key(line), frozenset({city.casefold().strip(), code[:5]} - {""})

    def is_near(self, row: int, other: "Identities", theirs: int) -> bool:
        """4. Whether a row is where one of the other rows is."""
        street, town = self.place(row)
        their_street, their_town = other.place(theirs)
        if street and their_street and town & their_town:
            return street == their_street
        here, there = self.at, other.at
        apart = great_circle_metres(
            here.lon[row], here.lat[row], there.lon[theirs], there.lat[theirs]
        )
        return bool(apart <= NEAR_M)


def find_repeats(rows: Identities) -> Mapping[int, tuple[int, str]]:
    """Rows that repeat an earlier one -> that one, and by what: the first of them never does."""
    found: dict[int, tuple[int, str]] = {}
    phones: dict[str, int] = {}
    names: dict[str, list[int]] = {}
    for row, (phone, name) in enumerate(zip(rows.phones, rows.names, strict=True)):
        firsts = names.setdefault(name, []) if name else []
        same = next((first for first in firsts if rows.is_near(row, rows, first)), None)
        if same is not None:
            found[row] = same, "same name at the same place"
        elif phone and phone in phones:
            found[row] = phones[phone], "same phone"
        else:
            firsts.append(row)
        if phone:
            phones.setdefault(phone, found.get(row, (row, ""))[0])
    return found


@dataclass(frozen=True)
class Exclusions:
    """Rows of a file that are to be left out of an answer, whoever they are; `source` names it."""

    source: str
    rows: Identities
    _by: Mapping[str, Mapping[str, Sequence[int]]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        rows = self.rows
        keys = {"phone": rows.phones, "domain": rows.domains, "name": rows.names}
        object.__setattr__(self, "_by", {kind: _index(some) for kind, some in keys.items()})

    def reasons(self, asked: Identities) -> Sequence[str]:
        """By what each row is one of these, "" where it is none."""
        return [self._reason(asked, row) for row in range(len(asked))]

    def _reason(self, asked: Identities, row: int) -> str:
        for kind, keys in (("phone", asked.phones), ("domain", asked.domains)):
            if keys[row] and keys[row] in self._by[kind]:
                return f"same {kind} in {self.source}"
        for theirs in self._by["name"].get(asked.names[row], ()) if asked.names[row] else ():
            street, town = self.rows.place(theirs)
            if not town and not street:
                return f"same name in {self.source}, which says no place"
            if asked.is_near(row, self.rows, theirs) or self._is_in_town(asked, row, theirs):
                return f"same name at the same place in {self.source}"
        return ""

    def _is_in_town(self, asked: Identities, row: int, theirs: int) -> bool:
        """Whether the file says the town alone, and it is that of the row."""
        street, town = self.rows.place(theirs)
        return not street and bool(town & asked.place(row)[1])


def _index(keys: Sequence[str]) -> Mapping[str, Sequence[int]]:
    found: dict[str, list[int]] = {}
    for row, key in enumerate(keys):
        if key:
            found.setdefault(key, []).append(row)
    return found
