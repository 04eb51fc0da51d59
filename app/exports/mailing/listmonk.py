"""listmonk's file of subscribers.

By its importer (github.com/knadh/listmonk, internal/subimporter/importer.go): the headers are
exactly email, name and attributes; attributes are one JSON object, and a row whose JSON can't be
read is imported without them; an e-mail address is in lower case, without a name around it. It says
no limits of rows or bytes.
"""

import json
from collections.abc import Mapping

import polars as pl

from app.exports.mailing.csv_file import CsvTool

ATTRIBUTES = (
    *("name", "phone", "website", "line_1", "line_2", "city", "state", "zip", "country"),
    *("verdict", "minutes", "external_id", "tag"),
)
RULE = (
    "listmonk has no rule of its own on rented lists, the law has: a commercial e-mail in the US "
    "says who sends it and how to get no more (ftc.gov, CAN-SPAM Act: A Compliance Guide for "
    "Business), in Canada and the EU it needs consent first"
)


def _columns(tag: str) -> Mapping[str, pl.Expr]:
    person = pl.concat_str("first_name", "last_name", separator=" ").str.strip_chars()
    found = pl.struct(*ATTRIBUTES[:-1], pl.lit(tag).alias("tag"))
    return {
        "email": pl.col("email"),
        "name": pl.when(person != "").then(person).otherwise("name"),
        "attributes": found.map_elements(_make_object, return_dtype=pl.String),
    }


def _make_object(row: Mapping[str, object]) -> str:
    """What is known, under our columns' names; the business is the company."""
    told = {key: value for key, value in row.items() if value not in {"", None}}
    if "name" in told:
        told = {"company": told.pop("name"), **told}
    return json.dumps(told, ensure_ascii=False)


KIND = CsvTool("listmonk", _columns, ("email",), RULE).kind
