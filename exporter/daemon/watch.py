"""Follows one target: finds its application and its plugin, and hands on what they say."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from exporter._version import __version__
from exporter.daemon import logs
from exporter.daemon.backoff import Backoff
from exporter.daemon.discovery.hint import find_hint
from exporter.daemon.discovery.refusals import Refusals
from exporter.daemon.discovery.target import is_loopback
from exporter.daemon.errors import SourceError, StoppedError
from exporter.daemon.fetch import Fetcher
from exporter.daemon.history import History, is_history_server
from exporter.daemon.poll import Poller
from exporter.daemon.polled import polled_sources
from exporter.daemon.silence import TOLD, Silence
from exporter.daemon.sources.application import ApplicationSource
from exporter.daemon.sources.environment import Environment, EnvironmentSource
from exporter.daemon.sources.plugin import PluginSource
from exporter.daemon.sources.runner import Runner, defect

if TYPE_CHECKING:
    from collections.abc import Callable

    from exporter.daemon.asking import Asking
    from exporter.daemon.catalogue import Catalogue
    from exporter.daemon.discovery.found import Target
    from exporter.daemon.discovery.reach import Refusal
    from exporter.daemon.model import Application, Run, Snapshot
    from exporter.daemon.sources import PolledSource
    from exporter.daemon.state.memory import Memory
    from exporter.daemon.status import Status
    from exporter.daemon.store import Store

LOOK_AGAIN = 2.0
"""Seconds between two looks at a driver without the plugin: is it still there?"""
ENVIRONMENT_EVERY = 5
"""Every how many of these looks read the environment again."""
ENDING = 0.5
"""Seconds between two looks at a driver that has said its last word: is there a new application?"""

HASTE = 0.1
"""Seconds; a plugin that answers faster than this, again and again, has no news each time but a defect."""
HASTY = 5
"""How many such answers in a row are believed before the next request is held back."""


class Watcher:
    """Follows one target in a thread of its own, and polls its application in another.

    Args:
        target: the driver's UI, or a history server.
        asking: how targets are asked.
        catalogue: knows the metrics.
        store: where applications go.
        status: where the target's state goes.
        memory: where what sources add up is kept.
        refusals: what pods claim in vain.
        ended: called when one of the two threads has ended, and again when both have.

    """

    def __init__(  # noqa: PLR0913 - what all watchers share
        self,
        target: Target,
        asking: Asking,
        *,
        catalogue: Catalogue,
        store: Store,
        status: Status,
        memory: Memory | None = None,
        refusals: Refusals | None = None,
        ended: Callable[[Watcher], None] = lambda _: None,
    ) -> None:
        """Ask nothing yet."""
        self.target = target
        """What is watched."""
        self.asked = threading.Event()
        """Set once the target was asked for the first time, whatever came of it."""
        self.last: Application | None = None
        """The run that was followed last, also when it is over."""
        self._target = target.url
        self._refusals = refusals if refusals is not None else Refusals()
        self._ended = ended
        self._asking = asking
        self._catalogue = catalogue
        self._store = store
        self._status = status
        self._repeats = logs.Repeats()
        self._stopping = threading.Event()
        self._runner = Runner(target.url, status, self._repeats, stopping=self._stopping.is_set)
        # The driver is busy with its job: it is never asked two things at a time.
        turn = threading.Lock()
        self._ui = Fetcher(asking.timeout, turn=turn)
        self._poll_fetcher = Fetcher(asking.timeout, turn=turn)
        self._plugin_fetcher = Fetcher(asking.timeout, asking.token, host=target.confidant)
        self._application_source = ApplicationSource(self._ui, target.url)
        self._application: Application | None = None
        # Its target may show it for longer than the store keeps it.
        self._over: Run | None = None
        self._plugin: PluginSource | None = None
        self._history: History | None = None
        self._poller = Poller(
            target.url,
            interval=asking.interval,
            sources=self._sources,
            store=store,
            runner=self._runner,
            memory=memory,
            served=self._has_plugin,
        )
        self._hints = True
        self._looks = 0
        self._hasty = 0
        # Whoever named this pod also tells how it has ended, unless something is in the way.
        self._silence = Silence(closed=TOLD if target.identity else 0.0)
        self._backoff = Backoff()
        self._fault: tuple[str, bool] | None = None
        self._thread = threading.Thread(target=self._run, name=f"watch {target.url}", daemon=True)
        status.found(target.url, target.discovery)

    @property
    def reads_history(self) -> bool:
        """Whether a history server is at the target."""
        return self._history is not None

    def start(self) -> None:
        """Begin.

        Raises:
            RuntimeError: there is no room for two threads more; none is left of it.

        """
        self._poller.start()
        try:
            self._thread.start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End soon. A request that waits for news is left to itself: the thread does not keep the process."""
        self._stopping.set()
        self._poller.stop()

    def join(self, timeout: float) -> None:
        """Wait for the end, at most ``timeout`` seconds."""
        self._thread.join(timeout)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                delay = self._step()
                self._fault = None
                self._repeats.cleared("watch", "well again", target=self._target)
            except StoppedError:
                break
            except SourceError as error:
                delay = self._delay(error)
            except Exception as error:  # noqa: BLE001 - a defect here must not end the watch
                delay = self._delay(self._runner.failed("application", defect(error), 0.0, key="watch"))
            self.asked.set()
            self._stopping.wait(delay)
        self._ui.close()
        self._poll_fetcher.close()
        self._plugin_fetcher.close()
        # The poller may be waiting for an answer.
        self._ended(self)
        self._poller.join()
        self._ended(self)

    def _delay(self, error: SourceError) -> float:
        """Return the seconds until the next attempt: longer the longer the same fault lasts."""
        self._looks = 0
        fault = (error.reason, error.transient)
        if fault != self._fault:
            self._backoff.reset()
            self._fault = fault
        return self._backoff.delay(transient=error.transient, gap=self._asking.pace.gap)

    def _step(self) -> float:
        """Do the next thing; return the seconds until the one after it."""
        if self._history is not None:
            return self._read_history(self._history)
        plugin = self._plugin
        if plugin is None and self._hints:
            plugin = self._plugin = self._hinted()
        elif plugin is not None and not plugin.connected:
            plugin = None
        found = plugin if plugin is not None else self._look()
        return self._poll(found) if isinstance(found, PluginSource) else found

    def _hinted(self) -> PluginSource | None:
        """Return the plugin to which Spark's metrics point, which is not sure to be there."""
        endpoint = self.target.plugin or find_hint(self._ui, self._target)
        return self._plugin_at(endpoint, None) if endpoint and self._refusal(endpoint) is None else None

    def _refusal(self, endpoint: str) -> Refusal | None:
        """Say why the plugin must not be asked there, which counts; None if it may."""
        reach = self.target.reach
        refusal = reach.refusal(endpoint) if reach is not None else None
        if refusal is not None:
            fields = {"target": self._target, "endpoint": endpoint[:200], **self.target.place._asdict()}
            self._refusals.refuse(self.target.identity, refusal, **fields)
        return refusal

    def _plugin_at(self, endpoint: str, app_id: str | None) -> PluginSource:
        return PluginSource(self._plugin_fetcher, endpoint, app_id, self._asking.pace, self._catalogue)

    def _sources(self, application: Application) -> list[PolledSource]:
        return polled_sources(
            self._poll_fetcher,
            self._target,
            application,
            self._catalogue,
            disabled=self._asking.disabled,
            served=lambda: self._has_plugin(application),
        )

    def _has_plugin(self, application: Application) -> bool:
        known = self._store.run_of(self._target, application)
        return known is not None and known.snapshot is not None

    def _read_history(self, history: History) -> float:
        """Read on in a history server, as long as it is one."""
        if not is_history_server(self._ui, self._target):
            self._history = None
            self._describe_waiting("the history server is gone")
            return ENDING
        return history.step()

    def _found_history(self) -> bool:
        """Find out whether an application that nobody knew belongs to a history server."""
        if self._application is None and is_history_server(self._ui, self._target):
            logs.info("found a history server", target=self._target)
            self._history = History(
                self._target,
                fetcher=self._ui,
                asking=self._asking,
                catalogue=self._catalogue,
                store=self._store,
                status=self._status,
                runner=self._runner,
                place=self.target.place,
            )
        return self._history is not None

    def _describe_waiting(self, reason: object) -> None:
        self._status.describe(self._target, f"waiting for a driver: {reason}", up=False)

    def _look(self) -> PluginSource | float:
        """Look at the driver's REST API; return the plugin to ask, or else the seconds to the next look."""
        # While Spark loads its REST API, hints may come first.
        self._application_source.patient = self._application is not None
        try:
            application = self._runner.run(self._application_source)
        except SourceError as error:
            if self._application is not None and self._silence.borne(error):
                self._describe(self._application, f"is waited for: {error}", up=False)
                raise
            self._forget()
            # An empty history server lists nothing, which no driver does for long.
            if error.reason == "invalid" and self._found_history():
                return 0.0
            self._describe_waiting(error)
            raise
        self._silence.over()
        if self._found_history():
            return 0.0
        known = self._store.run_of(self._target, application)
        if (known is not None and known.ended) or application.run == self._over:
            return self._wait_for_next(application)
        if application.completed and known is None:
            self._say_nothing()
            return LOOK_AGAIN
        if self._application is None or self._application.run != application.run:
            self._plugin = None
            self._looks = 0
        self._publish(application, None)
        if application.completed:
            return ENDING
        return self._plugin if self._plugin is not None else self._connect(application)

    def _wait_for_next(self, over: Application) -> float:
        """Return the seconds until the next look at a target that still shows what is over."""
        self._over = over.run
        self._describe(over, "has ended; waiting for the next application")
        return ENDING

    def _forget(self) -> None:
        """Take the driver for gone: whatever comes next is new."""
        self._poller.follow(None)
        self._store.lost(self._target)
        self._silence.over()
        self._repeats.forget("nothing")
        self._application = None
        self._plugin = None
        self._hints = True

    def _connect(self, application: Application) -> PluginSource | float:
        """Look for the plugin, now and then; return it, or else the seconds to the next look."""
        self._looks += 1
        if self._looks % ENVIRONMENT_EVERY != 1:
            return LOOK_AGAIN
        environment = self._runner.run(EnvironmentSource(self._ui, self._target, application.id))
        endpoint = environment.endpoint
        if endpoint is None or not environment.plugin_configured:
            self._describe(application, self._say_missing(environment))
            return LOOK_AGAIN
        refusal = self._refusal(endpoint)
        if refusal is not None:
            self._describe(application, f"runs, but its plugin is not asked: {refusal.message}")
            return LOOK_AGAIN
        if is_loopback(endpoint) and not is_loopback(self._target):
            message = (
                "the plugin listens on its driver's loopback address only: run the daemon beside the driver, "
                "or give the application spark.exporter.host=0.0.0.0 and a token"
            )
            self._repeats.fault("loopback", message, target=self._target, endpoint=endpoint)
        self._plugin = self._plugin_at(endpoint, application.id)
        return self._plugin

    def _say_nothing(self) -> None:
        """Say that the target shows nothing that is published: whoever named it may expect otherwise."""
        sentence = "no application is running"
        self._status.describe(self._target, sentence, up=True)
        message = (
            f"{sentence}: the target is no history server, and lists only what ended before it was watched"
        )
        self._repeats.fault("nothing", message, target=self._target)

    def _say_missing(self, environment: Environment) -> str:
        sentence = (
            "runs the plugin, but it published no endpoint: the driver's log says why"
            if environment.plugin_configured
            else "runs without the plugin: start it with the settings that 'spark-exporter spark-conf' prints"
        )
        self._repeats.fault("missing", f"the application {sentence}", target=self._target)
        return sentence

    def _poll(self, plugin: PluginSource) -> float:
        """Ask the plugin for news and wait for them; return the seconds until there may be more."""
        followed = plugin.connected
        start = time.monotonic()
        try:
            snapshot = self._runner.run(plugin)
        except SourceError as error:
            if self._application is not None:
                self._store.falter(self._target, self._application, plugin.name)
                sentence = f"runs, but its plugin fails: {error}"
                self._describe(self._application, sentence, plugin.endpoint)
            if not followed:
                self._plugin = None
            self._hints = False
            raise
        self._silence.over()
        if self._hints and not followed:
            self._runner.idle(self._application_source.name)
        application = snapshot.application
        if application.run == self._over:
            self._plugin = None
            self._hints = False
            return self._wait_for_next(application)
        self._publish(application, snapshot)
        self._say_version(snapshot)
        self._repeats.cleared("missing", "the plugin is there now", target=self._target)
        sentence = "has ended" if snapshot.final else "runs with the plugin"
        self._describe(application, sentence, plugin.endpoint)
        if not snapshot.final:
            return self._pause(time.monotonic() - start)
        logs.info("an application has ended", target=self._target, app_id=application.id)
        self._plugin = None
        self._hints = False
        return ENDING

    def _pause(self, seconds: float) -> float:
        """Return the seconds to hold back the next poll, after one that took ``seconds``."""
        self._hasty = self._hasty + 1 if seconds < HASTE else 0
        return HASTE if self._hasty > HASTY else 0.0

    def _publish(self, application: Application, snapshot: Snapshot | None) -> None:
        self._runner.check()
        try:
            self._store.publish(self._target, application, snapshot, self.target.place)
        except SourceError as error:
            self._plugin = None
            self._status.describe(self._target, str(error), up=True, app_id=application.id)
            raise self._runner.failed("application", error, 0.0, key="publish") from error
        self._repeats.cleared("publish", "the application is followed now", target=self._target)
        self._repeats.forget("nothing")
        if self._application is None or self._application.run != application.run:
            self._repeats.forget("version", "missing", "loopback")
            fields = {"app_id": application.id, "app_name": application.name}
            logs.info("found an application", target=self._target, **fields)
        self._application = self.last = application
        ended = application.completed or (snapshot is not None and snapshot.final)
        self._over = application.run if ended else None
        # A plugin says enough for the first seconds, and many a job has not more of them.
        self._poller.follow(None if ended else application, patient=snapshot is not None)

    def _describe(
        self, application: Application, sentence: str, endpoint: str = "", *, up: bool = True
    ) -> None:
        state = f"{application.name} ({application.id}) {sentence}"
        claimed = self.target.claimed
        self._status.describe(
            self._target, state, up=up, app_id=application.id, endpoint=endpoint, claimed=claimed
        )

    def _say_version(self, snapshot: Snapshot) -> None:
        if snapshot.plugin_version != __version__:
            plugin = snapshot.plugin_version
            message = f"the plugin has version {plugin} and this daemon {__version__}: use the same one"
            self._repeats.fault("version", message, target=self._target)
