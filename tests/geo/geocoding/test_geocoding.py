"""What geocoding services say, in the shapes they document, and what we make of it.

The replies in `replies/` are written by hand from each service's public documentation, linked
there; none was recorded. A real server on loopback gives them to geopy and our `Sender`.
"""

import json
import logging
import re
from contextlib import ExitStack, closing
from dataclasses import replace
from math import inf
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.errors import BackendDown, BadQuestion, Refused
from app.geo.addresses.address import Address, Addresses
from app.geo.addresses.one_line import address_key, one_line, plain_address
from app.geo.geocoding import gridpin
from app.geo.geocoding.fix import RADIUS_M, Fix, GeocodeReply, apart_m, distinct_fixes
from app.geo.geocoding.geocoder import Accuracy
from app.geo.geocoding.matching import choose_fix, match_fixes
from app.geo.geocoding.services import census
from app.geo.geocoding.services.cache import GeocodeCache
from app.geo.geocoding.services.providers import PROVIDERS
from app.geo.geocoding.services.service_geocoder import ServiceGeocoder
from app.geo.geocoding.services.through_geopy import GeopyService
from app.geo.http.sender import Sender
from app.geo.points import Point
from app.settings import Settings
from app.wiring.services import geocoding_services

REPLIES = Path(__file__).parent / "replies"
KEY = "s3cret-key"
NAMES = sorted(PROVIDERS)
# What a case is worth where the service can't tell what the case is called.
WORTH = {
    ("opencage", "rooftop"): "interpolated",
    ("geocodio", "postcode"): "place",
}
LABELS = ("rooftop", "interpolated", "street", "postcode", "place")
pytestmark = pytest.mark.usefixtures("impatient")


def cases(name):
    return json.loads((REPLIES / f"{name}.json").read_text(encoding="utf-8"))["cases"]


@pytest.fixture
def told(server):
    """`told(name, reply)`: what a provider's adapter makes of one reply."""

    def tell(name, reply):
        body = reply["body"]
        text = body if isinstance(body, str) else json.dumps(body)
        url = server(lambda handler, _: handler.reply(reply["status"], text.encode()))
        with closing(Sender(name, frozenset({"127.0.0.1"}))) as sender:
            service = GeopyService(PROVIDERS[name], sender.ask, KEY, url)
            return service.ask([Address("1 X Street")])[0]

    return tell


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("name", NAMES)
def test_each_kind_of_match_has_our_accuracy(told, name, label):
    said = told(name, cases(name)[label])
    assert said.fixes[0].accuracy.label == WORTH.get((name, label), label)
    assert said.fixes[0].radius_m > 0
    assert said.fixes[0].label
    assert -180 <= said.fixes[0].lon < -60 < 20 < said.fixes[0].lat < 50


@pytest.mark.parametrize("name", NAMES)
def test_nothing_found_is_no_fix_and_no_error(told, name):
    assert told(name, cases(name)["none"]) == GeocodeReply()


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_key_and_a_quota_that_is_gone_are_refusals(told, name):
    """None of them is "no such address", and none shows the key."""
    for case in ("wrong_key", "quota"):
        kinds = BackendDown if (name, case) == ("arcgis", "quota") else Refused
        with pytest.raises(kinds) as caught:
            told(name, cases(name)[case])
        assert KEY not in f"{caught.value!r} {caught.value.__cause__!r}"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "body",
    ["<html>busy</html>", '"text"', "null", '{"results": [{}], "features": [{}]}', '[{"a": 1}]'],
)
def test_nonsense_is_no_answer(told, name, body):
    """HTML, JSON of another shape: the service is down for us, the address is not unknown."""
    reply = {"status": 200, "body": body}
    try:
        said = told(name, reply)
    except BackendDown as why:
        assert name in str(why)  # noqa: PT017 -- what geopy takes for an empty answer is allowed
    else:
        assert not said.fixes


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_kind_stays_unknown(told, name):
    """A word that no table has is no fix, even with coordinates beside it."""
    reply = json.loads(
        re.sub(
            r'"(PA|Point Address|rooftop|ROOFTOP|PointAddress|house|building|'
            r'street_address|houseNumber|street_number|premise)"(?!:)',
            '"brand_new"',
            json.dumps(cases(name)["rooftop"]),
        )
    )
    if name == "pelias":
        reply["body"]["features"][0]["properties"]["layer"] = "brand_new"
    if name == "photon":
        reply["body"]["features"][0]["properties"].pop("housenumber")
    if name == "nominatim":
        reply["body"][0]["address"] = {}
    said = told(name, reply)
    assert not said.fixes
    assert "kind" in said.note


