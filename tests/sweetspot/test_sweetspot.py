"""The verdict: limits, unknowns, the funnel and the reasons."""

from dataclasses import replace
from datetime import date
from math import inf, nan, nextafter

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.businesses.prospects import Prospects, Ranges
from app.errors import BadQuestion
from app.geo.addresses.address import Addresses
from app.geo.driving.engine import Drives, Road
from app.geo.geocoding.geocoder import Accuracy, Fixes
from app.geo.points import Points
from app.lists.write import shown_numbers
from app.sweetspot.judge import (
    CATEGORIES,
    ZONES,
    Counts,
    Evidence,
    SweetSpot,
    Verdict,
    judge,
    parse_range,
)

TODAY = date(2026, 6, 1)
ALL = frozenset({"computers", "employees", "sales"})
FAIL, MAYBE, PASS = Verdict


def row(minutes=10.0, **said):
    """One prospect ten minutes away; what is not said is unknown."""
    plain = {
        "low": minutes,
        "high": minutes,
        "road": Road.REACHED,
        "miles": minutes * 0.7,
        "located": True,
        "accuracy": Accuracy.ROOFTOP,
        "radius": 0.0,
        "note": "",
        "off": nan,
        "computers": (nan, nan),
        "employees": (nan, nan),
        "sales": (nan, nan),
        "industry": "",
        "adviser": "",
        "closed": "",
        "licence_ends": "",
        "opt_outs": "",
    }
    return {"minutes": minutes, **plain, **said}


def judged(rows, spot=None, *, applied=ALL, engine="valhalla 3.9.1", traffic=1.0, most=60.0):
    n = len(rows)

    def floats(key):
        return np.array([r[key] for r in rows], float)

    def ranges(key):
        return Ranges(*np.array([r[key] for r in rows], float).reshape(n, 2).T.copy())

    def texts(key):
        return [r[key] for r in rows]

    at = np.where(np.array(texts("located"), bool), 1.0, nan)
    blank = [""] * n
    prospects = Prospects(
        pl.DataFrame({"n": [str(i) for i in range(n)]}),
        blank,
        Addresses(blank, blank, blank, blank),
        blank,
        Points(at, at),
        ranges("computers"),
        ranges("employees"),
        ranges("sales"),
        texts("industry"),
        texts("adviser"),
        texts("closed"),
        texts("licence_ends"),
        texts("opt_outs"),
    )
    accuracy = np.array(texts("accuracy"), np.uint8)
    fixes = Fixes(Points(at, at), accuracy, floats("radius"), blank, blank, texts("note"), blank)
    road = np.array(texts("road"), np.uint8)
    drives = Drives(floats("minutes"), floats("low"), floats("high"), road, floats("off"), most)
    known = Evidence(
        prospects,
        fixes,
        floats("miles"),
        drives,
        applied,
        Ranges.unknown(n),
        engine=engine,
        traffic=traffic,
    )
    return judge(spot or SweetSpot(), known, TODAY)


def verdict(one, spot=None, **how):
    return Verdict(judged([one], spot, **how).verdict[0])


def reason(one, spot=None, **how):
    return "; ".join(judged([one], spot, **how).reasons(0))


REACH_ONLY = SweetSpot(computers=None, employees=None, sales=None)


