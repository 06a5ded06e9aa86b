"""``spark-exporter serve``: connects the parts and runs them until a signal comes."""

from __future__ import annotations

import contextlib
import logging
import math
import os
import signal
import socket
import threading
import time
from typing import TYPE_CHECKING

import uvicorn

from exporter._version import __version__
from exporter.daemon import catalogue, flags, logs
from exporter.daemon.control.api import CALLS_LEFT, Api
from exporter.daemon.control.directory import Directory
from exporter.daemon.delivery import Delivery
from exporter.daemon.discovery.driver_pods import make_pod_discovery
from exporter.daemon.discovery.files import FileDiscovery
from exporter.daemon.discovery.refusals import Refusals
from exporter.daemon.discovery.static import StaticDiscovery
from exporter.daemon.fleet import Fleet
from exporter.daemon.landing.history import History, Recorder
from exporter.daemon.landing.page import Landing
from exporter.daemon.process import ProcessSamples
from exporter.daemon.render import Renderer, Scrape
from exporter.daemon.state.memory import Memory
from exporter.daemon.status import Status
from exporter.daemon.store import Store
from exporter.daemon.turns import TURNS
from exporter.daemon.values import Address
from exporter.daemon.watch import Watcher
from exporter.daemon.web import make_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from exporter.daemon.discovery.found import Discoverer, Target
    from exporter.daemon.exposition import Format
    from exporter.daemon.landing.page import Page
    from exporter.daemon.settings import Settings

FIRST_ATTEMPT = 5.0
"""Seconds to wait, at most, until every target was asked once before the first scrape is answered."""
_SLICE = 0.05


class Daemon:
    """All parts of a running daemon."""

    def __init__(self, settings: Settings) -> None:
        """Connect the parts; nothing runs yet."""
        self._settings = settings
        self._catalogue = catalogue.load(settings.limits.label_length)
        self._process = ProcessSamples(self._catalogue)
        self._status = Status()
        self._renderer = Renderer(self._catalogue)
        self._memory = Memory(settings.state_directory)
        self._store = Store(
            settings.retention,
            settings.limits,
            names=settings.names,
            catalogue=self._catalogue,
            forget=self._memory.forget,
        )
        self._refusals = Refusals()
        self._fleet = Fleet(
            make_discoverers(settings, self._refusals),
            self._watch,
            store=self._store,
            status=self._status,
            pace=settings.asking.pace,
            refusals=self._refusals,
            shard=settings.shard,
        )
        self._stopping = threading.Event()
        self._history = History(self._catalogue)
        self._recorder = Recorder(self._history, self._store.view)
        self._landing = Landing(self._catalogue, self._history, settings.telemetry_path)
        asking = settings.asking
        self._api = Api(Directory(self._store, self._status), asking.token, asking.timeout)
        app = make_app(
            settings.telemetry_path,
            self.render,
            self.show,
            self.unready,
            [self._api.route(), *Delivery().routes()],
        )
        self._server = _Server(
            uvicorn.Config(
                app,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=math.ceil(CALLS_LEFT) + 1,
            ),
            self._api.stop,
        )

    def render(self, form: Format) -> list[bytes]:
        """Return one exposition in parts."""
        with TURNS.scrape():
            scrape = Scrape(
                self._store.view(scraped=True),
                self._status.view(),
                self._settings.retention,
                self._settings.limits,
                self._process.read(),
                self._history.left_out,
                self._memory.failures,
                self._api.refused.counts,
                self._fleet.found(),
            )
            return self._renderer.render(scrape, form)

    def unready(self) -> str:
        """Say why scrapes do not show all there is; nothing if they do."""
        if self._stopping.is_set():
            return "is stopping"
        return "" if self._fleet.ready else "does not know all targets yet"

    def _watch(self, target: Target, ended: Callable[[Watcher], None]) -> Watcher:
        return Watcher(
            target,
            self._settings.asking,
            catalogue=self._catalogue,
            store=self._store,
            status=self._status,
            memory=self._memory,
            refusals=self._refusals,
            ended=ended,
        )

    def show(self, query: Mapping[str, str]) -> Page:
        """Return the landing page for a query."""
        return self._landing.page(query, self._store.view().applications, self._status.view(), time.time())

    def run(self, listener: socket.socket) -> None:
        """Serve on ``listener`` until ``stop`` is called."""
        self._memory.open()
        self._fleet.start()
        self._recorder.start()
        deadline = time.monotonic() + FIRST_ATTEMPT
        # In slices, because a signal handler runs only between two waits.
        while not (self._stopping.is_set() or self._fleet.asked or time.monotonic() > deadline):
            self._stopping.wait(_SLICE)
        if not self._stopping.is_set():
            self._server.run(sockets=[listener])
        self._recorder.stop()
        self._fleet.stop()

    def stop(self) -> None:
        """End ``run`` soon. Safe in a signal handler."""
        self._stopping.set()
        self._server.should_exit = True


def make_discoverers(settings: Settings, refusals: Refusals) -> list[Discoverer]:
    """Return what finds targets, in the order in which they count.

    Raises:
        UsageError: pods are wanted, and the way to them is not known.

    """
    found: list[Discoverer] = [StaticDiscovery(settings.targets, settings.shard)]
    if settings.files:
        found.append(FileDiscovery(settings.files, settings.shard))
    if settings.pods is not None:
        found.append(make_pod_discovery(settings.pods, settings.shard, refusals))
    return found


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._stop = stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or ():
            host, port = listener.getsockname()[:2]
            logs.info("listening", address=Address(host, port), version=__version__)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # What is still open after uvicorn's patience is cut off, and whoever waits for a driver waits longer.
        self._stop()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn would raise the signal again after its end, and the exit code would not be 0.
        yield


def serve(settings: Settings) -> int:
    """Run the daemon until SIGTERM or SIGINT; return the exit code."""
    logs.configure(settings.log_level, settings.log_format)
    for variable, meant in flags.misspelt(os.environ).items():
        logs.log(logging.WARNING, f"{variable} is unknown; did you mean {meant}?", {})
    try:
        with listen(settings.listen_address) as listener:
            daemon = Daemon(settings)
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: daemon.stop())
            daemon.run(listener)
    except OSError as error:
        logs.error(
            f"cannot listen on {settings.listen_address}: {error.strerror}; "
            "choose another address with --web.listen-address"
        )
        return 1
    logs.info("stopped")
    return 0


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
