"""Look-alikes: prospects scored 0-100 by resemblance to the firm's best ("A") clients.

Four components, each in [0, 1]: industry, size, minutes, advisers. The score is their weighted
mean. What is missing neither rewards nor punishes: it counts half, so that a row of which little is
known is neither above the best matches nor below the worst, and `known` says on what share of the
whole weight a score rests. A component that no A client knows is left out for everyone. Nothing
here depends on the order of the A clients or of the prospects. The default weights are judgement,
not measured.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import isnan, nan
from typing import Self

import numpy as np

from app.clients.likeness import (
    Advisers,
    Facts,
    Industry,
    Measured,
    Minutes,
    Size,
    plain_number,
)
from app.errors import BadQuestion
from app.geo.points import Floats, Ints

MOST_WEIGHT = 1000.0
UNKNOWN = 0.5  # the value of a component that is unknown of a row
MOST_HIDDEN = 50

type Component = Industry | Size | Minutes | Advisers


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each component counts, 0 to 1000 each, not all 0; 0 switches one off.

    Raises BadQuestion(field="weights").
    """

    industry: float = 40.0
    size: float = 30.0
    minutes: float = 20.0
    advisers: float = 10.0

    def __post_init__(self) -> None:
        for name, weight in self.by_name.items():
            if not 0 <= weight <= MOST_WEIGHT:
                raise _bad_weights(f"{name} {weight:g} is not a number from 0 to {MOST_WEIGHT:g}")
        if not any(self.by_name.values()):
            raise _bad_weights("all are 0, so nothing would count")

    @property
    def by_name(self) -> dict[str, float]:
        """Each component's weight."""
        return {column.name: getattr(self, column.name) for column in fields(self)}

    @classmethod
    def parse(cls, text: str) -> Self:
        """The weights of "industry=50,size=20"; those not named keep their defaults.

        Raises BadQuestion(field="weights") naming the part that is wrong.
        """
        given: dict[str, float] = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            name, equals, number = (word.strip().lower() for word in part.partition("="))
            if not equals or name not in COMPONENTS:
                raise _bad_weights(f"{part!r} is not one of {', '.join(COMPONENTS)} = a number")
            if name in given:
                raise _bad_weights(f"{name} is given twice")
            given[name] = _weight(part, number)
        return cls(**given)


COMPONENTS = tuple(column.name for column in fields(Weights))


def _weight(part: str, number: str) -> float:
    try:
        return float(number)
    except ValueError as why:
        raise _bad_weights(f"{part!r} has no number after the =") from why


def _bad_weights(what: str) -> BadQuestion:
    return BadQuestion(f'weights: {what}; write for example "industry=50,size=20"', field="weights")


@dataclass(frozen=True)
class Profile:
    """What the A clients have in common. `components`: those that any A client knows."""

    components: Mapping[str, Component]
    weights: Weights
    notes: tuple[str, ...]

    @classmethod
    def of(cls, best: Facts, weights: Weights) -> "Profile":
        """That of those A clients; the notes say what it lacks.

        Raises BadQuestion if there is no A client.
        """
        if not len(best):
            raise BadQuestion("no A client to resemble: grade one client A", field="clients")
        measured = Measured.of(best)
        learnt: dict[str, Component | None] = {
            "industry": Industry.of(measured),
            "size": Size.of(best, measured),
            "minutes": Minutes.of(best, measured),
            "advisers": Advisers.of(measured),
        }
        components = {name: part for name, part in learnt.items() if part}
        lacking = [name for name in learnt if name not in components]
        notes = [f"{name}: unknown of every A client, so left out" for name in lacking]
        if len(best) == 1:
            notes.insert(0, "there is one A client only: a likeness to it may be chance")
        return cls(components, weights, tuple(notes))

    def score(self, facts: Facts) -> "Scores":
        """The score of each row, in their order."""
        parts = self.parts(Measured.of(facts))
        score, known = _weighed(parts, self)
        return Scores(score, known, parts, self, facts)

    def parts(self, measured: Measured) -> dict[str, Floats]:
        """Each component's value in [0, 1] for each row, NaN unknown."""
        unknown = np.full(len(measured.minutes.left), nan)
        parts = self.components
        return {n: parts[n].values(measured) if n in parts else unknown for n in COMPONENTS}


