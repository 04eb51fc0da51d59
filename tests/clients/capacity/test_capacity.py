"""Which micro clients to keep in the hours left."""

from dataclasses import replace
from fractions import Fraction
from math import ceil, floor, inf, nan

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given, settings
from hypothesis import strategies as st

from app.clients.capacity import choice as capacity
from app.clients.capacity.choice import WEEKS_A_MONTH, Micros, Rules, Week, choose_micro_clients
from app.clients.capacity.knapsack import most_value
from app.errors import BadQuestion, TooLarge

NOTHING = {
    "hours": nan,
    "rate": nan,
    "income": nan,
    "visits": 0.0,
    "minutes": nan,
    "travel_fee": nan,
    "flexible": None,
    "grows": None,
    "pays_on_time": None,
}


def micros(*clients):
    """Columns from one dict a client; what it leaves out is unknown, its visits none."""
    rows = [NOTHING | client for client in clients]
    numbers = {name: np.array([row[name] for row in rows], float) for name in capacity.MOST}
    flags = {name: [row[name] for row in rows] for name in ("flexible", "grows", "pays_on_time")}
    return Micros(name=[row["name"] for row in rows], **numbers, **flags)


def week(left):
    """A week that leaves so many hours, and nothing else in it."""
    return Week(left, {}, 0.0)


def kept(found):
    return sorted(one.name for one in found.decisions if one.decision == "keep")


ALDER = {"name": "Alder", "hours": 5, "rate": 100, "visits": 1, "minutes": 30, "travel_fee": 40}
BIRCH = {"name": "Birch", "hours": 4, "rate": 120, "visits": 2, "minutes": 45}
CEDAR = {"name": "Cedar", "hours": 5, "income": 600, "pays_on_time": False}
DOGWOOD = {"name": "Dogwood", "hours": 3, "rate": 110, "income": 1, "visits": nan}
FOUR = micros(
    ALDER | {"grows": True, "flexible": True},
    BIRCH | {"flexible": False},
    CEDAR | {"flexible": True},
    DOGWOOD | {"flexible": True},
)
BUSY = Week(40, {"direct mail": 2, "networking": 3}, 32)


def test_worked_example():
    """40 hours a week - (2 + 3) - 32 leave 3, which is 3 x 52 / 12 = 13 hours a month.

    | client  | work | drive          | hours | USD          | USD an hour | value             |
    | Alder   | 5    | 1 x 2 x 30 min | 6     | 500 + 40     | 540/6 = 90  | 540 x 1.25 = 675  |
    | Birch   | 4    | 2 x 2 x 45 min | 7     | 480          | 480/7=68.57 | 480               |
    | Cedar   | 5    | none           | 5     | 600 by books | 120         | 600 x 0.75 = 450  |
    | Dogwood | 3    | unknown        | 3     | 330          | 110         | 330               |

    All choices that fit 13 hours and can't take one more: A+B 13 h 1155; A+C 11 h 1125;
    A+D 9 h 1005; B+C 12 h 930; B+D 10 h 810; C+D 8 h 780. The best is A+B, though Birch brings
    least an hour. Cedar is flexible but pays late, so it is handed on; Dogwood waits for slack.
    """
    found = choose_micro_clients(BUSY, FOUR)
    by = {one.name: one for one in found.decisions}
    assert [one.decision for one in found.decisions] == ["keep", "keep", "hand_on", "slack"]
    assert [one.hours for one in found.decisions] == [6, 7, 5, 3]
    hourly = [one.income_per_hour_with_driving for one in found.decisions]
    assert hourly == pytest.approx([90, 480 / 7, 120, 110])
    assert found.value == 1155
    assert found.income == {"kept": 1020, "slack": 330, "handed_on": 600}
    assert found.hours == {
        "week": 40,
        "marketing": {"direct mail": 2, "networking": 3},
        "marketing_total": 5,
        "sweet_spot": 32,
        "left": 3,
        "kept": pytest.approx(3),
        "free": pytest.approx(0),
    }
    assert (found.feasible, found.undecided, found.notes) == (True, [], [])
    assert by["Alder"].reason == (
        "Keep: 6.0 h a month with the drive (1.0 h), $540, $90.00 an hour; "
        "likely to grow, counted 25 % higher."
    )
    assert by["Birch"].reason == (
        "Keep: 7.0 h a month with the drive (3.0 h), $480, $68.57 an hour."
    )
    assert by["Cedar"].reason == (
        "Hand on: 5.0 h a month, $600, $120.00 an hour; pays late, counted 25 % lower; "
        "no room beside those kept, who make the most of the 13.0 h a month left, "
        "and it pays late."
    )
    assert by["Dogwood"].reason == (
        "Slack time only: 3.0 h a month, $330, $110.00 an hour; "
        "its visits are unknown, counted as none; no room beside those kept, "
        "who make the most of the 13.0 h a month left; its schedule is flexible."
    )


