"""An engine made of a one-to-many service: what is asked, what is spared, what fails."""

import json
import threading
from dataclasses import replace

import numpy as np
import pytest
import shapely
from shapely.geometry import shape

from app.errors import (
    BackendDown,
    BackendFailed,
    BadInput,
    BadQuestion,
    Oversized,
    Refused,
    Spoilt,
    TooFarApart,
)
from app.geo.driving.engine import Direction, Driving, Road, unknown_drives
from app.geo.driving.services.osrm import Osrm
from app.geo.driving.services.service import Reply
from app.geo.driving.services.service_engine import ServiceEngine
from app.geo.driving.services.valhalla import RemoteValhalla
from app.geo.http.request import Request
from app.geo.points import Point, Points

HOME = Point(-157.8583, 21.3069)
NEAR = Points(HOME.lon + np.arange(5) / 100, np.full(5, HOME.lat))  # about 0.65 miles apart


class Counting:
    """A service whose minutes are ten for a hundredth of a degree east, kept in `asked`."""

    name, most, live, url = "counting", 1000, False, "http://127.0.0.1"

    def __init__(self, **changed):
        self.asked: list[float] = []
        self.guard = threading.Lock()
        for name, value in changed.items():
            setattr(self, name, value)

    def check(self, _):
        pass

    def ask(self, _home, to, _how):
        return Request(self.url, to.lon.round(6).tolist())

    def send(self, request):
        with self.guard:
            self.asked += request.body
        return json.dumps(request.body).encode()

    def read(self, body, _):
        return Reply.of((np.array(json.loads(body)) - HOME.lon) * 1000)


def drives(service, to=NEAR, radius=0.0, limits=(30,), how=None, engine=None):
    engine = engine or ServiceEngine(service, service.send)
    return engine.drives(HOME, to, np.full(len(to), radius), limits, how or Driving())


def test_every_point_gets_the_service_s_own_minutes():
    """0, 10, 20, 30 and 40 minutes, in the order of the points."""
    service = Counting()
    found = drives(service, to=NEAR[np.array([3, 0, 4, 1, 2])])
    assert found.minutes.round(6).tolist() == [30, 0, 40, 10, 20]
    assert (found.asked, found.saved) == (5, 0)


def test_points_in_the_list_twice_are_asked_once():
    service = Counting()
    found = drives(service, to=NEAR[np.array([1, 1, 2, 1])])
    assert found.minutes.round(6).tolist() == [10, 10, 20, 10]
    assert len(service.asked) == found.asked == 2
    assert found.saved == 2


def test_what_was_answered_is_not_asked_again():
    """Another limit, another size: the minutes are known by then."""
    service = Counting()
    engine = ServiceEngine(service, service.send)
    drives(service, engine=engine)
    found = drives(service, engine=engine, limits=(20,), how=Driving(traffic=2))
    assert found.minutes.round(6).tolist() == [0, 20, 40, 60, 80]
    assert (found.asked, found.saved, len(service.asked)) == (0, 5, 5)


def test_no_drive_in_the_limit_gets_that_far():
    """30 minutes x 1.2 at 160 km/h are 96 km or 0.92 degrees here: 2 degrees are out of reach."""
    service = Counting()
    to = Points(HOME.lon + np.array([0.01, 2.0]), np.full(2, HOME.lat))
    found = drives(service, to=to)
    assert found.road.tolist() == [Road.REACHED, Road.BEYOND]
    assert np.isinf(found.minutes[1])
    assert (found.asked, found.saved) == (1, 1)


def test_a_wide_radius_may_reach_in():
    """The same two degrees are 207 km: 150 km nearer they might be in reach, so they are asked."""
    service = Counting()
    to = Points(HOME.lon + np.array([2.0]), np.full(1, HOME.lat))
    assert drives(service, to=to, radius=150_000.0).asked == 1


def test_chunks_are_no_larger_than_the_service_takes():
    service = Counting(most=2)
    sizes = []
    inner = service.send
    service.send = lambda request: (sizes.append(len(request.body)), inner(request))[1]
    assert drives(service).minutes.round(6).tolist() == [0, 10, 20, 30, 40]
    assert sorted(sizes) == [1, 2, 2]


