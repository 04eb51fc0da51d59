"""A geocoding service asked for no more than it must be: memory, budgets, failures, verdicts."""

import sqlite3
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

from app.errors import BackendDown, BackendFailed, BulkUse, CircuitOpen, NotAsked, Refused
from app.find.ground import Ground
from app.find.nearest import drive_to
from app.find.options import SpotOptions
from app.find.pipeline import Pipeline, depend_on_place
from app.find.question import Question
from app.geo.addresses.address import Address, Addresses
from app.geo.addresses.one_line import one_line
from app.geo.driving.engine import Road
from app.geo.driving.estimate import EstimateEngine
from app.geo.geocoding.cascade import Cascade
from app.geo.geocoding.fix import Fix, GeocodeReply, improve_fixes
from app.geo.geocoding.geocoder import Accuracy, Fixes, no_fixes
from app.geo.geocoding.home_base import HomeBase
from app.geo.geocoding.services import cache as remembering
from app.geo.geocoding.services.cache import GeocodeCache
from app.geo.geocoding.services.service import Terms
from app.geo.geocoding.services.service_geocoder import Budget, ServiceGeocoder
from app.geo.points import Point, Points
from app.lists.read import from_rows


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
            return GeocodeReply(note="example does not know it")
        east = float(address.line.split()[0])
        return GeocodeReply(
            (Fix(east, 10.0, Accuracy.ROOFTOP, 100.0, f"{one_line(address)}, USA"),)
        )


@pytest.fixture
def memory(tmp_path):
    with closing(GeocodeCache(tmp_path / "data" / "geocoders.sqlite")) as made:
        yield made


def rows(*numbers, city="Elmton"):
    return Addresses.of([Address(f"{n} Elm Street", city, "NV", "00101") for n in numbers])


def located(fixes):
    return fixes.at.lon.tolist()


def test_each_address_is_asked_once_and_then_remembered(memory):
    """In this run, in the next, and whatever its case and spaces are."""
    service = Service()
    first = ServiceGeocoder(service, memory, Budget())
    assert located(first.locate(rows(1, 2, 1))) == [1, 2, 1]
    assert sorted(service.asked) == ["1 Elm Street", "2 Elm Street"]  # two are under way at once
    later = ServiceGeocoder(service, memory, Budget())
    again = Addresses.of([Address("2  ELM street", "elmton ", "nv", "00101")])
    assert located(later.locate(again)) == [2]
    assert (later.use.asked, later.use.kept, service.calls) == (0, 1, 2)


def test_what_may_not_be_kept_is_not(memory):
    service = Service(terms=Terms(days=0))
    for _ in range(2):
        ServiceGeocoder(service, memory, Budget()).locate(rows(1))
    assert service.calls == 2


def test_answers_are_dropped_when_their_time_is_over(memory, monkeypatch):
    """Google's after 30 days; "not found" after 30 whatever the terms allow."""
    short, long = Service("short", Terms(days=30)), Service("long", Terms(days=999))
    missing = Service("missing", Terms(days=999), unknown=frozenset({"1 Elm Street"}))
    services = (short, long, missing)
    for service in services:
        ServiceGeocoder(service, memory, Budget()).locate(rows(1))
    now = time.time()
    monkeypatch.setattr(remembering.time, "time", lambda: now + 31 * 86_400)
    for service in services:
        ServiceGeocoder(service, memory, Budget()).locate(rows(1))
    assert [service.calls for service in services] == [2, 1, 2]


def test_a_service_elsewhere_is_another_one(memory):
    one, other = Service(), Service()
    ServiceGeocoder(one, memory, Budget(), key="example http://a").locate(rows(1))
    ServiceGeocoder(other, memory, Budget(), key="example http://b").locate(rows(1))
    assert (one.calls, other.calls) == (1, 1)


