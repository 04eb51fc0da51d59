"""What the best have in common, niches, the suggested sweet spot and its back-test."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.businesses.industries import read_codes
from app.clients.books import read_clients
from app.clients.portfolio.niches import find_niches
from app.clients.portfolio.ranking import rank_clients
from app.clients.portfolio.review import ReviewQuestion, review_clients
from app.clients.portfolio.suggestion import suggest_spot
from app.clients.portfolio.traits import find_traits, wilson_interval
from app.find.options import SpotOptions
from app.lists.read import from_rows
from app.lists.vocabulary import CLIENTS
from app.sweetspot.criteria import SweetSpot

DENTIST, DOCTOR, LAWYER = "621210", "621111", "541110"
# Three dentists pay 30 each and are A; a doctor and two lawyers pay 5, 3 and 2 of 100: before the
# doctor are 90 %, so it and the lawyers are B and C.
SIX = [
    {"client": "D1", "revenue": 30, "naics": DENTIST, "employees": 12, "accountant": "Hale CPA"},
    {"client": "D2", "revenue": 30, "naics": DENTIST, "employees": 15, "accountant": "Hale CPA"},
    {"client": "D3", "revenue": 30, "naics": DENTIST, "employees": 60, "accountant": ""},
    {"client": "M1", "revenue": 5, "naics": DOCTOR, "employees": 8, "accountant": ""},
    {"client": "L1", "revenue": 3, "naics": LAWYER, "employees": 3, "accountant": "hale cpa"},
    {"client": "L2", "revenue": 2, "naics": LAWYER, "employees": 2, "accountant": ""},
]


def clients(*rows):
    return read_clients(from_rows(rows, vocabulary=CLIENTS))


def books(*rows, minutes=None):
    listed = clients(*rows)
    drive = np.full(len(listed), np.nan) if minutes is None else np.array(minutes, float)
    return rank_clients(listed, drive)


def common(found):
    return find_traits(found, read_codes(found.clients.who.industry))


def of(each, trait, value):
    return next((t for t in each if (t.trait, t.value) == (trait, value)), None)


def test_wilson_by_hand():
    """3 of 6: z^2 = 3.8415; the middle stays 0.5; half is 1.96 sqrt(0.25/6 + 3.8415/144) / 1.64024.

    = 1.96 x 0.261429 / 1.64024 = 0.31239: 0.18761 to 0.81239. 0 of 5: 0 to 3.8415 / 8.8415.
    """
    assert wilson_interval(3, 6) == pytest.approx((0.18761, 0.81239), abs=1e-4)
    assert wilson_interval(0, 5) == pytest.approx((0, 3.8415 / 8.8415), abs=1e-4)
    assert wilson_interval(0, 0) == (0, 1)


@given(st.integers(0, 500), st.integers(1, 500))
def test_the_interval_holds_the_share_and_narrows(k, n):
    k = min(k, n)
    low, high = wilson_interval(k, n)
    assert 0 <= low <= k / n + 1e-9
    assert k / n - 1e-9 <= high <= 1
    wider = wilson_interval(10 * k, 10 * n)
    assert wider[1] - wider[0] <= high - low


def test_an_industry_is_as_deep_as_there_are_clients():
    """Dentists (3) at 6 digits; with the doctor 4 at 621; 6212, 62121 and 62 hold the same.

    The two lawyers are too few below the sector, and they are of no A client.
    """
    each = common(books(*SIX))
    assert [t.value for t in each if t.trait == "industry"] == [DENTIST, "621"]


def test_a_trait_s_shares_and_lift_by_hand():
    """Dentists: 3 of 3 A clients, 3 of 6 in all: lift 2; low is that of 3 of 3, 1 / (1 + z^2/3)."""
    dentists = of(common(books(*SIX)), "industry", DENTIST)
    assert (dentists.top, dentists.top_known, dentists.all, dentists.all_known) == (3, 3, 3, 6)
    assert dentists.lift == 2
    assert dentists.low == pytest.approx(1 / (1 + 3.8415 / 3), abs=1e-4)
    assert dentists.high == 1


def test_two_clients_are_never_a_niche_without_saying_so():
    """Both of the best are lawyers: that may well be chance, and it says so."""
    two = books(
        {"client": "L1", "revenue": 50, "industry": "Lawyers"},
        {"client": "L2", "revenue": 50, "industry": "Law office"},
        {"client": "X", "revenue": 1, "industry": "Bakery"},
    )
    each = common(two)
    (law,) = [t for t in each if t.trait == "industry" and t.top == 2]
    assert "2 clients only: may well be chance" in law.words
    (niche,) = find_niches(two, read_codes(two.clients.who.industry), each)
    assert "no niche yet" in niche.evidence


def test_advisers_named_count_each_name_once():
    """Hale is named by two of three A clients and by three of six in all, in any spelling."""
    each = common(books(*SIX))
    hale = of(each, "adviser", "Hale CPA")
    assert (hale.top, hale.all) == (2, 3)
    named = of(each, "advisers", "named")
    assert (named.top, named.all, named.all_known) == (2, 3, 6)


def test_sizes_and_distances():
    """12 and 15 are in 10-19, 60 in 50-99; 10, 20 and 40 min are near, near and edge."""
    each = common(books(*SIX, minutes=[10, 20, 40, 60, 60, 60]))
    band = of(each, "employees", "10-19")
    assert (band.top, band.all) == (2, 2)
    near = of(each, "distance", "up to 30 min")
    assert (near.top, near.all, near.all_known) == (2, 2, 6)
    assert of(each, "distance", "over 50 min") is None  # of no A client


def test_unknown_sizes_are_in_no_share():
    """One A client's employees are unknown: 2 known of the top, not 3."""
    rows = [dict(row) for row in SIX]
    rows[2]["employees"] = ""
    assert of(common(books(*rows)), "employees", "10-19").top_known == 2


