"""What a person wants to know of an application first, taken from its samples.

The terminal view takes it from an exposition, the daemon's page from the store. Both look at metrics by name.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from exporter.daemon.model import COMPLETED, FAILED, LOST, RUNNING, WAITING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DRIVER = "driver"
UP = (WAITING, RUNNING)
"""The states in which the driver is there."""
_RANKS = {state: rank for rank, state in enumerate((RUNNING, WAITING, FAILED, LOST, COMPLETED))}
HEAP = {"area": "heap"}


class Sample(NamedTuple):
    """One sample. Its labels are without those of the application."""

    labels: Mapping[str, str]
    value: float


class Samples:
    """The samples of one application, by the name of their metric."""

    def __init__(self, by_name: Mapping[str, Iterable[Sample]]) -> None:
        """Hold these samples."""
        self._by_name = by_name

    def of(self, name: str, **labels: str) -> list[Sample]:
        """Return the samples of a metric with these labels among theirs."""
        wanted = labels.items()
        return [sample for sample in self._by_name.get(name, ()) if wanted <= sample.labels.items()]

    def one(self, name: str, **labels: str) -> float | None:
        """Return the value of the first such sample, or None."""
        return next((sample.value for sample in self.of(name, **labels)), None)

    def total(self, name: str, **labels: str) -> float | None:
        """Return the sum over all such samples, or None if there is none."""
        values = [sample.value for sample in self.of(name, **labels)]
        return sum(values) if values else None

    def label(self, name: str, label: str, **labels: str) -> str:
        """Return a label of the first such sample, or nothing."""
        return next((sample.labels.get(label, "") for sample in self.of(name, **labels)), "")

    def by(self, label: str, name: str, **labels: str) -> dict[str, float]:
        """Return the sums over such samples by the value of a label."""
        sums: dict[str, float] = {}
        for sample in self.of(name, **labels):
            key = sample.labels.get(label, "")
            sums[key] = sums.get(key, 0.0) + sample.value
        return sums


@dataclass(frozen=True)
class Executor:
    """One executor, or the driver; None is what nobody said."""

    id: str
    host: str
    up: bool
    reason: str
    """Why it was removed."""
    active: float | None
    slots: float | None
    succeeded: float | None
    failed: float | None
    heap_used: float | None
    heap_max: float | None
    gc_seconds: float | None
    """Time of garbage collections; only grows."""


@dataclass(frozen=True)
class Stage:
    """One stage that runs."""

    id: str
    attempt: str
    name: str
    expected: float
    done: float
    active: float
    failed: float
    started: float | None
    skew: float | None
    """The longest task against the median."""

    @property
    def ratio(self) -> float:
        """Which part of it is done."""
        return min(1.0, self.done / self.expected) if self.expected > 0 else 0.0


@dataclass(frozen=True)
class Query:
    """One streaming query."""

    id: str
    name: str
    active: bool
    input_rate: float | None
    """Rows per second that arrive."""
    processed_rate: float | None
    """Rows per second that are processed."""
    batches: float | None
    duration: float | None
    """Seconds that the last trigger took."""
    period: float | None
    """Seconds from one trigger to the next, as it was the last time."""
    watermark_lag: float | None
    """Seconds."""
    backlog: float | None
    """Offsets that its sources have and that were not read yet."""


@dataclass(frozen=True)
class Application:
    """One application."""

    id: str
    name: str
    state: str
    since: float | None
    """When the state began, in Unix seconds."""
    version: str
    user: str
    started: float | None
    ended: float | None
    tasks: Mapping[str, float]
    """Attempts that ended, by how: succeeded, failed, killed."""
    jobs: Mapping[str, float]
    """Jobs that ended: succeeded, failed."""
    jobs_active: float | None
    executors: tuple[Executor, ...]
    """With the driver, live ones first."""
    removed: float | None
    """How many executors were removed in all."""
    stages: tuple[Stage, ...]
    queries: tuple[Query, ...]

    @property
    def up(self) -> bool:
        """Whether the driver is there."""
        return self.state in UP

    def seconds(self, now: float) -> float | None:
        """Return for how long it has run, or ran; ``now`` is in Unix seconds."""
        end = self.ended if self.ended is not None else now if self.up else self.since
        return max(0.0, end - self.started) if self.started is not None and end is not None else None

    @property
    def live(self) -> int:
        """How many executors there are, without the driver."""
        return sum(executor.up and executor.id != DRIVER for executor in self.executors)

    @property
    def active(self) -> float:
        """How many tasks run."""
        return sum(executor.active or 0.0 for executor in self.executors if executor.up)


def describe(app_id: str, name: str, samples: Samples) -> Application:
    """Return what an application's samples say."""
    states = [sample.labels.get("state", "") for sample in samples.of("spark_app_state") if sample.value == 1]
    return Application(
        app_id,
        name,
        states[0] if states else "",
        samples.one("spark_app_state_timestamp_seconds"),
        samples.label("spark_app_info", "spark_version"),
        samples.label("spark_app_info", "spark_user"),
        samples.one("spark_app_start_timestamp_seconds"),
        samples.one("spark_app_end_timestamp_seconds"),
        samples.by("status", "spark_app_tasks_total"),
        samples.by("result", "spark_app_jobs_total"),
        samples.one("spark_app_jobs_active"),
        _executors(samples),
        samples.one("spark_app_executors_removed_total"),
        _stages(samples),
        _queries(samples),
    )


