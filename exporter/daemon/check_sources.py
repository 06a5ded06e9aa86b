"""The part of the check about what Spark itself tells, with the plugin or without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from exporter.daemon.errors import SourceError
from exporter.daemon.polled import polled_sources
from exporter.daemon.sources import REST
from exporter.daemon.sources.environment import RuntimeSource
from exporter.daemon.sources.process import ProcessSource
from exporter.daemon.sources.sink import SinkSource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exporter.daemon.catalogue import Catalogue
    from exporter.daemon.fetch import Fetcher
    from exporter.daemon.frame import Frame
    from exporter.daemon.model import Application
    from exporter.daemon.sources import PolledSource

EXECUTORS_PATH = "/metrics/executors/prometheus/"
RUNNING = "spark_process_running"
JVM_POOLS = "spark_executor_jvm_memory_pool_used_bytes"
"""A metric that nothing but Spark's JvmSource gives."""
IO = "spark_process_io_bytes_total"
PROCESS_TREE = "spark.executor.processTreeMetrics.enabled"
SETTINGS = {
    "spark.sql.streaming.metricsEnabled": "there are no rates and latencies of streaming queries.",
    PROCESS_TREE: "there is no memory of executors' Python workers.",
}
"""What is missing without a setting."""
RETAINED = {
    "spark.ui.retainedJobs": 1_000,
    "spark.ui.retainedStages": 1_000,
    "spark.ui.retainedDeadExecutors": 100,
    "spark.sql.ui.retainedExecutions": 1_000,
}
"""How many of each Spark keeps unless it is told otherwise."""
OR_PLUGIN = "or load the plugin, which needs no such setting"


class Reporter(Protocol):
    """Says what was found."""

    def ok(self, sentence: str) -> None:
        """Say what is as it should be."""

    def hint(self, sentence: str, remedy: str) -> None:
        """Say what is not there, and how to get it."""

    def wrong(self, sentence: str, remedy: str) -> None:
        """Say what is broken, and what to do about it."""


def check_sources(  # noqa: PLR0913 - whom to tell, whom to ask, and for what
    report: Reporter,
    ui: Fetcher,
    target: str,
    application: Application,
    catalogue: Catalogue,
    *,
    plugin: bool,
) -> str:
    """Ask each of the sources that the daemon polls, once; return a sentence that names those it would have.

    Args:
        report: is told what comes of it.
        ui: asks the driver's UI.
        target: its URL.
        application: the one that runs there.
        catalogue: the built-in metrics.
        plugin: whether the plugin works, which gives most of what settings of Spark's would.

    """
    sources = polled_sources(ui, target, application, catalogue)
    found = {source.name: _ask(source) for source in sources}
    _say_rest(report, {name: found[name] for name in REST})
    _say_sink(report, target, found[SinkSource.name], plugin=plugin)
    _say_executors(report, ui, target)
    seen = _say_processes(report, found[ProcessSource.name], plugin=plugin)
    runtime = next(source for source in sources if isinstance(source, RuntimeSource))
    if not plugin and not isinstance(found[RuntimeSource.name], SourceError):
        _say_settings(report, runtime.conf(), found[SinkSource.name], seen=seen)
    well = sum(not isinstance(found[name], SourceError) for name in REST)
    there = {
        "the plugin": plugin,
        f"REST ({well} of {len(REST)} collectors)": well > 0,
        "Spark's own metrics": not isinstance(found[SinkSource.name], SourceError),
        "processes": seen,
    }
    held, missing = ([name for name, found in there.items() if found is want] for want in (True, False))
    without = f" It would not have: {', '.join(missing)}." if missing else ""
    return f"The daemon would have: {', '.join(held) or 'nothing'}.{without}"


def sentence_of(error: SourceError) -> str:
    """Return an error's text as a sentence."""
    text = str(error)
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _ask(source: PolledSource) -> Frame | SourceError:
    try:
        return source.update().value
    except SourceError as error:
        return error


def _say_rest(report: Reporter, found: Mapping[str, Frame | SourceError]) -> None:
    well = [name for name, answer in found.items() if not isinstance(answer, SourceError)]
    if well:
        report.ok(f"Spark's REST API gives what these collectors ask for: {', '.join(well)}.")
    for name, answer in found.items():
        if isinstance(answer, SourceError):
            report.wrong(
                f"The collector {name} fails: {sentence_of(answer)}",
                f"Its metrics are missing. Try again; --collector.disable={name} keeps it from being asked.",
            )


def _say_sink(report: Reporter, target: str, answer: Frame | SourceError, *, plugin: bool) -> None:
    if not isinstance(answer, SourceError):
        report.ok(f"Spark's own metrics of the driver are at {target}/metrics/json/.")
        return
    instead = (
        "The plugin gives all of them, so nothing is missing."
        if plugin
        else "Those of the driver's JVM, scheduler and listener bus are missing; the plugin would give them."
    )
    report.hint(f"Spark's own metrics of the driver are closed: {sentence_of(answer)}", instead)


def _say_executors(report: Reporter, ui: Fetcher, target: str) -> None:
    try:
        ui.get(f"{target}{EXECUTORS_PATH}")
    except SourceError as error:
        report.hint(
            f"Spark's endpoint for executors is closed: {sentence_of(error)}",
            "Nothing needs it as long as REST tells of executors; spark.ui.prometheus.enabled=true opens it.",
        )
    else:
        report.ok(f"Spark's endpoint for executors is at {target}{EXECUTORS_PATH}.")


def _say_processes(report: Reporter, answer: Frame | SourceError, *, plugin: bool) -> bool:
    """Return whether there are any to be seen."""
    column = answer.columns.get(RUNNING) if not isinstance(answer, SourceError) else None
    if column is None:
        missing = (
            f"The plugin gives the spark_process_ metrics all the same, without {IO}."
            if plugin
            else "So there would be no spark_process_ metrics; the plugin would give them."
        )
        report.hint(
            f"No process of Spark's can be seen from here. {missing}",
            "To see them takes a daemon beside the driver; in a pod, one with shareProcessNamespace.",
        )
        return False
    seen: dict[str, list[str]] = {}
    for (executor_id, role), value in zip(column.keys, column.values, strict=True):
        if value:
            seen.setdefault(executor_id, []).append(f"{role} {value:.0f}")
    shown = ", ".join(f"{executor_id} ({', '.join(roles)})" for executor_id, roles in seen.items())
    report.ok(f"Spark's processes can be seen from here: {shown}.")
    return True


def _say_settings(
    report: Reporter, conf: Mapping[str, str], sink: Frame | SourceError, *, seen: bool
) -> None:
    """Name the settings without which Spark itself says less; the plugin needs none of them."""
    for setting, missing in SETTINGS.items():
        # Whose processes can be seen needs not be asked about them.
        if conf.get(setting, "false") != "true" and not (seen and setting == PROCESS_TREE):
            report.hint(f"{setting} is off: {missing}", f"Set it to true, {OR_PLUGIN}.")
    for setting, usual in RETAINED.items():
        kept = conf.get(setting, "")
        if kept.isdecimal() and int(kept) < usual:
            report.hint(
                f"{setting} is {kept}: totals lack what Spark forgets before the daemon has read it.",
                f"Leave it at {usual}, {OR_PLUGIN}.",
            )
    if not isinstance(sink, SourceError) and JVM_POOLS not in sink.columns:
        report.hint(
            "Spark's JvmSource is off: there are no memory pools and collectors of the driver's JVM.",
            "Set spark.metrics.conf.*.source.jvm.class=org.apache.spark.metrics.source.JvmSource, "
            f"{OR_PLUGIN}.",
        )
