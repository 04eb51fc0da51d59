"""A list's rows as one table: its own cells, what was read of them, and who mail goes to.

Columns: `cell:HEADER` for each of the list's own, `to:...` for those of a recipient, the rest as in
`Prospects`, a size as NAME_low and NAME_high.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from app.businesses.prospects import Prospects, Ranges
from app.businesses.sizes import SIZES
from app.geo.addresses.address import Addresses
from app.geo.geocoding.geocoder import Fixes
from app.geo.points import Floats, Mask, Points
from app.geo.text_column import TextColumn, text_series
from app.lists.recipients import RECIPIENT

CELL, TO = "cell:", "to:"
_ADDRESS = ("line", "city", "state", "postcode", "country")
_TEXTS = ("name", "doubts", "industry", "advisers", "closed", "licence_ends", "opt_outs")
_FIX_TEXTS = ("source", "label", "note", "street")
# Rows that one read takes together: a page's rows lie anywhere in a list. Judgement.
ROW_GROUP = 5_000


def write_table(table: pl.DataFrame, to: Path) -> None:
    """The same bytes for the same table."""
    table.write_parquet(to, row_group_size=ROW_GROUP, statistics=False)


def prospects_table(
    prospects: Prospects, recipients: pl.DataFrame, dropped: Sequence[str] = ()
) -> pl.DataFrame:
    """Those rows as a table, without the cells of the headers that are dropped."""
    at = prospects.addresses
    columns = {
        **{name: text_series(getattr(prospects, name)) for name in _TEXTS},
        **{name: text_series(getattr(at, name)) for name in _ADDRESS[:-1]},
        "country": text_series(at.countries),
        "lon": pl.Series(prospects.given.lon),
        "lat": pl.Series(prospects.given.lat),
    }
    for name in SIZES:
        sizes: Ranges = getattr(prospects, name)
        columns |= {f"{name}_low": pl.Series(sizes.low), f"{name}_high": pl.Series(sizes.high)}
    cells = prospects.cells.drop(dropped)
    return pl.DataFrame(columns).hstack(
        [
            *(cells[header].alias(CELL + header) for header in cells.columns),
            *(recipients[name].alias(TO + name) for name in RECIPIENT),
        ]
    )


def read_columns(table: pl.DataFrame, cells: pl.DataFrame) -> Prospects:
    """The prospects of a table, with those cells."""

    def texts(name: str) -> TextColumn:
        return TextColumn(table[name])

    def numbers(name: str) -> Floats:
        return np.ascontiguousarray(table[name].to_numpy())

    def sizes(name: str) -> Ranges:
        return Ranges(numbers(f"{name}_low"), numbers(f"{name}_high"))

    country = table["country"]
    return Prospects(
        cells=cells,
        name=texts("name"),
        addresses=Addresses(
            texts("line"),
            texts("city"),
            texts("state"),
            texts("postcode"),
            TextColumn(country) if (country != "").any() else (),
        ),
        doubts=texts("doubts"),
        given=Points(numbers("lon"), numbers("lat")),
        computers=sizes("computers"),
        employees=sizes("employees"),
        sales=sizes("sales"),
        industry=texts("industry"),
        advisers=texts("advisers"),
        closed=texts("closed"),
        licence_ends=texts("licence_ends"),
        opt_outs=texts("opt_outs"),
    )


@dataclass(frozen=True)
class LocatedRows:
    """Where rows are, from wherever one drives; `open_rows` (bool each) are found anew from each.

    These are the ones whose fix depends on the home base: no postcode says which town is meant.
    """

    fixes: Fixes
    open_rows: Mask

    def table(self) -> pl.DataFrame:
        """As a table."""
        fixes = self.fixes
        return pl.DataFrame(
            {
                "lon": fixes.at.lon,
                "lat": fixes.at.lat,
                "accuracy": fixes.accuracy,
                "radius_m": fixes.radius_m,
                **{name: text_series(getattr(fixes, name)) for name in _FIX_TEXTS},
                "open": self.open_rows,
            }
        )

    @classmethod
    def of_table(cls, table: pl.DataFrame) -> "LocatedRows":
        """What `table` made a table of."""
        fixes = Fixes(
            Points(
                *(np.ascontiguousarray(table[name].to_numpy()) for name in ("lon", "lat")),
            ),
            np.ascontiguousarray(table["accuracy"].to_numpy()),
            np.ascontiguousarray(table["radius_m"].to_numpy()),
            *(TextColumn(table[name]) for name in _FIX_TEXTS),
        )
        return cls(fixes, np.ascontiguousarray(table["open"].to_numpy()))
