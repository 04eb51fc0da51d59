"""Look-alikes: the score by hand, what is missing, and what must not change it."""

from math import exp, inf, isnan, nan
from time import process_time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.businesses.industries import industry_nearness
from app.businesses.prospects import Ranges
from app.clients.likeness import Facts
from app.clients.lookalikes.scores import COMPONENTS, Hidden, Profile, Weights
from app.errors import BadQuestion

DENTIST, DOCTOR, CHIROPRACTOR, LAWYER = "621210", "621111", "621310", "541110"
UNKNOWN = (nan, nan)
ONE_STEP, TWO_STEPS = exp(-1 / 2), exp(-4 / 2)


def row(code="", minutes=nan, adviser="", **sizes):
    """One business; a size is a number or (low, high); what is not said is unknown."""
    said = {name: sizes.get(name, UNKNOWN) for name in ("employees", "computers", "sales")}
    pairs = {n: size if isinstance(size, tuple) else (size, size) for n, size in said.items()}
    return {"code": code, "minutes": minutes, "adviser": adviser, **pairs}


def facts(*rows):
    def ranges(name):
        return Ranges(*np.array([r[name] for r in rows], float).reshape(len(rows), 2).T.copy())

    return Facts(
        [f"n{i}" for i in range(len(rows))],
        [r["code"] for r in rows],
        ranges("employees"),
        ranges("computers"),
        ranges("sales"),
        np.array([r["minutes"] for r in rows], float),
        [r["adviser"] for r in rows],
    )


def scores(best, rows, **weights):
    return Profile.of(facts(*best), Weights(**weights)).score(facts(*rows))


THREE = (
    row(DENTIST, 10, "Hale & Byrne", employees=16),
    row(DENTIST, 20, employees=32),
    row(DOCTOR, 20, "Ruiz, CPA", employees=16),
)

codes = st.sampled_from(
    ["", DENTIST, DOCTOR, CHIROPRACTOR, "6212", "62", LAWYER, "332710", "31-33"]
)
bounds = st.one_of(st.just(0.0), st.floats(0.1, 1e9))
sizes = st.one_of(
    st.just(UNKNOWN),
    st.tuples(bounds, bounds).map(lambda pair: (min(pair), max(pair))),
    bounds.map(lambda low: (low, inf)),
)
minutes = st.one_of(st.just(nan), st.just(inf), st.floats(0, 2000))
advisers = st.sampled_from(["", "-", "Hale & Byrne", "hale and byrne", "Ruiz", "Ruiz; Lee", "Lee"])
businesses = st.builds(row, codes, minutes, advisers, employees=sizes, computers=sizes, sales=sizes)
several = st.lists(businesses, min_size=1, max_size=8)
weighing = st.fixed_dictionaries(
    {name: st.sampled_from([0.0, 1.0, 12.5, 40.0]) for name in COMPONENTS}
)
weighing = weighing.filter(lambda weights: any(weights.values()))