def test_the_rules_decide():
    """Without a discount Cedar counts 600: Alder and Cedar make 1275 in 11 hours, the best."""
    assert kept(choose_micro_clients(BUSY, FOUR, Rules(late_discount=0))) == ["Alder", "Cedar"]
    assert choose_micro_clients(BUSY, FOUR, Rules(late_discount=0)).value == 1275
    assert choose_micro_clients(BUSY, FOUR, Rules(growth_bonus=0)).value == 540 + 480


@pytest.mark.parametrize(
    ("flexible", "decision", "why"),
    [
        (True, "slack", "its schedule is flexible"),
        (False, "hand_on", "and its times are fixed"),
        (None, "hand_on", "and whether its times are flexible is unknown"),
    ],
)
def test_what_does_not_fit_waits_only_where_it_can(flexible, decision, why):
    """3 hours a week are 13 a month; 13.5 hours of work don't fit them."""
    [one] = choose_micro_clients(
        week(3), micros({**CEDAR, "hours": 13.5, "flexible": flexible, "pays_on_time": None})
    ).decisions
    assert one.decision == decision
    assert "does not fit the 13.0 h a month left" in one.reason
    assert why in one.reason


# Exactness. Hours in hundredths and money in multiples of 16 USD make every value whole cents:
# 1.25 x 0.75 = 15/16.

clients = st.fixed_dictionaries(
    {
        "hours": st.sampled_from([0, 33, 110, 125, 200]) | st.integers(0, 900),
        "rate": st.none() | st.integers(0, 8).map(lambda n: 16 * n),
        "income": st.integers(0, 40).map(lambda n: 16 * n),
        "visits": st.sampled_from([None, 0, 0.5, 1, 3]),
        "minutes": st.sampled_from([None, 0, 7, 20, 45]),
        "travel_fee": st.sampled_from([None, 0, 32]),
        "flexible": st.sampled_from([True, False, None]),
        "grows": st.sampled_from([True, False, None]),
        "pays_on_time": st.sampled_from([True, False, None]),
    }
)
twelve = st.lists(clients, min_size=3, max_size=6).flatmap(
    lambda some: st.lists(clients, max_size=6).map(lambda more: [*some, *more, *some[:3]][:12])
)
hundredths = st.integers(0, 400)


def named(listed):
    return [
        {
            name: nan if value is None and name in capacity.MOST else value
            for name, value in row.items()
        }
        | {"name": f"client {i:02}", "hours": row["hours"] / 100}
        for i, row in enumerate(listed)
    ]


def exact(row):
    """(minutes rounded up, cents with bonus and discount) of one client, by fractions."""
    visits, one_way, fee = row["visits"] or 0, row["minutes"] or 0, row["travel_fee"] or 0
    hours = Fraction(row["hours"], 100)
    minutes = ceil(hours * 60 + Fraction(visits) * 2 * one_way)
    work = row["income"] if row["rate"] is None else hours * row["rate"]
    value = work + Fraction(visits) * fee
    value *= Fraction(5, 4) if row["grows"] else 1
    value *= Fraction(3, 4) if row["pays_on_time"] is False else 1
    assert (value * 100).denominator == 1
    return minutes, int(value * 100)


