"""Shows a plugin that the daemon has its token, without sending it to who may be somebody else."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import socket
import time
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from requests.auth import AuthBase

from exporter.daemon.discovery.target import shown_host

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from requests import PreparedRequest

    from exporter.daemon.discovery.reach import Address

SCHEME = "SparkExporter"
"""Of the header Authorization."""
REMEMBERED = 60.0
"""Seconds for which the address of a host stays known: plugins are asked all the time."""
_PORTS = {"http": 80, "https": 443}


def resolve(host: str) -> Sequence[Address]:
    """Return the addresses of a host, the best one first.

    Raises:
        OSError: it has none.

    """
    try:
        return [_plain(host)]
    except ValueError:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        return [_plain(str(place[0])) for *_, place in found]


class Proof(AuthBase):
    """Proves with each request that the token is known, to the address that is asked and for some minutes.

    Whoever gets the proof can show it to nobody else, as a plugin takes those for its own address only.

    Args:
        token: of the plugin.
        now: Unix seconds.

    """

    def __init__(self, token: str, now: Callable[[], float] = time.time) -> None:
        """Keep the token."""
        self._token = token.encode()
        self._now = now

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the header.

        Raises:
            ValueError: the request is for a host by name, which proves nothing.

        """
        seconds = int(self._now())
        claim = f"spark-exporter {_address(request.url or '')} {seconds}"
        proof = hmac.new(self._token, claim.encode(), hashlib.sha256).hexdigest()
        request.headers["Authorization"] = f"{SCHEME} {seconds}.{proof}"
        return request


class _Route(NamedTuple):
    host: str
    address: Address
    own: bool
    until: float


class Credential(AuthBase):
    """Sends the token to one host, and proves to any other that it is known.

    A driver itself says where its plugin listens. So that decides where to ask, and not who gets the token.

    Args:
        token: of the plugin.
        host: who gets it, by name or address; None is nobody.
        resolve: looks addresses up.
        clock: monotonic seconds.

    """

    def __init__(
        self,
        token: str,
        host: str | None,
        resolve: Callable[[str], Sequence[Address]] = resolve,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Look nothing up yet."""
        self._token = token
        self._host = host
        self._resolve = resolve
        self._clock = clock
        self._proof = Proof(token)
        self._last: _Route | None = None

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the header; a host that may not be the one that gets the token is asked by its address.

        Raises:
            OSError: the host has no address.

        """
        url = urlsplit(request.url or "")
        asked = url.hostname or ""
        if asked != self._host:
            route = self._route(asked)
            port = f":{url.port}" if url.port is not None else ""
            request.url = urlunsplit(url._replace(netloc=shown_host(str(route.address)) + port))
            if not route.own:
                return self._proof(request)
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def _route(self, asked: str) -> _Route:
        last, now = self._last, self._clock()
        if last is not None and last.host == asked and now < last.until:
            return last
        addresses = self._resolve(asked)
        # One machine has several names: what is reached at an address of the host is the host.
        own = self._resolve(self._host) if self._host is not None else ()
        shared = [address for address in addresses if address in own]
        self._last = route = _Route(asked, (shared or addresses)[0], bool(shared), now + REMEMBERED)
        return route


def _plain(text: str) -> Address:
    """Return an address as Java has it."""
    address = ipaddress.ip_address(text)
    return getattr(address, "ipv4_mapped", None) or address


def _address(url: str) -> str:
    parts = urlsplit(url)
    return f"{_plain(parts.hostname or '').packed.hex()} {parts.port or _PORTS[parts.scheme]}"