class TestByHand:
    def test_every_component(self):
        """A chiropractor with 32 employees, 30 minutes away, whose adviser no A client names.

        industry: 3 digits shared with each A client, mean 0.5; a dentist has (1 + 1 + 0.5) / 3,
        the doctor (0.5 + 0.5 + 1) / 3, so the most typical reaches 2.5 / 3: 0.5 / (2.5 / 3) = 0.6.
        size: 16 is one step away, so (0.60653 + 1 + 0.60653) / 3 = 0.73769; the most typical is
        16 with (1 + 0.60653 + 1) / 3 = 0.86884: 0.84905.
        minutes: two steps over 10, one over 20 and 20: (0.13534 + 0.60653 + 0.60653) / 3 = 0.44947.
        advisers: two of three A clients name one: 0.66667.
        40 x 0.6 + 30 x 0.84905 + 20 x 0.44947 + 10 x 0.66667 = 24 + 25.471 + 8.989 + 6.667 = 65.13.
        """
        found = scores(THREE, [row(CHIROPRACTOR, 30, "Somebody Else", employees=32)])
        values = {name: part[0] for name, part in found.parts.items()}
        expected = {"industry": 0.6, "size": 0.84905, "minutes": 0.44947, "advisers": 0.66667}
        assert values == pytest.approx(expected, abs=0.001)
        assert found.score[0] == pytest.approx(65.13, abs=0.05)
        assert found.known[0] == 1
        points = {"industry": 24, "size": 25.471, "minutes": 8.989, "advisers": 6.667}
        assert found.contributions(0) == pytest.approx(points, abs=0.02)

    def test_what_is_unknown_counts_half(self):
        """The same without minutes, its adviser shared: 24 + 25.471 + 20 / 2 + 10 = 69.47."""
        found = scores(THREE, [row(CHIROPRACTOR, adviser="HALE AND BYRNE", employees=32)])
        assert found.score[0] == pytest.approx(69.47, abs=0.05)
        assert found.known[0] == pytest.approx(0.8)
        assert found.contributions(0)["minutes"] is None

    def test_three_sizes_count_alike(self):
        """Employees as the A client's (1), computers a factor 2 off (0.60653), no sales: 0.803."""
        best = row(employees=20, computers=16, sales=2e6)
        found = scores([best], [row(employees=20, computers=8)])
        assert found.parts["size"][0] == pytest.approx((1 + ONE_STEP) / 2, abs=0.001)

    def test_a_range_is_its_geometric_middle_and_an_open_one_its_finite_end(self):
        """10-40 and 20 are alike; "50 or more" counts as 50, "up to 9" as 9."""
        rows = [row(employees=(10, 40)), row(employees=(20, inf)), row(employees=(0, 20))]
        assert scores([row(employees=20)], rows).score == pytest.approx([100, 100, 100])

    def test_no_employee_is_a_size_too_and_0_or_more_is_none(self):
        """0 counts as 1, one step from 2; a range open at both ends says nothing."""
        found = scores([row(employees=2)], [row(employees=0), row(employees=(0, inf))])
        assert found.score[0] == pytest.approx(100 * ONE_STEP, abs=0.1)
        assert isnan(found.score[1])

    def test_beyond_reach_is_known_to_be_too_far(self):
        """Beyond is worth 0, also where an A client lies beyond reach; NaN is left out."""
        found = scores([row(minutes=20), row(minutes=inf)], [row(minutes=m) for m in (inf, nan)])
        assert found.score[0] == 0
        assert isnan(found.score[1])

    def test_an_a_client_beyond_reach_makes_a_long_drive_normal(self):
        """40 minutes: two steps over 20 (0.13534), nearer than the other (1): 0.56767."""
        found = scores([row(minutes=20), row(minutes=inf)], [row(minutes=40)])
        assert found.score[0] == pytest.approx(50 * (TWO_STEPS + 1), abs=0.1)


