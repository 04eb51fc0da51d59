"""Pictures of what comes out, into docs/: `make screenshots` runs this.

A sheet of labels and a call sheet of the sample county, the first page of each as PDFium draws it.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pypdfium2
from PIL import Image

from app.geo.regions.sample.county import HOME_ADDRESS

HERE = Path(__file__).parent
SWEETSPOT = (sys.executable, "-m", "app")
WIDE = 900  # pixels
# What is made of the answer, and how much of its first page is shown.
SHOWN = {"labels": 0.45, "calls": 0.62}
COLOURS = 16  # enough for black letters and grey lines


def run(folder: Path, *args: str) -> None:
    """One command, as a user gives it, with its data in that folder."""
    env: Mapping[str, str] = {**os.environ, "SWEETSPOT_DATA_DIR": str(folder / "data")}
    subprocess.run([*SWEETSPOT, *args], cwd=folder, env=env, check=True)  # noqa: S603 -- ours


def draw_page(pdf: Path, part: float, to: Path) -> None:
    """The upper part of its first page."""
    page = pypdfium2.PdfDocument(pdf)[0]
    picture: Image.Image = page.render(scale=WIDE / page.get_width()).to_pil()
    upper = picture.crop((0, 0, picture.width, int(part * picture.height)))
    upper.convert("L").quantize(COLOURS).save(to, optimize=True)


def main() -> None:
    """Make all pictures anew."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        run(folder, "region", "sample", "--quiet", "--list", "sample.csv")
        run(folder, "find", "sample.csv", "--home", HOME_ADDRESS, "--quiet", "--out", "found.xlsx")
        for kind, part in SHOWN.items():
            more = ("--mailed", "2027-03-01") if kind == "calls" else ()
            args = ("--for", kind, "--out", f"{kind}.pdf", "--quiet", *more)
            run(folder, "export", "found.xlsx", *args)
            draw_page(folder / f"{kind}.pdf", part, HERE / f"{kind}.png")


if __name__ == "__main__":
    main()