class TestReach:
    @pytest.mark.parametrize(
        ("minutes", "expected"), [(0, PASS), (50, PASS), (50.001, FAIL), (52.4, FAIL)]
    )
    def test_limits_are_inclusive(self, minutes, expected):
        assert verdict(row(float(minutes)), REACH_ONLY) == expected

    def test_a_ring_leaves_nearer_rows_out_and_counts_them(self):
        """20 minutes is nearer than 30-50: beyond the ring, and counted as nearer."""
        ring = replace(REACH_ONLY, minutes=(30, 50))
        counts = judged([row(20.0), row(40.0), row(60.0)], ring).counts
        assert (counts.within, counts.beyond, counts.nearer) == (1, 2, 1)

    def test_a_fix_whose_radius_straddles_the_limit_is_maybe_and_named(self):
        one = row(49.0, low=46.0, high=53.0, accuracy=Accuracy.POSTCODE, radius=2100.0)
        assert verdict(one, REACH_ONLY) == MAYBE
        assert reason(one, REACH_ONLY) == (
            "about 49.0 min by road (46.0-53.0), limit 50: may be over, "
            "placed by its postcode, off by up to 2.1 km"
        )

    @pytest.mark.parametrize(
        ("road", "expected", "words"),
        [
            (Road.NO_ROAD, FAIL, "no road leads there"),
            (Road.OUTSIDE, MAYBE, "outside the map"),
            (Road.UNKNOWN, MAYBE, "drive time unknown"),
            (Road.TOO_FAR, FAIL, "too far for any road (7.0 miles), limit 50"),
            (Road.BEYOND, FAIL, "over 60 min by road, limit 50"),
            (Road.OFF_ROAD, MAYBE, "nearest road 1.2 km away"),
        ],
    )
    def test_each_way_of_having_no_minutes_says_so(self, road, expected, words):
        value = inf if road in (Road.NO_ROAD, Road.BEYOND, Road.TOO_FAR) else nan
        one = row(value, road=road, miles=7.0, off=1200.0)
        assert (verdict(one, REACH_ONLY), reason(one, REACH_ONLY)) == (expected, words)

    @pytest.mark.parametrize("off", [inf, nan])
    def test_where_no_road_is_near_no_distance_is_told(self, off):
        one = row(nan, road=Road.OFF_ROAD, miles=7.0, off=off)
        assert (verdict(one, REACH_ONLY), reason(one, REACH_ONLY)) == (MAYBE, "no road near")

    @pytest.mark.parametrize("radius", [inf, nan])
    def test_a_radius_that_is_not_known_is_not_told(self, radius):
        one = row(49.0, low=46.0, high=53.0, accuracy=Accuracy.POSTCODE, radius=radius)
        assert reason(one, REACH_ONLY).endswith("may be over, placed by its postcode")

    def test_without_an_upper_limit_a_drive_beyond_the_table_passes(self):
        """Asked "50 or more", a drive known only to be over 60 is one."""
        assert verdict(row(inf, road=Road.BEYOND), replace(REACH_ONLY, minutes=(50, inf))) == PASS

    def test_a_row_that_is_not_located_is_maybe_and_says_why(self):
        one = row(nan, road=Road.UNKNOWN, located=False, miles=nan, note="ZIP 00000 is not known")
        assert verdict(one, REACH_ONLY) == MAYBE
        assert reason(one, REACH_ONLY) == "not located: ZIP 00000 is not known"

    def test_a_row_not_located_but_of_the_wrong_size_fails(self):
        one = row(nan, road=Road.UNKNOWN, located=False, miles=nan, employees=(500, 500))
        assert verdict(one) == FAIL

    def test_miles_instead_of_minutes(self):
        spot = replace(REACH_ONLY, minutes=None, miles=(0, 50))
        assert verdict(row(inf, road=Road.NO_ROAD, miles=42.1), spot) == PASS
        assert reason(row(miles=42.1), spot) == "42.1 miles, limit 50: 7.9 under"

    def test_miles_straddled_by_the_radius_are_maybe(self):
        """49.5 miles give or take 1,609 m, which is a mile: 48.5 to 50.5."""
        spot = replace(REACH_ONLY, minutes=None, miles=(0, 50))
        one = row(miles=49.5, accuracy=Accuracy.POSTCODE, radius=1609.0)
        assert verdict(one, spot) == MAYBE
        assert verdict({**one, "accuracy": Accuracy.ROOFTOP}, spot) == PASS

    def test_kilometres_are_shown_where_they_were_asked(self):
        """80 km are 49.7097 miles; 40 miles are 64.4 km, 15.6 under."""
        spot = replace(REACH_ONLY, minutes=None, miles=(0, 80 / 1.609344), unit="km")
        assert reason(row(miles=40.0), spot) == "64.4 km, limit 80: 15.6 under"

    def test_zones_are_fixed_by_30_and_50_minutes(self):
        rows = [row(30.0), row(30.1), row(50.1), row(inf, road=Road.BEYOND), row(nan)]
        zones = [ZONES[code] for code in judged(rows, REACH_ONLY).zone]
        assert zones == ["near", "edge", "beyond", "beyond", ""]