class TestReasons:
    def test_each_component_says_its_points_and_why(self):
        found = scores(THREE, [row(CHIROPRACTOR, 30, "Lee | HALE AND BYRNE", employees=32)])
        assert found.reasons(0) == [
            "industry 24 of 40: Offices of Chiropractors, near those of 3 of 3 A clients",
            "size 25.5 of 30: 32 employees, A clients 16-32",
            "minutes 9 of 20: 30 min, A clients 10-20",
            "advisers 10 of 10: names HALE AND BYRNE, as 1 of 3 A clients do",
            "score 68.5: 68.5 of 100 points, rests on 100 % of the weight",
        ]

    def test_the_rest_says_what_is_unknown(self):
        """Of 100 points, 40 x 0 + 30 / 2 + 20 x 0 + 10 x 2/3 = 21.7."""
        found = scores(THREE, [row(LAWYER, inf, "Somebody Else")])
        assert found.reasons(0) == [
            "industry 0 of 40: Offices of Lawyers, near those of 0 of 3 A clients",
            "size 15 of 30: unknown, counts half",
            "minutes 0 of 20: beyond reach, A clients 10-20",
            "advisers 6.7 of 10: names one that no A client names; 2 of 3 A clients name any",
            "score 21.7: 21.7 of 100 points, rests on 70 % of the weight",
        ]

    def test_near_is_three_digits_not_the_sector(self):
        """A nursing home shares the sector with the dentist and nothing with the lawyer."""
        found = scores([row(DENTIST), row("623220"), row(LAWYER)], [row("623110")])
        assert found.reasons(0)[0].endswith("near those of 1 of 3 A clients")

    def test_several_sizes_and_money(self):
        best = [row(employees=(10, 19), sales=1e6), row(employees=(50, inf), sales=2.5e6)]
        found = scores(best, [row(employees=(10, 19), computers=9, sales=(5e5, 1e6))], size=10)
        text = "10-19 employees, A clients 10 or more, and $500,000-1M sales, A clients $1M-2.5M"
        assert found.reasons(0)[1].endswith(f": {text}")

    def test_a_size_that_the_row_does_not_say_is_not_mentioned(self):
        found = scores([row(employees=8, computers=4)], [row(computers=4)])
        assert found.reasons(0)[1] == "size 30 of 30: 4 computers, A clients 4"

    def test_what_no_a_client_knows_is_said(self):
        found = scores([row(DENTIST)], [row(DENTIST, minutes=5)])
        assert "minutes unknown of every A client: left out" in found.reasons(0)
        assert found.reasons(0)[-1] == "score 100: 40 of 40 points, rests on 40 % of the weight"

    def test_nothing_known_is_no_score(self):
        found = scores(THREE, [row()])
        assert isnan(found.score[0])
        assert found.known[0] == 0
        assert found.reasons(0)[-1] == "no score: nothing known to compare"


class TestMissing:
    @pytest.mark.parametrize("left", [{"adviser": ""}, {"code": ""}])
    def test_leaving_out_a_value_equal_to_the_rest_changes_nothing(self, left):
        """Three digits shared is 0.5, another adviser is 0.5 as one of two A clients names any."""
        best = [row(DENTIST, adviser="Lee"), row(DENTIST)]
        whole = row(CHIROPRACTOR, adviser="Ruiz")
        assert scores(best, [whole, whole | left]).score.tolist() == [50, 50]

    @settings(max_examples=60, deadline=None)
    @given(several, businesses, st.sets(st.sampled_from(["code", "minutes", "adviser"])), weighing)
    def test_what_a_row_does_not_say_counts_half(self, best, whole, gone, weights):
        """Of what any A client knows; the other components keep their values."""
        blank = row()
        fewer = whole | {name: blank[name] for name in gone}
        found = scores(best, [whole, fewer], **weights)
        names = {"code": "industry", "minutes": "minutes", "adviser": "advisers"}
        hidden = {names[name] for name in gone}
        left = [n for n in COMPONENTS if n not in hidden and not isnan(found.parts[n][0])]
        assert [n for n in COMPONENTS if not isnan(found.parts[n][1])] == left
        weight = sum(weights[n] for n in left)
        asked = sum(weights[n] for n in found.profile.components)
        points = sum(weights[n] * found.parts[n][0] for n in left) + (asked - weight) / 2
        expected = 100 * points / asked if weight else nan
        assert found.score[1] == pytest.approx(expected, nan_ok=True)
        assert found.known[1] == pytest.approx(weight / sum(weights.values()))

    def test_a_row_of_which_little_is_known_does_not_beat_a_match(self):
        """Near and nothing else known, beside a dentist of the right size a little farther."""
        near, match = row(minutes=10), row(DENTIST, 21, employees=16)
        found = scores(THREE, [near, match, row(LAWYER, 60, employees=900)])
        assert found.score[1] > found.score[0] > found.score[2]

    def test_what_no_a_client_knows_is_left_out_for_everyone_and_noted(self):
        profile = Profile.of(facts(row(DENTIST), row(DOCTOR)), Weights())
        found = profile.score(facts(row(DENTIST, 500, "Lee", employees=9)))
        assert (found.score[0], found.known[0]) == (100, 0.4)
        assert [note.split(":")[0] for note in profile.notes] == ["size", "minutes", "advisers"]

    def test_a_code_in_no_sector_is_unknown(self):
        assert isnan(scores([row(DENTIST)], [row("999990")]).score[0])
        assert isnan(scores([row("999990")], [row("999990")]).score[0])


