"""openrouteservice and GraphHopper: what they are asked, and what is made of their answers.

All answers are written by hand in documented shapes; the link is with each.
"""

import json

import numpy as np
import pytest

from app.errors import BackendDown, BadInput, BadQuestion, Oversized, Refused, Spoilt
from app.geo.driving.engine import Direction, Driving, Road
from app.geo.driving.services.graphhopper import GraphHopper, OwnGraphHopper
from app.geo.driving.services.openrouteservice import OpenRouteService
from app.geo.driving.services.service_engine import ServiceEngine
from app.geo.points import Point, Points

HOME = Point(-157.8583, 21.3069)
TO = Points(np.array([-157.85, -157.84, -157.83]), np.array([21.3, 21.31, 21.32]))
HERE, THERE = [-157.8583, 21.3069], [[-157.85, 21.3], [-157.84, 21.31], [-157.83, 21.32]]
OUT, BACK = Driving(), Driving(Direction.BACK)
LIMITS = [30.0]
KEY = "s3cret-key"
ORS, HOPPER = OpenRouteService(KEY), GraphHopper(KEY)
OWN = OwnGraphHopper("http://127.0.0.1:8989/")


def sent(said) -> bytes:
    return json.dumps(said).encode()


def same(got, wanted) -> bool:
    return np.array_equal(got, wanted, equal_nan=True)


def ors_row(seconds, metres, home_metres=1.2):
    """As https://giscience.github.io/openrouteservice/api-reference/endpoints/matrix/ has it.

    The ends as in https://github.com/GIScience/openrouteservice/issues/2282.
    """
    home, *ends = (
        None if m is None else {"location": [-157.85, 21.3], "snapped_distance": m}
        for m in (home_metres, *metres)
    )
    said = {"durations": [seconds], "destinations": ends, "sources": [home]}
    return said | {"metadata": {"service": "matrix", "query": {"profile": "driving-car"}}}


def ors_column(seconds, metres, home_metres=1.2):
    row = ors_row(seconds, metres, home_metres)
    ends = {"destinations": row["sources"], "sources": row["destinations"]}
    return row | {"durations": [[s] for s in seconds]} | ends


def ors_error(code, message):
    """As in https://giscience.github.io/openrouteservice/api-reference/error-codes and issues."""
    info = {"engine": {"version": "9.5.0"}, "timestamp": 1769762378543}
    return sent({"error": {"code": code, "message": message}, "info": info})


def hopper_row(seconds, **hint):
    """MatrixResponse of https://docs.graphhopper.com/openapi/matrices (POST /matrix)."""
    said = {"times": [seconds], "info": {"copyrights": ["GraphHopper"], "took": 3}}
    return said | ({"hints": [{"message": "not all could be found", **hint}]} if hint else {})


def hopper_column(seconds, **hint):
    return hopper_row([], **hint) | {"times": [[s] for s in seconds]}


SERVICES = pytest.mark.parametrize("service", [ORS, HOPPER], ids=lambda s: s.name)
ORS_SHAPES = pytest.mark.parametrize("shape", [ors_row, ors_column])


# --- both


@SERVICES
def test_the_key_is_shown_nowhere(service):
    request = service.ask(HOME, TO, OUT)
    assert KEY not in request.url + repr(service) + json.dumps(request.body)
    assert KEY in {**(request.headers or {}), **(request.secret or {})}.values()


@SERVICES
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>502 Bad Gateway</body></html>",
        b'{"durations": [[1, 2',
        b"[]",
        b"null",
        b"7",
        b"{}",
        b'{"durations": [], "times": []}',
        b'{"durations": null, "times": null}',
        b'{"durations": [[1], [], [3]], "times": [[1], [], [3]]}',
        b'{"durations": [["a", 1, 2]], "times": [["a", 1, 2]]}',
        b'{"durations": [[{}, 1, 2]], "times": [[{}, 1, 2]]}',
        b'{"durations": [[1, 2]], "times": [[1, 2]]}',
        b'{"durations": [[1, 2, 3, 4]], "times": [[1, 2, 3, 4]]}',
        b'{"durations": [[1], [2]], "times": [[1], [2]]}',
        b'{"durations": [[1,2,3]], "destinations": [1,2,3], "times": [[1,2,3]], "hints": [1]}',
        b'{"durations": [[1,2]], "times": [[1,2,3]], "hints": [{"invalid_to_points": [3]}]}',
    ],
)
def test_what_is_no_answer_of_it_is_said_so(service, body):
    with pytest.raises(BackendDown) as caught:
        service.read(body, 3)
    assert caught.value.backend == service.name