def test_a_run_s_budget(memory):
    """What it has no room for stays unknown, says so, and is asked in the next run."""
    service = Service()
    run = ServiceGeocoder(service, memory, Budget(run=2, price=5))
    fixes = run.locate(rows(1, 2, 3))
    assert np.isnan(fixes.at.lon).tolist() == [False, False, True]
    assert "budget" in fixes.note[2]
    assert (run.use.asked, run.use.unasked, run.use.usd) == (2, 1, 0.01)
    run.locate(rows(4))
    assert run.use.asked == 2
    ServiceGeocoder(service, memory, Budget(run=2)).locate(rows(1, 2, 3))
    assert sorted(service.asked) == [f"{n} Elm Street" for n in (1, 2, 3)]


def test_a_month_s_budget_is_one_for_all_runs(memory, monkeypatch):
    service = Service()
    budget = Budget(month=3)
    assert ServiceGeocoder(service, memory, budget).locate(rows(1, 2)).accuracy.all()
    second = ServiceGeocoder(service, memory, budget)
    second.locate(rows(3, 4))
    assert (second.use.asked, second.use.unasked) == (1, 1)
    monkeypatch.setattr(remembering, "_month", lambda: "2099-01")
    assert ServiceGeocoder(service, memory, budget).locate(rows(4)).accuracy.all()


def test_what_was_not_sent_does_not_count_for_the_month(memory):
    """After a refusal the rest is not asked, and is still in the budget."""
    budget = Budget(month=100)
    service = Service(refuses_after=2, terms=Terms(per_second=1))
    run = ServiceGeocoder(service, memory, budget)
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
    run = ServiceGeocoder(service, memory, Budget())
    fixes = run.locate(rows(1, 2, 3))
    assert fixes.accuracy.astype(bool).tolist() == [True, False, True]
    assert "can't be reached" in fixes.note[1]
    service.down = frozenset()
    service.asked.clear()
    assert ServiceGeocoder(service, memory, Budget()).locate(rows(1, 2, 3)).accuracy.all()
    assert service.asked == ["2 Elm Street"]


@pytest.mark.parametrize("trouble", [Refused, CircuitOpen, BackendDown])
def test_a_stop_ends_the_halving_too(memory, trouble):
    """A file of 64 fails, and its first half is refused: the second is not sent."""

    class Picky(Service):
        def ask(self, addresses):
            super().ask(addresses)
            if len(addresses) == 64 or trouble is BackendDown:
                raise BackendDown("example answers nonsense", backend="example")
            if trouble is Refused:
                raise Refused("example: no quota", backend="example", code=429)
            raise trouble("example", backend="example")

    service = Picky(terms=Terms(batch=64, smallest=1))
    run = ServiceGeocoder(service, memory, Budget(month=1000))
    run.locate(rows(*range(1, 65)))
    assert run.use.lost == 64
    assert service.calls == (2 if trouble is not BackendDown else 14)
    assert memory.left("example", 1000) == 1000 - run.use.asked


def test_a_stopped_service_is_no_bulk_use(memory):
    terms = Terms(per_second=50, bulk=100, policy="https://example.org/policy")
    run = ServiceGeocoder(Service(terms=terms, refuses_after=0), memory, Budget())
    run.locate(rows(*range(90)))
    fixes = run.locate(rows(*range(100, 200)))
    assert "quota" in fixes.note[0]


def test_a_service_that_rests_is_sent_nothing_and_nothing_counts(memory):
    """The circuit breaker's refusals cost neither money nor the month's budget."""

    class Rests(Service):
        def ask(self, addresses):
            if self.calls >= 2:
                raise CircuitOpen("example is left alone", backend="example")
            return super().ask(addresses)

    service = Rests(terms=Terms(per_second=1))
    run = ServiceGeocoder(service, memory, Budget(month=100, price=1000))
    fixes = run.locate(rows(*range(1, 31)))
    assert (run.use.asked, run.use.usd, run.use.lost) == (2, 2, 28)
    assert memory.left("example", 100) == 98
    assert "left alone" in fixes.note[-1]


