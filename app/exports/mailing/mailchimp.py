"""Mailchimp's file of contacts.

By its help pages: "Format Guidelines for Your Import File" (mailchimp.com/help): UTF-8, one address
in each row, text of 255 bytes at most, a country as its two letters; kb.mailchimp.com "Format List
Fields": an address is one cell, its parts two blanks apart, the country last; "About the address
field": each line of it has fewer than 45 characters. A tag with a comma stands in quotes.
"""

from collections.abc import Mapping

import polars as pl

from app.exports.mailing.csv_file import CsvTool

MOST_BYTES = 255
MOST_LINE = 44  # characters
RULE = (
    'Mailchimp takes no list that was rented or bought, "even if it\'s opt-in", nor those of D&B, '
    "Experian or a chamber of commerce (kb.mailchimp.com, Can I use my list in MailChimp?)"
)


def _columns(tag: str) -> Mapping[str, pl.Expr]:
    return {
        "Email Address": pl.col("email"),
        "First Name": pl.col("first_name"),
        "Last Name": pl.col("last_name"),
        "Address": _address(),
        "Phone": pl.col("phone"),
        "Company": pl.col("name"),
        "Tags": pl.lit(f'"{tag}"' if "," in tag else tag),
    }


def _address() -> pl.Expr:
    """Blank where there is no street or no town: a part of an address would be read as another."""
    parts = [_line(name) for name in ("line_1", "line_2", "city", "state", "zip", "country_code")]
    whole = (pl.col("line_1") != "") & (pl.col("city") != "")
    joined = pl.concat_str(parts, separator="  ", ignore_nulls=True)
    return pl.when(whole).then(joined).otherwise(pl.lit(""))


def _line(name: str) -> pl.Expr:
    """Null where empty."""
    cut = pl.col(name).str.slice(0, MOST_LINE).str.strip_chars_end(" ,")
    return pl.when(cut != "").then(cut)


KIND = CsvTool(
    "mailchimp",
    _columns,
    ("email",),
    RULE,
    clipped=("First Name", "Last Name", "Company"),
    most_cell=MOST_BYTES,
).kind
