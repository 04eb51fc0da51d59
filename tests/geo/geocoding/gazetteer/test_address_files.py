"""Address files as counties, states and OpenAddresses publish them.

The houses are 101 to 105 Elm Street, 82 m from one to the next, on a map with that street.
"""

import gzip
import json
import struct
import zipfile
from pathlib import Path

import numpy as np
import osmium
import polars as pl
import pytest
from osmium.osm.mutable import Node, Way
from pyproj import Transformer

from app.errors import BadMap
from app.geo.addresses.street_names import street_name
from app.geo.geocoding.gazetteer import gazetteer
from app.geo.geocoding.gazetteer.address_files import read_address_file
from app.geo.geocoding.gazetteer.region_zips import Vicinity
from app.geo.geocoding.geocoder import Accuracy
from app.geo.openstreetmap import DEGREE
from tests.geo.geocoding.gazetteer.made import one
from tests.shared import CASES, needs_data

WEST, SOUTH, STEP = -73.26, 42.451, 0.001
NUMBERS = (101, 103, 105)
PLACES = [(round(WEST + STEP * i, 6), SOUTH) for i in range(3)]


@pytest.fixture(scope="module")
def pbf(tmp_path_factory) -> Path:
    """One street, and the town that it is in."""
    path = tmp_path_factory.mktemp("map") / "map.osm.pbf"
    with osmium.SimpleWriter(str(path)) as writer:
        for i in range(10):
            writer.add(Node(id=i + 1, location=(WEST + STEP * i, SOUTH - 0.0002), version=1))
        tags = {"place": "town", "name": "Pittsfield"}
        writer.add(Node(id=11, location=(WEST, SOUTH), tags=tags, version=1))
        tags = {"highway": "residential", "name": "Elm Street"}
        writer.add(Way(id=1, nodes=range(1, 11), tags=tags, version=1))
    return path


def houses_of(file: Path) -> tuple[pl.DataFrame, list[str]]:
    """The houses of a file on a map with Elm Street, and what was told of the file."""
    notes: list[str] = []
    x, y = (np.array([at * DEGREE], np.int32) for at in (WEST, SOUTH))
    tables = read_address_file(file)
    houses = [table.houses(Vicinity(x, y), notes.append).houses for table in tables]
    return pl.concat(houses), notes


def read(file: Path) -> tuple[list[tuple[float, float]], list[str]]:
    """Where 101, 103 and 105 Elm Street are if they are known, and what was told of the file."""
    houses, notes = houses_of(file)
    keys = [
        (number, street_name(street).key)
        for number, street in houses.select("number", "street").rows()
    ]
    rows = [keys.index((str(n), "elm st")) for n in NUMBERS if (str(n), "elm st") in keys]
    lon, lat = (houses[axis][rows].round(6).to_list() for axis in ("lon", "lat"))
    return list(zip(lon, lat, strict=True)), notes


def written(folder: Path, name: str, text: str, encoding: str = "utf8") -> Path:
    (folder / name).write_bytes(text.encode(encoding))
    return folder / name


def table(header: str, row: str, places=PLACES) -> str:
    """A row of the three houses each; {n} is the number, {x} and {y} the place."""
    rows = [row.format(n=n, x=x, y=y) for n, (x, y) in zip(NUMBERS, places, strict=True)]
    return "\n".join([header, *rows, ""])


def feature(number: int, geometry: object, **more: object) -> dict[str, object]:
    told = {"number": str(number), "street": "Elm Street", "city": "Pittsfield"} | more
    return {"type": "Feature", "properties": told, "geometry": geometry}


def point(place: tuple[float, float]) -> dict[str, object]:
    return {"type": "Point", "coordinates": list(place)}


def points(places=PLACES) -> list[dict[str, object]]:
    return [feature(n, point(place)) for n, place in zip(NUMBERS, places, strict=True)]


# --- files that are read -----------------------------------------------------------------------

CASE_FILES = {
    "bom.geojson": [],
    "emptycoord.geojson": ["1 of 4 rows have no coordinates"],
    "esri_e911.csv": [],
    "mixed_feet.csv": [],
    "multipoint.geojson": [],
    "nad.csv": [],
    "oa.zip": [],
    "rs.geojsonl": [],
    "swapped.csv": ["3 of 3 rows had longitude and latitude exchanged, which was put right"],
    "upper.geojson": [],
}


