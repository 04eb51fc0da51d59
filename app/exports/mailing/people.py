"""The columns that each tool's file is made of, and which rows of an answer are one contact."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from app.exports.answer import AnswerRows
from app.exports.contacts import find_same, read_contacts
from app.exports.kind import ExportWork
from app.geo.addresses.countries import country_code, country_of
from app.text import count_words

# What contacts are told apart by, and what people call it.
KEYS = {"email": "e-mail address", "domain": "web domain", "external_id": "business"}


@dataclass(frozen=True)
class People:
    """The contacts of an answer's rows, one row each in order; `repeated` rows are left out -> why.

    table: of RECIPIENT all but the salutation and the phone and e-mail as written, with a country
    in each row, that of origin where it names none, and the website with its scheme; TEXTS and
    sizes of `contacts`; verdict, minutes, lat and lon; country_code; note, the verdict and the
    drive in words. Every text is one line without control characters.
    """

    table: pl.DataFrame
    repeated: Mapping[int, str]
    notes: Sequence[str]


def gather_people(work: ExportWork, keys: Sequence[str]) -> People:
    """Of rows that have the same key as an earlier one, the first stays; keys: of KEYS."""
    contacts = read_contacts(work.rows, work.asked.country)
    names = work.rows.recipients["name"].to_list()
    repeated: dict[int, str] = {}
    for key in keys:
        repeated = {**find_same(contacts[key].to_list(), names, KEYS[key]), **repeated}
    taken = [row for row in range(len(work.rows)) if row not in repeated]
    table = _joined(work.rows, contacts, work.asked.country)
    return People(
        table[taken].with_columns(_one_line(pl.col(pl.String))),
        repeated,
        _unusable_phones(contacts[taken]),
    )


def _one_line(text: pl.Expr) -> pl.Expr:
    return text.str.replace_all(r"[\s\x00-\x1f\x7f]+", " ").str.strip_chars()


def _joined(rows: AnswerRows, contacts: pl.DataFrame, origin: str) -> pl.DataFrame:
    postal = rows.recipients.drop("phone", "email", "salutation")
    countries = [country_of(name) or name or origin for name in postal["country"]]
    codes = [country_code(name) for name in countries]
    columns = [pl.Series("country", countries), pl.Series("country_code", codes)]
    judged = rows.ours.select("verdict", "minutes", "lat", "lon")
    table = postal.hstack(contacts).hstack(judged)
    return table.with_columns(*columns, _website(), _note().alias("note"))


def _website() -> pl.Expr:
    site = pl.col("website")
    bare = ~site.str.contains("://", literal=True)
    whole = pl.when(bare).then("https://" + site).otherwise(site)
    return pl.when(site.str.contains(r"\w\.\w")).then(whole).otherwise(pl.lit("")).alias("website")


def _note() -> pl.Expr:
    """As in "pass, 12.5 min away"."""
    away = pl.format("{} min away", pl.col("minutes").round(1))
    return pl.concat_str("verdict", away, separator=", ", ignore_nulls=True)


def _unusable_phones(contacts: pl.DataFrame) -> list[str]:
    bad = int((contacts["phone_fault"] != "").sum())
    return [f"{count_words(bad, 'phone number')} can't be dialled, left blank"] if bad else []


def lacks_name(recipients: pl.DataFrame) -> pl.Series:
    """Why a row can't be a company by its name, "" where it can."""
    why = pl.when(pl.col("name") == "").then(pl.lit("no name")).otherwise(pl.lit(""))
    return recipients.select(why).to_series()
