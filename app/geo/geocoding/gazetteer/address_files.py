"""Address files as they come: CSV, GeoJSON, Esri's JSON, each alone, as .gz or in a .zip.

What their columns mean is in `address_columns`, where their rows are in `address_places`. A file
that can't be used raises BadMap naming it and what is wrong; what was mended or left out of one is
told in notes.

1. A table's columns are parted by commas, semicolons, tabs or bars, whichever its header has most.
2. Text that is not UTF-8 is Windows-1252, as Latin-1 is too; UTF-16 shows by its first bytes.
3. JSON is one collection, or a feature or plain object a line, or a sequence of them (RFC 8142).
   A geometry that is no point counts with its middle.
4. A .zip has any number of those, or one shapefile: address ranges (`tiger`), or points.
"""

import codecs
import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import IO, Any
from zipfile import BadZipFile, ZipFile

import polars as pl
import shapely
from shapely.errors import ShapelyError

from app.errors import BadMap
from app.geo.geocoding.gazetteer import tiger
from app.geo.geocoding.gazetteer.address_columns import meaning_of, missing_columns, read_columns
from app.geo.geocoding.gazetteer.address_places import Placing
from app.geo.geocoding.gazetteer.region_zips import Vicinity
from app.geo.geocoding.gazetteer.sources import HOUSES, NODE_M, Sources, only_houses, only_streets

_JSON = (".geojson", ".geojsonl", ".geojsons", ".json", ".jsonl", ".ndjson")
_AXES = ("lon", "lat")
_TABLES = (".csv", ".tsv", ".txt")
_PARTED_BY = ",;\t|"
_LONGEST_HEADER = 1 << 16
_RECORD = b"\x1e"  # RFC 8142 begins each text with it
_BLANK = b"\x1e \t\r\n"
_BYTES = 1 << 20  # looked at in one go
_ESRI = 37_000  # numbers of projections from here on are Esri's own
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class AddressTable:
    """The rows of one file as written. projection: what it says its coordinates are in, or "".

    foreign: how many rows or lines were not UTF-8.
    """

    name: str
    rows: pl.DataFrame
    projection: str = ""
    foreign: int = 0

    def houses(self, ground: Vicinity, note: Callable[[str], None]) -> Sources:
        """The houses of it that are on the map, around these streets if there are any."""
        read = self._read()
        lon, lat = (
            read[axis].str.replace(",", ".").cast(pl.Float64, strict=False).fill_null(float("nan"))
            for axis in ("lon", "lat")
        )
        placing = Placing(self.name, lon.to_numpy().copy(), lat.to_numpy().copy(), ground)
        here = placing.settle(self.projection)
        placed = read.with_columns(lon=pl.Series(placing.lon), lat=pl.Series(placing.lat))
        houses = placed.filter(pl.Series(here) & read["street"].is_not_null())
        if houses.is_empty():
            raise _bad(self.name, f"none of its {len(read)} rows has a street and coordinates")
        for text in self._notes(read, placing):
            note(text)
        filled = houses.with_columns(
            pl.col("number", "street", "town", "postcode").fill_null(""), wide=pl.lit(NODE_M)
        )
        return only_houses(filled.select(list(HOUSES)))

    def _read(self) -> pl.DataFrame:
        if missing := missing_columns(self.rows.columns):
            found = ", ".join(self.rows.columns[:12])
            raise _bad(
                self.name,
                f"no column of {' or of '.join(missing)} among {found or 'none'}; OpenAddresses "
                "files have LON, LAT, NUMBER, STREET, UNIT, CITY, DISTRICT, REGION, POSTCODE",
            )
        return read_columns(self.rows)

    def _notes(self, read: pl.DataFrame, placing: Placing) -> Iterator[str]:
        if self.foreign:
            yield f"{self.name}: {self.foreign:,} lines are not UTF-8 and were read as Windows-1252"
        yield from placing.notes
        if bare := read["street"].is_null().sum():
            yield f"{self.name}: {bare:,} of {len(read):,} rows name no street"


def read_address_file(path: Path) -> list[Sources | AddressTable]:
    """What a file holds, of a zip each of its files: streets with ranges, or tables of houses."""
    if not path.is_file():
        raise _bad(path.name, "there is no such file")
    with _blaming(path):
        if path.suffix.lower() == ".zip":
            with ZipFile(path) as folder:
                return _unzipped(folder, path)
        with path.open("rb") as opened:
            return [_table(path.name, path.name, opened)]


