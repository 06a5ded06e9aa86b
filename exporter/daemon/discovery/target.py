"""The addresses of drivers: what a user may give as targets, and where the plugin of a target listens."""

from __future__ import annotations

import glob
import ipaddress
from urllib.parse import SplitResult, urlsplit, urlunsplit

from exporter.daemon.values import is_host

JSON_SUFFIX = ".json"
_SUFFIXES = (JSON_SUFFIX, ".yaml", ".yml")
EXPECTED = "the URL of a driver's UI, such as http://127.0.0.1:4040"


def parse_target(value: str) -> str:
    """Return the URL of a driver's UI without a slash at its end.

    Raises:
        ValueError: the value is something else; the text says what and what is expected.

    """
    return parse_url(value, EXPECTED)


def parse_url(value: str, expected: str) -> str:
    """Return the URL of a server without a slash at its end.

    Raises:
        ValueError: the value is something else; the text says what, and that it should be ``expected``.

    """
    try:
        url = urlsplit(value)
        port = url.port
    except ValueError as error:
        raise ValueError(f"{value!r} is not a URL ({error}); expected {expected}") from error
    if url.scheme not in ("http", "https") or not url.hostname or not is_host(url.hostname):
        raise ValueError(f"{value!r} is not an http or https URL; expected {expected}")
    if url.username is not None or url.password is not None:
        raise ValueError(f"the target at {url.hostname} carries a user name or password; expected {expected}")
    if url.query or url.fragment or port == 0 or any(sign <= " " for sign in value):
        raise ValueError(f"{value!r} has more than scheme, host, port and path; expected {expected}")
    return urlunsplit((url.scheme, url.netloc, url.path.rstrip("/"), "", ""))


def parse_file(text: str) -> str:
    """Return the path of a file with targets, or a pattern of such paths.

    Raises:
        ValueError: it cannot be one.

    """
    directory, _, name = text.rpartition("/")
    if not name.endswith(_SUFFIXES) or "\0" in text or glob.has_magic(directory):
        raise ValueError(
            f"{text!r} is not a file with targets; expected a path that ends in {', '.join(_SUFFIXES)} "
            "and of which only the last part may be a pattern"
        )
    return text


def endpoint_of(target: str, published: str) -> str:
    """Return the URL at which to ask the plugin.

    A driver that listens on every address publishes the wildcard, which only it can use: the target's host
    takes its place. Any other host stays as published; it does not get the token, as a driver may name any.

    Raises:
        ValueError: what the driver published is not a URL.

    """
    wrong = f"the driver publishes {published!r}, which is not a URL at which it could be asked"
    try:
        url = urlsplit(published)
        port = url.port
    except ValueError as error:
        raise ValueError(wrong) from error
    if url.scheme not in ("http", "https") or not url.hostname or not is_host(url.hostname) or port == 0:
        raise ValueError(wrong)
    if not _is_wildcard(url.hostname):
        return published.rstrip("/")
    return urlunsplit(url._replace(netloc=with_port(urlsplit(target), port))).rstrip("/")


def is_loopback(url: str) -> bool:
    """Say whether ``url`` means this very machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _is_wildcard(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def with_port(target: SplitResult, port: int | None) -> str:
    """Return the network location of the target's host with another port."""
    shown = shown_host(target.hostname or "")
    return shown if port is None else f"{shown}:{port}"


def shown_host(host: str) -> str:
    """Return a host as URLs have it."""
    return f"[{host}]" if ":" in host else host


def host_of(url: str) -> str | None:
    """Return the host of a URL, in small letters and without brackets."""
    return urlsplit(url).hostname