@dataclass(frozen=True)
class Scores:
    """The scores of n rows, float64, shape (n,) each.

    score: 0-100, NaN where nothing is known. known: the share of the whole weight, 0-1, on which
    the score rests. parts: each component's value in [0, 1], NaN unknown.
    """

    score: Floats
    known: Floats
    parts: Mapping[str, Floats]
    profile: Profile
    facts: Facts

    def __len__(self) -> int:
        return len(self.score)

    def take(self, rows: Ints) -> "Scores":
        """Those rows, in that order."""
        parts = {name: values[rows] for name, values in self.parts.items()}
        facts = self.facts.take(rows)
        return Scores(self.score[rows], self.known[rows], parts, self.profile, facts)

    def contributions(self, row: int) -> dict[str, float | None]:
        """The points of each component of one row: weight x value, None unknown.

        Their sum and half the weight of the unknown ones, divided by the weight of all that any A
        client knows, is the score / 100.
        """
        weights = self.profile.weights.by_name
        points = {name: weights[name] * float(self.parts[name][row]) for name in COMPONENTS}
        return {name: None if isnan(value) else value for name, value in points.items()}

    def reasons(self, row: int) -> list[str]:
        """Each component's points of its weight and why; last, what the score rests on.

        Components that are switched off say nothing.
        """
        one = self.facts.take(np.array([row]))
        points, weights = self.contributions(row), self.profile.weights.by_name
        counted = {name: value for name, value in points.items() if weights[name]}
        texts = [self._reason(name, value, one) for name, value in counted.items()]
        return [*texts, self._rests(row, counted)]

    def _reason(self, name: str, points: float | None, one: Facts) -> str:
        component = self.profile.components.get(name)
        if component is None:
            return f"{name} unknown of every A client: left out"
        whole = self.profile.weights.by_name[name]
        weight = plain_number(whole)
        if points is None:
            return f"{name} {plain_number(UNKNOWN * whole)} of {weight}: unknown, counts half"
        return f"{name} {plain_number(points)} of {weight}: {component.words(one)}"

    def _rests(self, row: int, points: Mapping[str, float | None]) -> str:
        if isnan(self.score[row]):
            return "no score: nothing known to compare"
        weights = self.profile.weights.by_name
        counted = {n: value for n, value in points.items() if n in self.profile.components}
        weight = sum(weights[name] for name in counted)
        total = sum(UNKNOWN * weights[n] if v is None else v for n, v in counted.items())
        share = f"rests on {plain_number(100 * float(self.known[row]))} % of the weight"
        points_of = f"{plain_number(total)} of {plain_number(weight)} points"
        return f"score {plain_number(float(self.score[row]))}: {points_of}, {share}"


def _weighed(parts: Mapping[str, Floats], profile: Profile) -> tuple[Floats, Floats]:
    """Score 0-100, NaN where nothing is known, and the share of the weight that it rests on."""
    weights = profile.weights.by_name
    values = np.stack([parts[name] for name in COMPONENTS])
    column = np.array([[weights[n] if n in profile.components else 0.0] for n in COMPONENTS])
    known = (~np.isnan(values) * column).sum(axis=0)
    points = (np.where(np.isnan(values), UNKNOWN, values) * column).sum(axis=0)
    score = np.where(known > 0, 100 * points / max(column.sum(), 1e-9), nan)
    return np.minimum(score, 100), known / sum(weights.values())


class Hidden:
    """Where each A client would rank in a list if it weren't known; fed the list in batches.

    A business of the list that is an A client itself counts as any other: leave it out before.
    `notes` say which A clients are not hidden.
    """

    def __init__(self, best: Facts, weights: Weights) -> None:
        if not len(best):
            raise BadQuestion("no A client to hide: grade two clients A", field="clients")
        everyone = np.arange(len(best))
        hidden = everyone[:MOST_HIDDEN] if len(best) > 1 else everyone[:0]
        self.notes = self._notes(len(best))
        self._profiles = [Profile.of(best.take(everyone[everyone != i]), weights) for i in hidden]
        self._names = [best.name[i] for i in hidden]
        self._scores = [
            float(profile.score(best.take(np.array([i]))).score[0])
            for profile, i in zip(self._profiles, hidden, strict=True)
        ]
        self._higher = [0] * len(hidden)
        self._listed = 0

    @staticmethod
    def _notes(clients: int) -> tuple[str, ...]:
        if clients == 1:
            return ("there is one A client only: hidden, it would leave none to compare with",)
        if clients > MOST_HIDDEN:
            return (f"the first {MOST_HIDDEN} of {clients:,} A clients were hidden in turn",)
        return ()

    def add(self, facts: Facts) -> None:
        """One batch of the list; how it is cut into batches changes nothing."""
        measured = Measured.of(facts)
        self._listed += len(facts)
        for i, profile in enumerate(self._profiles):
            score, _ = _weighed(profile.parts(measured), profile)
            self._higher[i] += int(np.count_nonzero(score > self._scores[i]))

    def rows(self) -> list[dict[str, str | float | None]]:
        """Each hidden A client, in the order given: name, score, rank, of.

        rank: 1 + the rows with a higher score, of all rows of the list and itself; score and
        rank are None where nothing is known to compare.
        """
        columns = zip(self._names, self._scores, self._higher, strict=True)
        rows = []
        for name, score, higher in columns:
            known = (None, None) if isnan(score) else (score, 1 + higher)
            rows.append({"name": name, "score": known[0], "rank": known[1], "of": self._listed + 1})
        return rows
