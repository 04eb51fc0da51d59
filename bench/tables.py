"""Markdown tables on standard output, of which RESULTS.md is made."""

from collections.abc import Iterable


def print_head(*columns: str) -> None:
    """A table's head."""
    print_row(*columns)
    print(f"|{' --- |' * len(columns)}")


def print_row(*cells: object) -> None:
    """One row, its figures as they are to be seen."""
    print(f"| {' | '.join(map(str, cells))} |")


def print_table(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """A whole table, and a line between it and what follows."""
    print_head(*columns)
    for row in rows:
        print_row(*row)
    print()
