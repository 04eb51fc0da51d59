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

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "nominatim: these Debian packages are missing here. Install them, then run this again:" >&2
  echo "  sudo apt-get install --no-install-recommends $packages" >&2
  exit 1
fi

# Debian makes and starts a cluster with a new PostgreSQL; the tests have no use for it.
settings=/etc/postgresql-common/createcluster.d
mkdir -p "$settings"
trap 'rm -f "$settings/sweetspot.conf"; rmdir --ignore-fail-on-non-empty "$settings"' EXIT
echo "create_main_cluster = false" >"$settings/sweetspot.conf"

echo "nominatim: installing $packages"
export DEBIAN_FRONTEND=noninteractive
quietly="-qq -o DPkg::Lock::Timeout=300"
# shellcheck disable=SC2086  # words
apt-get $quietly update &&
  apt-get $quietly install -y --no-install-recommends --no-upgrade $packages >/dev/null || {
  echo "nominatim: the Debian packages could not be installed (see above)." >&2
  exit 1
}
