"""What the command line shows: progress, the rows found, the funnel."""

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.filesize import decimal
from rich.padding import Padding
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.progress import Progress as ProgressBar
from rich.table import Table
from rich.text import Text

from app.answers.report import ChosenRows, Listener, Report, Sorted, fix_rows, rows_into
from app.answers.sorting import check_sort
from app.cli.base import print_lines
from app.errors import BadQuestion
from app.find.ground import Ground
from app.find.options import QuestionOptions
from app.find.traffic import Fit
from app.geo.geocoding.geocoder import Fixes
from app.geo.progress import BYTES, Progress
from app.lists.about import About, has_beside
from app.lists.write import Writer, kind_of, open_writer, write_beside
from app.text import count_words

SHOWN_ROWS = 40
SHOWN_CLIENTS = 10
VERDICT_STYLES = {"pass": "green", "maybe": "yellow", "fail": "red"}

type Take = Callable[[ChosenRows], None]
type GeocodingBar = Callable[[str, int, int], None]


class _Countdown:
    """The time left until an event's end, in words, by the time that they are drawn."""

    def __init__(self, seconds_left: float | None) -> None:
        self._ends = None if seconds_left is None else time.monotonic() + seconds_left

    def __str__(self) -> str:
        return "" if self._ends is None else time_left_words(self._ends - time.monotonic())


def time_left_words(seconds: float) -> str:
    """In words that don't jump about: "about 3 min left"."""
    if seconds < 10:
        return "a few seconds left"
    if seconds < 100:
        return f"about {round(seconds, -1):.0f} s left"
    minutes = round(seconds / 60)
    return f"about {minutes} min left" if minutes < 100 else f"about {minutes / 60:.1f} h left"


@dataclass(frozen=True)
class ShownProgress:
    """Takes the events of a long work and shows them as one bar."""

    bar: ProgressBar

    def __call__(self, event: Progress) -> None:  # noqa: D102  the class says it
        if [event.step] != [task.description for task in self.bar.tasks]:
            _begin_bar(self.bar, event)
        left = _Countdown(event.seconds_left)
        self.bar.update(
            self.bar.task_ids[0], completed=event.done, amount=amount_text(event), left=left
        )

    @contextmanager
    def paused(self) -> Iterator[None]:
        """While something is asked on the terminal, which the bar would write over."""
        if self.bar.disable:
            yield
            return
        self.bar.stop()
        try:
            yield
        finally:
            self.bar.start()


@contextmanager
def show_progress(quiet: bool) -> Iterator[ShownProgress]:
    """Shows a long work on standard error: what is done, how much of it, how long it takes yet."""
    console = Console(stderr=True, quiet=quiet)
    texts = ("{task.description}", "{task.fields[amount]}", "{task.fields[left]}")
    step, *facts = (TextColumn(text, markup=False) for text in texts)
    columns = (SpinnerColumn(), step, BarColumn(), *facts)
    hidden = quiet or not console.is_terminal
    with ProgressBar(*columns, console=console, transient=True, disable=hidden) as bar:
        yield ShownProgress(bar)


def _begin_bar(bar: ProgressBar, event: Progress) -> None:
    """The step's own in place of the last one's; a line where no bars can be drawn."""
    for task in bar.task_ids:
        bar.remove_task(task)
    bar.add_task(event.step, total=event.total, amount="", left="")
    if not bar.console.is_terminal and event.unit != BYTES:
        bar.console.print(event.step, highlight=False, markup=False)


def amount_text(event: Progress) -> str:
    """How much is done of how much, where that is known."""
    if event.unit == BYTES:
        of = f" of {decimal(int(event.total))}" if event.total else ""
        return f"{decimal(int(event.done))}{of}"
    return f"{event.done / event.total:.0%}" if event.total else ""


