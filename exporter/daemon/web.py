"""The daemon's HTTP interface."""

from __future__ import annotations

import gzip
import threading
from html import escape
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from exporter._version import __version__
from exporter.daemon.negotiate import accepts_gzip, choose_format

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request

    from exporter.daemon.exposition import Format
    from exporter.daemon.status import TargetStatus

# Scrapes are local and frequent: most of the gain for a fraction of the time.
_GZIP_LEVEL = 1
# Each holds a whole exposition in memory, twice; more at a time would not make them faster.
_PARALLEL_SCRAPES = 2

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Spark Exporter</title></head>
<body>
<h1>Spark Exporter</h1>
<p>Version {version}</p>
<ul>
<li><a href="{metrics}">Metrics</a></li>
<li><a href="/-/healthy">Healthy</a></li>
<li><a href="/-/ready">Ready</a></li>
</ul>
<h2>Targets</h2>
<ul>
{targets}
</ul>
</body>
</html>
"""


def make_app(
    telemetry_path: str,
    render: Callable[[Format], bytes],
    targets: Callable[[], Mapping[str, TargetStatus]],
    ready: Callable[[], bool],
) -> Starlette:
    """Return the application.

    Args:
        telemetry_path: where the metrics are.
        render: gives an exposition; called in a thread of its own for each scrape.
        targets: gives the state of all targets.
        ready: says whether scrapes are complete.

    """
    turns = threading.BoundedSemaphore(_PARALLEL_SCRAPES)

    def metrics(request: Request) -> Response:
        # Starlette runs a plain function in a thread, so that a scrape does not hold up the others.
        form = choose_format(request.headers.get("accept"))
        headers = {"Vary": "Accept, Accept-Encoding"}
        with turns:
            body = render(form)
            if accepts_gzip(request.headers.get("accept-encoding")):
                body = gzip.compress(body, _GZIP_LEVEL)
                headers["Content-Encoding"] = "gzip"
        return Response(body, headers=headers | {"Content-Type": form.value})

    async def landing(_request: Request) -> Response:
        return HTMLResponse(_landing_page(telemetry_path, targets()))

    async def healthy(_request: Request) -> Response:
        return PlainTextResponse("Spark Exporter is healthy.\n")

    async def is_ready(_request: Request) -> Response:
        if ready():
            return PlainTextResponse("Spark Exporter is ready.\n")
        return PlainTextResponse("Spark Exporter is stopping.\n", status_code=503)

    routes = [
        Route(telemetry_path, metrics),
        Route("/-/healthy", healthy),
        Route("/-/ready", is_ready),
    ]
    if telemetry_path != "/":
        routes.append(Route("/", landing))
    return Starlette(routes=routes)


def _landing_page(telemetry_path: str, targets: Mapping[str, TargetStatus]) -> str:
    items = "\n".join(
        f'<li><a href="{escape(target)}">{escape(target)}</a>: {escape(status.state)}</li>'
        for target, status in targets.items()
    )
    return _PAGE.format(version=__version__, metrics=escape(telemetry_path), targets=items)
