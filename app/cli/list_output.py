"""What `sweetspot list preview` shows on the screen."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.businesses.sizes import SIZES
from app.text import count_words

HEADS = ("column", "read as", "looks like", "filled", "fit", "example")
CUT = ("column", "example")
_ADDRESS = ("line_1", "line_2", "city", "state", "zip", "country")


def show_preview(document: Mapping[str, Any]) -> None:
    """The form, its dates, each column and its meaning, the first rows, questions and notes."""
    console = Console(highlight=False)
    skipped = f", {document['skipped']:,} lines skipped" if document["skipped"] else ""
    form = document["vendor"] or "no vendor's form that is known"
    _print(console, Text(f"{form}: {count_words(document['rows'], 'row')}{skipped}", "bold"))
    if dates := _dates(document):
        _print(console, Text(dates))
    console.print(_columns_table(document["columns"]))
    _print(console, Text("\nThe first rows, as they will be read", "bold"))
    for row in document["first_rows"]:
        _print(console, _row_line(row))
    _show_lines(console, "To be answered before it can be used", _questions(document), "yellow")
    persons = [f"{header} ({what})" for header, what in document["sensitive"].items()]
    _show_lines(console, "Of persons, and no part of a list that is kept", persons, "yellow")
    _show_lines(console, "Notes", document["notes"], "default")
    _print(console, Text("\n--save-mapping FILE keeps this reading, to be edited, for --mapping"))


def _dates(document: Mapping[str, Any]) -> str:
    """When it was made and until when it may be used, as far as it says it."""
    words = {"ordered": "made", "expires": "may be used until"}
    return ", ".join(f"{said} {document[one]}" for one, said in words.items() if document[one])


def _columns_table(columns: Sequence[Mapping[str, Any]]) -> Table:
    """Where the screen is narrow, headers and examples are cut, and nothing else is."""
    rows = [_column_row(one) for one in columns]
    table = Table(box=None, pad_edge=False)
    for at, name in enumerate(HEADS):
        table.add_column(
            name,
            justify="right" if name in {"filled", "fit"} else "left",
            no_wrap=True,
            overflow="ellipsis",
            min_width=None if name in CUT else max(len(name), *(len(row[at]) for row in rows)),
        )
    for row in rows:
        table.add_row(*row)
    return table


def _column_row(one: Mapping[str, Any]) -> Sequence[Text]:
    meaning = one["meaning"] + (" (a guess)" if one["guessed"] else "")
    misfit = one["fit"] is not None and 2 * one["fit"] < one["filled"]
    return (
        Text(one["header"]),
        Text(meaning or "-", "default" if meaning else "dim"),
        Text(one["looks"], "dim"),
        Text(f"{one['filled']:,}"),
        Text("" if one["fit"] is None else f"{one['fit']:,}", "yellow" if misfit else "default"),
        Text(one["example"], "dim"),
    )


def _row_line(row: Mapping[str, Any]) -> Text:
    """Who and where, and the sizes that are known."""
    address = ", ".join(row[part] for part in _ADDRESS if row[part])
    line = Text("; ".join(filter(None, (row["name"], row["attention"], address))))
    for name in SIZES:
        if row[name]:
            line.append(f"; {name} {_band(row[name])}", "dim")
    return line


def _band(band: Sequence[float | None]) -> str:
    low, high = band
    if high is None:
        return f"{low:,g}+"
    return f"{low:,.10g}" if low == high else f"{low:,.10g}-{high:,.10g}"


def _questions(document: Mapping[str, Any]) -> list[str]:
    return [one["question"] for one in document["questions"]]


def _show_lines(console: Console, title: str, lines: Sequence[str], style: str) -> None:
    if lines:
        _print(console, Text(f"\n{title}", "bold"))
    for line in lines:
        _print(console, Text(f"- {line}", style))


def _print(console: Console, text: Text) -> None:
    console.print(text, soft_wrap=True)