class TestSize:
    @pytest.mark.parametrize(
        ("employees", "expected"),
        [
            ((10, 10), PASS),
            ((100, 100), PASS),
            ((10, 19), PASS),
            ((9, 9), FAIL),
            ((101, 101), FAIL),
            ((51, 200), MAYBE),
            ((100, 250), MAYBE),
            ((50, inf), MAYBE),
            ((nan, nan), MAYBE),
        ],
    )
    def test_inside_outside_straddling_missing(self, employees, expected):
        assert verdict(row(employees=employees)) == expected

    @pytest.mark.parametrize(
        ("together", "employees", "sales", "expected"),
        [
            ("all_known", (20, 20), (nan, nan), PASS),
            ("all_known", (20, 20), (2e7, 2e7), FAIL),
            ("all_known", (51, 200), (5e6, 5e6), MAYBE),  # known, and on both sides
            ("all_known", (20, 20), (5e5, 2.5e6), MAYBE),
            ("any", (51, 200), (5e6, 5e6), PASS),
            ("any", (20, 20), (2e7, 2e7), PASS),
            ("any", (5, 5), (nan, nan), MAYBE),
            ("all", (20, 20), (nan, nan), MAYBE),
            ("all", (20, 20), (5e6, 5e6), PASS),
            ("all", (5, 5), (nan, nan), FAIL),
        ],
    )
    def test_how_criteria_join(self, together, employees, sales, expected):
        spot = SweetSpot(computers=None, together=together)
        assert verdict(row(employees=employees, sales=sales), spot) == expected

    @pytest.mark.parametrize(
        ("sales", "expected", "words"),
        [
            ((5e5, 1e6), FAIL, "$500,000-$1M, limit $1M-$10M: only touches it, under"),
            ((0, nextafter(1e6, 0)), FAIL, "$0-$1M, limit $1M-$10M: only touches it, under"),
            ((1e6, 1e6), PASS, "$1M, within $1M-$10M"),
            ((1e6, 2.5e6), PASS, "$1M-$2.5M, within $1M-$10M"),
            ((5e6, 1e7), PASS, "$5M-$10M, within $1M-$10M"),
            ((1e7, 2e7), FAIL, "$10M-$20M, limit $1M-$10M: only touches it, over"),
            ((1e7, inf), FAIL, "$10M or more, limit $1M-$10M: only touches it, over"),
            ((2e7, 5e7), FAIL, "$20M-$50M, limit $1M-$10M: $10M over"),
            (
                (5e5, 2.5e6),
                MAYBE,
                "$500,000-$2.5M, limit $1M-$10M: on both sides, so at most maybe",
            ),
        ],
    )
    def test_a_band_of_money_that_only_touches_a_limit_is_outside(self, sales, expected, words):
        one = row(employees=(20, 20), sales=sales)
        assert verdict(one) == expected
        assert f"sales {words}" in judged([one]).reasons(0)

    def test_a_head_count_is_whole_and_may_be_at_the_end_of_its_band(self):
        """1-10 can be ten; under 10 can't."""
        assert verdict(row(employees=(1, 10))) == MAYBE
        assert verdict(row(employees=(0, nextafter(10, 0)))) == FAIL

    def test_an_estimate_on_both_sides_is_no_known_size(self):
        """It may pass or fail a row, but leaves one to its known sizes where it can't say."""
        rows = [row(employees=(20, 20)), row(employees=(20, 20), computers=(5, 20))]
        known = judged(rows).case.known
        known = replace(known, estimated=Ranges(np.array([5.0, nan]), np.array([20.0, nan])))
        assert judge(SweetSpot(estimates=True), known, TODAY).verdict.tolist() == [PASS, MAYBE]

    def test_a_criterion_without_values_in_the_list_does_not_count(self):
        """All three asked together, but the list has employees only."""
        spot = SweetSpot(together="all")
        assert verdict(row(employees=(20, 20)), spot, applied=frozenset({"employees"})) == PASS
        assert verdict(row(employees=(20, 20)), spot) == MAYBE

    def test_reach_alone_decides_where_no_size_applies(self):
        counts = judged([row(10.0), row(60.0)], applied=frozenset()).counts
        assert (counts.passed, counts.right_size, counts.failed) == (1, 1, 1)

    def test_categories_go_by_computers_then_employees(self):
        nothing = (nan, nan)
        rows = [
            row(computers=(9, 9), employees=(50, 50)),
            row(computers=(10, 50)),
            row(computers=(51, 51)),
            row(computers=(5, 20), employees=(50, 50)),  # straddles: none, whatever the staff
            row(computers=nothing, employees=(1, 4)),
            row(computers=nothing, employees=(10, 100)),
            row(computers=nothing, employees=(101, inf)),
            row(),
        ]
        names = [CATEGORIES[code] for code in judged(rows).category]
        wanted = ["micro", "sweet spot", "large", "", "micro", "sweet spot", "large", ""]
        assert names == wanted


