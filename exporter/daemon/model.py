"""What the daemon knows about an application, as immutable values.

Sources make these, the store hands them on, rendering reads them. Nothing here changes after it is made,
so any number of scrapes may read while sources go on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from exporter.daemon.frame import EMPTY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from exporter.daemon.frame import Frame
    from exporter.daemon.shape import Shape

LIVE = "live"
REMOVED = "removed"

WAITING = "waiting"
RUNNING = "running"
COMPLETED = "completed"
FAILED = "failed"
LOST = "lost"
STATES = (WAITING, RUNNING, COMPLETED, FAILED, LOST)
"""An application waits for its first executor, runs, and ends: well, badly, or without a word."""
ENDED = (COMPLETED, FAILED)


Run: TypeAlias = "tuple[str, str, float | None]"
"""An application's id, attempt and start."""


class Place(NamedTuple):
    """Where on Kubernetes a driver runs; empty elsewhere."""

    namespace: str = ""
    pod: str = ""


NOWHERE = Place()


class MetricDef(NamedTuple):
    """One metric that the user defined."""

    name: str
    type: str
    help: str
    unit: str
    labels: tuple[str, ...]
    mode: str
    buckets: tuple[float, ...]

    @property
    def width(self) -> int:
        """How many cells one series of this metric has on the wire."""
        if self.type == "histogram":
            return len(self.buckets) + 2
        return 2 if self.mode in ("mean", "mostrecent") else 1

    @property
    def counts(self) -> int:
        """How many of the cells, from the first, are counts that never go back."""
        if self.type == "histogram":
            return len(self.buckets) + 1
        return 1 if self.type == "counter" else 0

    @property
    def lines(self) -> int:
        """How many Prometheus series one series of this metric is published as."""
        if self.type != "histogram":
            return 1
        return len(self.buckets) + 1 + (2 if self.has_sum else 0)

    @property
    def has_sum(self) -> bool:
        """Whether a histogram has ``_sum`` and ``_count``; OpenMetrics forbids them with negative bounds."""
        return not self.buckets or self.buckets[0] >= 0


class SeriesDef(NamedTuple):
    """One combination of label values of a metric."""

    metric: int
    labels: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Layout:
    """The metrics and series of one driver; a longer one is a new object."""

    metrics: tuple[MetricDef, ...] = ()
    series: tuple[SeriesDef, ...] = ()


@dataclass(frozen=True)
class Stats:
    """What an executor's plugin says about its own work; None is what it has not said."""

    samples: float | None = None
    sample_seconds: float | None = None
    sample_failures: float | None = None
    series: float | None = None
    segments: float | None = None
    readings: float | None = None
    reading_seconds: float | None = None
    report_failures: float | None = None
    dropped: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, eq=False)
class Executor:
    """One executor, or the driver, as the plugin knows it. Times are Unix seconds of the driver's clock."""

    id: str
    host: str
    state: str
    reason: str | None
    added: float | None
    removed: float | None
    reported: float | None
    reports: float
    tasks_ended: float
    stats: Stats
    shape: Shape
    values: Sequence[float]

    @property
    def live(self) -> bool:
        """Whether Spark still counts the executor among its own."""
        return self.state == LIVE


@dataclass(frozen=True)
class Application:
    """One run of a Spark application. Times are Unix seconds."""

    id: str
    name: str
    attempt_id: str
    spark_version: str
    user: str
    start_time: float | None
    end_time: float | None = None
    completed: bool = False
    waiting: bool = False
    """Whether no executor has come yet, although the application needs one."""
    outcome: str = ""
    """How it would end if it ended now: COMPLETED, FAILED, or empty while nothing is known."""
    attempts: int = 1
    """How many attempts of it there have been, as far as the source tells."""

    @property
    def run(self) -> Run:
        """What tells two runs apart: a cluster manager may restart an application under its old id."""
        return (self.id, self.attempt_id, self.start_time)


@dataclass(frozen=True, eq=False)
class Snapshot:
    """One answer of the driver plugin, completed with what earlier answers said."""

    plugin_version: str
    boot: str
    sequence: int
    final: bool
    time: float
    application: Application
    report_interval: float
    layout: Layout
    shape: Shape
    totals: Sequence[float]
    executors: tuple[Executor, ...]
    frame: Frame = EMPTY
    """Everything built-in that the plugin says, of the application and of its executors."""
    control: bool = False
    """Whether it takes live configuration and events from outside."""


@dataclass(frozen=True, eq=False)
class Record:
    """An application together with how it is doing and what each source said last."""

    application: Application
    target: str
    name: str = ""
    """What the application is published as: its name without what changes from run to run."""
    place: Place | None = None
    """Where its driver is; None if nothing is said of that, so that Prometheus may."""
    state: str = RUNNING
    told: bool = False
    """Whether somebody else than the application and its driver said how it has ended."""
    since: float | None = None
    """When the state began, as far as is known; Unix seconds."""
    snapshot: Snapshot | None = None
    frames: Mapping[str, Frame] = field(default_factory=lambda: MappingProxyType({}))
    """By the name of the source."""
    waiting: bool | None = None
    """What sources other than the plugin say about it; None if they said nothing."""
    failed: bool | None = None
    """The same: whether it would count as failed if it ended now."""
    heard: float | None = None
    """When a source heard of it last; Unix seconds."""
    ended_at: float | None = None
    """When it was seen to end, by the daemon's monotonic clock; retention counts from here."""

    @property
    def up(self) -> bool:
        """Whether the driver is there."""
        return self.state in (WAITING, RUNNING)

    @property
    def ended(self) -> bool:
        """Whether the application is known to have ended; one that was lost may come back."""
        return self.state in ENDED
