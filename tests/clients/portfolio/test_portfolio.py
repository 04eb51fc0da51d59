"""Who pays the bills: ranks, shares, tiers and hourly incomes, by hand and by property."""

from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clients.books import read_clients
from app.clients.portfolio.ranking import (
    answer_questions,
    client_rows,
    format_dollars,
    rank_clients,
    rank_incomes,
    ranking_notes,
)
from app.lists.read import from_rows
from app.lists.vocabulary import CLIENTS

PAID = st.lists(st.floats(-1e7, 1e7) | st.just(float("nan")) | st.just(0.0), max_size=40)


def books(*listed):
    return read_clients(from_rows(listed, vocabulary=CLIENTS))


def found(*listed, minutes=None):
    clients = books(*listed)
    drive = np.full(len(clients), np.nan) if minutes is None else np.array(minutes, float)
    return rank_clients(clients, drive)


def test_shares_and_tiers_by_hand():
    """A month: 5000, 2000, 2000, 500, 500 make 10,000.

    Shares 50, 20, 20, 5, 5 %; sums 50, 70, 90, 95, 100 %. Before each: 0, 50, 50 (a tie shares
    what is before its first), 90, 90. Under 80 %: A, A, A; under 95 %: B, B. Alone the second
    500 would have 95 % before it and be C, so the tie decides a border.
    """
    ranking = rank_incomes(np.array([2000.0, 500, 5000, 500, 2000]))
    assert ranking.order.tolist() == [2, 0, 4, 1, 3]
    assert ranking.rank.tolist() == [2, 4, 1, 4, 2]
    assert ranking.share.tolist() == [0.2, 0.05, 0.5, 0.05, 0.2]
    assert ranking.cumulative.tolist() == pytest.approx([0.7, 0.95, 0.5, 1.0, 0.9])
    assert ranking.tier.tolist() == [1, 2, 1, 2, 1]
    assert ranking.tied_border


def test_eighty_percent_before_is_b_and_ninety_five_is_c():
    """80, 15, 5: before are 0, 80, 95 %; a border belongs to the tier below it."""
    assert rank_incomes(np.array([80.0, 15, 5])).tier.tolist() == [1, 2, 3]
    assert rank_incomes(np.array([0.8, 0.1, 0.05, 0.05])).tier.tolist() == [1, 2, 2, 2]


def test_refunds_zero_and_unknown_have_no_share():
    """100 and 300 of 400 are 25 and 75 %; nothing else is in the sum."""
    ranking = rank_incomes(np.array([100, np.nan, -500, 300, 0.0]))
    assert ranking.rank.tolist() == [2, 0, 0, 1, 0]
    assert ranking.tier.tolist() == [1, 0, 0, 1, 0]
    assert ranking.share[[0, 3]].tolist() == [0.25, 0.75]
    assert np.isnan(ranking.share[[1, 2, 4]]).all()


@given(PAID)
def test_shares_sum_to_one(incomes):
    ranking = rank_incomes(np.array(incomes, float))
    if any(x > 0 for x in incomes):
        assert np.nansum(ranking.share) == pytest.approx(1)
        assert np.nanmax(ranking.cumulative) == pytest.approx(1)
        assert ranking.tier[ranking.order[0]] == 1
    assert ((ranking.tier > 0) == (np.array(incomes, float) > 0)).all()


@given(PAID, st.floats(0.01, 1e7))
def test_one_more_paying_client_never_lowers_the_total_nor_lifts_another(incomes, more):
    """The sum of what is paid grows by what it pays, and nobody's share grows."""
    before, after = rank_incomes(np.array(incomes)), rank_incomes(np.array([*incomes, more]))
    paid = sum(x for x in incomes if x > 0)
    assert more == pytest.approx((paid + more) * after.share[-1])
    shares = zip(before.share, after.share[:-1], strict=True)
    assert all(isnan(old) or new <= old + 1e-12 for old, new in shares)


@given(PAID, st.randoms())
def test_equal_incomes_have_equal_ranks_and_tiers_in_any_order(incomes, rng):
    order = list(range(len(incomes)))
    rng.shuffle(order)
    one, other = rank_incomes(np.array(incomes)), rank_incomes(np.array(incomes)[order])
    assert other.rank.tolist() == one.rank[order].tolist()
    assert other.tier.tolist() == one.tier[order].tolist()


def test_hourly_income_with_the_drive_by_hand():
    """$60,000 a year is $5,000 a month; 4 visits x 2 x 15 min are 2 h; 4 x $30 are $120.

    5,120 / (40 + 2) = 121.90.
    """
    client = {"client": "A", "revenue": 60_000, "hours": 40, "visits": 4, "travel fee": "$30"}
    one = found(client, minutes=[15])
    assert one.driving[0] == 2
    assert one.hourly[0] == pytest.approx(121.9048, abs=1e-4)
    assert "$121.90 an hour with the drive" in " ".join(client_rows(one)[0]["reasons"])


