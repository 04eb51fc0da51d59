#!/bin/sh
# What the tests' own PostgreSQL needs from Debian or Ubuntu, installed where it is missing.
# Packages that are named are installed with it, whatever is there.
set -eu

there() { ls /usr/lib/postgresql/*/bin/initdb || command -v initdb; } >/dev/null 2>&1

if [ $# = 0 ] && there; then exit 0; fi
packages="postgresql $*"

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "postgres: these Debian packages are missing here. Install them, then run this again:" >&2
  echo "  sudo apt-get install --no-install-recommends $packages" >&2
  exit 1
fi

# Debian makes and starts a cluster with a new PostgreSQL; the tests have no use for it.
settings=/etc/postgresql-common/createcluster.d
mkdir -p "$settings"
trap 'rm -f "$settings/sweetspot.conf"; rmdir --ignore-fail-on-non-empty "$settings"' EXIT
echo "create_main_cluster = false" >"$settings/sweetspot.conf"

echo "postgres: installing $packages"
export DEBIAN_FRONTEND=noninteractive
quietly="-qq -o DPkg::Lock::Timeout=300"
# shellcheck disable=SC2086  # words
apt-get $quietly update &&
  apt-get $quietly install -y --no-install-recommends --no-upgrade $packages >/dev/null || {
  echo "postgres: the Debian packages could not be installed (see above)." >&2
  exit 1
}
