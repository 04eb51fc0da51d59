"""What the hyphens in a map's house numbers mean, told from its own numbers.

1. They part a block from a number ("34-55" in Queens) on a street that has numbers which can be no
   range ("34-11"), or where most have a hyphen and several begin alike; else where those of most
   of its ZIP code do.
2. Elsewhere "171-179" is two numbers of one house, its ends; what is between them is written
   nowhere. A number that is known singly is where it is, whatever range it ends.
"""

import polars as pl

from app.geo.addresses.house_numbers import house_number

_ZIP_AREA = 3  # the first digits of a ZIP code, which those of one sorting centre share
_MOST = 0.5  # judgement: of a street's or a ZIP code's numbers, for all of them to be alike
_HOUSE = ("key", "town", "block", "number")  # what tells one house from another


def tell_blocks(raw: pl.DataFrame) -> pl.Series:
    """1. Of each house whether its hyphen parts a block from a number."""
    area = raw["postcode"].str.head(_ZIP_AREA)
    houses = raw.select(
        "number",
        "postcode",
        street=raw["street"] + "|" + raw["town"] + "|" + area,
        first=pl.col("number").str.extract(r"^(\d+)-\d+"),
    )
    hyphened = pl.col("first").is_not_null()
    streets = houses.filter(hyphened.any().over("street"))
    streets = streets.with_columns(share=hyphened.mean().over("street")).filter(hyphened)
    told = pl.Series("told", [_is_of_block(text) for text in streets["number"]], dtype=pl.Boolean)
    alike = pl.col("number").n_unique().over("street", "first") > 1
    streets = streets.with_columns(told).with_columns(
        told=(pl.col("told") | (alike & (pl.col("share") > _MOST))).any().over("street")
    )
    here = pl.col("told") | (pl.col("told").mean().over("postcode") > _MOST)
    return houses.select(
        hyphened & pl.col("street").is_in(streets.filter(here)["street"].unique().implode())
    ).to_series()


def _is_of_block(text: str) -> bool:
    read = house_number(text)
    return read is not None and bool(read.block)


def drop_covered(houses: pl.DataFrame) -> pl.DataFrame:
    """2. Without the ends of ranges (`ranged`) that are another house's number."""
    singly = houses.filter(~pl.col("ranged")).select(*_HOUSE).unique()
    covered = pl.struct(*_HOUSE).is_in(singly.select(pl.struct(*_HOUSE)).to_series().implode())
    return houses.filter(~(pl.col("ranged") & covered))
