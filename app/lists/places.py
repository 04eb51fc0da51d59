"""A region's own places as a list of prospects, where no list was rented."""

from dataclasses import replace

import polars as pl

from app.businesses import kinds
from app.businesses.sizes import SIZES
from app.errors import BadList
from app.lists.column_report import ColumnReport
from app.lists.read import ListFile, from_rows

UNSIZED = (
    "These are places of the region's map, not a rented list: how large they are is not known, so "
    "none can pass, and what fits otherwise is maybe."
)


def from_places(places: pl.DataFrame) -> ListFile:
    """The places (in the columns of `app.geo.places.schema.SCHEMA`) as a list, in their order.

    Their sizes count as asked for and unknown. Raises BadList where there are none.
    """
    if not places.height:
        raise BadList("the region's map holds no named business", field="region")
    listed = from_rows([_row(place) for place in places.iter_rows(named=True)])
    known, notes = listed.known | set(SIZES), [UNSIZED, *listed.notes]
    return replace(listed, known=known, notes=notes, seen=ColumnReport({}, {}))


def _row(place: dict[str, str]) -> dict[str, object]:
    code, _, words = kinds.trade_of(place["kind"]).rpartition(" | ")
    return {
        "Name": place["name"],
        "Address": f"{place['housenumber']} {place['street']}".strip(),
        "City": place["city"],
        "State": place["state"],
        "ZIP": place["postcode"],
        "Latitude": place["lat"],
        "Longitude": place["lon"],
        "Phone": place["phone"],
        "Website": place["website"],
        "Kind": place["kind"],
        "NAICS": code.removeprefix("naics:"),
        "Industry": words,
        "Source": place["source"],
    }
