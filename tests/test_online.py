"""A geocoding service asked for no more than it must be: memory, budgets, failures, verdicts."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from app.errors import BackendDown, BackendFailed, BulkUse, Refused
from app.find import Ground, HomeBase, depend_on_place, find
from app.geo.engines import Estimate, Road
from app.geo.geocoders import Accuracy, Address, Addresses, Cascade, Fixes, nowhere
from app.geo.geocoding import memory as remembering
from app.geo.geocoding.base import Fix, Terms, Told, one_line
from app.geo.geocoding.memory import Memory
from app.geo.online import Budget, Online, improved
from app.geo.points import Point, Points
from app.lists.read import from_rows
from app.question import Asked, Question


@dataclass
class Service:
    """A service that knows every street, `east` degrees of 0 by its house number."""

    name: str = "example"
    terms: Terms = field(default_factory=Terms)
    credit: str = "© example"
    down: frozenset[str] = frozenset()
    refuses_after: float = inf
    unknown: frozenset[str] = frozenset()
    asked: list[str] = field(default_factory=list)
    calls: int = 0

    def ask(self, addresses):
        self.calls += 1
        self.asked += [address.line for address in addresses]
        if self.calls > self.refuses_after:
            raise Refused("example: its quota is reached", backend=self.name, code=429)
        if any(address.line in self.down for address in addresses):
            raise BackendDown("example can't be reached", backend=self.name)
        return [self.told(address) for address in addresses]

    def told(self, address):
        if address.line in self.unknown:
            return Told(note="example does not know it")
        east = float(address.line.split()[0])
        return Told((Fix(east, 10.0, Accuracy.ROOFTOP, 100.0, f"{one_line(address)}, USA"),))


@pytest.fixture
def memory(tmp_path):
    with closing(Memory(tmp_path / "data" / "geocoders.sqlite")) as made:
        yield made


def rows(*numbers, city="Elmton"):
    return Addresses.of([Address(f"{n} Elm Street", city, "NV", "00101") for n in numbers])


def located(fixes):
    return fixes.at.lon.tolist()


def test_each_address_is_asked_once_and_then_remembered(memory):
    """In this run, in the next, and whatever its case and spaces are."""
    service = Service()
    first = Online(service, memory, Budget())
    assert located(first.locate(rows(1, 2, 1))) == [1, 2, 1]
    assert service.asked == ["1 Elm Street", "2 Elm Street"]
    later = Online(service, memory, Budget())
    again = Addresses.of([Address("2  ELM street", "elmton ", "nv", "00101")])
    assert located(later.locate(again)) == [2]
    assert (later.use.asked, later.use.kept, service.calls) == (0, 1, 2)


def test_what_may_not_be_kept_is_not(memory):
    service = Service(terms=Terms(days=0))
    for _ in range(2):
        Online(service, memory, Budget()).locate(rows(1))
    assert service.calls == 2


def test_answers_are_dropped_when_their_time_is_over(memory, monkeypatch):
    """Google's after 30 days; "not found" after 30 whatever the terms allow."""
    short, long = Service("short", Terms(days=30)), Service("long", Terms(days=999))
    missing = Service("missing", Terms(days=999), unknown=frozenset({"1 Elm Street"}))
    services = (short, long, missing)
    for service in services:
        Online(service, memory, Budget()).locate(rows(1))
    now = time.time()
    monkeypatch.setattr(remembering.time, "time", lambda: now + 31 * 86_400)
    for service in services:
        Online(service, memory, Budget()).locate(rows(1))
    assert [service.calls for service in services] == [2, 1, 2]


def test_a_service_elsewhere_is_another_one(memory):
    one, other = Service(), Service()
    Online(one, memory, Budget(), key="example http://a").locate(rows(1))
    Online(other, memory, Budget(), key="example http://b").locate(rows(1))
    assert (one.calls, other.calls) == (1, 1)


def test_a_run_s_budget(memory):
    """What it has no room for stays unknown, says so, and is asked in the next run."""
    service = Service()
    run = Online(service, memory, Budget(run=2, price=5))
    fixes = run.locate(rows(1, 2, 3))
    assert np.isnan(fixes.at.lon).tolist() == [False, False, True]
    assert "budget" in fixes.note[2]
    assert (run.use.asked, run.use.unasked, run.use.usd) == (2, 1, 0.01)
    run.locate(rows(4))
    assert run.use.asked == 2
    Online(service, memory, Budget(run=2)).locate(rows(1, 2, 3))
    assert service.asked == [f"{n} Elm Street" for n in (1, 2, 3)]


