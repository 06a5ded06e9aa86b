"""All metrics of this process, and where their values are kept."""

from __future__ import annotations

import os

from exporter.client import spark
from exporter.client.locking import LOCK
from exporter.client.refusals import LABEL_TOO_LONG, SERIES_LIMIT, Refusals, local_cells, shown, warn
from exporter.client.storage import Storage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from exporter.client.definition import Definition
    from exporter.client.metric import Metric

    M = TypeVar("M", bound=Metric)

MAX_LABEL_VALUE_BYTES = 256
DEFAULT_MAX_SERIES = 10_000
MAX_SERIES_VARIABLE = "SPARK_EXPORTER_MAX_SERIES"


def _max_series() -> int:
    text = os.environ.get(MAX_SERIES_VARIABLE, "")
    if text.isascii() and text.isdecimal():
        return int(text)
    if text:
        warn(
            f"{MAX_SERIES_VARIABLE} must be a whole number such as {DEFAULT_MAX_SERIES}, not {shown(text)}: "
            f"{DEFAULT_MAX_SERIES} is used."
        )
    return DEFAULT_MAX_SERIES


class Registry:
    """Metrics by name, their series, and the storage that shows them to the Spark JVM.

    Used as a context manager it holds the lock. What is found wrong meanwhile is logged after the lock is
    released: a log handler may use metrics itself.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self._refusals = Refusals()
        self._metrics: dict[str, Metric] = {}
        self._series: list[Metric] = []
        self._storage: Storage | None = None
        self._located = False
        self._depth = 0
        self._waiting: list[Metric] = []
        self._limit = _max_series()

    def __enter__(self) -> None:
        """Take the lock."""
        LOCK.acquire()
        self._depth += 1

    def __exit__(self, *_: object) -> None:
        """Do what waited for this thread, release the lock, and log."""
        sentences = []
        try:
            if self._depth == 1:
                while self._waiting:
                    self._show(self._waiting.pop())
                sentences = self._refusals.take_unsaid()
        finally:
            self._depth -= 1
            LOCK.release()
        for sentence in sentences:
            warn(sentence)

    def refuse(self, reason: str, about: str, sentence: str, times: int = 1) -> None:
        """Count refusals, and log the sentence if they are the first of their kind."""
        with self:
            self._refusals.add(reason, about, sentence, times)

    def refused(self) -> dict[str, int]:
        """Return how many things were refused, by reason."""
        with self:
            return dict(self._refusals.counts)

    def define(self, definition: Definition, make: Callable[[Definition], M]) -> M:
        """Return the metric of this definition: the one that exists, else a new one.

        Raises:
            ValueError: another metric has the name.

        """
        with self:
            known = self._metrics.get(definition.name)
            if known is None:
                metric = make(definition)
                self._metrics[definition.name] = metric
                self._admit(metric)
                return metric
        # Names of series cannot clash otherwise: the suffixes that Prometheus adds are refused in names.
        if not known._definition.agrees_with(definition):
            raise ValueError(
                f"metric {definition.name!r} is defined already, and differently: {known._definition!r} "
                f"exists, {definition!r} was asked for; use the same definition, or another name"
            )
        return known  # type: ignore[return-value] # the same type of definition has the same class

    def _admit(self, metric: Metric) -> None:
        if metric._label_values is None:
            self._show(metric)
        elif self._is_full(metric):
            metric._rebind(local_cells(metric._definition.cell_count()))
        else:
            self._series.append(metric)
            self._show(metric)

    def series(self, metric: Metric, values: tuple[str, ...], make: Callable[[], Metric]) -> Metric | None:
        """Return the series of a labelled metric for these label values, or None if it is refused."""
        with self:
            child = metric._children.get(values)
            if child is None and not self._is_too_long(metric, values) and not self._is_full(metric):
                child = metric._children[values] = make()
                self._series.append(child)
                self._show(child)
            return child

    def _is_too_long(self, metric: Metric, values: tuple[str, ...]) -> bool:
        name = metric._definition.name
        for label, value in zip(metric._definition.labels, values):
            if len(value.encode()) > MAX_LABEL_VALUE_BYTES:
                self._refusals.add(
                    LABEL_TOO_LONG,
                    name,
                    f"label {label!r} of metric {name!r} got {shown(value)}, which is longer than "
                    f"{MAX_LABEL_VALUE_BYTES} bytes: the series is not recorded. "
                    "Use a short category as a label, not free text.",
                )
                return True
        return False

    def _is_full(self, metric: Metric) -> bool:
        if len(self._series) < self._limit:
            return False
        self._refusals.add(
            SERIES_LIMIT,
            "",
            f"this process has {self._limit} series, so a new one of metric {metric._definition.name!r} "
            f"is not recorded. Use fewer label values, or set {MAX_SERIES_VARIABLE} higher.",
        )
        return True

    def bind(self, series: Metric) -> None:
        """Give a series that lost its cells by a fork new ones, unless that has been done."""
        with self:
            if series._cells is None:
                self._show(series)

    def _show(self, metric: Metric) -> None:
        """Put a series, or the definition of a labelled metric, where it can be seen."""
        if self._depth > 1:
            # A signal handler or a finaliser came between, and a record may be half written.
            self._waiting.append(metric)
        elif (storage := self._find_storage()) is not None:
            if storage.is_open:
                self._store(storage, metric)
            else:
                self._fill(storage)
                # That left out series with labels: after a fork those that are not used again make no record.
                if metric._label_values:
                    self._store(storage, metric)
        if metric._cells is None and metric._label_values is not None:
            metric._rebind(local_cells(metric._definition.cell_count()))

    def _find_storage(self) -> Storage | None:
        """Return where series go, or None without a plugin: a worker is asked once."""
        if not self._located:
            self._located = True
            directory = spark.worker_directory()
            self._storage = None if directory is None else Storage(directory, self._refusals)
        return self._storage

    def _fill(self, storage: Storage) -> None:
        """Write all metrics, and the series of those that have no labels."""
        labelled = [metric for metric in self._metrics.values() if metric._label_values is None]
        for metric in labelled + [series for series in self._series if not series._label_values]:
            if metric not in self._waiting:
                self._store(storage, metric)

    def _store(self, storage: Storage, metric: Metric) -> None:
        if metric._label_values is None:
            storage.place(metric._definition, None)
            return
        cells = storage.place(metric._definition, metric._label_values, metric._initial_cells())
        if cells is not None:
            metric._rebind(cells)

    def attach(self, directory: str) -> None:
        """Show all metrics, with their values so far, in this directory (the driver's application began)."""
        with self:
            self._close()
            self._storage = Storage(directory, self._refusals, of_driver=True)
            self._fill(self._storage)
            for series in list(self._series):
                if series._label_values:
                    self._store(self._storage, series)

    def detach(self) -> None:
        """Keep values locally again (the application ended): counters and histograms from zero."""
        with self:
            for series in list(self._series):
                series._restart(local_cells(series._definition.cell_count()))
            self._close()
            self._refusals.restart()

    def _close(self) -> None:
        self._located = True
        if self._storage is not None:
            self._storage.close()
        self._storage = None

    def after_fork_in_child(self) -> None:
        """Let go of the parent's files: this process makes its own at its first write, from zero."""
        for series in self._series:
            series._restart(None)
        if self._storage is not None:
            self._storage.close()
            self._storage = Storage(self._storage.directory, self._refusals)
        self._refusals.restart()


REGISTRY = Registry()


def _after_fork_in_child() -> None:
    try:
        REGISTRY.after_fork_in_child()
    finally:
        LOCK.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=LOCK.acquire, after_in_parent=LOCK.release, after_in_child=_after_fork_in_child
    )