def by_force(listed, room):
    """The most cents of all 2**n choices that fit the room, and the fewest minutes that take."""
    pairs = np.array([exact(row) for row in listed], np.int64).reshape(-1, 2)
    choices = np.arange(2 ** len(listed))[:, None] >> np.arange(len(listed)) & 1
    minutes, cents = (choices @ pairs).T
    cents = np.where(minutes <= room, cents, -1)
    return cents.max(), minutes[cents == cents.max()].min()


@settings(deadline=None, max_examples=80)
@given(listed=twelve, left=hundredths)
def test_no_other_choice_has_more(listed, left):
    """Nor the same in fewer minutes; and what is kept fits."""
    found = choose_micro_clients(week(left / 100), micros(*named(listed)))
    cents, minutes = by_force(listed, floor(Fraction(left, 100) * 52 * 5))
    chosen = [
        exact(row)
        for row, one in zip(listed, found.decisions, strict=True)
        if one.decision == "keep"
    ]
    assert found.value * 100 == pytest.approx(cents, abs=1e-6)
    assert sum(value for _, value in chosen) == cents
    assert sum(spent for spent, _ in chosen) == minutes
    assert all(value > 0 for _, value in chosen)
    assert sum(one.hours for one in found.decisions if one.decision == "keep") <= (
        left / 100 * WEEKS_A_MONTH + 1e-9
    )


@settings(deadline=None, max_examples=80)
@given(twelve, hundredths, st.randoms(use_true_random=False))
def test_permuting_rows_changes_nothing(listed, left, shuffled):
    rows = named(listed)
    mixed = shuffled.sample(rows, len(rows))
    straight, other = (
        choose_micro_clients(week(left / 100), micros(*rows)),
        choose_micro_clients(week(left / 100), micros(*mixed)),
    )
    assert [one.name for one in other.decisions] == [row["name"] for row in mixed]
    assert [mixed[one.row] for one in other.decisions] == mixed
    by_name = sorted(other.decisions, key=lambda one: one.name)
    assert [replace(one, row=i) for i, one in enumerate(by_name)] == straight.decisions
    assert replace(other, decisions=straight.decisions) == straight


@settings(deadline=None, max_examples=80)
@given(twelve, hundredths, hundredths)
def test_more_hours_never_lower_the_value(listed, left, more):
    clients = micros(*named(listed))
    assert (
        choose_micro_clients(week((left + more) / 100), clients).value
        >= choose_micro_clients(week(left / 100), clients).value
    )


@pytest.mark.parametrize("seed", range(12))
def test_an_integer_solver_finds_no_more(seed):
    """HiGHS on 60 clients; a third of them earn alike by the hour, which is hard to tell apart."""
    rng = np.random.default_rng(seed)
    minutes = rng.integers(30, 1200, 60)
    cents = np.where(np.arange(60) % 3, rng.integers(1_000, 90_000, 60), minutes * 150)
    room = int(minutes.sum() * rng.uniform(0.1, 0.8))
    fits = scipy.optimize.LinearConstraint(minutes[None, :].astype(float), -np.inf, room)
    best = scipy.optimize.milp(
        -cents.astype(float),
        integrality=np.ones(60),
        bounds=scipy.optimize.Bounds(0, 1),
        constraints=fits,
        options={"mip_rel_gap": 0},
    )
    chosen = most_value(minutes, cents, room)
    assert minutes[chosen].sum() <= room
    assert cents[chosen].sum() == round(-best.fun)


def test_two_hundred_clients():
    rng = np.random.default_rng(7)
    rows = [
        {"name": f"{i:03}", "hours": hours, "income": round(150 * hours + rng.uniform(-5, 5), 2)}
        for i in range(200)
        for hours in [int(rng.integers(30, 1200)) / 60]
    ]
    found = choose_micro_clients(week(100), micros(*rows))
    assert found.value > 60_000
    assert found.hours["kept"] <= 100


def test_of_equal_value_the_fewer_hours():
    """0.116 h a week are 30 min a month: 10 + 20 min bring 100 + 150 USD, 29 min 250 USD too."""
    rows = [
        {"name": "a", "hours": 10 / 60, "income": 100},
        {"name": "b", "hours": 20 / 60, "income": 150},
        {"name": "c", "hours": 29 / 60, "income": 250},
    ]
    assert kept(choose_micro_clients(week(0.116), micros(*rows))) == ["c"]
    assert kept(choose_micro_clients(week(0.116), micros(*rows[::-1]))) == ["c"]