def test_a_month_s_budget_is_one_for_all_runs(memory, monkeypatch):
    service = Service()
    budget = Budget(month=3)
    assert Online(service, memory, budget).locate(rows(1, 2)).accuracy.all()
    second = Online(service, memory, budget)
    second.locate(rows(3, 4))
    assert (second.use.asked, second.use.unasked) == (1, 1)
    monkeypatch.setattr(remembering, "_month", lambda: "2099-01")
    assert Online(service, memory, budget).locate(rows(4)).accuracy.all()


def test_what_was_not_sent_does_not_count_for_the_month(memory):
    """After a refusal the rest is not asked, and is still in the budget."""
    budget = Budget(month=100)
    service = Service(refuses_after=2, terms=Terms(per_second=1))
    run = Online(service, memory, budget)
    fixes = run.locate(rows(*range(1, 51)))
    assert service.calls == 3
    assert fixes.accuracy.astype(bool).sum() == 2
    assert "quota" in run.use.failed
    assert "quota" in fixes.note[-1]
    assert memory.left("example", 100) == 97
    run.locate(rows(60))
    assert service.calls == 3


def test_a_part_that_fails_costs_only_that_part_and_is_asked_again(memory):
    service = Service(down=frozenset({"2 Elm Street"}))
    run = Online(service, memory, Budget())
    fixes = run.locate(rows(1, 2, 3))
    assert fixes.accuracy.astype(bool).tolist() == [True, False, True]
    assert "can't be reached" in fixes.note[1]
    service.down = frozenset()
    service.asked.clear()
    assert Online(service, memory, Budget()).locate(rows(1, 2, 3)).accuracy.all()
    assert service.asked == ["2 Elm Street"]


def test_a_file_that_fails_is_asked_in_halves(memory):
    """Down to the smallest: 7 of 8 are placed, one file of two is lost."""
    service = Service(terms=Terms(batch=8, smallest=2), down=frozenset({"3 Elm Street"}))
    fixes = Online(service, memory, Budget()).locate(rows(*range(1, 9)))
    assert np.flatnonzero(fixes.accuracy == 0).tolist() == [2, 3]
    assert service.calls == 5


def test_a_dry_run_asks_nothing_and_counts_as_the_real_one(memory):
    service = Service(terms=Terms(batch=2))
    Online(service, memory, Budget()).locate(rows(1))
    service.asked.clear()
    dry = Online(service, memory, Budget(price=4), dry=True)
    fixes = dry.locate(rows(1, 2, 3, 4))
    assert service.asked == []
    assert located(fixes)[0] == 1
    assert (dry.use.asked, dry.use.calls, dry.use.kept, dry.use.usd) == (3, 2, 1, 0.012)
    real = Online(service, memory, Budget(price=4))
    real.locate(rows(1, 2, 3, 4))
    assert replace(real.use, found=0) == dry.use


def test_a_public_server_is_not_asked_in_bulk_without_a_word(memory):
    """Before anything is sent; what is kept already does not count."""
    terms = Terms(per_second=50, bulk=100, policy="https://example.org/policy")
    service = Service(terms=terms)
    with pytest.raises(BulkUse, match=r"101 addresses .*https://example.org/policy"):
        Online(service, memory, Budget()).locate(rows(*range(101)))
    assert service.asked == []
    assert Online(service, memory, Budget()).locate(rows(*range(100))).accuracy.all()
    allowed = Online(service, memory, Budget(), allow_bulk=True)
    assert allowed.locate(rows(*range(100, 250))).accuracy.all()
    assert "150 addresses" in allowed.use.bulk
    parted = Online(service, memory, Budget())
    parted.locate(rows(*range(300, 390)))
    with pytest.raises(BulkUse):
        parted.locate(rows(*range(390, 401)))