def test_a_service_that_takes_less_than_it_says_is_asked_for_less():
    """It refuses more than two at once; the next time it is not asked for more."""

    class Small(Counting):
        def read(self, body, n):
            if n > 2:
                raise Oversized("too many", backend="small", code=413)
            return super().read(body, n)

    service = Small()
    engine = ServiceEngine(service, service.send)
    assert drives(service, engine=engine).minutes.round(6).tolist() == [0, 10, 20, 30, 40]
    service.asked.clear()
    more = Points(NEAR.lon + 0.001, NEAR.lat)
    drives(service, engine=engine, to=more)
    assert len(service.asked) == 5  # none was asked twice


def test_a_part_that_fails_leaves_its_rows_unknown_and_is_asked_again():
    service = Counting(most=2)
    inner, down = service.send, [True]

    def send(request):
        if down[0] and request.body[0] > HOME.lon + 0.015:
            raise BackendDown("it broke", backend="counting")
        return inner(request)

    engine = ServiceEngine(service, send)
    found = drives(service, engine=engine)
    assert found.road.tolist() == [Road.REACHED, Road.REACHED, *[Road.UNKNOWN] * 3]
    assert np.isnan(found.minutes[2:]).all()
    assert "it broke" in found.failed
    down[0] = False
    again = drives(service, engine=engine)
    assert again.minutes.round(6).tolist() == [0, 10, 20, 30, 40]
    assert again.asked == 3
    assert again.failed == ""


def test_nothing_answered_is_an_error():
    def send(_):
        raise Refused("wrong key", backend="counting", code=401)

    with pytest.raises(Refused, match="wrong key"):
        drives(Counting(), engine=ServiceEngine(Counting(), send))


def test_minutes_of_the_hour_are_not_kept_and_take_no_factor():
    service = Counting(live=True)
    engine = ServiceEngine(service, service.send)
    drives(service, engine=engine)
    assert drives(service, engine=engine).asked == 5
    with pytest.raises(BadQuestion, match="hold the traffic"):
        drives(service, how=Driving(traffic=1.3))


def test_bounds_hold_the_minutes_and_widen_with_the_radius():
    found, wide = drives(Counting()), drives(Counting(), radius=2000.0)
    assert (found.low == found.minutes).all()
    assert (wide.low <= wide.minutes).all()
    assert (wide.high > wide.minutes + 1).all()


def test_a_radius_counts_where_the_service_is_faster_than_the_estimate():
    """Half a minute to the centre; the true place may be nearer still."""

    class Fast(Counting):
        def read(self, body, n):
            return Reply.of(super().read(body, n).minutes / 100)

    wide = drives(Fast(), to=NEAR[4:], radius=2000.0)
    assert wide.minutes[0] == pytest.approx(0.4)
    assert wide.low[0] < wide.minutes[0]


def test_no_road_to_the_middle_of_an_area_leaves_its_rest_open():
    """A ZIP code's centre in a lake fails nobody who lives by it: it may be a short drive."""

    class Lake(Counting):
        def read(self, _, n):
            return Reply.of(np.full(n, np.inf))

    exact, rough = drives(Lake(), to=NEAR[:1]), drives(Lake(), to=NEAR[:1], radius=3000.0)
    assert exact.road[0] == rough.road[0] == Road.NO_ROAD
    assert (exact.low[0], rough.low[0]) == (np.inf, 0)
    away = Points(NEAR.lon[:1] + 0.5, NEAR.lat[:1])
    assert drives(Lake(), to=away, radius=300.0, limits=(60,)).low[0] > 20


def test_drives_that_are_replaced_count_on_top_and_keep_the_other_minutes():
    """Also where the new ones are unknown, as after a failure: the rest has both minutes still."""
    before = drives(Counting(), to=NEAR[:3])
    before = replace(before, other=before.minutes - 1)
    rows = np.array([1])
    after = before.replaced(rows, drives(Counting(), to=NEAR[4:]))
    assert after.minutes.tolist() == [before.minutes[0], pytest.approx(40), before.minutes[2]]
    assert (after.asked, before.asked) == (4, 3)
    lost = before.replaced(rows, replace(unknown_drives(1, 60.0), failed="it is down"))
    assert lost.failed == "it is down"
    assert np.isnan(lost.other).tolist() == [False, True, False]
    assert before.minutes[1] == pytest.approx(10)