class TestAlways:
    @settings(max_examples=80, deadline=None)
    @given(several, several, weighing, st.randoms(use_true_random=False))
    def test_in_bounds_whatever_the_order_and_the_batches(self, best, rows, weights, random):
        found = scores(best, rows, **weights)
        known = found.score[~np.isnan(found.score)]
        assert ((known >= 0) & (known <= 100)).all()
        assert ((found.known >= 0) & (found.known <= 1)).all()
        for part in found.parts.values():
            assert (((part >= 0) & (part <= 1)) | np.isnan(part)).all()
        order = random.sample(range(len(rows)), len(rows))
        shuffled = random.sample(best, len(best))
        again = scores(shuffled, [rows[i] for i in order], **weights)
        np.testing.assert_array_equal(again.score, found.score[order])
        np.testing.assert_array_equal(again.known, found.known[order])
        alone = [scores(best, [one], **weights).score[0] for one in rows]
        np.testing.assert_array_equal(alone, found.score)

    def test_the_order_of_many_a_clients_changes_not_a_bit(self):
        """Sums of a thousand small fractions, which in another order end in other digits."""
        drives = np.random.default_rng(3).uniform(0, 0.3, 1000).tolist()
        asked = [row(minutes=m) for m in (3, 7.7, 11)]
        one = scores([row(minutes=m) for m in drives], asked)
        other = scores([row(minutes=m) for m in reversed(drives)], asked)
        assert one.score.tolist() == other.score.tolist()

    @settings(max_examples=60, deadline=None)
    @given(several, businesses, minutes, minutes)
    def test_nearer_is_never_worse(self, best, one, some, other):
        near, far = sorted((0.0 if isnan(m) else m) for m in (some, other))
        found = scores(best, [one | {"minutes": near}, one | {"minutes": far}])
        if not isnan(found.score[0]):
            assert found.score[0] >= found.score[1] - 1e-9

    @settings(max_examples=60, deadline=None)
    @given(several, businesses)
    def test_a_twin_of_the_most_typical_is_never_beaten(self, others, rival):
        """Most A clients are of one kind, and none is nearer: their twin has 100."""
        typical = row(DENTIST, 5, "Lee", employees=16, computers=16, sales=1e6)
        others = [one | {"minutes": max(one["minutes"], 5)} for one in others]
        best = [typical] * (8 * len(others)) + others
        found = scores(best, [typical, rival])
        assert found.score[0] == 100
        assert not found.score[1] > found.score[0]

    @settings(max_examples=60, deadline=None)
    @given(st.lists(codes, min_size=1, max_size=9), st.lists(codes, min_size=1, max_size=9))
    def test_industry_is_the_mean_nearness(self, best, asked):
        """Against `nearness` asked for every pair."""
        theirs = [code for code in best if code]

        def mean(code):
            return np.mean([industry_nearness(code, other) for other in theirs]) if code else nan

        found = scores([row(code) for code in best], [row(code) for code in asked])
        top = max(map(mean, theirs), default=nan)
        expected = [min(mean(code) / top, 1) if theirs and code else nan for code in asked]
        assert found.parts["industry"].tolist() == pytest.approx(expected, nan_ok=True)

    @settings(max_examples=40, deadline=None)
    @given(st.lists(st.floats(0, 120), min_size=1, max_size=60), st.floats(0, 200))
    def test_the_curves_are_within_a_thousandth_of_every_pair(self, drives, asked):
        """The same numbers as minutes and, as powers of 2 of a tenth of them, as employees."""
        best = [row(minutes=m, employees=2 ** (m / 10)) for m in drives]
        found = scores(best, [row(minutes=asked, employees=2 ** (asked / 10))])
        steps = np.array(drives) / 10
        longer = np.exp(-(np.maximum(asked / 10 - steps, 0) ** 2) / 2).mean()
        assert found.parts["minutes"][0] == pytest.approx(longer, abs=0.001)
        bells = np.exp(-((np.array([asked / 10, *steps])[:, None] - steps) ** 2) / 2).mean(axis=1)
        size = min(bells[0] / bells[1:].max(), 1)
        assert found.parts["size"][0] == pytest.approx(size, abs=0.001)

    def test_a_hundred_thousand_against_twenty_thousand(self):
        """Processor time, so that a busy machine does not matter."""
        rng = np.random.default_rng(7)

        def many(n):
            def ranges(low, high):
                ends = np.exp(rng.uniform(np.log(low), np.log(high), n))
                return Ranges(ends, ends * 1.5)

            codes = [f"{sector}{rest:04d}" for sector in (23, 54, 62) for rest in range(300)]
            return Facts(
                [""] * n,
                [codes[i] for i in rng.integers(0, len(codes), n)],
                ranges(1, 500),
                ranges(1, 500),
                ranges(1e5, 1e8),
                rng.uniform(0, 90, n),
                [f"Adviser {i}" for i in rng.integers(0, 5000, n)],
            )

        best, listed = many(20_000), many(100_000)
        start = process_time()
        found = Profile.of(best, Weights()).score(listed)
        assert process_time() - start < 2
        assert len(np.unique(found.score)) > 90_000


