"""Every geocoder, asked by many threads at once and in any order."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from itertools import batched, count
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from app.geo.addresses.address import Address, Addresses
from app.geo.geocoding.cascade import Cascade
from app.geo.geocoding.gazetteer.gazetteer import Gazetteer
from app.geo.geocoding.geocoder import Fixes, Geocoder
from app.geo.geocoding.gridpin import GridPin
from app.geo.geocoding.services.cache import GeocodeCache
from app.geo.geocoding.services.providers import PROVIDERS
from app.geo.geocoding.services.service import Terms
from app.geo.geocoding.services.service_geocoder import Budget, ServiceGeocoder
from app.geo.geocoding.services.through_geopy import GeopyService
from app.geo.geocoding.zips.zip_codes import ZipGeocoder
from app.geo.http.sender import Sender
from app.geo.points import Point
from app.geo.regions.region import Region
from app.geo.regions.sample import county as sample
from tests.contracts.together import towns
from tests.contracts.together.asking import (
    NORMALLY,
    RESTLESSLY,
    THREADS,
    in_another_order,
    none_wrong,
    switching,
    wrong_in_turn,
    wrong_together,
)
from tests.geo.geocoding.test_geocoding import cases

pytestmark = pytest.mark.usefixtures("impatient")

BATCH = 40
NEAR = (None, sample.HOME, sample.county_point(40, 0), sample.county_point(0, 5))
TYPED = (
    "Larkfield",
    "Main",
    "220 Main",
    "Oak Street, Brightw",
    "Springfield",
    "010",
    "Kailua",
    "Douglas",
)


@dataclass(frozen=True)
class Asked:
    """A batch to be located, or one address whose candidates are wanted."""

    addresses: Sequence[Address]
    near: Point | None = None
    candidates: bool = False

    def of(self, geocoder: Geocoder) -> list[str]:
        """What the geocoder says of it."""
        if self.candidates:
            return rows(geocoder.candidates(self.addresses[0], 5, self.near))
        return rows(geocoder.locate(Addresses.of(self.addresses), self.near))


def rows(fixes: Fixes) -> list[str]:
    """Each fix as text, its numbers to the last bit."""
    numbers = (fixes.at.lon, fixes.at.lat, fixes.accuracy, fixes.radius_m)
    columns = (*(column.tolist() for column in numbers), fixes.source, fixes.label, fixes.note)
    return [repr(row) for row in zip(*columns, strict=True)]


def _asked(addresses: Sequence[Address]) -> dict[str, Asked]:
    """Batches that share streets and towns, and what is typed."""
    made = {
        f"batch {i}": Asked(batch, NEAR[i % len(NEAR)])
        for i, batch in enumerate(batched(addresses, BATCH))
    }
    return made | {text: Asked([Address(text)], candidates=True) for text in TYPED}


@dataclass(frozen=True)
class Made:
    """A way to make one geocoder anew, and what it is asked."""

    fresh: Callable[[], Geocoder]
    asked: Mapping[str, Asked]

    def alone(self) -> dict[str, list[str]]:
        """Each answer of a geocoder that was asked nothing before."""
        return {name: one.of(self.fresh()) for name, one in self.asked.items()}


def gazetteer(request: pytest.FixtureRequest, _: ExitStack) -> Made:
    county: Region = request.getfixturevalue("county")
    return Made(lambda: Gazetteer(county.gazetteer, "county"), _asked(towns.spellings()))


def gazetteer_of_oahu(request: pytest.FixtureRequest, _: ExitStack) -> Made:
    oahu, shared = request.getfixturevalue("oahu"), request.getfixturevalue("shared")
    listed = towns.hawaiian(shared / "data" / "lists" / "hawaii-retailers.csv")
    return Made(lambda: Gazetteer(oahu.gazetteer, "oahu"), _asked(listed[:1200]))


def gazetteer_of_man(request: pytest.FixtureRequest, _: ExitStack) -> Made:
    man, shared = request.getfixturevalue("isle_of_man"), request.getfixturevalue("shared")
    listed = towns.manx(shared / "data" / "addresses" / "isle-of-man.csv")
    return Made(lambda: Gazetteer(man.gazetteer, "man"), _asked(listed[:400]))


def zips(_: pytest.FixtureRequest, __: ExitStack) -> Made:
    """Its table takes a second to load: fresh ones take turns, so each has been asked little."""
    few, turn = [ZipGeocoder() for _ in range(2)], count()
    return Made(lambda: few[next(turn) % len(few)], _asked(towns.spellings(400)))


class Sheet:
    """A stand-in for `gridpin.Geocoder`, of which no country's file can be had here.

    It knows every address: where, its text says.
    """

    def geocode_many(self, queries, _):
        return [[_gridpin_place(query)] for query in queries]


def _gridpin_place(text: str) -> dict[str, Any]:
    place = dict(cases("gridpin")["rooftop"][0])
    number, _, street = text.partition(",")[0].partition(" ")
    return place | {
        "lon": -116.6 + sum(text.encode()) % 997 / 1000,
        "lat": 40 + len(text) / 1000,
        "housenumber": number,
        "street": street,
    }


def gridpin(_: pytest.FixtureRequest, __: ExitStack) -> Made:
    return Made(lambda: GridPin("", Sheet()), _asked(towns.spellings(400)))


def cascade(request: pytest.FixtureRequest, stack: ExitStack) -> Made:
    """The gazetteer, then ZIP codes, as they are wired."""
    first, second = gazetteer(request, stack), zips(request, stack)
    return Made(lambda: Cascade([first.fresh(), second.fresh()]), first.asked)


def online(request: pytest.FixtureRequest, stack: ExitStack) -> Made:
    """A service over HTTP, one run for all. Each fresh one has a file of answers of its own."""
    url = request.getfixturevalue("server")(_google)
    folder, number = request.getfixturevalue("tmp_path"), count()
    sender = stack.enter_context(closing(Sender("google", frozenset({"127.0.0.1"}))))
    provider = replace(PROVIDERS["google"], terms=Terms())

    def fresh() -> ServiceGeocoder:
        memory = stack.enter_context(closing(GeocodeCache(folder / f"{next(number)}.sqlite")))
        return ServiceGeocoder(GeopyService(provider, sender.ask, "key", url), memory, Budget())

    return Made(fresh, _asked(towns.spellings(120)))


def _google(handler: Any, _: int) -> None:
    """Google's documented reply; where, the address says."""
    asked = parse_qs(urlsplit(handler.path).query)["address"][0]
    reply = cases("google")["rooftop"]["body"]
    at = {"lat": 40 + len(asked) / 1000, "lng": -116.6 + sum(asked.encode()) % 997 / 1000}
    reply["results"][0]["geometry"]["location"] = at
    reply["results"][0]["formatted_address"] = asked
    handler.reply(200, json.dumps(reply).encode())


