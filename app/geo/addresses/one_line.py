"""An address on one line, as services are asked for it and as a key that tells addresses apart."""

from app.geo.addresses.address import Address, Addresses
from app.geo.addresses.countries import US, country_of
from app.geo.addresses.reading import parse_address
from app.geo.addresses.states import state_of
from app.geo.addresses.street_names import street_name, street_type


def plain_address(address: Address) -> Address:
    """The address in parts, its street line without unit, box or building where it has a street.

    One in a line whose town can't be told from its street stays as it was written.
    """
    parts = parse_address(address)
    in_line = not (address.city or address.postcode)
    if not parts.street or (in_line and not parts.town):
        return address
    street = f"{parts.number} {parts.street}".strip()
    if parts.cross and parts.cross not in street:
        street = f"{street} & {parts.cross}"
    if in_line:
        return Address(street, parts.town.title(), parts.state, parts.postcode, address.country)
    postcode = parts.postcode or address.postcode
    return Address(street, address.city, address.state, postcode, address.country)


def one_line(address: Address) -> str:
    """The address as a person would write it on one line."""
    address = plain_address(address)
    behind = " ".join(part for part in (address.state, address.postcode) if part)
    said = address.line.casefold().endswith(address.country.casefold())
    parts = (address.line, address.city, behind, "" if said else address.country)
    line = ", ".join(part for part in parts if part)
    return " ".join(line.split())


def read_line(text: str) -> Address:
    """An address that somebody typed on one line, with the country abroad that it ends with.

    Towns are called Lebanon or Peru, too: behind a street alone the last part is a town.
    """
    *parts, last = (part.strip() for part in text.split(","))
    country = "" if not parts or state_of(last) else country_of(last)
    alone = len(parts) == 1 and (any(map(str.isdigit, text)) or _is_street(parts[0]))
    return Address(text, country="" if alone or country == US else country)


def _is_street(text: str) -> bool:
    return bool(street_type(street_name(text).key))


def address_key(address: Address) -> str:
    """The same for addresses that a service is asked in the same words, whatever their case."""
    return one_line(address).casefold()


def strip_rows(addresses: Addresses) -> list[Address]:
    """The rows one by one, without space around their parts."""
    columns = (addresses.line, addresses.city, addresses.state, addresses.postcode)
    rows = zip(*columns, addresses.countries, strict=True)
    return [Address(*(part.strip() for part in row)) for row in rows]
