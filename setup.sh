#!/bin/sh
# Makes .venv from uv.lock with whatever Python 3.12 or newer this machine has.
# Arguments go to `uv sync`. Needs a package registry the first time, nothing afterwards.
set -eu
cd "$(dirname "$0")"

recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; }

python=
for candidate in .venv/bin/python python3.13 python3.12 python3.14 python3 python \
    "$HOME"/.pyenv/versions/3.1[2-9]*/bin/python; do
  found=$(command -v "$candidate" 2>/dev/null) || continue
  if recent "$found"; then python=$found; break; fi
done

if command -v uv >/dev/null 2>&1; then
  uv=uv
else
  # uv goes into the project's own environment; with an old Python, into one beside it.
  if [ -n "$python" ]; then home=.venv; base=$python; else home=.uv; base=python3; fi
  uv=$home/bin/uv
  if [ ! -x "$uv" ]; then
    command -v "$base" >/dev/null 2>&1 || {
      echo "setup: no Python found. Install Python 3.12 or newer, or uv, and run this again." >&2
      exit 1
    }
    echo "setup: $home with uv, from $("$base" --version)"
    "$base" -m venv "$home"
    "$home/bin/python" -m pip install --quiet --disable-pip-version-check uv || {
      echo "setup: uv could not be installed. Is a package registry reachable?" >&2
      exit 1
    }
  fi
fi

echo "setup: packages from uv.lock"
# Ours is built each time: uv would not see that what hatch_build.py packs is missing.
"$uv" sync --quiet --locked --inexact --reinstall-package sweetspot \
    ${python:+--python "$python"} "$@" || {
  echo "setup: the packages could not be installed (see above)." >&2
  [ -n "$python" ] || echo "setup: no Python 3.12 or newer was found, and uv could fetch none." >&2
  exit 1
}