def test_points_off_the_road_and_without_a_road():
    """700 m to the nearest road is off it; no duration is no road."""

    class Told(Counting):
        def read(self, _body, _n):
            return Reply(np.array([5.0, np.inf, 5.0]), np.array([10.0, 10.0, 700.0]))

    found = drives(Told(), to=NEAR[:3])
    assert found.road.tolist() == [Road.REACHED, Road.NO_ROAD, Road.OFF_ROAD]


def test_a_home_base_off_the_road_is_refused():
    class Away(Counting):
        def read(self, _body, n):
            return Reply(np.zeros(n), np.zeros(n), home_off_road_m=900.0)

    with pytest.raises(BadInput, match="900 m"):
        drives(Away())


def test_unknown_points_are_not_asked():
    service = Counting()
    to = Points(np.array([np.nan, NEAR.lon[1]]), np.array([np.nan, HOME.lat]))
    found = drives(service, to=to)
    assert found.road.tolist() == [Road.UNKNOWN, Road.REACHED]
    assert (found.asked, found.saved) == (1, 0)


# ---- OSRM's and Valhalla's words --------------------------------------------------------------

TABLE = {
    "code": "Ok",
    "durations": [[0, 600.0, None]],
    "sources": [{"distance": 3.2, "name": "", "location": [0, 0]}],
    "destinations": [
        {"distance": 3.2, "name": "", "location": [0, 0]},
        {"distance": 12.5, "name": "", "location": [0, 0]},
        {"distance": 710.0, "name": "", "location": [0, 0]},
    ],
}


def test_osrm_is_asked_for_one_row_longitude_first():
    """https://project-osrm.org/docs/v5.24.0/api/#table-service."""
    asked = Osrm("http://127.0.0.1:5000/").ask(HOME, NEAR[:2], Driving())
    assert asked.url == (
        "http://127.0.0.1:5000/table/v1/driving/-157.858300,21.306900;-157.858300,21.306900;"
        "-157.848300,21.306900?sources=0&exclude=ferry"
    )
    back = Osrm("http://x").ask(HOME, NEAR[:1], Driving(Direction.BACK, ferries=True))
    assert back.url.endswith("?destinations=0")


def test_osrm_s_table_is_read_either_way():
    """600 s are 10 min; null is no road; snap distances tell what is off the road."""
    reply = Osrm("http://x").read(json.dumps(TABLE).encode(), 2)
    assert reply.minutes.tolist() == [10, np.inf]
    assert reply.off_road_m.tolist() == [12.5, 710]
    assert reply.home_off_road_m == 3.2
    column = TABLE | {
        "durations": [[0], [600.0], [None]],
        "sources": TABLE["destinations"],
        "destinations": TABLE["sources"],
    }
    assert Osrm("http://x").read(json.dumps(column).encode(), 2).minutes.tolist() == [10, np.inf]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"<html>", BackendDown),
        (b"[]", BackendDown),
        (b'{"code": "Ok"}', BackendDown),
        (json.dumps(TABLE | {"durations": [[0, 1.0]]}).encode(), BackendDown),
        (b'{"code": "InvalidQuery", "message": "bad"}', Refused),
        (b'{"code": "TooBig", "message": "Too many table coordinates"}', Oversized),
    ],
)
def test_osrm_that_answers_otherwise(body, error):
    with pytest.raises(error):
        Osrm("http://x").read(body, 2)


def test_osrm_leaves_out_one_kind_of_road():
    with pytest.raises(BadQuestion, match="tolls") as caught:
        Osrm("http://x").check(Driving(tolls=False))
    assert caught.value.field == "tolls"


