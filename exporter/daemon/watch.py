"""Follows one target: finds its application and its plugin, and hands on what they say."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

from exporter._version import __version__
from exporter.daemon import logs
from exporter.daemon.backoff import Backoff
from exporter.daemon.discovery.target import endpoint_of, is_loopback
from exporter.daemon.errors import SourceError
from exporter.daemon.fetch import Fetcher
from exporter.daemon.model import FINISHED, Application, Snapshot
from exporter.daemon.sources.application import ApplicationSource
from exporter.daemon.sources.environment import Environment, EnvironmentSource
from exporter.daemon.sources.plugin import PluginSource
from exporter.daemon.sources.runner import Runner, defect

if TYPE_CHECKING:
    from exporter.daemon.status import Status
    from exporter.daemon.store import Store

LOOK_AGAIN = 2.0
"""Seconds between two looks at a driver without the plugin: is it still there?"""
ENVIRONMENT_EVERY = 5
"""Every how many of these looks read the environment again."""
ENDING = 0.5
"""Seconds between two looks at a driver that has said its last word: is there a new application?"""


class Connection(NamedTuple):
    """An application and the plugin in it."""

    application: Application
    plugin: PluginSource


class Watcher:
    """Follows one target in a thread of its own.

    Args:
        target: URL of the driver's UI.
        timeout: seconds for one request.
        token: for the plugin, never for the UI.
        store: where applications go.
        status: where the target's state goes.

    """

    def __init__(
        self, target: str, *, timeout: float, token: str | None, store: Store, status: Status
    ) -> None:
        """Ask nothing yet."""
        self.asked = threading.Event()
        """Set once the target was asked for the first time, whatever came of it."""
        self._target = target
        self._store = store
        self._status = status
        self._repeats = logs.Repeats()
        self._runner = Runner(target, status, self._repeats)
        self._ui = Fetcher(timeout)
        self._plugin_fetcher = Fetcher(timeout, token)
        self._application_source = ApplicationSource(self._ui, target)
        self._application: Application | None = None
        self._connection: Connection | None = None
        self._looks = 0
        self._backoff = Backoff()
        self._fault: tuple[str, bool] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"watch {target}", daemon=True)
        status.describe(target, "not asked yet", up=False)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End soon. A request that waits for news is left to itself: the thread does not keep the process."""
        self._stopping.set()

    def join(self, timeout: float) -> None:
        """Wait for the end, at most ``timeout`` seconds."""
        self._thread.join(timeout)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                delay = self._step()
                self._fault = None
            except SourceError as error:
                delay = self._delay(error)
            except Exception as error:  # noqa: BLE001 - a defect here must not end the watch
                delay = self._delay(self._runner.failed("application", defect(error), 0.0))
            self.asked.set()
            self._stopping.wait(delay)
        self._ui.close()
        self._plugin_fetcher.close()

    def _delay(self, error: SourceError) -> float:
        """Return the seconds until the next attempt: longer the longer the same fault lasts."""
        self._looks = 0
        fault = (error.reason, error.transient)
        if fault != self._fault:
            self._backoff.reset()
            self._fault = fault
        return self._backoff.delay(transient=error.transient)

    def _step(self) -> float:
        """Do the next thing; return the seconds until the one after it."""
        connection = self._connection
        found = connection if connection is not None and connection.plugin.connected else self._look()
        return self._poll(found) if isinstance(found, Connection) else found

    def _look(self) -> Connection | float:
        """Look at the driver's UI; return the plugin to ask, or else the seconds to the next look."""
        try:
            application = self._runner.run(self._application_source)
        except SourceError as error:
            self._store.lost(self._target)
            self._status.describe(self._target, f"waiting for a driver: {error}", up=False)
            raise
        known = self._store.run_of(self._target, application)
        if known is not None and known.state == FINISHED:
            self._describe(application, "has ended; waiting for the next application")
            return ENDING
        if application.completed and known is None:
            self._status.describe(self._target, "no application is running", up=True)
            return LOOK_AGAIN
        self._publish(application, None)
        if application.completed:
            return ENDING
        if self._application is None or self._application.run != application.run:
            logs.info(
                "found an application", target=self._target, app_id=application.id, app_name=application.name
            )
            self._connection = None
            self._looks = 0
        self._application = application
        return self._connection if self._connection is not None else self._connect(application)

    def _connect(self, application: Application) -> Connection | float:
        """Look for the plugin, now and then; return it, or else the seconds to the next look."""
        self._looks += 1
        if self._looks % ENVIRONMENT_EVERY != 1:
            return LOOK_AGAIN
        source = EnvironmentSource(self._ui, self._target, application.id)
        try:
            environment = self._runner.run(source)
            if environment.endpoint is None or not environment.plugin_configured:
                self._describe(application, self._say_missing(environment))
                return LOOK_AGAIN
            endpoint = endpoint_of(self._target, environment.endpoint)
        except ValueError as error:
            raise self._runner.failed(source.name, SourceError("invalid", str(error)), 0.0) from error
        if is_loopback(endpoint) and not is_loopback(self._target):
            message = (
                "the plugin listens on its driver's loopback address only: run the daemon beside the driver, "
                "or give spark.exporter.endpoint=http://0.0.0.0:4061 and a token to the application"
            )
            self._repeats.fault("loopback", message, target=self._target, endpoint=endpoint)
        plugin = PluginSource(self._plugin_fetcher, endpoint, application.id)
        self._connection = Connection(application, plugin)
        return self._connection

    def _say_missing(self, environment: Environment) -> str:
        sentence = (
            "runs the plugin, but it published no endpoint: the driver's log says why"
            if environment.plugin_configured
            else "runs without the plugin: start it with the settings that 'spark-exporter spark-conf' prints"
        )
        self._repeats.fault("plugin", f"the application {sentence}", target=self._target)
        return sentence

    def _poll(self, connection: Connection) -> float:
        """Ask the plugin for news and wait for them; return 0 if there may be more."""
        application, plugin = connection
        try:
            snapshot = self._runner.run(plugin)
        except SourceError as error:
            self._describe(application, f"runs, but its plugin fails: {error}", plugin.endpoint)
            if error.reason == "mismatch":
                self._connection = None
            raise
        self._publish(application, snapshot)
        self._say_version(snapshot)
        self._describe(
            application, "has ended" if snapshot.final else "runs with the plugin", plugin.endpoint
        )
        if not snapshot.final:
            return 0.0
        logs.info("an application has ended", target=self._target, app_id=application.id)
        self._connection = None
        return ENDING

    def _publish(self, application: Application, snapshot: Snapshot | None) -> None:
        try:
            self._store.publish(self._target, application, snapshot)
        except SourceError as error:
            self._connection = None
            self._status.describe(self._target, str(error), up=True, app_id=application.id)
            raise self._runner.failed("application", error, 0.0) from error

    def _describe(self, application: Application, sentence: str, endpoint: str = "") -> None:
        state = f"{application.name} ({application.id}) {sentence}"
        self._status.describe(self._target, state, up=True, app_id=application.id, endpoint=endpoint)

    def _say_version(self, snapshot: Snapshot) -> None:
        key = ("version", snapshot.application_id)
        if snapshot.plugin_version != __version__:
            plugin = snapshot.plugin_version
            message = f"the plugin has version {plugin} and this daemon {__version__}: use the same one"
            self._repeats.fault(key, message, target=self._target)
