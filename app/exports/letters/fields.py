"""What the merge fields of a letter hold: the columns of an answer, by names that Word can have.

1. A field is a column whose name has the same letters and digits: case does not count, and whatever
   else stands in a header is an underscore, as Word has it ("ZIP Code" is ZIP_Code).
2. First come our own names: those of a letter (`recipients`), `address` (all its lines), `date`,
   `home_base`, `sender`, `sender_name` (its first line), and our columns, such as `minutes`.
3. Then the list's headers. One that is called like something of ours is had as `list_...`.
"""

import re
from collections.abc import Sequence
from datetime import date

import polars as pl

from app.exports.answer import AnswerRows
from app.exports.postal import postal_lines
from app.exports.sheets.callees import row_homes
from app.lists.recipients import RECIPIENT

type Value = str | int | float | LetterDate

OF_THE_LIST = "list_"
# What XML 1.0 can't hold (https://www.w3.org/TR/xml/#charsets), escaped or not.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class LetterDate(date):
    """A day that is written as letters have it, unless the field has a picture of its own."""

    def strftime(self, how: str) -> str:
        """`%x` is what nobody asked for otherwise."""
        return f"{self:%B} {self.day}, {self.year}" if how == "%x" else super().strftime(how)


def fold_field(name: str) -> str:
    """1. The name as it is compared."""
    return re.sub(r"[\W_]+", "_", name).strip("_").casefold()


def letter_fields(rows: AnswerRows, sender: str, country: str) -> dict[str, Sequence[Value]]:
    """Folded name -> what each row has there."""
    many, sent_by = len(rows), [line.strip() for line in sender.split("|")]
    fields: dict[str, Sequence[Value]] = {name: _texts(rows.recipients[name]) for name in RECIPIENT}
    lines = postal_lines(rows.recipients, country)
    fields["address"] = [clean_text("\n".join(each)) for each in lines]
    fields |= {
        "date": [LetterDate.today()] * many,
        "home_base": [clean_text(home) for home in row_homes(rows)],
        "sender": [clean_text("\n".join(sent_by))] * many,
        "sender_name": [clean_text(sent_by[0])] * many,
    }
    fields |= {fold_field(name): _values(rows.ours[name]) for name in rows.ours.columns}
    for name in rows.cells.columns:
        mine = fold_field(name)
        fields.setdefault(
            f"{OF_THE_LIST}{mine}" if mine in fields else mine, _texts(rows.cells[name])
        )
    return fields


def clean_text(text: str) -> str:
    """Text that XML can hold; its line breaks are line feeds."""
    return _NO_XML.sub("", re.sub("\r\n?", "\n", text))


def _texts(column: pl.Series) -> list[Value]:
    return [clean_text(text) for text in column.cast(pl.String).fill_null("").to_list()]


def _values(column: pl.Series) -> list[Value]:
    """Numbers as numbers, so that a field may say how they look; whole ones without a point."""
    if not column.dtype.is_numeric():
        return _texts(column)
    return ["" if n is None else int(n) if float(n).is_integer() else n for n in column.to_list()]
