"""Hosted routing services: what they are asked, and their documented answers.

The replies are written by hand in the shapes of the documents that each service's file names.
"""

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest

from app.errors import BackendDown, BadQuestion, Refused
from app.geo.driving.engine import Direction, Driving, Side
from app.geo.driving.estimate import EstimateEngine
from app.geo.driving.services.google import Google
from app.geo.driving.services.graphhopper import GraphHopper, OwnGraphHopper
from app.geo.driving.services.mapbox import Mapbox
from app.geo.driving.services.openrouteservice import OpenRouteService
from app.geo.driving.services.osrm import Osrm
from app.geo.driving.services.service_engine import ServiceEngine
from app.geo.driving.services.traveltime import TravelTime
from app.geo.driving.services.valhalla import RemoteValhalla
from app.geo.points import Point, Points
from app.settings import Settings
from app.wiring.parts import Parts
from app.wiring.services import routing_service

HOME = Point(-157.8583, 21.3069)
TO = Points(np.array([-157.8, -157.7]), np.array([21.3, 21.4]))
OUT, BACK = Driving(), Driving(Direction.BACK)
KEY = "s3cret-key"
CLOCK = datetime(2026, 12, 1, 8, 30)  # by the home base's clock, wherever that is
MORNING = CLOCK.replace(tzinfo=timezone(timedelta(hours=-5)))

ORS, GOOGLE, GRAPHHOPPER = OpenRouteService(KEY), Google(KEY), GraphHopper(KEY)
MAPBOX, TRAVELTIME = Mapbox(KEY), TravelTime(KEY, "app-1")
SERVICES = (ORS, GRAPHHOPPER, GOOGLE, MAPBOX, TRAVELTIME)

# Ten minutes to the first point, no way to the second.
SAID = {
    "openrouteservice": {
        "durations": [[600.0, None]],
        "destinations": [{"location": [0, 0], "snapped_distance": 3.0}] * 2,
        "sources": [{"location": [0, 0], "snapped_distance": 1.0}],
        "metadata": {},
    },
    "graphhopper": {"times": [[600, None]], "info": {"copyrights": ["GraphHopper"]}},
    "google": [
        {"originIndex": 0, "destinationIndex": 1, "status": {}, "condition": "ROUTE_NOT_FOUND"},
        {"status": {}, "condition": "ROUTE_EXISTS", "duration": "600s"},
    ],
    "mapbox": {
        "code": "Ok",
        "durations": [[600.0, None]],
        "destinations": [{"location": [0, 0], "distance": 3.0}] * 2,
        "sources": [{"location": [0, 0], "distance": 1.0}],
    },
    "traveltime": {
        "results": [
            {
                "search_id": "drives",
                "locations": [{"id": "0", "properties": [{"travel_time": 600}]}],
                "unreachable": ["1"],
            }
        ]
    },
}
WRONG = {
    "openrouteservice": {"error": {"code": 6020, "message": "Unknown"}},
    "graphhopper": {"message": "Wrong credentials. Register and get a valid API key"},
    "google": [{"error": {"code": 403, "status": "PERMISSION_DENIED", "message": "no"}}],
    "mapbox": {"message": "Not Authorized - Invalid Token"},
    "traveltime": {"http_status": 400, "error_code": 10, "description": "bad"},
}


@pytest.mark.parametrize("service", SERVICES, ids=lambda s: s.name)
def test_ten_minutes_and_no_way(service):
    reply = service.read(json.dumps(SAID[service.name]).encode(), 2)
    assert reply.minutes.tolist() == [10, np.inf]


@pytest.mark.parametrize("service", SERVICES, ids=lambda s: s.name)
def test_what_a_service_refuses_is_said_in_its_words(service):
    with pytest.raises(Refused) as caught:
        service.read(json.dumps(WRONG[service.name]).encode(), 2)
    assert caught.value.backend == service.name


