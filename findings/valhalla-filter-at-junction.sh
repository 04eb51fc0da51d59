#!/bin/sh
# A search filter moves no point, and makes the same junction minutes farther off.
#
# A good guess: `search_filter` says on which roads a location may be put. A location on a junction
# lies on every road that meets there; with the motorway ruled out it lies on the street, at the same
# place, and a drive that comes by the motorway is there as soon as it is at the junction.
# What really happens (pyvalhalla 3.9.1, both matrix algorithms and the route): a location within 5 m
# of a junction has the edges there as candidates, and the filter drops those of the motorway. What is
# left is the end of a one-way street that comes into the junction. The drive comes by the motorway,
# passes the very point, goes on to the next exit and comes back along the street: only the end of
# that edge counts as there. Without the filter it ends as it passes.
# Since: the same in 3.8.3 and in 3.6.1, the oldest that PyPI has.
# Why it matters: minutes to junctions, as expansion or isochrone give them, are not those of a
# location there once a filter is set. Whoever works out drives from them has to ask the engine for
# points at junctions that only filtered roads lead to, or from, beside the ones that are left.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for python in ${PYTHON:-} python3.13 python3.12 "$HOME"/.pyenv/versions/3.1[2-9]*/bin/python python3; do
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null && break
done
"$python" -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check pyvalhalla==3.9.1 osmium==4.3.2
cat > "$folder/show.py" <<'PY'
import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import osmium
import valhalla
from osmium.osm.mutable import Node, Way
from valhalla.config import get_config

folder = Path(sys.argv[1])
# A town in the west. A motorway leads from it to the junction and on, round to an exit in the east,
# from where a one-way street leads back to the junction, and a street to the town.
STEP, BLOCKS = 0.01, 8


def at(east, north):
    return round(-100 + east * STEP, 6), round(40 + north * STEP, 6)


street = {"highway": "residential", "maxspeed": "50"}
motorway = {"highway": "motorway", "oneway": "yes", "maxspeed": "100"}
JUNCTION = at(3, 0)
steps = [i / 5 for i in range(BLOCKS)]
ways = [
    *(([at(-x, y) for y in steps], street) for x in steps),
    *(([at(-x, y) for x in steps], street) for y in steps),
    ([at(0, 0), at(1, 0), at(2, 0), JUNCTION], motorway),
    ([JUNCTION, at(3, -1), at(5, -1), at(5, 0)], motorway),
    ([at(5, 0), at(4, 0), JUNCTION], {**street, "oneway": "yes"}),
    ([at(5, 0), at(5, 1), at(0, 1.4)], street),
]
ids = {}
pbf = folder / "made.osm.pbf"
with osmium.SimpleWriter(str(pbf)) as out:
    for line, _ in ways:
        for where in line:
            if where not in ids:
                ids[where] = len(ids) + 1
                out.add_node(Node(id=ids[where], version=1, location=where))
    for number, (line, tags) in enumerate(ways, 1):
        nodes = [ids[where] for where in line]
        out.add_way(Way(id=number, version=1, nodes=nodes, tags=tags))

(folder / "tiles").mkdir()
config = get_config(tile_extract="", tile_dir=str(folder / "tiles"))
config["mjolnir"]["admin"] = config["mjolnir"]["timezone"] = config["mjolnir"]["traffic_extract"] = ""
settings = folder / "valhalla.json"
settings.write_text(json.dumps(config))
tool = Path(valhalla.__file__).parent / "bin" / "valhalla_build_tiles"
subprocess.run([tool, "-c", settings, pbf], check=True, capture_output=True)


def location(where, **more):
    return {"lon": where[0], "lat": where[1], **more}


def asked(what, algorithm, body):
    config["thor"]["source_to_target_algorithm"] = algorithm
    settings.write_text(json.dumps(config))
    actor = valhalla.Actor(str(settings))
    return json.loads(getattr(actor, what)(json.dumps({"costing": "auto", **body})))


def drives(**more):
    """Seconds and kilometres by both matrices and by the route."""
    home, end = location(at(-0.1, 0.2)), location(JUNCTION, **more)
    for algorithm in ("timedistancematrix", "costmatrix"):
        said = asked("matrix", algorithm, {"sources": [home], "targets": [end]})
        cell = said["sources_to_targets"][0][0]
        yield algorithm, cell["time"], cell["distance"]
    trip = asked("route", "costmatrix", {"locations": [home, end]})["trip"]["summary"]
    yield "route", trip["time"], trip["length"]


print("pyvalhalla", version("pyvalhalla"))
longer = []
filtered = drives(search_filter={"max_road_class": "trunk"})
for (name, seconds, km), (_, with_s, with_km) in zip(drives(), filtered):
    print(f"{name}: {seconds:.0f} s, {km:.1f} km; without motorways at its end {with_s:.0f} s, "
          f"{with_km:.1f} km")
    longer.append(with_s > 2 * seconds and with_km > 2 * km)
as_told = len(longer) == 3 and all(longer)
print("the filtered drive passes the point and comes back" if as_told else "this has changed")
sys.exit(not as_told)
PY
"$folder/env/bin/python" "$folder/show.py" "$folder"