# What the replies are answers to, where it is not 412 Maple St.
ASKED = {
    "azure": Address("1530 Pine St", "Boulder", "CO", "80302"),
    "geocodio": Address("27 Elm St", "Burlington", "VT", "05401"),
    "here": Address("412 West Oak St", "Springfield", "IL", "62704"),
    "mapbox": Address("905 Bay Rd", "Duluth", "MN", "55802"),
    "opencage": Address("88 Court St", "Athens", "OH", "45701"),
    "tomtom": Address("1530 Pine St", "Boulder", "CO", "80302"),
}


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_is_as_good_as_its_address_fits(told, name):
    """Another number is the street's, another street the town's, another town or state nothing.

    Another ZIP code of the town is no reason to doubt.
    """
    asked = ASKED.get(name, Address("412 Maple St", "Springfield", "IL", "62704"))
    said = told(name, cases(name)["rooftop"])
    number, street = asked.line.split(" ", 1)

    def fits(**other):
        return [fix.accuracy for fix in match_fixes(replace(asked, **other), said)]

    best = [said.fixes[0].accuracy]
    assert best[0] >= Accuracy.INTERPOLATED
    assert fits() == fits(postcode=f"{asked.postcode[:3]}99") == best
    assert fits(line=f"9999 {street}") == [Accuracy.STREET]
    assert fits(line=f"{number} Quarry Hill Rd") == [Accuracy.PLACE]
    assert fits(state="TX", postcode="") == []
    assert fits(city="Nome", postcode="99762") == []
    assert fits(city="", state="", postcode="") == best


# Where each service says how well an answer fits: what its good replies have, and a poor one.
DOUBTS = {
    "arcgis": ('"Score": 100', '"Score": 62'),
    "geocodio": ('"accuracy": 1,', '"accuracy": 0.5,'),
    "google": ('"geometry"', '"partial_match": true, "geometry"'),
    "here": ('"queryScore": 1.0', '"queryScore": 0.55'),
    "mapbox": ('"relevance": 1,', '"relevance": 0.5,'),
    "pelias": ('"confidence": 1,', '"confidence": 0.6,'),
    "tomtom": ('"matchConfidence": {"score": 1.0}', '"matchConfidence": {"score": 0.5}'),
}


@pytest.mark.parametrize("name", DOUBTS)
def test_a_match_of_a_part_is_the_street_s_at_best(told, name):
    good, poor = DOUBTS[name]
    text = json.dumps(cases(name)["rooftop"])
    assert good in text
    assert told(name, json.loads(text)).fixes[0].accuracy == Accuracy.ROOFTOP
    said = told(name, json.loads(text.replace(good, poor)))
    assert said.fixes[0].accuracy == Accuracy.STREET
    assert said.fixes[0].radius_m > 1000


def matches():
    """Those of matches.txt, which says what its columns are."""
    text = (REPLIES / "matches.txt").read_text(encoding="utf-8")
    for line in [line for line in text.splitlines() if not line.startswith("#")]:
        asked, label, worth = line.split(" -> ")
        yield pytest.param(
            Address(*(part.strip() for part in asked.split("|"))), label, worth, id=line
        )


@pytest.mark.parametrize(("asked", "label", "worth"), [*matches()])
def test_an_answer_is_worth_what_its_address_is(asked, label, worth):
    fixes = match_fixes(asked, GeocodeReply((Fix(-80.0, 40.0, Accuracy.ROOFTOP, 100.0, label),)))
    assert (fixes[0].accuracy.label if fixes else "none") == worth
    assert not fixes or fixes[0].radius_m == RADIUS_M[fixes[0].accuracy]


def test_a_rough_place_in_another_town_is_none():
    """Nashua's ZIP code is no answer to a street in Dover."""
    asked = Address("7 Main St", "Dover", "NH")
    for accuracy in (Accuracy.POSTCODE, Accuracy.PLACE):
        fix = Fix(-71.5, 42.8, accuracy, RADIUS_M[accuracy], "Nashua, NH 03060, USA")
        assert match_fixes(asked, GeocodeReply((fix,))) == []
        there = fix._replace(label="Dover, NH 03820, USA")
        assert match_fixes(asked, GeocodeReply((there,))) == [there]