@pytest.mark.parametrize("service", SERVICES, ids=lambda s: s.name)
@pytest.mark.parametrize(
    "body", [b"<html>", b"", b"[]", b'{"durations": [[1]]}', b"null", b"[1, 2]"]
)
def test_what_is_no_answer_is_no_answer(service, body):
    with pytest.raises((BackendDown, Refused)):
        service.read(body, 2)


@pytest.mark.parametrize("service", SERVICES, ids=lambda s: s.name)
def test_an_answer_for_another_number_of_points_is_none(service):
    with pytest.raises(BackendDown):
        service.read(json.dumps(SAID[service.name]).encode(), 3)


def test_an_own_graphhopper_is_another_service_than_the_hosted_one():
    """The open-source server has no matrix: its routes are asked for."""
    own = Settings(engine="graphhopper", engine_url="http://127.0.0.1:8989")
    hosted = Settings(engine="graphhopper", engine_url="https://graphhopper.com/api/1")
    assert isinstance(routing_service(own), OwnGraphHopper)
    assert isinstance(routing_service(hosted), GraphHopper)


@pytest.mark.parametrize("service", SERVICES, ids=lambda s: s.name)
def test_keys_are_in_headers_or_the_secret_part_only(service):
    request = service.ask(HOME, TO, OUT)
    assert KEY not in request.url
    assert KEY not in json.dumps(request.body)
    assert KEY not in repr(service)
    assert KEY in {**(request.headers or {}), **(request.secret or {})}.values()


@pytest.mark.parametrize("service", SERVICES, ids=lambda s: s.name)
def test_roads_that_can_t_be_left_out_are_refused(service):
    """Google can leave out tolls and motorways; the others' matrices can't."""
    if service is GOOGLE:
        service.check(Driving(tolls=False, highways=False))
        return
    for how, name in ((Driving(tolls=False), "tolls"), (Driving(highways=False), "highways")):
        with pytest.raises(BadQuestion) as caught:
            service.check(how)
        assert caught.value.field == name


def test_google_is_asked_to_avoid_ferries_by_each_origin():
    request = GOOGLE.ask(HOME, TO, OUT)
    (origin,) = request.body["origins"]
    at = {"latitude": 21.3069, "longitude": -157.8583}
    assert origin == {
        "waypoint": {"location": {"latLng": at}},
        "routeModifiers": {"avoidFerries": True},
    }
    assert len(request.body["destinations"]) == 2
    assert request.body["routingPreference"] == "TRAFFIC_UNAWARE"
    assert "status" in request.headers["X-Goog-FieldMask"]  # else all seem to be fine
    assert len(GOOGLE.ask(HOME, TO, BACK).body["origins"]) == 2


def test_google_s_single_failures_are_unknown():
    """An element with a status of its own says nothing of the road."""
    said = [{"status": {"code": 3}}, {"destinationIndex": 1, "status": {}, "duration": "60s"}]
    assert np.isnan(GOOGLE.read(json.dumps(said).encode(), 2).minutes[0])


def test_mapbox_is_asked_with_25_coordinates_at_most():
    request = MAPBOX.ask(HOME, TO, OUT)
    assert request.url == (
        "https://api.mapbox.com/directions-matrix/v1/mapbox/driving/"
        "-157.858300,21.306900;-157.800000,21.300000;-157.700000,21.400000"
        "?sources=0&destinations=1;2&annotations=duration"
    )
    assert request.secret == {"access_token": KEY}
    assert MAPBOX.most == 24
    reply = MAPBOX.read(json.dumps(SAID["mapbox"]).encode(), 2)
    assert reply.off_road_m.tolist() == [3, 3]
    assert reply.home_off_road_m == 1


def test_the_farther_end_of_a_single_drive_counts_as_the_point_s():
    """One source and one destination look the same both ways."""
    ends = {"destinations": [{"distance": 3.0}], "sources": [{"distance": 800.0}]}
    said = {"code": "Ok", "durations": [[600.0]], **ends}
    reply = MAPBOX.read(json.dumps(said).encode(), 1)
    assert reply.off_road_m.tolist() == [800]
    assert np.isnan(reply.home_off_road_m)