class Output:
    """Where a find's rows go: a file, a pipe, JSON or the screen; `asked` says how."""

    def __init__(
        self, out: str, asked: QuestionOptions, *, json: bool, quiet: bool, alike: bool = False
    ) -> None:
        self.out, self.json, self.quiet = out, json, quiet
        self.kind = "csv" if out in {"", "-"} else kind_of(Path(out))
        if asked.notes and out in {"", "-"}:
            raise BadQuestion("notes: they go beside a file, --out names it", field="notes")
        self._notes, self._excel = asked.notes, asked.excel
        self._sink: Writer | None = None
        self._about = About()
        sort = asked.sort
        self._sorted = None if check_sort(sort, alike) == "list" else Sorted(sort)
        self._rows: list[dict[str, Any]] = []
        self._shown = 0

    @contextmanager
    def taking(self, total: int) -> Iterator[Listener]:
        """What takes the chosen rows, and shows how many are done and are asked."""
        with ExitStack() as stack:
            takes: list[Take] = []
            if self.out:
                to = sys.stdout.buffer if self.out == "-" else Path(self.out)
                writing = open_writer(to, self.kind, excel=self._excel)
                self._sink = stack.enter_context(writing)
            sink = self._sink
            progress, asking = stack.enter_context(_bar(total, self.quiet or self.json))
            if self._sorted is not None:
                takes.append(self._sorted.take)
            elif sink:
                takes.append(rows_into(sink))
            if self.json or not self.out:
                takes.append(self._keep)

            def take_all(chosen: ChosenRows) -> None:
                for take in takes:
                    take(chosen)

            yield Listener(take_all, progress, asking)
            if self._sorted is not None and sink:
                self._sorted.write(sink)
        self._write_beside()

    def tell(self, about: About) -> None:
        """What is known of all rows, before the file is whole."""
        self._about = about
        if self._sink:
            self._sink.tell(about)

    def _write_beside(self) -> None:
        """The file of notes; one that is there is made to tell of the new rows."""
        if self.out in {"", "-"}:
            return
        if self._notes or has_beside(Path(self.out)):
            write_beside(Path(self.out), self._about, excel=self._excel)

    def _keep(self, chosen: ChosenRows) -> None:
        self._shown += len(chosen)
        if self._sorted is None:
            room = len(chosen) if self.json else max(0, SHOWN_ROWS - len(self._rows))
            self._rows += chosen.json(np.arange(min(room, len(chosen))))

    def show(self, report: Report) -> None:
        """The rows on the screen and the summary."""
        if self._sorted is not None and (self.json or not self.out):
            self._rows = self._sorted.json(None if self.json else SHOWN_ROWS)
        if self.json:
            sys.stdout.write(json.dumps({**report.meta, "prospects": self._rows}) + "\n")
            return
        if not self.out:
            _show_rows(Console(), self._rows, self._shown - len(self._rows))
        if not self.quiet:
            print_lines(report.read.lines)
            _show_summary(Console(stderr=self.out == "-"), report)


