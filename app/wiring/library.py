"""What stored lists need of everything else: maps for their addresses, and how they are asked."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Any

import numpy as np

from app.answers.cursor import Cursor
from app.answers.report import Wanted, chosen_verdicts
from app.answers.sorting import check_sort
from app.answers.stored import AskedList, ListsAnswer, judge_stored
from app.businesses.prospects import Prospects
from app.clients.lookalikes.alike import alike_to
from app.errors import BadQuestion, NoSuchRows
from app.find.ground import Ground
from app.find.options import FileOptions
from app.find.question import Question
from app.geo.addresses.address import Addresses
from app.geo.points import Point, Points
from app.library.importing import AddressMap, MapsOf
from app.library.library import ListEntry
from app.library.narrowing import check_narrowing, find_narrowed
from app.library.options import LeavingOptions, PageOptions, TileOptions
from app.library.outcomes import parse_without
from app.wiring.ground import find_grounds
from app.wiring.parts import Parts

# Letters of a file's name. Judgement: what a dialog shows of one.
LONGEST_NAME = 80


def maps_for(parts: Parts) -> MapsOf:
    """Which installed maps hold any of some rows, by their coordinates or ZIP codes.

    The ZIP codes alone where none does.
    """

    def maps_of(prospects: Prospects) -> Sequence[AddressMap]:
        at = _roughly(parts, prospects)
        found = []
        for region in parts.regions.all():
            inside = np.flatnonzero(region.covers(at))
            if len(inside):
                near = Point(float(at.lon[inside[0]]), float(at.lat[inside[0]]))
                stamp = parts.address_stamp(region)
                found.append(AddressMap(stamp, parts.geocoder(region), near))
        nowhere = AddressMap(parts.address_stamp(None), parts.geocoder(None), Point(0.0, 0.0))
        return found or [nowhere]

    return maps_of


def _roughly(parts: Parts, prospects: Prospects) -> Points:
    """The different places of some rows: as the list says, else by town and ZIP code."""
    at, given = prospects.addresses, prospects.given
    blank = [""] * len(at)
    distinct, _ = Addresses(blank, at.city, at.state, at.postcode, at.country).distinct()
    towns = parts.zips.locate(distinct).at
    return Points(np.concatenate([given.lon, towns.lon]), np.concatenate([given.lat, towns.lat]))


def ask_lists(
    parts: Parts, tenant_id: int, names: Sequence[str], ask: LeavingOptions, today: date
) -> Sequence[AskedList]:
    """Stored lists with who is to be left out of each. Raises NoSuchList, BadQuestion."""
    entries = parts.library.find_each(tenant_id, names)
    check_narrowing(ask, entries)
    return _ask_entries(parts, parts.marks.number(tenant_id), entries, ask, today)


def _ask_entries(
    parts: Parts, number: int, entries: Sequence[ListEntry], ask: LeavingOptions, today: date
) -> Sequence[AskedList]:
    """The same, by the marks of that number."""
    library, tenant_id = parts.library, entries[0].tenant_id
    marks = parts.marks.of(tenant_id, number, entries, ask, today)
    return [
        AskedList(one, library.rows(one), some, find_narrowed(library, one, ask), ask.doubt)
        for one, some in zip(entries, marks, strict=True)
    ]


@dataclass(frozen=True)
class AskedLists:
    """A question of stored lists, before it is answered.

    judging: another one wherever verdicts or scores may differ, whoever is left out, but by the day
    and the number; key: wherever rows may come in another order; stamp: wherever any may differ.
    number: of the tenant's marks, as the question was asked; see `Marks`.
    """

    tenant_id: int
    lists: Sequence[AskedList]
    ground: Ground
    question: Question
    ask: TileOptions
    clients: ListEntry | None
    judging: str
    key: str
    number: int

    @property
    def name(self) -> str:
        """What a file of the answer is called: by its lists, of very many by the first ones."""
        return "-".join(one.entry.slug for one in self.lists)[:LONGEST_NAME].rstrip("-")

    @classmethod
    def of(
        cls, parts: Parts, tenant_id: int, names: Sequence[str], ask: TileOptions
    ) -> "AskedLists":
        """The question, checked. Raises NoSuchList, BadQuestion and what `find_ground` raises."""
        question = ask.question(parts.settings.data_dir)
        check_sort(ask.sort, bool(ask.like))
        entries = parts.library.find_each(tenant_id, names)
        clients = parts.library.find(tenant_id, ask.like) if ask.like else None
        ground = find_grounds(parts, ask.home, question, ask.region)
        lists = [AskedList(one, parts.library.rows(one)) for one in entries]
        check_narrowing(ask, entries)
        aside = {*PageOptions.model_fields, *FileOptions.model_fields}
        if ask.learn and not clients:
            raise BadQuestion("learn: it needs `like`, the clients to begin with", field="learn")
        number = parts.marks.number(tenant_id)
        parts.forget_deleted(tenant_id, number)
        today = question.today or date.today()
        judging = _digest(
            [one.id for one in entries],
            parts.marks.won_from(tenant_id, number, today) if ask.learn else (),
            clients and clients.id,
            [(one.region, one.address_stamp, one.engine.name) for one in ground.each],
            question.how,
            ask.model_dump_json(exclude=aside | {"sort", *LeavingOptions.model_fields}),
        )
        key = _digest(judging, ask.model_dump_json(exclude=aside))
        parse_without(ask.without)
        return cls(tenant_id, lists, ground, question, ask, clients, judging, key, number)

    @property
    def _judged(self) -> str:
        """Another one wherever verdicts or scores may differ, whoever is left out."""
        return _digest(self.judging, self.question.today, self.number if self.ask.learn else 0)

    @property
    def stamp(self) -> str:
        """Another one wherever anything may differ."""
        return _digest(self._judged, self.key, self.number)

    def page(self, parts: Parts, page: PageOptions) -> dict[str, Any]:
        """A page of the answer as JSON, with the cursor of the next one.

        What another limit in minutes needs is asked for ahead. Raises BadQuestion for a cursor of
        another question.
        """
        after = Cursor.read(page.cursor, self.key) if page.cursor else None
        with self._telling_deleted(parts):
            answer = self.answer(parts)
            rows, last = answer.page(page.limit, after)
        parts.ahead.look(self.ground, self.question)
        more = "" if last is None else answer.cursor(last, self.key).text
        meta = answer.report.meta
        meta |= {"doubts": answer.doubts}
        return {**meta, "chosen": len(answer), "next": more, "prospects": rows}

    def answer(self, parts: Parts) -> ListsAnswer:
        """The lists judged, as they were a moment ago where nothing has changed since.

        What services say is asked for each time: they count it, and may say other things.
        """
        engines = [one.engine for one in self.ground.each]
        if self.ground.online or any(one.metered or one.live for one in engines):
            return self._mark(parts, self._judge(parts))
        judged = parts.answers.get_or_make(
            self._judged,
            lambda: self._judge(parts),
            lambda _: sum(one.entry.rows for one in self.lists),
        )
        return parts.answers.get_or_make(self.stamp, lambda: self._mark(parts, judged), len)

    def _mark(self, parts: Parts, judged: ListsAnswer) -> ListsAnswer:
        """The answer in its order, narrowed, less who is to be left out by now."""
        entries, today = [one.entry for one in self.lists], self.question.today or date.today()
        asked = _ask_entries(parts, self.number, entries, self.ask, today)
        return judged.marked(asked, self.ask.sort)

    @contextmanager
    def _telling_deleted(self, parts: Parts) -> Iterator[None]:
        """Raise NoSuchList where one of the lists was deleted while it was read."""
        try:
            yield
        except NoSuchRows:
            for one in self.lists:
                parts.library.find(self.tenant_id, one.entry.id)
            raise

    def _judge(self, parts: Parts) -> ListsAnswer:
        ask, ground, question = self.ask, self.ground, self.question
        clients = parts.library.open_clients(self.clients) if self.clients else None
        today = question.today or date.today()
        won = parts.marks.won(self.tenant_id, self.number, today) if ask.learn else ()
        alike = alike_to(clients, ask.weights, ground, question.how, won)
        wanted = Wanted(chosen_verdicts(ask.verdict), alike=alike)
        found = [judge_stored(one, ground, question, wanted) for one in self.lists]
        like, resembled = alike.meta if alike else None, self.clients.id if self.clients else ""
        return ListsAnswer(ground, question, found, like=like, resembled=resembled)


def _digest(*parts: object) -> str:
    return blake2b(repr(parts).encode(), digest_size=12).hexdigest()
