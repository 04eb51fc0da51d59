"""What the commands on stored lists show on the screen."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.library.outcomes import Mark
from app.text import count_words

HEADS = ("list", "name", "kind", "rows", "vendor", "expires", "uses", "imported")
NUMBERS = frozenset(("rows", "uses"))


def show_lists(lists: Sequence[Mapping[str, Any]]) -> None:
    """A line for each."""
    console = Console(highlight=False)
    if not lists:
        console.print('No list is stored: `sweetspot list import FILE --name "..."` stores one.')
        return
    table = Table(box=None, pad_edge=False)
    for name in HEADS:
        table.add_column(name, justify="right" if name in NUMBERS else "left", no_wrap=True)
    for one in lists:
        table.add_row(*map(Text, _list_row(one)))
    console.print(table)


def _list_row(one: Mapping[str, Any]) -> Sequence[str]:
    rows = f"{one['rows']:,}" if one["state"] == "ready" else one["state"]
    return (
        *(one["slug"], one["name"], one["kind"], rows, one["vendor"] or "-"),
        *(one["expires"] or "-", _uses(one), one["created"][:10]),
    )


def _uses(one: Mapping[str, Any]) -> str:
    allowed = one["uses_allowed"]
    return f"{one['uses']}" if allowed is None else f"{one['uses']} of {allowed}"


def show_list(detail: Mapping[str, Any]) -> None:
    """What is known of one, line by line."""
    console = Console(highlight=False)
    rows = count_words(detail["rows"], "row") if detail["state"] == "ready" else detail["state"]
    told = f"{detail['slug']}: {rows} of {detail['kind']}, {detail['name']!r}"
    console.print(Text(told, "bold"), soft_wrap=True)
    for name in ("vendor", "ordered", "expires", "retention_days"):
        if detail[name]:
            console.print(Text(f"{name.replace('_', ' ')}: {detail[name]}"), soft_wrap=True)
    console.print(f"uses: {_uses(detail)}")
    if detail["reading"]:
        console.print(Text(detail["reading"]["line"]), soft_wrap=True)
    for note in detail["notes"]:
        console.print(Text(f"- {note}", "dim"), soft_wrap=True)


def show_raw_rows(found: Mapping[str, Any]) -> None:
    """The cells of each that say anything."""
    console = Console(highlight=False)
    for number, row in enumerate(found["rows"], start=found["first"]):
        cells = (f"{header}: {cell}" for header, cell in row.items() if cell)
        line = Text(f"{number}  ", "dim").append("; ".join(cells), "default")
        console.print(line, soft_wrap=True)
    last = found["first"] + len(found["rows"]) - 1
    if last < found["of"]:
        console.print(Text(f"... {last:,} of {found['of']:,}; --first {last + 1} goes on", "dim"))


def show_deleted(slug: str, gone: Mapping[str, int]) -> None:
    """What went."""
    told = [
        count_words(gone["rows"], "row"),
        count_words(gone["files"], "file"),
        count_words(gone["outcomes"], "outcome"),
    ]
    Console(highlight=False).print(f"deleted {slug}: {', '.join(told)}")


def show_ledger(uses: Sequence[Mapping[str, Any]]) -> None:
    """A line for each entry, the newest first."""
    console = Console(highlight=False)
    if not uses:
        console.print("Nothing was exported yet.")
        return
    table = Table(box=None, pad_edge=False)
    for name in ("at", "list", "who", "what", "rows", "use", "question"):
        table.add_column(name, justify="right" if name == "rows" else "left", overflow="fold")
    for one in uses:
        table.add_row(*map(Text, _use_row(one)))
    console.print(table)


def _use_row(one: Mapping[str, Any]) -> Sequence[str]:
    asked = "; ".join(f"{name} {value}" for name, value in one["question"].items())
    at, rows = one["at"][:16].replace("T", " "), f"{one['rows']:,}"
    return at, one["list"], one["who"], one["what"], rows, "yes" if one["counted"] else "-", asked


def show_marked(told: Mapping[str, Any], mark: Mark) -> None:
    """How many rows were marked."""
    rows, what = count_words(told["marked"], "row"), mark.what.replace("_", " ")
    print_line = Console(highlight=False).print
    print_line(f"{told['list']}: {rows} marked {what} on {mark.on}")
    if told["known"]:
        print_line(f"{count_words(told['known'], 'row')} had been, of that day")


def show_outcome_lines(told: Mapping[str, Any]) -> None:
    """A line for each."""
    console = Console(highlight=False)
    for one in told["outcomes"]:
        what, note = one["what"].replace("_", " "), one["note"] and f": {one['note']}"
        line = Text(f"{one['id']}  ", "dim").append(f"row {one['row']}", "default")
        console.print(line.append(f"  {what} on {one['on']}, {one['who']}{note}"), soft_wrap=True)
    if not told["outcomes"]:
        console.print(
            "Nothing is known of any row: `sweetspot list mark` stores what became of it."
        )
    if told["next"]:
        console.print(Text(f"--after {told['next']} goes on", "dim"))


def show_suppressions(told: Mapping[str, Any]) -> None:
    """A line for each."""
    console = Console(highlight=False)
    for one in told["suppressions"]:
        words = f"{one['name']}: {count_words(one['rows'], 'row')}, {one['source']}"
        console.print(Text(f"{words}, added {one['created'][:10]}"), soft_wrap=True)
    if not told["suppressions"]:
        console.print("Nobody is suppressed: `sweetspot suppress add FILE --name ...` does.")