def test_industries_in_words_only_are_kept_as_words():
    each = common(books({"client": "A", "revenue": 1, "industry": "Zeppelin Mooring"}))
    assert of(each, "industry words", "zeppelin mooring").top == 1


def test_niches_are_ranked_by_evidence_and_open_their_neighbours():
    """Dentists first, 3 of 3; then nothing inside or around them; dental opens other medical."""
    found = books(*SIX)
    listed = read_codes(found.clients.who.industry)
    within = {"the list": [DENTIST, DENTIST, DOCTOR, ""]}
    (niche,) = find_niches(found, listed, common(found), ["dental"], within)
    assert niche.code == DENTIST
    assert niche.income_share == pytest.approx(0.9)
    assert niche.median_income == pytest.approx(30 / 12)
    assert niche.fits == ["dental"]
    assert niche.neighbours[0] == ("6211", "Offices of Physicians")
    assert niche.prospects == {"the list": 2}


def test_a_fitting_background_counts():
    """Two niches with the same evidence: the one the firm comes from is first."""
    rows = [
        {"client": f"{code}{i}", "revenue": 10, "naics": code}
        for code in (DENTIST, LAWYER)
        for i in range(3)
    ]
    found = books(*rows)
    for background, first in (("law", LAWYER), ("dental", DENTIST), ("62", DENTIST)):
        ranked = find_niches(
            found, read_codes(found.clients.who.industry), common(found), [background]
        )
        assert ranked[0].code == first
        assert ranked[0].fits == [background]
        assert ranked[1].fits == []


def test_the_suggestion_holds_the_a_clients_and_no_more():
    """A: 12, 15, 20 employees; 10, 20, 40 min, rounded up to a whole 5; nothing of computers."""
    three = [row | {"employees": 20} if row["client"] == "D3" else row for row in SIX]
    spot, _ = suggest_spot(books(*three, minutes=[10, 20, 40, 90, 90, 90]))
    assert spot == {
        "minutes": [0, 45],
        "computers": "off",
        "employees": [12, 20],
        "sales": "off",
        "together": "all_known",
        "industry": ["naics:6212"],
    }


def test_one_client_alone_does_not_stretch_the_suggestion():
    """60 employees where the others have 12 and 15; 120 minutes beside 10 and 20, not 40."""
    spot, said = suggest_spot(books(*SIX, minutes=[10, 20, 40, 90, 90, 90]))
    assert (spot["minutes"], spot["employees"]) == ([0, 45], [12, 15])
    assert "employees up to 60 for D3 alone; else 15: left out" in said
    spot, said = suggest_spot(books(*SIX, minutes=[10, 20, 120, 90, 90, 90]))
    assert spot["minutes"] == [0, 25]
    assert "minutes up to 120 for D3 alone; else 20: left out" in said
    spot, _ = suggest_spot(books(*SIX, minutes=[2, 3, 25, 90, 90, 90]))
    assert spot["minutes"] == [0, 30]


def test_two_that_stretch_it_to_both_sides_leave_nobody_to_go_by():
    rows = [
        {"client": n, "revenue": 30, "employees": e} for n, e in [("A", 1), ("B", 9), ("C", 99)]
    ]
    assert suggest_spot(books(*rows))[0]["employees"] == [1, 99]


