"""Readings in which most cells don't fit are refused with what was seen; good lists never are."""

import io

import pytest

from app.errors import BadList
from app.lists.read import open_list
from app.lists.vocabulary import CLIENTS, PROSPECTS
from app.lists.zip_areas import TABLE, miles_astray
from tests.lists.zip_areas import make_areas

TOWNS = [("Springfield", "MA", "01103"), ("Holyoke", "MA", "01040"), ("Agawam", "MA", "01001")]
BOOKS = {"01", "03", "04", "05", "06", "clients"}  # the cases that are a firm's own books


def opened(header, *rows, **how):
    text = "\n".join([header, *rows]) + "\n"
    return open_list(io.BytesIO(text.encode()), **how)


def column(name, *cells):
    """A list of three towns with one more column, or another one of that name."""
    own = [town for town, _, _ in TOWNS]
    header = "Company,City,State,Zip" if name not in {"State", "Zip"} else "Company,City"
    if name == "State":
        header, own = "Company,City,Zip", [f"{town},{code}" for town, _, code in TOWNS]
    elif name == "Zip":
        header, own = "Company,City,State", [f"{town},{state}" for town, state, _ in TOWNS]
    else:
        own = [",".join(town) for town in TOWNS]
    return f"{header},{name}", [f"Firm,{a},{b}" for a, b in zip(own, cells, strict=True)]


@pytest.mark.parametrize(
    ("name", "cells", "seen"),
    [
        ("State", ("Active", "Active", "Closed"), "3 of its 3 cells are no states"),
        ("State", ("Zone 1", "Zone 2", "MA"), "2 of its 3 cells are no states"),
        ("State", ("Hampden", "Worcester", "Berkshire"), "no states (such as 'Berkshire'"),
        ("Zip", ("Main", "Elm", "Oak"), "3 of its 3 cells are no ZIP codes or postcodes"),
        ("Zip", ("2019-01-02", "2020-01-02", "01103"), "2 of its 3 cells are no ZIP codes"),
        ("Zip", ("$12.50", "$9.00", "$1.00"), "no ZIP codes or postcodes (such as '$1.00'"),
        ("Zip", ("4135550199", "4135550198", "4135550197"), "no ZIP codes"),
        ("Employees", ("Owner", "Manager", "12"), "2 of its 3 cells are no numbers of employees"),
        ("Sales", ("Jo Doe", "Al Roe", "Di Poe"), "3 of its 3 cells are no numbers of sales"),
    ],
)
def test_what_most_cells_don_t_fit_is_refused(name, cells, seen):
    """The column, how many, such as which, and what to do."""
    header, rows = column(name, *cells)
    with pytest.raises(BadList) as why:
        opened(header, *rows)
    assert seen in str(why.value)
    assert f"column '{name}' would be read as {why.value.field}" in str(why.value)
    assert f"--column '{why.value.field}='" in str(why.value)


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("State", ("Mass", "MA", "Massachusetts")),  # one that is not known, of three
        ("State", ("", "NA", "Active")),
        ("State", ("ON", "Quebec", "BC")),
        ("State", ("Germany", "Canada", "UK")),
        ("Zip", ("K1A 0B1", "EC1A 1BB", "D-10115")),
        ("Zip", ("31201.0", "466281450", "01103-1234")),
        ("Zip", ("1103", "6762", "802")),
        ("Zip", ("100-0001", "1234 AB", "1000-205")),
        ("Zip", ("Unknown", "n/a", "-")),
        ("Employees", ("50 plus", "about a dozen", "25 FTE")),
        ("Employees", ("Nov-50", "NA", "Unknown")),
        ("Sales", ("$500,000-1 Million", "Less Than $500,000", "$0")),
    ],
)
def test_what_is_dirt_or_foreign_is_read(name, cells):
    header, rows = column(name, *cells)
    assert opened(header, *rows).rows == 3


def test_two_rows_tell_nothing():
    assert opened("Company,City,State,Zip", "A,Agawam,x1,01001", "B,Holyoke,x2,01040").rows == 2


def test_regions_of_other_countries_are_read_where_no_zip_is():
    """Not all of the world's regions are known here."""
    rows = ["A,Sydney,NSW,2000", "B,Perth,Western Australia,6000", "C,Hobart,TAS,7000"]
    assert opened("Company,City,State,Postcode", *rows).rows == 3


def test_a_country_column_says_that_five_digits_are_a_postcode_there():
    rows = [f"A{i},Berlin,Berlin,1011{i},Germany,52.53,13.38" for i in range(4)]
    assert opened("Company,City,State,Zip,Country,Latitude,Longitude", *rows).rows == 4