def test_no_visits_need_no_minutes_and_unknown_visits_say_nothing():
    """1,200 a year in 2 h a month without a visit: 100 / 2 = 50; visits unknown: no figure."""
    told, untold = found(
        {"client": "A", "revenue": 1200, "hours": 2, "visits": 0},
        {"client": "B", "revenue": 1200, "hours": 2},
    ).hourly
    assert told == 50
    assert isnan(untold)


def test_the_average_hour_weighs_by_hours():
    """$100/h for 1 h and $20/h for 3 h: 160 / 4 = 40, not 60."""
    both = found(
        {"client": "A", "monthly revenue": 100, "hours": 1, "visits": 0},
        {"client": "B", "monthly revenue": 60, "hours": 3, "visits": 0},
    )
    assert both.average == 40


def test_large_clients_need_senior_staff_and_micro_is_below_ten():
    listed = client_rows(
        found(
            {"client": "A", "revenue": 3, "computers": 51},
            {"client": "B", "revenue": 2, "computers": 10},
            {"client": "C", "revenue": 1, "computers": 9},
            {"client": "D", "revenue": 0.5, "employees": "20-49"},
        )
    )
    assert [one["category"] for one in listed] == ["large", "sweet spot", "micro", "sweet spot"]
    assert [one["category_basis"] for one in listed] == [*["computers"] * 3, "employees"]
    assert "senior technical staff" in " ".join(listed[0]["reasons"])
    assert "senior" not in " ".join(listed[1]["reasons"])


def test_recurring_part():
    """$6,000 of $24,000 a year: 500 a month, a quarter."""
    (one,) = client_rows(found({"client": "A", "revenue": 24_000, "recurring revenue": 6_000}))
    assert (one["recurring_monthly"], one["recurring_share"]) == (500, 0.25)


def test_the_three_questions():
    """A pays 80 of 100 in 4 h ($20/h), B 20 in 0.5 h ($40/h); on average 100 / 4.5 = $22.22.

    A pays the bills and gets the best service; worth holding on to by the hour is B.
    """
    both = found(
        {"client": "A", "monthly revenue": 80, "hours": 4, "visits": 0},
        {"client": "B", "monthly revenue": 20, "hours": 0.5, "visits": 0},
    )
    pays, hold, best = answer_questions(both)
    assert pays["clients"] == ["A"]
    assert hold["clients"] == ["B"]
    assert "$22.22" in hold["answer"]
    assert "A: they pay much and take more" in hold["answer"]
    assert best["clients"] == ["A"]


def test_a_client_that_left_paid_the_bills_and_is_not_to_be_held():
    both = found(
        {"client": "Gone", "revenue": 900, "active": "no"},
        {"client": "Here", "revenue": 100},
    )
    pays, hold, best = (answer["clients"] for answer in answer_questions(both))
    assert (pays, hold, best) == (["Gone"], ["Here"], [])
    assert "no longer active" in client_rows(both)[0]["reasons"][0]


def test_everything_odd_is_said():
    listed = found(
        {"client": "Refunded", "revenue": "-$1,200"},
        {"client": "Free", "revenue": 0},
        {"client": "Untold", "revenue": "n/a"},
        {"client": "Alone", "revenue": 1200, "active": "no"},
    )
    text = " ".join(ranking_notes(listed))
    for word in ("Refunded", "Free", "unknown for 1", "only one client", "no longer active"):
        assert word in text
    last = {one["name"]: one for one in client_rows(listed)}
    assert last["Refunded"]["share"] is None
    assert last["Refunded"]["tier"] == ""
    assert last["Refunded"]["monthly_income"] == -100


def test_nobody_pays():
    none = found({"client": "A", "revenue": 0})
    assert [answer["clients"] for answer in answer_questions(none)] == [[], [], []]
    assert any("no client pays" in note for note in ranking_notes(none))


LISTED = [
    {"client": f"C{i}", "revenue": pay, "hours": i, "visits": 1}
    for i, pay in enumerate([5, 5, 3, 0.1, 0.2, 0.3, -1, "", 7])
]


@given(st.permutations(LISTED))
def test_permuting_rows_changes_nothing(shuffled):
    def told(listed):
        return [{**one, "list_rows": ""} for one in client_rows(found(*listed))]

    assert told(shuffled) == told(LISTED)


@pytest.mark.parametrize(
    ("amount", "text"), [(71.5, "$71.50"), (1234.5, "$1,234"), (-100, "-$100.00")]
)
def test_dollars(amount, text):
    assert format_dollars(amount) == text