@contextmanager
def show_count(what: str, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar of so many done of so many, on standard error."""
    console = Console(stderr=True, quiet=quiet)
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with ProgressBar(*columns, console=console, transient=True, disable=quiet) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def _bar(total: int, quiet: bool) -> Iterator[tuple[Callable[[int], None], GeocodingBar]]:
    console = Console(stderr=True, quiet=quiet)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with ProgressBar(*columns, console=console, transient=True, disable=quiet) as bar:
        task = bar.add_task("judging", total=total)
        asked: dict[str, TaskID] = {}

        def asking(name: str, done: int, of: int) -> None:
            if name not in asked:
                asked[name] = bar.add_task(f"asking {name}")
            bar.update(asked[name], completed=done, total=of)

        yield lambda done: bar.update(task, completed=done), asking


def _show_rows(console: Console, rows: Sequence[dict[str, Any]], more: int) -> None:
    """A line for each row, its reasons dimmed below it."""
    wide = max((len(row["name"]) for row in rows), default=0)
    for row in rows:
        miles = "" if row["miles"] is None else f"{row['miles']:.1f} mi"
        facts = (_minutes(row) + _sides(row), miles, row["zone"], row["category"], row["accuracy"])
        line = Text(f"{row['verdict']:<6}", VERDICT_STYLES[row["verdict"]])
        line.append(f"{row['name']:<{min(wide, 40)}.40}", "bold")
        line.append("  " + "  ".join(fact for fact in facts if fact), "default")
        console.print(line, soft_wrap=True)
        console.print(Padding(Text("; ".join(row["reasons"]), "dim"), (0, 0, 0, 6)))
        if "like" in row:
            console.print(Padding(_resemblance(row["like"]), (0, 0, 0, 6)))
    if more:
        console.print(f"... and {more:,} more; --out FILE.csv writes them all")


def _resemblance(like: dict[str, Any]) -> Text:
    """The score and how it came about."""
    score = "-" if like["score"] is None else f"{like['score']:.0f}"
    return Text(f"like {score} of 100: {'; '.join(like['reasons'])}", "cyan")


def _minutes(row: dict[str, Any]) -> str:
    if row["minutes"] is None:
        return ""
    if row["minutes_low"] == row["minutes_high"]:
        return f"{row['minutes']:.1f} min"
    high = "?" if row["minutes_high"] is None else f"{row['minutes_high']:.0f}"
    return f"{row['minutes']:.0f} ({row['minutes_low']:.0f}-{high}) min"


def _sides(row: dict[str, Any]) -> str:
    """Both minutes, where traffic makes two of them."""
    told = [
        f"{row[f'minutes_{side}']:.1f} {side}"
        for side in ("free", "peak")
        if row.get(f"minutes_{side}") is not None
    ]
    return f" ({', '.join(told)})" if told else ""


def _show_summary(console: Console, report: Report) -> None:
    counts, table = report.counts, Table(box=None, pad_edge=False, show_header=False)
    for home in (one.home for one in report.ground.each):
        table.add_row("home base", f"{home.label} ({home.accuracy.label}, {home.source})")
    for engine in dict.fromkeys(map(_engine_words, report.ground.each)):
        table.add_row("engine", engine)
    table.add_row("read", f"{counts.read:,}")
    table.add_row("located", f"{counts.located:,}, not located {counts.not_located:,}")
    table.add_row(
        "within reach",
        f"{counts.within:,}, beyond {counts.beyond:,}, unknown {counts.reach_unknown:,}",
    )
    table.add_row(
        "right size",
        f"{counts.right_size:,}, wrong {counts.wrong_size:,}, unknown {counts.size_unknown:,}",
    )
    table.add_row(
        "verdicts", f"pass {counts.passed:,}, maybe {counts.maybe:,}, fail {counts.failed:,}"
    )
    console.print()
    console.print(table, highlight=False)
    if report.like:
        _show_hidden(console, report.like)
    for note in [*report.notes, *(report.like or {}).get("notes", [])]:
        console.print(f"- {note}", highlight=False, markup=False, soft_wrap=True)
    if report.attribution:
        console.print(report.attribution, highlight=False, markup=False)


def _engine_words(ground: Ground) -> str:
    return f"{ground.engine.name}{f', region {ground.region}' if ground.region else ''}"


def _show_hidden(console: Console, like: Mapping[str, Any]) -> None:
    """How high each A client ranks when it is hidden among the list."""
    for one in like["leave_one_out"][:SHOWN_CLIENTS]:
        text = f"{one['name']}, hidden in the list, "
        if one["rank"] is None:
            text += "has no rank: nothing known to compare"
        else:
            text += f"ranks {one['rank']:,} of {one['of']:,} ({one['score']:.0f} of 100)"
        console.print(text, highlight=False, markup=False)


def show_fixes(found: Sequence[tuple[str, Fixes]], *, json: bool) -> None:
    """The places each address may mean."""
    rows = [(text, fix) for text, fixes in found for fix in fix_rows(fixes)]
    if json:
        print_json([{"address": text, **fix} for text, fix in rows])
        return
    console = Console(highlight=False)
    for _, fix in rows:
        within = f"{fix['accuracy']}, within {fix['radius_m']:,.0f} m"
        line = f"{fix['label']}  {fix['lat']:.6f},{fix['lon']:.6f}  {within}  {fix['source']}"
        console.print(line, markup=False, soft_wrap=True)
        for note in filter(None, [fix["note"]]):
            console.print(f"  {note}", markup=False, style="dim")
    for text, fixes in found:
        if not len(fixes):
            Console(stderr=True).print(f"{text}: not found", markup=False)


def show_fit(fit: Fit, kept: Path, *, json: bool) -> None:
    """The factor, and how far the engine was and is off the trips."""
    if json:
        print_json(fit.document())
        return
    console = Console(highlight=False)
    trips = count_words(fit.trips, "trip")
    lines = [
        f"traffic {fit.factor:.2f}, fitted to {trips} against {fit.engine}",
        f"mean error {fit.before:.1f} min before, {fit.after:.1f} min with it",
        f"{fit.held_out:.1f} min on a trip that it was not fitted to",
    ]
    for name, band in (("7-9:30 and 16-18:30", fit.peak), ("other times", fit.rest)):
        if band:
            lines.append(f"{name}: {band[0]:.2f} ({count_words(band[1], 'trip')})")
    lines += [f"- not used: {why}" for why in fit.unused[:SHOWN_CLIENTS]]
    lines.append(f"kept in {kept}; --traffic fitted uses it")
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)


def print_json(value: Any) -> None:
    """One JSON value on a line of standard output."""
    sys.stdout.write(json.dumps(value, default=dict) + "\n")  # a manifest is made of mappings
