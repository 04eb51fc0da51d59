"""What a service said of a point is not asked for again: in other lists, and by other processes."""

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from app.errors import BackendDown, Spoilt
from app.geo.driving.engine import Direction, Driving, Side
from app.geo.driving.services import cache as memory
from app.geo.driving.services.cache import DriveCache, keys_of, none_of, open_drive_cache, points_of
from app.geo.driving.services.google import Google
from app.geo.driving.services.graphhopper import GraphHopper, OwnGraphHopper
from app.geo.driving.services.mapbox import Mapbox
from app.geo.driving.services.openrouteservice import OpenRouteService
from app.geo.driving.services.osrm import Osrm
from app.geo.driving.services.service_engine import ServiceEngine
from app.geo.driving.services.traveltime import TravelTime
from app.geo.driving.services.valhalla import RemoteValhalla
from app.geo.points import Point, Points
from tests.geo.driving.services.test_matrix import Counting

HOME = Point(-157.8583, 21.3069)
TEN = Points(HOME.lon + np.arange(10) / 1000, np.full(10, HOME.lat))
OWN = Osrm("http://127.0.0.1:5000")


def drives(engine, to, how=None, home=HOME):
    return engine.drives(home, to, np.zeros(len(to)), [30], how or Driving())


def engine(service, kept=None):
    return ServiceEngine(service, service.send, kept)


def answers(keys, minutes, said_at):
    """Answers as a service would give them."""
    made = none_of(np.asarray(keys))
    made["minutes"], made["said_at"] = minutes, said_at
    return made


def test_a_point_is_asked_once_whatever_list_it_is_in():
    """Two lists that share five of ten points, in another order, with one of them twice."""
    service = Counting()
    one = engine(service)
    drives(one, TEN[:7])
    second = TEN[np.array([9, 6, 2, 2, 8, 7, 3, 4, 5])]
    found = drives(one, second)
    assert found.minutes.round(6).tolist() == [9, 6, 2, 2, 8, 7, 3, 4, 5]
    assert (found.asked, found.saved, len(service.asked)) == (3, 6, 10)


def test_another_home_base_and_another_way_of_driving_are_other_questions():
    """But traffic and which minutes are judged are not."""
    service = Counting()
    one = engine(service)
    drives(one, TEN)
    assert drives(one, TEN, Driving(traffic=1.5, limit_on=Side.FREE)).asked == 0
    assert drives(one, TEN, Driving(Direction.BACK)).asked == 10
    assert drives(one, TEN, Driving(ferries=True)).asked == 10
    assert drives(one, TEN, home=Point(-157.858, 21.3069)).asked == 10


def test_points_are_told_apart_by_six_decimals():
    """A millionth of a degree is 0.1 m."""
    lon, lat = np.array([-180.0, 180.0, 0.0, 1e-6, 1.4e-6]), np.array([-90.0, 90.0, 0, 0, 0])
    keys = keys_of(Points(lon, lat))
    assert len(set(keys.tolist())) == 4
    back = points_of(keys)
    assert np.allclose(back.lon, lon, atol=6e-7)
    assert back.lat.tolist() == lat.tolist()


def test_another_process_goes_on_where_one_broke_off(tmp_path):
    """The second half failed: it alone is asked for by the next process, which has its minutes."""
    service = Counting(most=5)
    inner = service.send

    def breaks(request):
        if request.body[0] > HOME.lon + 0.004:
            raise BackendDown("it broke", backend="counting")
        return inner(request)

    first = drives(ServiceEngine(service, breaks, open_drive_cache(OWN, tmp_path, 7)), TEN)
    assert "it broke" in first.failed
    service.asked.clear()
    found = drives(engine(service, open_drive_cache(OWN, tmp_path, 7)), TEN)
    assert found.minutes.round(6).tolist() == list(range(10))
    assert (found.asked, found.saved, len(service.asked)) == (5, 5, 5)


def test_what_was_learnt_before_an_interruption_is_kept(tmp_path):
    """Ctrl-C in the middle of a batch."""
    service = Counting(most=1)
    inner = service.send

    def stops(request):
        if len(service.asked) == 4:
            raise KeyboardInterrupt
        return inner(request)

    with pytest.raises(KeyboardInterrupt):
        drives(ServiceEngine(service, stops, open_drive_cache(OWN, tmp_path, 7)), TEN)
    assert drives(engine(service, open_drive_cache(OWN, tmp_path, 7)), TEN).asked <= 6


def test_two_processes_do_not_overwrite_each_other(tmp_path):
    service = Counting()
    one, other = (engine(service, open_drive_cache(OWN, tmp_path, 7)) for _ in range(2))
    drives(one, TEN[:1])
    drives(other, TEN[:1])
    drives(one, TEN[:5])
    drives(other, TEN[5:])
    assert drives(engine(service, open_drive_cache(OWN, tmp_path, 7)), TEN).asked == 0


