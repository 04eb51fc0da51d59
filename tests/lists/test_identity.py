"""Whether two rows are one business, and whom a file of exclusions means."""

import io

import numpy as np
import polars as pl
import pytest

from app.errors import BadList
from app.geo.points import Points
from app.lists.excluding import exclude_rows, open_exclusions
from app.lists.identity import Identities, domain_key, find_repeats, phone_key
from app.lists.recipients import RECIPIENT


def rows(*some, at=None):
    """Rows of these cells, "" where not said; `at`: (lon, lat) of each."""
    frame = pl.DataFrame([dict.fromkeys(RECIPIENT, "") | one for one in some])
    points = Points(*np.array(at, float).T) if at else None
    return Identities.of(frame, points)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("808-955-0123", "8089550123"),
        ("+1 (808) 955 0123", "8089550123"),
        ("808.955.0123 ext. 45", "8089550123"),
        ("808-955-0123 x45", "8089550123"),
        ("808-955-0123 (cell)", "8089550123"),
        ("808-955-0123; 808-955-9999 home", "8089550123"),
        ("01624 675663", "01624675663"),
        ("n/a", ""),
        ("911", ""),
        ("000-000-0000", ""),
    ],
)
def test_phones_are_compared_by_their_digits(text, key):
    assert phone_key(text) == key


@pytest.mark.parametrize(
    ("website", "email", "key"),
    [
        ("https://www.Pine.com/about?x=1", "", "pine.com"),
        ("pine.com", "", "pine.com"),
        ("http://user@pine.com:8080", "", "pine.com"),
        ("", "info@pine.com", "pine.com"),
        ("facebook.com/pine", "info@pine.com", "pine.com"),
        ("", "pine@gmail.com", ""),
        ("none", "none", ""),
    ],
)
def test_a_domain_is_the_firms_own(website, email, key):
    assert domain_key(website, email) == key


PINE = {"name": "Pine Dental, Inc.", "line_1": "12 Main Street", "zip": "01103"}


class TestRepeats:
    @pytest.mark.parametrize(
        "other",
        [
            {"name": "PINE DENTAL", "line_1": "12 Main St.", "zip": "01103-2211"},
            {"name": "The Pine Dental LLC", "line_1": "12 MAIN ST STE 4", "zip": "01103"},
        ],
    )
    def test_the_same_name_at_the_same_place(self, other):
        assert find_repeats(rows(PINE, other)) == {1: (0, "same name at the same place")}

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
        assert find_repeats(rows(PINE, other)) == {}

    def test_places_are_told_by_points_where_the_lines_say_nothing(self):
        two = {"name": "Pine"}, {"name": "Pine"}
        near = [(-72.59, 42.1), (-72.5901, 42.1)]
        far = [(-72.59, 42.1), (-72.6, 42.1)]
        assert list(find_repeats(rows(*two, at=near))) == [1]
        assert find_repeats(rows(*two, at=far)) == {}
        assert find_repeats(rows(*two)) == {}

    def test_the_same_phone_whatever_the_name(self):
        one, two = {"name": "Pine", "phone": "413-555-0101"}, {"name": "Elm", "phone": "4135550101"}
        assert find_repeats(rows(one, {"name": "Oak"}, two)) == {2: (0, "same phone")}

    def test_of_three_the_first_stays(self):
        found = find_repeats(rows(PINE, PINE, PINE))
        assert {row: first for row, (first, _) in found.items()} == {1: 0, 2: 0}

    def test_a_phone_of_a_repeat_leads_to_the_first(self):
        second = PINE | {"phone": "413-555-0101"}
        found = find_repeats(rows(PINE, second, {"name": "Elm", "phone": "413-555-0101"}))
        assert found[2] == (0, "same phone")


class TestExclusions:
    ASKED = rows(
        {"name": "Pine Dental", "line_1": "12 Main St", "city": "Springfield", "zip": "01103",
         "phone": "413-555-0101", "website": "https://pine.example"},
        {"name": "Elm Law", "line_1": "3 Oak St", "city": "Chicopee", "zip": "01013"},
    )  # fmt: skip

    def reasons(self, text):
        return open_exclusions(io.BytesIO(text.encode()), "dnc.csv").reasons(self.ASKED)

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("Phone\n(413) 555-0101\n", "same phone in dnc.csv"),
            ("Domain\npine.example\n", "same domain in dnc.csv"),
            ("Email\nana@pine.example\n", "same domain in dnc.csv"),
            ("Name,Address,City\nPine Dental LLC,12 Main Street,Springfield\n",
             "same name at the same place in dnc.csv"),
            ("Client,City\nPine Dental,Springfield\n", "same name at the same place in dnc.csv"),
            ("Customer,Revenue\nPine Dental,12000\n",
             "same name in dnc.csv, which says no place"),
        ],
    )  # fmt: skip
    def test_by_phone_domain_or_name_and_place(self, text, why):
        assert self.reasons(text) == [why, ""]

    @pytest.mark.parametrize(
        "text",
        [
            "Name,City\nPine Dental,Boston\n",
            "Name,Address,City\nPine Dental,99 State St,Boston\n",
            "Email\nana@gmail.com\nbo@other.example\n",
        ],
    )
    def test_not_who_is_elsewhere(self, text):
        assert self.reasons(text) == ["", ""]

    def test_a_file_that_names_nobody_is_refused(self):
        with pytest.raises(BadList, match=r"dnc.csv: no row has a name, a phone, a website"):
            self.reasons("City,State\nSpringfield,MA\n")

    def test_rows_of_json(self):
        found = exclude_rows([{"name": "Elm Law", "city": "Chicopee"}]).reasons(self.ASKED)
        assert found == ["", "same name at the same place in exclude"]
