"""What was repaired or could not be read of a list, for people."""

from collections import Counter
from dataclasses import dataclass, field

from app.text import count_words


@dataclass
class Notices:
    """What was repaired or could not be read, counted in rows over all batches."""

    counts: Counter[str] = field(default_factory=Counter)
    example: dict[str, str] = field(default_factory=dict)

    def add(self, what: str, rows: int, example: str = "") -> None:
        """Count `rows` more of `what`; the first example is kept."""
        if rows:
            self.counts[what] += rows
            self.example.setdefault(what, example)

    @property
    def notes(self) -> list[str]:
        """One sentence each."""
        texts = []
        for what, rows in self.counts.items():
            example = f" (such as {self.example[what]})" if self.example[what] else ""
            texts.append(f"{what} in {count_words(rows, 'row')}{example}")
        return texts
