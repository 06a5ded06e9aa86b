"""Where a daemon may connect: a pod's own address, and ports that the user allows."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias
from urllib.parse import urlsplit

Network: TypeAlias = "ipaddress.IPv4Network | ipaddress.IPv6Network"
Address: TypeAlias = "ipaddress.IPv4Address | ipaddress.IPv6Address"

ANNOTATION, ADDRESS, PORT, DUPLICATE = "annotation", "address", "port", "duplicate"
ENDPOINT = "endpoint"
REFUSALS = (ANNOTATION, ADDRESS, PORT, DUPLICATE, ENDPOINT)
"""Why a pod, or what it says, is refused: the values of the ``reason`` label.

annotation: one of ours that cannot be read. address: the pod's is no pod's, or is not allowed. port: one that
is not allowed. duplicate: an older pod has the same address and port. endpoint: its plugin names another
host, or a port that is not allowed.
"""
_RANGE = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")
_MAX_PORT = 65535
_SHOWN = 200
"""Characters of what a driver says that an error shows."""
_NEVER = (ipaddress.ip_network("fd00:ec2::/32"), ipaddress.ip_network("64:ff9b::/96"))
"""What a cloud's machines tell about themselves by IPv6, and the way from there to any address of IPv4."""
_SCHEME_PORTS = {"http": 80, "https": 443}


class Refusal(NamedTuple):
    """What is refused, and why."""

    reason: str
    """One of ``REFUSALS``."""
    message: str


@dataclass(frozen=True)
class Ports:
    """The ports that are allowed."""

    ranges: tuple[tuple[int, int], ...] = ((1024, _MAX_PORT),)
    """First and last of each."""

    def __contains__(self, port: int) -> bool:
        """Say whether a port is allowed."""
        return any(first <= port <= last for first, last in self.ranges)

    def __str__(self) -> str:
        """Return the ranges as a user writes them."""
        return ",".join(f"{first}-{last}" if first != last else f"{first}" for first, last in self.ranges)


class Reach(NamedTuple):
    """Where one driver may be asked."""

    host: str
    """The pod's address."""
    ports: Ports

    def refusal(self, url: str) -> Refusal | None:
        """Say why a plugin must not be asked at ``url``; None if it may."""
        parts = urlsplit(url)
        port = parts.port or _SCHEME_PORTS.get(parts.scheme, 0)
        host = (parts.hostname or "")[:_SHOWN]
        if not _same(host, self.host):
            return Refusal(
                ENDPOINT,
                f"the plugin says that it listens on {host}, and the pod's address is {self.host}: "
                "give the application spark.exporter.host=0.0.0.0 and a token",
            )
        if port not in self.ports:
            return Refusal(ENDPOINT, f"the plugin's port {port} is not among the allowed ones, {self.ports}")
        return None


def address_refusal(text: str, allowed: tuple[Network, ...]) -> Refusal | None:
    """Say why a pod at this address must not be asked; None if it may.

    Args:
        text: the address.
        allowed: the networks in which pods are; none stands for all but those in which no pod can be.

    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return Refusal(ADDRESS, f"{text!r} is not an IP address")
    address = getattr(address, "ipv4_mapped", None) or address
    if allowed:
        known = any(address in network for network in allowed if network.version == address.version)
        shown = ", ".join(map(str, allowed))
        return None if known else Refusal(ADDRESS, f"{address} is not among the allowed addresses, {shown}")
    special = address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified
    if special or any(address in network for network in _NEVER if network.version == address.version):
        return Refusal(ADDRESS, f"{address} is no pod's address")
    return None


def parse_ports(text: str) -> Ports:
    """Return ranges of ports.

    Raises:
        ValueError: it is something else; the text says what is expected.

    """
    ranges = []
    for part in text.split(","):
        match = _RANGE.fullmatch(part.strip())
        first, last = (int(match[1]), int(match[2] or match[1])) if match is not None else (0, 0)
        if not 0 < first <= last <= _MAX_PORT:
            raise ValueError(
                f"{part.strip()!r} is not a range of ports; expected numbers from 1 to {_MAX_PORT}, "
                "such as 1024-65535 or 4040,7077-7099"
            )
        ranges.append((first, last))
    return Ports(tuple(ranges))


def parse_port(text: str) -> int:
    """Return a port.

    Raises:
        ValueError: it is something else.

    """
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 0 < int(text) <= _MAX_PORT:
        raise ValueError(f"{text!r} is not a port; expected a number from 1 to {_MAX_PORT}, such as 4040")
    return int(text)


def parse_network(text: str) -> Network:
    """Return a network.

    Raises:
        ValueError: it is something else.

    """
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise ValueError(
            f"{text!r} is not a network ({error}); expected one such as 10.244.0.0/16"
        ) from error


def _same(one: str, other: str) -> bool:
    try:
        return ipaddress.ip_address(one) == ipaddress.ip_address(other)
    except ValueError:
        return False
