"""The services that geopy asks for us, and what each one's answers are worth.

An accuracy is read from what the service says of the kind of its match. A kind that is not in
these tables, a point of interest, a state or a country is no fix. An answer with another house
number than asked is the street's at best. How long answers may be kept, and how many requests a
second are welcome, are the providers' published terms; where only a secondary source says so, or
none was found, it is said.
"""

from collections.abc import Callable, Mapping
from typing import Any

from geopy import geocoders
from geopy.adapters import BaseSyncAdapter

from app.geo.geocoding.geocoder import Accuracy
from app.geo.geocoding.services.service import Terms
from app.geo.geocoding.services.through_geopy import Provider, Raw

NONE, PLACE, POSTCODE = Accuracy.NONE, Accuracy.PLACE, Accuracy.POSTCODE
STREET, INTERPOLATED, ROOFTOP = Accuracy.STREET, Accuracy.INTERPOLATED, Accuracy.ROOFTOP
OSM_CREDIT = "© OpenStreetMap contributors, ODbL 1.0"
MOST_PLACES = 5
FOREVER = 3650.0  # no limit is set; a town's streets change all the same

# Of 1: a match whose score is lower matched a part of the address. Geocodio says so of its own
# (https://www.geocod.io/guides/accuracy-types-scores/); of the others' scores, which are all
# "1: everything matches", it is judgement.
GOOD_MATCH = 0.8

type Factory = Callable[..., BaseSyncAdapter]


def nominatim_accuracy(raw: Raw) -> Accuracy:
    """https://nominatim.org/release-docs/latest/customize/Ranking/ and .../api/Output/.

    An interpolated number is a house whose object is the street's way, in a box around a point.
    """
    key, kind = raw.get("category") or raw.get("class"), raw.get("type")
    rank = int(raw.get("place_rank") or 0)
    if kind in ("postcode", "postal_code") or raw.get("addresstype") == "postcode":
        return POSTCODE
    if key == "place" and kind in ("house", "houses"):
        along = kind == "houses" or (raw.get("osm_type") == "way" and _around_a_point(raw))
        return INTERPOLATED if along else ROOFTOP
    if raw.get("addresstype") == "road" or (key == "highway" and rank < 28):
        return STREET
    if (raw.get("address") or {}).get("house_number"):
        return ROOFTOP
    area = key == "place" or (key == "boundary" and kind in ("administrative", "census", "place"))
    return PLACE if area and 10 <= rank <= 25 else NONE


def _around_a_point(raw: Raw) -> bool:
    south, north, west, east = (float(degrees) for degrees in raw["boundingbox"])
    return north - south <= 0.000101 and east - west <= 0.000101


_PHOTON: Mapping[str, Accuracy] = {
    "street": STREET,
    "locality": PLACE,
    "district": PLACE,
    "city": PLACE,
    "county": PLACE,
}


def photon_accuracy(raw: Raw) -> Accuracy:
    """https://github.com/komoot/photon/blob/master/docs/api-v1.md."""
    told = raw["properties"]
    tag = told.get("osm_key"), told.get("osm_value")
    if tag in (("place", "postcode"), ("boundary", "postal_code")):
        return POSTCODE
    if told.get("housenumber"):
        return INTERPOLATED if tag == ("place", "house_number") else ROOFTOP
    return _PHOTON.get(told.get("type", ""), NONE)


def photon_label(raw: Raw) -> str:
    """The address as it is written; geopy's has the street twice and the postcode amid it."""
    told = raw["properties"]
    first = " ".join(filter(None, (told.get("housenumber"), told.get("street"))))
    behind = " ".join(filter(None, (told.get("state"), told.get("postcode"))))
    parts = (told.get("name"), first, told.get("city"), behind, told.get("country"))
    return ", ".join(filter(None, parts))


_PELIAS: Mapping[str, Accuracy] = {
    "street": STREET,
    "intersection": STREET,
    "postalcode": POSTCODE,
    **dict.fromkeys(("neighbourhood", "macrohood", "borough", "locality", "localadmin"), PLACE),
    **dict.fromkeys(("county", "macrocounty"), PLACE),
}


def pelias_accuracy(raw: Raw) -> Accuracy:
    """https://github.com/pelias/documentation/blob/master/result_quality.md."""
    told = raw["properties"]
    layer = told.get("layer", "")
    if layer == "address" or (layer == "venue" and told.get("housenumber")):
        if told.get("match_type") == "interpolated":
            return INTERPOLATED
        return ROOFTOP if told.get("accuracy", "point") == "point" else NONE
    return _PELIAS.get(layer, NONE)


