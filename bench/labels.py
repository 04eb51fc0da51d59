"""100,000 address labels as a PDF, beside fpdf2's own plain loop of texts for the same labels.

Each measurement is a process of its own. Ours is a whole export: postal lines, fitting, drawing;
fpdf2 is given lines that are fitted already, and draws them. Seconds are the process's own, of the
processor, since others share it. Megabytes are those beyond what it held with its rows, before.
"""

import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from app.exports.answer import AnswerRows
from app.exports.export import no_ground
from app.exports.kind import ExportWork
from app.exports.options import ExportOptions
from app.exports.postal import postal_lines
from app.exports.printing.blocks import LEADING, Block, Room, fit_blocks
from app.exports.printing.font import load_font
from app.exports.printing.labels import write_labels
from app.exports.printing.sheets import parse_sheet
from app.lists.recipients import RECIPIENT
from bench.sizes import choose_size
from bench.tables import print_head, print_row
from bench.timing import peak_mb

SIZES = choose_size((10_000, 100_000), (100, 200))
MARGIN = 9.0  # points that text keeps from a label's edge
WAYS = {"ours": "this export", "fpdf2": "fpdf2's own loop"}


def recipients(n: int) -> pl.DataFrame:
    """Made-up businesses; one in twenty has a name that has to be wrapped."""
    at = pl.int_range(n)
    long = pl.when(at % 20 == 0).then(pl.lit(" of the Greater Honolulu Metropolitan Area"))
    made = pl.select(
        name=pl.format("Kaʻahumanu Dairy {} & Sons", at) + long.otherwise(pl.lit("")),
        attention=pl.when(at % 3 == 0).then(pl.lit("Dr. Jane Doe")).otherwise(pl.lit("")),
        line_1=pl.format("{} Kalanianaʻole Highway", at % 9000 + 1),
        line_2=pl.when(at % 2 == 0).then(pl.format("Suite {}", at % 700)).otherwise(pl.lit("")),
        city=pl.lit("Honolulu"),
        state=pl.lit("HI"),
        zip=pl.format("968{}", at % 90 + 10),
        country=pl.lit("United States"),
    )
    blank = [pl.lit("").alias(name) for name in RECIPIENT if name not in made.columns]
    return made.with_columns(blank)


def print_ours(rows: pl.DataFrame, out: Path) -> None:
    answer = AnswerRows(rows, rows, rows, rows)
    written = write_labels(ExportWork(answer, ExportOptions(), out, no_ground))
    assert not written.left_out


def fit_rows(rows: pl.DataFrame) -> list[Block]:
    box = parse_sheet("5160").boxes[0].inside(MARGIN, MARGIN / 2)
    fitted = fit_blocks(postal_lines(rows), Room(box.width, box.height), load_font())
    return [block for block in fitted if isinstance(block, Block)]


def print_by_fpdf2(blocks: list[Block], out: Path) -> None:
    from fpdf import FPDF

    font = out.with_suffix(".ttf")
    font.write_bytes(load_font().file)
    sheet = parse_sheet("5160")
    page = FPDF(unit="pt", format="letter")
    page.add_font("noto", fname=font)
    for number, block in enumerate(blocks):
        if number % len(sheet.boxes) == 0:
            page.add_page()
        box = sheet.boxes[number % len(sheet.boxes)]
        page.set_font("noto", size=block.size)
        top = page.h - box.bottom - box.height + MARGIN
        for line, text in enumerate(block.lines):
            page.text(box.left + MARGIN, top + (line + 1) * LEADING * block.size, text)
    page.output(str(out))


def held_mb() -> float:
    """Megabytes that this process holds now."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def measure_here(way: str, n: int) -> None:
    """Print wall and CPU seconds, megabytes more at most, megabytes of the file."""
    rows = recipients(n)
    with TemporaryDirectory() as folder:
        out = Path(folder) / "labels.pdf"
        if way == "ours":
            work = partial(print_ours, rows, out)
        else:
            work = partial(print_by_fpdf2, fit_rows(rows), out)
        before, start, cpu = held_mb(), time.perf_counter(), time.process_time()
        work()
        took = time.perf_counter() - start, time.process_time() - cpu
        print(*took, peak_mb() - before, out.stat().st_size / 1e6)


def measure(way: str, n: int) -> list[float]:
    """The same in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.labels", way, str(n)],
        stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return [float(word) for word in done.stdout.split()]


def main() -> None:
    print_head(
        "labels",
        "by",
        "µs a label",
        "CPU µs a label",
        "times ours",
        "MB beyond the rows",
        "MB of PDF",
    )
    for n in SIZES:
        taken = {way: measure(way, n) for way in WAYS}
        for way, (wall, cpu, more, size) in taken.items():
            ratio = f"{cpu / taken['ours'][1]:.1f}"
            each = (f"{seconds / n * 1e6:.0f}" for seconds in (wall, cpu))
            print_row(f"{n:,}", WAYS[way], *each, ratio, f"{more:.0f}", f"{size:.1f}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure_here(sys.argv[1], int(sys.argv[2]))
    else:
        main()