def test_five_answers_in_a_row_that_are_none_end_the_run(memory):
    """A page of HTML for every address: the next thirty are not paid for."""
    numbers = range(1, 31)
    service = Service(
        terms=Terms(per_second=1), down=frozenset(f"{n} Elm Street" for n in numbers if n > 3)
    )
    run = ServiceGeocoder(service, memory, Budget(month=100))
    run.locate(rows(*numbers))
    assert (service.calls, run.use.asked, run.use.found, run.use.lost) == (8, 8, 3, 27)
    run.locate(rows(40))
    assert service.calls == 8


def test_a_run_that_is_broken_off_asks_no_more_and_counts_what_it_asked(memory):
    class Slow(Service):
        def ask(self, addresses):
            time.sleep(0.01)
            return super().ask(addresses)

    def ctrl_c(_name, done, _total):
        if done == 2:
            raise KeyboardInterrupt

    service = Slow(terms=Terms(per_second=1))
    with pytest.raises(KeyboardInterrupt):
        ServiceGeocoder(service, memory, Budget(month=100)).locate(
            rows(*range(1, 31)), progress=ctrl_c
        )
    assert 2 <= service.calls < 10
    assert memory.left("example", 100) == 100 - service.calls


def test_addresses_that_differ_in_their_unit_are_one(memory):
    service = Service()
    lines = ("1 Elm Street, Ste 2", "1 ELM street apt 7", "1 Elm Street")
    asked = Addresses.of([Address(line, "Elmton", "NV", "00101") for line in lines])
    assert located(ServiceGeocoder(service, memory, Budget()).locate(asked)) == [1, 1, 1]
    assert len(service.asked) == 1