def _unzipped(folder: ZipFile, path: Path) -> list[Sources | AddressTable]:
    """4."""
    names = [name for name in folder.namelist() if not name.startswith("__MACOSX")]
    if any(name.lower().endswith(".shp") for name in names):
        return [_shapefile(folder, path)]
    found: list[Sources | AddressTable] = []
    for name in names:
        if _holds_addresses(folder, name):
            with folder.open(name) as opened:
                found.append(_table(f"{path.name}, {name}", name, opened))
    if not found:
        raise _bad(path.name, "no .csv, .geojson or shapefile (.shp and .dbf) in it")
    return found


def _holds_addresses(folder: ZipFile, name: str) -> bool:
    """Whether that is a table by its name; of a .txt, by its header: the NAD comes so."""
    if not name.lower().endswith(".txt"):
        return _ending(name) in (*_JSON, *_TABLES)
    with folder.open(name) as opened:
        header = opened.readline(_LONGEST_HEADER).decode("utf8", "replace")
    return not missing_columns(re.split(f"[{_PARTED_BY}]", header.strip("\ufeff\r\n")))


def _shapefile(folder: ZipFile, path: Path) -> Sources | AddressTable:
    fields, records = tiger.read_records(folder, path)
    if "LFROMHN" in fields:
        return only_streets(*tiger.read_tiger(folder, path))
    if missing_columns([*fields, *_AXES]):
        raise _bad(path.name, "neither ADDRFEAT (no address ranges in it) nor house numbers")
    points = tiger.read_points(folder, path)
    columns: dict[str, list[Any]] = {axis: [p[i] for p in points] for i, axis in enumerate(_AXES)}
    columns |= {
        name: [record[name] for record in records] for name in fields if meaning_of(name)[0]
    }
    projection = next((name for name in folder.namelist() if name.lower().endswith(".prj")), "")
    written = folder.read(projection).decode("utf8", "replace") if projection else ""
    return AddressTable(path.name, pl.DataFrame(columns).cast(pl.String), written)


def _ending(name: str) -> str:
    return PurePosixPath(name.lower().removesuffix(".gz")).suffix


def _table(shown: str, name: str, opened: IO[bytes]) -> AddressTable:
    ending = _ending(name)
    if ending not in (*_JSON, *_TABLES):
        raise _bad(
            shown, "expected an OpenAddresses .csv or .geojson (or .gz, .zip), or an ADDRFEAT .zip"
        )
    if not name.lower().endswith(".gz"):
        return _read_as(ending, shown, opened)
    with gzip.open(opened) as unpacked:  # a stream of bytes like any
        return _read_as(ending, shown, unpacked)


def _read_as(ending: str, shown: str, stream: IO[bytes] | gzip.GzipFile) -> AddressTable:
    text = _Text(stream)
    if ending in _JSON:
        return _json(shown, text)
    rows = _csv(text.read())
    return AddressTable(shown, rows, foreign=text.foreign)


class _Text:
    """2. A file's text in UTF-8. foreign: how many lines were not, counted as they are read."""

    def __init__(self, stream: IO[bytes] | gzip.GzipFile) -> None:
        begin = stream.read(len(codecs.BOM_UTF8))
        stream.seek(len(begin) if begin == codecs.BOM_UTF8 else 0)
        if begin.startswith(_UTF16):
            stream = BytesIO(stream.read().decode("utf-16", "replace").encode())
        self._stream: Iterable[bytes] = stream
        self.foreign = 0

    def read(self) -> bytes:
        """All of it."""
        data = b"".join(self._stream)
        try:
            for _ in codecs.iterdecode(_pieces(data), "utf8"):
                pass
        except UnicodeDecodeError:
            return b"".join(map(self._in_utf8, data.splitlines(keepends=True)))
        return data

    def texts(self) -> Iterator[bytes]:
        """Its lines, or the texts of a sequence; no empty ones."""
        lines = map(self._in_utf8, self._stream)
        text = next(lines, b"")
        is_sequence = text.startswith(_RECORD)
        for line in lines:
            if not is_sequence or line.startswith(_RECORD):
                if text.strip(_BLANK):
                    yield text.strip(_BLANK)
                text = b""
            text += line
        if text.strip(_BLANK):
            yield text.strip(_BLANK)

    def _in_utf8(self, line: bytes) -> bytes:
        try:
            line.decode()
        except UnicodeDecodeError:
            self.foreign += 1
            return line.decode("cp1252", "replace").encode()
        return line


def _pieces(data: bytes) -> Iterator[bytes]:
    return (data[start : start + _BYTES] for start in range(0, len(data), _BYTES))