def test_only_streets_are_asked_for(memory):
    """A P.O. box, a ZIP code, nothing: no service can place them better than we do."""
    service = Service()
    asked = [Address("PO Box 12", "Elmton", "NV", "00101"), Address("", "Elmton"), Address("")]
    fixes = Online(service, memory, Budget()).locate(Addresses.of(asked))
    assert service.asked == []
    assert all("no street" in note for note in fixes.note)


def test_requests_keep_their_pace_in_all_processes(tmp_path):
    """Two memories over one file stand for two processes."""
    path = tmp_path / "geocoders.sqlite"
    turns = []

    def take(memory):
        for _ in range(3):
            memory.turn("example", 0.05)
            turns.append(time.monotonic())

    with (
        closing(Memory(path)) as one,
        closing(Memory(path)) as other,
        ThreadPoolExecutor(2) as pool,
    ):
        list(pool.map(take, [one, other]))
    assert max(turns) - min(turns) >= 0.05 * 5 * 0.9
    assert len(turns) == 6


def test_budgets_hold_for_threads_that_ask_at_once(memory):
    granted = []

    def reserve():
        granted.append(memory.reserve("example", 30, 100))

    threads = [threading.Thread(target=reserve) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(granted) == 100


def test_a_file_that_is_no_memory_is_named(tmp_path):
    (tmp_path / "geocoders.sqlite").write_bytes(b"something else" * 200)
    with pytest.raises(BackendFailed, match=r"geocoders.sqlite can't be used.*may be deleted"):
        Memory(tmp_path / "geocoders.sqlite")


def rough(lon, radius_m, accuracy=Accuracy.POSTCODE):
    n = len(lon)
    has = np.isfinite(lon)
    return Fixes(
        Points(np.array(lon), np.where(has, 10.0, np.nan)),
        np.where(has, accuracy, 0).astype(np.uint8),
        np.where(has, radius_m, np.nan),
        ["zipcodes" if ok else "" for ok in has],
        ["ZIP" if ok else "" for ok in has],
        [""] * n,
    )


def test_a_closer_fix_is_taken_and_one_elsewhere_is_not():
    """0.02 degrees are 2.2 km: inside of 5 km; one degree is 109."""
    before = rough([1.0, 1.0, np.nan, 1.0], 5000)
    answer = rough([1.02, 2.0, 3.0, np.nan], 100, Accuracy.ROOFTOP)
    after = improved(before, np.arange(4), answer)
    assert after.at.lon.tolist() == [1.02, 1.0, 3.0, 1.0]
    assert after.accuracy.tolist() == [5, 2, 5, 2]
    assert "68 miles away: not taken" in after.note[1]
    assert improved(before, np.array([3]), rough([1.0], 9000)).source[3] == "zipcodes"


HOME = HomeBase(Point(0.0, 10.0), "home", Accuracy.GIVEN, 0.0, "given")


class Zips:
    """Places every row by its postcode: "00" and the miles it is east of home."""

    name = "zips"

    def locate(self, addresses, _near=None, /, **_):
        east = [float(code) / 68 if code else np.nan for code in addresses.postcode]
        return rough(east, 3000.0)

    def candidates(self, *_):
        return nowhere([])


def prospects(*rows):
    """A row each: thousandths of a degree east as its house number, postcode, employees."""
    listed = [
        {"name": f"{n}", "address": f"{n / 1000:g} Elm Street", "zip": code, "employees": size}
        for n, code, size in rows
    ]
    return next(iter(from_rows(listed).batches()))


def asked_of(listed, question, *services, memory):
    online = [Online(service, memory, Budget()) for service in services]
    ground = Ground(HOME, Cascade([Zips()]), Estimate(), online=online)
    return find(listed, ground, question, frozenset({"employees"})), ground


NEAR_EDGE = [(10, "00001", 50), (735, "00050", 50), (728, "00050", 5), (2900, "00200", 50)]
WITHIN_50 = Question(Asked(miles=50).sweet_spot())


def test_a_service_is_asked_only_where_the_verdict_depends_on_it(memory):
    """Well inside, wrong size and far away are decided by the ZIP code; the edge is not."""
    service = Service()
    answer, ground = asked_of(prospects(*NEAR_EDGE), WITHIN_50, service, memory=memory)
    assert service.asked == ["0.735 Elm Street"]
    assert answer.judged.verdict.tolist() == [2, 0, 0, 0]
    assert [Accuracy(a).label for a in answer.fixes.accuracy] == [
        "postcode", "rooftop", "postcode", "postcode",
    ]  # fmt: skip
    assert ground.online[0].use.asked == 1


def test_a_row_that_nobody_placed_depends_on_its_place(memory):
    service = Service()
    answer, _ = asked_of(prospects((10, "", 50), (20, "", 5)), WITHIN_50, service, memory=memory)
    assert service.asked == ["0.01 Elm Street"]
    assert answer.judged.verdict.tolist()[0] == 2


def test_the_second_service_is_asked_for_what_the_first_left_open(memory):
    """And for nothing where the first decides all."""
    first = Service("first", unknown=frozenset({"0.735 Elm Street"}))
    second = Service("second")
    edge = prospects((735, "00050", 50), (733, "00050", 50))
    answer, _ = asked_of(edge, WITHIN_50, first, second, memory=memory)
    assert second.asked == ["0.735 Elm Street"]
    assert answer.fixes.source == ["second", "first"]
    asked_of(prospects((733, "00050", 50)), WITHIN_50, first, second, memory=memory)
    assert second.calls == 1


class Lake(Estimate):
    """An engine that finds no road to a ZIP code's centre, and one that can't say any drive."""

    def __init__(self, road):
        self.road = road

    def drives(self, home, to, radius_m, limits, how):
        found = super().drives(home, to, radius_m, limits, how)
        gone = radius_m > 0
        road, minutes = np.where(gone, self.road, found.road), np.where(gone, np.inf, found.minutes)
        return replace(found, road=road.astype(np.uint8), minutes=minutes)


def test_no_road_to_a_zip_code_s_centre_is_asked_about(memory):
    service = Service()
    online = [Online(service, memory, Budget())]
    ground = Ground(HOME, Cascade([Zips()]), Lake(Road.NO_ROAD), online=online)
    question = Question(Asked(minutes=60).sweet_spot())
    answer = find(prospects((100, "00007", 50)), ground, question, frozenset({"employees"}))
    assert service.asked == ["0.1 Elm Street"]
    assert answer.judged.verdict.tolist() == [2]


def test_a_drive_that_nobody_can_say_is_asked_about_where_the_miles_may_fail_it(memory):
    service = Service()
    online = [Online(service, memory, Budget())]
    ground = Ground(HOME, Cascade([Zips()]), Lake(Road.UNKNOWN), online=online)
    question = Question(Asked(minutes=90, miles=50).sweet_spot())
    rows = prospects((738, "00050", 50), (100, "00007", 50))
    answer = find(rows, ground, question, frozenset({"employees"}))
    assert service.asked == ["0.738 Elm Street"]
    assert answer.judged.verdict.tolist() == [0, 1]


def test_a_service_that_is_down_leaves_maybe_and_never_fail(memory):
    service = Service(down=frozenset({"0.735 Elm Street"}))
    answer, _ = asked_of(prospects((735, "00050", 50)), WITHIN_50, service, memory=memory)
    assert answer.judged.verdict.tolist() == [1]
    assert "can't be reached" in answer.fixes.note[0]


@settings(max_examples=40)
@given(
    some.lists(
        some.tuples(
            some.integers(0, 2000), some.sampled_from(["", *(f"{n:05}" for n in range(30, 70, 4))]),
            some.sampled_from([5, 50, 500]),
        ),
        min_size=1, max_size=30,
    )
)  # fmt: skip
def test_asking_for_some_decides_as_asking_for_all(tmp_path_factory, listed):
    """As long as every true place lies within the radius of its ZIP code."""
    true = [(n if not code else int(float(code) / 68 * 1000) + n % 20, code, size)
            for n, code, size in listed]  # fmt: skip
    folder = tmp_path_factory.mktemp("memory")
    with closing(Memory(folder / "a.sqlite")) as memory:
        some_asked, _ = asked_of(prospects(*true), WITHIN_50, Service(), memory=memory)
        everyone = prospects(*((n, "", size) for n, _, size in true))
        all_asked, _ = asked_of(everyone, WITHIN_50, Service(), memory=memory)
    assert some_asked.judged.verdict.tolist() == all_asked.judged.verdict.tolist()
    assert not len(depend_on_place(some_asked, WITHIN_50.spot))
