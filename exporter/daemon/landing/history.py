"""Keeps the last minutes of what there are charts of, in a ring that never grows beyond its bounds."""

from __future__ import annotations

import math
import threading
import time
from array import array
from typing import TYPE_CHECKING, NamedTuple

from exporter.daemon import logs
from exporter.daemon.landing.measures import RANKS, builtin, custom, custom_count
from exporter.daemon.turns import TURNS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from exporter.daemon.catalogue import Catalogue
    from exporter.daemon.landing.measures import Reading
    from exporter.daemon.planner import Published
    from exporter.daemon.store import View

INTERVAL = 5.0
"""Seconds between two points."""
POINTS = 180
"""So many are kept: a quarter of an hour."""
PATIENCE = 3 * INTERVAL
"""Seconds after which no news means that nothing has changed."""
MAX_LINES = 4000
"""Lines of all applications together; one takes less than 2 kB."""
MAX_CUSTOM = 60
"""Lines of one application for the user's metrics."""
_TOGETHER = 20
"""Applications that are looked at without a break."""

Run = tuple[str, str, "float | None"]


class Chart(NamedTuple):
    """One line over time."""

    key: tuple[str, ...]
    title: str
    detail: str
    unit: str
    points: tuple[tuple[float, float], ...]
    """Seconds before now, and the value; NaN where there is none. The oldest is first."""


class _Line:
    """One line in the ring. Of a count it holds the growth per second."""

    __slots__ = ("cells", "raw", "reading", "shown", "source", "when")

    def __init__(self, reading: Reading) -> None:
        self.cells = array("f", [math.nan]) * POINTS
        self.reading = (reading.title, reading.detail, reading.unit)
        self.raw = math.nan
        self.when = math.nan
        self.shown = math.nan
        self.source: object = None

    def put(self, index: int, reading: Reading, now: float) -> None:
        if reading.source is not self.source:
            # A count that is asked less often than it is looked at grows in steps: spread over their time.
            growth = (reading.value - self.raw) / (now - self.when) if now > self.when else math.nan
            self.shown = (growth if growth >= 0 else math.nan) if reading.rate else reading.value
            self.raw, self.when, self.source = reading.value, now, reading.source
        elif reading.rate and now - self.when >= PATIENCE:
            self.shown = 0.0
        self.cells[index] = self.shown if abs(self.shown) < 3e38 else math.nan  # noqa: PLR2004 - a float has 32 bits


class History:
    """The ring. One thread writes, any may read.

    Args:
        catalogue: knows the labels of metrics.
        clock: monotonic seconds.
        max_lines: how many lines there may be in all.

    """

    def __init__(
        self,
        catalogue: Catalogue,
        clock: Callable[[], float] = time.monotonic,
        max_lines: int = MAX_LINES,
    ) -> None:
        """Hold nothing."""
        self._catalogue = catalogue
        self._clock = clock
        self._max_lines = max_lines
        self._lock = threading.Lock()
        self._times = array("d", [-math.inf]) * POINTS
        self._next = 0
        self._lines: dict[Run, dict[tuple[str, ...], _Line]] = {}
        self._left_out: dict[Run, int] = {}
        self._count = 0

    @property
    def lines(self) -> int:
        """How many lines there are."""
        return self._count

    @property
    def left_out(self) -> int:
        """How many series have no line because there are too many."""
        return sum(self._left_out.values())

    def record(self, view: View) -> None:
        """Add one point to every line."""
        now = self._clock()
        index = self._next
        runs = {published.record.application.run for published in view.applications}
        with self._lock:
            self._times[index] = now
            self._next = (index + 1) % POINTS
            for run in [run for run in self._lines if run not in runs]:
                self._count -= len(self._lines.pop(run))
                self._left_out.pop(run, None)
            for lines in self._lines.values():
                for line in lines.values():
                    line.cells[index] = math.nan
        up = [published for published in view.applications if published.record.up]
        for start in range(0, len(up), _TOGETHER):
            # In between, scrapes have their turn, and pages.
            with TURNS.work(), self._lock:
                for published in up[start : start + _TOGETHER]:
                    self._add(published, index, now)

    def charts(self, run: Run, measure: str | None = None) -> tuple[Chart, ...]:
        """Return the lines of an application, the built-in ones first; or those of one measure only."""
        with self._lock:
            now = self._clock()
            order = [(self._next + step) % POINTS for step in range(POINTS)]
            ages = [now - self._times[index] for index in order]
            charts = [
                Chart(key, *line.reading, self._points(line, order, ages))
                for key, line in self._lines.get(run, {}).items()
                if measure in (None, key[0])
            ]
        return tuple(sorted(charts, key=lambda chart: RANKS.get(chart.key[0], len(RANKS))))

    def not_charted(self, run: Run) -> int:
        """Return how many series of an application have no line."""
        return self._left_out.get(run, 0)

    def _points(
        self, line: _Line, order: Sequence[int], ages: Sequence[float]
    ) -> tuple[tuple[float, float], ...]:
        return tuple(
            (age, line.cells[index])
            for index, age in zip(order, ages, strict=True)
            if age <= POINTS * INTERVAL
        )

    def _add(self, published: Published, index: int, now: float) -> None:
        run = published.record.application.run
        lines = self._lines.setdefault(run, {})
        left_out = max(0, custom_count(published) - MAX_CUSTOM)
        for reading in _readings(self._catalogue, published):
            line = lines.get(reading.key)
            if line is None:
                if self._count >= self._max_lines:
                    left_out += 1
                    continue
                self._count += 1
                line = lines[reading.key] = _Line(reading)
            line.put(index, reading, now)
        self._left_out[run] = left_out


def _readings(catalogue: Catalogue, published: Published) -> Iterable[Reading]:
    yield from builtin(catalogue, published)
    yield from custom(published, MAX_CUSTOM)


class Recorder:
    """Looks at the store every few seconds, in a thread of its own.

    Args:
        history: where the points go.
        view: gives what is known now.
        interval: seconds between two looks.

    """

    def __init__(self, history: History, view: Callable[[], View], interval: float = INTERVAL) -> None:
        """Look at nothing yet."""
        self._interval = interval
        self._history = history
        self._view = view
        self._stopping = threading.Event()
        self._repeats = logs.Repeats()
        self._thread = threading.Thread(target=self._run, name="history", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End soon."""
        self._stopping.set()

    def join(self, timeout: float) -> None:
        """Wait for the end, at most ``timeout`` seconds."""
        self._thread.join(timeout)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._history.record(self._view())
            except Exception as error:  # noqa: BLE001 - charts are the least of what the daemon is for
                self._repeats.fault("history", f"no point for the charts: {type(error).__name__}: {error}")
            self._stopping.wait(self._interval)