class TestOthers:
    @pytest.mark.parametrize(
        ("term", "industry", "expected"),
        [
            ("5411", "naics:541110 | Offices of lawyers", PASS),
            ("5411", "sic:5411 | Grocery", PASS),
            ("naics:5411", "sic:5411 | Grocery", FAIL),
            ("54", "code:1541", FAIL),
            ("31-33", "naics:327992", PASS),
            ("lawyer", "naics:541110 | Offices of Lawyers", PASS),
            ("law", "Lawn care", FAIL),
            ("law*", "Lawn care", PASS),
            ("dentist", "", MAYBE),
            ("c++", "C compilers", FAIL),
        ],
    )
    def test_industry_by_code_or_word(self, term, industry, expected):
        spot = replace(REACH_ONLY, industry=(term,))
        assert verdict(row(industry=industry), spot) == expected

    def test_an_adviser_is_named_or_unknown(self):
        spot = replace(REACH_ONLY, advisers=True)
        assert verdict(row(adviser="Smith CPA"), spot) == PASS
        assert verdict(row(), spot) == MAYBE

    @pytest.mark.parametrize(
        ("closed", "expected", "words"),
        [
            ("2026-05-31", FAIL, "closed 2026-05-31"),
            ("2026-06-01", FAIL, "closed 2026-06-01"),
            ("2026-06-02", PASS, ""),
            ("EXPIRED", FAIL, "closed: the list says 'EXPIRED'"),
            ("closed", FAIL, "closed: the list says so"),
            ("2025", FAIL, "closed 2025"),
            ("2026-05", FAIL, "closed 2026-05"),
            ("2027", PASS, ""),
        ],
    )
    def test_closed_fails_with_the_date_but_not_before_it(self, closed, expected, words):
        one = row(closed=closed)
        assert verdict(one, REACH_ONLY) == expected
        first = judged([one], REACH_ONLY).reasons(0)[0]
        assert first == (words or "10.0 min by road, limit 50: 40.0 under")

    def test_a_licence_that_ran_out_closes_nobody_unless_asked(self):
        """It is good on its last day."""
        over, good = row(licence_ends="2026-05-31"), row(licence_ends="2026-06-01")
        assert verdict(over, REACH_ONLY) == verdict(good, REACH_ONLY) == PASS
        assert reason(over, REACH_ONLY).endswith("; licence ran out 2026-05-31")
        assert "licence" not in reason(good, REACH_ONLY)
        strict = replace(REACH_ONLY, licence_terms="closed")
        assert (verdict(over, strict), verdict(good, strict)) == (FAIL, PASS)
        assert judged([over], strict).counts.closed == 1
        assert "licence ran out 2026-05-31, taken for closed" in judged([over], strict).reasons(0)


