"""Prints how much of each room (docs/architecture.md) the tests have run: statements, and a share.

    python -m tests.coverage_by_room

Reads what `pytest --cov=app` left in .coverage. Nothing is demanded of the figures.
"""

import sys
from collections import Counter
from pathlib import PurePath

from coverage import Coverage


def main() -> None:
    """A line a room, those of geo apart, and one for all of them."""
    counts, missed = Counter[str](), Counter[str]()
    measured = Coverage()
    measured.load()
    for path in measured.get_data().measured_files():
        _, statements, _, missing, _ = measured.analysis2(path)
        for room in (_room(path), "together"):
            counts[room] += len(statements)
            missed[room] += len(missing)
    for room, n in sorted(counts.items()):  # "app/..." before "together"
        sys.stdout.write(f"{room:20} {n:6,} {1 - missed[room] / n:7.1%}\n")


def _room(path: str) -> str:
    """`app/geo/driving` for a file anywhere below it; `app/*.py` for the loose ones."""
    parts = PurePath(path).parts
    inside = parts[max(i for i, part in enumerate(parts) if part == "app") : -1]
    return "/".join(inside[: 3 if "geo" in inside else 2]) if len(inside) > 1 else "app/*.py"


if __name__ == "__main__":
    main()
