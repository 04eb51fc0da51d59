"""Town, state and postcode in one text: "Springfield, MA 01103", "01103 Springfield MA"."""

import re
from collections.abc import Sequence
from functools import lru_cache

from app.geo.addresses.address import Address
from app.geo.addresses.countries import US, country_of
from app.geo.addresses.states import is_province, state_of
from app.geo.addresses.towns import split_state

_CODE = re.compile(r"(?<![\w-])(\d{5}(?:-?\d{4})?|[A-Z]\d[A-Z] ?\d[A-Z]\d)(?![\w-])", re.IGNORECASE)
_BETWEEN = re.compile(r"\s*[,;|/()\n]+\s*")


@lru_cache(1 << 14)
def split_town_line(text: str) -> Address:
    """Its parts as an address without a street line, as written, "" where absent.

    One word is a town, but for the two letters of a state: "MA". A country at the end counts, with
    or without the postcode behind it: "Cupertino, California, United States, 95014".
    """
    found = _CODE.search(text)
    bare = text if found is None else f"{text[: found.start()]},{text[found.end() :]}"
    parts = [part for part in (one.strip() for one in _BETWEEN.split(bare)) if part]
    country = _country_at_end(parts)
    city, state = _town_and_state(", ".join(parts[:-1] if country else parts).strip(" ,."))
    country = "Canada" if is_province(state) else country
    return Address("", city, state, found[1] if found else "", "" if country == US else country)


def _country_at_end(parts: Sequence[str]) -> str:
    """Towns are called Lebanon or Peru, too: alone it is a country where no town is called so."""
    last = parts[-1] if parts else ""
    country = "" if state_of(last) else country_of(last)
    return country if len(parts) > 1 or country == US else ""


def _town_and_state(text: str) -> tuple[str, str]:
    """The state at the end, or in front of the town; both as written."""
    if len(text) == 2 and (state_of(text) or is_province(text)):
        return "", text
    town, state, _ = split_state(text)
    first, _, behind = text.partition(" ")
    before, _, last = text.rpartition(" ")
    if not state and before and is_province(last):
        return before.strip(" ,"), last
    if not state and behind and len(first.strip(",")) == 2 and first.isupper():
        first = first.strip(",")
        town = "" if country_of(behind) == US else behind.strip(" ,")
        return (town, first) if state_of(first) or is_province(first) else (text, "")
    return town, state
