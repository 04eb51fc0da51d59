"""What people say of stored lists: what became of rows, whom to leave out of all of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from app.library.library import find_stored
from app.library.options import SuppressionOptions
from app.library.outcomes import Mark, mark_rows
from app.library.suppressions import SuppressionEntry
from app.lists.excluding import open_exclusions
from app.wiring.parts import Parts


def mark_list(
    parts: Parts, tenant_id: int, name: str, rows: Sequence[int], mark: Mark
) -> dict[str, Any]:
    """Store what became of those rows of a list; how many of them are marked now that were not.

    Raises NoSuchList, BadQuestion.
    """
    with parts.database.session() as session:
        stored = find_stored(session, tenant_id, name, locked=True)
        new = mark_rows(session, stored, rows, mark)
        return {"list": stored.slug, "marked": new, "known": len({*rows}) - new}


def add_suppression(
    parts: Parts, tenant_id: int, asked: SuppressionOptions, source: Path | BinaryIO, name: str
) -> SuppressionEntry:
    """A suppression of the businesses in a file, called `name` in errors. Raises BadList."""
    return parts.suppressions.add(tenant_id, asked, open_exclusions(source, name).rows)


def suppress_list(
    parts: Parts, tenant_id: int, asked: SuppressionOptions, name: str
) -> SuppressionEntry:
    """A suppression of all rows of a stored list, as they are now. Raises NoSuchList."""
    rows = parts.library.rows(parts.library.find(tenant_id, name))
    return parts.suppressions.add(tenant_id, asked, rows.identities_of(np.arange(len(rows))))
