"""The pipeline over the sample county: every firm's verdict is known."""

import numpy as np
import pytest

from app.errors import Ambiguous, BadAddress
from app.find.options import SpotOptions
from app.find.pipeline import Pipeline
from app.find.question import Question, limit_bounds
from app.geo.geocoding.home_base import locate_home_base, parse_point
from app.geo.geocoding.zips.zip_codes import ZipGeocoder
from app.geo.regions.sample import county as sample
from app.geo.regions.sample import firms
from app.lists.read import open_list
from app.settings import Settings
from app.sweetspot.judge import ZONES, Verdict
from app.wiring.ground import find_ground
from app.wiring.parts import Parts


@pytest.fixture(scope="module")
def parts(data_dir):
    with Parts(Settings(data_dir=data_dir)) as parts:
        yield parts


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "prospects.csv"
    path.write_text(sample.prospects_csv(), encoding="utf-8")
    return open_list(path)


def answer(parts, rows, **limits):
    question = Question(SpotOptions(**limits).spot())
    ground = find_ground(parts, sample.HOME_ADDRESS, question)
    (batch,) = rows.batches()
    return Pipeline(ground, question, frozenset(rows.known)).find(batch)


WHERE = {
    firms.INSIDE: "near",
    firms.EDGE: "edge",
    firms.BEYOND: "beyond",
    firms.ACROSS: "edge",
}


def test_every_firm_is_where_the_map_says(parts, rows):
    """Zones by the minutes worked out by hand in firms.py."""
    got = answer(parts, rows, minutes=50)
    for i, firm in enumerate(firms.FIRMS):
        if firm.where in WHERE and not np.isnan(firm.minutes):
            assert ZONES[got.judged.zone[i]] == WHERE[firm.where], firm.name


def test_minutes_are_those_worked_out_by_hand(parts, rows):
    """Engine minutes exceed length / speed by the turns: at most a minute and a half here."""
    got = answer(parts, rows, minutes=50)
    for i, firm in enumerate(firms.FIRMS):
        if not np.isnan(firm.minutes) and np.isfinite(got.known.drives.minutes[i]):
            over = got.known.drives.minutes[i] - firm.minutes
            assert -0.3 <= over <= 1.5, f"{firm.name}: {over:+.2f} min"


def test_sizes_decide_among_those_within_reach(parts, rows):
    got = answer(parts, rows, minutes=50)
    expected = {
        firms.RIGHT: {Verdict.PASS, Verdict.MAYBE},
        firms.WRONG: {Verdict.FAIL},
        firms.UNKNOWN: {Verdict.MAYBE},
    }
    for i, firm in enumerate(firms.FIRMS):
        if firm.where == firms.INSIDE:
            assert Verdict(int(got.judged.verdict[i])) in expected[firm.size], firm.name


def test_a_size_that_no_row_has_is_not_applied(parts, tmp_path):
    """Without any size in the list, reach alone decides."""
    path = tmp_path / "list.csv"
    path.write_text("name,address,city,state,zip\nA,420 Main Street,Larkfield,NV,00101\n")
    got = answer(parts, open_list(path), minutes=50)
    assert got.judged.verdict.tolist() == [Verdict.PASS]


def test_moving_the_limit_outward_keeps_what_passed(parts, rows):
    passed = None
    for limit in (10, 25, 30, 45, 50, 60):
        now = answer(parts, rows, minutes=limit).judged.verdict == Verdict.PASS
        assert passed is None or not (passed & ~now).any()
        passed = now


def test_the_way_back_differs_where_a_street_is_one_way(parts, tmp_path):
    """Mesa Loop is driven one way only, so Tolliver's firms there are nearer in one direction."""
    from app.geo.driving.engine import Direction, Driving

    path = tmp_path / "list.csv"
    spot = sample.county_point(86.5, -3.1)  # half a kilometre along the loop's first side
    path.write_text(f"name,address,lat,lon\nA,Mesa Loop,{spot.lat},{spot.lon}\n")
    rows = open_list(path)
    minutes = []
    for direction in Direction:
        question = Question(SpotOptions(minutes=100).spot(), Driving(direction))
        ground = find_ground(parts, sample.HOME_ADDRESS, question)
        (batch,) = rows.batches()
        minutes.append(Pipeline(ground, question, frozenset()).find(batch).known.drives.minutes[0])
    # Out: 0.5 km into the loop. Back: the remaining 9.5 km of it at 60 km/h, 9 minutes more.
    assert minutes[1] - minutes[0] == pytest.approx(9, abs=1.0)


def test_parse_point():
    assert parse_point("21.3, -157.8").lon == -157.8
    assert parse_point("350 Main Street, Larkfield") is None


def test_home_base_errors():
    zips = ZipGeocoder()
    with pytest.raises(Ambiguous) as ambiguous:
        locate_home_base("Springfield", [zips])
    assert len(ambiguous.value.candidates) > 1
    with pytest.raises(BadAddress, match="not found"):
        locate_home_base("Xyzzy Plugh", [zips])


def test_limits_of_every_form():
    assert limit_bounds(50, "minutes", None) == (0, 50)
    assert limit_bounds([30, None], "minutes", None) == (30, np.inf)
    assert limit_bounds("off", "sales", (1, 2)) is None
    assert SpotOptions(km=80).spot().miles[1] == pytest.approx(49.71, abs=0.01)
    assert SpotOptions(miles=50).spot().minutes is None
    assert SpotOptions(miles=50, minutes=50).spot().minutes == (0, 50)
