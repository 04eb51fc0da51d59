#!/bin/sh
# fastexcel reads a length of time in an OpenDocument sheet as nothing where it is a day or more, and
# every one where texts are asked for; the same cells in an Excel workbook are read.
#
# A good guess: who types 6:30 or 36:00 into LibreOffice and saves the sheet as .ods gets from one
# reader what the same sheet saved as .xlsx gives: a duration, or a text that can be turned into one.
# What really happens (fastexcel 0.21.0, calamine beneath): of a column of such cells those of 24
# hours and more come back as null, the others as durations; with dtypes="string", which lists of
# mixed cells need, all of them are null. No error, no warning; the sheet's other cells are right, so
# that the column looks as if it had been left blank.
# Why it matters: hours a month and minutes of a drive are typed that way, and a table of clients read
# from .ods says that the best client took no time. The way out: read content.xml; the cell has its
# length in `office:time-value` (PT36H00M00S) and its text beside it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for python in ${PYTHON:-} python3.13 python3.12 "$HOME"/.pyenv/versions/3.1[2-9]*/bin/python python3; do
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null && break
done
"$python" -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check \
  fastexcel==0.21.0 polars==2.1.0 xlsxwriter==3.3.1
cat > "$folder/show.py" <<'PY'
import sys
import zipfile
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path

import fastexcel
import xlsxwriter

folder = Path(sys.argv[1])
ROWS = (("Pine", "PT6H30M00S", "06:30:00"), ("Elm", "PT36H00M00S", "36:00:00"))


def text_cell(text):
    return f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'


def time_cell(value, text):
    kind = f'office:value-type="time" office:time-value="{value}"'
    return f"<table:table-cell {kind}><text:p>{text}</text:p></table:table-cell>"


lines = [text_cell("Client") + text_cell("Hours")]
lines += [text_cell(name) + time_cell(value, text) for name, value, text in ROWS]
table = "".join(f"<table:table-row>{line}</table:table-row>" for line in lines)
names = "urn:oasis:names:tc:opendocument:xmlns:"
content = (
    f'<?xml version="1.0"?><office:document-content xmlns:office="{names}office:1.0" '
    f'xmlns:table="{names}table:1.0" xmlns:text="{names}text:1.0" office:version="1.3">'
    f'<office:body><office:spreadsheet><table:table table:name="Sheet1">{table}</table:table>'
    "</office:spreadsheet></office:body></office:document-content>"
)
kind = "application/vnd.oasis.opendocument.spreadsheet"
entry = '<manifest:file-entry manifest:full-path="{}" manifest:media-type="{}"/>'
manifest = (
    f'<?xml version="1.0"?><manifest:manifest xmlns:manifest="{names}manifest:1.0" '
    f'manifest:version="1.3">{entry.format("/", kind)}{entry.format("content.xml", "text/xml")}'
    "</manifest:manifest>"
)
ods, xlsx = folder / "hours.ods", folder / "hours.xlsx"
with zipfile.ZipFile(ods, "w") as out:
    out.writestr("mimetype", kind)
    out.writestr("META-INF/manifest.xml", manifest)
    out.writestr("content.xml", content)
book = xlsxwriter.Workbook(str(xlsx))
sheet, shown = book.add_worksheet(), book.add_format({"num_format": "[h]:mm:ss"})
sheet.write_row(0, 0, ["Client", "Hours"])
for row, (name, hours) in enumerate((("Pine", 6.5), ("Elm", 36.0)), 1):
    sheet.write(row, 0, name)
    sheet.write_datetime(row, 1, timedelta(hours=hours), shown)
book.close()

print("fastexcel", version("fastexcel"))
seen = {}
for path in (ods, xlsx):
    for types in (None, "string"):
        read = fastexcel.read_excel(path).load_sheet(0, dtypes=types).to_polars()
        seen[path.suffix, types] = read["Hours"].to_list()
        asked = "as text" if types else "as they come"
        print(f"{path.suffix}, {asked}: {read['Client'].to_list()} {read['Hours'].to_list()}")
half, long = seen[".ods", None]
lost = half is not None and long is None and seen[".ods", "string"] == [None, None]
kept = all(value is not None for types in (None, "string") for value in seen[".xlsx", types])
print("lengths of time are lost in .ods alone" if lost and kept else "this has changed")
sys.exit(not (lost and kept))
PY
"$folder/env/bin/python" "$folder/show.py" "$folder"
