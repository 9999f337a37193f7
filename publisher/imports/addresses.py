"""Addresses that somebody else wrote: which of them may be read, and how they are sent."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from urllib.parse import SplitResult, quote, urljoin, urlsplit, urlunsplit

from publisher.errors import PublisherError

MAX_URL = 4000
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_UNUSABLE = tuple(
    map(
        ipaddress.ip_network,
        ("64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96", "fec0::/10", "100::/64", "192.88.99.0/24"),
    )
)
"""Tunnels and local prefixes behind which another address can be: none has a public web server."""
Resolve = Callable[[str, int], list[str]]
"""The IP addresses of a host name. Raises OSError."""


class FetchError(PublisherError):
    """An address that cannot or must not be read; the message begins with the address."""


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host name, as the system's resolver gives them."""
    import socket

    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_allowed(address: str, allow_local: bool = False) -> bool:
    """Whether a connection may be made to an IP address: a public one, or this machine if allowed."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        elif ip in _NAT64:
            # The provider's translation to IPv4; `is_global` looks only at the prefix.
            ip = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
            allow_local = False
    if ip.is_loopback:
        return allow_local
    if any(ip in network for network in _UNUSABLE if network.version == ip.version):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_link_local)


def joined(url: str, address: str, location: str) -> str:
    if not location:
        raise FetchError(f"{url} redirects without an address")
    try:
        return ascii_url(urljoin(address, location))
    except ValueError as error:
        raise FetchError(f"{url} redirects to something that is no web address") from error


def checked_parts(url: str, address: str) -> SplitResult:
    """The parts of an address in ASCII. Raises FetchError."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise FetchError(f"{url} is no web address") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or len(address) > MAX_URL:
        reason = "leads to something that is no web address" if address != url else "is no web address"
        raise FetchError(f"{url[:200]} {reason}: only http and https are read")
    if parts.username is not None or parts.password is not None:
        raise FetchError("an address contains a user name or a password: download the file yourself")
    if port == 0:
        raise FetchError(f"{url} is no web address")
    return parts


def ascii_url(url: str) -> str:
    """The address as it is sent: international host names and spaces encoded. Raises FetchError."""
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").encode("idna").decode("ascii") if not url.isascii() else parts.netloc
    except (ValueError, UnicodeError) as error:
        raise FetchError(f"{url[:200]} is no web address") from error
    if not url.isascii():
        host = f"{host}:{parts.port}" if parts.port else host
    path = quote(parts.path, safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/?%:@!$&'()*+,;=~-._[]")
    return urlunsplit((parts.scheme.lower(), host, path, query, ""))
