"""Reads a driver's metric registry, as Spark's own JSON or as its broken Prometheus text, into readings."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from exporter.daemon.frame import DUPLICATE, GAUGE_FAILED, MALFORMED, NOT_A_NUMBER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PARTS = {"p50": "50thPercentile", "p95": "95thPercentile", "p99": "99thPercentile"}
"""Of a histogram or timer, beside its count: as the JSON calls it, and as the text does."""
ANCHORS = ("BlockManager.memory.maxMem_MB", "DAGScheduler.job.activeJobs", "JVMCPU.jvmCpuTime")
"""What every driver has: whatever stands before one of these stands before all."""
_PER_MILLISECOND = {"nanoseconds": 1e6, "microseconds": 1e3, "milliseconds": 1.0, "seconds": 1e-3}
_NON_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_LINE = re.compile(
    r"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?P<labels>.*)\})?[ \t]+(?P<value>\S.*)", re.DOTALL
)
_KIND = re.compile(r'type="(gauges|counters|histograms|timers|meters)"')
_FLOAT = re.compile(r"[-+]?\d+(\.\d*)?([eE][-+]?\d+)?", re.ASCII)
_WORDS = {"true": True, "false": False}


class Registry:
    """The readings of one process: plain numbers by dotted name, and what was wrong with the others."""

    def __init__(self) -> None:
        """Hold nothing."""
        self.readings: dict[str, float] = {}
        self.drops: Counter[str] = Counter()
        self.culprits: dict[str, str] = {}

    def add(self, name: str, value: Any, divisor: float = 1.0) -> None:
        """Take one reading; a value that is no number is counted."""
        number = _number(value)
        if number is None:
            self.drop(NOT_A_NUMBER, name)
        elif name in self.readings:
            self.drop(DUPLICATE, name)
        else:
            self.readings[name] = number / divisor

    def drop(self, reason: str, name: str) -> None:
        """Count something that is no reading."""
        self.drops[reason] += 1
        self.culprits.setdefault(reason, name)


class Line(NamedTuple):
    """One sample of the text."""

    name: str
    labels: str
    """As they stand there, without the braces."""
    value: str


def read_json(document: Mapping[str, Any]) -> Registry:
    """Return the registry that ``/metrics/json/`` shows; nothing in it makes the rest unreadable."""
    registry = Registry()
    for kind, key in (("gauges", "value"), ("counters", "count"), ("meters", "count")):
        for name, metric in _metrics(document, kind, registry):
            if "error" in metric:
                registry.drop(GAUGE_FAILED, name)
            else:
                registry.add(name if kind != "meters" else f"{name}#count", metric.get(key))
    for kind in ("histograms", "timers"):
        for name, metric in _metrics(document, kind, registry):
            registry.add(f"{name}#count", metric.get("count"))
            divisor = _PER_MILLISECOND.get(str(metric.get("duration_units")), 1.0)
            for part in PARTS:
                registry.add(f"{name}#{part}", metric.get(part), divisor)
    return registry


def read_text(text: str) -> Registry:
    """Return the registry that ``/metrics/prometheus/`` shows, with underscores for dots in the names."""
    registry = Registry()
    twins: dict[str, Any] = {}
    for line in lines(text, registry):
        value = parse_value(line.value)
        found = _KIND.search(line.labels)
        stem, _, part = line.name.rpartition("_")
        kind = found[1] if found is not None else ""
        if kind == "gauges" and part == "Number":
            twins[stem] = value
        elif kind == "gauges" and part == "Value":
            twins.pop(stem, None)
            registry.add(stem, value)
        elif kind == "counters" and part == "Count":
            registry.add(stem, value)
        elif part == "Count":
            registry.add(f"{stem}#count", value)
        else:
            divisor = _PER_MILLISECOND["nanoseconds"] if kind == "timers" else 1.0
            for short, long in PARTS.items():
                if part == long:
                    registry.add(f"{stem}#{short}", value, divisor)
    for stem, value in twins.items():
        if stem not in registry.readings:
            registry.add(stem, value)
    return registry


def lines(text: str, registry: Registry) -> Iterator[Line]:
    """Return the samples of a text; a line that is none is counted."""
    for line in text.split("\n"):
        if not line.strip() or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line.strip("\r "))
        if found is None:
            registry.drop(MALFORMED, line[:100])
        else:
            yield Line(found["name"], found["labels"] or "", found["value"])


def parse_value(text: str) -> Any:
    """Return what a value of the text stands for: Spark writes true, null and whole lists there, too."""
    text = text.strip()
    return float(text) if _FLOAT.fullmatch(text) else _WORDS.get(text, text)


def strip(readings: Mapping[str, float], namespace: str | None, separator: str = ".") -> dict[str, float]:
    """Return the readings by their names without what Spark puts before them: namespace and "driver".

    Args:
        readings: of a driver.
        namespace: what spark.metrics.namespace says, or the application's id; None if that is not known.
        separator: what stands between the parts of a name.

    """
    prefix = _prefix(readings, namespace, separator)
    return {name.removeprefix(prefix): value for name, value in readings.items()}


def sanitized(name: str) -> str:
    """Return a dotted name as the text writes it."""
    return re.sub(r"[^a-zA-Z0-9#]", "_", name)


def _prefix(readings: Mapping[str, float], namespace: str | None, separator: str) -> str:
    for anchor in ANCHORS:
        ending = separator + (anchor if separator == "." else sanitized(anchor))
        found = [name for name in readings if name.endswith(ending)]
        if found:
            return min(found, key=len)[: 1 - len(ending)]
    return "" if namespace is None else f"{namespace}{separator}driver{separator}"


def _metrics(
    document: Mapping[str, Any], kind: str, registry: Registry
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    metrics = document.get(kind, {})
    if not isinstance(metrics, dict):
        registry.drop(MALFORMED, kind)
        return
    for name, metric in metrics.items():
        if isinstance(metric, dict):
            yield name, metric
        else:
            registry.drop(MALFORMED, name)


def _number(value: Any) -> float | None:
    if isinstance(value, str):
        return _NON_FINITE.get(value)
    # A boolean is an int in Python; the plugin does not take it for a number either.
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            return math.inf
    return None
