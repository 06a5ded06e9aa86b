"""From what the daemon knows to the lines of an exposition. Pure: the same input gives the same bytes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from exporter._version import __version__
from exporter.daemon.custom import APPLICATION_PREFIX, EXECUTOR_PREFIX
from exporter.daemon.errors import REASONS
from exporter.daemon.exposition import Family, Format, expose
from exporter.daemon.model import STATES, Executor, Record, Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from exporter.daemon.catalogue import Catalogue
    from exporter.daemon.status import TargetStatus
    from exporter.daemon.store import Published, View

MAX_REASON = 200


@dataclass(frozen=True)
class Scrape:
    """Everything that one scrape shows."""

    view: View
    targets: Mapping[str, TargetStatus]
    retention: float
    series_limit: int
    process: tuple[tuple[str, tuple[str, ...], float], ...] = ()
    """Samples about this process: name, label values, value."""


class Lines:
    """Collects sample lines by family."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Hold none."""
        self._catalogue = catalogue
        self._lines: dict[str, list[str]] = {name: [] for name in catalogue.entries}

    def add(self, name: str, value: float | None, *labels: str) -> None:
        """Add one sample of a metric of the catalogue; None means that there is none."""
        entry = self._catalogue[name]
        if value is not None:
            self._lines[name].append(entry.line(labels, value))

    def content(self) -> Iterable[tuple[Family, Iterable[str]]]:
        """Return the families in the catalogue's order."""
        return [(entry.family, self._lines[name]) for name, entry in self._catalogue.entries.items()]


def render(scrape: Scrape, catalogue: Catalogue, form: Format) -> bytes:
    """Return the exposition of ``scrape``."""
    lines = Lines(catalogue)
    for published in scrape.view.applications:
        _application(lines, published)
    _targets(lines, scrape.targets)
    _daemon(lines, scrape)
    return expose([*lines.content(), *custom(scrape.view)], form)


def custom(view: View) -> Iterable[tuple[Family, Iterable[str]]]:
    """Return the user's families: each for the applications, then each for their executors."""
    totals: dict[str, list[str]] = {family.name: [] for family in view.resolution.families}
    executors: dict[str, list[str]] = {family.name: [] for family in view.resolution.families}
    for published in view.applications:
        plan = published.plan
        if plan is None:
            continue
        for name, block in plan.total.blocks:
            totals[name].append(block.text(plan.snapshot.totals))
        for executor in plan.snapshot.executors:
            scope = plan.executors.get(executor.id)
            for name, block in scope.blocks if scope is not None else ():
                executors[name].append(block.text(executor.values))
    for prefix, pieces in ((APPLICATION_PREFIX, totals), (EXECUTOR_PREFIX, executors)):
        for family in view.resolution.families:
            yield family._replace(name=prefix + family.name), pieces[family.name]


def _application(lines: Lines, published: Published) -> None:
    record = published.record
    application = record.application
    labels = (application.id, application.name)
    version, user, attempt = application.spark_version, application.user, application.attempt_id
    lines.add("spark_app_info", 1, *labels, version, user, attempt)
    lines.add("spark_app_up", record.up, *labels)
    lines.add("spark_app_start_timestamp_seconds", application.start_time, *labels)
    lines.add("spark_app_end_timestamp_seconds", application.end_time, *labels)
    if published.plan is not None:
        lines.add("spark_exporter_series", published.plan.lines, *labels)
        for reason, count in published.dropped.items():
            lines.add("spark_exporter_series_dropped_total", count, *labels, reason)
    if record.snapshot is not None:
        _plugin(lines, record, record.snapshot, labels)


def _plugin(lines: Lines, record: Record, snapshot: Snapshot, labels: tuple[str, str]) -> None:
    lines.add("spark_exporter_plugin_info", 1, *labels, snapshot.plugin_version)
    lines.add("spark_exporter_plugin_report_interval_seconds", snapshot.report_interval, *labels)
    for executor in snapshot.executors:
        _executor(lines, executor, record.up and executor.live, (*labels, executor.id))


def _executor(lines: Lines, executor: Executor, up: bool, labels: tuple[str, ...]) -> None:
    lines.add("spark_executor_info", 1, *labels, executor.host)
    lines.add("spark_executor_up", up, *labels)
    lines.add("spark_executor_added_timestamp_seconds", executor.added, *labels)
    lines.add("spark_executor_removed_timestamp_seconds", executor.removed, *labels)
    if not executor.live:
        lines.add("spark_executor_removed_info", 1, *labels, shorten(executor.reason or ""))
    lines.add("spark_executor_tasks_ended_total", executor.tasks_ended, *labels)
    lines.add("spark_exporter_plugin_last_report_timestamp_seconds", executor.reported, *labels)
    lines.add("spark_exporter_plugin_reports_total", executor.reports, *labels)
    stats = executor.stats
    lines.add("spark_exporter_plugin_report_failures_total", stats.report_failures, *labels)
    lines.add("spark_exporter_plugin_samples_total", stats.samples, *labels)
    lines.add("spark_exporter_plugin_sample_seconds_total", stats.sample_seconds, *labels)
    lines.add("spark_exporter_plugin_sample_failures_total", stats.sample_failures, *labels)
    lines.add("spark_exporter_plugin_series", stats.series, *labels)
    lines.add("spark_exporter_plugin_segments", stats.segments, *labels)
    for reason, count in stats.dropped.items():
        lines.add("spark_exporter_plugin_dropped_total", count, *labels, reason)


def shorten(reason: str) -> str:
    """Return a removal reason as one line of bounded length: Spark may put a whole stack trace there."""
    line = " ".join(reason.split())
    return line if len(line) <= MAX_REASON else line[: MAX_REASON - 3] + "..."


def _targets(lines: Lines, targets: Mapping[str, TargetStatus]) -> None:
    for target, status in targets.items():
        lines.add("spark_exporter_target_up", status.up, target)
        lines.add("spark_exporter_target_info", 1, target, status.app_id, status.endpoint)
        for name, collector in status.collectors.items():
            lines.add("spark_exporter_source_attempts_total", collector.attempts, target, name)
            for reason in REASONS:
                failures = collector.failures.get(reason, 0)
                lines.add("spark_exporter_source_failures_total", failures, target, name, reason)
            if collector.success is not None:
                lines.add("spark_exporter_scrape_collector_success", collector.success, target, name)
                lines.add("spark_exporter_scrape_collector_duration_seconds", collector.seconds, target, name)


def _daemon(lines: Lines, scrape: Scrape) -> None:
    lines.add("spark_exporter_build_info", 1, __version__)
    states = Counter(published.record.state for published in scrape.view.applications)
    for state in STATES:
        lines.add("spark_exporter_applications", states[state], state)
    lines.add("spark_exporter_applications_dropped_total", scrape.view.evicted, "too_many")
    lines.add("spark_exporter_retention_seconds", scrape.retention)
    lines.add("spark_exporter_series_limit", scrape.series_limit)
    for name, labels, value in scrape.process:
        lines.add(name, value, *labels)
