"""A quick way to the plugin of a driver that has just started.

The first request to Spark's REST API loads all of its machinery, which takes seconds on a busy machine.
By then a short job may be over. Spark's own metrics are there at once, with the plugin's port among them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from exporter.daemon.decode import parse
from exporter.daemon.discovery.target import with_port
from exporter.daemon.errors import SourceError

if TYPE_CHECKING:
    from exporter.daemon.fetch import Fetcher

# Before it stands the application's id, or whatever spark.metrics.namespace says.
_GAUGE = re.compile(r"(?:.+\.)?driver\.plugin\.io\.sparkexporter\.ExporterPlugin\.exporter\.port", re.DOTALL)
_MAX_PORT = 65535
_PATIENCE = 1.0


def find_hint(fetcher: Fetcher, target: str) -> str | None:
    """Return the URL at which Spark's metrics at ``target`` place the plugin; None if nowhere or on a fault.

    Whoever asks there sees whether it is so. A UI behind a path is a proxy's: its host is not the driver's.
    """
    url = urlsplit(target)
    if url.path:
        return None
    try:
        gauges = parse(fetcher.get(f"{target}/metrics/json/", limit=_PATIENCE).body).get("gauges")
    except SourceError:
        return None
    for name, gauge in gauges.items() if isinstance(gauges, dict) else ():
        port = gauge.get("value") if isinstance(gauge, dict) and _GAUGE.fullmatch(name) else None
        if isinstance(port, int | float) and 0 < port <= _MAX_PORT:
            return urlunsplit(url._replace(scheme="http", netloc=with_port(url, int(port))))
    return None