def test_a_server_elsewhere_is_another_server(tmp_path):
    service = Counting()
    drives(engine(service, open_drive_cache(OWN, tmp_path, 7)), TEN)
    elsewhere = Osrm("http://127.0.0.1:5001")
    assert drives(engine(service, open_drive_cache(elsewhere, tmp_path, 7)), TEN).asked == 10


def test_answers_grow_old(monkeypatch):
    """The server's map changes: after seven days it is asked again, in this process, too."""
    service, now = Counting(), [1e9]
    monkeypatch.setattr(memory.time, "time", lambda: now[0])
    kept = DriveCache(days=7, clock=lambda: now[0])
    one = engine(service, kept)
    drives(one, TEN)
    now[0] += 6.9 * 86_400
    assert drives(one, TEN).asked == 0
    now[0] += 0.2 * 86_400
    assert drives(one, TEN).asked == 10
    assert drives(one, TEN).asked == 0


@pytest.mark.parametrize(
    "service",
    [
        Google("k"),
        Mapbox("k"),
        TravelTime("k", "id"),
        OpenRouteService("k"),
        GraphHopper("k"),
    ],
    ids=lambda s: s.name,
)
def test_what_is_not_to_be_stored_is_not(service, tmp_path):
    """Hosted services: in this process's memory alone."""
    open_drive_cache(service, tmp_path, 7).learn("q", answers([1], 5.0, 1e12))
    drives(ServiceEngine(Counting(), Counting().send, open_drive_cache(service, tmp_path, 7)), TEN)
    assert not list(tmp_path.rglob("*.npy"))


@pytest.mark.parametrize(
    "service",
    [OWN, RemoteValhalla("http://x"), OwnGraphHopper("http://x"), OpenRouteService(url="http://x")],
    ids=lambda s: s.name,
)
def test_an_own_server_s_answers_are_stored_unless_switched_off(service, tmp_path):
    counting = Counting()
    drives(engine(counting, open_drive_cache(service, tmp_path, 0)), TEN)
    assert not list(tmp_path.rglob("*.npy"))
    drives(engine(counting, open_drive_cache(service, tmp_path, 7)), TEN)
    (file,) = tmp_path.rglob("*.npy")
    assert service.url not in str(file)


@pytest.mark.parametrize("damage", [b"", b"no array", "other"])
def test_a_damaged_file_is_as_none(damage, tmp_path):
    service = Counting()
    drives(engine(service, open_drive_cache(OWN, tmp_path, 7)), TEN)
    (file,) = tmp_path.rglob("*.npy")
    if damage == "other":
        np.save(file, np.arange(5.0))
    else:
        file.write_bytes(damage)
    assert drives(engine(service, open_drive_cache(OWN, tmp_path, 7)), TEN).asked == 10


def test_many_threads_learn_and_recall():
    """Each learns its own hundred points; afterwards all are known, each with its minutes."""
    kept = DriveCache()
    now = memory.time.time()

    def work(i):
        keys = np.arange(i * 100, i * 100 + 100)
        kept.learn("q", answers(keys[::-1], keys[::-1] / 10, now))
        return kept.recall("q", keys)["minutes"].tolist() == (keys / 10).tolist()

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(40)))
    everyone = kept.recall("q", np.arange(4000))
    assert everyone["minutes"].tolist() == (np.arange(4000) / 10).tolist()


def test_memory_is_bounded(monkeypatch):
    """The home base used least lately is forgotten first."""
    monkeypatch.setattr(memory, "IN_MEMORY", 15)
    service = Counting()
    one = engine(service, DriveCache())
    for east in (0, 0.01):
        drives(one, TEN, home=Point(HOME.lon + east, HOME.lat))
    assert drives(one, TEN, home=Point(HOME.lon + 0.01, HOME.lat)).asked == 0
    assert drives(one, TEN).asked == 10


def test_the_later_answer_stands():
    kept, now = DriveCache(), memory.time.time()
    kept.learn("q", answers([5, 7], [1.0, 2.0], now))
    kept.learn("q", answers([7], [3.0], now + 1))
    assert kept.recall("q", np.array([7, 5, 6]))["minutes"].tolist()[:2] == [3, 1]
    assert kept.recall("q", np.array([6]))["said_at"].tolist() == [0]


def test_one_point_that_spoils_a_request_does_not_make_the_next_ones_small():
    """The whole is asked in halves until it stands alone; then again as many as ever."""

    class Fragile(Counting):
        def read(self, body, n):
            if n > 1 and round(HOME.lon + 0.003, 6) in json.loads(body):
                raise Spoilt("one is bad", backend="counting", code=171)
            return super().read(body, n)

    service, sizes = Fragile(), []
    inner = service.send
    service.send = lambda request: (sizes.append(len(request.body)), inner(request))[1]
    one = engine(service)
    assert drives(one, TEN).minutes.round(6).tolist() == list(range(10))
    sizes.clear()
    drives(one, Points(TEN.lon + 0.0005, TEN.lat))
    assert sizes == [10]
