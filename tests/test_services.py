"""Hosted routing services: what they are asked, and their documented answers.

The replies are written by hand in the shapes of the documents that each service's file names.
"""

import json

import numpy as np
import pytest

from app.errors import BackendDown, BadQuestion, Oversized, Refused
from app.geo.engines import Direction, Driving
from app.geo.points import Point, Points
from app.geo.services.google import Google
from app.geo.services.graphhopper import GraphHopper
from app.geo.services.mapbox import Mapbox
from app.geo.services.openrouteservice import OpenRouteService
from app.geo.services.traveltime import TravelTime
from app.settings import Settings
from app.wiring import Parts, routing_service

HOME = Point(-157.8583, 21.3069)
TO = Points(np.array([-157.8, -157.7]), np.array([21.3, 21.4]))
OUT, BACK = Driving(), Driving(Direction.BACK)
KEY = "s3cret-key"

ORS, GOOGLE, GRAPHHOPPER = OpenRouteService(KEY), Google(KEY), GraphHopper(KEY)
MAPBOX, TRAVELTIME = Mapbox(KEY), TravelTime(KEY, "app-1", at="2026-11-26T17:00:00Z")
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


def test_openrouteservice_is_asked_for_one_row_or_column():
    request = ORS.ask(HOME, TO, OUT)
    assert request.url == "https://api.openrouteservice.org/v2/matrix/driving-car"
    assert request.body == {
        "locations": [[-157.8583, 21.3069], [-157.8, 21.3], [-157.7, 21.4]],
        "sources": [0],
        "destinations": [1, 2],
        "metrics": ["duration"],
    }
    assert ORS.ask(HOME, TO, BACK).body["destinations"] == [0]
    column = json.dumps({"durations": [[600.0], [None]]}).encode()
    assert ORS.read(column, 2).minutes.tolist() == [10, np.inf]


def test_openrouteservice_may_find_it_too_much():
    said = {"error": {"code": 6004, "message": "exceeds the limit of 2500"}}
    with pytest.raises(Oversized):
        ORS.read(json.dumps(said).encode(), 2)


def test_graphhopper_is_asked_longitude_first():
    request = GRAPHHOPPER.ask(HOME, TO, OUT)
    assert request.url == "https://graphhopper.com/api/1/matrix"
    assert request.secret == {"key": KEY}
    assert request.body == {
        "from_points": [[-157.8583, 21.3069]],
        "to_points": [[-157.8, 21.3], [-157.7, 21.4]],
        "out_arrays": ["times"],
    }
    assert GRAPHHOPPER.ask(HOME, TO, BACK).body["to_points"] == [[-157.8583, 21.3069]]


def test_graphhopper_refuses_all_for_one_point_that_it_can_t_place():
    """Of two it says not which; of one alone it is that one."""
    said = b'{"message": "Cannot find to_points: 1", "hints": []}'
    with pytest.raises(Oversized):
        GRAPHHOPPER.read(said, 2)
    assert np.isnan(GRAPHHOPPER.read(said, 1).minutes).all()


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
    body = TRAVELTIME.ask(HOME, TO, OUT).body
    assert body["locations"][1] == {"id": "0", "coords": {"lat": 21.3, "lng": -157.8}}
    (search,) = body["departure_searches"]
    assert search["departure_time"] == "2026-11-26T17:00:00Z"
    assert search["arrival_location_ids"] == ["0", "1"]
    (search,) = TRAVELTIME.ask(HOME, TO, BACK).body["arrival_searches"]
    assert search["arrival_location_id"] == "home"
    assert TRAVELTIME.live


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