def test_traveltime_is_asked_at_a_time_of_day():
    body = TRAVELTIME.ask(HOME, TO, Driving(depart=MORNING)).body
    assert body["locations"][1] == {"id": "0", "coords": {"lat": 21.3, "lng": -157.8}}
    (search,) = body["departure_searches"]
    assert search["departure_time"] == "2026-12-01T08:30:00-05:00"
    assert search["arrival_location_ids"] == ["0", "1"]
    (search,) = TRAVELTIME.ask(HOME, TO, BACK).body["arrival_searches"]
    assert search["arrival_location_id"] == "home"
    assert TRAVELTIME.live


# --- a time of day

VALHALLA, OSRM, OWN_HOPPER = (
    RemoteValhalla("http://x"),
    Osrm("http://x"),
    OwnGraphHopper("http://x"),
)


@pytest.mark.parametrize("service", [OSRM, ORS, GRAPHHOPPER, OWN_HOPPER], ids=lambda s: s.name)
def test_who_knows_no_time_of_day_says_what_does(service):
    """Not ignored: free-flow minutes are no answer to half past eight."""
    with pytest.raises(BadQuestion, match=r"--traffic.*google, mapbox, traveltime") as caught:
        service.check(Driving(depart=CLOCK))
    assert caught.value.field == "depart"


def test_the_estimate_knows_no_time_of_day():
    with pytest.raises(BadQuestion, match="the estimate knows no time") as caught:
        EstimateEngine().drives(HOME, TO, np.zeros(2), [50], Driving(depart=CLOCK))
    assert caught.value.field == "depart"


def test_traffic_and_a_departure_would_count_the_traffic_twice():
    with pytest.raises(BadQuestion, match="give one of them"):
        Driving(depart=CLOCK, traffic=1.3)


@pytest.mark.parametrize("service", [GOOGLE, TRAVELTIME], ids=lambda s: s.name)
def test_a_clock_whose_offset_is_needed_is_asked_for_it(service):
    """Half past eight where? This machine's zone need not be the home base's."""
    with pytest.raises(BadQuestion, match="2026-12-01T08:30-05:00") as caught:
        service.check(Driving(depart=CLOCK))
    assert caught.value.field == "depart"
    service.check(Driving(depart=MORNING))


@pytest.mark.parametrize("service", [VALHALLA, MAPBOX, TRAVELTIME], ids=lambda s: s.name)
def test_limits_on_free_flow_need_a_service_that_tells_it_beside(service):
    with pytest.raises(BadQuestion, match="no free-flow minutes") as caught:
        service.check(Driving(depart=MORNING, limit_on=Side.FREE))
    assert caught.value.field == "limit_on"
    GOOGLE.check(Driving(depart=MORNING, limit_on=Side.FREE))


def test_valhalla_is_told_the_clock_at_the_start():
    """Back, a request each: a matrix of more sources than targets would drop the time, and errs.

    https://valhalla.github.io/valhalla/api/matrix/api-reference/#time-dependent-matrices
    """
    for when in (CLOCK, MORNING):
        body = VALHALLA.ask(HOME, TO, Driving(depart=when)).body
        assert body["date_time"] == {"type": 1, "value": "2026-12-01T08:30"}
    assert "date_time" not in VALHALLA.ask(HOME, TO, OUT).body
    assert VALHALLA.at_once(Driving(depart=CLOCK)) == VALHALLA.most
    assert VALHALLA.at_once(Driving(Direction.BACK, depart=CLOCK)) == 1
    assert VALHALLA.at_once(BACK) == 1


