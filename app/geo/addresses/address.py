"""An address as it was read, and many of them in columns."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from app.geo.text_column import take_texts


@dataclass(frozen=True, slots=True)
class Address:
    """One address as it was read: not normalised, "" where a part is absent.

    `line` is the street line, or the whole address in one line when the rest is empty. `country`:
    the one abroad that it is in, by its English name; "" for the United States and where nothing
    says it.
    """

    line: str
    city: str = ""
    state: str = ""
    postcode: str = ""
    country: str = ""


@dataclass(frozen=True)
class Addresses:
    """Addresses in columns of equal length; "" where a part is absent.

    country: as in `Address`; empty where no row is abroad.
    """

    line: Sequence[str]
    city: Sequence[str]
    state: Sequence[str]
    postcode: Sequence[str]
    country: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.line)

    @classmethod
    def of(cls, addresses: Sequence[Address]) -> "Addresses":
        """The same addresses in columns."""
        return cls(
            [a.line for a in addresses],
            [a.city for a in addresses],
            [a.state for a in addresses],
            [a.postcode for a in addresses],
            [a.country for a in addresses] if any(a.country for a in addresses) else (),
        )

    @property
    def countries(self) -> Sequence[str]:
        """The country of each row."""
        return self.country or [""] * len(self)

    def take(self, rows: Sequence[int]) -> "Addresses":
        """Those rows, in that order."""
        return Addresses(
            take_texts(self.line, rows),
            take_texts(self.city, rows),
            take_texts(self.state, rows),
            take_texts(self.postcode, rows),
            take_texts(self.country, rows) if self.country else (),
        )

    def distinct(self) -> tuple["Addresses", Sequence[int]]:
        """Each different address once, and which of them each row is; see `number_distinct`."""
        columns = [self.line, self.city, self.state, self.postcode]
        columns += [self.country] if self.country else []
        distinct_rows, row_of = number_distinct(zip(*columns, strict=True))
        if len(distinct_rows) == len(self):
            return self, row_of
        return Addresses(*zip(*distinct_rows, strict=True)), row_of


def number_distinct[K: Hashable](keys: Iterable[K]) -> tuple[Sequence[K], Sequence[int]]:
    """Each different key once, in order of appearance, and which of them each row has."""
    number: dict[K, int] = {}
    row_of = [number.setdefault(key, len(number)) for key in keys]
    return list(number), row_of
