"""Rendering 100,000 series, beside prometheus_client's generate_latest of the same series in the same run."""

from __future__ import annotations

import random
import statistics
import time
from typing import TYPE_CHECKING

import orjson
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

from exporter.daemon import catalogue
from exporter.daemon.decode import Decoder
from exporter.daemon.exposition import Format
from exporter.daemon.limits import Limits
from exporter.daemon.render import Scrape, render
from exporter.daemon.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

COUNTERS = 50_000
GAUGES = 14_000
HISTOGRAMS = 2_000
BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 30.0]
LINES = COUNTERS + GAUGES + HISTOGRAMS * (len(BOUNDS) + 3)
PAIRS = 5
APP = {"app_id": "app-20261122101010-0001", "app_name": "nightly etl"}
KINDS = (("rows", "counter", COUNTERS), ("depth", "gauge", GAUGES), ("latency", "histogram", HISTOGRAMS))


class Ours:
    """The daemon's way from an answer of the plugin to bytes."""

    def __init__(self) -> None:
        """Take in the definitions."""
        self._store = Store(900.0, Limits(2 * LINES))
        self._catalogue = catalogue.load()
        self._decoder = Decoder()
        self._random = random.Random(1)
        self._metrics = [
            {
                "name": name,
                "type": kind,
                "help": f"Help of {name}",
                "unit": "",
                "labels": ["source", "partition"],
                "mode": "sum" if kind == "gauge" else "",
                "buckets": BOUNDS if kind == "histogram" else [],
            }
            for name, kind, _ in KINDS
        ]
        self._series = [
            [index, f"topic-{number % 50}", str(number)]
            for index, (_, _, count) in enumerate(KINDS)
            for number in range(count)
        ]
        self._sequence = 0
        self.change()

    def change(self) -> None:
        """Take in new values of all series."""
        self._sequence += 1
        first = self._sequence == 1
        held = {"metrics": 0, "series": 0} if first else {"metrics": len(KINDS), "series": len(self._series)}
        totals = [float(self._random.randrange(10**6)) for _ in range(COUNTERS)]
        totals += [self._random.random() * 1e3 for _ in range(GAUGES)]
        for _ in range(HISTOGRAMS):
            totals += [float(self._random.randrange(1000)) for _ in range(len(BOUNDS) + 1)]
            totals.append(self._random.random() * 1e4)
        answer = {
            "protocol": 1,
            "plugin_version": "0.1.0",
            "boot": "b",
            "sequence": self._sequence,
            "final": False,
            "time": 1.0,
            "application": {
                "id": APP["app_id"],
                "name": APP["app_name"],
                "spark_version": "4.3.0",
                "user": "spark",
                "start_time": 0.0,
                "report_interval": 2.0,
            },
            "base": held,
            "metrics": self._metrics if first else [],
            "series": self._series if first else [],
            "totals": totals,
            "executors": [],
        }
        snapshot = self._decoder.decode(orjson.dumps(answer))
        self._store.publish("http://driver:4040", snapshot.application, snapshot)

    def render(self) -> bytes:
        """Return one exposition."""
        return render(Scrape(self._store.view(), {}, 900.0, Limits(LINES)), self._catalogue, Format.TEXT)


class Theirs:
    """prometheus_client with the same names, labels and kinds of values."""

    def __init__(self) -> None:
        """Make the series, without the ``_created`` ones that the daemon does not have."""
        disable_created_metrics()
        self._registry = CollectorRegistry()
        self._random = random.Random(1)
        labels = [*APP, "source", "partition"]
        rows = Counter("spark_custom_rows", "Help of rows", labels, registry=self._registry)
        depth = Gauge("spark_custom_depth", "Help of depth", labels, registry=self._registry)
        latency = Histogram(
            "spark_custom_latency", "Help of latency", labels, buckets=BOUNDS, registry=self._registry
        )
        fixed = (*APP.values(),)
        self._rows = [rows.labels(*fixed, f"topic-{n % 50}", n) for n in range(COUNTERS)]
        self._depth = [depth.labels(*fixed, f"topic-{n % 50}", n) for n in range(GAUGES)]
        self._latency = [latency.labels(*fixed, f"topic-{n % 50}", n) for n in range(HISTOGRAMS)]
        self.change()

    def change(self) -> None:
        """Change the values of all series."""
        for counter in self._rows:
            counter.inc(float(self._random.randrange(1000)))
        for gauge in self._depth:
            gauge.set(self._random.random() * 1e3)
        for histogram in self._latency:
            histogram.observe(self._random.random() * 10)

    def render(self) -> bytes:
        """Return one exposition."""
        return bytes(generate_latest(self._registry))


def seconds(function: Callable[[], bytes]) -> float:
    """Return how long one call takes."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def main() -> list[dict[str, object]]:
    """Return the results."""
    ours, theirs = Ours(), Theirs()
    first = seconds(ours.render)
    for body in (ours.render(), theirs.render()):
        samples = sum(line.startswith(b"spark_custom_") for line in body.splitlines())
        if samples != LINES:
            raise SystemExit(f"render: {samples} samples instead of {LINES}")
    pairs = []
    for _ in range(PAIRS):
        ours.change()
        theirs.change()
        pairs.append((seconds(ours.render), seconds(theirs.render)))
    mine, peer = (statistics.median(times) for times in zip(*pairs, strict=True))
    return [
        result(f"render {LINES} series / generate_latest", mine / peer, 1 / 12, "of its time"),
        result(f"render {LINES} series the first time / generate_latest", first / peer, 1 / 2, "of its time"),
    ]


def result(name: str, figure: float, bound: float, unit: str) -> dict[str, object]:
    """Return one line of the report; the figure may be at most the bound."""
    return {"name": name, "figure": figure, "bound": bound, "unit": unit, "ok": figure <= bound}


if __name__ == "__main__":
    for line in main():
        print(line)