@needs_data
@pytest.mark.parametrize("name", CASE_FILES)
def test_files_of_every_kind(pbf, tmp_path, name):
    notes: list[str] = []
    file = CASES / "geo/addressfiles" / name
    gazetteer.build_gazetteer(tmp_path / "g", [pbf], [file], note=notes.append)
    found = gazetteer.Gazetteer(tmp_path / "g", "elm")
    for n, place in zip(NUMBERS, PLACES, strict=True):
        fix = one(found, f"{n} Elm Street", "Pittsfield", "MA", "01201")
        assert fix[:3] == (Accuracy.ROOFTOP, *place)
    assert notes == [f"{name}: {note}" for note in CASE_FILES[name]]


HEADERS = [
    # NENA's standard, as Texas, North Carolina and others publish it
    (
        "Add_Number,St_PreDir,St_Name,St_PosTyp,Post_Comm,Post_Code,Long,Lat",
        "{n},,ELM,STREET,P,01201,{x},{y}",
    ),
    (
        "AddNum_Pre,Add_Number,AddNum_Suf,LSt_Name,LSt_Type,MSAGComm,Zipcode,Longitude,Latitude",
        ",{n}.0,,ELM,ST,P,1201,{x},{y}",
    ),
    # Esri's local government model
    (
        "OBJECTID,ADDRNUM,FULLNAME,MUNICIPALITY,FULLADDR,POINT_X,POINT_Y",
        "1,{n},ELM ST,PITTSFIELD,{n} ELM ST,{x},{y}",
    ),
    # Massachusetts, Vermont, New York, Ohio, Los Angeles, San Francisco, Chicago, Miami-Dade
    (
        "ADDR_NUM,STREETNAME,TOWN,POSTCODE,LONGITUDE,LATITUDE",
        "{n},ELM STREET,PITTSFIELD,01201,{x},{y}",
    ),
    (
        "X,Y,ESITEID,HOUSE_NUMBER,STREET,PD,SN,ST,TOWNNAME,ZIP",
        "{x},{y},1,{n},ELM ST,,ELM,ST,PITTSFIELD,01201",
    ),
    (
        "AddressNumber,CompleteStreetName,CityTownName,ZipCode,Latitude,Longitude",
        "{n},Elm Street,Pittsfield,01201,{y},{x}",
    ),
    ("HOUSENUM,ST_PREFIX,LSN,USPS_CITY,ZIPCODE,LAT,LON", "{n},,ELM ST,PITTSFIELD,01201,{y},{x}"),
    (
        "Number,NumSuffix,PreDirAbbr,StreetName,PostType,LegalComm,ZipCode,lat,lon",
        "{n},,,Elm,Street,Pittsfield,01201,{y},{x}",
    ),
    (
        "eas_fullid,address_number,street_name,street_type,zip_code,longitude,latitude",
        "1,{n},ELM,ST,01201,{x},{y}",
    ),
    (
        "ADDRNOCOM,STNAMEPRD,STNAME,STNAMEPOT,PLACENAME,ZIP5,XPOSITION,YPOSITION,LAT,LONG",
        "{n},,ELM,ST,PITTSFIELD,01201,1180000,1900000,{y},{x}",
    ),
    (
        "HSE_NUM,PRE_DIR,ST_NAME,ST_TYPE,SUF_DIR,ZIP,MUNIC,LON,LAT",
        "{n},<Null>,ELM,ST,<Null>,01201,P,{x},{y}",
    ),
    # Boston, and an address in one column
    (
        "STREET_NUMBER,FULL_STREET_NAME,MAILING_NEIGHBORHOOD,ZIP_CODE,X_COORD,Y_COORD",
        "{n},Elm St,P,01201,{x},{y}",
    ),
    ("Site Address,City,Zip Code,Longitude,Latitude", "{n} ELM ST,PITTSFIELD,01201,{x},{y}"),
    ("FullAddress,Long,Lat", '"{n} Elm St, Pittsfield, MA 01201",{x},{y}'),
    # points in one column, as Socrata and New York City have them; other marks between columns
    ("the_geom,HOUSE_NUMB,FULL_STREE,ZIPCODE", "POINT ({x} {y}),{n},ELM ST,01201"),
    ("Location,House Number,Street Name,City", '"({y}, {x})",{n},ELM ST,PITTSFIELD'),
    (
        "numero;rep;nom_voie;code_postal;nom_commune;lon;lat",
        "{n};;Elm Street;01201;Pittsfield;{x};{y}",
    ),
    ("NUMBER\tSTREET\tCITY\tLON\tLAT", "{n}\tElm Street\tPittsfield\t{x}\t{y}"),
]


