"""Run every measurement and write bench/RESULTS.md, with the machine it ran on.

    python -m bench [PART...] [--results FILE]
                                   parts: engine, find, maps, together, geocode, typing, zips,
                                   estimate, lists, duplicates, clients, labels, stored, page,
                                   engines, geocoders, push

A part that is left out keeps what RESULTS.md, or FILE, says of it. With BENCH_TINY=1 next to
nothing is measured, which RESULTS.md takes no figures from.
"""

import argparse
import os
import platform
import re
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench.sizes import TINY

RESULTS = Path(__file__).with_name("RESULTS.md")
PARTS = {
    "engine": "Drive times",
    "find": "From process start to file",
    "maps": "Maps of many sizes",
    "together": "Many clients at once",
    "geocode": "Street-level geocoding",
    "typing": "While typing",
    "zips": "US ZIP codes",
    "estimate": "The estimate",
    "lists": "Lists that nobody tuned for",
    "duplicates": "Rows of one business",
    "clients": "The firm's own clients",
    "labels": "Address labels",
    "stored": "Stored lists",
    "page": "The page",
    "engines": "Routing services",
    "geocoders": "Geocoding services",
    "push": "Push",
}


def machine() -> str:
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())
    tools = ", ".join(f"{name} {version(name)}" for name in ("pyvalhalla", "numpy", "polars"))
    return (
        f"{os.cpu_count()} cores of {cpu[1] if cpu else 'unknown'}, "
        f"{int(memory[1]) // 1_048_576 if memory else '?'} GiB, {platform.system()}, "
        f"Python {platform.python_version()}, {tools}."
    )


def run(part: str) -> str:
    """The part's Markdown. Its progress shows on standard error."""
    done = subprocess.run(
        [sys.executable, "-m", f"bench.{part}"], stdout=subprocess.PIPE, text=True, check=True
    )
    text = done.stdout.strip()
    return text if "| --- |" in text else f"```text\n{text}\n```"  # tables of plain text


def read_sections(results: Path) -> dict[str, str]:
    """The sections of the file as it is, by part."""
    if not results.exists():
        return {}
    text = results.read_text(encoding="utf-8")
    return {
        part: match[1].strip()
        for part, title in PARTS.items()
        if (match := re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    }


def write_sections(results: Path, sections: dict[str, str]) -> None:
    body = "\n\n".join(f"## {PARTS[p]}\n\n{sections[p]}" for p in PARTS if p in sections)
    results.write_text(
        "# Measured\n\nWritten by `make bench`; shared machines are noisy, so read ratios "
        f"rather than single times.\n\n{machine()}\n\n{body}\n",
        encoding="utf-8",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args()
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    if TINY and asked.results.resolve() == RESULTS.resolve():
        parser.error("what BENCH_TINY=1 measures means nothing: give another file as --results")
    sections = read_sections(asked.results)
    for part in asked.parts or PARTS:
        print(f"measuring: {PARTS[part]}", file=sys.stderr)
        sections[part] = f"Measured {datetime.now(UTC):%Y-%m-%d}.\n\n{run(part)}"
        write_sections(asked.results, sections)


if __name__ == "__main__":
    main()
