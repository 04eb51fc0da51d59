"""Which rows are one business, which of them stands in front, and why the others are behind."""

from hashlib import sha256

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.lists.duplicates import WINDOW, group_duplicates
from app.lists.identity import Identities
from app.lists.licences import read_licences
from tests.lists.made import identities

PINE = {"name": "Pine Dental, Inc.", "line_1": "12 Main Street", "zip": "01103"}
PHONE = {"phone": "413-555-0101"}


def behind(*parts):
    """Row -> the one in front of it, and why."""
    groups = group_duplicates(parts)
    found = zip(groups.front.tolist(), groups.why, strict=True)
    return {row: told for row, told in enumerate(found) if told[0] != row}


def pairs(*some, at=None):
    return behind(identities(*some, at=at))


class TestNames:
    @pytest.mark.parametrize(
        "other",
        [
            {"name": "PINE DENTAL", "line_1": "12 Main St.", "zip": "01103-2211"},
            {"name": "The Pine Dental LLC", "line_1": "12 MAIN ST STE 4", "zip": "01103"},
        ],
    )
    def test_the_same_name_at_the_same_place(self, other):
        assert pairs(PINE, other) == {1: (0, "same name at the same place")}

    @pytest.mark.parametrize(
        "other",
        [
            {"name": "Pine Dental", "line_1": "14 Main St", "zip": "01103"},
            {"name": "Pine Dental", "line_1": "12 Main St", "zip": "01040"},
            {"name": "Elm Dental", "line_1": "12 Main St", "zip": "01103"},
            {"name": "", "line_1": "12 Main St", "zip": "01103"},
        ],
    )
    def test_not_the_same(self, other):
        assert pairs(PINE, other) == {}

    def test_places_are_told_by_points_where_the_lines_say_nothing(self):
        two = {"name": "Pine"}, {"name": "Pine"}
        near = [(-72.59, 42.1), (-72.5901, 42.1)]
        far = [(-72.59, 42.1), (-72.6, 42.1)]
        assert list(pairs(*two, at=near)) == [1]
        assert pairs(*two, at=far) == {}
        assert pairs(*two) == {}

    def test_like_names_tell_how_like_they_are(self):
        cut = PINE | {"name": "Good Shepherd Montessori Schoo"}
        whole = PINE | {"name": "GOOD SHEPHERD MONTESSORI SCHOOL"}
        assert pairs(cut, whole) == {1: (0, "like name at the same place (98 of 100)")}

    @pytest.mark.parametrize(
        "names",
        [
            ("Dragon's Eye Ventures 1", "Dragon's Eye Ventures 2"),
            ("ABC Market", "ACE Market"),
            ("Burns Psychological Services", "Lewis Psychological Services"),
            ("Alta Pacific Transport", "British Pacific Transport"),
        ],
    )
    def test_names_of_two_firms(self, names):
        one, other = (PINE | {"name": name} for name in names)
        assert pairs(one, other) == {}

    def test_of_three_the_first_stays(self):
        found = pairs(PINE, PINE, PINE)
        assert {row: front for row, (front, _) in found.items()} == {1: 0, 2: 0}


@pytest.mark.parametrize(
    ("contact", "same"), [(PHONE, "same phone"), ({"website": "pine.example"}, "same web domain")]
)
class TestContacts:
    def test_one_alone_decides_where_nothing_else_is_said(self, contact, same):
        rows = {"name": "Pine"} | contact, {"name": "Oak"}, {"name": "Elm"} | contact
        assert pairs(*rows) == {2: (0, same)}

    def test_a_name_that_has_the_words_of_the_other(self, contact, same):
        firm = PINE | {"name": "JSS Oil Inc. dba Hoosier Spot"} | contact
        assert pairs(PINE | {"name": "Hoosier Spot"} | contact, firm) == {1: (0, same)}

    def test_a_street_that_is_written_in_two_ways(self, contact, same):
        other = PINE | {"line_1": "12 E Mayn Street"}
        assert pairs(PINE | contact, other | contact) == {1: (0, same)}

    def test_not_the_firms_of_one_desk(self, contact, same):
        """Practitioners of a clinic; an agent's clients."""
        assert pairs(PINE | contact, PINE | {"name": "Elm Massage"} | contact) == {}
        assert same

    def test_not_the_branches_of_a_chain(self, contact, same):
        branches = [PINE | contact | {"line_1": f"{n} Main St"} for n in range(1, 5)]
        assert pairs(*branches, {"name": "Pine Dental"} | contact) == {}
        assert same

    def test_not_a_switchboard_of_many_names(self, contact, same):
        names = [{"name": name} | contact for name in ("Pine", "Elm", "Oak")]
        assert pairs(*names) == {}
        assert same

    def test_it_leads_to_the_front(self, contact, same):
        """The fullest row of the three."""
        found = pairs(PINE, PINE | contact, {"name": "Elm"} | contact)
        assert found == {0: (1, "same name at the same place"), 2: (1, same)}