@given(*[some.text(max_size=40)] * 5)
def test_nothing_that_is_asked_or_answered_breaks_it(line, town, state, postcode, label):
    fix = Fix(-71.5, 42.8, Accuracy.ROOFTOP, 100.0, label)
    match_fixes(Address(line, town, state, postcode), GeocodeReply((fix,)))


def test_places_come_best_first_and_the_town_s_postcode_is_a_tie_break_only():
    """Maple Ave is another street; a ZIP code of P.O. boxes is no reason to take it."""

    def fix(label, accuracy=Accuracy.ROOFTOP, lat=43.0):
        return Fix(-71.0, lat, accuracy, RADIUS_M[accuracy], label)

    asked = Address("7 Main St", "Dover", "NH", "03820")
    main, maple = fix("7 Main St, Dover, NH 03821"), fix("7 Maple Ave, Dover, NH 03820", lat=43.1)
    centre = fix("Dover, NH 03820", Accuracy.POSTCODE)
    assert [f.accuracy for f in match_fixes(asked, GeocodeReply((maple, main)))] == [5, 1]
    assert choose_fix(asked, GeocodeReply((maple, centre, main)), None, "example") == main
    here = fix("7 Main St, Dover, NH 03820", lat=43.2)
    assert choose_fix(asked, GeocodeReply((main, here)), None, "example") == here
    nashua = fix("7 Main St, Nashua, NH 03060", lat=42.8)
    assert (
        choose_fix(replace(asked, postcode=""), GeocodeReply((nashua, main)), None, "example")
        == main
    )


def test_a_line_whose_town_can_not_be_told_is_asked_as_it_is():
    """Without the town there would be one street of that name in the world."""
    lines = ("20 Victoria Street, Douglas, Isle of Man", "20 Victoria Street, Liverpool",
             "100 Broadway, New York, NY", "100 Broadway, Florida, NY",
             "12 Main St, Toronto, Canada")  # fmt: skip
    assert [one_line(Address(line)) for line in lines] == list(lines)
    assert len({address_key(Address(line)) for line in lines}) == len(lines)


def test_a_postcode_that_a_spreadsheet_spoiled_is_asked_repaired():
    one, other = (
        Address("7 Main St", "Dover", "NH", "3820"),
        Address("7 Main St", "Dover", "NH", "03820"),
    )
    assert one_line(one) == "7 Main St, Dover, NH 03820"
    assert address_key(one) == address_key(other)


def test_a_place_elsewhere_is_named_in_the_note():
    label = "10 Main St, Worcester, England"
    told = GeocodeReply((Fix(-2.2, 52.2, Accuracy.ROOFTOP, 100.0, label),))
    fix = choose_fix(Address("10 Main St", "Worcester", "MA", "01608"), told, None, "example")
    assert fix.accuracy == Accuracy.NONE
    assert label in fix.note


def test_two_towns_with_one_label_are_two_places():
    here = Fix(-89.65, 39.79, Accuracy.ROOFTOP, 100.0, "412 Maple St")
    there = here._replace(lon=-72.58)
    assert distinct_fixes([here, there, here._replace(lat=39.791)]) == [here, there]


def test_pelias_s_label_names_the_town(told):
    assert told("pelias", cases("pelias")["rooftop"]).fixes[0].label == (
        "412 Maple St, Springfield, IL, USA, 62704"
    )


def test_a_null_for_coordinates_is_no_place(told):
    reply = cases("google")["rooftop"]
    reply["body"]["results"][0]["geometry"]["location"] = {"lat": None, "lng": None}
    with pytest.raises(BackendDown):
        told("google", reply)


def test_a_neighbour_s_number_is_no_rooftop(told):
    for name, case in (("here", "fallback"), ("geocodio", "neighbour")):
        assert told(name, cases(name)[case]).fixes[0].accuracy == Accuracy.STREET


@pytest.mark.parametrize("name", NAMES)
def test_keys_are_in_no_log(told, name, caplog):
    caplog.set_level(logging.DEBUG)
    told(name, cases(name)["rooftop"])
    assert KEY not in caplog.text


@pytest.mark.parametrize("name", NAMES)
def test_where_each_one_answers_and_what_it_is_sent(server, name):
    """The path, the address, the key: geopy's and ours, at a server of one's own."""
    url = server(
        lambda handler, _: handler.reply(200, json.dumps(cases(name)["none"]["body"]).encode())
    )
    with closing(Sender(name, frozenset({"127.0.0.1"}))) as sender:
        asked = Address("12 Elm St Ste 4", "Macon", "GA", "31201")
        GeopyService(PROVIDERS[name], sender.ask, KEY, f"{url}/own").ask([asked])
    (path,) = server.seen
    assert path.startswith("/own/")
    assert re.search(r"12(\+|%20)Elm(\+|%20)St", path)
    assert "31201" in path
    assert "Ste" not in path
    assert (KEY in path) == (name not in ("nominatim", "photon"))


