"""The HTTP server of the daemon."""

from __future__ import annotations

import contextlib
import math
import socket
from typing import TYPE_CHECKING

import uvicorn

from exporter._version import __version__
from exporter.daemon import logs
from exporter.daemon.control.api import CALLS_LEFT
from exporter.daemon.values import Address

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

    from starlette.types import ASGIApp


class Server(uvicorn.Server):
    """Serves until it is told to exit.

    Args:
        app: answers.
        tls: what to serve HTTPS with; None serves HTTP.
        stop: called when the server begins to end.
        tick: called several times a second until then.

    """

    def __init__(
        self,
        app: ASGIApp,
        tls: ssl.SSLContext | None,
        stop: Callable[[], None],
        tick: Callable[[], None],
    ) -> None:
        """Listen nowhere yet."""
        config = uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=math.ceil(CALLS_LEFT) + 1,
        )
        config.load()
        # uvicorn takes the names of files, and reads them once.
        config.ssl = tls
        super().__init__(config)
        self._stop = stop
        self._tick = tick

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, and say where."""
        await super().startup(sockets)
        for listener in sockets or ():
            host, port = listener.getsockname()[:2]
            scheme = "https" if self.config.ssl is not None else "http"
            logs.info("listening", address=Address(host, port), scheme=scheme, version=__version__)

    async def on_tick(self, counter: int) -> bool:
        """Return whether to end."""
        self._tick()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End, with what is under way."""
        # What is still open after uvicorn's patience is cut off, and whoever waits for a driver waits longer.
        self._stop()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them to whoever runs the server."""
        # uvicorn would raise the signal again after its end, and the exit code would not be 0.
        yield


def listen(address: Address) -> socket.socket:
    """Return a bound socket that refuses connections until the server listens on it.

    Raises:
        OSError: the address is taken or not ours.

    """
    everywhere = not address.host and socket.has_dualstack_ipv6()
    host = "::" if everywhere else address.host or "0.0.0.0"  # noqa: S104 - the user left the host empty
    found = socket.getaddrinfo(host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _, _, _, where = found[0]
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if everywhere:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind(where)
    except OSError:
        listener.close()
        raise
    return listener