class TestAdvisers:
    @pytest.mark.parametrize(
        ("theirs", "ours", "value"),
        [
            ("O'Neil & Sons, C.P.A.", "ONEIL AND SONS CPA", 1),
            ("Lee|Ruiz", "Someone; ruiz", 1),
            ("Lee, CPA", "Ruiz, CPA", 0.5),
            ("Hale and Byrne", "Hale", 0.5),
            ("Lee", " ; - ", nan),
            ("Zoë Müller", "ZOE\u0308 MU\u0308LLER", 1),
        ],
    )
    def test_names_are_compared_plainly_and_whole(self, theirs, ours, value):
        """0.5 is the share of A clients, one of two, that name any."""
        found = scores([row(DENTIST, adviser=theirs), row(DENTIST)], [row(adviser=ours)])
        assert found.parts["advisers"].tolist() == pytest.approx([value], nan_ok=True)


class TestWeights:
    def test_zero_switches_a_component_off(self):
        """Worst in minutes: 0 of them, or not a word of them."""
        one = row(DENTIST, inf, "Ruiz, CPA", employees=16)
        assert scores(THREE, [one], minutes=0).score[0] == pytest.approx(100)
        assert scores(THREE, [one]).score[0] == pytest.approx(80)
        off = scores(THREE, [one], minutes=0)
        assert not any("minutes" in reason for reason in off.reasons(0))
        assert isnan(scores(THREE, [row(minutes=5)], minutes=0).score[0])

    def test_those_not_named_keep_their_defaults(self):
        assert Weights.parse("industry=50, Size = 20.5") == Weights(50, 20.5, 20, 10)
        assert Weights.parse("") == Weights(40, 30, 20, 10)

    @pytest.mark.parametrize(
        ("text", "names"),
        [
            ("colour=5", "colour=5"),
            ("industry", "'industry'"),
            ("size=big", "size=big"),
            ("size=", "size="),
            ("size=-1", "size -1"),
            ("size=nan", "size nan"),
            ("size=1e400", "size inf"),
            ("size=1,size=2", "twice"),
            ("industry=0,size=0,minutes=0,advisers=0", "all are 0"),
        ],
    )
    def test_what_is_wrong_is_named(self, text, names):
        with pytest.raises(BadQuestion, match=names) as caught:
            Weights.parse(text)
        assert caught.value.field == "weights"


