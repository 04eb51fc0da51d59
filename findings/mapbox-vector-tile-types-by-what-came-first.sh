#!/bin/sh
# mapbox-vector-tile writes 1 and 1.0 as one value of a layer, of the type that came first.
#
# A good guess: a property is written as what it is, an int as an int and a float as a double; the
# format has both (Mapbox Vector Tile 2.1, 4.1), and the encoder tells True from 1 with care.
# What really happens (2.2.0): values of a layer are kept once each, found by equality, and 1 == 1.0.
# A float property of whole value is written as an int where any feature before had that int in any
# property, and an int as a double where the float was first. So the type of "minutes" in one feature
# depends on "count" in another, and on the order of both; one property has two types in one layer.
# Why it matters: a map in a browser does not care. What reads tiles into typed columns (Arrow, a
# database) meets a column of two types, or fails, for some tiles only. The way out: a layer each, or
# text, for what has to keep its type.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for python in ${PYTHON:-} python3.13 python3.12 "$HOME"/.pyenv/versions/3.1[2-9]*/bin/python python3; do
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null && break
done
"$python" -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check mapbox-vector-tile==2.2.0
cat > "$folder/show.py" <<'PY'
import sys
from importlib.metadata import version

import mapbox_vector_tile

MINUTES, COUNT, OPEN = {"minutes": 1.0}, {"count": 1}, {"open": True}


def read(*properties):
    features = [{"geometry": "POINT(1 1)", "properties": one} for one in properties]
    tile = mapbox_vector_tile.encode([{"name": "firms", "features": features}])
    found = [one["properties"] for one in mapbox_vector_tile.decode(tile)["firms"]["features"]]
    types = [{name: type(value).__name__ for name, value in one.items()} for one in found]
    print(f"written {list(properties)}\n    read as {types}")
    return types


print("mapbox-vector-tile", version("mapbox-vector-tile"))
seen = [
    read(MINUTES) == [{"minutes": "float"}],
    read(COUNT, MINUTES) == [{"count": "int"}, {"minutes": "int"}],
    read(MINUTES, COUNT) == [{"minutes": "float"}, {"count": "float"}],
    read(OPEN, COUNT) == [{"open": "bool"}, {"count": "int"}],
]
print("as found" if all(seen) else "NO LONGER as found")
sys.exit(not all(seen))
PY
"$folder/env/bin/python" "$folder/show.py"