@pytest.mark.parametrize(("header", "row"), HEADERS, ids=[header[:30] for header, _ in HEADERS])
def test_columns_by_any_name(tmp_path, header, row):
    assert read(written(tmp_path, "a.csv", table(header, row))) == (PLACES, [])


OA_HEADER, OA_ROW = "LON,LAT,NUMBER,STREET,CITY", "{x},{y},{n},Elm Street,Pittsfield"
OA = table(OA_HEADER, OA_ROW)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-8"])
def test_a_table_in_unicode(tmp_path, encoding):
    text = OA.replace("\n", "\r\n").replace("Pittsfield", "Pïttsfield")
    file = written(tmp_path, "a.csv", text, encoding)
    assert read(file) == (PLACES, [])


def test_text_of_another_encoding_is_read_as_such_and_told(tmp_path):
    """Peña Street in Latin-1, among rows in UTF-8."""
    text = OA.replace("Elm", "Peña").encode("latin-1") + f"{WEST},{SOUTH},9,Fié St,\n".encode()
    (tmp_path / "a.csv").write_bytes(text)
    houses, notes = houses_of(tmp_path / "a.csv")
    assert houses["street"].to_list() == [*["Peña Street"] * 3, "Fié St"]
    assert notes == ["a.csv: 3 lines are not UTF-8 and were read as Windows-1252"]


def esri() -> dict[str, object]:
    rows = [
        {"attributes": {"ADDRNUM": n, "FULLNAME": "Elm St"}, "geometry": {"x": x, "y": y}}
        for n, (x, y) in zip(NUMBERS, PLACES, strict=True)
    ]
    return {"spatialReference": {"wkid": 4326}, "features": rows}


def collection(features: list[dict[str, object]], **more: object) -> dict[str, object]:
    return {"type": "FeatureCollection", "features": features} | more


LINES = "\n".join(map(json.dumps, points()))
FLAT = [
    {"lon": x, "lat": y, "NUMBER": n, "STREET": "ELM ST"}
    for n, (x, y) in zip(NUMBERS, PLACES, strict=True)
]
TEXTS = {
    "lines": LINES + "\n",
    "blank lines": LINES.replace("\n", "\n\n"),
    "whole": json.dumps(collection(points())),
    "whole on many lines": json.dumps(collection(points()), indent=1),
    "sequence": "".join(f"\x1e{json.dumps(one)}\n" for one in points()),
    "sequence on many lines": "".join(f"\x1e{json.dumps(one, indent=1)}\n" for one in points()),
    "list": json.dumps(points()),
    "flat objects": "\n".join(map(json.dumps, FLAT)),
    "Esri": json.dumps(esri()),
    "BOM": "\ufeff" + json.dumps(collection(points())),
}


@pytest.mark.parametrize("ending", ["geojson", "json", "geojsonl", "ndjson"])
@pytest.mark.parametrize("kind", TEXTS)
def test_json_however_it_is_laid_out(tmp_path, kind, ending):
    assert read(written(tmp_path, f"a.{ending}", TEXTS[kind])) == (PLACES, [])