def pelias_label(raw: Raw) -> str:
    """The address with its postcode; geopy has its first part only."""
    told = raw["properties"]
    return ", ".join(filter(None, (told.get("label"), told.get("postalcode"))))


_ARCGIS: Mapping[str, Accuracy] = {
    **dict.fromkeys(("Subaddress", "PointAddress", "Parcel"), ROOFTOP),
    "StreetAddress": INTERPOLATED,
    **dict.fromkeys(("StreetAddressExt", "StreetInt", "StreetMidBlock", "StreetBetween"), STREET),
    **dict.fromkeys(("StreetName", "DistanceMarker"), STREET),
    **dict.fromkeys(("Postal", "PostalExt", "PostalLoc"), POSTCODE),
    "Locality": PLACE,
}
_ARCGIS_WIDE = frozenset(("country", "state or province", "region", "territory", "zone"))


def arcgis_accuracy(raw: Raw) -> Accuracy:
    """https://developers.arcgis.com/rest/geocode/api-reference/geocoding-service-output.htm."""
    told = raw["attributes"]
    if str(told.get("Type", "")).lower() in _ARCGIS_WIDE:
        return NONE
    return _ARCGIS.get(told.get("Addr_type", ""), NONE)


_GOOGLE_HOUSE = frozenset(("street_address", "premise", "subpremise", "street_number"))
_GOOGLE_POSTCODE = frozenset(("postal_code", "postal_code_prefix", "postal_code_suffix"))
_GOOGLE_PLACE = frozenset(
    (
        *("locality", "sublocality", "neighborhood", "postal_town", "colloquial_area", "ward"),
        *(f"administrative_area_level_{n}" for n in range(2, 8)),
        *(f"sublocality_level_{n}" for n in range(1, 6)),
    )
)


def google_accuracy(raw: Raw) -> Accuracy:
    """https://developers.google.com/maps/documentation/geocoding/requests-geocoding#results."""
    types = frozenset(raw.get("types", ()))
    where = raw["geometry"].get("location_type", "")
    parts = {kind for part in raw.get("address_components", ()) for kind in part.get("types", ())}
    if types & {"route", "intersection"}:
        return STREET
    if types & _GOOGLE_HOUSE or "street_number" in parts:
        outline = where == "GEOMETRIC_CENTER" and types & {"premise", "subpremise"}
        if where == "ROOFTOP" or outline:
            return ROOFTOP
        return INTERPOLATED if where == "RANGE_INTERPOLATED" else NONE
    if types & _GOOGLE_POSTCODE:
        return POSTCODE
    return PLACE if types & _GOOGLE_PLACE else NONE


_HERE: Mapping[tuple[str, str], Accuracy] = {
    ("houseNumber", "PA"): ROOFTOP,
    ("houseNumber", "MPA"): ROOFTOP,
    ("houseNumber", "interpolated"): INTERPOLATED,
    ("street", ""): STREET,
    ("intersection", ""): STREET,
    ("postalCodePoint", ""): POSTCODE,
    ("locality", "postalCode"): POSTCODE,
    ("locality", "city"): PLACE,
    ("locality", "district"): PLACE,
    ("locality", "subdistrict"): PLACE,
    ("addressBlock", ""): PLACE,
    ("administrativeArea", "county"): PLACE,
}
_HERE_KINDS = {
    "houseNumber": "houseNumberType",
    "locality": "localityType",
    "administrativeArea": "administrativeAreaType",
}


def here_accuracy(raw: Raw) -> Accuracy:
    """https://docs.here.com/geocoding-and-search/docs/result-types."""
    kind = raw.get("resultType", "")
    accuracy = _HERE.get((kind, raw.get(_HERE_KINDS.get(kind, ""), "")), NONE)
    if kind == "houseNumber" and raw.get("houseNumberFallback"):
        return STREET  # a neighbour's number
    if accuracy is ROOFTOP and raw.get("estimatedPointAddress"):
        return INTERPOLATED
    return accuracy


_OPENCAGE_PLACES = frozenset(
    (
        *("city", "town", "village", "hamlet", "locality", "municipality", "suburb", "borough"),
        *("city_district", "district", "neighbourhood", "quarter", "county"),
    )
)


def opencage_accuracy(raw: Raw) -> Accuracy:
    """https://opencagedata.com/api: nothing in it tells a house from an interpolated number."""
    parts = raw.get("components") or {}
    kind = parts.get("_type")
    if kind in ("building", "house"):
        return INTERPOLATED if parts.get("house_number") else NONE
    if "road" in (kind, parts.get("_category")):
        return STREET
    if kind == "postcode":
        return POSTCODE
    return PLACE if kind in _OPENCAGE_PLACES else NONE


