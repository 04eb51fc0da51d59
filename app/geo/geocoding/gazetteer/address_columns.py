"""The columns of address files by what their headers mean, whoever publishes them.

The names are those of OpenAddresses, of the National Address Database and the NENA standard that
it follows (CLDXF: St_PreDir, StNam_Full), of Esri's local government models (ADDRNUM, FULLNAME),
and of counties and states that have their own. Read without case, blanks and punctuation.

1. The number: a column of whole ones, else its prefix, number and suffix joined.
2. The street: a column of whole names, else its name with the directions and types beside it that
   it lacks.
3. Where either is missing, what a column with the whole address says of it.
4. The place: longitude and latitude, else a column of points, as WKT or "(latitude, longitude)".
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
import polars as pl
import shapely

from app.geo.addresses.address import Address
from app.geo.addresses.reading import capitalize_street, parse_address
from app.geo.addresses.street_names import (
    DIRECTIONS,
    TYPES,
    fold_street,
    street_direction,
    street_name,
    street_type,
)

# Meaning -> names, the ones asked first in front.
_NAMES: Mapping[str, str] = {
    "lon": "lon longitude long lng gpslon gpslong gpslongitude londd longdd lonwgs84 xlon pointx "
    "gpsx x xcoord xcoordinate coordx easting xposition",
    "lat": "lat latitude gpslat gpslatitude latdd latwgs84 ylat pointy gpsy y ycoord ycoordinate "
    "coordy northing yposition",
    "point": "wkt thegeom geom geometry shape geopoint geopoint2d point location geocodedcolumn "
    "geolocation newgeoreferencedcolumn",
    "whole number": "addnofull addnumfull fulladdressnumber completeaddressnumber "
    "addressnumberfull fullnumber fullnumberstandardized housenumberfull",
    "number": "number addnumber addrnum addrnumber addrno addressnumber addressno addressnum "
    "housenumber houseno housenum housenumb hsenumber hsenum hseno streetnumber streetno streetnum "
    "stnumber stnum stno addnum addno addrnocom siteaddressnumber sitenumber hno hnum hn numero "
    "numberfirst addrhn hsnbr stnbr addressnumberlow",
    "number prefix": "addnumpre addnopre numprefix numpre addrnumpre preaddrnum "
    "addressnumberprefix housenumberprefix houseprefix hseprefix hnpre",
    "number suffix": "addnumsuf addnosuf numsuffix numsuf addrnumsuf addrnumsuffix "
    "addressnumbersuffix housenumbersuffix housenumsuf housesuffix hsesuffix hsesuf hnsuf "
    "streetnumbersuffix streetnosuffix rep",
    "whole street": "streetfull fullstreet fullstreetname streetnamefull stnamfull stnamefull "
    "completestreetname fullname fullroad fullroadname roadfull stnamecomplete streetlabel "
    "fullstree stfull nomvoie addrsn primaryname",
    "street": "street streetname stname lstname streetbody streetnamebase stnam strtnam strname "
    "basename roadname rdname road streetbase streetnm stnm lsn sn sname streetnam",
    "pre modifier": "stpremod premod streetpremodifier streetnamepremodifier",
    "pre direction": "stpredir lstpredir predir prefixdirection predirection predirectional "
    "prefixdir streetprefix streetpredir streetprefixdirection streetdirection stpredirection "
    "streetnamepredirection streetnamepredirectional predirabbr stnameprd stdir stprefix prefix "
    "pd dir direction prdir streetdir",
    "pre type": "stpretyp pretype pretyp streetpretype streetnamepretype streettypeprefix "
    "stpretype",
    "pre separator": "stpresep presep starticle streetnamepreseparator streetseparator",
    "type": "stpostyp lsttype lsttyp posttype postype streettype sttype sttyp streetsuffix "
    "streetsuffixabbr stsuffix suffix streetposttype streetnameposttype roadtype rdtype stnamepot "
    "suftype suffixtype strtype strsuffix",
    "direction": "stposdir lstposdir postdir posdir sufdir suffixdir suffixdirection postdirection "
    "postdirectional streetpostdir streetsuffixdirection streetnamepostdirectional "
    "streetnamepostdirection postdirabbr stnamepod sufdirection sd",
    "modifier": "stposmod posmod postmod streetpostmodifier streetnamepostmodifier",
    "whole": "fulladdress fulladdr addrfull fulladd addressfull siteaddress siteaddr streetaddress "
    "completeaddress locfulladdr address addr addressline1 situs situsaddress physicaladdress "
    "stradd staddr locaddress",
    "town": "city postcity postcomm postalcity pcity1 postalcommunity uspscity zipcity zipname "
    "postoffice msagcomm town townname cityname citytownname citytown incmuni municipality munic "
    "municname muni incorporatedmunicipality uninccomm unincorporatedcommunity community "
    "communityname geographictown legalcomm placename jurisdiction mailingcity nomcommune "
    "localityname locality",
    "postcode": "postcode zip zipcode zip5 postalcode postalcd uspszip mailingzip codepostal "
    "addrzip zip4 zip9",
}
_MEANINGS = {
    name: (meaning, rank)
    for meaning, names in _NAMES.items()
    for rank, name in enumerate(names.split())
}
_AROUND = (
    *("pre modifier", "pre direction", "pre type", "pre separator"),
    *("type", "direction", "modifier"),
)
_NOTHING = ("", "<null>", "null", "none", "nan", "n/a", "not stated", "unknown", "unincorporated")
_DECIMAL = r"^(\d+)\.0+$"  # whole numbers that a database or a spreadsheet made decimal
_PAIR = re.compile(r"\(?\s*(-?\d+\.?\d*)[,\s]+(-?\d+\.?\d*)\s*\)?")

type _Known = Mapping[str, Sequence[str]]


@lru_cache(1 << 12)
def meaning_of(header: str) -> tuple[str, int]:
    """What a header means, and how far behind other names for that it stands; "" for nothing."""
    return _MEANINGS.get(re.sub(r"[\W_]+", "", header.casefold()), ("", 0))


def missing_columns(headers: Sequence[str]) -> list[str]:
    """What a table with these headers lacks to be one of addresses, in words."""
    has = {meaning_of(header)[0] for header in headers}
    lacks = []
    if not ({"lon", "lat"} <= has or "point" in has):
        lacks.append("longitude and latitude")
    if not has & {"street", "whole street", "whole"}:
        lacks.append("a street")
    if not has & {"number", "whole number", "whole"}:
        lacks.append("a house number")
    return lacks


def read_columns(raw: pl.DataFrame) -> pl.DataFrame:
    """The text columns lon, lat, number, street, town, postcode, whole of a table of texts.

    Null where nothing is said. What `missing_columns` says is not there has to be.
    """
    known = _known(raw.columns)
    said = raw.with_columns(_without_fillers(name) for names in known.values() for name in names)
    columns = {
        "number": pl.coalesce(_first(known, "whole number"), _number(known)),
        "town": _first(known, "town"),
        "postcode": _first(known, "postcode"),
        "whole": _first(known, "whole"),
    }
    read = said.select(*_place(known), **columns).with_columns(street=_streets(said, known))
    return _from_whole(_split_points(read))


def _known(headers: Sequence[str]) -> _Known:
    """The headers of each meaning, the ones asked first in front."""
    ranked = sorted(
        (*meaning_of(header), at) for at, header in enumerate(headers) if meaning_of(header)[0]
    )
    known: dict[str, list[str]] = {}
    for meaning, _, at in ranked:
        known.setdefault(meaning, []).append(headers[at])
    return known


def _without_fillers(name: str) -> pl.Expr:
    text = pl.col(name).str.strip_chars()
    return pl.when(text.str.to_lowercase().is_in(_NOTHING).not_()).then(text).alias(name)


def _first(known: _Known, meaning: str) -> pl.Expr:
    """What the first column of that meaning that says something says."""
    return pl.coalesce(
        pl.repeat(None, pl.len(), dtype=pl.String), *map(pl.col, known.get(meaning, ()))
    )


def _number(known: _Known) -> pl.Expr:
    """1."""
    number = _first(known, "number").str.replace(_DECIMAL, "$1")
    before, behind = (_first(known, f"number {part}") for part in ("prefix", "suffix"))
    gap = pl.when(behind.str.contains(r"^\d")).then(pl.lit(" ")).otherwise(pl.lit(""))
    return pl.concat_str(before.fill_null(""), number, gap, behind.fill_null(""))


def _place(known: _Known) -> list[pl.Expr]:
    """4. Of the coordinates the first columns only: others may be of a projection."""
    at = [pl.lit(None, pl.String).alias(axis) for axis in ("lon", "lat", "point")]
    if "lon" in known and "lat" in known:
        return [pl.col(known[axis][0]).alias(axis) for axis in ("lon", "lat")] + at[2:]
    return [*at[:2], pl.col(known["point"][0]).alias("point")]


def _split_points(read: pl.DataFrame) -> pl.DataFrame:
    """4. Longitude and latitude of points."""
    if read["point"].is_null().all():
        return read.drop("point")
    texts = read["point"].fill_null("").to_list()
    points = shapely.from_wkt([text if text[:1].isalpha() else None for text in texts], "ignore")
    middles = shapely.centroid(points)
    lon, lat = shapely.get_x(middles), shapely.get_y(middles)
    for row, text in enumerate(texts):
        if pair := _PAIR.fullmatch(text):
            lat[row], lon[row] = map(float, pair.groups())
    columns = {"lon": _texts(lon), "lat": _texts(lat)}
    return read.drop("point").with_columns(**columns)


def _texts(numbers: np.ndarray[tuple[int], np.dtype[np.float64]]) -> pl.Series:
    return pl.Series(numbers).fill_nan(None).cast(pl.String)


def _streets(said: pl.DataFrame, known: _Known) -> pl.Series:
    """2. Each distinct one is put together once."""
    parts = said.select(
        _first(known, meaning).alias(meaning) for meaning in ("whole street", "street", *_AROUND)
    )
    distinct = parts.unique(maintain_order=True)
    texts = [_street(*(part or "" for part in row)) or None for row in distinct.rows()]
    named = distinct.with_columns(named=pl.Series(texts, dtype=pl.String))
    joined = parts.join(
        named, on=parts.columns, how="left", nulls_equal=True, maintain_order="left"
    )
    return joined["named"]


def _street(whole: str, name: str, *around: str) -> str:
    """2. A name with what it lacks of a direction and a type; other words there are no such."""
    if whole or not name:
        return whole
    modifier, direction, kind, separator, type_, behind, last = around
    key = street_name(name).key
    words = fold_street(kind)
    front = kind if words and not fold_street(name).startswith(words) else ""
    if street_direction(key) or not _is_among(direction, DIRECTIONS):
        direction = ""
    if street_type(key) or not _is_among(type_, TYPES):
        type_ = ""
    if street_direction(key) or not _is_among(behind, DIRECTIONS):
        behind = ""
    parts = modifier, direction, front, separator if front else "", name, type_, behind, last
    return " ".join(filter(None, parts))


def _is_among(text: str, words: Mapping[str, str]) -> bool:
    return fold_street(text) in words


def _from_whole(read: pl.DataFrame) -> pl.DataFrame:
    """3."""
    lacking = read["whole"].is_not_null() & (read["number"].is_null() | read["street"].is_null())
    if not lacking.any():
        return read.drop("whole")
    some = read.filter(lacking)
    asked = (
        parse_address(Address(whole, town or "", "", postcode or ""))
        for whole, town, postcode in some.select("whole", "town", "postcode").iter_rows()
    )
    told = [(one.number or None, capitalize_street(one.street) or None) for one in asked]
    parsed = pl.DataFrame(told, schema={"n": pl.String, "s": pl.String}, orient="row")
    filled = some.with_columns(
        number=pl.coalesce("number", parsed["n"]), street=pl.coalesce("street", parsed["s"])
    )
    return pl.concat([read.filter(~lacking), filled]).drop("whole")
