#!/bin/sh
# phonenumbers makes another firm's valid number of a short one with a word behind it.
#
# A good guess: "212-3456 (fax)" in a US list is a local number without its area code; parse() leaves
# the word away, or refuses, or is_valid_number() says no, as it does for "212-3456" alone. At worst
# a number that can't be used is left out.
# What really happens (9.0.43): three letters or more are dialled as on a telephone's keys, wherever
# they stand, so that the seven digits and "fax" (329) are ten: +1 212 345 6329, possible, valid, in
# New York. The local number of any area gives one so with "fax", "Bob", "Ann", "off". No error, and
# no way to tell from the answer. With ten digits before it the word makes the number too long, so
# that the same column's "212-555-3456 (cell)" is refused as none, though it is one.
# Why it matters: a call, a text or a fax goes to a stranger; a mailing tool keeps the number.
# The way out: PhoneNumberMatcher, which finds numbers in text, takes both as people mean them;
# or cut what stands behind the digits first. Letters are digits only where one says so (1-800-...).
# See also https://github.com/google/libphonenumber/issues/1199, closed as intended.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for python in ${PYTHON:-} python3.13 python3.12 "$HOME"/.pyenv/versions/3.1[2-9]*/bin/python python3; do
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null && break
done
"$python" -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check phonenumbers==9.0.43
cat > "$folder/show.py" <<'PY'
import sys

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberMatcher, format_number, is_valid_number

E164 = PhoneNumberFormat.E164


def parsed(text):
    number = phonenumbers.parse(text, "US")
    return format_number(number, E164), is_valid_number(number)


def matched(text):
    return [format_number(found.number, E164) for found in PhoneNumberMatcher(text, "US")]


print("phonenumbers", phonenumbers.__version__)
seen = {}
for text in ("212-3456", "212-3456 (fax)", "212-3456 Bob", "212-555-3456 (cell)"):
    seen[text] = parsed(text), matched(text)
    (number, valid), found = seen[text]
    print(f"{text:20} parse: {number:17} valid: {valid!s:5}  matcher: {found}")
strangers = (
    seen["212-3456"][0][1] is False
    and seen["212-3456 (fax)"] == (("+12123456329", True), [])
    and seen["212-3456 Bob"] == (("+12123456262", True), [])
)
refused = not seen["212-555-3456 (cell)"][0][1]
right = seen["212-555-3456 (cell)"][1] == ["+12125553456"]
print("as found" if strangers and refused and right else "NO LONGER as found")
sys.exit(not (strangers and refused and right))
PY
"$folder/env/bin/python" "$folder/show.py"
