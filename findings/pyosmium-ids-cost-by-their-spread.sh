#!/bin/sh
# pyosmium's IdTracker and IdFilter take memory by how far apart the ids are, not by how many.
#
# A good guess: a tracker of 400 node ids holds 400 numbers, a few kilobytes; of a small extract of
# some 100,000 nodes a megabyte. They are there to cut a piece out of a large file, so the piece's
# size ought to count.
# What really happens (osmium 4.3.2): the ids are bits of a map in blocks of 4 MB, each for some
# 33 million consecutive ids, and a block is made whole for the first id in it. Node ids of today
# run to some 13,000,000,000, and those of any town were given over twenty years: a few hundred ids
# spread over them take 1.4 GB, IdTracker and IdFilter each, as much as all ids there are would.
# As many ids next to each other take one block.
# Why it matters: a program that cuts a county out of a state for a laptop holds more for the ids
# than for everything else; two filters and a tracker are beyond 4 GB.
# The way out: sorted numpy arrays of the ids, asked by searchsorted, or flags by the place in the
# file instead of ids.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for python in ${PYTHON:-} python3.13 python3.12 "$HOME"/.pyenv/versions/3.1[2-9]*/bin/python python3; do
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null && break
done
"$python" -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check osmium==4.3.2
cat > "$folder/show.py" <<'PY'
import subprocess
import sys
from importlib.metadata import version

MEASURE = """
import resource, osmium
COUNT = 400
def most(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
ids = [1 + i * {step} for i in range(COUNT)]
before = most()
{make}
print(round(most() - before))
"""
MAKE = {
    "IdTracker": "kept = osmium.IdTracker()\nfor one in ids: kept.add_node(one)",
    "IdFilter": "kept = osmium.filter.IdFilter(ids)",
}
print("osmium", version("osmium"))
seen = {}
for name, make in MAKE.items():
    for what, step in (("next to each other", 1), ("spread over 12,000,000,000", 30_000_000)):
        code = MEASURE.format(step=step, make=make)
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        seen[name, step] = int(done.stdout)
        print(f"{name}: 400 ids {what} take {seen[name, step]:,} MB")
as_told = all(
    seen[name, 1] < 50 and seen[name, 30_000_000] > 1_000 for name in MAKE
)
print("ids cost by their spread" if as_told else "this has changed")
sys.exit(not as_told)
PY
"$folder/env/bin/python" "$folder/show.py"
