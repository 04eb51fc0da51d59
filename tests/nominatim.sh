#!/bin/sh
# What the tests' own Nominatim needs from Debian or Ubuntu, installed where it is missing: PostgreSQL
# with PostGIS, osm2pgsql, and what PyICU, which has no wheels, is compiled with.
set -eu
cd "$(dirname "$0")/.."

packages="postgresql-postgis osm2pgsql g++ pkg-config libicu-dev"

there() {
  command -v osm2pgsql && command -v g++ && pkg-config --exists icu-i18n &&
    ls /usr/share/postgresql/*/extension/postgis_raster.control
} >/dev/null 2>&1

headers() {
  .venv/bin/python -c 'import sysconfig as s; open(s.get_path("include") + "/Python.h")' 2>/dev/null
}

headers || packages="$packages $(.venv/bin/python -c 'import sys; print("python%d.%d-dev" % sys.version_info[:2])')"
if there && headers; then exit 0; fi
# shellcheck disable=SC2086  # words
exec sh tests/postgres.sh $packages