GEOCODERS = (
    gazetteer,
    gazetteer_of_oahu,
    gazetteer_of_man,
    zips,
    gridpin,
    cascade,
    online,
)


@pytest.fixture(params=GEOCODERS, ids=lambda make: make.__name__)
def made(request: pytest.FixtureRequest) -> Iterator[Made]:
    with ExitStack() as stack:
        yield request.param(request, stack)


def test_many_at_once(made: Made) -> None:
    """New ones each time, for what is in their caches is not read again; then asked one by one."""
    alone, asked = made.alone(), made.asked
    for stir, every_s in enumerate((NORMALLY, RESTLESSLY, NORMALLY)):
        geocoder = made.fresh()
        with switching(every_s):
            found = wrong_together(lambda one, g=geocoder: one.of(g), asked, alone, stir=stir)
        none_wrong(found, THREADS * len(asked))
        after = wrong_in_turn(lambda one, g=geocoder: one.of(g), asked, alone)
        none_wrong(after, len(asked))


def test_in_any_order(made: Made) -> None:
    """What was asked before changes nothing."""
    alone = made.alone()
    for stir in range(10, 14):
        geocoder = made.fresh()
        asked = in_another_order(made.asked, stir)
        found = wrong_in_turn(lambda one, g=geocoder: one.of(g), asked, alone)
        none_wrong(found, len(asked))


def test_a_batch_is_its_rows(made: Made) -> None:
    """Backwards it has the same rows backwards: none depends on those before it."""
    asked = {name: one for name, one in made.asked.items() if not one.candidates}
    turned = {name: Asked(one.addresses[::-1], one.near) for name, one in asked.items()}
    alone = {name: one.of(made.fresh())[::-1] for name, one in asked.items()}
    none_wrong(wrong_in_turn(lambda one: one.of(made.fresh()), turned, alone), len(asked))


def test_an_answer_is_the_askers_own(made: Made) -> None:
    """Whoever writes into the columns it got spoils nobody's answer."""
    geocoder, (first, *_) = made.fresh(), made.asked.values()
    before = first.of(geocoder)
    fixes: Fixes = geocoder.locate(Addresses.of(first.addresses), first.near)
    for column in (fixes.at.lon, fixes.at.lat, fixes.radius_m, fixes.accuracy):
        if column.flags.writeable:
            column[:] = 0
    assert first.of(geocoder) == before