class TestCoordinates:
    """Held against the ground of the ZIP code and of the state beside them."""

    header = "Company,City,State,Zip,Latitude,Longitude"

    def rows(self, *points):
        return [",".join(("A", *TOWNS[i % 3], *point)) for i, point in enumerate(points)]

    def test_a_lost_minus_is_refused(self):
        rows = self.rows(("42.1", "72.6"), ("42.2", "72.6"), ("42.1", "-72.6"))
        with pytest.raises(BadList) as why:
            opened(self.header, *rows)
        assert "'Latitude' and 'Longitude'" in str(why.value)
        assert "2 of 3 compared lie over 100 miles" in str(why.value)
        assert "42.1, 72.6 is 6,168 miles from MA 01103" in str(why.value)
        assert "--column lat= --column lon=" in str(why.value)

    def test_so_is_one_office_s_point_for_every_row(self):
        with pytest.raises(BadList, match=r"33\.7, -84\.4 is 790 miles from MA 01103"):
            opened(self.header, *self.rows(*[("33.7", "-84.4")] * 3))

    def test_swapped_ones_are_put_right_as_before(self):
        found = opened(self.header, *self.rows(*[("-72.6", "42.1")] * 3))
        assert "latitude and longitude swapped back in 3 rows" in found.notes

    def test_a_few_elsewhere_are_read(self):
        points = [("42.1", "-72.6"), ("42.2", "-72.6"), ("33.7", "-84.4")]
        assert opened(self.header, *self.rows(*points)).rows == 3

    def test_where_nothing_american_is_beside_them_nothing_is_compared(self):
        """Vienna's 1010 is no ZIP code; Berlin's 10115 is, and stands under no "ZIP"."""
        rows = ["A,Berlin,10115,52.53,13.38"] * 3
        assert opened("Company,City,Postcode,lat,lon", *rows).rows == 3

    def test_chosen_ones_are_read_with_a_note(self):
        rows = self.rows(*[("42.1", "72.6")] * 3)
        found = opened(self.header, *rows, columns={"lat": "Latitude"})
        assert "are read as coordinates, as chosen, though 3 of 3" in found.notes[0]

    def test_left_unread_rows_are_placed_by_address(self):
        rows = self.rows(*[("42.1", "72.6")] * 3)
        found = opened(self.header, *rows, columns={"lat": "", "lon": ""})
        assert not found.whole().given.known.any()


def test_a_chosen_column_is_read_with_a_note():
    header, rows = column("State", "Active", "Active", "Closed")
    (note, *_) = opened(header, *rows, columns={"state": "State"}).notes
    assert note == (
        "column 'State' is read as state, as chosen, though 3 of its 3 cells are no states (such "
        "as 'Active', 'Closed')"
    )


def test_a_column_can_be_left_unread():
    header, rows = column("State", "Active", "Active", "Closed")
    found = opened(header, *rows, columns={"state": ""})
    assert "state" not in found.seen.read
    assert found.seen.unread["State"].kind == "text"


def refusal(path):
    try:
        open_list(path, vocabulary=CLIENTS if path.name.split("-")[0] in BOOKS else PROSPECTS)
    except BadList as why:
        return f"{why}"
    return ""


def test_no_list_that_is_right_is_refused(shared):
    """Of the real lists and of the small ones that went wrong otherwise."""
    lists, cases = shared / "data" / "lists", shared / "data" / "cases" / "lists"
    refused = [refusal(path) for path in [*lists.iterdir(), *cases.iterdir()]]
    assert [why for why in refused if "would be read as" in why] == []


class TestZipAreas:
    def test_the_table_is_that_of_the_zip_codes(self):
        """`python -m tests.lists.zip_areas` makes it anew."""
        assert TABLE.read_text(encoding="utf-8") == make_areas()

    @pytest.mark.parametrize(
        ("lat", "lon", "postcode", "state", "miles"),
        [
            (42.1, -72.6, "01103", "MA", 0),
            (42.1, -72.6, "", "Massachusetts", 0),
            (42.1, -72.6, "60601", "MA", 0),  # the state is right, the code is not
            (42.1, -72.6, "60601", "", 763),
            (21.3, -157.86, "96813", "HI", 0),
            (48.2, 16.4, "V5V 1A1", "BC", None),
        ],
    )
    def test_miles(self, lat, lon, postcode, state, miles):
        found = miles_astray(lat, lon, postcode, state)
        assert found == miles if miles is None else round(found) == miles
