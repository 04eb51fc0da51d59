"""Writes app/lists/zip_areas.csv anew: `python -m tests.lists.zip_areas`."""

from collections import defaultdict
from math import ceil, floor

from app.geo.addresses.states import MILITARY
from app.geo.geocoding.zips.table import load_zip_table
from app.lists.zip_areas import TABLE


def make_areas() -> str:
    """The box of each first three digits in each state, degrees to 0.1, outwards."""
    table = load_zip_table()
    members = defaultdict(list)
    for i, code in enumerate(table.codes):
        if table.located(i) and table.state[i] not in MILITARY:
            members[code[:3], table.state[i]].append(i)
    lines = []
    for (area, state), rows in sorted(members.items()):
        sides = [(table.lat[rows].min(), floor), (table.lat[rows].max(), ceil)]
        sides += [(table.lon[rows].min(), floor), (table.lon[rows].max(), ceil)]
        ends = (f"{outwards(round(side * 10, 6)) / 10:g}" for side, outwards in sides)
        lines.append(",".join((area, state, *ends)))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    TABLE.write_text(make_areas(), encoding="utf-8")
