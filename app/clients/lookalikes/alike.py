"""Prospects scored by resemblance to the firm's best clients: composed of clients and find."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from app.businesses.industries import read_codes
from app.businesses.prospects import Prospects
from app.clients.books import read_clients
from app.clients.likeness import Facts, not_in_books
from app.clients.lookalikes.scores import Hidden, Profile, Scores, Weights
from app.clients.portfolio.ranking import rank_clients
from app.clients.travel import CLIENT_MINUTES, drive_to_clients
from app.errors import BadQuestion
from app.find.ground import Ground
from app.find.locating import locate_prospects
from app.find.nearest import drive_from_nearest
from app.find.pipeline import Answer
from app.geo.driving.engine import Driving
from app.geo.places.same_business import plain_name
from app.geo.points import Floats
from app.lists.read import ListFile


class Alike:
    """Scores answers against the A clients, and hides each of those among the list to compare.

    won: rows of lists that became clients since, who count as A clients as well, whatever they pay.
    Raises BadQuestion where no client pays anything, so that there are none of tier A.
    """

    def __init__(
        self,
        listed: ListFile,
        ground: Ground,
        how: Driving,
        weights: Weights,
        won: Sequence[Prospects] = (),
    ) -> None:
        clients = read_clients(listed, needs="revenue")
        gone = drive_to_clients(clients, ground, how)
        found = rank_clients(clients, gone.minutes)
        best = found.best[found.model[found.best]]
        if not len(best):
            raise BadQuestion(
                "like: no client in that list pays anything, so there is none to resemble",
                field="like",
            )
        self._best = comparable_facts(clients.who.take(best), gone.minutes[best])
        self._learnt = _learn(won, self._best, ground, how)
        if self._learnt:
            self._best = self._learnt.joined(self._best)  # in front, where they are hidden, too
        self._profile = Profile.of(self._best, weights)
        self._hidden = Hidden(self._best, weights)
        self._names = {plain_name(name) for name in self._best.name}
        self._weights = weights
        self._notes = [f"clients {listed.seen.line}", *gone.notes, *clients.notes]
        self._seen = listed.seen

    def score(self, answer: Answer) -> Scores:
        """The scores of one batch, in its order.

        The batch is what the hidden A clients are compared with, but for those of their names.
        """
        asked = comparable_facts(answer.known.prospects, answer.known.drives.minutes)
        others = [i for i, name in enumerate(asked.name) if plain_name(name) not in self._names]
        self._hidden.add(asked if len(others) == len(asked) else asked.take(np.array(others)))
        return self._profile.score(asked)

    @property
    def meta(self) -> dict[str, Any]:
        """The weights, the A clients, and how high each would have ranked among the list."""
        learnt = {} if self._learnt is None else {"learnt": [*self._learnt.name]}
        return {
            **learnt,
            "weights": self._weights.by_name,
            "a_clients": list(self._best.name),
            "leave_one_out": [_rounded(row) for row in self._hidden.rows()],
            "columns": self._seen.document(),
            "notes": [*self._profile.notes, *self._hidden.notes, *self._notes],
        }


def _learn(won: Sequence[Prospects], best: Facts, ground: Ground, how: Driving) -> Facts | None:
    """What is known of who became a client, but for those that the books have."""
    new = not_in_books(won, best.name)
    if new is None:
        return None
    drives = drive_from_nearest(locate_prospects(new, ground), ground, (CLIENT_MINUTES,), how)
    return comparable_facts(new, drives.drives.minutes)


def alike_to(
    listed: ListFile | None,
    weights: str,
    ground: Ground,
    how: Driving,
    won: Sequence[Prospects] = (),
) -> Alike | None:
    """What scores resemblance to the A clients of that list, opened with CLIENTS; None for none.

    won: see `Alike`. Raises BadQuestion for weights that can't be read, or that nothing is scored
    with.
    """
    chosen = Weights.parse(weights)
    if listed is not None:
        return Alike(listed, ground, how, chosen, won)
    if weights:
        raise BadQuestion("weights: they need a list of clients to resemble", field="weights")
    return None


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "score": None if row["score"] is None else round(row["score"], 1)}


def comparable_facts(who: Prospects, minutes: Floats) -> Facts:
    """What look-alikes are compared by; `minutes` from the home base, shape (n,)."""
    return Facts(
        name=who.name,
        codes=read_codes(who.industry),
        employees=who.employees,
        computers=who.computers,
        sales=who.sales,
        minutes=minutes,
        advisers=who.advisers,
    )
