"""Rows pushed to servers that answer as each tool documents, and take no more than its rate.

The real program, each time in a data folder of its own: once to the end, and once more, killed by
SIGKILL after a quarter, a half and three quarters of the rows and started again each time.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from app.exports.push import brevo, hubspot, listmonk, mailchimp, webhook
from bench.sizes import choose_size
from bench.tables import print_head, print_row
from bench.timing import time_work
from tests.exports.push_servers import LISTS, FakeTool, answer_csv, push_settings, serve_tool

N = choose_size(10_000, 40)
BREVO_N = choose_size(500, 12)  # 10,000 take it 1,000 s by its rate, every one alike
ROWS = {"listmonk": N, "mailchimp": N, "hubspot": N, "brevo": BREVO_N, "webhook": N}
TERMS = {
    "listmonk": listmonk.TERMS,
    "mailchimp": mailchimp.TERMS,
    "hubspot": hubspot.TERMS,
    "brevo": brevo.TERMS,
    "webhook": webhook.TERMS,
}
KILLS = choose_size(3, 1)
LATENCY_S = {"listmonk": 0.005}  # one's own server; the others' are elsewhere
ELSEWHERE_S = 0.1


@dataclass(frozen=True)
class Pushed:
    """What a server saw. doubled: rows that it has more than once."""

    seconds: float
    requests: int
    writes: int
    lost: int
    doubled: int


def start_push(name: str, tool: FakeTool, folder: Path) -> subprocess.Popen[bytes]:
    env = os.environ | push_settings(name, tool) | {"SWEETSPOT_DATA_DIR": str(folder / "data")}
    program = Path(sys.executable).with_name("sweetspot")
    listed = ["--list", LISTS[name]] if LISTS[name] else []
    command: list[str | Path] = [
        program,
        "push",
        str(folder / "found.csv"),
        "--to",
        name,
        *listed,
        "--quiet",
    ]
    return subprocess.Popen(command, env=env)


def push_rows(name: str, kills: int = 0) -> Pushed:
    """To the end; `kills`: how often the program is killed before, evenly spread."""
    with tempfile.TemporaryDirectory() as made, serve_tool(name) as tool:
        folder, terms, rows = Path(made), TERMS[name], ROWS[name]
        (folder / "found.csv").write_text(answer_csv(rows))
        tool.latency_s = LATENCY_S.get(name, ELSEWHERE_S)
        tool.per_second = terms.per_second if terms.per_second < 1e9 else 0.0

        def run() -> None:
            for kill in range(kills):
                kill_after(tool, start_push(name, tool, folder), rows * (kill + 1) // (kills + 1))
            if start_push(name, tool, folder).wait():
                raise SystemExit(f"{name}: the push failed")

        _, seconds = time_work(run)
        has = len(getattr(tool, "by_email", tool.holds))
        return Pushed(
            seconds, len(tool.asked), tool.writes, rows - len(tool.holds), has - len(tool.holds)
        )


def kill_after(tool: FakeTool, process: subprocess.Popen[bytes], rows: int) -> None:
    """When the server has so many rows, wherever the program is then."""
    while len(tool.holds) < rows and process.poll() is None:
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()


def main() -> None:
    print("Each server takes 0.1 s to answer (listmonk's, one's own, 5 ms) and answers 429 above")
    print("the documented rate. Seconds are from the program's start to its end.\n")
    print_head(
        "tool",
        "rows",
        "rows a request",
        "requests a second, at most",
        "s",
        "requests",
        "rows/s",
        f"killed {KILLS} times: s",
        "requests",
        "rows written",
        "lost",
        "doubled",
    )
    for name, rows in ROWS.items():
        terms, whole, killed = TERMS[name], push_rows(name), push_rows(name, kills=KILLS)
        print_row(
            name,
            f"{rows:,}",
            terms.batch,
            f"{terms.per_second:g}",
            f"{whole.seconds:.1f}",
            f"{whole.requests:,}",
            f"{rows / whole.seconds:,.0f}",
            f"{killed.seconds:.1f}",
            f"{killed.requests:,}",
            f"{killed.writes:,}",
            killed.lost,
            killed.doubled,
        )


if __name__ == "__main__":
    main()