_GEOCODIO: Mapping[str, Accuracy] = {
    "rooftop": ROOFTOP,
    "point": INTERPOLATED,  # a range with one number, in front of the parcel
    "range_interpolation": INTERPOLATED,
    "nearest_rooftop_match": STREET,  # a neighbour's number
    "intersection": STREET,
    "street_center": STREET,
    "place": PLACE,  # a town's or a ZIP code's centre: it does not say which
    "county": PLACE,
}


def geocodio_accuracy(raw: Raw) -> Accuracy:
    """https://www.geocod.io/guides/accuracy-types-scores/."""
    return _GEOCODIO.get(raw.get("accuracy_type", ""), NONE)


_TOMTOM: Mapping[str, Accuracy] = {
    "Point Address": ROOFTOP,
    "Address Range": INTERPOLATED,
    "Street": STREET,
    "Cross Street": STREET,
}
_TOMTOM_PLACES = frozenset(
    (
        *("Municipality", "MunicipalitySubdivision", "MunicipalitySecondarySubdivision"),
        *("Neighbourhood", "CountrySecondarySubdivision", "CountryTertiarySubdivision"),
    )
)


def tomtom_accuracy(raw: Raw) -> Accuracy:
    """https://developer.tomtom.com/geocoding-api/documentation/geocode, and Azure Maps' schema.

    https://github.com/Azure/azure-rest-api-specs/blob/main/specification/maps/data-plane/Search/
    preview/1.0/search.json: both are answers of one engine.
    """
    kind, entity = raw.get("type", ""), raw.get("entityType", "")
    if kind != "Geography":
        return _TOMTOM.get(kind, NONE)
    if entity == "PostalCodeArea":
        return POSTCODE
    return PLACE if entity in _TOMTOM_PLACES else NONE


_MAPBOX: Mapping[str, Accuracy] = {
    **dict.fromkeys(("rooftop", "parcel", "point"), ROOFTOP),
    **dict.fromkeys(("proximate", "interpolated"), INTERPOLATED),
    **dict.fromkeys(("intersection", "street"), STREET),
}


def mapbox_accuracy(raw: Raw) -> Accuracy:
    """https://docs.mapbox.com/api/search/geocoding-v5."""
    kinds = frozenset(raw.get("place_type", ()))
    if "address" in kinds:
        geometry = raw.get("geometry") or {}
        if not raw.get("address") or geometry.get("omitted"):
            return STREET
        told = (raw.get("properties") or {}).get("accuracy")
        if told is None and geometry.get("interpolated"):
            return INTERPOLATED
        return _MAPBOX.get(told or "", NONE)
    if "postcode" in kinds:
        return POSTCODE
    return PLACE if kinds & {"place", "locality", "neighborhood", "district"} else NONE


def _poor(*path: str, of: float = 1.0) -> Callable[[Raw], bool]:
    """Whether an answer has a score there that is below a good match's."""

    def poor(raw: Raw) -> bool:
        said: Any = raw
        for key in path:
            said = (said or {}).get(key)
        return said is not None and float(said) < GOOD_MATCH * of

    return poor


class _Permanent(geocoders.MapBox):  # type: ignore[misc]  # geopy ships no types
    """Mapbox's endpoint whose answers may be kept; those of the other one may not."""

    api_path = "/geocoding/v5/mapbox.places-permanent/%(query)s.json/"


def _keyed(geocoder: Callable[..., Any]) -> Callable[[str, Factory], Any]:
    """A geopy geocoder that takes a key first, and insists on one where a server needs none."""
    return lambda key, factory: geocoder(key or "none", adapter_factory=factory)


def _keyless(geocoder: Callable[..., Any], **more: str) -> Callable[[str, Factory], Any]:
    """A geopy geocoder without a key; who asks, `Sender` says."""
    return lambda _, factory: geocoder(user_agent="sweetspot", adapter_factory=factory, **more)


def _code(said: Any) -> int:
    """ArcGIS's error of an answer; 0 for none."""
    return int((said.get("error") or {}).get("code", 0))


def _pelias(key: str, factory: Factory) -> Any:
    return geocoders.Pelias("pelias", api_key=key or None, adapter_factory=factory)


