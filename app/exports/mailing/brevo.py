"""Brevo's file of contacts.

By help.brevo.com "Create a file to import your contacts": headers are the names of attributes, the
separator is a semicolon; EMAIL, FIRSTNAME, LASTNAME, SMS, LANDLINE_NUMBER and EXT_ID are there by
default, a phone has its + and country code and nothing between its digits. Others are made while
importing. By developers.brevo.com (import contacts, fileBody): 10 MB at most, 8 MB advised.
"""

from collections.abc import Mapping

import polars as pl

from app.exports.mailing.csv_file import CsvTool

MOST_BYTES = 8_000_000
RULE = (
    "Brevo takes contacts that opted in, which those of bought or rented databases and of "
    "directories did not (help.sendinblue.com, What is an opt-in list?; its Anti-Spam Policy)"
)


def _columns(tag: str) -> Mapping[str, pl.Expr]:
    told = {
        "EMAIL": "email",
        "FIRSTNAME": "first_name",
        "LASTNAME": "last_name",
        "COMPANY": "name",
        "LANDLINE_NUMBER": "phone",
        "EXT_ID": "external_id",
        "ADDRESS": "line_1",
        "ADDRESS_2": "line_2",
        "CITY": "city",
        "STATE": "state",
        "ZIP": "zip",
        "COUNTRY": "country",
        "WEBSITE": "website",
        "VERDICT": "verdict",
        "MINUTES": "minutes",
    }
    columns = {header: pl.col(name) for header, name in told.items()}
    return {**columns, "SMS": _sms(), "TAG": pl.lit(tag)}


def _sms() -> pl.Expr:
    """A number is one contact's there: of rows that share it, the first has it."""
    first = pl.col("phone").is_first_distinct()
    return pl.when(first).then("phone").otherwise(pl.lit(""))


KIND = CsvTool("brevo", _columns, ("email",), RULE, separator=";", most_bytes=MOST_BYTES).kind
