"""Which rows of an answer are sent, and each as the columns that tools choose theirs from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from app.exports.answer import AnswerRows
from app.exports.choosing import RowChoice, choose_rows
from app.exports.contacts import find_same, lacks_email, read_contacts
from app.exports.mailing.people import lacks_name
from app.exports.options import PushOptions
from app.exports.push.tool import Contact, PushRecord, PushTool
from app.geo.addresses.countries import country_code, country_of
from app.lists.exclusions import Exclusions

_CHECKED = ("external_id", "email", "first_name", "last_name", "phone", "domain")
_POSTAL = ("line_1", "line_2", "city", "state", "zip", "country", "website", "salutation")
_JUDGED = ("verdict", "minutes", "miles", "reasons", "lat", "lon")


@dataclass(frozen=True)
class PushPlan:
    """What would be sent of an answer, and why the other rows would not."""

    answer: AnswerRows
    choice: RowChoice
    records: Sequence[PushRecord]


def plan_push(
    answer: AnswerRows, tool: PushTool, asked: PushOptions, exclusions: Sequence[Exclusions]
) -> PushPlan:
    """Each row once by its external id and, where the tool goes by it, its e-mail address."""
    lacks = lacks_email if tool.terms.needs_email else lacks_name
    choice = choose_rows(answer, lacks, "e-mail", asked, exclusions)
    rows = choice.taken
    contacts = list(_contacts(answer.take(rows), asked))
    names = [one["company"] for one in contacts]
    same = dict(find_same([one["external_id"] for one in contacts], names, "business"))
    if tool.terms.needs_email:
        same |= find_same([one["email"] for one in contacts], names, "e-mail address")
    records = [
        PushRecord(int(row), one["external_id"], one["email"], tool.record(one))
        for at, (row, one) in enumerate(zip(rows, contacts, strict=True))
        if at not in same
    ]
    repeated: Mapping[int, str] = {int(rows[at]): why for at, why in same.items()}
    return PushPlan(answer, choice.without(repeated), records)


def _contacts(rows: AnswerRows, asked: PushOptions) -> Iterator[Contact]:
    """Texts by name: the columns above, company, country_code and tag."""
    checked = read_contacts(rows, asked.country).select(_CHECKED)
    postal = rows.recipients.select(pl.col("name").alias("company"), *_POSTAL)
    there = [name for name in _JUDGED if name in rows.ours.columns]
    judged = rows.ours.select(pl.col(there).cast(pl.String).fill_null(""))
    for row in pl.concat([checked, postal, judged], how="horizontal").iter_rows(named=True):
        country = country_of(row["country"] or asked.country)
        yield {
            **dict.fromkeys(_JUDGED, ""),
            **row,
            "country_code": country_code(country),
            "tag": asked.tag,
        }
