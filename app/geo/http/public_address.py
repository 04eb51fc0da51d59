"""Addresses that everybody may connect to, for requests to whatever host a user names."""

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from app.errors import BackendDown, BadQuestion

# RFC 6052 and RFC 4291, 2.5.5.1: an IPv4 address is in the last 32 bits.
_HOLDING = (IPv6Network("64:ff9b::/96"), IPv6Network("::/96"))


def public_address(host: str, port: int) -> str:
    """The first of the host's addresses, where none of them is private, loopback or link-local.

    Whoever connects to it is where the check was, whatever the name means a moment later. Raises
    BadQuestion for a host that is not public, BackendDown for one that is not known.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as why:
        raise BackendDown(f"{host}: no such host is known", backend=host) from why
    addresses = [str(one[4][0]) for one in found]
    inside = [address for address in addresses if not _is_public(address)]
    if inside:
        raise BadQuestion(
            f"list: {host} is {inside[0]}, an address that is not public; for one of your own "
            "network set SWEETSPOT_PUSH_PRIVATE=true",
            field="list",
        )
    return addresses[0]


def _is_public(text: str) -> bool:
    """Of an address that holds another one, that one has to be public, too."""
    address = ip_address(text.partition("%")[0])
    held = _held_address(address) if isinstance(address, IPv6Address) else None
    return address.is_global and not address.is_multicast and (held is None or held.is_global)


def _held_address(address: IPv6Address) -> IPv4Address | None:
    if any(address in network for network in _HOLDING):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour
