"""The daemon's HTTP interface."""

from __future__ import annotations

import threading
import zlib
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from exporter.daemon.healthcheck import HEALTHY, NAME, READY
from exporter.daemon.landing.style import HEADERS
from exporter.daemon.negotiate import accepts_gzip, choose_format

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from exporter.daemon.exposition import Format
    from exporter.daemon.landing.page import Page

HEALTH = frozenset({HEALTHY, READY})
"""What says how the daemon is, and nothing of what it knows."""
_NAME = NAME.decode()
# Scrapes are local and frequent: most of the gain for a fraction of the time.
_GZIP_LEVEL = 1
_GZIP_FORMAT = 31
"""What zlib calls a stream of gzip with a window of 32 KiB."""
# Each holds a whole exposition in memory, twice; more at a time would not make them faster.
_PARALLEL_SCRAPES = 2


def make_app(
    telemetry_path: str,
    render: Callable[[Format], Sequence[bytes]],
    show: Callable[[Mapping[str, str]], Page],
    unready: Callable[[], str],
    further: Iterable[BaseRoute] = (),
) -> Starlette:
    """Return the application.

    Args:
        telemetry_path: where the metrics are.
        render: gives an exposition in parts; called in a thread of its own for each scrape.
        show: gives the page for a query; called in a thread of its own, too, one at a time.
        unready: says why scrapes are not complete; nothing if they are.
        further: routes of others.

    """
    turns = threading.BoundedSemaphore(_PARALLEL_SCRAPES)
    # People can wait for each other; scrapes do not wait for them.
    page_turn = threading.Lock()

    def metrics(request: Request) -> Response:
        # Starlette runs a plain function in a thread, so that a scrape does not hold up the others.
        form = choose_format(request.headers.get("accept"))
        headers = {"Vary": "Accept, Accept-Encoding", "Content-Type": form.value}
        with turns:
            parts = render(form)
            if accepts_gzip(request.headers.get("accept-encoding")):
                return Response(_gzip(parts), headers=headers | {"Content-Encoding": "gzip"})
        headers["Content-Length"] = str(sum(map(len, parts)))
        return StreamingResponse(_one_by_one(parts), headers=headers)

    def landing(request: Request) -> Response:
        with page_turn:
            page = show(request.query_params)
        headers = {**HEADERS, "Vary": "Accept-Encoding"}
        if page.refresh:
            headers["Refresh"] = str(page.refresh)
        body = page.body.encode("utf-8", "replace")
        if accepts_gzip(request.headers.get("accept-encoding")):
            body = _gzip([body])
            headers["Content-Encoding"] = "gzip"
        return HTMLResponse(body, page.status, headers)

    async def healthy(_request: Request) -> Response:
        return PlainTextResponse(f"{_NAME} is healthy.\n")

    async def is_ready(_request: Request) -> Response:
        if reason := unready():
            return PlainTextResponse(f"{_NAME} {reason}.\n", status_code=503)
        return PlainTextResponse(f"{_NAME} is ready.\n")

    routes = [
        Route(telemetry_path, metrics),
        Route(HEALTHY, healthy),
        Route(READY, is_ready),
        *further,
    ]
    if telemetry_path != "/":
        routes.append(Route("/", landing))
    return Starlette(routes=routes)


def _gzip(parts: Iterable[bytes]) -> bytes:
    packer = zlib.compressobj(_GZIP_LEVEL, wbits=_GZIP_FORMAT)
    return b"".join([*map(packer.compress, parts), packer.flush()])


async def _one_by_one(parts: Iterable[bytes]) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
