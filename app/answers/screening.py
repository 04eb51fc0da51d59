"""Rows of an answer that are left out whatever their verdict, and those that repeat another."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from app.geo.points import Ints, Points
from app.lists.identity import Exclusions, Identities, find_repeats
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
            named = np.array([bool(why) for why in one.reasons(rows)], bool)
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
        repeats = len(find_repeats(_joined(self._passing))) if self._passing else 0
        if repeats:
            rows = count_words(repeats, "passing row repeats", "passing rows repeat")
            yield (
                f"{rows} another: the same name at the same place, or the same phone. "
                "`sweetspot export` leaves such rows out."
            )


def _joined(parts: Sequence[Identities]) -> Identities:
    lon, lat = (np.concatenate([getattr(one.at, axis) for one in parts]) for axis in ("lon", "lat"))
    return Identities(pl.concat([one.recipients for one in parts]), Points(lon, lat))
