"""Stored lists, judged at once: the funnel, any page of the rows, all rows for a file."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from app.answers.cursor import Cursor, RowOrder
from app.answers.notes import answer_notes
from app.answers.report import ChosenRows, Listener, Report, Wanted, choose_rows
from app.answers.sorting import order_keys
from app.answers.stored_rows import StoredRows
from app.answers.usage import Use, geocoder_notes
from app.clients.lookalikes.scores import Scores
from app.find.ground import Ground
from app.find.pipeline import Answer, Pipeline
from app.find.question import Question
from app.geo.geocoding.geocoder import GeocodingProgress
from app.geo.points import Floats, Ints, Mask
from app.geo.text_column import TextColumn
from app.library.library import ListEntry
from app.library.list_rows import ListRows
from app.library.named_rows import NamedRows, RowMarks
from app.lists.identity import Identities
from app.lists.write import Writer
from app.sweetspot.doubts import DOUBTS, find_doubts
from app.sweetspot.judge import Counts
from app.sweetspot.wording import spot_words
from app.text import count_words

# Rows that are written at once. Judgement: as many as of a file.
AT_ONCE = 50_000
LONGEST = 1e6  # minutes, as of a drive that is not known


@dataclass(frozen=True)
class AskedList:
    """A list that is asked, and what is known of its rows besides themselves.

    within: the rows that are asked for, ascending; None where all are. doubt: which of DOUBTS they
    must have; "any" where that does not matter.
    """

    entry: ListEntry
    rows: ListRows
    marks: RowMarks = field(default_factory=RowMarks)
    within: Ints | None = None
    doubt: str = "any"

    @property
    def whole(self) -> bool:
        """Whether all of its rows are asked for."""
        return self.within is None and self.doubt == "any"


@dataclass(frozen=True)
class ListAnswer:
    """One stored list, judged whole; scores: its resemblance to the firm's best clients.

    wanted: the rows of the wanted verdicts. excluded: those of them that files name, by each.
    """

    asked: AskedList
    answer: Answer
    wanted: Ints
    excluded: Sequence[NamedRows] = ()
    scores: Scores | None = None

    def marked(self, new: AskedList) -> "ListAnswer":
        """The same answer with what is known of the rows by now, and of those that are asked."""
        return replace(self, asked=replace(new, rows=self.asked.rows))

    @cached_property
    def narrowed(self) -> Ints:
        """The rows of the wanted verdicts that are asked for."""
        within, doubt, found = self.asked.within, self.asked.doubt, self.wanted
        if within is not None:
            found = np.intersect1d(found, within, assume_unique=True)
        return found if doubt == "any" else found[self.doubts[doubt][found]]

    @cached_property
    def doubts(self) -> Mapping[str, Mask]:
        """What each row is in doubt for, see `find_doubts`."""
        return find_doubts(self.answer.judged)

    @cached_property
    def _screened(self) -> tuple[Ints, Mapping[str, int]]:
        """Those of them that nobody names, and how many others each names."""
        stay = self.narrowed
        left: dict[str, int] = {}
        for one in (*self.asked.marks.named, *self.excluded):
            named = one.among(stay)
            left[one.source] = left.get(one.source, 0) + int(np.count_nonzero(named))
            stay = stay[~named]
        return stay, left

    @property
    def chosen(self) -> Ints:
        """The rows that are given, ascending."""
        return self.narrowed if self.asked.marks.shown else self._screened[0]

    @property
    def named(self) -> Mapping[str, int]:
        """How many of the narrowed rows each names that none before it did."""
        return self._screened[1]

    @property
    def slug(self) -> str:
        """What the list is called."""
        return self.asked.entry.slug

    def take(self, which: Ints, headers: Sequence[str] = ()) -> ChosenRows:
        """Those of the list's rows as people and programs get them.

        headers: of all lists that are asked, where they are several; this one's are theirs then.
        """
        some, rows = self.answer.take(which), self.asked.rows
        known, cells = some.known, rows.cells(which)
        if headers:
            cells = cells.select(_under(headers, cells))
        shown = replace(known.prospects, cells=cells)
        case = replace(some.judged.case, known=replace(known, prospects=shown))
        answer = replace(some, judged=replace(some.judged, case=case))
        scores = self.scores and self.scores.take(which)
        groups = rows.groups
        why = TextColumn(groups.why.gather(which))
        marks = self.asked.marks
        suppressed = marks.reasons(which) if marks.shown else None
        outcomes = marks.outcomes.table(which)
        whose = StoredRows(self.slug, which, groups.front[which], why, outcomes, suppressed)
        own = np.arange(len(which))
        return ChosenRows(answer, own, rows.recipients(which), scores, whose)

    @property
    def quality(self) -> Floats:
        """Of the chosen rows: best verdict first, then the fewest minutes; the least is best."""
        minutes = self.answer.known.drives.minutes[self.chosen]
        verdict = self.answer.judged.verdict[self.chosen].astype(np.float64)
        return np.where(np.isfinite(minutes), minutes, LONGEST) - LONGEST * verdict


def judge_stored(
    asked: AskedList,
    ground: Ground,
    question: Question,
    wanted: Wanted,
    asking: GeocodingProgress = lambda *_: None,
) -> ListAnswer:
    """One list, from one ground."""
    fixes = asked.rows.locate(ground, question.geocode)
    pipeline = Pipeline(ground, question, asked.rows.known)
    answer = pipeline.find_located(asked.rows.prospects, fixes, asking)
    scores = wanted.alike.score(answer) if wanted.alike else None
    chosen, excluded = choose_rows(answer, wanted.verdicts), []
    for one in wanted.exclusions:
        known = Identities.of(asked.rows.recipients(chosen), answer.known.fixes.at[chosen])
        named = NamedRows.of(one.source, one.reasons(known))
        excluded.append(replace(named, rows=chosen[named.rows]))
    return ListAnswer(asked, answer, chosen, excluded, scores)


def judge_lists(
    lists: Sequence[AskedList],
    ground: Ground,
    question: Question,
    wanted: Wanted,
    listener: Listener,
    permit: Callable[[Mapping[str, int]], None] = lambda _: None,
) -> Report:
    """Judge several lists, list by list; see `judge_list`.

    permit: hears how many rows of each list are given, by its slug, before any is.
    """
    found = [judge_stored(one, ground, question, wanted, listener.asking) for one in lists]
    alike = wanted.alike
    answer = ListsAnswer(ground, question, found, like=alike.meta if alike else None)
    listener.progress(sum(one.entry.rows for one in lists))
    permit({one.slug: len(one.chosen) for one in found})
    for rows in answer.batches():
        listener.take(rows)
    return answer.report


@dataclass(frozen=True)
class ListsAnswer:
    """One question asked of one or several lists, and in which order their rows come."""

    ground: Ground
    question: Question
    lists: Sequence[ListAnswer]
    sort: str = "list"
    like: Mapping[str, Any] | None = None
    resembled: str = ""  # the id of the list of clients that `like` is of

    @property
    def list_ids(self) -> frozenset[str]:
        """The ids of the lists that anything of it is of."""
        return frozenset({one.asked.entry.id for one in self.lists} | {self.resembled} - {""})

    def __len__(self) -> int:
        return sum(len(one.chosen) for one in self.lists)

    def marked(self, asked: Sequence[AskedList], sort: str) -> "ListsAnswer":
        """The same answer in that order, with what is known of each list's rows by now."""
        pairs = zip(self.lists, asked, strict=True)
        lists = [one.marked(new) for one, new in pairs]
        return replace(self, lists=lists, sort=sort)

    @property
    def report(self) -> Report:
        """The funnel of all lists together, and what to know."""
        counts, use, known = Counts(), Use(), frozenset[str]()
        for one in self.lists:
            counts += one.answer.judged.counts
            use = use.plus(one.answer.known.drives)
            known |= one.asked.rows.known
        dry = self.question.dry_run
        notes = [
            *answer_notes(self._list_notes, self.ground, self.question, known, counts),
            *use.notes(self.ground, dry),
            *geocoder_notes(self.ground, dry),
            *self._placed_on(),
            *self._narrowed(),
            *self._left_out(),
        ]
        limits = spot_words(self.question.spot)
        return Report(self.ground, counts, notes, self.like, use, limits=limits)

    @property
    def _list_notes(self) -> list[str]:
        if len(self.lists) == 1:
            return [*self.lists[0].asked.entry.notes]
        return [f"{one.slug}: {note}" for one in self.lists for note in one.asked.entry.notes]

    def _placed_on(self) -> Iterator[str]:
        """Which map the addresses were placed on."""
        maps = {one.region: one.map_date for one in self.ground.each if one.region}
        for region, day in maps.items():
            of = f", data of {day}" if day else ""
            yield f"Addresses were placed on the map of {region}{of}."

    @property
    def doubts(self) -> dict[str, int]:
        """How many rows of all may fit for want of each of DOUBTS."""
        each = [one.doubts for one in self.lists]
        return {name: sum(int(one[name].sum()) for one in each) for name in DOUBTS}

    def _narrowed(self) -> Iterator[str]:
        for one in self.lists:
            if not one.asked.whole:
                some, of = len(one.narrowed), count_words(len(one.wanted), "row")
                yield f"Narrowed to {some:,} of {of} of {one.slug}; the counts are over all rows."

    def _left_out(self) -> Iterator[str]:
        for one in self.lists:
            shown = one.asked.marks.shown
            what = "Given all the same" if shown else "Left out"
            for name, rows in one.named.items():
                if rows:
                    yield f"{what} of {one.slug}, named in {name}: {count_words(rows, 'row')}."

    @cached_property
    def _order(self) -> RowOrder:
        each = order_keys(self.sort, [(one.answer, one.scores) for one in self.lists])
        chosen = [one.chosen for one in self.lists]
        keys = [key[rows] for key, rows in zip(each, chosen, strict=True)]
        return RowOrder.of(keys, chosen)

    def page(self, limit: int, after: Cursor | None) -> tuple[list[dict[str, Any]], int | None]:
        """The rows behind that cursor as JSON, at most `limit`; where the last is, None at the end.

        `cursor` makes one of that place.
        """
        found = self._order.behind(after, limit + 1)
        shown = found[:limit]
        told: dict[int, dict[str, Any]] = {}
        for one, places in self._by_list(shown):
            rows = one.take(self._order.row[places]).json()
            told |= dict(zip(places.tolist(), rows, strict=True))
        more = len(found) > limit and len(shown) > 0
        return [told[place] for place in shown.tolist()], int(shown[-1]) if more else None

    def cursor(self, place: int, question: str) -> Cursor:
        """The one behind the row at that place."""
        return self._order.cursor(place, question)

    def write(self, sink: Writer, limit: int | None = None) -> int:
        """The rows in their order into a file, at most `limit`; how many they are."""
        whole = self._order.behind(None, len(self) if limit is None else limit)
        for start in range(0, len(whole), AT_ONCE):
            some = whole[start : start + AT_ONCE]
            lists = list(self._by_list(some))
            rows = [one.take(self._order.row[at], self._headers) for one, at in lists]
            places = np.concatenate([at for _, at in lists])
            ascending = np.argsort(places)
            order = ascending[np.searchsorted(places[ascending], some)]
            cells = pl.concat([part.cells for part in rows])
            sink.write(cells[order], pl.concat([part.table() for part in rows])[order])
        return len(whole)

    def count_rows(self, limit: int | None = None) -> dict[str, int]:
        """How many rows of each list, by its slug, a file has that has at most `limit` of all."""
        whole = self._order.behind(None, len(self) if limit is None else limit)
        counts = np.bincount(self._order.at[whole], minlength=len(self.lists))
        return {one.slug: int(n) for one, n in zip(self.lists, counts, strict=True)}

    def batches(self) -> Iterator[ChosenRows]:
        """All rows, list by list, some at a time."""
        for one in self.lists:
            for start in range(0, len(one.chosen), AT_ONCE):
                yield one.take(one.chosen[start : start + AT_ONCE], self._headers)

    @cached_property
    def _headers(self) -> list[str]:
        """Every header of the lists, in order of appearance."""
        none = np.empty(0, np.int64)
        each = [one.asked.rows.cells(none).columns for one in self.lists]
        return list(dict.fromkeys(header for headers in each for header in headers))

    def _by_list(self, places: Ints) -> Iterator[tuple[ListAnswer, Ints]]:
        """The lists that have any of those rows, with their places, in order."""
        of = self._order.at[places]
        for at, one in enumerate(self.lists):
            mine = places[of == at]
            if len(mine):
                yield one, mine


def _under(headers: Sequence[str], cells: pl.DataFrame) -> list[pl.Expr]:
    """All of the headers; those that a list has not are empty."""
    own = {*cells.columns}
    return [pl.col(name) if name in own else pl.lit("").alias(name) for name in headers]
