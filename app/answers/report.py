"""Answers as people and programs read them: our columns, the funnel, what to know."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from app.answers.grounds import ground_meta, home_meta, homes_meta, join_attributions
from app.answers.lists_read import ListsRead
from app.answers.notes import answer_notes
from app.answers.screening import RowScreen
from app.answers.sorting import order_keys
from app.answers.stored_rows import StoredRows
from app.answers.usage import Use, geocoder_notes, geocoders_meta
from app.clients.lookalikes.alike import Alike
from app.clients.lookalikes.scores import Scores
from app.errors import BadQuestion
from app.find.ground import Ground
from app.find.pipeline import Answer, Pipeline
from app.find.question import Question
from app.geo.geocoding.geocoder import Accuracy, Fixes, GeocodingProgress
from app.geo.points import Ints
from app.geo.text_column import take_texts, text_series
from app.lists.about import About
from app.lists.exclusions import Exclusions
from app.lists.identity import Identities
from app.lists.licences import read_licences
from app.lists.opt_outs import refused_channels
from app.lists.read import ListFile
from app.lists.write import COLUMNS, Writer, shown_numbers
from app.sweetspot.judge import CATEGORIES, ZONES, Counts, Verdict
from app.sweetspot.reasons import reason_words
from app.sweetspot.wording import spot_words


@dataclass(frozen=True)
class Report:
    """One question answered: the funnel, what to know of the answer, and what was read as what.

    limits: those of the sweet spot, in words. day: when it was asked.
    """

    ground: Ground
    counts: Counts
    notes: Sequence[str]
    like: Mapping[str, Any] | None = None
    use: Use = field(default_factory=Use)
    read: ListsRead = field(default_factory=lambda: ListsRead({}))
    limits: Mapping[str, str] = field(default_factory=dict)
    day: date = field(default_factory=date.today)

    @property
    def attribution(self) -> str:
        """Whom to credit: the map, and the geocoding services whose fixes were used."""
        used = [one.credit for one in self.ground.online if one.use.found or one.use.kept]
        return "; ".join(dict.fromkeys(filter(None, [join_attributions(self.ground), *used])))

    @property
    def about(self) -> About:
        """What a file of the rows says of them all."""
        place, homes = home_meta(self.ground), homes_meta(self.ground)
        label = place.pop("label")
        notes = [*self.notes, *(self.like or {}).get("notes", [])]
        counts, day = asdict(self.counts), self.day.isoformat()
        return About(label, day, notes, self.attribution, counts, self.limits, place, homes)

    @property
    def meta(self) -> dict[str, Any]:
        """Everything but the rows, as JSON: home base, counts, engine, region, notes."""
        like = {} if self.like is None else {"like": dict(self.like)}
        meta = {
            **ground_meta(self.ground),
            "attribution": self.attribution,
            "counts": asdict(self.counts),
            "notes": list(self.notes),
            **self.use.meta(self.ground),
            **geocoders_meta(self.ground),
            **like,
        }
        return self.read.added_to(meta)


def chosen_verdicts(text: str) -> frozenset[Verdict]:
    """The verdicts of "pass,maybe,fail" or "all". Raises BadQuestion."""
    words = [word.strip().upper() for word in text.split(",") if word.strip()]
    if words == ["ALL"]:
        return frozenset(Verdict)
    unknown = [word for word in words if word not in Verdict.__members__]
    if unknown or not words:
        raise BadQuestion(
            f"verdict {text!r}: expected pass, maybe, fail, several with commas, or all",
            field="verdict",
        )
    return frozenset(Verdict[word] for word in words)


@dataclass(frozen=True)
class ChosenRows:
    """The rows of one batch that are wanted, with what is shown of them.

    recipients: who mail goes to and where, of those rows. scores: resemblance to the firm's best
    clients, of the whole batch; None where not asked. stored: which rows of a stored list those
    rows are, None where they are a file's.
    """

    answer: Answer
    rows: Ints
    recipients: pl.DataFrame
    scores: Scores | None = None
    stored: StoredRows | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, which: Ints) -> "ChosenRows":
        """Those of the rows, by their place among them."""
        stored = self.stored and self.stored.take(which)
        rows, recipients = self.rows[which], self.recipients[which]
        return replace(self, rows=rows, recipients=recipients, stored=stored)

    @property
    def identities(self) -> Identities:
        """What they are known by."""
        at = self.answer.known.fixes.at[self.rows]
        return Identities.of(self.recipients, at, read_licences(self.cells))

    @property
    def passing(self) -> Ints:
        """Which of them pass, by their place among them."""
        return np.flatnonzero(self.answer.judged.verdict[self.rows] == Verdict.PASS)

    @property
    def cells(self) -> pl.DataFrame:
        """The original cells."""
        return self.answer.known.prospects.cells[self.rows]

    def table(self) -> pl.DataFrame:
        """Our columns, and those of a letter."""
        ours = answer_columns(self.answer, self.rows).hstack(self.recipients)
        if self.stored is not None:
            ours = ours.hstack(self.stored.table())
        if self.scores is None:
            return ours
        reasons = ["; ".join(self.scores.reasons(i)) for i in self.rows.tolist()]
        return ours.with_columns(
            shown_numbers(self.scores.score[self.rows], 1).alias("like"),
            shown_numbers(self.scores.known[self.rows], 3).alias("like_known"),
            pl.Series("like_reasons", reasons, dtype=pl.String),
        )

    def json(self, which: Ints | None = None) -> list[dict[str, Any]]:
        """Those of the rows (by their place among them) as JSON objects; all when None."""
        which = np.arange(len(self)) if which is None else which
        rows = self.rows[which]
        told = json_rows(self.answer, rows)
        if self.stored is not None:
            refused = refused_channels(self.recipients["opt_outs"][which])
            for row, at, channels in zip(told, which.tolist(), refused, strict=True):
                row.update(self.stored.members(at), opt_outs=channels)
        if self.scores is not None:
            for row, i in zip(told, rows.tolist(), strict=True):
                row["like"] = _like(self.scores, i)
        return told


def _like(scores: Scores, row: int) -> dict[str, Any]:
    score, known = float(scores.score[row]), float(scores.known[row])
    return {
        "score": None if np.isnan(score) else round(score, 1),
        "known": round(known, 3),
        "contributions": scores.contributions(row),
        "reasons": scores.reasons(row),
    }


class Sorted:
    """Takes all chosen rows and gives them in the order asked, see `order_keys`."""

    def __init__(self, sort: str) -> None:
        self.sort = sort
        self.batches: list[ChosenRows] = []

    def take(self, chosen: ChosenRows) -> None:
        """One more batch."""
        if len(chosen):
            self.batches.append(chosen)

    def __len__(self) -> int:
        return sum(map(len, self.batches))

    def _order(self) -> Ints:
        each = order_keys(self.sort, [(batch.answer, batch.scores) for batch in self.batches])
        keys = [key[batch.rows] for key, batch in zip(each, self.batches, strict=True)]
        order: Ints = np.argsort(np.concatenate(keys), kind="stable")
        return order

    def write(self, sink: Writer) -> None:
        """All rows into a file."""
        if self.batches:
            order = self._order()
            cells = pl.concat([batch.cells for batch in self.batches])
            sink.write(cells[order], pl.concat([b.table() for b in self.batches])[order])

    def json(self, most: int | None = None) -> list[dict[str, Any]]:
        """The first rows as JSON objects."""
        if not self.batches:
            return []
        wanted = self._order()[:most]
        starts = np.cumsum([0, *map(len, self.batches)])
        batch_of = np.searchsorted(starts, wanted, side="right") - 1
        rows: dict[int, dict[str, Any]] = {}
        for at in sorted(set(batch_of.tolist())):
            mine = wanted[batch_of == at]
            rows |= dict(zip(mine.tolist(), self.batches[at].json(mine - starts[at]), strict=True))
        return [rows[i] for i in wanted.tolist()]


@dataclass(frozen=True)
class Listener:
    """Who hears of a list while it is judged.

    take: gets each batch's rows of the wanted verdicts. progress: how many rows are done. asking:
    how far each geocoding service is.
    """

    take: Callable[[ChosenRows], None]
    progress: Callable[[int], None] = lambda _: None
    asking: GeocodingProgress = lambda *_: None


@dataclass(frozen=True)
class Wanted:
    """Which rows of a list are given back, and what they are compared with.

    exclusions: who is left out. alike: scores the rows by resemblance.
    """

    verdicts: frozenset[Verdict]
    exclusions: Sequence[Exclusions] = ()
    alike: Alike | None = None


def judge_list(
    rows: ListFile, ground: Ground, question: Question, wanted: Wanted, listener: Listener
) -> Report:
    """Judge a whole list, batch by batch.

    Raises BadList where nothing says where its rows are.
    """
    rows.check_places()
    applied, alike = frozenset(rows.known), wanted.alike
    counts, use, screen = Counts(), Use(), RowScreen(wanted.exclusions)
    for answer in Pipeline(ground, question, applied).find_all(rows.batches(), listener.asking):
        scores = alike.score(answer) if alike else None
        chosen = choose_rows(answer, wanted.verdicts)
        recipients = rows.recipients(answer.known.prospects.cells[chosen])
        found = ChosenRows(answer, chosen, recipients, scores)
        listener.take(found.take(screen.find_kept(found.identities, found.passing)))
        counts += answer.judged.counts
        use = use.plus(answer.known.drives)
        listener.progress(counts.read)
    notes = [
        *answer_notes(rows.notes, ground, question, applied, counts),
        *use.notes(ground, question.dry_run),
    ]
    notes += [*geocoder_notes(ground, question.dry_run), *screen.notes]
    like = alike.meta if alike else None
    told = spot_words(question.spot)
    return Report(ground, counts, notes, like, use, ListsRead({"list": rows}), told)


def choose_rows(answer: Answer, verdicts: frozenset[Verdict]) -> Ints:
    """The rows with one of the verdicts, in order."""
    wanted = np.array([int(v) for v in verdicts], np.uint8)
    return np.flatnonzero(np.isin(answer.judged.verdict, wanted))


def answer_columns(answer: Answer, rows: Ints) -> pl.DataFrame:
    """Our columns for those rows: minutes to 0.1, miles to 0.01, degrees to 6 places.

    Minutes without and with traffic follow where they differ, then the home base where there are
    several.
    """
    fixes, drives, judged = answer.known.fixes, answer.known.drives, answer.judged
    counted, estimated = answer.known.prospects.computers, answer.known.estimated
    computers = counted.otherwise(estimated)
    basis = np.where(counted.known, "list", np.where(estimated.known, "estimated", ""))
    columns = {
        "verdict": [Verdict(v).label for v in judged.verdict[rows]],
        "minutes": shown_numbers(drives.minutes[rows], 1),
        "minutes_low": shown_numbers(drives.low[rows], 1),
        "minutes_high": shown_numbers(drives.high[rows], 1),
        "miles": shown_numbers(answer.known.miles[rows], 2),
        "zone": [ZONES[code] for code in judged.zone[rows]],
        "category": [CATEGORIES[code] for code in judged.category[rows]],
        "computers_low": shown_numbers(computers.low[rows], 1),
        "computers_high": shown_numbers(computers.high[rows], 1),
        "computers_basis": basis[rows],
        "lat": shown_numbers(fixes.at.lat[rows], 6),
        "lon": shown_numbers(fixes.at.lon[rows], 6),
        "accuracy": [Accuracy(a).label for a in fixes.accuracy[rows]],
        "radius_m": shown_numbers(fixes.radius_m[rows], 0),
        "source": text_series(take_texts(fixes.source, rows)),
        "engine": _engines(answer, rows),
        "reasons": judged.reasons_all(rows),
    }
    ours = pl.DataFrame({name: columns[name] for name in COLUMNS})
    if answer.sides is not None:
        ours = ours.with_columns(
            shown_numbers(answer.sides.free[rows], 1).alias("minutes_free"),
            shown_numbers(answer.sides.peak[rows], 1).alias("minutes_peak"),
        )
    if answer.known.origins is not None:
        homes = pl.Series("home", answer.known.homes(rows), dtype=pl.String)
        ours = ours.with_columns(homes)
    return ours


def _engines(answer: Answer, rows: Ints) -> list[str]:
    """Who gave the minutes of each, "" where there are none."""
    known = np.isfinite(answer.known.drives.minutes[rows]).tolist()
    pairs = zip(answer.known.engines(rows), known, strict=True)
    return [engine if has else "" for engine, has in pairs]


def json_rows(answer: Answer, rows: Ints) -> list[dict[str, Any]]:
    """Those rows as JSON objects: our columns, reasons as a list, the original `cells`."""
    ours = answer_columns(answer, rows).drop("reasons").to_dicts()
    cells = answer.known.prospects.cells[rows].to_dicts()
    why = reason_words(answer.judged.case, rows)
    return [
        {
            "name": answer.known.prospects.name[i],
            **mine,
            "reasons": reasons,
            "cells": original,
        }
        for i, mine, reasons, original in zip(rows, ours, why, cells, strict=True)
    ]


def rows_into(sink: Writer) -> Callable[[ChosenRows], None]:
    """Takes chosen rows into a file: the original cells and our columns."""

    def take(chosen: ChosenRows) -> None:
        sink.write(chosen.cells, chosen.table())

    return take


def fix_rows(fixes: Fixes) -> list[dict[str, Any]]:
    """The fixes that have a point, as JSON objects."""
    return [
        {
            "label": fixes.label[i],
            "lat": round(float(fixes.at.lat[i]), 6),
            "lon": round(float(fixes.at.lon[i]), 6),
            "accuracy": Accuracy(fixes.accuracy[i]).label,
            "radius_m": round(float(fixes.radius_m[i]), 1),
            "source": fixes.source[i],
            "note": fixes.note[i],
        }
        for i in np.flatnonzero(fixes.at.known).tolist()
    ]
