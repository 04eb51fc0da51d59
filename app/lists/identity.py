"""What rows are known by, which tells one business from others: phone, web domain, name, place.

1. Phones are compared by their digits, without what is behind them ("ext. 5", "(cell)") and without
   the 1 of North America. Fewer than seven digits are none.
2. A domain is that of the website, else of the e-mail address. Those of mailbox providers and of
   sites that host everybody's pages are nobody's own.
3. Names are compared by their letters and digits, without The, Inc, Ltd and the like.
4. The same place is the same street and number in one ZIP code or town, or points NEAR_M apart.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.geo.addresses.address import Address
from app.geo.addresses.one_line import plain_address
from app.geo.addresses.reading import parse_address
from app.geo.addresses.street_names import fold_street, street_name
from app.geo.places.same_business import plain_words
from app.geo.points import Ints, Mask, Points, great_circle_metres, on_the_globe, put_rows
from app.lists.columns import read_distinct

NEAR_M = 60.0  # judgement: as far as two fixes of one house of one name may lie apart
_LEAST_DIGITS = 7
_CHUNK = 100_000  # texts that are read at once, so that few of them are Python's at a time
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


type Keys = NDArray[np.uint64]  # equal where texts are, 0 where there is none


@lru_cache(1 << 14)
def _street_key(line: str) -> str:
    address = parse_address(plain_address(Address(line)))
    if not address.street:
        return fold_street(line)
    return f"{address.number.casefold()} {street_name(address.street).key}".strip()


def hash_texts(texts: pl.Series, where: Mask | None = None) -> Keys:
    """A key of each text that is not empty, and of those rows only."""
    told = (texts != "").to_numpy()
    return np.where(told if where is None else told & where, texts.hash().to_numpy(), np.uint64(0))


@dataclass(frozen=True)
class Identities:
    """What rows are known by, in columns of length n.

    recipients: the columns of RECIPIENT. at: their points. licences: the last day of each row's
    licence as YYYY-MM-DD; listed: the day that its list is of, the same way; "" where not known.
    stored: the `texts`, where they were read before; that takes far longer than to compare them.
    """

    recipients: pl.DataFrame
    at: Points
    licences: pl.Series
    listed: pl.Series
    stored: pl.DataFrame | None = None

    def __len__(self) -> int:
        return self.recipients.height

    @classmethod
    def of(
        cls,
        recipients: pl.DataFrame,
        at: Points | None = None,
        licences: pl.Series | None = None,
        listed: str = "",
        stored: pl.DataFrame | None = None,
    ) -> "Identities":
        """Those of the rows of one list; without points or licences where none are known."""
        rows = recipients.height
        nowhere = np.full(rows, np.nan)
        none = pl.repeat("", rows, dtype=pl.String, eager=True)
        return cls(
            recipients,
            at if at is not None else Points(nowhere, nowhere),
            licences if licences is not None else none,
            pl.repeat(listed, rows, dtype=pl.String, eager=True),
            stored,
        )

    def take(self, rows: Ints) -> "Identities":
        """Those of these rows."""
        at = pl.Series(rows, dtype=pl.UInt32)
        stored = self.stored[at] if self.stored is not None else None
        days = self.licences[at], self.listed[at]
        return Identities(self.recipients[at], self.at[rows], *days, stored)

    @cached_property
    def texts(self) -> pl.DataFrame:
        """1. to 3. as columns phone, domain and words."""
        if self.stored is not None:
            return self.stored
        pairs = self.recipients.select(pl.concat_str("website", "email", separator="\n"))
        return pl.DataFrame({
            "phone": read_texts(self.recipients["phone"], phone_key),
            "domain": read_texts(pairs.to_series(), lambda both: domain_key(*both.split("\n", 1))),
            "words": read_texts(self.recipients["name"], plain_words),
        })  # fmt: skip

    @property
    def phones(self) -> pl.Series:
        """1."""
        return self.texts["phone"]

    @property
    def domains(self) -> pl.Series:
        """2."""
        return self.texts["domain"]

    @property
    def words(self) -> pl.Series:
        """3. The words of the name, with a blank between them."""
        return self.texts["words"]

    @cached_property
    def names(self) -> pl.Series:
        """3."""
        return self.words.str.replace_all(" ", "", literal=True)

    @cached_property
    def towns(self) -> tuple[pl.Series, pl.Series]:
        """4. What the rows say of the town they are in: its name, and five digits of the code."""
        city, code = self.recipients["city"], self.recipients["zip"]
        return city.str.to_lowercase().str.strip_chars(), code.str.slice(0, 5)

    def streets(self, rows: Ints) -> pl.Series:
        """4. The street and number of these rows."""
        return read_streets(self.recipients["line_1"].gather(pl.Series(rows, dtype=pl.UInt32)))


def read_streets(lines: pl.Series) -> pl.Series:
    """4. The street and number of these lines."""
    return read_distinct(lines, _street_key)


def read_texts(texts: pl.Series, read: Callable[[str], str]) -> pl.Series:
    """What `read` makes of each."""
    parts = [texts.slice(at, _CHUNK) for at in range(0, max(len(texts), 1), _CHUNK)]
    found = [pl.Series(map(read, part.to_list()), dtype=pl.String) for part in parts]
    return pl.concat(found).rename("")


def is_near(one: Points, other: Points) -> Mask:
    """4. Whether each point is where the other one is."""
    apart = great_circle_metres(one.lon, one.lat, other.lon, other.lat)
    return np.asarray(apart <= NEAR_M, bool)


def near_cells(at: Points) -> Iterator[Keys]:
    """4. Eight keys of each point, 0 without one: points that are near share one of them.

    Each is a cube of twice NEAR_M in a grid that is shifted by NEAR_M, or not, along each axis.
    """
    known = np.flatnonzero(at.known)
    axes = on_the_globe(at.lon[known], at.lat[known]) / (2 * NEAR_M)
    for shift in range(8):
        moved = np.floor(axes + [(shift >> axis & 1) / 2 for axis in range(3)]).astype(np.int64)
        cells = pl.DataFrame(moved, schema=["x", "y", "z"]).hash_rows().to_numpy()
        yield put_rows(np.zeros(len(at), np.uint64), known, cells | np.uint64(1))