def test_the_suggestion_has_the_industries_of_several_a_clients():
    """Two dentists and a lawyer: dentists; two beside two others: all; unknown of most: any."""
    rows = [
        {"client": name, "revenue": 30, "naics": code}
        for name, code in [("A", DENTIST), ("B", DENTIST), ("C", LAWYER)]
    ]
    spot, said = suggest_spot(books(*rows))
    assert spot["industry"] == ["naics:6212"]
    assert "industries of the A clients: Offices of Dentists (2)" in said
    assert "one A client alone, so not among these industries: Legal Services" in said
    assert suggest_spot(books(*rows[1:]))[0]["industry"] == ["naics:5411", "naics:6212"]
    doctor = {"client": "M", "revenue": 30, "naics": DOCTOR}
    each = ["naics:6212", "naics:5411", "naics:6211"]
    assert suggest_spot(books(*rows, doctor))[0]["industry"] == each
    unknown = [row | {"naics": ""} for row in rows[:2]]
    assert suggest_spot(books(*unknown, rows[2]))[0]["industry"] == []


def test_large_numbers_are_rounded_outwards_to_two_digits():
    """$1,234,567 to $2,345,678 becomes 1.2 to 2.4 million; 123 to 456 employees, 120 to 460."""
    row = {"revenue": 10, "sales": "$1,234,567-2,345,678", "employees": "123-456"}
    spot, _ = suggest_spot(books({"client": "A", **row}))
    assert spot["sales"] == [1_200_000, 2_400_000]
    assert spot["employees"] == [120, 460]


@given(st.lists(st.tuples(st.integers(1, 5000), st.floats(0, 110)), min_size=1, max_size=8))
def test_the_suggestion_would_keep_every_a_client(sizes):
    """Whatever their sizes and drives: but for those that alone would stretch it, and are named."""
    rows = [
        {"client": f"C{i}", "revenue": 1, "employees": size} for i, (size, _) in enumerate(sizes)
    ]
    found = books(*rows, minutes=[minutes for _, minutes in sizes])
    limits, said = suggest_spot(found)
    spot = SpotOptions(**limits).spot()
    for i in np.flatnonzero(found.top):
        left = [n for n in said if f" for {found.clients.who.name[i]} alone;" in n and "left" in n]
        if not any(note.startswith("minutes") for note in left):
            assert spot.minutes[0] <= found.minutes[i] <= spot.minutes[1]
        if not any(note.startswith("employees") for note in left):
            low, high = spot.employees
            assert low <= found.clients.who.employees.low[i] <= high
    assert sum("left out" in note for note in said) <= 4


def test_the_back_test_says_why_client_by_client():
    """Without a home base only sizes count: D1, D2 and D3 have 10-100 employees, the others not.

    The suggested sweet spot is not stretched to D3's 60.
    """
    tested = review_clients(clients(*SIX), None, ReviewQuestion(SweetSpot())).back_test
    assert (tested["of"], tested["kept"]) == (6, {"asked": 3, "suggested": 2})
    by_name = {one["name"]: one for one in tested["clients"]}
    assert by_name["D1"]["asked"]["verdict"] == "pass"
    assert by_name["M1"]["asked"] == {
        "verdict": "fail",
        "reasons": ["employees 8, limit 10-100: 2 under"],
    }


def test_former_clients_are_tested_for_what_they_were():
    """A filter finds businesses; that one has left us says nothing against the filter."""
    row = {"client": "A", "revenue": 5, "employees": 20, "status": "Inactive"}
    tested = review_clients(clients(row), None, ReviewQuestion(SweetSpot())).back_test
    assert tested["kept"]["asked"] == 1


def test_former_clients_are_no_model():
    """D3, of 60 employees, is gone: the ranges are those of D1 and D2, and it is said."""
    gone = [row | {"status": "Former" if row["client"] == "D3" else "Active"} for row in SIX]
    spot, said = suggest_spot(books(*gone, minutes=[10, 20, 40, 90, 90, 90]))
    assert (spot["minutes"], spot["employees"]) == ([0, 25], [12, 15])
    assert "1 of tier A no longer active: not in these ranges" in said
    everyone = [row | {"status": "Former"} for row in SIX]
    assert suggest_spot(books(*everyone))[0]["employees"] == [12, 15]


def test_an_a_client_beyond_reach_is_named():
    spot, said = suggest_spot(books(*SIX, minutes=[10, 20, np.inf, 90, 90, 90]))
    assert spot["minutes"] == [0, 25]
    assert "beyond reach, so not within these minutes: D3" in said


def test_whether_there_is_an_adviser_names_none():
    rows = [row | {"accountant": "yes" if row["accountant"] else "no"} for row in SIX]
    assert not [trait for trait in common(books(*rows)) if trait.trait.startswith("adviser")]
