"""HubSpot's file of companies, which need no e-mail address.

By knowledge.hubspot.com "Set up import files": UTF-8, headers are properties' names, a company has
a name or a domain; a file has 20 MB at most with the free tools and 1,048,576 rows with others. By
"Deduplicate records in HubSpot": companies of one domain are one company.
"""

from collections.abc import Mapping

import polars as pl

from app.exports.mailing.csv_file import CsvTool
from app.lists.identity import domain_key

MOST_BYTES = 20_000_000
MOST_ROWS = 1_048_575  # and the header
RULE = (
    "HubSpot keeps such companies, but sends no e-mail to purchased, rented or borrowed lists "
    "(legal.hubspot.com/anti-spam-policy, 2.1.1)"
)
_COLUMNS = {
    "Name": "name",
    "Company domain name": "domain",
    "Phone number": "phone",
    "Street address": "line_1",
    "Street address 2": "line_2",
    "City": "city",
    "State/Region": "state",
    "Postal code": "zip",
    "Country/Region": "country",
    "Number of employees": "employees",
    "Annual revenue": "sales",
    "Website URL": "website",
}


def _columns(tag: str) -> Mapping[str, pl.Expr]:
    columns = {header: pl.col(name) for header, name in _COLUMNS.items()}
    return {**columns, "Description": describe_row(tag)}


def describe_row(tag: str) -> pl.Expr:
    """The verdict, the drive and the tag in words, for tools whose companies have no tags."""
    return pl.format("Sweetspot: {}{}", "note", pl.lit(f"; {tag}" if tag else ""))


def _lacks(recipients: pl.DataFrame) -> pl.Series:
    rows = recipients.select("name", "website", "email").iter_rows()
    known = (name or domain_key(website, email) for name, website, email in rows)
    lacks = ["" if one else "no name, no domain" for one in known]
    return pl.Series(lacks, dtype=pl.String)


KIND = CsvTool(
    "hubspot",
    _columns,
    ("domain",),
    RULE,
    _lacks,
    most_bytes=MOST_BYTES,
    most_rows=MOST_ROWS,
).kind
