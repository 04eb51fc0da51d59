"""Every part of the bench runs and writes the rows that RESULTS.md has. Figures are not looked at.

With BENCH_TINY=1 next to nothing is measured, see bench/sizes.py.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench.__main__ import PARTS, RESULTS, read_sections
from bench.together import BEFORE

# Addresses whose place is known, which the sample county has too few of; lists that repeat rows.
REAL = {"geocode", "typing", "zips", "duplicates"}
# A revision by either name, or a number.
FIGURE = re.compile(rf"HEAD|{BEFORE}|[-+]?\d[\d,.]*|\binf\b|\bnan\b")


@pytest.mark.parametrize("part", PARTS)
def test_a_part_has_the_rows_of_the_results(part: str, request: pytest.FixtureRequest) -> None:
    """The program itself, as `python -m bench` runs it."""
    if part in REAL:
        request.getfixturevalue("shared")
    if part == "together" and not (RESULTS.parents[1] / ".git").exists():
        pytest.skip("the code of a revision is not here: no git")
    written = {row for row in _rows(read_sections(RESULTS)[part]) if "real Nominatim" not in row}
    assert written
    assert written - _rows(_run(f"bench.{part}")) == set()


def test_one_part_leaves_the_others_as_they_are(tmp_path: Path) -> None:
    """In a copy of RESULTS.md, which itself stays as it is."""
    copy, before = tmp_path / "RESULTS.md", RESULTS.read_bytes()
    shutil.copyfile(RESULTS, copy)
    _run("bench", "clients", "--results", str(copy))
    old, new = read_sections(RESULTS), read_sections(copy)
    assert {part for part in PARTS if new[part] != old[part]} == {"clients"}
    assert "2,000 clients ranked" in new["clients"]
    assert RESULTS.read_bytes() == before


def test_the_results_take_no_tiny_figures() -> None:
    with pytest.raises(subprocess.CalledProcessError) as refused:
        _run("bench", "clients")
    assert "give another file as --results" in refused.value.stderr


def _run(module: str, *args: str) -> str:
    """What it prints."""
    done = subprocess.run(
        [sys.executable, "-m", module, *args],
        cwd=RESULTS.parents[1],
        env=os.environ | {"BENCH_TINY": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def _rows(text: str) -> set[str]:
    """Its headings and rows, # for each figure."""
    lines = (line for line in text.splitlines() if not re.match(r"```|Measured ", line))
    plain = "| --- |" not in text
    shown = [line for line in lines if plain or line.startswith(("|", "###"))]
    return {" ".join(FIGURE.sub("#", line).split()) for line in shown} - {""}