def test_places_that_fit_equally_are_a_tie():
    here = Fix(-89.65, 39.79, Accuracy.ROOFTOP, 100.0, "412 Maple St, Springfield, IL 62704")
    there = Fix(-72.58, 42.11, Accuracy.ROOFTOP, 100.0, "412 Maple St, Springfield, MA 01105")
    both = GeocodeReply((here, there))
    asked = Address("412 Maple St", "Springfield")
    fix = choose_fix(asked, both, None, "example")
    assert fix.accuracy == Accuracy.NONE
    assert "tie" in fix.note
    assert "MA 01105" in fix.note
    near = choose_fix(asked, both, Point(-72, 42), "example")
    assert (near.lon, near.lat) == (there.lon, there.lat)
    assert near.accuracy == Accuracy.PLACE
    assert near.radius_m > apart_m(here, there)
    assert "any of 2" in near.note
    assert choose_fix(Address("412 Maple St", postcode="62704"), both, None, "example") == here
    assert choose_fix(Address("412 Maple St", state="IL"), both, None, "example") == here
    same_state = GeocodeReply(
        (here, here._replace(lon=-88.2, label="412 Maple St, Urbana, IL 61801"))
    )
    asked = Address("412 Maple St", state="IL")
    assert choose_fix(asked, same_state, Point(-88, 40), "example").accuracy == Accuracy.NONE
    one_line_only = Address("412 Maple St, Springfield, IL 62704")
    assert choose_fix(one_line_only, both, Point(-72, 42), "example") == here


def test_what_is_asked_has_no_unit_and_is_in_parts():
    assert one_line(Address("1001 Bishop St, Ste 2800", "Honolulu", "HI", "96813")) == (
        "1001 Bishop St, Honolulu, HI 96813"
    )
    whole = plain_address(Address("1001 Bishop St, Honolulu, HI 96813"))
    assert whole == Address("1001 Bishop St", "Honolulu", "HI", "96813")


CENSUS = [
    Address("1200 Main St", "Springfield", "OR", "97477"),
    Address('14 "Oak", Rear', "Salem", "MA", ""),
    Address("9 Nowhere Ln", "Atlantis", "NV", "00000"),
]
# https://geocoding.geo.census.gov/geocoder/Geocoding_Services_API.html; lines come in any order.
CENSUS_SAID = (
    '"2","9 Nowhere Ln, Atlantis, NV, 00000","No_Match"\n'
    '"1","14 Oak, Salem, MA, ","Tie"\n\n'
    '"0","1200 Main St, Springfield, OR, 97477","Match","Non_Exact",'
    '"1200 MAIN ST, SPRINGFIELD, OR, 97477","-123.015,44.0459","77081234","L"\n'
)


def test_census_answers_in_any_order_and_ties_are_ties():
    match, tie, none = census.read_census_reply(CENSUS_SAID.encode(), 3)
    assert match.fixes == (
        Fix(
            -123.015, 44.0459, Accuracy.INTERPOLATED, 250.0, "1200 MAIN ST, SPRINGFIELD, OR, 97477"
        ),
    )
    assert "differently" in match.note
    assert not tie.fixes
    assert "tie" in tie.note
    assert not none.fixes
    assert "does not know" in none.note


def test_census_gets_a_file_of_five_columns(server):
    url = server(lambda handler, _: handler.reply(200, CENSUS_SAID.encode()))
    with closing(Sender("census", frozenset({"127.0.0.1"}))) as sender:
        assert len(census.Census(sender.ask, url).ask(CENSUS)) == 3
    (path,), (body,) = server.seen, server.bodies
    assert path == "/geocoder/locations/addressbatch"
    assert b'name="addressFile"; filename="addresses.csv"' in body
    assert b'name="benchmark"\r\n\r\nPublic_AR_Current' in body
    lines = body.partition(b"\r\n\r\n0,")[2].splitlines()
    assert lines[0] == b"1200 Main St,Springfield,OR,97477"
    assert lines[1].startswith(b"1,")
    assert lines[1].count(b",") == 4


