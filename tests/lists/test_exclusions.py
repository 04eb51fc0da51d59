"""Whom a file of exclusions means, and by what."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import BadList
from app.geo.points import great_circle_metres
from app.lists.excluding import exclude_rows, open_exclusions
from app.lists.exclusions import Exclusions
from app.lists.identity import NEAR_M
from tests.lists.made import identities


class TestExclusions:
    ASKED = identities(
        {"name": "Pine Dental", "line_1": "12 Main St", "city": "Springfield", "zip": "01103",
         "phone": "413-555-0101", "website": "https://pine.example"},
        {"name": "Elm Law", "line_1": "3 Oak St", "city": "Chicopee", "zip": "01013"},
    )  # fmt: skip

    def reasons(self, text):
        return open_exclusions(io.BytesIO(text.encode()), "dnc.csv").reasons(self.ASKED).to_list()

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

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("elm.example\npine.example\n", "same domain in dnc.csv"),
            ("https://www.pine.example/\nelm.example\n", "same domain in dnc.csv"),
            ("bo@elm.example\nana@pine.example\nno@gmail.com\n", "same domain in dnc.csv"),
            ("413-555-0101\n+1 808 555 0102\n", "same phone in dnc.csv"),
            ("bo@elm.example\n4135550101\n", "same phone in dnc.csv"),
        ],
    )
    def test_one_column_needs_no_header(self, text, why):
        assert self.reasons(text) == [why, ""]

    def test_one_column_of_anything_else_does(self):
        with pytest.raises(BadList, match="one column without a header may hold web domains"):
            self.reasons("Pine Dental\nElm Law\n")

    def test_a_file_that_names_nobody_is_refused(self):
        with pytest.raises(BadList, match=r"dnc.csv: no row has a name, a phone, a website"):
            self.reasons("City,State\nSpringfield,MA\n")

    def test_rows_of_json(self):
        found = exclude_rows([{"name": "Elm Law", "city": "Chicopee"}]).reasons(self.ASKED)
        assert found.to_list() == ["", "same name at the same place in exclude"]


CELLS = st.fixed_dictionaries({
    "name": st.sampled_from(["", "Pine", "Elm"]),
    "line_1": st.sampled_from(["", "1 Main St", "1 Main Street", "2 Oak St", "."]),
    "city": st.sampled_from(["", "Springfield", " springfield", "01103"]),
    "zip": st.sampled_from(["", "01103", "01103-2211", "01013"]),
    "phone": st.sampled_from(["", "", "413-555-0101"]),
    "website": st.sampled_from(["", "", "pine.example"]),
})  # fmt: skip
PLACED = st.tuples(
    CELLS, st.sampled_from([(float("nan"), 0.0), (-72.59, 42.1), (-72.5901, 42.1), (-72.6, 42.1)])
)


class OneByOne:
    """The rule as it is said, row by row, in the order of the file."""

    def __init__(self, named, asked):
        self.named, self.asked = named, asked

    def reason(self, row):
        for kind, keys in (("phone", "phones"), ("domain", "domains")):
            key = getattr(self.asked, keys)[row]
            if key and key in getattr(self.named, keys).to_list():
                return f"same {kind} in x"
        for theirs in range(len(self.named)):
            why = self.by_name(row, theirs)
            if why:
                return why
        return ""

    def by_name(self, row, theirs):
        name = self.asked.names[row]
        if not name or name != self.named.names[theirs]:
            return ""
        street, town = place(self.named, theirs)
        if not town and not street:
            return "same name in x, which says no place"
        in_town = not street and town & place(self.asked, row)[1]
        found = in_town or self.is_near(row, theirs)
        return "same name at the same place in x" if found else ""

    def is_near(self, row, theirs):
        (mine, my_town), (street, town) = place(self.asked, row), place(self.named, theirs)
        if mine and street and my_town & town:
            return mine == street
        one, other = self.asked.at, self.named.at
        apart = great_circle_metres(
            one.lon[row], one.lat[row], other.lon[theirs], other.lat[theirs]
        )
        return bool(apart <= NEAR_M)


def place(rows, row):
    city, code = (column[row] for column in rows.towns)
    return rows.streets([row])[0], {city, code} - {""}


@settings(deadline=None)
@given(
    named=st.lists(PLACED, min_size=1, max_size=8), asked=st.lists(PLACED, min_size=1, max_size=8)
)
def test_all_at_once_are_as_one_by_one(named, asked):
    theirs, mine = (identities(*(c for c, _ in some), at=[at for _, at in some])
                    for some in (named, asked))  # fmt: skip
    told = OneByOne(theirs, mine)
    assert Exclusions("x", theirs).reasons(mine).to_list() == [
        told.reason(row) for row in range(len(mine))
    ]