def test_geometries_that_are_no_points(tmp_path):
    """Several points, a building's outline; what is empty or broken is left out and counted."""
    (x, y), other, last = PLACES
    ring = [[x + a, y + b] for a, b in ((-1e-4, -1e-4), (-1e-4, 1e-4), (1e-4, 1e-4), (1e-4, -1e-4))]
    several = [[other[0] - 1e-4, y], [other[0] + 1e-4, y]]
    geometries = [
        {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
        {"type": "MultiPoint", "coordinates": several},
        {"type": "Point", "coordinates": [*last, 12.5]},
        {"type": "Point", "coordinates": []},
        {"type": "MultiPolygon", "coordinates": []},
        {"type": "Point", "coordinates": [None, "x"]},
        {"type": "Pointed"},
        None,
    ]
    rows = [feature(n, one) for n, one in zip((*NUMBERS, *range(5)), geometries, strict=True)]
    file = written(tmp_path, "a.geojson", "\n".join(map(json.dumps, rows)))
    assert read(file) == (PLACES, ["a.geojson: 5 of 8 rows have no coordinates"])


def test_a_zip_of_several_files(tmp_path):
    _, *others = points()
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as folder:
        folder.writestr("us/ma/LICENSE.txt", "x,y\n")
        folder.writestr("__MACOSX/us/._one.csv", b"\0\1")
        folder.writestr("us/ma/one.csv", "\n".join(OA.splitlines()[:2]))
        folder.writestr("us/ma/two.geojson.gz", gzip.compress(json.dumps(others[0]).encode()))
        folder.writestr("us/ma/three.geojson", json.dumps(others[1]))
    assert read(tmp_path / "a.zip") == (PLACES, [])


def test_a_zip_of_text_files(tmp_path):
    """The National Address Database is a .txt beside others that are no tables."""
    rows = table("OID_,Add_Number,StNam_Full,Longitude,Latitude", "1,{n},Elm Street,{x},{y}")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as folder:
        folder.writestr("schema.txt", "Add_Number: the number\nStNam_Full: the street\n")
        folder.writestr("TXT/NAD_r19.txt", "\ufeff" + rows)
    assert read(tmp_path / "a.zip") == (PLACES, [])


def write_shapefile(path: Path, places: list[tuple[float, float]], projection: str = "") -> Path:
    """A zipped shapefile of points, with the layout that its makers describe."""
    shapes = b"".join(
        struct.pack(">2i", i, 10) + struct.pack("<i2d", 1, *place)
        for i, place in enumerate(places, 1)
    )
    fields = (("HOUSENUM", 6), ("STNAME", 10), ("STTYPE", 4))
    head = b"".join(
        struct.pack("<11sc4xBB14x", name.encode(), b"C", size, 0) for name, size in fields
    )
    rows = b"".join(f" {n:<6}{'ELM':<10}{'ST':<4}".encode() for n in NUMBERS)
    begin = struct.pack("<4xIHH20x", len(NUMBERS), 33 + 32 * len(fields), 21)
    with zipfile.ZipFile(path, "w") as folder:
        folder.writestr("Points.SHP", bytes(100) + shapes)
        folder.writestr("Points.DBF", begin + head + b"\r" + rows)
        if projection:
            folder.writestr("Points.PRJ", projection)
    return path


def test_a_shapefile_of_points(tmp_path):
    assert read(write_shapefile(tmp_path / "a.zip", PLACES)) == (PLACES, [])


# --- coordinates that are mended, or left out, or refused --------------------------------------

FEET, METRES = "EPSG:2249", "EPSG:26918"  # Massachusetts in US feet; UTM 18 N, NAD83


def projected(projection: str) -> list[tuple[float, float]]:
    turn = Transformer.from_crs("EPSG:4326", projection, always_xy=True)
    return [turn.transform(*place) for place in PLACES]


CRS = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2249"}}
CODED = {"type": "EPSG", "properties": {"code": 2249}}
TO_DO = "convert it to WGS84 (`ogr2ogr -t_srs EPSG:4326 -s_srs` and its projection) and build"


@pytest.mark.parametrize("crs", [CRS, CODED, {"properties": {"name": "EPSG:2249"}}])
def test_a_projection_is_named_in_any_way(tmp_path, crs):
    whole = json.dumps(collection(points(projected(FEET)), crs=crs))
    assert read(written(tmp_path, "a.geojson", whole))[0] == PLACES


@pytest.mark.parametrize("name", ["Lambert", "EPSG:99999", "EPSG:5703", "EPSG:4978", "EPSG:5800"])
def test_what_is_no_projection_of_a_map_is_refused_by_name(tmp_path, name):
    """Of no number, of a number that is none, heights, from the earth's centre, an oil field's."""
    whole = json.dumps(collection(points(projected(FEET)), crs={"properties": {"name": name}}))
    with pytest.raises(BadMap) as told:
        read(written(tmp_path, "a.geojson", whole))
    shown = f"a.geojson: its projection is not known: {name}; {TO_DO} from that"
    assert str(told.value) == shown


def test_coordinates_of_no_projection_say_what_they_are_and_what_to_do(tmp_path):
    rows = table(OA_HEADER, OA_ROW, [(500_000 + i, 4_000_000) for i in range(3)])
    with pytest.raises(BadMap) as told:
        read(written(tmp_path, "a.csv", rows))
    assert str(told.value) == (
        "a.csv: its coordinates are no degrees (x 500,000, y 4,000,000) but feet or metres of a "
        f"projection that it does not name, such as a State Plane; {TO_DO} from that"
    )


def test_a_projection_that_is_named_is_undone(tmp_path):
    """By GeoJSON's crs, Esri's spatialReference, a shapefile's .prj."""
    told = "3 of 3 rows were turned from NAD83 / Massachusetts Mainland (ftUS) into degrees"
    whole = json.dumps(collection(points(projected(FEET)), crs=CRS))
    assert read(written(tmp_path, "a.geojson", whole)) == (PLACES, [f"a.geojson: {told}"])
    asked = esri() | {"spatialReference": {"wkid": 102100, "latestWkid": 3857}}
    for row, (x, y) in zip(asked["features"], projected("EPSG:3857"), strict=True):
        row["geometry"] = {"x": x, "y": y}
    found, notes = read(written(tmp_path, "b.json", json.dumps(asked)))
    assert found == PLACES
    assert "3 of 3 rows were turned from WGS 84 / Pseudo-Mercator" in notes[0]
    text = Transformer.from_crs("EPSG:4326", FEET).target_crs.to_wkt("WKT1_ESRI")
    found, notes = read(write_shapefile(tmp_path / "c.zip", projected(FEET), text))
    assert found == PLACES
    assert "3 of 3 rows were turned from" in notes[0]


@pytest.mark.parametrize("name", ["urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4269"])
def test_degrees_by_name_stay_as_they_are(tmp_path, name):
    crs = {"type": "name", "properties": {"name": name}}
    whole = json.dumps(collection(points(), crs=crs))
    assert read(written(tmp_path, "a.geojson", whole)) == (PLACES, [])


MENDED = [
    ([(y, x) for x, y in PLACES], "had longitude and latitude exchanged, which was put right"),
    ([(-x, y) for x, y in PLACES], "had lost the minus of their coordinates, which was put right"),
    ([(y, -x) for x, y in PLACES], "had longitude and latitude exchanged without a minus, mended"),
    (projected("EPSG:3857"), "were in metres of Web Mercator, turned into degrees"),
]


@pytest.mark.parametrize(("places", "what"), MENDED)
def test_coordinates_that_show_how_they_are_meant(tmp_path, places, what):
    file = written(tmp_path, "a.csv", table(OA_HEADER, OA_ROW, places))
    assert read(file) == (PLACES, [f"a.csv: 3 of 3 rows {what}"])


def test_some_rows_of_a_file_are_mended(tmp_path):
    (x, y), *others = PLACES
    file = written(tmp_path, "a.csv", table(OA_HEADER, OA_ROW, [(y, x), *others]))
    found, notes = read(file)
    assert found == PLACES
    assert notes[0].startswith("a.csv: 1 of 3 rows had longitude and latitude exchanged")


@pytest.mark.parametrize("projection", [FEET, METRES, "EPSG:26986", "EPSG:32618"])
def test_a_projection_that_nobody_named_is_refused_by_name(tmp_path, projection):
    header, row = "X,Y,HOUSENUM,STREET", "{x},{y},{n},ELM ST"
    file = written(tmp_path, "a.csv", table(header, row, projected(projection)))
    with pytest.raises(BadMap, match=r"a\.csv: its coordinates are no degrees .* feet or metres"):
        read(file)


def test_a_few_rows_in_feet_are_left_out_and_counted(tmp_path):
    places = [PLACES[0], projected(FEET)[1], PLACES[2]]
    found, notes = read(written(tmp_path, "a.csv", table(OA_HEADER, OA_ROW, places)))
    assert found == [PLACES[0], PLACES[2]]
    assert notes[0].startswith("a.csv: 1 of 3 rows are in feet or metres, as x ")


def test_rows_off_the_map_are_counted(tmp_path):
    more = f"{WEST + 5},{SOUTH},7,Elm Street,Far\n0,0,9,Elm Street,\n,,11,Elm Street,\n"
    more += f"{WEST},{SOUTH},13,,\n"
    found, notes = read(written(tmp_path, "a.csv", OA + more))
    assert found == PLACES
    assert notes == [
        "a.csv: 2 of 7 rows have no coordinates",
        "a.csv: 1 of 7 rows lie off this map",
        "a.csv: 1 of 7 rows name no street",
    ]


BAD = {
    "far.csv": (table(OA_HEADER, "20,50,{n},Elm Street,Far"), "none of its 3 rows lies on this"),
    "no.csv": ("NAME,ADDRESS\nx,y\n", "no column of longitude and latitude among NAME, ADDRESS"),
    "street.csv": ("LON,LAT,OWNER\n1,2,x\n", "no column of a street or of a house number"),
    "empty.csv": ("", "can't be read as CSV"),
    "nowhere.csv": (table(OA_HEADER, ",,{n},Elm Street,"), "none of its 3 rows has a street and"),
    "cut.geojson": (TEXTS["whole"][:-9], "it is no JSON, or is cut short"),
    "cut.geojsonl": (LINES[:-9], "text 3 of it is no JSON, or is cut short"),
    "page.json": ("<html>404</html>", "it is no JSON"),
    "empty.geojson": ("", "it is no JSON"),
    "none.geojson": (json.dumps(collection([])), "no column of longitude"),
    "other.json": ('{"features": 5}', "no column of longitude"),
    "text.geojsonl": ('"a"\n"b"\n', "no column of longitude"),
    "crs.geojson": (
        json.dumps(collection(points(), crs={"properties": {"name": "Lambert"}})),
        "its projection is not known: Lambert",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_with_a_file_is_said(tmp_path, name):
    text, why = BAD[name]
    with pytest.raises(BadMap, match=why) as told:
        read(written(tmp_path, name, text))
    assert str(told.value).startswith(name)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("name", ["a.csv.gz", "a.geojson.gz", "a.zip"])
def test_a_damaged_archive_is_said(tmp_path, name):
    whole = tmp_path / name
    if name == "a.zip":
        with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as folder:
            folder.writestr("a.csv", OA)
    else:
        whole.write_bytes(gzip.compress(OA.encode()))
    for damaged in (whole.read_bytes()[:-30], b"not packed"):
        whole.write_bytes(damaged)
        with pytest.raises(BadMap, match=f"{name}: it can't be unpacked"):
            read(whole)


def test_a_street_is_put_together_of_what_it_lacks(tmp_path):
    """A direction before, a type behind, a type before; what is there already is not said twice."""
    header = "LON,LAT,HOUSENUM,HOUSENUM_SUF,PREDIR,ST_PRETYP,STNAME,STTYPE,POSTDIR"
    rows = (
        f"{WEST},{SOUTH},1,,N,,MAIN,ST,",
        f"{WEST},{SOUTH},2,1/2,,,OAK AVE,AVE,",
        f"{WEST},{SOUTH},3,A,,COUNTY ROAD,12,,",
        f"{WEST},{SOUTH},4,,,,E,ST,NW",
        f"{WEST},{SOUTH},5,,,Avenue,C,,",
        f"{WEST},{SOUTH},6,,,,BROADWAY,RESIDENTIAL,",
    )
    houses, _ = houses_of(written(tmp_path, "a.csv", "\n".join([header, *rows])))
    lines = (" ".join(row) for row in houses.select("number", "street").rows())
    assert list(lines) == [
        *("1 N MAIN ST", "2 1/2 OAK AVE", "3A COUNTY ROAD 12", "4 E ST NW", "5 Avenue C"),
        "6 BROADWAY",
    ]


def test_a_zip_that_is_packed_otherwise_is_told_so(tmp_path):
    """By a method that zipfile does not know, as the headers of its one file say."""
    path = tmp_path / "addresses.zip"
    with zipfile.ZipFile(path, "w") as folder:
        folder.writestr("a.csv", "LON,LAT,NUMBER,STREET\n1,2,3,Main St\n")
    whole = bytearray(path.read_bytes())
    for header, method in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        whole[whole.index(header) + method] = 97
    path.write_bytes(bytes(whole))
    with pytest.raises(BadMap, match="packed in a way not known here"):
        read_address_file(path)
