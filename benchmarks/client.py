"""What recording a value in Python costs, beside prometheus_client and Spark's accumulators.

Each figure comes from pairs: ours and the peer's in turn, in one process, bound to a real segment file.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import timeit
from pathlib import Path
from typing import Any

PAIRS = 31
CALLS = 100_000
ELEMENTS = 10_000
IMPORTS = 21
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 30.0)
IMPORT_PROBE = "import time; a = time.perf_counter(); import exporter; print(time.perf_counter() - a)"


def pairs(ours: timeit.Timer, peer: timeit.Timer) -> tuple[float, float, float]:
    """Return the median ratio of ours to the peer's, and both medians in nanoseconds per call."""
    mine, theirs = [], []
    for _ in range(PAIRS):
        mine.append(ours.timeit(CALLS) / CALLS * 1e9)
        theirs.append(peer.timeit(CALLS) / CALLS * 1e9)
    ratio = statistics.median(a / b for a, b in zip(mine, theirs))
    return ratio, statistics.median(mine), statistics.median(theirs)


def comparison(name: str, bound: float, ours: timeit.Timer, peer: timeit.Timer) -> dict[str, Any]:
    """Compare two calls."""
    ratio, mine, theirs = pairs(ours, peer)
    return result(f"{name} ({mine:.0f} / {theirs:.0f} ns)", ratio, bound, "of its time")


def result(name: str, figure: float, bound: float, unit: str) -> dict[str, Any]:
    """Return a figure beside its bound."""
    return {"name": name, "figure": figure, "bound": bound, "unit": unit, "ok": figure <= bound}


def timer(statement: str, **names: Any) -> timeit.Timer:
    """Return a timer of a statement that uses these names."""
    return timeit.Timer(statement, globals=names)


def measure_multiprocess() -> list[dict[str, Any]]:
    """Compare with prometheus_client as PROMETHEUS_MULTIPROC_DIR makes it."""
    import prometheus_client  # noqa: PLC0415 - reads its environment when it is imported

    from exporter import Counter  # noqa: PLC0415 - likewise

    peer = prometheus_client.Counter("peer", "A counter")
    ours = timer("c.inc()", c=Counter("ours", "A counter"))
    return [comparison("Counter.inc() / prometheus_client multiprocess", 0.1, ours, timer("c.inc()", c=peer))]


def measure_single() -> list[dict[str, Any]]:
    """Compare with prometheus_client in one process and with Spark's accumulators; time arrays."""
    import numpy as np  # noqa: PLC0415 - as in measure_multiprocess
    import prometheus_client  # noqa: PLC0415
    from pyspark.accumulators import INT_ACCUMULATOR_PARAM, Accumulator  # noqa: PLC0415

    from exporter import Counter, Histogram  # noqa: PLC0415

    labels = ["source"]
    plain, child = Counter("plain", "A counter"), Counter("labelled", "A counter", labels).labels("kafka")
    peer = prometheus_client.Counter("plain", "A counter")
    peer_child = prometheus_client.Counter("labelled", "A counter", labels).labels("kafka")
    accumulator = Accumulator(1, 0, INT_ACCUMULATOR_PARAM)
    ours = Histogram("sizes", "A histogram", buckets=BUCKETS)
    theirs = prometheus_client.Histogram("sizes", "A histogram", buckets=BUCKETS)
    values = np.random.default_rng(1).exponential(1.0, ELEMENTS)
    many = timeit.Timer("h.observe_many(a)", globals={"h": ours, "a": values})
    each = statistics.median(many.timeit(100) / 100 / ELEMENTS * 1e9 for _ in range(PAIRS))
    return [
        comparison(
            "Counter.inc() / prometheus_client", 0.25, timer("c.inc()", c=plain), timer("c.inc()", c=peer)
        ),
        comparison(
            "labelled Counter.inc() / prometheus_client",
            0.25,
            timer("c.inc()", c=child),
            timer("c.inc()", c=peer_child),
        ),
        comparison(
            "Counter.inc() / Accumulator.add(1)",
            1.15,
            timer("c.inc()", c=child),
            timer("a.add(1)", a=accumulator),
        ),
        comparison(
            "Histogram.observe(x), 15 buckets / prometheus_client",
            0.25,
            timer("h.observe(0.3)", h=ours),
            timer("h.observe(0.3)", h=theirs),
        ),
        result("observe_many of 10,000 doubles, 15 buckets, per element", each, 8.0, "ns"),
    ]


def measured(what: str, environment: dict[str, str]) -> list[dict[str, Any]]:
    """Run one of the measurements in a worker of its own."""
    command = [sys.executable, __file__, what]
    done = subprocess.run(command, env={**os.environ, **environment}, stdout=subprocess.PIPE, check=True)
    results: list[dict[str, Any]] = json.loads(done.stdout)
    return results


def import_time(name: str, path: str) -> dict[str, Any]:
    """Return the median time of ``import exporter``, from this path."""
    command = [sys.executable, "-c", IMPORT_PROBE]
    environment = {**os.environ, "PYTHONPATH": path}
    seconds = [
        float(subprocess.run(command, env=environment, cwd="/", stdout=subprocess.PIPE, check=True).stdout)
        for _ in range(IMPORTS)
    ]
    return result(name, statistics.median(seconds) * 1e3, 30.0, "ms")


def main() -> list[dict[str, Any]]:
    """Measure everything."""
    import exporter  # noqa: PLC0415 - the measuring processes must not have it loaded before their environment
    from exporter.client.install import pyfiles_path  # noqa: PLC0415

    package = str(Path(exporter.__file__).parent.parent)
    with tempfile.TemporaryDirectory(prefix="spark-exporter-bench-") as directory:
        segments, multiprocess = Path(directory) / "spark-exporter", Path(directory) / "prometheus"
        segments.mkdir()
        multiprocess.mkdir()
        worker = {
            "PYTHONPATH": package,
            "SPARK_LOCAL_DIRS": directory,
            "PYTHON_WORKER_FACTORY_SECRET": "benchmark",
        }
        results = measured("single", worker)
        results += measured("multiprocess", {**worker, "PROMETHEUS_MULTIPROC_DIR": str(multiprocess)})
        if not any(segments.iterdir()):
            sys.exit("the measured metrics were not bound to a segment")
    results.append(import_time("import exporter", package))
    results.append(import_time("import exporter from the client zip", pyfiles_path()))
    return results


if __name__ == "__main__":
    print(json.dumps({"single": measure_single, "multiprocess": measure_multiprocess}[sys.argv[1]]()))