def test_two_finds_at_once_ask_for_an_address_once(memory):
    class Slow(Service):
        def ask(self, addresses):
            time.sleep(0.02)
            return super().ask(addresses)

    service = Slow(terms=Terms(per_second=50))
    runs = [ServiceGeocoder(service, memory, Budget(month=100)) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        for fixes in pool.map(lambda run: run.locate(rows(*range(1, 11))), runs):
            assert located(fixes) == list(range(1, 11))
    assert len(service.asked) == 10
    assert sum(run.use.asked for run in runs) == 10
    assert memory.left("example", 100) == 90


def test_notes_say_what_became_of_each_row(memory):
    """One failed, one is over the budget, one was found."""
    service = Service(down=frozenset({"1 Elm Street"}), terms=Terms(per_second=1))
    fixes = ServiceGeocoder(service, memory, Budget(run=2)).locate(rows(1, 2, 3))
    assert "can't be reached" in fixes.note[0]
    assert fixes.accuracy[1]
    assert "budget" in fixes.note[2]


def test_a_file_that_fails_is_asked_in_halves(memory):
    """Down to the smallest: 7 of 8 are placed, one file of two is lost."""
    service = Service(terms=Terms(batch=8, smallest=2), down=frozenset({"3 Elm Street"}))
    run = ServiceGeocoder(service, memory, Budget())
    fixes = run.locate(rows(*range(1, 9)))
    assert np.flatnonzero(fixes.accuracy == 0).tolist() == [2, 3]
    assert service.calls == run.use.calls == 5
    assert run.use.asked == 8


def test_a_dry_run_asks_nothing_and_counts_as_the_real_one(memory):
    service = Service(terms=Terms(batch=2))
    ServiceGeocoder(service, memory, Budget()).locate(rows(1))
    service.asked.clear()
    dry = ServiceGeocoder(service, memory, Budget(price=4), dry=True)
    fixes = dry.locate(rows(1, 2, 3, 4))
    assert service.asked == []
    assert located(fixes)[0] == 1
    assert (dry.use.asked, dry.use.calls, dry.use.kept, dry.use.usd) == (3, 2, 1, 0.012)
    real = ServiceGeocoder(service, memory, Budget(price=4))
    real.locate(rows(1, 2, 3, 4))
    assert replace(real.use, found=0) == dry.use


def test_a_dry_run_keeps_to_the_budgets_over_several_batches(memory):
    dry = ServiceGeocoder(Service(), memory, Budget(run=5, month=3), dry=True)
    for batch in (rows(1, 2), rows(3, 4), rows(1, 5)):
        dry.locate(batch)
    assert (dry.use.asked, dry.use.unasked) == (3, 2)


def test_candidates_that_are_not_asked_for_say_so(memory):
    one = Address("1 Elm Street", "Elmton", "NV", "00101")
    with pytest.raises(NotAsked, match="would be asked"):
        ServiceGeocoder(Service(), memory, Budget(), dry=True).candidates(one, 3)
    with pytest.raises(NotAsked, match="budget"):
        ServiceGeocoder(Service(), memory, Budget(month=0)).candidates(one, 3)


def test_what_the_budget_forbids_does_not_count_as_bulk(memory):
    terms = Terms(per_second=50, bulk=100, policy="https://example.org/policy")
    run = ServiceGeocoder(Service(terms=terms), memory, Budget(month=100))
    assert run.locate(rows(*range(1, 301))).accuracy.astype(bool).sum() == 100


def test_a_public_server_is_not_asked_in_bulk_without_a_word(memory):
    """Before anything is sent; what is kept already does not count."""
    terms = Terms(per_second=50, bulk=100, policy="https://example.org/policy")
    service = Service(terms=terms)
    with pytest.raises(BulkUse, match=r"101 addresses .*https://example.org/policy"):
        ServiceGeocoder(service, memory, Budget()).locate(rows(*range(101)))
    assert service.asked == []
    assert ServiceGeocoder(service, memory, Budget()).locate(rows(*range(100))).accuracy.all()
    allowed = ServiceGeocoder(service, memory, Budget(), allow_bulk=True)
    assert allowed.locate(rows(*range(100, 250))).accuracy.all()
    assert "150 addresses" in allowed.use.bulk
    parted = ServiceGeocoder(service, memory, Budget())
    parted.locate(rows(*range(300, 390)))
    with pytest.raises(BulkUse):
        parted.locate(rows(*range(390, 401)))


def test_only_streets_are_asked_for(memory):
    """A P.O. box, a ZIP code, nothing: no service can place them better than we do."""
    service = Service()
    lines = ("PO Box 12", "PMB 120", "-", "#", "N/A", "Unknown", "General Delivery", "Elmton")
    asked = [Address(line, "Elmton", "NV", "00101") for line in lines]
    asked += [Address("", "Elmton"), Address("")]
    fixes = ServiceGeocoder(service, memory, Budget()).locate(Addresses.of(asked))
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
        closing(GeocodeCache(path)) as one,
        closing(GeocodeCache(path)) as other,
        ThreadPoolExecutor(2) as pool,
    ):
        list(pool.map(take, [one, other]))
    assert max(turns) - min(turns) >= 0.05 * 5 * 0.9
    assert len(turns) == 6


