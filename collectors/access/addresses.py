"""Addresses of servers: where a network is called, and which may be called at all.

Whatever a form takes is called from inside its user's own network: so an address is https and
public, or it is refused. Plain http is for this computer alone.
"""

from __future__ import annotations

import os
import re
import socket
import unicodedata
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

import idna

from collectors.base import CollectorError
from data.model import Network

IPAddress = IPv4Address | IPv6Address

_HANDLE = re.compile(r"@?[\w.-]+@([^@:/?#\\]+)")
_ENDS_IN_NUMBER = re.compile(r"(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)$")
# Names that mean something inside a network only, and may mean any computer there.
_INSIDE = re.compile(
    r"(?:^|\.)(?:localhost|localdomain|local|internal|intranet|lan|home|corp|home\.arpa)$"
)
# Where cloud providers give a server's secrets to whoever asks from inside, and `ipaddress`
# sees an address like any other.
_CLOUDS = (ip_network("192.0.0.0/24"), ip_network("168.63.129.16/32"))
# How IPv4 addresses are written on phone networks that have none themselves (RFC 6052).
_NAT64 = IPv6Network("64:ff9b::/96")


def address(network: Network) -> str | None:
    """The address that `PORTE_VOIX_<NETWORK>_URL` gives to a network; None for its own.

    Raises:
        CollectorError: the variable holds no address that may be called (`address-variable`).
    """
    variable = f"PORTE_VOIX_{network.value}_URL".upper()
    written = os.environ.get(variable)
    if not written:
        return None
    try:
        return checked(written)
    except CollectorError as error:
        raise CollectorError("address-variable", variable=variable) from error


def checked(typed: str) -> str:
    """The server that a typed address means, as `https://<host>[:<port>]`.

    A server's name is enough; a path or the name of an account there is left out. Nothing is
    looked up: whether a name leads to a private address is for `is_public_name` to say.

    Raises:
        CollectorError: it cannot be read (`address-unreadable`), holds a password
            (`address-with-password`), is inside a network (`address-private`) or is not https
            (`address-not-https`); the last two with the `host`.

    >>> checked("@exemple@mastodon.social"), checked("https://Mastodon.social/public")
    ('https://mastodon.social', 'https://mastodon.social')
    >>> checked("münchen.social:8443"), checked("http://127.0.0.1:8080/")
    ('https://xn--mnchen-3ya.social:8443', 'http://127.0.0.1:8080')
    """
    written = "".join(it for it in typed if unicodedata.category(it) != "Cf").strip()
    if handle := _HANDLE.fullmatch(written):
        written = handle[1]
    scheme, host, port = _parts(written if "://" in written else f"https://{written}")
    is_here = scheme == "http" and is_loopback(host)
    if not is_here and not _may_be_public(host):
        raise CollectorError("address-private", host=host)
    if not is_here and scheme != "https":
        raise CollectorError("address-not-https", host=host)
    server = f"[{host}]" if ":" in host else host
    is_usual = port is None or port == (80 if is_here else 443)
    return f"{scheme}://{server}" if is_usual else f"{scheme}://{server}:{port}"


def is_loopback(host: str) -> bool:
    """Whether a host is this computer, in a spelling that leaves no doubt.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("mastodon.social")
    (True, True, False)
    """
    ip = _ip(host)
    return host in ("localhost", "::1") or (isinstance(ip, IPv4Address) and ip.is_loopback)


def is_public_name(host: str) -> bool:
    """Whether a host leads, right now, to public addresses only.

    So does one that leads nowhere: the call to it fails by itself.
    """
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return True
    return all(_is_public(ip_address(str(end[0]).partition("%")[0])) for *_, end in found)


def _parts(written: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of an address that every program reads alike."""
    # `urlsplit` leaves tabs and line ends out, and browsers take `\` for `/`.
    if re.search(r"[\s\\\x00-\x1f\x7f]", written):
        raise CollectorError("address-unreadable")
    try:
        parts = urlsplit(written)
        port = parts.port
    except ValueError:
        raise CollectorError("address-unreadable") from None
    if "@" in parts.netloc:
        raise CollectorError("address-with-password")
    if not parts.hostname or port == 0:
        raise CollectorError("address-unreadable")
    return parts.scheme, _host(parts.hostname), port


def _host(written: str) -> str:
    """A host in its one spelling: an IP address, or a name in ASCII and lower case."""
    try:
        if ":" in written:
            # Without the zone that may follow: it is this computer's own business.
            return str(IPv6Address(written.partition("%")[0]))
        host = idna.encode(written.rstrip("."), uts46=True).decode("ascii").lower()
    except (ValueError, idna.IDNAError):
        raise CollectorError("address-unreadable") from None
    # Programs take a name that ends in a number for an IPv4 address, in octal, in hexadecimal
    # or cut short as well, and not all alike: only its one plain spelling is read.
    if _ENDS_IN_NUMBER.search(host) and _ip(host) is None:
        raise CollectorError("address-unreadable")
    return host


def _may_be_public(host: str) -> bool:
    ip = _ip(host)
    if ip is not None:
        return _is_public(ip)
    return "." in host and not _INSIDE.search(host)


def _ip(host: str) -> IPAddress | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_public(ip: IPAddress) -> bool:
    if isinstance(ip, IPv6Address):
        within = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            within = IPv4Address(int(ip) & 0xFFFFFFFF)
        if within is not None:
            return _is_public(within)
        if ip.is_site_local:
            return False
    is_ordinary = ip.is_global and not ip.is_multicast and not ip.is_reserved
    return is_ordinary and not any(ip in network for network in _CLOUDS)
