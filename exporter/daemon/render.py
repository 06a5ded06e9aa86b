"""From what the daemon knows to the bytes of an exposition. The same input gives the same bytes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from exporter._version import __version__
from exporter.daemon.custom import APPLICATION_PREFIX, EXECUTOR_PREFIX
from exporter.daemon.exposition import Family, Format, parts_of
from exporter.daemon.fleet import Found
from exporter.daemon.model import STATES
from exporter.daemon.targets import TargetSheets

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from exporter.daemon.access.file import Reload
    from exporter.daemon.catalogue import Catalogue
    from exporter.daemon.limits import Limits
    from exporter.daemon.status import TargetStatus
    from exporter.daemon.store import View


@dataclass(frozen=True)
class Scrape:
    """Everything that one scrape shows."""

    view: View
    targets: Mapping[str, TargetStatus]
    retention: float
    limits: Limits
    process: tuple[tuple[str, tuple[str, ...], float], ...] = ()
    """Samples about this process: name, label values, value."""
    uncharted: int = 0
    """Series that the daemon's own page has no chart for."""
    state_failures: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """How often what is remembered of applications could not be kept or used, by reason."""
    control_refused: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """How many requests to steer an application were refused, by reason."""
    found: Found = field(default_factory=Found)
    """How the search for targets is doing."""
    web_config: Reload | None = None
    """How reading the file of --web.config.file has gone; None if there is none."""


class Pages:
    """Collects sample lines by family."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Hold none."""
        self._catalogue = catalogue
        self.pieces: dict[str, list[bytes]] = {name: [] for name in catalogue.entries}
        """By the name of the metric, to be added to."""

    def add(self, name: str, value: float, *labels: str) -> None:
        """Add one sample of a metric of the catalogue."""
        self.pieces[name].append(self._catalogue[name].line(labels, value).encode("utf-8", "replace"))

    def content(self) -> Iterable[tuple[Family, Iterable[bytes]]]:
        """Return the families in the catalogue's order."""
        return [(entry.family, self.pieces[name]) for name, entry in self._catalogue.entries.items()]


class Renderer:
    """Makes expositions, and keeps what it prepared for the next one. Scrapes may overlap."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Have nothing prepared."""
        self._catalogue = catalogue
        self._targets = TargetSheets(catalogue)

    def render(self, scrape: Scrape, form: Format) -> list[bytes]:
        """Return the exposition of ``scrape`` in parts."""
        pages = Pages(self._catalogue)
        for published in scrape.view.applications:
            published.sheet.add_to(pages.pieces)
        for sheet in self._targets.follow(scrape.targets):
            sheet.add_to(pages.pieces)
        _daemon(pages, scrape)
        return parts_of([*pages.content(), *custom(scrape.view)], form)


def render(scrape: Scrape, catalogue: Catalogue, form: Format) -> bytes:
    """Return one exposition, with what the applications have prepared and nothing else."""
    return b"".join(Renderer(catalogue).render(scrape, form))


def custom(view: View) -> Iterable[tuple[Family, Iterable[bytes]]]:
    """Return the user's families: each for the applications, then each for their executors."""
    totals: dict[str, list[bytes]] = {family.name: [] for family in view.resolution.families}
    executors: dict[str, list[bytes]] = {family.name: [] for family in view.resolution.families}
    for published in view.applications:
        plan, snapshot = published.plan, published.record.snapshot
        if snapshot is None or plan.total is None:
            continue
        for name, block in plan.total.blocks:
            totals[name].append(block.text(snapshot.totals))
        for executor in snapshot.executors:
            scope = plan.executors.get(executor.id)
            for name, block in scope.blocks if scope is not None else ():
                executors[name].append(block.text(executor.values))
    for prefix, pieces in ((APPLICATION_PREFIX, totals), (EXECUTOR_PREFIX, executors)):
        for family in view.resolution.families:
            yield family._replace(name=prefix + family.name), pieces[family.name]


def _daemon(pages: Pages, scrape: Scrape) -> None:
    view = scrape.view
    pages.add("spark_exporter_build_info", 1, __version__)
    states = Counter(published.record.state for published in view.applications)
    for state in STATES:
        pages.add("spark_exporter_applications", states[state], state)
    pages.add("spark_exporter_applications_dropped_total", view.evicted, "too_many")
    pages.add("spark_exporter_applications_dropped_total", view.unread, "unread")
    pages.add("spark_exporter_applications_dropped_total", view.malformed, "malformed")
    for name, count in view.runs.items():
        pages.add("spark_app_name_runs_total", count, name)
    for labels, count in view.sample_drops.items():
        pages.add("spark_exporter_samples_dropped_total", count, *labels)
    pages.add("spark_exporter_retention_seconds", scrape.retention)
    limits = scrape.limits
    pages.add("spark_exporter_application_series_limit", limits.application_series)
    pages.add("spark_exporter_series_limit", limits.series)
    pages.add("spark_exporter_applications_limit", limits.applications)
    pages.add("spark_exporter_label_length_limit", limits.label_length)
    pages.add("spark_exporter_uncharted_series", scrape.uncharted)
    for reason, count in scrape.state_failures.items():
        pages.add("spark_exporter_state_failures_total", count, reason)
    for reason, count in scrape.control_refused.items():
        pages.add("spark_exporter_control_refused_total", count, reason)
    if scrape.web_config is not None:
        well, moment = scrape.web_config
        pages.add("spark_exporter_web_config_last_reload_successful", well)
        pages.add("spark_exporter_web_config_last_reload_success_timestamp_seconds", moment)
    _discovery(pages, scrape.found)
    for name, own, value in scrape.process:
        pages.add(name, value, *own)


def _discovery(pages: Pages, found: Found) -> None:
    for name, count in found.targets.items():
        pages.add("spark_exporter_discovery_targets", count, name)
    for name, moment in found.successes.items():
        pages.add("spark_exporter_discovery_last_success_timestamp_seconds", moment, name)
    for name, errors in found.errors.items():
        for reason, count in errors.items():
            pages.add("spark_exporter_discovery_errors_total", count, name, reason)
    for reason, count in found.refused.items():
        pages.add("spark_exporter_targets_refused_total", count, reason)
    pages.add("spark_exporter_discovery_shard", found.shard.number)
    pages.add("spark_exporter_discovery_total_shards", found.shard.total)