def test_mapbox_looks_at_the_traffic_with_ten_coordinates():
    """Its profile driving-traffic, nine points and the home base."""
    asked = []

    def send(request):
        asked.append(request.url)
        n = request.url.split("/")[-1].count(";") - request.url.split("destinations=")[1].count(";")
        ends = [{"distance": 1.0}] * n
        said = {"code": "Ok", "durations": [[600.0] * n], "destinations": ends}
        return json.dumps(said | {"sources": [{"distance": 1.0}]}).encode()

    to = Points(HOME.lon + np.arange(1, 13) / 1000, np.full(12, HOME.lat))
    how = Driving(depart=CLOCK)
    drives = ServiceEngine(MAPBOX, send).drives(HOME, to, np.zeros(12), [50], how)
    assert drives.minutes.tolist() == [10] * 12
    assert [url.split("/")[-1].split("?")[0].count(";") for url in asked] == [9, 3]
    assert all("/mapbox/driving-traffic/" in url for url in asked)
    assert all(url.endswith("&depart_at=2026-12-01T08:30") for url in asked)


def test_google_tells_both_minutes_in_one_reply():
    """https://developers.google.com/maps/documentation/routes/compute_route_matrix."""
    how = Driving(depart=MORNING)
    request = GOOGLE.ask(HOME, TO, how)
    assert request.body["routingPreference"] == "TRAFFIC_AWARE"
    assert request.body["departureTime"] == "2026-12-01T08:30:00-05:00"
    assert "staticDuration" in request.headers["X-Goog-FieldMask"]
    assert "departureTime" not in GOOGLE.ask(HOME, TO, OUT).body
    said = json.dumps(
        [
            {"status": {}, "duration": "900s", "staticDuration": "600s"},
            {"destinationIndex": 1, "status": {}, "condition": "ROUTE_NOT_FOUND"},
        ]
    ).encode()
    engine = ServiceEngine(GOOGLE, lambda _: said)
    peak = engine.drives(HOME, TO, np.zeros(2), [50], how)
    assert (peak.minutes[0], peak.other[0]) == (15, 10)
    free = engine.drives(HOME, TO, np.zeros(2), [50], replace(how, limit_on=Side.FREE))
    assert (free.minutes[0], free.other[0], free.low[0], free.asked) == (10, 15, 10, 0)
    assert np.isinf([peak.minutes[1], free.minutes[1]]).all()


def test_minutes_of_now_are_not_called_free_flow(run, tmp_path, monkeypatch):
    """TravelTime's, where no departure is asked for."""
    path = tmp_path / "far.csv"
    path.write_text("name,lat,lon\nFar Away,10.0,10.0\n")  # nothing to ask
    monkeypatch.setenv("SWEETSPOT_ENGINE", "traveltime")
    monkeypatch.setenv("SWEETSPOT_ENGINE_KEY", "k")
    ran = run("find", str(path), "--home", "40.0,-116.6", "--json")
    notes = json.loads(ran.out)["notes"]
    assert "Minutes are those of the traffic of now." in notes
    assert not any("without traffic" in note for note in notes)


def test_traveltime_drives_back_at_no_given_departure():
    with pytest.raises(BadQuestion, match="when one arrives") as caught:
        TRAVELTIME.check(Driving(Direction.BACK, depart=MORNING))
    assert caught.value.field == "depart"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"engine": "osrm"}, "engine_url"),
        ({"engine": "google"}, "engine_key"),
        ({"engine": "osrm", "engine_url": "ftp://x"}, "engine_url"),
    ],
)
def test_a_service_that_lacks_a_setting_names_it(said, field, tmp_path):
    parts = Parts(Settings(data_dir=tmp_path, **said))
    with parts, pytest.raises(BadQuestion) as caught:
        _ = parts.service
    assert caught.value.field == field
    assert f"SWEETSPOT_{field.upper()}" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("osrm", "http://127.0.0.1:5000"),
        ("valhalla", "http://127.0.0.1:8002"),
        ("openrouteservice", ""),
        ("graphhopper", ""),
        ("google", ""),
        ("mapbox", ""),
        ("traveltime", ""),
    ],
)
def test_every_engine_that_can_be_set_is_made(name, url):
    settings = Settings(engine=name, engine_url=url, engine_key=KEY)
    made = routing_service(settings)
    assert made.name == name
    assert made.url == url or made.url.startswith("https://")
    assert KEY not in repr(settings)
