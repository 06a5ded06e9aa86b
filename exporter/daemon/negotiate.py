"""Which format and which encoding a client wants, by its Accept and Accept-Encoding headers (RFC 9110)."""

from __future__ import annotations

from typing import NamedTuple

from exporter.daemon.exposition import Format

_OPENMETRICS_VERSIONS = ("", "1.0.0")
_TEXT_VERSIONS = ("", "0.0.4")


class _Range(NamedTuple):
    """One element of such a header."""

    value: str
    version: str
    quality: float


def choose_format(accept: str | None) -> Format:
    """Return the format that an Accept header prefers; text where it prefers neither."""
    ranges = _parse(accept or "*/*")
    openmetrics = _quality(ranges, "application/openmetrics-text", _OPENMETRICS_VERSIONS)
    text = _quality(ranges, "text/plain", _TEXT_VERSIONS)
    # A wildcard is no wish for OpenMetrics: whoever wants it says so, and in a version we speak.
    named = any(
        item.value == "application/openmetrics-text" and item.version in _OPENMETRICS_VERSIONS
        for item in ranges
    )
    return Format.OPENMETRICS if named and openmetrics > 0 and openmetrics >= text else Format.TEXT


def accepts_gzip(accept_encoding: str | None) -> bool:
    """Say whether an Accept-Encoding header allows gzip."""
    ranges = _parse(accept_encoding or "")
    named = [item.quality for item in ranges if item.value in ("gzip", "x-gzip")]
    return max(named or [item.quality for item in ranges if item.value == "*"], default=0.0) > 0


def _parse(header: str) -> list[_Range]:
    result = []
    for element in header.split(","):
        value, *parameters = (part.strip() for part in element.split(";"))
        if not value:
            continue
        named = {}
        for parameter in parameters:
            key, _, argument = parameter.partition("=")
            named[key.strip().lower()] = argument.strip().strip('"')
        result.append(_Range(value.lower(), named.get("version", ""), _parse_quality(named.get("q", "1"))))
    return result


def _parse_quality(text: str) -> float:
    try:
        quality = float(text)
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0


def _quality(ranges: list[_Range], media_type: str, versions: tuple[str, ...]) -> float:
    """Return how much a type is wanted: the most specific range that covers it decides."""
    for value in (media_type, media_type.partition("/")[0] + "/*", "*/*"):
        found = [
            item.quality
            for item in ranges
            if item.value == value and (item.version in versions or value != media_type)
        ]
        if found:
            return max(found)
    return 0.0
