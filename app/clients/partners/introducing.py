"""Who could introduce us: from the region's places or a list, with prospects and clients near."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import polars as pl

from app.businesses.kinds import PARTNERS, SELECTED
from app.businesses.prospects import Prospects
from app.clients.likeness import adviser_key, adviser_names, not_in_books
from app.clients.partners.candidates import Candidates, deduplicate, from_places, from_prospects
from app.clients.partners.ranking import Introductions, Named, PartnerProgress, rank_partners
from app.errors import BadQuestion
from app.find.ground import Ground
from app.find.locating import locate_prospects
from app.find.question import Question
from app.geo.places.same_business import plain_name
from app.geo.points import Points
from app.lists.read import ListFile
from app.text import count_words

PLACES = (
    "No list of prospects was given: the {n:,} businesses on the region's map are counted near "
    "each partner."
)
NO_PARTNER = (
    "The region's map names no such partner. OpenStreetMap has few offices in many places: build "
    "the region with Overture Places (region build --places), or give a list of partners."
)
ESTIMATED = (
    "Who is near a partner is estimated from the distance: {engine} would have to be asked for the "
    "drives around each of them."
)


class Sought(NamedTuple):
    """Which partners, all kinds but banks when empty, and the minutes around one that are near."""

    kinds: Sequence[str]
    within: float


def find_partners(
    ground: Ground,
    question: Question,
    lists: Mapping[str, ListFile | None],
    *,
    sought: Sought,
    won: Sequence[Prospects] | None = None,
    progress: PartnerProgress | None = None,
) -> tuple[Introductions, list[str]]:
    """The partners within the question's minutes, and what to know of the answer.

    lists: "partners", "prospects" and "clients", each may be missing or None; the map's businesses
    stand in for the first two. won: rows of lists that became clients, counted among them; None
    leaves them out.

    Raises BadQuestion where there are neither a map nor a list of partners.
    """
    places = ground.load_businesses() if ground.region else None
    candidates = _candidates(ground, places, lists.get("partners"), sought.kinds)
    once, merged = deduplicate(candidates)
    notes = list(ground.notes)
    if merged:
        notes.append(f"merged with others of the same name and place: {count_words(merged, 'row')}")
    if not len(once):
        notes.append(NO_PARTNER)
    others: dict[str, Named] = {}
    for name in ("prospects", "clients"):
        listed = lists.get(name)
        if listed is not None:
            others[name] = _named_at(ground, listed.whole())
        elif name == "prospects" and places is not None:
            others[name] = _places(places)
            notes.append(PLACES.format(n=places.height))
    if won is not None:
        others["clients"] = _with_won(ground, others.get("clients"), won)
    if ground.engine.metered and others:
        notes.append(ESTIMATED.format(engine=ground.engine.name))
    found = rank_partners(once, ground, question, others, sought.within, progress)
    return _with_naming(found, lists.get("clients")), notes


def _with_naming(found: Introductions, clients: ListFile | None) -> Introductions:
    """How many of the clients, but for closed ones, name each partner as their adviser."""
    if clients is None:
        return found
    who = clients.whole()
    rows = enumerate(zip(who.name, who.advisers, who.closed, strict=True))
    pairs = {
        (plain_name(name) or i, adviser)
        for i, (name, text, closed) in rows
        if not closed
        for adviser in adviser_names(text)
    }
    named = Counter(adviser for _, adviser in pairs)
    naming = [named[adviser_key(name)] for name in found.candidates.name]
    return replace(found, naming=np.array(naming, dtype=np.int64))


def _candidates(
    ground: Ground, places: pl.DataFrame | None, listed: ListFile | None, kinds: Sequence[str]
) -> Candidates:
    if listed is not None:
        who = listed.whole()
        fixes = locate_prospects(who, ground)
        return from_prospects(who, fixes, kinds or PARTNERS)
    if places is None:
        raise BadQuestion(
            "no map covers the home base, so no partners are known there: add one with "
            "`sweetspot region add`, or give a list of partners",
            field="home",
        )
    return from_places(places, kinds or SELECTED)


def _named_at(ground: Ground, who: Prospects) -> Named:
    return Named(who.name, locate_prospects(who, ground).at)


def _with_won(ground: Ground, clients: Named | None, won: Sequence[Prospects]) -> Named:
    """The clients of the books, and behind them those that they don't have yet."""
    books = [] if clients is None else [clients]
    new = not_in_books(won, Named.joined(books).name)
    return Named.joined(books if new is None else [*books, _named_at(ground, new)])


def _places(places: pl.DataFrame) -> Named:
    at = Points(places["lon"].to_numpy(), places["lat"].to_numpy())
    return Named(places["name"].to_list(), at)
