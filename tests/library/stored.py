"""A file as a stored list without a job: what tests of the library begin with."""

from pathlib import Path

from app.library.importing import ListImport
from app.library.list_rows import ListFiles, ListRows
from app.lists.read import open_list
from app.wiring.library import maps_for
from app.wiring.parts import Parts


def store_file(parts: Parts, source: Path, name: str, place: str = "") -> ListRows:
    """The rows of that file, stored under that name."""
    listed = open_list(source, place=place)
    files = ListFiles(parts.rows, f"tests/{name}")
    files.delete()
    found = ListImport(listed, files, maps_for(parts))
    for _ in found.store_parts():
        pass
    found.store_groups()
    return ListRows(files, listed.known)
