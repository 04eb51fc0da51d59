"""Mautic's file of companies, which need no e-mail address.

By github.com/mautic/mautic, LeadBundle/Model/FieldModel.php: the headers are the fields' aliases,
companyname is required; Field/SchemaDefinition.php: texts are columns of 255 characters; CoreBundle
regions.json: a US state is its whole name. Companies are told apart by the fields that are unique
there (Deduplicate/CompanyDeduper.php), name or e-mail: neither stands here twice. By
docs.mautic.org "Import contacts": UTF-8, and several files for more than a few thousand rows.
"""

from collections.abc import Mapping

import polars as pl

from app.exports.mailing.csv_file import CsvTool
from app.exports.mailing.hubspot import describe_row
from app.exports.mailing.people import lacks_name
from app.geo.addresses.countries import US
from app.geo.addresses.states import state_name

MOST_ROWS = 5_000  # judgement: a few thousand
MOST_BYTES = 255
_COLUMNS = {
    "companyemail": "email",
    "companyphone": "phone",
    "companyaddress1": "line_1",
    "companyaddress2": "line_2",
    "companycity": "city",
    "companyzipcode": "zip",
    "companycountry": "country",
    "companynumber_of_employees": "employees",
    "companyannual_revenue": "sales",
    "companywebsite": "website",
}


def _columns(tag: str) -> Mapping[str, pl.Expr]:
    return {
        "companyname": _unique_name(),
        **{header: pl.col(name) for header, name in _COLUMNS.items()},
        "companystate": _state(),
        "companydescription": describe_row(tag),
    }


def _unique_name() -> pl.Expr:
    """A name that others have gets its place: "Halt Dairy (440 Main Street, Cedar Halt)"."""
    name = pl.col("name")
    place = pl.concat_str("line_1", "city", separator=", ").str.strip_chars(", ")
    place = pl.when(pl.col("line_1") != "").then(place).otherwise("external_id")
    shared = name.str.to_lowercase().is_duplicated()
    return pl.when(shared).then(pl.format("{} ({})", name, place)).otherwise(name)


def _state() -> pl.Expr:
    named = pl.col("state").map_elements(
        lambda code: state_name(code) or code, return_dtype=pl.String
    )
    return pl.when(pl.col("country") == US).then(named).otherwise("state")


KIND = CsvTool(
    "mautic",
    _columns,
    ("external_id", "email"),
    lacks=lacks_name,
    most_rows=MOST_ROWS,
    clipped=("companyname", "companyaddress1", "companyaddress2", "companycity"),
    most_cell=MOST_BYTES,
).kind
