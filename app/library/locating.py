"""Where the rows of a stored list are, found once for each map and not for each home base.

1. A fix depends on the home base only where no postcode says which town is meant (see `Geocoder`):
   rows with a postcode that the geocoder knows are settled, the others are open.
2. Open rows are placed anew from each home base, with those that were asked for last kept.
"""

from collections.abc import Sequence

import numpy as np

from app.businesses.prospects import Prospects
from app.find.locating import locate_rows
from app.geo.addresses.address import Addresses, number_distinct
from app.geo.geocoding.geocoder import Accuracy, Geocoder, given_fixes
from app.geo.points import Mask, Point
from app.library.columns import LocatedRows


def locate_list(
    prospects: Prospects, geocoder: Geocoder, near: Point, by_address: bool = False
) -> LocatedRows:
    """Where those rows are. `by_address`: even where the list has coordinates."""
    fixes = given_fixes(prospects.given)
    placed = np.full(len(prospects), by_address) | ~prospects.given.known
    rows = np.flatnonzero(placed)
    if len(rows):
        fixes = fixes.replaced(rows, locate_rows(prospects, rows, geocoder, near))
    return LocatedRows(fixes, placed & ~_has_known_postcode(prospects.addresses.postcode, geocoder))


def _has_known_postcode(postcodes: Sequence[str], geocoder: Geocoder) -> Mask:
    """1."""
    codes, code_of = number_distinct(postcodes)
    blank = [""] * len(codes)
    found = geocoder.locate(Addresses(blank, blank, blank, codes))
    known: Mask = (found.accuracy > Accuracy.NONE)[np.asarray(code_of, np.int64)]
    return known