def test_a_valhalla_elsewhere_draws_its_own_shapes():
    """The others' are circles; what is no drawing is said so."""
    ring = [[[-158, 21], [-157, 21], [-157, 22], [-158, 21]]]
    polygon = {"type": "Polygon", "coordinates": ring}
    found = {"type": "Feature", "properties": {"contour": 20.0}, "geometry": polygon}
    said = [json.dumps({"features": [found]}).encode()]
    asked = []

    def send(request):
        asked.append(request)
        return said[0]

    engine = ServiceEngine(RemoteValhalla("http://x/"), send)
    drawn = engine.shape(HOME, [30], Driving(traffic=1.5))
    assert drawn["features"][0]["geometry"] == polygon
    assert drawn["features"][0]["properties"] == {"minutes": 30}
    assert asked[0].url == "http://x/isochrone"
    assert asked[0].body["contours"] == [{"time": 20}]
    for said[0] in (b"{}", b"<html>", b"[]"):
        with pytest.raises(BackendDown):
            engine.shape(HOME, [30], Driving())
    assert len(ServiceEngine(Osrm("http://x"), send).shape(HOME, [30], Driving())["features"]) == 1


def test_pieces_that_a_server_draws_each_for_itself_are_one_feature():
    """Older ones do."""
    pieces = [
        {"type": "Polygon", "coordinates": [[[w, 0], [w + 1, 0], [w + 1, 1], [w, 0]]]}
        for w in (0, 5)
    ]
    found = [
        {"type": "Feature", "properties": {"contour": 20.0}, "geometry": piece} for piece in pieces
    ]
    said = json.dumps({"features": found}).encode()
    (drawn,) = RemoteValhalla("http://x").read_shape(said, [20], Driving())["features"]
    assert drawn["properties"] == {"minutes": 20}
    assert drawn["geometry"]["type"] == "MultiPolygon"
    assert len(drawn["geometry"]["coordinates"]) == 2


def test_holes_no_larger_than_a_block_are_filled():
    """Around 60 N: of two holes one of 190 m a side, one of 210 m; islands stay, however small."""

    def ring(east: float, north: float, side: float) -> list[list[float]]:
        """Metres from 0 E, 60 N."""
        corners = ((0, 0), (side, 0), (side, side), (0, side), (0, 0))
        return [[(east + x) / 55_597.5, 60 + (north + y) / 111_195] for x, y in corners]

    mainland = [ring(0, 0, 2000), ring(500, 500, 190)[::-1], ring(1000, 500, 210)[::-1]]
    islands = [[ring(3000, 0, 20)], [ring(550, 550, 10)], [ring(1050, 550, 10)]]
    ground = {"type": "MultiPolygon", "coordinates": [mainland, *islands]}
    found = {"type": "Feature", "properties": {"contour": 20.0}, "geometry": ground}
    said = json.dumps({"features": [found]}).encode()
    (drawn,) = RemoteValhalla("http://x").read_shape(said, [20], Driving())["features"]
    parts = shapely.get_parts(shape(drawn["geometry"]))
    assert sorted(len(part.interiors) for part in parts) == [0, 0, 1]
    square_m = 55_597.5 * 111_195
    areas = sorted(part.area * square_m for part in parts)
    assert areas == pytest.approx([100, 400, 2000**2 - 210**2])
    assert all(part.exterior.is_ccw for part in parts)


def test_a_valhalla_elsewhere_is_asked_for_less_where_one_point_is_bad():
    """Code 171 of a whole matrix says nothing of which point; of one alone it is that one."""
    said = b'{"error_code": 171, "error": "No suitable edges near location", "status_code": 400}'
    service = RemoteValhalla("http://x/")
    with pytest.raises(Spoilt):
        service.read(said, 2)
    assert np.isnan(service.read(said, 1).minutes).all()
    none = said.replace(b"171", b"442")
    assert np.isinf(service.read(none, 1).minutes).all()
    with pytest.raises(Oversized):
        service.read(said.replace(b"171", b"150"), 5)
    with pytest.raises(BackendFailed):
        service.read(said.replace(b"171", b"199"), 1)
    far = (
        b'{"error_code":154,"error":"Path distance exceeds the max distance limit: 400000 meters"}'
    )
    with pytest.raises(TooFarApart) as refused:
        service.read(far, 2)
    assert refused.value.most_m == 400_000
    assert np.isnan(service.read(far, 1).minutes).all()
    with pytest.raises(Spoilt):  # older ones don't say how far
        service.read(far.replace(b": 400000 meters", b""), 2)
    assert service.ask(HOME, NEAR[:1], Driving()).url == "http://x/sources_to_targets"