def test_budgets_hold_for_threads_that_ask_at_once(memory):
    granted = []

    def reserve():
        granted.append(memory.reserve("example", 30, 100).addresses)

    threads = [threading.Thread(target=reserve) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(granted) == 100


def test_a_clock_that_was_set_back_stops_nobody(memory, monkeypatch):
    memory.turn("example", 0.05)
    monkeypatch.setattr(remembering.time, "time", lambda: time.monotonic() - 86_400)
    monkeypatch.setattr(remembering.time, "sleep", lambda _: pytest.fail("waits"))
    memory.turn("example", 0.05)


def test_addresses_that_were_not_sent_go_back_to_their_month(memory, monkeypatch):
    grant = memory.reserve("example", 30, 100)
    monkeypatch.setattr(remembering, "_month", lambda: "2099-01")
    memory.give_back("example", grant)
    assert memory.left("example", 100) == 100
    monkeypatch.undo()
    assert memory.left("example", 100) == 100


def test_a_file_that_can_not_be_used_fails_no_row(tmp_path):
    """It is named, with what to do; nothing is asked, as budget and pace are unknown."""
    path = tmp_path / "geocoders.sqlite"
    path.write_bytes(b"something else" * 200)
    service = Service()
    with closing(GeocodeCache(path)) as broken:
        run = ServiceGeocoder(service, broken, Budget())
        fixes = run.locate(rows(1, 2))
    assert (service.asked, run.use.lost) == ([], 2)
    assert "geocoders.sqlite can't be used" in fixes.note[0]
    assert "may be deleted" in run.use.failed


def test_a_file_that_another_process_holds_is_not_called_broken(tmp_path, monkeypatch):
    monkeypatch.setattr(remembering, "BUSY_S", 0.05)
    path = tmp_path / "geocoders.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with closing(GeocodeCache(path)) as made, pytest.raises(BackendFailed) as why:
            made.left("example", 5)
    assert "another process holds it" in str(why.value)
    assert "deleted" not in str(why.value)


def test_an_answer_that_can_not_be_kept_is_used_and_the_last(memory, monkeypatch):
    def full(*_):
        raise BackendFailed("the disk is full", backend="disk")

    monkeypatch.setattr(memory, "keep", full)
    service = Service(terms=Terms(per_second=1))
    run = ServiceGeocoder(service, memory, Budget())
    assert located(run.locate(rows(1, 2)))[0] == 1
    assert service.calls == 1
    assert "disk is full" in run.use.failed


def test_what_is_kept_and_can_not_be_read_is_asked_again(memory):
    service = Service()
    ServiceGeocoder(service, memory, Budget()).locate(rows(1))
    with memory._writing() as db:
        db.execute("UPDATE told SET told = '[[[1, 2]], 5'")
    assert located(ServiceGeocoder(service, memory, Budget()).locate(rows(1))) == [1]
    assert service.calls == 2


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
        [""] * n,
    )


def test_a_closer_fix_is_taken_and_one_elsewhere_is_not():
    """0.02 degrees are 2.2 km: inside of 5 km; one degree is 109."""
    before = rough([1.0, 1.0, np.nan, 1.0], 5000)
    answer = rough([1.02, 2.0, 3.0, np.nan], 100, Accuracy.ROOFTOP)
    after, changed = improve_fixes(before, np.arange(4), answer)
    assert changed.tolist() == [0, 2]
    assert after.at.lon.tolist() == [1.02, 1.0, 3.0, 1.0]
    assert after.accuracy.tolist() == [5, 2, 5, 2]
    assert "68 miles away: not taken" in after.note[1]
    nearby = improve_fixes(rough([1.0], 100, Accuracy.INTERPOLATED), np.array([0]),
                      rough([1.003], 50, Accuracy.ROOFTOP))[0]  # fmt: skip
    assert nearby.accuracy.tolist() == [Accuracy.ROOFTOP]
    assert improve_fixes(before, np.array([3]), rough([1.0], 9000))[0].source[3] == "zipcodes"


HOME = HomeBase(Point(0.0, 10.0), "home", Accuracy.GIVEN, 0.0, "given")


class Zips:
    """Places every row by its postcode: "00" and the miles it is east of home."""

    name = "zips"

    def locate(self, addresses, _near=None, /, **_):
        east = [float(code) / 68 if code else np.nan for code in addresses.postcode]
        return rough(east, 3000.0)

    def candidates(self, *_):
        return no_fixes([])


def prospects(*rows):
    """A row each: thousandths of a degree east as its house number, postcode, employees."""
    listed = [
        {"name": f"{n}", "address": f"{n / 1000:g} Elm Street", "zip": code, "employees": size}
        for n, code, size in rows
    ]
    return next(iter(from_rows(listed).batches()))


def asked_of(listed, question, *services, memory):
    online = [ServiceGeocoder(service, memory, Budget()) for service in services]
    ground = Ground(HOME, Cascade([Zips()]), EstimateEngine(), online=online)
    return Pipeline(ground, question, EMPLOYEES).find(listed), ground


