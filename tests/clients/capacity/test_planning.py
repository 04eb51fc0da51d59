"""The week's plan from the books: what is said of the clients it decides."""

from app.clients.books import read_clients
from app.clients.capacity.choice import Rules
from app.clients.capacity.planning import Hours, plan_clients
from app.geo.driving.engine import Driving
from app.lists.read import from_rows
from app.lists.vocabulary import CLIENTS


def planned(*rows):
    listed = read_clients(from_rows(rows, vocabulary=CLIENTS), needs="hours")
    return plan_clients(listed, None, Driving(), Hours(40, {}), Rules()).plan


def test_who_paid_nothing_all_year_is_doubted():
    """Zenith has hours and a rate, so it is planned; one that has left is not asked about."""
    row = {"hours": 2, "rate": 100, "computers": 3, "visits": 0}
    plan = planned(
        {"client": "Zenith", "revenue": 0, **row},
        {"client": "Apex", "revenue": 1200, **row},
        {"client": "Gone", "revenue": 0, "active": "no", **row},
        {"client": "Mystery", "revenue": "", **row},
    )
    doubts = [note for note in plan.notes if "paid nothing all year" in note]
    assert len(doubts) == 1
    assert "Zenith (1): still clients?" in doubts[0]
    assert {one.name for one in plan.decisions} == {"Zenith", "Apex", "Mystery"}


def test_where_all_paid_nobody_is_doubted():
    plan = planned({"client": "Apex", "revenue": 1200, "hours": 2, "computers": 3, "visits": 0})
    assert not any("paid nothing" in note for note in plan.notes)
