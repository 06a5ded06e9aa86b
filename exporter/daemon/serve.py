"""``spark-exporter serve``: connects the parts and runs them until a signal comes."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from typing import TYPE_CHECKING

from exporter.daemon import catalogue, flags, logs
from exporter.daemon.access.file import WebConfig
from exporter.daemon.access.guard import Guard
from exporter.daemon.control.api import Api
from exporter.daemon.control.directory import Directory
from exporter.daemon.control.document import PREFIX
from exporter.daemon.delivery import Delivery
from exporter.daemon.discovery.driver_pods import make_pod_discoverers
from exporter.daemon.discovery.files import FileDiscovery
from exporter.daemon.discovery.refusals import Refusals
from exporter.daemon.discovery.sharding import Sharing
from exporter.daemon.discovery.static import StaticDiscovery
from exporter.daemon.fleet import Fleet
from exporter.daemon.landing.history import History, Recorder
from exporter.daemon.landing.page import Landing
from exporter.daemon.last_scrape import LastScrape
from exporter.daemon.process import ProcessSamples
from exporter.daemon.render import Renderer, Scrape
from exporter.daemon.runs import Runs
from exporter.daemon.server import Server, listen
from exporter.daemon.state.memory import Memory
from exporter.daemon.status import Status
from exporter.daemon.store import Store
from exporter.daemon.turns import TURNS
from exporter.daemon.watch import Watcher
from exporter.daemon.web import HEALTH, make_app

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping

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
        """Connect the parts; nothing runs yet.

        Raises:
            UsageError: a file is wrong that the settings name.

        """
        self._settings = settings
        self._web_config = WebConfig(settings.web_config)
        self._catalogue = catalogue.load(settings.limits.label_length)
        self._process = ProcessSamples(self._catalogue)
        self._status = Status()
        self._renderer = Renderer(self._catalogue)
        self._memory = Memory(settings.state_directory, daemon=_self(settings))
        self._store = Store(
            settings.retention,
            settings.limits,
            names=settings.names,
            catalogue=self._catalogue,
            located=settings.pods is not None,
            forget=self._memory.forget,
            runs=Runs(self._memory.keep_runs),
        )
        self._refusals = Refusals()
        followed = settings.pods is not None and settings.pods.shards is not None
        sharing = Sharing(settings.shard, settled=not followed)
        self._fleet = Fleet(
            make_discoverers(settings, sharing, self._refusals),
            self._watch,
            store=self._store,
            status=self._status,
            pace=settings.asking.pace,
            refusals=self._refusals,
            sharing=sharing,
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
        self._last_scrape = LastScrape(settings.last_scrape, self._settled)
        watched = self._last_scrape.watch(app, settings.telemetry_path)
        self._server = Server(
            Guard(watched, self._web_config, token_only=f"{PREFIX}/", open_to_all=HEALTH),
            self._web_config.tls,
            self._api.stop,
            self._tick,
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
                self._web_config.reload,
            )
            return self._renderer.render(scrape, form)

    def unready(self) -> str:
        """Say why scrapes do not show all there is; nothing if they do."""
        if self._stopping.is_set() or self._last_scrape.begun:
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
        self._memory.recall_runs(self._store.recall_runs)
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
        """End ``run`` soon, or after its last scrape; the second time soon. Safe in a signal handler."""
        if self._last_scrape.begin():
            return
        self._stopping.set()
        self._server.should_exit = True

    def _tick(self) -> None:
        if self._last_scrape.over():
            self.stop()

    def _settled(self) -> bool:
        return not any(published.record.up for published in self._store.view().applications)


def make_discoverers(settings: Settings, sharing: Sharing, refusals: Refusals) -> list[Discoverer]:
    """Return what finds targets, in the order in which they count.

    Raises:
        UsageError: pods are wanted, and the way to them is not known.

    """
    found: list[Discoverer] = [StaticDiscovery(settings.targets, sharing)]
    if settings.files:
        found.append(FileDiscovery(settings.files, sharing))
    if settings.pods is not None:
        found += make_pod_discoverers(settings.pods, sharing, refusals)
    return found


def _self(settings: Settings) -> str:
    """Return what tells this daemon from others on the same directory: neither a process nor a pod stays."""
    return f"{settings.listen_address} {settings.shard.number}"


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