NEAR_EDGE = [(10, "00001", 50), (735, "00050", 50), (728, "00050", 5), (2900, "00200", 50)]
EMPLOYEES = frozenset({"employees"})
WITHIN_50 = Question(SpotOptions(miles=50).spot())


def test_a_service_is_asked_only_where_the_verdict_depends_on_it(memory):
    """Well inside, wrong size and far away are decided by the ZIP code; the edge is not."""
    service = Service()
    answer, ground = asked_of(prospects(*NEAR_EDGE), WITHIN_50, service, memory=memory)
    assert service.asked == ["0.735 Elm Street"]
    assert answer.judged.verdict.tolist() == [2, 0, 0, 0]
    assert [Accuracy(a).label for a in answer.known.fixes.accuracy] == [
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
    assert answer.known.fixes.source == ["second", "first"]
    asked_of(prospects((733, "00050", 50)), WITHIN_50, first, second, memory=memory)
    assert second.calls == 1


class Metered:
    """A routing service that counts the drives it is asked for, one by one."""

    name, metered, live = "metered", True, True

    def __init__(self, fails_after=inf):
        self.asked, self.fails_after = [], fails_after

    def drives(self, home, to, radius_m, limits, how):
        self.asked.append(int(to.known.sum()))
        if len(self.asked) > self.fails_after:
            raise BackendDown("metered can't be reached", backend="metered")
        found = EstimateEngine().drives(home, to, radius_m, limits, how)
        return replace(found, asked=int(to.known.sum()), saved=int((~to.known).sum()))


EDGES = [(10, "00001", 50), (735, "00050", 50), (733, "00050", 50), (2900, "00200", 50)]


def test_the_engine_is_asked_again_only_where_a_row_moved(memory):
    """Two services, each for the rows left; the drives of all rounds are counted."""
    first = Service("first", unknown=frozenset({"0.735 Elm Street"}))
    engine = Metered()
    online = [ServiceGeocoder(one, memory, Budget()) for one in (first, Service("second"))]
    ground = Ground(HOME, Cascade([Zips()]), engine, online=online)
    question = Question(SpotOptions(miles=50).spot())
    answer = Pipeline(ground, question, EMPLOYEES).find(prospects(*EDGES))
    assert engine.asked == [4, 1, 1]
    assert (answer.known.drives.asked, answer.known.drives.saved) == (6, 0)
    assert answer.judged.verdict.tolist() == [2, 0, 2, 0]
    whole = drive_to(answer.known.fixes, ground, (50.0,), question.how)
    assert answer.known.drives.minutes.tolist() == whole.minutes.tolist()
    assert answer.known.drives.high.tolist() == whole.high.tolist()


def test_an_engine_that_fails_in_the_second_round_loses_nothing_of_the_first(memory):
    online = [ServiceGeocoder(Service(), memory, Budget())]
    ground = Ground(HOME, Cascade([Zips()]), Metered(fails_after=1), online=online)
    question = Question(SpotOptions(miles=50).spot())
    answer = Pipeline(ground, question, EMPLOYEES).find(prospects(*EDGES))
    assert answer.judged.verdict.tolist() == [2, 0, 2, 0]  # by the miles alone
    assert "can't be reached" in answer.known.drives.failed
    assert np.isfinite(answer.known.drives.minutes).tolist() == [True, False, False, True]


def test_the_second_service_is_not_asked_where_the_engine_failed(memory):
    """What the first one placed is placed, though nobody can say the drive."""
    second = Service("second")
    online = [ServiceGeocoder(one, memory, Budget()) for one in (Service("first"), second)]
    ground = Ground(HOME, Cascade([Zips()]), Metered(fails_after=1), online=online)
    question = Question(SpotOptions(minutes=60).spot())
    answer = Pipeline(ground, question, EMPLOYEES).find(prospects((735, "00050", 50)))
    assert answer.judged.verdict.tolist() == [1]
    assert answer.known.fixes.source == ["first"]
    assert second.asked == []


def test_a_dry_run_counts_each_drive_once_and_those_of_the_rows_that_move(memory):
    """Four rows, and two that each service may place elsewhere."""
    services = (Service("first"), Service("second"))
    online = [ServiceGeocoder(one, memory, Budget(), dry=True) for one in services]
    engine = Metered()
    ground = Ground(HOME, Cascade([Zips()]), engine, online=online)
    question = Question(SpotOptions(miles=50).spot(), dry_run=True)
    answer = Pipeline(ground, question, EMPLOYEES).find(prospects(*EDGES))
    assert engine.asked == [4]
    assert answer.known.drives.asked == 8
    assert [one.use.asked for one in online] == [2, 2]


class Lake(EstimateEngine):
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
    online = [ServiceGeocoder(service, memory, Budget())]
    ground = Ground(HOME, Cascade([Zips()]), Lake(Road.NO_ROAD), online=online)
    question = Question(SpotOptions(minutes=60).spot())
    answer = Pipeline(ground, question, EMPLOYEES).find(prospects((100, "00007", 50)))
    assert service.asked == ["0.1 Elm Street"]
    assert answer.judged.verdict.tolist() == [2]


def test_a_drive_that_nobody_can_say_is_asked_about_where_the_miles_may_fail_it(memory):
    service = Service()
    online = [ServiceGeocoder(service, memory, Budget())]
    ground = Ground(HOME, Cascade([Zips()]), Lake(Road.UNKNOWN), online=online)
    question = Question(SpotOptions(minutes=90, miles=50).spot())
    rows = prospects((738, "00050", 50), (100, "00007", 50))
    answer = Pipeline(ground, question, EMPLOYEES).find(rows)
    assert service.asked == ["0.738 Elm Street"]
    assert answer.judged.verdict.tolist() == [0, 1]


def test_a_service_that_is_down_leaves_maybe_and_never_fail(memory):
    service = Service(down=frozenset({"0.735 Elm Street"}))
    answer, _ = asked_of(prospects((735, "00050", 50)), WITHIN_50, service, memory=memory)
    assert answer.judged.verdict.tolist() == [1]
    assert "can't be reached" in answer.known.fixes.note[0]


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
    with closing(GeocodeCache(folder / "a.sqlite")) as memory:
        some_asked, _ = asked_of(prospects(*true), WITHIN_50, Service(), memory=memory)
        everyone = prospects(*((n, "", size) for n, _, size in true))
        all_asked, _ = asked_of(everyone, WITHIN_50, Service(), memory=memory)
    assert some_asked.judged.verdict.tolist() == all_asked.judged.verdict.tolist()
    assert not len(depend_on_place(some_asked.judged))


def test_from_several_home_bases_a_service_is_asked_once_for_what_is_open_from_all(memory):
    """What is within reach of one is decided; the budget, the counts and the dry run are one."""
    east = HomeBase(Point(1.0, 10.0), "east", Accuracy.GIVEN, 0.0, "given")
    rows = prospects((735, "00050", 50), (10, "00001", 50), (1735, "00118", 50))

    def found(dry):
        online = [ServiceGeocoder(Service(), memory, Budget(), dry=dry)]
        engine = Metered()
        first, other = (
            Ground(home, Cascade([Zips()]), engine, online=online) for home in (HOME, east)
        )
        question = Question(SpotOptions(miles=50).spot(), dry_run=dry)
        ground = replace(first, others=[other])
        return Pipeline(ground, question, EMPLOYEES).find(rows), ground, engine

    would, at, _ = found(dry=True)
    asked = at.online[0].use.asked
    answer, ground, engine = found(dry=False)
    assert ground.online[0].use.asked == asked == 1
    assert answer.judged.verdict.tolist() == [2, 2, 0]
    assert answer.known.homes(np.arange(3)) == ["east", "home", "east"]
    assert answer.known.drives.asked == sum(engine.asked) <= would.known.drives.asked
