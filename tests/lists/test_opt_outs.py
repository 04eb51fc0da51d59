"""What rows have opted out of: by which headers, which cells, and in which channel."""

import io

import polars as pl
import pytest

from app.lists.contact_words import contact_columns
from app.lists.opt_outs import is_opt_out, join_opt_outs, opted_out_of
from app.lists.read import open_list
from app.lists.vocabulary import CLIENTS, PROSPECTS

# As D&B Hoovers, Salesforce, HubSpot, Dynamics, Mailchimp and people write them.
HEADERS = {
    "opt out": (
        "Direct Marketing Status|Opt Out|Opt-Out|OptOut|opted_out|Opt-out Date|Do Not Contact|"
        "Contact Opt Out|DO_NOT_SOLICIT|Do not market|No Solicitation|Don't Contact"
    ),
    "no mail": (
        "Do Not Mail|DoNotMail|DO NOT MAIL FLAG|do_not_mail|Direct Mail Opt Out|Mail Opt-Out|DNM|"
        "No Mail|Do not allow Mails|Do not allow Bulk Mails|Do Not Mail (Y/N)|Contact Do Not Mail"
    ),
    "no calls": (
        "Do Not Call|DoNotCall|DNC|DNC Flag|DNC Status|DNC?|Do-Not-Call Registry|Federal DNC|"
        "Do not allow Phone Calls|Phone Opt Out|On DNC List|DNC Date|do not telemarket"
    ),
    "no email": (
        "Unsubscribed|Unsubscribed from all email|Email opt-out|E-mail Opt Out|HasOptedOutOfEmail|"
        "Email Opted Out|Do Not Email|Do not allow Bulk Emails|Unsubscribe Date|Opt out of email|"
        "Subscription Status|Newsletter unsubscribed"
    ),
}
OTHERS = (
    "Opt In|Email Opt-In|Fax Opt Out|Do Not Fax|Mail|Mailing Address|Email|Email Status|Phone No.|"
    "No. Calls|Number of emails|No. Contacts|Call Center|Status|Contact|Direct Mail Budget|"
    "Marketing|DNC Scrubbed By|Optometrist|Subscribed|Not For Profit|Marketing Contact Name"
)
FIRM = "Firm,City,State,{}\nA,Springfield,MA,{}\n"


@pytest.mark.parametrize(
    ("header", "meaning"),
    [(header, name) for name, headers in HEADERS.items() for header in headers.split("|")],
)
def test_a_header_says_what_is_refused(header, meaning):
    for vocabulary in (PROSPECTS, CLIENTS):
        assert vocabulary.meaning_of(header).name == meaning
    assert contact_columns([header]) == {}  # "Do Not Email" holds no address


@pytest.mark.parametrize("header", OTHERS.split("|"))
def test_others_say_nothing_of_it(header):
    found = PROSPECTS.meaning_of(header)
    assert found is None or found.name not in HEADERS


@pytest.mark.parametrize(
    ("cell", "out"),
    [
        *((cell, True) for cell in ("Y", "yes", "TRUE", "1", "X", "1.0", "2024-03-01", "DNC")),
        *((cell, True) for cell in ("Do Not Allow", "no mail please", "Opted out", "asked in May")),
        *((cell, False) for cell in ("N", "No", "false", "0", "0.0", "Allow", "OK", "opted in")),
        *((cell, False) for cell in ("Not opted out", "F", "Clean", "can be mailed")),
    ],
)
def test_a_flag_refuses_unless_it_says_no(cell, out):
    assert is_opt_out(cell, "Do Not Mail") is out


@pytest.mark.parametrize(
    ("cell", "out"),
    [
        ("Opts Out of Direct Marketing", True),
        ("Does not opt out of Direct Marketing", False),
        ("Opts In to Direct Marketing", False),
        ("Active", False),
        ("Y", False),
    ],
)
def test_a_status_refuses_where_its_words_do(cell, out):
    assert is_opt_out(cell, "Direct Marketing Status") is out


@pytest.mark.parametrize("blank", ["", " ", "-", "N/A", "unknown", "None"])
@pytest.mark.parametrize("header", ["Do Not Mail", "Direct Marketing Status", "DNC"])
def test_what_says_nothing_refuses_nothing(header, blank):
    found = open_list(io.BytesIO(FIRM.format(header, blank).encode()))
    assert found.whole().opt_outs == [""]


def test_each_column_is_told_with_its_cell():
    found = open_list(
        io.BytesIO(FIRM.format("Do Not Mail,DNC,Email Opt-out", "Y,2024-03-01,N").encode())
    )
    (told,) = found.whole().opt_outs
    assert (
        told == "opted out of mail: Do Not Mail says 'Y'; opted out of calls: DNC says '2024-03-01'"
    )
    assert found.recipients(found.whole().cells)["opt_outs"].to_list() == [told]
    assert found.seen.read["no mail"].headers == ["Do Not Mail"]


def test_a_column_that_somebody_chose():
    text = FIRM.format("Remarks;1", "no calls; at all")
    found = open_list(io.BytesIO(text.encode()), columns={"no calls": "Remarks;1"})
    (told,) = found.whole().opt_outs
    assert opted_out_of(pl.Series([told]), "calls") == [told]
    assert opted_out_of(pl.Series([told]), "mail") == [""]


ALL = "opted out: Direct Marketing Status says 'Opts Out of Direct Market...'"


@pytest.mark.parametrize(
    ("told", "channels"),
    [
        ("", set()),
        (ALL, {"mail", "calls", "e-mail", "visits"}),
        ("opted out of mail: DNM says 'Y'", {"mail"}),
        ("opted out of calls: DNC says 'Y'; opted out of e-mail: Unsubscribed says 'Y'",
         {"calls", "e-mail"}),
        ("leave them alone", {"mail", "calls", "e-mail", "visits"}),  # somebody wrote it
    ],
)  # fmt: skip
def test_a_channel_is_spoken_against_by_its_own_words_or_those_of_all(told, channels):
    texts = pl.Series([told])
    asked = ("mail", "calls", "e-mail", "visits")
    assert {channel for channel in asked if opted_out_of(texts, channel)[0]} == channels


def test_what_both_say_is_said_once():
    one, other = pl.Series(["a; b", "", "a"]), pl.Series(["b; c", "", ""])
    assert join_opt_outs(one, other).to_list() == ["a; b; c", "", "a"]
