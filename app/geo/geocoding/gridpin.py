"""GridPin: a second embedded geocoder, over one file a country that the user downloads.

https://gridpin.dev/docs It runs in this process and asks nobody. The package is optional
(`pip install sweetspot[gridpin]`) and its file is the user's to fetch.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from app.errors import BadQuestion
from app.geo.addresses.address import Address, Addresses
from app.geo.addresses.one_line import one_line, strip_rows
from app.geo.geocoding.fix import RADIUS_M, Fix, GeocodeReply, distinct_fixes, to_columns
from app.geo.geocoding.geocoder import Accuracy, Fixes
from app.geo.geocoding.matching import choose_fix, match_fixes
from app.geo.points import Point

MOST_PLACES = 5
# What its field `precision` says, by the package's own documentation (0.5.0). "near" is the
# nearest number that it knows; a town's centre is not better than what we have.
ACCURACIES: Mapping[str, Accuracy] = {
    "house": Accuracy.ROOFTOP,
    "interp": Accuracy.INTERPOLATED,
    "near": Accuracy.STREET,
    "street": Accuracy.STREET,
}


class GridPinEngine(Protocol):
    """The part of `gridpin.Geocoder` that is used."""

    def geocode_many(
        self, queries: Sequence[str], k: int, /
    ) -> Iterable[Iterable[Mapping[str, Any]]]:
        """For each query up to k places, best first, as mappings."""
        ...


class GridPin:
    """The Geocoder port over one country's file. What it knows only to the town is no fix.

    Safe for threads: its package does not say that it is, so it is asked behind one lock. Raises
    BadQuestion, naming the setting, where the file or the package is missing or unusable.
    """

    name = "gridpin"

    def __init__(self, path: str, engine: GridPinEngine | None = None) -> None:
        self._engine = engine or _open(path)
        self._lock = Lock()

    def locate(self, addresses: Addresses, near: Point | None = None) -> Fixes:
        """A fix for each address; see `Geocoder.locate`."""
        asked = strip_rows(addresses)
        told = zip(asked, self._ask(asked), strict=True)
        return to_columns([choose_fix(one, said, near, self.name) for one, said in told], self.name)

    def candidates(self, address: Address, k: int, near: Point | None = None) -> Fixes:
        """Up to k distinct places that fit, best first; see `Geocoder.candidates`."""
        del near
        (told,) = self._ask([address])
        places = distinct_fixes(match_fixes(address, told))
        return to_columns(places[: max(k, 0)], self.name)

    def _ask(self, addresses: Sequence[Address]) -> list[GeocodeReply]:
        texts = [one_line(address) for address in addresses]
        wanted = [i for i, text in enumerate(texts) if text]
        told = [GeocodeReply(note="no address")] * len(texts)
        with self._lock:
            found = list(self._engine.geocode_many([texts[i] for i in wanted], MOST_PLACES))
        for i, places in zip(wanted, found, strict=True):
            fixes = tuple(fix for fix in map(_fix, places) if fix.accuracy >= Accuracy.STREET)
            told[i] = GeocodeReply(fixes, "" if fixes else "gridpin knows no such street")
        return told


def _open(path: str) -> GridPinEngine:
    try:
        import gridpin
    except ImportError as why:
        raise BadQuestion(
            "SWEETSPOT_GRIDPIN: its package is missing: pip install 'sweetspot[gridpin]'",
            field="gridpin",
        ) from why
    if not Path(path).is_file():
        raise BadQuestion(
            f"SWEETSPOT_GRIDPIN {path!r}: there is no such file; `gridpin-fetch us` of the package "
            "gridpin-mcp gets it",
            field="gridpin",
        )
    try:
        opened: GridPinEngine = gridpin.Geocoder(path)
    except Exception as why:
        raise BadQuestion(
            f"SWEETSPOT_GRIDPIN {path!r} can't be used: {why}", field="gridpin"
        ) from why
    return opened


def _fix(place: Mapping[str, Any]) -> Fix:
    kind = ACCURACIES.get(place["precision"], Accuracy.NONE)
    if "poi_layer" in place.get("flags", ()):
        kind = Accuracy.NONE
    street = " ".join(filter(None, (place.get("housenumber"), place.get("street"))))
    label = ", ".join(filter(None, (street, place.get("commune"), place.get("postcode"))))
    return Fix(place["lon"], place["lat"], kind, RADIUS_M.get(kind, 0.0), label)