def _csv(data: bytes) -> pl.DataFrame:
    """1. The columns that mean anything; none of its rows where too few of them do."""
    head = data.split(b"\n", 1)[0].decode()
    parted_by = max(_PARTED_BY, key=head.count)
    read = partial(
        pl.read_csv, data, infer_schema=False, truncate_ragged_lines=True, separator=parted_by
    )
    empty = read(n_rows=0)
    known = [name for name in empty.columns if meaning_of(name)[0]]
    return empty if missing_columns(known) else read(columns=known)


def _json(shown: str, text: _Text) -> AddressTable:
    """3."""
    features, projection = _features(shown, text.texts())
    columns: dict[str, list[str | None]] = {}
    count = 0
    for feature in features:
        for name, value in _row(feature).items():
            column = columns.setdefault(name, [])
            column.extend([None] * (count - len(column)))
            column.append(value)
        count += 1
    for column in columns.values():
        column.extend([None] * (count - len(column)))
    rows = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    return AddressTable(shown, rows, projection, text.foreign)


def _features(shown: str, texts: Iterator[bytes]) -> tuple[Iterable[Any], str]:
    """The features, and the projection that is named, if one is."""
    first = next(texts, b"")
    head = _loaded(first)
    if head is None:
        head = _loaded(b"\n".join([first, *texts]))
    if head is None:
        raise _bad(shown, "it is no JSON, or is cut short")
    return chain(_collected(head), _each(shown, texts)), _projection(head)


def _each(shown: str, texts: Iterable[bytes]) -> Iterator[Any]:
    for number, text in enumerate(texts, 2):
        if (feature := _loaded(text)) is None:
            raise _bad(shown, f"text {number} of it is no JSON, or is cut short")
        yield feature


def _loaded(text: bytes) -> Any:
    """What is written there; None for what is no JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _collected(whole: Any) -> list[Any]:
    """The features of a collection, or the one thing that is none."""
    features = whole.get("features", [whole]) if isinstance(whole, dict) else whole
    return features if isinstance(features, list) else []


def _projection(whole: Any) -> str:
    """What GeoJSON's crs or Esri's spatialReference says; "" where neither is there."""
    if not isinstance(whole, dict):
        return ""
    match whole.get("crs"), whole.get("spatialReference"):
        case {"properties": {"name": str(name)}}, _:
            return name
        case {"type": "EPSG", "properties": {"code": int(number)}}, _:  # drafts of GeoJSON
            return f"EPSG:{number}"
        case (_, {"latestWkid": int(number)}) | (_, {"wkid": int(number)}):
            return f"{'EPSG' if number < _ESRI else 'ESRI'}:{number}"
        case _, {"wkt": str(text)}:
            return text
    return ""


def _row(feature: Any) -> dict[str, str | None]:
    """The columns of one feature that mean anything, its place first."""
    if not isinstance(feature, Mapping):
        return {}
    told = feature.get("properties") or feature.get("attributes") or feature
    row: dict[str, str | None] = {}
    if at := _point(feature.get("geometry")):
        row = {"lon": str(at[0]), "lat": str(at[1])}
    for name, value in told.items() if isinstance(told, Mapping) else ():
        if name not in row and meaning_of(name)[0] and isinstance(value, str | int | float):
            row[name] = str(value)
    return row


def _point(geometry: Any) -> tuple[float, float] | None:
    """The point of a geometry, the middle of another; None for an empty one."""
    try:
        match geometry:
            case {"type": "Point", "coordinates": [x, y, *_]} | {"x": x, "y": y}:
                return float(x), float(y)
            case {"type": "Point"} | {"type": None}:
                return None
            case {"type": _}:
                middle = shapely.geometry.shape(geometry).centroid
                return None if middle.is_empty else (middle.x, middle.y)
    except (TypeError, ValueError, KeyError, AttributeError, IndexError, ShapelyError):
        return None
    return None


@contextmanager
def _blaming(path: Path) -> Iterator[None]:
    try:
        yield
    except BadMap:
        raise
    except (OSError, EOFError, zlib.error, BadZipFile) as why:
        raise _bad(path.name, "it can't be unpacked: damaged, cut short or no such file") from why
    except NotImplementedError as why:
        raise _bad(path.name, "it can't be unpacked: it is packed in a way not known here") from why
    except RuntimeError as why:
        raise _bad(path.name, "it can't be unpacked: it asks for a password") from why
    except pl.exceptions.PolarsError as why:
        raise _bad(path.name, f"can't be read as CSV: {str(why).splitlines()[0]}") from why


def _bad(shown: str, what: str) -> BadMap:
    return BadMap(f"{shown}: {what}", field="addresses")