def test_an_address_that_spoils_a_file_costs_the_smallest_part_of_it(server, tmp_path, monkeypatch):
    """Found by halving, which is no reason to leave the service alone: all other files follow."""

    def census_server(handler, _):
        lines = server.bodies[-1].partition(b"\r\n\r\n0,")[2].split(b"\r\n--")[0].splitlines()
        if any(b"666 Bad St" in line for line in lines):
            return handler.reply(500, b"")
        match = '"{}","x","Match","Exact","{} MAIN ST, DOVER, NH, 03820","-70.9,43.2","7","L"'
        said = [match.format(i, line.split()[0].decode().rpartition(",")[2])
                for i, line in enumerate(lines)]  # fmt: skip
        return handler.reply(200, "\n".join(said).encode())

    monkeypatch.setattr(GeocodeCache, "turn", lambda *_: None)  # its pace is another test's
    settings = Settings(geocoders="census", geocoder_urls=f"census={server(census_server)}")
    lines = [f"{n} Main St" if n != 4 else "666 Bad St" for n in range(1, 10_201)]
    asked = Addresses.of([Address(line, "Dover", "NH", "03820") for line in lines])
    with closing(GeocodeCache(tmp_path / "kept.sqlite")) as memory, ExitStack() as stack:
        (one,) = geocoding_services(settings, memory, stack)
        run = ServiceGeocoder(one.service, memory, one.budget)
        fixes = run.locate(asked)
    assert fixes.accuracy.astype(bool).sum() == 10_200 - 625
    assert not fixes.accuracy[:625].any()
    assert (run.use.asked, run.use.lost, run.use.found) == (10_200, 625, 9_575)


@pytest.mark.parametrize(
    "said",
    [
        b"<html><body>maintenance</body></html>",
        b"",
        CENSUS_SAID.encode()[:60],
        CENSUS_SAID.encode() + b'"7","x","No_Match"\n',
        CENSUS_SAID.replace("Tie", "Maybe").encode(),
        CENSUS_SAID.replace("-123.015,44.0459", "").encode(),
        CENSUS_SAID.replace("-123.015,44.0459", "nan,nan").encode(),
        CENSUS_SAID.replace("-123.015,44.0459", "44.0459,-123.015").encode(),
    ],
)
def test_census_answers_that_are_none(said):
    """A page of HTML, nothing, half of it, others, a new word, no coordinates."""
    with pytest.raises(BackendDown):
        census.read_census_reply(said, 3)


class Sheet:
    """A stand-in for `gridpin.Geocoder`: no file of any country can be had here.

    Its replies have the shape that the package 0.5.0 documents.
    """

    def __init__(self, places):
        self.places = places

    def geocode_many(self, queries, k):
        return [self.places[:k] for _ in queries]


@pytest.mark.parametrize(
    ("case", "label"),
    [("rooftop", "rooftop"), ("interpolated", "interpolated"), ("near", "street"),
     ("street", "street"), ("place", ""), ("none", "")],
)  # fmt: skip
def test_gridpin_s_precisions(case, label):
    """What it knows only to the town is no fix: the ZIP code is as good."""
    places = cases("gridpin")[case]
    number = places[0].get("housenumber", "31") if places and case != "near" else "31"
    asked = Address(f"{number} C Street", "Dover", "DE", "19901")
    fixes = gridpin.GridPin("", Sheet(places)).locate(Addresses.of([asked]))
    assert Accuracy(fixes.accuracy[0]).label == label
    assert fixes.note[0] or label
    assert np.isfinite(fixes.at.lon[0]) == bool(label)


def test_gridpin_s_ambiguous_places_are_told_apart_by_the_postcode():
    sheet = gridpin.GridPin("", Sheet(cases("gridpin")["ambiguous"]))
    asked = [Address("7 Main Street", "Dover", "", code) for code in ("03820", "")]
    fixes = sheet.locate(Addresses.of(asked))
    assert fixes.at.lat[0] == pytest.approx(43.19)
    assert not fixes.accuracy[1]
    assert "tie" in fixes.note[1]


def test_a_gridpin_file_that_can_not_be_used(tmp_path):
    """The real package, with a missing and with a broken file."""
    with pytest.raises(BadQuestion, match="no such file"):
        gridpin.GridPin(str(tmp_path / "us.bin"))
    (tmp_path / "us.bin").write_bytes(b"no sheet")
    with pytest.raises(BadQuestion, match="can't be used"):
        gridpin.GridPin(str(tmp_path / "us.bin"))


def test_every_public_server_that_discourages_bulk_says_where():
    for provider in PROVIDERS.values():
        assert provider.terms.bulk == inf or provider.terms.policy.startswith("https://")