PROVIDERS: Mapping[str, Provider] = {
    provider.name: provider
    for provider in (
        Provider(
            "nominatim",
            _keyless(geocoders.Nominatim),
            nominatim_accuracy,
            Terms(
                per_second=1,
                days=FOREVER,
                bulk=100,
                policy="https://operations.osmfoundation.org/policies/nominatim/",
            ),
            hosted="https://nominatim.openstreetmap.org",
            needs_key=False,
            options={"addressdetails": True, "limit": MOST_PLACES},
            credit=OSM_CREDIT,
        ),
        Provider(
            "photon",
            _keyless(geocoders.Photon),
            photon_accuracy,
            Terms(per_second=1, days=FOREVER, bulk=100, policy="https://photon.komoot.io"),
            hosted="https://photon.komoot.io",
            label=photon_label,
            needs_key=False,
            options={"limit": MOST_PLACES},
            credit=OSM_CREDIT,
        ),
        Provider(
            "pelias",
            _pelias,
            pelias_accuracy,
            Terms(days=FOREVER),
            doubts=_poor("properties", "confidence"),
            label=pelias_label,
            needs_key=False,
        ),
        Provider(
            # A token, and forStorage for answers that are kept:
            # https://developers.arcgis.com/rest/geocode/api-reference/geocoding-free-vs-paid.htm
            "arcgis",
            _keyless(geocoders.ArcGIS),
            arcgis_accuracy,
            Terms(per_second=10, days=FOREVER),
            hosted="https://geocode.arcgis.com",
            doubts=_poor("attributes", "Score", of=100),
            options={"out_fields": ["Addr_type", "Type", "Score", "Match_addr"]},
            besides=lambda key: {"token": key, "forStorage": "true", "maxLocations": "5"},
            refuses=lambda said: _code(said) in (401, 403, 498, 499),
            credit="Powered by Esri",
        ),
        Provider(
            # Coordinates for 30 days: https://cloud.google.com/maps-platform/terms/maps-service-terms
            "google",
            _keyed(geocoders.GoogleV3),
            google_accuracy,
            Terms(per_second=50, days=30),
            hosted="https://maps.googleapis.com",
            doubts=lambda raw: bool(raw.get("partial_match")),
            refuses=lambda said: said.get("status") == "REQUEST_DENIED",
            credit="Powered by Google",
        ),
        Provider(
            # 5 a second on its limited plan; 30 days by secondary sources, its clause not seen:
            # https://www.here.com/get-started/pricing/limited-plan-restrictions
            "here",
            _keyed(geocoders.HereV7),
            here_accuracy,
            Terms(per_second=5, days=30),
            hosted="https://geocode.search.hereapi.com",
            doubts=_poor("scoring", "queryScore"),
            options={"limit": MOST_PLACES},
        ),
        Provider(
            # 1 a second on trial; may be kept: https://opencagedata.com/api#caching
            "opencage",
            _keyed(geocoders.OpenCage),
            opencage_accuracy,
            Terms(per_second=1, days=FOREVER),
            hosted="https://api.opencagedata.com",
            options={"annotations": False},
            credit=OSM_CREDIT,
        ),
        Provider(
            # 1,000 a minute; may be kept: https://www.geocod.io/terms-of-use/
            "geocodio",
            _keyed(geocoders.Geocodio),
            geocodio_accuracy,
            Terms(per_second=16, days=FOREVER),
            hosted="https://api.geocod.io",
            doubts=_poor("accuracy"),
            options={"limit": MOST_PLACES},
        ),
        Provider(
            # 5 a second: https://apis.io/rate-limits/tomtom/tomtom-rate-limits/; 30 days is
            # judgement, its clause was not seen.
            "tomtom",
            _keyed(geocoders.TomTom),
            tomtom_accuracy,
            Terms(per_second=5, days=30),
            hosted="https://api.tomtom.com",
            doubts=_poor("matchConfidence", "score"),
            options={"limit": MOST_PLACES},
            in_path=True,
        ),
        Provider(
            # 50 a second on its smallest plan, six months at most:
            # https://learn.microsoft.com/en-us/azure/azure-maps/azure-maps-qps-rate-limits
            # https://learn.microsoft.com/en-us/answers/questions/214472/azure-maps-caching-policy
            "azure",
            _keyed(geocoders.AzureMaps),
            tomtom_accuracy,
            Terms(per_second=50, days=180),
            hosted="https://atlas.microsoft.com",
            options={"limit": MOST_PLACES},
        ),
        Provider(
            # https://docs.mapbox.com/help/dive-deeper/understand-temporary-vs-permanent-geocoding
            "mapbox",
            _keyed(_Permanent),
            mapbox_accuracy,
            Terms(per_second=10, days=FOREVER),
            hosted="https://api.mapbox.com",
            doubts=_poor("relevance"),
            in_path=True,
            credit="© Mapbox",
        ),
    )
}
