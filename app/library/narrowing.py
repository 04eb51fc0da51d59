"""Which rows of a stored list are given alone: by words that they have, by their numbers."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from app.errors import BadQuestion
from app.geo.points import Ints
from app.geo.text_column import fold_texts
from app.library.library import Library, ListEntry
from app.library.options import NarrowingOptions
from app.library.outcomes import check_rows, parse_spans


def check_narrowing(asked: NarrowingOptions, entries: Sequence[ListEntry]) -> None:
    """Raise BadQuestion for rows that the list has not, and for those of several lists."""
    if asked.rows and len(entries) > 1:
        raise BadQuestion("rows: their numbers are of one list; ask one", field="rows")
    ends = [end for span in parse_spans(asked.rows) for end in (span[0], span[-1])]
    check_rows(ends, entries[0].slug, entries[0].rows)


def find_narrowed(library: Library, entry: ListEntry, asked: NarrowingOptions) -> Ints | None:
    """The rows of a list that are asked for, ascending from 0; None where all are."""
    words = fold_texts(pl.Series(asked.text.split(), dtype=pl.String)).to_list()
    spans = parse_spans(asked.rows)
    if not words and not asked.rows:
        return None
    found = _numbered(spans, entry.rows) if asked.rows else np.arange(entry.rows)
    if words:
        texts = library.words(entry)
        for word in words:
            found = found[texts.gather(found).str.contains(word, literal=True).to_numpy()]
    return found


def _numbered(spans: Sequence[range], of: int) -> Ints:
    named = np.zeros(of, bool)
    for span in spans:
        named[span.start - 1 : span.stop - 1] = True
    return np.flatnonzero(named)
