#!/bin/sh
# vobject reads a card's web address, and any other text, up to its first comma; the rest is gone.
#
# A good guess: a library that reads vCards gives back what stands behind "URL:". RFC 2426 (3.6.8)
# and RFC 6350 (6.7.8) say that it is one URI, which is not escaped, and a comma is an ordinary
# character of a URI (RFC 3986, 2.2). In vCard 2.1 no text escapes its commas.
# What really happens (0.9.9): every property that it has no behaviour for is taken for a list whose
# parts have commas between, and of the list the first part is kept. A map's address
# ".../maps/@21.3069,-157.8583,15z" is read as ".../maps/@21.3069", the note "Call first, then come"
# of a 2.1 card as "Call first". No error; serialize() then writes the stump, so that reading a card
# and writing it again loses the rest for good.
# Why it matters: what it says of a file that others wrote (or of ours, in a test) is not what the
# file says. The way out: %2C where a URL has a comma, if the cards are one's own; otherwise another
# reader.
# See also https://github.com/skarim/vobject/issues/140 (nicknames; open).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for python in ${PYTHON:-} python3.13 python3.12 "$HOME"/.pyenv/versions/3.1[2-9]*/bin/python python3; do
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null && break
done
"$python" -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check vobject==0.9.9
cat > "$folder/show.py" <<'PY'
import sys
from importlib.metadata import version

import vobject

URL, NOTE = "https://www.google.com/maps/@21.3069,-157.8583,15z", "Call first, then come"


def read(kind, line):
    lines = ["BEGIN:VCARD", f"VERSION:{kind}", "FN:Halt", "N:;;;;", line, "END:VCARD", ""]
    card = vobject.readOne("\r\n".join(lines))
    again = next(one for one in card.serialize().split("\r\n") if one.startswith(line[:4]))
    return card.contents[line.partition(":")[0].lower()][0].value, again


print("vobject", version("vobject"))
seen = []
for kind, name, value in (("3.0", "URL", URL), ("4.0", "URL", URL), ("2.1", "NOTE", NOTE)):
    found, again = read(kind, f"{name}:{value}")
    print(f"{kind} {name}:{value}\n    read as  {found}\n    written  {again}")
    seen.append(found == value.partition(",")[0] and again == f"{name}:{found}")
print("as found" if all(seen) else "NO LONGER as found")
sys.exit(not all(seen))
PY
"$folder/env/bin/python" "$folder/show.py"
