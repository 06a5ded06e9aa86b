"""``spark-exporter check``: says in plain words whether the metrics of an application can get out.

What is broken is wrong. What is merely not there, such as the plugin, is a hint: the daemon does without it.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, TypeVar

from exporter._version import __version__
from exporter.daemon import catalogue, fields
from exporter.daemon.asking import HISTORY_WINDOW
from exporter.daemon.check_sources import check_sources, sentence_of
from exporter.daemon.decode import parse_array
from exporter.daemon.discovery.target import host_of
from exporter.daemon.errors import SourceError, TlsError
from exporter.daemon.fetch import Fetcher
from exporter.daemon.healthcheck import HEALTHY, NAME
from exporter.daemon.history import Listing, is_history_server, malformed_entries
from exporter.daemon.limits import Limits
from exporter.daemon.sources.application import ApplicationSource
from exporter.daemon.sources.environment import EnvironmentSource
from exporter.daemon.sources.plugin import PluginSource
from exporter.shown import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from exporter.daemon.model import Application, Executor, Snapshot
    from exporter.daemon.sources import Source

T = TypeVar("T")
DRIVER = "driver"
STALE_INTERVALS = 5
"""Reports that may be missing before an executor counts as silent."""
STALE_SECONDS = 10.0
_LOG_OF_HISTORY = "The history server's log says more."


class _Stop(Exception):  # noqa: N818 - not an error: the rest of the checks has nothing to look at
    """Nothing more can be checked."""


class Check:
    """One run of the command.

    Args:
        target: URL of the driver's UI, or of a history server.
        timeout: seconds for one request.
        token: for the plugin.
        say: prints one line.

    """

    def __init__(
        self, target: str, timeout: float, token: str | None, say: Callable[[str], object] = print
    ) -> None:
        """Ask nothing yet."""
        self._target = target
        self._ui = Fetcher(timeout)
        self._plugin = Fetcher(timeout, token, host=host_of(target))
        self._say = say
        self._wrong = 0
        self._hints = 0
        self._sources = ""

    def run(self) -> int:
        """Say everything; return 0 if nothing is broken, else 1."""
        try:
            self._run()
        except _Stop:
            pass
        finally:
            self._ui.close()
            self._plugin.close()
        if self._sources:
            self._say(self._sources)
        hints = f"; {_many(self._hints, 'hint')}" if self._hints else ""
        if self._wrong:
            verb = "is" if self._wrong == 1 else "are"
            self._say(f"{_many(self._wrong, 'thing')} {verb} broken{hints}.")
            return 1
        self._say(f"Nothing is broken{hints}.")
        return 0

    def _run(self) -> None:
        if is_history_server(self._ui, self._target):
            self._check_history()
            return
        application = self._check_ui()
        snapshot = None
        with contextlib.suppress(_Stop):
            snapshot = self._check_plugin(application)
        if snapshot is not None:
            self._check_version(snapshot)
            with contextlib.suppress(_Stop):
                self._check_executors(application, snapshot)
            self._check_drops(snapshot)
            self._say_control(snapshot)
        self._sources = check_sources(
            self, self._ui, self._target, application, catalogue.load(), plugin=snapshot is not None
        )

    def ok(self, sentence: str) -> None:
        """Say what is as it should be."""
        self._say(f"ok     {printable(sentence)}")

    def hint(self, sentence: str, remedy: str) -> None:
        """Say what is not there, and how to get it."""
        self._hints += 1
        self._say(f"hint   {printable(sentence)}")
        self._say(f"       {remedy}")

    def wrong(self, sentence: str, remedy: str) -> None:
        """Say what is broken, and what to do about it."""
        self._wrong += 1
        self._say(f"wrong  {printable(sentence)}")
        self._say(f"       {remedy}")

    def _ask(self, source: Source[T], remedy: Callable[[SourceError], str]) -> T:
        try:
            return source.update().value
        except SourceError as error:
            self.wrong(sentence_of(error), remedy(error))
            raise _Stop from error

    def _check_history(self) -> None:
        limit = Limits().applications
        listing = Listing(self._ui, self._target, HISTORY_WINDOW, limit)
        found = self._ask(listing, _history_remedy)
        count = f"more than {limit} applications" if len(found) > limit else _many(len(found), "application")
        self.ok(f"{self._target} is a Spark history server.")
        self.ok(f"{count} ended in the last {HISTORY_WINDOW / 3600:.0f} hours; the daemon reads each once.")
        if listing.malformed:
            self.wrong(f"The daemon leaves out {malformed_entries(listing.malformed)}.", _LOG_OF_HISTORY)

    def _check_ui(self) -> Application:
        try:
            application = ApplicationSource(self._ui, self._target).update().value
        except SourceError as error:
            if error.reason != "timeout" and is_daemon(self._ui, self._target):
                self.wrong(
                    f"{self._target} is the daemon of spark-exporter, and not the UI of a driver.",
                    f"Give the URL of a driver's UI. 'spark-exporter top {self._target}' shows what it has.",
                )
            else:
                self.wrong(sentence_of(error), _ui_remedy(error))
            raise _Stop from error
        version = application.spark_version or "of unknown version"
        shown = f'application "{application.name}" ({application.id})'
        self.ok(f"{self._target} is the UI of Spark {version}, {shown}.")
        if application.completed:
            self.wrong("The application has ended.", "Give the URL of the UI of a running driver.")
            raise _Stop
        return application

    def _check_plugin(self, application: Application) -> Snapshot:
        environment = self._ask(
            EnvironmentSource(self._ui, self._target, application.id),
            lambda _: "The environment page of the UI should show spark.exporter.endpoint: look there.",
        )
        if not environment.plugin_configured:
            self.hint(
                "The plugin is not loaded: spark.plugins does not name it. Without it there are no custom "
                "metrics, no look into the executors' JVMs and containers, and no progress of streaming "
                "queries; docs/metrics.md says what needs it.",
                "Start the application with 'spark-submit $(spark-exporter spark-conf --format args) ...'.",
            )
            raise _Stop
        if environment.endpoint is None:
            self.wrong(
                "The plugin is configured, but it published no endpoint.",
                "Look for 'spark-exporter' in the driver's log: it says in one warning why.",
            )
            raise _Stop
        source = PluginSource(self._plugin, environment.endpoint, application.id)
        snapshot = self._ask(source, _plugin_remedy)
        self.ok(f"The plugin is loaded, version {snapshot.plugin_version}, and answers at {source.endpoint}.")
        return snapshot

    def _check_version(self, snapshot: Snapshot) -> None:
        if snapshot.plugin_version == __version__:
            self.ok(f"This command has the same version, {__version__}.")
        else:
            self.wrong(
                f"This command has version {__version__}, the plugin {snapshot.plugin_version}.",
                "Install the same version here as in the application's environment.",
            )

    def _check_executors(self, application: Application, snapshot: Snapshot) -> None:
        live = self._live_executors(application)
        expected = live - {DRIVER} or {DRIVER}
        known = {executor.id: executor for executor in snapshot.executors if executor.live}
        ages = {key: _age(snapshot, known[key]) for key in expected & known.keys()}
        limit = max(STALE_SECONDS, STALE_INTERVALS * snapshot.report_interval)
        reporting = {key for key, age in ages.items() if age is not None and age <= limit}
        oldest = max((age for key, age in ages.items() if key in reporting and age is not None), default=None)
        sentence = f"{len(reporting)} of {len(expected)} executors report"
        if expected == {DRIVER}:
            sentence = f"The driver, alone so far, {'reports' if reporting else 'does not report'}"
        if oldest is not None:
            sentence += f"; the oldest last report is {oldest:.1f} s old"
        if reporting == expected:
            self.ok(f"{sentence}.")
            return
        silent = ", ".join(sorted(expected - reporting))
        self.wrong(
            f"{sentence}. Silent: {silent}.",
            "Look for 'spark-exporter' in their logs. The plugin's jar must reach them by spark.jars.",
        )

    def _live_executors(self, application: Application) -> set[str]:
        try:
            body = self._ui.get(f"{self._target}/api/v1/applications/{application.id}/executors").body
            documents = [fields.mapping(item, "executors") for item in parse_array(body)]
            return {fields.text(item, "id", "executors") for item in documents if item.get("isActive", True)}
        except SourceError as error:
            self.wrong(
                sentence_of(error), "Spark's list of executors could not be read: try again in a few seconds."
            )
            raise _Stop from error

    def _check_drops(self, snapshot: Snapshot) -> None:
        total: dict[str, float] = {}
        for executor in snapshot.executors:
            for reason, count in executor.stats.dropped.items():
                total[reason] = total.get(reason, 0.0) + count
        dropped = {reason: count for reason, count in total.items() if count}
        if not dropped:
            self.ok("Nothing was dropped.")
        for reason, count in sorted(dropped.items()):
            say = self.hint if reason in _BEARABLE else self.wrong
            say(f"Dropped: {count:.0f} by {reason}.", DROP_REMEDIES.get(reason, "See docs/metrics.md."))

    def _say_control(self, snapshot: Snapshot) -> None:
        if snapshot.control:
            self.ok("Live configuration and events are on; the daemon needs the same token.")
        else:
            self.ok(
                "Live configuration and events are off, as the plugin has no token "
                "(spark.exporter.tokenFile, or SPARK_EXPORTER_TOKEN in the driver)."
            )


DROP_REMEDIES = {
    "series_limit": "Use fewer label values, or raise spark.exporter.maxSeries or maxApplicationSeries.",
    "label_too_long": "Use shorter label values: they name kinds of things, not things.",
    "invalid_value": "Look at what the job records: counters take numbers that are not negative.",
    "definition_conflict": "Define each metric the same way everywhere: type, labels, unit and buckets.",
    "no_space": "Free space in the first directory of spark.local.dir on the executors.",
    "corrupt_segment": "Check the disk of spark.local.dir, and that nothing else writes into it.",
    "reading_limit": "Raise spark.exporter.maxReadings, or have fewer gauges and timers in Spark's registry.",
    "invalid_reading": "Look for a gauge in Spark's metric registry that fails, or gives no number.",
    "slow_source": "Look for gauges in Spark's metric registry that take long to read.",
    "progress_too_large": "Give a streaming query fewer sources, state operators or observed metrics.",
    "sql_limit": "Look for a data source that makes up new operators or metrics again and again.",
    "query_limit": "Give streaming queries a checkpoint and a name, so that one started again is the same.",
    "unreadable_sql_metric": "A data source has metrics that do not add up: Spark's UI shows them.",
}
"""What to do about each thing that the client library or the plugin refuses."""
_BEARABLE = frozenset({"unreadable_sql_metric"})
"""Nobody has done anything wrong there."""


def is_daemon(fetcher: Fetcher, url: str) -> bool:
    """Say whether a daemon of ours answers there."""
    try:
        return fetcher.get(f"{url}{HEALTHY}").body.startswith(NAME)
    except SourceError:
        return False


def _many(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _age(snapshot: Snapshot, executor: Executor) -> float | None:
    return None if executor.reported is None else max(0.0, snapshot.time - executor.reported)


def _history_remedy(error: SourceError) -> str:
    if error.reason == "timeout":
        return "Is the history server still reading its event logs? --scrape.timeout gives it more time."
    return _LOG_OF_HISTORY


def _ui_remedy(error: SourceError) -> str:
    tls = next((one for one in (error, error.__cause__) if isinstance(one, TlsError)), None)
    if tls is not None:
        if tls.fault == TlsError.PLAIN:
            return "Give its URL with http://."
        return "The daemon could not ask either: it trusts public authorities, and shows no certificate."
    return {
        "connect": "Is the application running, with spark.ui.enabled=true, and is this its port?",
        "timeout": "Is the driver overloaded, or a firewall in between? --scrape.timeout gives it more time.",
        "unauthorized": "The UI is protected by a filter: let this machine through.",
        "redirect": "Give the address to which it redirects.",
    }.get(error.reason, "Give the URL of a driver's UI, such as http://127.0.0.1:4040.")


def _plugin_remedy(error: SourceError) -> str:
    return {
        "connect": "The plugin listens on loopback by default: run this there, or set spark.exporter.host.",
        "timeout": "Is the driver overloaded, or a firewall in between? --scrape.timeout gives it more time.",
        "unauthorized": "Give the driver's token with --token-file or SPARK_EXPORTER_TOKEN. The driver has it"
        " from spark.exporter.tokenFile, spark.exporter.token or SPARK_EXPORTER_TOKEN.",
        "invalid": "Use the same version of spark-exporter here and in the application.",
        "mismatch": "Another application has taken over the port: try again in a few seconds.",
    }.get(error.reason, "The driver's log says more.")