def test_of_clients_alike_the_first_by_name():
    """2 h each, 1.5 h a week are 6.5 h a month: three of the five."""
    alike = [{"name": name, "hours": 2, "income": 100} for name in "decab"]
    assert kept(choose_micro_clients(week(1.5), micros(*alike))) == ["a", "b", "c"]
    assert kept(choose_micro_clients(week(1.5), micros(*alike[::-1]))) == ["a", "b", "c"]


def test_clients_of_one_name_are_told_apart_by_what_they_bring():
    """USD 125 as it is and USD 100 that counts 125 are worth the same: the order can't matter."""
    growing = {"name": "x", "hours": 2, "income": 100, "grows": True}
    as_it_is = {"name": "x", "hours": 2, "income": 125}
    one = choose_micro_clients(week(0.5), micros(growing, as_it_is))
    other = choose_micro_clients(week(0.5), micros(as_it_is, growing))
    turned = [replace(decision, row=1 - decision.row) for decision in other.decisions[::-1]]
    assert one.decisions == turned
    assert one.income == other.income


def test_minutes_are_whole():
    """0.255 h a week are 66.3 min a month, so 66. 1.1 h is 66 min, though 1.1 * 60 > 66 in floats.

    66.2 min are rounded up to 67 and do not fit, although 66.2 < 66.3.
    """
    assert kept(
        choose_micro_clients(week(0.255), micros({"name": "a", "hours": 1.1, "income": 9}))
    ) == ["a"]
    assert (
        kept(
            choose_micro_clients(
                week(0.255), micros({"name": "a", "hours": 66.2 / 60, "income": 9})
            )
        )
        == []
    )


def test_a_client_that_takes_no_time_is_always_kept():
    """A retainer without work, even where the week is full; one that pays nothing is not."""
    found = choose_micro_clients(
        Week(40, {"expos": 8}, 32),
        micros(
            {"name": "free", "hours": 0, "income": 50}, {"name": "idle", "hours": 0, "income": 0}
        ),
    )
    assert kept(found) == ["free"]
    assert [one.income_per_hour_with_driving for one in found.decisions] == [None, None]
    assert found.decisions[0].reason == "Keep: no hours a month, $50."
    assert found.decisions[1].reason == "Hand on: no hours a month, $0; it brings nothing in."
    assert found.notes == [
        "marketing and sweet-spot work fill the week: no hours left for micro clients"
    ]


def test_what_brings_nothing_is_never_kept():
    """However many hours are free, and flexible or not: refunds, nothing, and all taken off."""
    rows = [
        {"name": "refunds", "hours": 1, "income": -9.5, "flexible": True},
        {"name": "nothing", "hours": 1, "rate": 0, "flexible": True},
        {"name": "late", "hours": 1, "rate": 50, "pays_on_time": False, "flexible": True},
    ]
    found = choose_micro_clients(week(40), micros(*rows), Rules(late_discount=1))
    assert [one.decision for one in found.decisions] == ["hand_on"] * 3
    assert found.decisions[0].reason == (
        "Hand on: 1.0 h a month, -$9.50, -$9.50 an hour; it brings nothing in."
    )
    assert "it counts for nothing" in found.decisions[2].reason
    assert found.value == 0


def test_a_week_that_is_too_full():
    """5 + 38 hours in 40: 3 too many, which is 3/38 = 8 % of the sweet-spot work."""
    found = choose_micro_clients(replace(BUSY, sweet_spot=38), FOUR)
    assert not found.feasible
    assert [one.decision for one in found.decisions] == ["slack", "hand_on", "hand_on", "slack"]
    assert (found.value, found.hours["left"], found.hours["kept"], found.hours["free"]) == (
        0,
        0,
        0,
        0,
    )
    [note] = found.notes
    assert note == (
        "marketing, planned first (direct mail 2.0 h, networking 3.0 h), and sweet-spot work "
        "(38.0 h) exceed the week of 40.0 h by 3.0 h: it takes 43.0 h in the week, "
        "or 3.0 h (8 %) less sweet-spot work"
    )
    assert "no hours are left for micro clients" in found.decisions[0].reason


