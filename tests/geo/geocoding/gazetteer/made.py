"""Small gazetteers made of a few houses, and how one address is looked up in them."""

from pathlib import Path

from app.geo.addresses.address import Address, Addresses
from app.geo.geocoding.gazetteer import gazetteer
from app.geo.geocoding.geocoder import Accuracy


def make_gazetteer(folder: Path, houses: str) -> gazetteer.Gazetteer:
    """Of the rows of an OpenAddresses file alone."""
    (folder / "houses.csv").write_text(houses, encoding="utf8")
    gazetteer.build_gazetteer(folder / "gazetteer", [], [folder / "houses.csv"])
    return gazetteer.Gazetteer(folder / "gazetteer", folder.name)


def one(found, line, city="", state="", postcode=""):
    """Accuracy, lon, lat, note of one address."""
    fixes = found.locate(Addresses.of([Address(line, city, state, postcode)]))
    at = round(float(fixes.at.lon[0]), 4), round(float(fixes.at.lat[0]), 4)
    return Accuracy(fixes.accuracy[0]), *at, fixes.note[0]
