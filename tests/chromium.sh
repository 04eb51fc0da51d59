#!/bin/sh
# The browser of the tests of the page, from Debian or Ubuntu, installed where it is missing.
set -eu

if command -v chromium >/dev/null 2>&1; then exit 0; fi

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "chromium: this Debian package is missing here. Install it, then run this again:" >&2
  echo "  sudo apt-get install --no-install-recommends chromium" >&2
  exit 1
fi

echo "chromium: installing chromium"
export DEBIAN_FRONTEND=noninteractive
quietly="-qq -o DPkg::Lock::Timeout=300"
# shellcheck disable=SC2086  # words
apt-get $quietly update &&
  apt-get $quietly install -y --no-install-recommends --no-upgrade chromium >/dev/null || {
  echo "chromium: the Debian package could not be installed (see above)." >&2
  exit 1
}