def test_sweet_spot_work_alone_that_is_too_much():
    """4 hours too many of 44 are 9 %."""
    assert choose_micro_clients(Week(40, {}, 44), FOUR).notes == [
        (
            "sweet-spot work (44.0 h) exceeds the week of 40.0 h by 4.0 h: "
            "it takes 44.0 h in the week, or 4.0 h (9 %) less sweet-spot work"
        )
    ]


def test_marketing_that_fills_more_than_the_week():
    """Giving up all sweet-spot work would not help, so it is not proposed."""
    [note] = choose_micro_clients(Week(10, {"expos": 12}, 1), FOUR).notes
    assert note.endswith("by 3.0 h: it takes 13.0 h in the week; marketing alone does not fit it")


def test_a_full_week_in_fractions_is_not_too_full():
    """0.1 + 0.2 exceed 0.3 only in floats."""
    assert choose_micro_clients(Week(0.3, {"learning": 0.1}, 0.2), FOUR).feasible


def test_unknown_is_not_no():
    """No hours, no money or no road: undecided and said, neither kept nor handed on."""
    rows = [
        {"name": "a", "income": 100},
        {"name": "b", "hours": 1},
        {"name": "c"},
        {"name": "d", "hours": 1, "income": 100, "visits": 1, "minutes": inf},
        {"name": "e", "hours": 1, "income": 100, "visits": 0, "minutes": inf},
        {"name": "f", "hours": 1, "income": 100, "visits": 2},
    ]
    found = choose_micro_clients(week(40), micros(*rows))
    assert [(one.row, one.name, one.missing) for one in found.undecided] == [
        (0, "a", "hours"),
        (1, "b", "rate and income"),
        (2, "c", "hours; rate and income"),
        (3, "d", "a drive to it (no road leads there, or it is too long)"),
    ]
    assert kept(found) == ["e", "f"]
    assert [one.row for one in found.decisions] == [4, 5]
    assert "the drive there is unknown, counted as none" in found.decisions[1].reason
    assert found.notes == ["4 clients undecided: give what is missing to have them planned"]
    assert found.income["kept"] == 200


def test_no_clients():
    found = choose_micro_clients(week(40), micros())
    assert (found.decisions, found.value, found.hours["free"]) == ([], 0, 40)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (Week(-1, {}, 0), "hours"),
        (Week(nan, {}, 0), "hours"),
        (Week(inf, {}, 0), "hours"),
        (Week(40, {"expos": -1}, 0), "marketing"),
        (Week(40, {"expos": nan}, 0), "marketing"),
        (Week(40, {}, -0.5), "sweet_spot"),
    ],
)
def test_no_such_week(asked, field):
    with pytest.raises(BadQuestion) as caught:
        choose_micro_clients(asked, FOUR)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hours", -1),
        ("hours", inf),
        ("rate", -1),
        ("rate", 1e9),
        ("income", inf),
        ("visits", -1),
        ("minutes", -1),
        ("minutes", 1441),
        ("travel_fee", -1),
    ],
)
def test_no_such_number(name, value):
    """The message names the client, the error the column and the row, from 1."""
    with pytest.raises(BadQuestion, match=f"^{name} .* of 'Birch'") as caught:
        choose_micro_clients(BUSY, micros(ALDER, BIRCH | {name: value}))
    assert (caught.value.field, caught.value.row) == (name, 2)


@pytest.mark.parametrize(
    "rules", [Rules(growth_bonus=-0.1), Rules(growth_bonus=nan), Rules(late_discount=1.1)]
)
def test_no_such_rule(rules):
    with pytest.raises(BadQuestion, match="expected a share"):
        choose_micro_clients(BUSY, FOUR, rules)


def test_columns_of_other_lengths():
    with pytest.raises(BadQuestion) as caught:
        choose_micro_clients(BUSY, replace(FOUR, grows=[True]))
    assert caught.value.field == "grows"


def test_too_many_to_be_micro_clients_of_one_firm():
    with pytest.raises(TooLarge, match="at most 2,000"):
        choose_micro_clients(BUSY, micros(*[ALDER] * 2001))
