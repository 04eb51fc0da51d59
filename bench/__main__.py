"""Run every measurement and write bench/RESULTS.md, with the machine it ran on.

    python -m bench [PART...]      parts: engine, find, together, geocode, zips, estimate,
                                   clients, engines, geocoders

A part that is left out keeps what RESULTS.md says of it.
"""

import os
import platform
import re
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")
PARTS = {
    "engine": "Drive times",
    "find": "From process start to file",
    "together": "Many clients at once",
    "geocode": "Street-level geocoding",
    "zips": "US ZIP codes",
    "estimate": "The estimate",
    "clients": "The firm's own clients",
    "engines": "Routing services",
    "geocoders": "Geocoding services",
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


def earlier() -> dict[str, str]:
    """The sections of the file as it is."""
    if not RESULTS.exists():
        return {}
    text = RESULTS.read_text(encoding="utf-8")
    return {
        part: match[1].strip()
        for part, title in PARTS.items()
        if (match := re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    }


def main() -> None:
    asked = sys.argv[1:] or list(PARTS)
    sections = earlier()
    for part in asked:
        print(f"measuring: {PARTS[part]}", file=sys.stderr)
        sections[part] = f"Measured {datetime.now(UTC):%Y-%m-%d}.\n\n{run(part)}"
        body = "\n\n".join(f"## {PARTS[p]}\n\n{sections[p]}" for p in PARTS if p in sections)
        RESULTS.write_text(
            "# Measured\n\nWritten by `make bench`; shared machines are noisy, so read ratios "
            f"rather than single times.\n\n{machine()}\n\n{body}\n",
            encoding="utf-8",
        )


main()
