"""A quick way to the plugin of a driver that has just started.

The first request to Spark's REST API loads all of its machinery, which takes seconds on a busy machine.
By then a short job may be over. Spark's own metrics are there at once, with the plugin's port among them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from exporter.daemon.decode import parse
from exporter.daemon.discovery.target import with_port
from exporter.daemon.errors import SourceError

if TYPE_CHECKING:
    from exporter.daemon.fetch import Fetcher

_GAUGE = re.compile(r"(?P<app>.+)\.driver\.plugin\.io\.sparkexporter\.ExporterPlugin\.exporter\.port")
_MAX_PORT = 65535
_PATIENCE = 1.0


class Hint(NamedTuple):
    """Where the plugin of an application is likely to listen; whoever asks there sees whether it is so."""

    app_id: str
    endpoint: str


def find_hint(fetcher: Fetcher, target: str) -> Hint | None:
    """Return what Spark's metrics at ``target`` say about the plugin; None if nothing, or on any fault."""
    try:
        gauges = parse(fetcher.get(f"{target}/metrics/json/", limit=_PATIENCE).body).get("gauges")
    except SourceError:
        return None
    for name, gauge in gauges.items() if isinstance(gauges, dict) else ():
        match = _GAUGE.fullmatch(name)
        port = gauge.get("value") if match is not None and isinstance(gauge, dict) else None
        if match is not None and isinstance(port, int | float) and 0 < port <= _MAX_PORT:
            url = urlsplit(target)._replace(scheme="http", path="")
            return Hint(match["app"], urlunsplit(url._replace(netloc=with_port(url, int(port)))))
    return None