@pytest.mark.parametrize("service", [ORS, HOPPER, OWN], ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("field", ["tolls", "highways"])
def test_tolls_and_highways_can_t_be_left_out(service, field):
    service.check(OUT)
    with pytest.raises(BadQuestion, match=f"{service.name} can't be asked") as caught:
        service.check(Driving(**{field: False}))
    assert caught.value.field == field


@SERVICES
def test_ferries_are_used_as_it_likes(service):
    service.check(Driving(ferries=True))
    assert service.ask(HOME, TO, Driving(ferries=True)) == service.ask(HOME, TO, OUT)


# --- openrouteservice


def test_ors_is_asked_for_one_row_or_column():
    out, back = (ORS.ask(HOME, TO, how) for how in (OUT, BACK))
    assert out.url == "https://api.openrouteservice.org/v2/matrix/driving-car"
    assert out.headers == {"authorization": KEY}
    assert out.body == {
        "locations": [HERE, *THERE],
        "sources": [0],
        "destinations": [1, 2, 3],
        "metrics": ["duration"],
    }
    assert back.body == out.body | {"sources": [1, 2, 3], "destinations": [0]}


def test_ors_takes_3500_drives_at_once():
    """By https://openrouteservice.org/restrictions/; own servers' limits are their own."""
    assert ORS.most == 3500
    own = OpenRouteService(url="http://127.0.0.1:8080/ors/", most=2500)
    asked = own.ask(HOME, TO, OUT)
    assert (asked.url, asked.headers) == ("http://127.0.0.1:8080/ors/v2/matrix/driving-car", {})


@ORS_SHAPES
def test_ors_seconds_are_minutes_and_null_is_no_road(shape):
    reply = ORS.read(sent(shape([600.0, None, 90.5], [3.0, 4.0, 812.25])), 3)
    assert reply.minutes.tolist() == [10, np.inf, 90.5 / 60]
    assert reply.off_road_m.tolist() == [3, 4, 812.25]
    assert reply.home_off_road_m == 1.2


@ORS_SHAPES
def test_ors_can_t_say_where_it_finds_no_road_near(shape):
    """It lists null for such an end (JSONBasedIndividualMatrixResponse.java of its source)."""
    reply = ORS.read(sent(shape([600.0, None, None], [3.0, None, 5.0])), 3)
    assert same(reply.minutes, [10, np.nan, np.inf])
    assert same(reply.off_road_m, [3, np.nan, 5])


@ORS_SHAPES
def test_ors_refuses_a_home_base_without_a_road(shape):
    with pytest.raises(Refused, match="home base") as caught:
        ORS.read(sent(shape([None] * 3, [3.0, 4.0, 5.0], None)), 3)
    assert caught.value.code == 6010


@ORS_SHAPES
def test_ors_is_not_believed_where_it_reaches_none_of_several(shape):
    """See https://github.com/GIScience/openrouteservice/issues/1785: the one is looked for."""
    with pytest.raises(Spoilt):
        ORS.read(sent(shape([None] * 3, [1.0] * 3)), 3)


def test_one_point_that_spoils_ors_s_answer_costs_no_other():
    """The lonely one has no road, the others their minutes; later requests are as large as ever."""
    sizes = []

    def send(request):
        ends = request.body["locations"][1:]
        sizes.append(len(ends))
        lonely = [-157.84, 21.31] in ends
        return sent(ors_row([None if lonely else 60.0] * len(ends), [1.0] * len(ends)))

    engine = ServiceEngine(ORS, send)
    drives = engine.drives(HOME, TO, np.zeros(3), LIMITS, OUT)
    assert drives.minutes.tolist() == [1, np.inf, 1]
    assert drives.road.tolist() == [Road.REACHED, Road.NO_ROAD, Road.REACHED]
    sizes.clear()
    more = Points(TO.lon + 0.001, TO.lat)
    engine.drives(HOME, more, np.zeros(3), LIMITS, OUT)
    assert sizes == [3]


@pytest.mark.parametrize(
    ("seconds", "metres", "home_metres", "minutes"),
    [
        (60.0, 900.0, 2.0, 1),
        (None, 3.0, 2.0, np.inf),
        (None, None, 2.0, np.nan),
        (None, 3.0, None, np.nan),
    ],
)
@ORS_SHAPES
def test_ors_does_not_tell_a_single_drive_s_ends_apart(
    shape, seconds, metres, home_metres, minutes
):
    reply = ORS.read(sent(shape([seconds], [metres], home_metres)), 1)
    assert same(reply.minutes, [minutes])
    assert np.isnan([*reply.off_road_m, reply.home_off_road_m]).all()


@pytest.mark.parametrize("ends", [{}, {"destinations": [{}]}, {"destinations": "?"}])
def test_ors_may_say_nothing_of_the_road(ends):
    """Or list other ends: https://github.com/GIScience/openrouteservice/issues/560."""
    reply = ORS.read(sent({"durations": [[60, 120, 180]]} | ends), 3)
    assert reply.minutes.tolist() == [1, 2, 3]
    assert np.isnan([*reply.off_road_m, reply.home_off_road_m]).all()


@pytest.mark.parametrize(
    "said",
    [
        # https://github.com/GIScience/openrouteservice-js/issues/96
        {"error": "Access to this API has been disallowed"},
        # https://github.com/chatziko/location-guard/issues/67
        {"error": "Daily quota reached or API key unauthorized"},
        {"error": {"code": "?", "message": None}},
    ],
)
def test_ors_refuses_a_wrong_key_in_its_own_words(said):
    words = said["error"] if isinstance(said["error"], str) else ""
    with pytest.raises(Refused, match=f"openrouteservice says: {words}") as caught:
        ORS.read(sent(said), 3)
    assert (type(caught.value), caught.value.code) == (Refused, 0)


def test_ors_keeps_its_own_codes():
    """Words of https://github.com/GIScience/openrouteservice/issues/719."""
    with pytest.raises(Refused, match="says: Unknown parameter") as caught:
        ORS.read(ors_error(6011, "Unknown parameter 'x'."), 3)
    assert (type(caught.value), caught.value.code) == (Refused, 6011)
    with pytest.raises(Oversized) as caught:
        ORS.read(ors_error(6004, "Only a total of 2500 routes are allowed."), 3)
    assert (caught.value.backend, caught.value.code) == ("openrouteservice", 6004)


def test_ors_refuses_all_for_one_point_outside_its_map():
    """Of several it is looked for in halves; alone it is that one, and can't be said."""
    said = ors_error(6010, "Destination point(s) [1] out of bounds: 21.31,-157.84")
    with pytest.raises(Spoilt):
        ORS.read(said, 3)
    assert np.isnan(ORS.read(said, 1).minutes).all()


def test_ors_tells_the_engine_who_is_off_the_road():
    said = [ors_row([600.0, None, 700.0], [3.0, 4.0, 812.0])]
    engine = ServiceEngine(ORS, lambda _: sent(said[-1]))
    drives = engine.drives(HOME, TO, np.zeros(3), LIMITS, OUT)
    assert drives.road.tolist() == [Road.REACHED, Road.NO_ROAD, Road.OFF_ROAD]
    said.append(ors_column([600.0] * 3, [3.0] * 3, 900.0))
    with pytest.raises(BadInput, match="900 m"):
        engine.drives(HOME, TO, np.zeros(3), LIMITS, BACK)


# --- GraphHopper's matrix


def test_hopper_is_asked_longitude_first_and_for_all_it_can_find():
    out, back = (HOPPER.ask(HOME, TO, how) for how in (OUT, BACK))
    assert out.url == "https://graphhopper.com/api/1/matrix"
    assert out.secret == {"key": KEY}
    assert out.body == {
        "from_points": [HERE],
        "to_points": THERE,
        "out_arrays": ["times"],
        "profile": "car",
        "fail_fast": False,
    }
    assert back.body == out.body | {"from_points": THERE, "to_points": [HERE]}


@pytest.mark.parametrize("shape", [hopper_row, hopper_column])
def test_hopper_seconds_are_minutes_and_null_is_no_road(shape):
    reply = HOPPER.read(sent(shape([600, None, 90], point_pairs=[[0, 1]])), 3)
    assert reply.minutes.tolist() == [10, np.inf, 1.5]
    assert np.isnan([*reply.off_road_m, reply.home_off_road_m]).all()


@pytest.mark.parametrize(
    ("shape", "ends", "homes"),
    [
        (hopper_row, "invalid_to_points", "invalid_from_points"),
        (hopper_column, "invalid_from_points", "invalid_to_points"),
    ],
)
def test_hopper_can_t_say_where_it_finds_no_road_near(shape, ends, homes):
    """Nor of a single drive, whose ends it does not tell apart; without home nothing goes."""
    said = shape([600, None, None], **{ends: [1], homes: []})
    assert same(HOPPER.read(sent(said), 3).minutes, [10, np.nan, np.inf])
    for side in (ends, homes):
        assert same(HOPPER.read(sent(shape([None], **{side: [0]})), 1).minutes, [np.nan])
    with pytest.raises(Refused, match="home base"):
        HOPPER.read(sent(shape([None] * 3, **{homes: [0]})), 3)


@pytest.mark.parametrize(
    "words",
    ["Wrong credentials. Register and get a valid API key", "API limit reached"],  # from memory
)
@pytest.mark.parametrize("hints", [None, 7, [], [7], [{"message": None}]])
def test_hopper_refuses_a_wrong_key_in_its_own_words(words, hints):
    """What more credits would cure is not asked again in halves."""
    with pytest.raises(Refused, match=f"says: {words}$") as caught:
        HOPPER.read(sent({"message": words, "hints": hints}), 3)
    assert (type(caught.value), caught.value.backend) == (Refused, "graphhopper")


def test_hopper_that_fails_as_a_whole_is_asked_in_halves():
    """Shape of https://github.com/graphhopper/directions-api/issues/17."""
    hint = {"details": "java.lang.IllegalArgumentException", "message": "Cannot find to_points: 1"}
    said = sent({"message": "Bad Request", "hints": [hint, hint]})
    with pytest.raises(Spoilt, match=r"Bad Request; Cannot find to_points: 1$"):
        HOPPER.read(said, 3)
    assert np.isnan(HOPPER.read(said, 1).minutes).all()


def test_hopper_takes_30_locations_and_less_where_a_package_allows_less():
    """Packages: https://docs.graphhopper.com/; the home base is one of the locations.

    Words of https://graphhopper.freshdesk.com/support/solutions/articles/44001038156.
    """
    sizes = []

    def send(request):
        sizes.append(len(request.body["to_points"]))
        if sizes[-1] > 4:
            words = f"Too many locations for Matrix API: {sizes[-1] + 1}, allowed: 5. Upgrade"
            return sent({"message": words})
        return sent(hopper_row([60] * sizes[-1]))

    many = Points(HOME.lon + np.arange(1, 10) / 1000, np.full(9, HOME.lat))
    drives = ServiceEngine(HOPPER, send).drives(HOME, many, np.zeros(9), LIMITS, OUT)
    assert drives.minutes.tolist() == [1] * 9
    assert sizes == [9, 4, 5, 2, 3]
    assert HOPPER.most + 1 == 30


# --- an own GraphHopper


def test_an_own_hopper_is_asked_for_each_route_latitude_first():
    """https://github.com/graphhopper/graphhopper/blob/master/docs/web/api-doc.md."""
    out, back = (OWN.ask(HOME, TO[:1], how) for how in (OUT, BACK))
    assert out.url == (
        "http://127.0.0.1:8989/route?profile=car&point=21.306900,-157.858300"
        "&point=21.300000,-157.850000&calc_points=false&instructions=false"
    )
    assert "&point=21.300000,-157.850000&point=21.306900,-157.858300&" in back.url
    assert (out.body, out.secret, OWN.most) == (None, None, 1)
    assert OwnGraphHopper("http://x", KEY).ask(HOME, TO[:1], OUT).secret == {"key": KEY}


@pytest.mark.parametrize(
    ("said", "minutes"),
    [
        ({"paths": [{"distance": 2138.3, "time": 129290, "transfers": 0}]}, 129.29 / 60),
        ({"message": "Connection between locations not found"}, np.inf),
        ({"message": "Cannot find point 1: 21.3,-157.85", "hints": []}, np.nan),
        ({"message": "Point 1 is out of bounds: 21.3,-157.85, the bounds are: 1,2"}, np.nan),
    ],
)
def test_an_own_hopper_s_route_or_why_there_is_none(said, minutes):
    """Milliseconds; the words of its exceptions."""
    assert same(OWN.read(sent(said), 1).minutes, [minutes])


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"null", b'{"paths": []}', b'{"paths": 7}']
)
def test_what_is_no_route_is_said_so(body):
    with pytest.raises(BackendDown):
        OWN.read(body, 1)


def test_an_own_hopper_refuses_in_its_own_words():
    with pytest.raises(Refused, match="says: The requested profile 'car' does not exist"):
        OWN.read(sent({"message": "The requested profile 'car' does not exist"}), 1)