class TestProfile:
    def test_without_an_a_client_there_is_nothing_to_resemble(self):
        with pytest.raises(BadQuestion, match="no A client"):
            Profile.of(facts(), Weights())

    def test_one_a_client_will_do_and_is_noted(self):
        profile = Profile.of(facts(THREE[0]), Weights())
        assert profile.score(facts(THREE[0])).score[0] == 100
        assert "one A client only" in profile.notes[0]

    def test_an_empty_list_has_no_scores(self):
        assert len(scores(THREE, [])) == 0


class TestLeaveOneOut:
    BEST = (row(DENTIST, 10), row(DENTIST, 20), row(LAWYER, 10))
    LIST = (row(DENTIST, 30), row(LAWYER, 10), row("", 20), row())

    def test_three_a_clients_in_a_list_of_four(self):
        """Industry and minutes count alike, e1 = 0.60653 and e2 = 0.13534 for one and two steps.

        First hidden: a dentist and a lawyer are as typical (1), 10 minutes are 1: 100. The list:
        (1 + (e1 + e2) / 2) / 2 = 68.5; 100, no higher; minutes only, (1 + e1) / 2 = 80.3; none.
        Second hidden: both others are 10 minutes away: (1 + e1) / 2 = 80.3. The list:
        (1 + e2) / 2 = 56.8; 100, higher; e1 = 60.7; none.
        Third hidden: both others are dentists: (0 + 1) / 2 = 50. The list: 68.5 as at first,
        higher; 50; 80.3, higher; none.
        """
        hidden = Hidden(facts(*self.BEST), Weights(50, 0, 50, 0))
        hidden.add(facts(*self.LIST[:1]))
        hidden.add(facts(*self.LIST[1:]))
        rows = hidden.rows()
        assert [r["name"] for r in rows] == ["n0", "n1", "n2"]
        assert [r["score"] for r in rows] == pytest.approx([100, 80.33, 50], abs=0.05)
        assert [(r["rank"], r["of"]) for r in rows] == [(1, 5), (2, 5), (3, 5)]
        assert hidden.notes == ()

    def test_an_a_client_of_which_nothing_is_known_has_no_rank(self):
        hidden = Hidden(facts(*self.BEST, row()), Weights())
        hidden.add(facts(*self.LIST))
        assert hidden.rows()[3] == {"name": "n3", "score": None, "rank": None, "of": 5}

    def test_one_a_client_cannot_be_hidden(self):
        hidden = Hidden(facts(self.BEST[0]), Weights())
        hidden.add(facts(*self.LIST))
        assert hidden.rows() == []
        assert "one A client only" in hidden.notes[0]

    def test_only_the_first_fifty_are_hidden_and_the_others_still_count(self):
        """A dentist, hidden, meets 49 dentists and 60 lawyers: 49 / 60 as typical as a lawyer."""
        hidden = Hidden(facts(*[row(DENTIST)] * 50, *[row(LAWYER)] * 60), Weights())
        hidden.add(facts(row(LAWYER), row(DENTIST)))
        rows = hidden.rows()
        assert [r["name"] for r in rows] == [f"n{i}" for i in range(50)]
        assert {(round(r["score"], 2), r["rank"], r["of"]) for r in rows} == {(81.67, 2, 3)}
        assert "first 50 of 110" in hidden.notes[0]

    def test_none_at_all_is_an_error(self):
        with pytest.raises(BadQuestion, match="no A client"):
            Hidden(facts(), Weights())
