"""Texts of many rows in columns: in a tenth of the memory of as many Python strings."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from hashlib import blake2b
from typing import overload

import numpy as np
import polars as pl

from app.geo.points import Ints

# Apostrophes, and the okinas of Hawaiian names, which few people type.
APOSTROPHES = "'’‘ʻʼ`´‛′"


class TextColumn(Sequence[str]):
    """A sequence of texts over a column of polars, which has no nulls."""

    def __init__(self, series: pl.Series) -> None:
        self.series = series

    def __len__(self) -> int:
        return len(self.series)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> "TextColumn": ...
    def __getitem__(self, at: int | slice) -> "str | TextColumn":
        """One text, or a column of several."""
        if isinstance(at, slice):
            return TextColumn(self.series[at])
        text: str = self.series[int(at)]
        return text

    def __iter__(self) -> Iterator[str]:
        return iter(self.series.to_list())

    @cached_property
    def digest(self) -> bytes:
        """The same for the same texts in the same order."""
        return digest_texts(self.series.to_list())


def text_series(texts: Sequence[str]) -> pl.Series:
    """Those texts as a column of polars."""
    return texts.series if isinstance(texts, TextColumn) else pl.Series(texts, dtype=pl.String)


def fold_texts(texts: pl.Series) -> pl.Series:
    """Lower case, no accents, apostrophes or okinas."""
    plain = texts.str.replace_all(f"[{APOSTROPHES}]", "")
    odd = (plain.str.len_bytes() != plain.str.len_chars()).arg_true()
    if len(odd):
        bare = plain.gather(odd).str.normalize("NFKD").str.replace_all(r"\p{Mn}", "")
        plain = plain.scatter(odd, bare.str.replace_all("ß", "ss", literal=True))
    return plain.str.to_lowercase()


def take_texts(texts: Sequence[str], rows: Ints | Sequence[int]) -> Sequence[str]:
    """Those of them, in that order."""
    if isinstance(texts, TextColumn):
        return TextColumn(texts.series.gather(np.asarray(rows, np.int64)))
    return [texts[i] for i in (rows.tolist() if isinstance(rows, np.ndarray) else rows)]


def digest_texts(texts: Sequence[str]) -> bytes:
    """The same for the same texts in the same order; a long column is looked at once."""
    if isinstance(texts, TextColumn):
        return texts.digest
    return blake2b("\n".join(texts).encode(), digest_size=16).digest()
