"""Rows of an answer that are left out whatever their verdict, and those that repeat another."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from app.geo.points import Ints
from app.lists.duplicates import group_duplicates
from app.lists.exclusions import Exclusions
from app.lists.identity import Identities
from app.text import count_words


@dataclass
class RowScreen:
    """Sees the chosen rows of one list, batch by batch; `notes` then says what it found.

    It keeps what passing rows are known by, to tell how many repeat another.
    """

    exclusions: Sequence[Exclusions] = ()
    _left_out: dict[str, int] = field(default_factory=dict)
    _passing: list[Identities] = field(default_factory=list)

    def find_kept(self, rows: Identities, passing: Ints) -> Ints:
        """The numbers of those that stay, in order. passing: the numbers of those that pass."""
        stays = np.ones(len(rows), bool)
        for one in self.exclusions:
            named = (one.reasons(rows) != "").to_numpy()
            left = int(np.count_nonzero(named & stays))
            self._left_out[one.source] = self._left_out.get(one.source, 0) + left
            stays &= ~named
        self._passing.append(rows.take(passing[stays[passing]]))
        return np.flatnonzero(stays)

    @property
    def notes(self) -> Iterator[str]:
        """For people."""
        for source, n in self._left_out.items():
            yield f"Left out, named in {source}: {count_words(n, 'row')}."
        if not self._passing:
            return
        repeats = len(group_duplicates(self._passing).behind)
        if repeats:
            rows = count_words(repeats, "passing row repeats", "passing rows repeat")
            yield (
                f"{rows} another: a like name at the same place, with or without the same phone or "
                "web domain. `sweetspot export` leaves such rows out."
            )