class TestFront:
    def test_the_newest_licence(self):
        rows = identities(PINE | PHONE, PINE, PINE)
        assert list(self.dated(rows, "2021", "2023", "2022")) == [0, 2]

    @pytest.mark.parametrize(
        ("header", "cells", "days"),
        [
            ("year", ["2021", "2023", ""], ["2021-12-31", "2023-12-31", ""]),
            ("License Year", ["2021", "n/a", "2023"], ["2021-12-31", "", "2023-12-31"]),
            ("Expiration Date", ["6/30/2024", "", "none"], ["2024-06-30", "", ""]),
            ("Year Established", ["1990", "2001", ""], ["", "", ""]),
        ],
    )
    def test_a_licence_by_its_column(self, header, cells, days):
        assert (
            read_licences(pl.DataFrame({"Name": ["a", "b", "c"], header: cells})).to_list() == days
        )

    def test_a_business_that_moved_stands_at_its_new_address(self):
        old, new = PINE | PHONE, PINE | PHONE | {"line_1": "99 Oak St"}
        rows = identities(old, old, new)
        assert self.dated(rows, "2020", "2021", "2022") == {
            0: (2, "same phone"),
            1: (2, "same phone"),
        }

    @pytest.mark.parametrize("years", [("2020", "2022", "2021"), ("2020", "2021", "")])
    def test_two_sites_of_the_same_years_are_two(self, years):
        rows = identities(PINE | PHONE, PINE | PHONE, PINE | PHONE | {"line_1": "99 Oak St"})
        assert len(self.dated(rows, *years)) == 1

    def dated(self, rows, *years):
        days = pl.Series([year and f"{year}-12-31" for year in years])
        return behind(Identities.of(rows.recipients, rows.at, days))

    def test_then_the_newest_list(self):
        old, new = (identities(*some).recipients for some in ([PINE | PHONE], [PINE, PINE]))
        lists = Identities.of(old, listed="2025-01-01"), Identities.of(new, listed="2026-03-01")
        assert list(behind(*lists)) == [0, 2]

    def test_then_the_fullest_row(self):
        assert list(pairs(PINE, PINE | PHONE | {"city": "Springfield"}, PINE | PHONE)) == [0, 2]


class TestMany:
    def test_no_rows(self):
        assert behind(identities(PINE).take(np.zeros(0, np.int64))) == {}

    def test_a_house_of_more_offices_than_are_compared(self):
        names = [f"{sha256(bytes([n])).hexdigest()[:12]} Law" for n in range(4 * WINDOW)]
        rows = [PINE | {"name": name} for name in names]
        found = pairs(*rows, *(row | {"line_1": "12 Main St"} for row in rows))
        assert found.keys() == set(range(len(rows), 2 * len(rows)))

    def test_a_phone_and_a_place_that_thousands_share(self):
        """Each compared with all, this would run into the tests' time limit."""
        names = [PINE | PHONE | {"name": f"{n * 7919 % 100_003} Holdings"} for n in range(50_000)]
        assert pairs(*names) == {}


CELLS = st.fixed_dictionaries({
    "name": st.sampled_from(["", "Pine", "Pine Inc", "Pines", "Elm 1", "Elm 2"]),
    "line_1": st.sampled_from(["", "1 Main St", "1 Main Street", "2 Oak St"]),
    "city": st.sampled_from(["", "Springfield", "Chicopee"]),
    "phone": st.sampled_from(["", "413-555-0101", "4135550102"]),
    "website": st.sampled_from(["", "pine.example"]),
})  # fmt: skip


class TestAlways:
    @settings(deadline=None)
    @given(some=st.lists(CELLS, min_size=1, max_size=12), cut=st.integers(0, 12))
    def test_fronts_are_their_own_and_batches_change_nothing(self, some, cut):
        rows = identities(*some)
        groups = group_duplicates([rows])
        assert (groups.front[groups.front] == groups.front).all()
        assert [bool(why) for why in groups.why] == [
            front != row for row, front in enumerate(groups.front)
        ]
        turned = group_duplicates([rows.take(np.arange(len(rows))[::-1].copy())]).front[::-1]
        one, other = (np.unique(some, return_inverse=True)[1] for some in (groups.front, turned))
        assert (np.equal.outer(one, one) == np.equal.outer(other, other)).all()
        parts = [rows.take(part) for part in np.split(np.arange(len(rows)), [min(cut, len(rows))])]
        again = group_duplicates(parts)
        assert again.front.tolist() == groups.front.tolist()
        assert again.why.to_list() == groups.why.to_list()
