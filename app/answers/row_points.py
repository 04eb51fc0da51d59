"""Judged rows as points for a map, as light as GeoJSON can be (RFC 7946); their cells stay here.

The text is put together in columns: 100,000 rows take about a tenth of a second.
"""

import json

import numpy as np
import polars as pl

from app.answers.stored import ListAnswer, ListsAnswer
from app.errors import TooLarge
from app.geo.points import Floats, Ints
from app.geo.text_column import take_texts, text_series
from app.lists.write import shown_numbers
from app.sweetspot.judge import Verdict

MOST_POINTS = 100_000  # judgement: some 20 MB, which a page still draws smoothly


def write_points(answer: ListsAnswer) -> bytes:
    """A feature for each of the chosen rows that has a place, list by list, as they came.

    Its id is the row's number, which goes on through the lists. Raises TooLarge.
    """
    many = sum(len(_located(one)) for one in answer.lists)
    if many > MOST_POINTS:
        raise TooLarge(
            f"{many:,} rows have a place: at most {MOST_POINTS:,} as points; take them as tiles "
            "(/v1/lists/{names}/tiles), or ask for fewer"
        )
    before = np.cumsum([0, *(one.asked.entry.rows for one in answer.lists)])
    tables = [
        _points(one, int(start), several=len(answer.lists) > 1)
        for one, start in zip(answer.lists, before, strict=False)
    ]
    features = pl.concat(tables).select(_feature()).to_series().str.join(",").item()
    credit = json.dumps(answer.report.attribution)
    whole: str = f'{{"type":"FeatureCollection","features":[{features}],"attribution":{credit}}}'
    return whole.encode()


def _located(one: ListAnswer) -> Ints:
    """The chosen rows that have a place."""
    return one.chosen[one.answer.known.fixes.at.known[one.chosen]]


def _points(one: ListAnswer, before: int, *, several: bool) -> pl.DataFrame:
    """What is shown of the chosen rows of one list that have a place."""
    known, rows = one.answer.known, _located(one)
    labels = np.array([verdict.label for verdict in sorted(Verdict)])
    return pl.DataFrame(
        {
            "id": rows + 1 + before,
            "lon": shown_numbers(known.fixes.at.lon[rows], 6),
            "lat": shown_numbers(known.fixes.at.lat[rows], 6),
            "row": rows + 1,
            "list": pl.repeat(f',"list":"{one.slug}"' if several else "", len(rows), eager=True),
            "verdict": labels[one.answer.judged.verdict[rows]],
            "minutes": shown_numbers(known.drives.minutes[rows], 1),
            "like": shown_numbers(_resemblance(one, rows), 1),
            "name": text_series(take_texts(known.prospects.name, rows)),
        }
    )


def _resemblance(one: ListAnswer, rows: Ints) -> Floats:
    """Their resemblance to the best clients, 0 to 100; NaN where nothing says it."""
    return one.scores.score[rows] if one.scores else np.full(len(rows), np.nan)


def _feature() -> pl.Expr:
    """One as JSON. Of a number that is not known nothing is said; a name may hold anything."""
    minutes, like = (
        pl.concat_str(pl.lit(f',"{name}":'), pl.col(name)).fill_null("")
        for name in ("minutes", "like")
    )
    texts = (
        ('{"type":"Feature","id":', pl.col("id")),
        (',"geometry":{"type":"Point","coordinates":[', pl.col("lon")),
        (",", pl.col("lat")),
        (']},"properties":{"row":', pl.col("row")),
        ("", pl.col("list")),
        (',"verdict":"', pl.col("verdict")),
        ('"', minutes),
        ("", like),
        (",", pl.struct("name").struct.json_encode().str.slice(1)),
        ("}", pl.lit("")),
    )
    return pl.concat_str(one for text, column in texts for one in (pl.lit(text), column))