_EXECUTORS = {
    "active": "spark_executor_tasks_active",
    "slots": "spark_executor_task_slots",
    "succeeded": "spark_executor_tasks_succeeded_total",
    "failed": "spark_executor_tasks_failed_total",
}


def _executors(samples: Samples) -> tuple[Executor, ...]:
    values = {field: samples.by("executor_id", name) for field, name in _EXECUTORS.items()}
    values["heap_used"] = samples.by("executor_id", "spark_executor_jvm_memory_used_bytes", **HEAP)
    values["heap_max"] = samples.by("executor_id", "spark_executor_jvm_memory_max_bytes", **HEAP)
    values["gc_seconds"] = {
        # What Spark's executor list says is as good where the plugin is not loaded.
        **samples.by("executor_id", "spark_executor_gc_time_seconds_total"),
        **samples.by("executor_id", "spark_executor_jvm_gc_time_seconds_total"),
    }
    hosts = _labels(samples, "spark_executor_info", "host")
    reasons = _labels(samples, "spark_executor_removed_info", "reason")
    found = [
        Executor(
            executor_id,
            hosts.get(executor_id, ""),
            up == 1,
            reasons.get(executor_id, ""),
            **{field: known.get(executor_id) for field, known in values.items()},
        )
        for executor_id, up in samples.by("executor_id", "spark_executor_up").items()
    ]
    return tuple(sorted(found, key=lambda one: (not one.up, one.id != DRIVER, natural(one.id))))


def _labels(samples: Samples, name: str, label: str) -> dict[str, str]:
    return {sample.labels["executor_id"]: sample.labels.get(label, "") for sample in samples.of(name)}


def _stages(samples: Samples) -> tuple[Stage, ...]:
    found = []
    for labels, expected in samples.of("spark_stage_tasks_expected"):
        key = {"stage_id": labels["stage_id"], "attempt_id": labels["attempt_id"]}
        tasks = samples.by("state", "spark_stage_tasks", **key)
        found.append(
            Stage(
                labels["stage_id"],
                labels["attempt_id"],
                samples.label("spark_stage_info", "name", **key),
                expected,
                tasks.get("completed", 0.0),
                tasks.get("active", 0.0),
                tasks.get("failed", 0.0),
                samples.one("spark_stage_start_timestamp_seconds", **key),
                samples.one("spark_stage_task_run_time_skew_ratio", **key),
            )
        )
    return tuple(sorted(found, key=lambda stage: (natural(stage.id), natural(stage.attempt))))


def _queries(samples: Samples) -> tuple[Query, ...]:
    found = []
    # Without the plugin, Spark tells the rates of queries, and not which of them run.
    known = samples.of("spark_streaming_query_active") or samples.of("spark_streaming_input_rows_per_second")
    explicit = bool(samples.of("spark_streaming_query_active"))
    for labels, active in known:
        key = {"query_name": labels["query_name"], "query_id": labels["query_id"]}
        duration = samples.one("spark_streaming_last_trigger_duration_seconds", **key)
        idle = samples.one("spark_streaming_last_trigger_idle_seconds", **key)
        found.append(
            Query(
                key["query_id"],
                key["query_name"],
                active == 1 if explicit else True,
                samples.one("spark_streaming_input_rows_per_second", **key),
                samples.one("spark_streaming_processed_rows_per_second", **key),
                samples.one("spark_streaming_batches_total", **key),
                duration,
                duration + idle if duration is not None and idle is not None else None,
                samples.one("spark_streaming_watermark_lag_seconds", **key),
                samples.total("spark_streaming_source_backlog_offsets", **key),
            )
        )
    return tuple(sorted(found, key=lambda query: (not query.active, query.name, query.id)))


def rank(state: str, started: float | None, app_id: str) -> tuple[int, float, str]:
    """Return a key that puts what runs first, then what went wrong, and of those the youngest."""
    return (_RANKS.get(state, len(_RANKS)), -(started or 0.0), app_id)


def natural(text: str) -> tuple[float, str]:
    """Return a key that puts 9 before 10, and words behind numbers."""
    return (float(text), "") if text.isascii() and text.isdecimal() else (math.inf, text)