class TestReasons:
    def test_value_limit_and_margin(self):
        """52.4 - 50 = 2.4; 230 - 100 = 130; 1,000,000 - 633,000 = 367,000."""
        one = row(52.4, employees=(230, 230), sales=(633_000, 633_000))
        assert judged([one]).reasons(0) == [
            "52.4 min by road, limit 50: 2.4 over",
            "computers unknown",
            "employees 230, limit 10-100: 130 over",
            "sales $633,000, limit $1M-$10M: $367,000 under",
        ]

    def test_traffic_is_named_where_it_counts(self):
        assert reason(row(40.0), REACH_ONLY, traffic=1.3) == (
            "40.0 min by road (traffic x 1.3), limit 50: 10.0 under"
        )

    def test_the_estimate_says_that_it_is_one(self):
        one = row(41.0, low=33.0, high=52.0, miles=18.2)
        assert reason(one, REACH_ONLY, engine="estimate") == (
            "about 41 min (33-52, estimated from 18.2 miles), limit 50: may be over"
        )

    def test_a_margin_too_small_for_one_decimal_is_shown(self):
        """Never "50.0 min, limit 50: 0.0 over"."""
        assert reason(row(50.004), REACH_ONLY) == "50.004 min by road, limit 50: 0.004 over"

    def test_all_at_once_says_the_same_as_one_by_one(self):
        rows = [row(float(m), employees=(m, m + 5)) for m in range(0, 70, 7)]
        answer = judged(rows)
        assert answer.reasons_all() == ["; ".join(answer.reasons(i)) for i in range(len(rows))]


class TestQuestion:
    @pytest.mark.parametrize(
        ("text", "field", "expected"),
        [
            ("30-50", "minutes", (30, 50)),
            ("50", "minutes", (0, 50)),
            ("50 min", "minutes", (0, 50)),
            ("80 km", "km", (0, 80)),
            ("50+", "employees", (50, inf)),
            ("1M-10M", "sales", (1e6, 1e7)),
            ("1-10M", "sales", (1e6, 1e7)),
            ("$500,000-1M", "sales", (5e5, 1e6)),
            ("10 to 50", "computers", (10, 50)),
        ],
    )
    def test_ranges_as_people_type_them(self, text, field, expected):
        assert parse_range(text, field) == expected

    @pytest.mark.parametrize("text", ["50-30", "fifty", "", "-5", "50 furlongs", "1-2-3", "50m"])
    def test_nonsense_names_the_field(self, text):
        with pytest.raises(BadQuestion, match="minutes") as caught:
            parse_range(text, "minutes")
        assert caught.value.field == "minutes"

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("minutes", (50, 30)),
            ("sales", (nan, 1)),
            ("miles", (-1, 5)),
            ("together", "some"),
            ("unit", "leagues"),
            ("industry", (" ",)),
        ],
    )
    def test_a_sweet_spot_that_contradicts_itself_is_refused(self, field, value):
        with pytest.raises(BadQuestion) as caught:
            SweetSpot(**{field: value})
        assert caught.value.field == field


size = st.one_of(
    st.just((nan, nan)),
    st.tuples(st.integers(0, 300), st.integers(0, 300)).map(lambda pair: tuple(sorted(pair))),
    st.integers(0, 300).map(lambda low: (low, inf)),
)
a_row = st.builds(
    row,
    st.sampled_from([0.0, 29.9, 30.0, 49.0, 50.0, 51.0, 80.0, nan, inf]),
    road=st.sampled_from(Road),
    miles=st.floats(0, 100),
    located=st.booleans(),
    accuracy=st.sampled_from([Accuracy.POSTCODE, Accuracy.ROOFTOP]),
    radius=st.floats(0, 5000),
    computers=size,
    employees=size,
    sales=size.map(lambda ends: (ends[0] * 1e5, ends[1] * 1e5)),
    industry=st.sampled_from(["", "naics:541110 | Lawyers", "Bakery"]),
    closed=st.sampled_from(["", "2020-01-01", "2030-01-01", "CLOSED"]),
    licence_ends=st.sampled_from(["", "2020-01-01", "2030-01-01"]),
)
rows = st.lists(a_row, min_size=1, max_size=12)
spots = st.builds(
    SweetSpot,
    minutes=st.one_of(st.none(), st.just((0, 50)), st.just((30, 50))),
    miles=st.one_of(st.none(), st.just((0, 50))),
    together=st.sampled_from(["all_known", "any", "all"]),
    industry=st.sampled_from([(), ("lawyer",)]),
)


