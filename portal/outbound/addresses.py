"""Addresses that strangers name: their form, and which of them the portal connects to."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

DEFAULT_PORTS = {"http": 80, "https": 443}
_FORM = re.compile(
    r"(?P<scheme>https?)://(?:\[(?P<v6>[0-9a-f:.]{2,45})\]|(?P<host>[a-z0-9.-]{1,253}))(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>(?:/[a-z0-9._~!$&()*+,;=:@%/?-]*)?)",
    re.IGNORECASE | re.ASCII,
)
_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
"""The last label begins with a letter: programs read `127.1` and `0x7f.1` as IPv4 addresses, each in its own way."""

_INTERNET_V6 = IPv6Network("2000::/3")
_NOT_OF_THE_INTERNET = [
    ip_network(text) for text in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2002::/16", "3fff::/20")
]
"""Assigned to protocols, to documentation or to tunnels into IPv4; Python's `is_global` lets some of them through."""
_OF_ONE_MACHINE = [
    ip_network(text)
    for text in (
        *("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4"),
        *("::/96", "::ffff:0:0/96", "64:ff9b::/96", "fe80::/10", "ff00::/8"),
    )
]
_SHORTEST_PREFIX = 8


class BadAddress(ValueError):
    """The text is not an address that a browser and the portal read alike."""


@dataclass(frozen=True)
class WebAddress:
    """A checked `http` or `https` address; the host is in lower case and has no brackets."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def literal(self) -> Address | None:
        """The IP address that stands as the host; None for a name."""
        try:
            return ip_address(self.host)
        except ValueError:
            return None

    @property
    def netloc(self) -> str:
        """Host and port as the `Host` header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def is_under(self, domain: str) -> bool:
        return self.host == domain or self.host.endswith(f".{domain}")


def read(text: str) -> WebAddress:
    """Raises `BadAddress` for another scheme, a user name, a port outside 1 to 65535 and unusual characters."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise BadAddress(text)
    scheme = found["scheme"].lower()
    host = _host(found["v6"], found["host"])
    port = int(found["port"] or DEFAULT_PORTS[scheme])
    if not 1 <= port <= 65535:
        raise BadAddress(text)
    return WebAddress(scheme, host, port, found["path"])


def _host(v6: str | None, host: str | None) -> str:
    try:
        if v6 is not None:
            return str(IPv6Address(v6))
        name = (host or "").lower()
        return name if _NAME.fullmatch(name) else str(IPv4Address(name))
    except ValueError:
        raise BadAddress(v6 or host) from None


def is_public(address: Address) -> bool:
    """Whether the address belongs to the public internet. IPv6 addresses that carry an IPv4 address do not."""
    if address.version == 6 and address not in _INTERNET_V6:
        return False
    special = any(address in network for network in _NOT_OF_THE_INTERNET)
    return address.is_global and not address.is_multicast and not special


def may_go_to(address: Address, networks: Iterable[Network]) -> bool:
    """The rule for every address that a stranger names: public, or in one of the listed networks."""
    return is_public(address) or any(address in network for network in networks)


def read_network(text: str) -> Network:
    """A network that may be listed. Raises `BadAddress` for loopback, link-local and multicast ones, and wide ones."""
    try:
        network = ip_network(text)
    except ValueError:
        raise BadAddress(text) from None
    same_version = [one for one in _OF_ONE_MACHINE if one.version == network.version]
    if network.prefixlen < _SHORTEST_PREFIX or any(network.overlaps(one) for one in same_version):
        raise BadAddress(text)
    return network
