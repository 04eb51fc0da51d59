"""Candidates: who might introduce us, out of a region's places or a list, each once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import polars as pl

from app.businesses.industries import read_codes
from app.businesses.kinds import PARTNERS, SELECTED, partner_of, partner_of_industry
from app.businesses.prospects import Prospects
from app.errors import BadQuestion
from app.geo.geocoding.geocoder import Fixes
from app.geo.places.same_business import first_of_same, plain_name
from app.geo.points import Ints, Points

OTHER = "other adviser"  # of a list of partners: a row whose trade is no partner's
SAME_PARTNER_M = 200.0  # of one name; judgement: a little more than businesses of two maps
_PHONE, _WEBSITE = ("phone", "telephone"), ("website", "web site", "web address", "url")


@dataclass(frozen=True)
class Candidates:
    """Who might introduce us; every column has length n, "" where unknown.

    kind: one of `kinds.PARTNERS`, or `OTHER`. at: NaN where it could not be placed.
    address: in one line. source: "OpenStreetMap", "Overture Maps" or "list".
    """

    name: Sequence[str]
    kind: Sequence[str]
    at: Points
    address: Sequence[str]
    phone: Sequence[str]
    website: Sequence[str]
    source: Sequence[str]

    def __len__(self) -> int:
        return len(self.name)

    def take(self, rows: Ints) -> "Candidates":
        """Those rows, in that order."""
        texts = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "at"}
        taken = {name: [column[i] for i in rows] for name, column in texts.items()}
        return Candidates(at=self.at[rows], **taken)


def from_places(frame: pl.DataFrame, kinds: Sequence[str] = SELECTED) -> Candidates:
    """The partners of those kinds among places (columns of `schema.SCHEMA`), in their order.

    Raises BadQuestion for a kind that is none of `kinds.PARTNERS`.
    """
    wanted = _checked(kinds)
    kind = [partner_of(*row) for row in frame.select("kind", "name").iter_rows()]
    rows = [i for i, partner in enumerate(kind) if partner in wanted]
    places = frame[rows].to_dict(as_series=False)
    at = Points(np.array(places["lon"], np.float64), np.array(places["lat"], np.float64))
    text = [places[name] for name in ("housenumber", "street", "city", "state", "postcode")]
    lines = [
        _one_line(f"{number} {street}", city, f"{state} {postcode}")
        for number, street, city, state, postcode in zip(*text, strict=True)
    ]
    contact = places["phone"], places["website"], places["source"]
    return Candidates(places["name"], [kind[i] for i in rows], at, lines, *contact)


def from_prospects(
    prospects: Prospects, fixes: Fixes, kinds: Sequence[str] = PARTNERS
) -> Candidates:
    """The partners of those kinds in a list of partners, in its order.

    A row's industry says its kind, else its words and its name. Whoever made the list chose its
    rows, so those that are no partner's trade stay, as `OTHER`. Raises BadQuestion for a kind
    that is none of `kinds.PARTNERS`.
    """
    wanted = {*_checked(kinds), OTHER}
    facts = zip(read_codes(prospects.industry), prospects.industry, prospects.name, strict=True)
    kind = [partner_of_industry(code, f"{words} {name}") or OTHER for code, words, name in facts]
    at = prospects.addresses
    lines = [
        _one_line(line, city, f"{state} {postcode}")
        for line, city, state, postcode in zip(at.line, at.city, at.state, at.postcode, strict=True)
    ]
    contact = _column(prospects.cells, _PHONE), _column(prospects.cells, _WEBSITE)
    listed = ["list"] * len(prospects)
    found = Candidates(prospects.name, kind, fixes.at, lines, *contact, listed)
    return found.take(np.flatnonzero([partner in wanted for partner in kind]))


def _checked(kinds: Sequence[str]) -> frozenset[str]:
    for kind in kinds:
        if kind not in PARTNERS:
            raise BadQuestion(f"kind {kind!r}: expected one of {', '.join(PARTNERS)}", field="kind")
    return frozenset(kinds)


def _one_line(*parts: str) -> str:
    return ", ".join(text for part in parts if (text := " ".join(part.split())))


def _column(cells: pl.DataFrame, headers: Sequence[str]) -> Sequence[str]:
    """The cells under the first header with such a word in it, "" in each row where none has."""
    plain = {header: header.casefold().replace("_", " ") for header in cells.columns}
    named = (
        h for h, text in plain.items() if any(w in text for w in headers) and "fax" not in text
    )
    header = next(named, None)
    if header is None:
        return [""] * len(cells)
    return cells[header].fill_null("").str.strip_chars().to_list()


def deduplicate(candidates: Candidates) -> tuple[Candidates, int]:
    """Each partner once, in the order given, and how many rows were merged into others.

    The same are those of one plain name within `SAME_PARTNER_M` of each other or with one phone
    number. Of several the row with the most filled in is kept, and its blanks are filled.
    """
    order = _fullest_first(candidates)
    group = _groups(candidates.take(order))
    _, best = np.unique(group, return_index=True)
    kept = np.sort(order[best])
    several = np.flatnonzero(np.bincount(group) > 1)
    others = {int(order[best[g]]): order[group == g] for g in several.tolist()}
    return _filled(candidates, others).take(kept), len(candidates) - len(kept)


def _fullest_first(candidates: Candidates) -> Ints:
    """The rows by how much is known of them, then by what that is: their order plays no part."""
    c = candidates
    texts = list(zip(c.address, c.phone, c.website, c.name, c.kind, c.source, strict=True))
    at = np.nan_to_num(np.stack([c.at.lon, c.at.lat]), nan=np.inf)

    def rank(i: int) -> tuple[Any, ...]:
        said = sum(map(bool, texts[i][:3])) + bool(c.at.known[i]) + (c.kind[i] != OTHER)
        return -said, *texts[i], *at[:, i].tolist()

    return np.array(sorted(range(len(c)), key=rank), dtype=np.int64)


def _groups(candidates: Candidates) -> Ints:
    """Which rows are one partner: the same number for each of them, shape (n,)."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(candidates)
    at = candidates.at
    rows = np.arange(n)
    place = first_of_same(candidates.name, at.lon, at.lat, SAME_PARTNER_M)
    call = np.array(_first_of_phone(candidates), dtype=np.int64)
    pairs = np.concatenate([rows, rows]), np.concatenate([place, call])
    graph = coo_array((np.ones(2 * n, bool), pairs), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def _first_of_phone(candidates: Candidates) -> list[int]:
    """For each row the first one of the same name and phone, itself where it has none."""
    seen: dict[tuple[str, str], int] = {}
    first = []
    for i, (name, phone) in enumerate(zip(candidates.name, candidates.phone, strict=True)):
        key = plain_name(name), "".join(c for c in phone if c.isdecimal())[-10:]
        first.append(seen.setdefault(key, i) if all(key) else i)
    return first


def _filled(candidates: Candidates, others: Mapping[int, Ints]) -> Candidates:
    """With the blanks of each of those rows filled from its group, the fullest first."""
    texts = candidates.address, candidates.phone, candidates.website
    columns = [list(column) for column in texts]
    for row, group in others.items():
        for column in columns:
            column[row] = next((column[i] for i in group if column[i]), "")
    address, phone, website = columns
    return replace(candidates, address=address, phone=phone, website=website)