def spread(one):
    """Low and high around the minutes, and no road table for a row that is not placed."""
    if not one["located"]:
        return {**one, "minutes": nan, "low": nan, "high": nan, "miles": nan, "road": Road.UNKNOWN}
    return {**one, "low": one["minutes"] * 0.95, "high": one["minutes"] * 1.05}


@settings(deadline=None, max_examples=60)
@given(rows, spots)
def test_the_funnel_always_adds_up(listed, spot):
    counts = judged([spread(one) for one in listed], spot).counts
    assert counts.read == len(listed) == counts.located + counts.not_located
    assert counts.located == counts.within + counts.beyond + counts.reach_unknown
    assert counts.within == counts.right_size + counts.wrong_size + counts.size_unknown
    assert counts.passed + counts.maybe + counts.failed == counts.read
    assert counts.nearer <= counts.beyond


@settings(deadline=None, max_examples=60)
@given(rows, spots, st.floats(0, 30), st.floats(0, 60))
def test_moving_a_limit_outward_never_turns_pass_into_fail(listed, spot, nearer, farther):
    listed = [spread(one) for one in listed]

    def wider(limits):
        return limits and (max(0, limits[0] - nearer), limits[1] + farther)

    looser = replace(
        spot, minutes=wider(spot.minutes), miles=wider(spot.miles), employees=wider(spot.employees)
    )
    before, after = judged(listed, spot, most=200.0), judged(listed, looser, most=200.0)
    assert not ((before.verdict == PASS) & (after.verdict == FAIL)).any()


@settings(deadline=None, max_examples=60)
@given(rows, spots, st.randoms(use_true_random=False))
def test_permuting_rows_permutes_the_answers(listed, spot, random):
    listed = [spread(one) for one in listed]
    order = random.sample(range(len(listed)), len(listed))
    straight, mixed = judged(listed, spot), judged([listed[i] for i in order], spot)
    assert mixed.verdict.tolist() == straight.verdict[order].tolist()
    assert mixed.reasons_all() == [straight.reasons_all()[i] for i in order]
    assert mixed.counts == straight.counts


def test_batches_add_up_to_the_whole():
    listed = [row(float(m)) for m in range(0, 100, 9)]
    parts = judged(listed[:5]).counts + judged(listed[5:]).counts
    assert parts == judged(listed).counts
    assert parts + Counts() == parts


def test_rows_judged_again_are_as_if_all_had_been():
    """Where some rows moved: verdicts, funnel and reasons are those of judging every row anew."""
    before = [row(float(m), employees=(20, 20)) for m in (10, 49, 60, 30, 55)]
    after = [*before[:2], row(40.0, employees=(20, 20)), row(20.0, located=False), before[4]]
    spot = SweetSpot(minutes=(0, 50), miles=(0, 40))
    first, whole = judged(before, spot), judged(after, spot)
    rows, known = np.array([2, 3]), whole.case.known
    again = first.replaced(rows, judge(spot, known.take(rows), TODAY), known)
    for name in ("verdict", "reach", "size", "zone", "category"):
        assert getattr(again, name).tolist() == getattr(whole, name).tolist()
    assert again.counts == whole.counts
    assert again.reasons_all() == whole.reasons_all()


@pytest.mark.parametrize("minutes", [3.85, 12.25, 0.35, 48.149999, 7.05])
def test_a_reason_says_the_minutes_of_the_column(minutes):
    """Both round in one way: a table does not read 3.8 and its reason 3.9."""
    column = shown_numbers(np.array([minutes]), 1)[0]
    assert reason(row(minutes), REACH_ONLY).startswith(f"{column:.1f} min by road")


def test_a_drive_without_an_upper_bound_is_so_much_or_more():
    one = row(49.0, low=18.8, high=inf, accuracy=Accuracy.POSTCODE, radius=2100.0)
    assert "(18.8 or more), limit 50" in reason(one, REACH_ONLY)
