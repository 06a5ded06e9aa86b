"""How much of a core one sample of 1,000 series takes in the executor plugin; every value has changed."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import pyspark

from exporter.client.definition import Definition
from exporter.client.install import jar_path
from exporter.client.segment import Segment, new_token

SOURCE = Path(__file__).resolve().parent / "java" / "SampleBenchmark.java"
PROCESSES = 4
COUNTERS, GAUGES, HISTOGRAMS = 150, 50, 50
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
BOUND_MILLIS = 1.0


def fill(directory: str, process: int) -> list[memoryview]:
    """Make the segments of one process; return the cells of its 250 series."""
    token, number = new_token(), 0
    segment = Segment(directory, token, number, 1 << 20)
    counter = Definition("counter", "rows", "Rows", labels=("process", "source"))
    gauge = Definition("gauge", "queue", "Queue", labels=("process", "source"), mode="sum")
    histogram = Definition("histogram", "time_seconds", "Time", "seconds", ("process", "source"), BUCKETS)
    counts = ((counter, COUNTERS), (gauge, GAUGES), (histogram, HISTOGRAMS))
    cells = []
    for definition, count in counts:
        for series in range(count):
            values = (str(process), f"source-{series}")
            cells.append(segment.add(definition, values, [0.0] * definition.cell_count()))
    # The segment must live as long as its cells are written to.
    KEPT.append(segment)
    return cells


KEPT: list[Segment] = []


def drive(process: subprocess.Popen[str], cells: list[memoryview]) -> list[str]:
    """Change every series whenever the JVM asks for it; return the words of its result."""
    for line in process.stdout:
        if line != "change\n":
            return line.split()
        for cell in cells:
            cell[0] += 1.0
        process.stdin.write("\n")
        process.stdin.flush()
    raise RuntimeError("the benchmark's JVM ended without a result")


def main() -> list[dict[str, object]]:
    """Return the figures."""
    jars = f"{jar_path()}:{Path(pyspark.__file__).parent / 'jars'}/*"
    with tempfile.TemporaryDirectory() as classes, tempfile.TemporaryDirectory() as directory:
        subprocess.run(["javac", "--release", "8", "-nowarn", "-cp", jars, "-d", classes, SOURCE], check=True)
        cells = [cell for process in range(PROCESSES) for cell in fill(directory, process)]
        command = ["java", "-Xmx512m", "-cp", f"{classes}:{jars}", "SampleBenchmark", directory]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            series, sampled, reported = drive(process, cells)
        for segment in KEPT:
            segment.close()
    if int(series) != len(cells):
        raise RuntimeError(f"{series} of {len(cells)} series were sampled")
    return [
        {
            "name": f"plugin: one sample of {series} series in {PROCESSES} segments, CPU, median",
            "figure": float(sampled),
            "bound": BOUND_MILLIS,
            "unit": "ms",
            "ok": float(sampled) <= BOUND_MILLIS,
        },
        {
            "name": f"plugin: the sample and the report of {series} changed series, CPU, median",
            "figure": float(sampled) + float(reported),
            "bound": BOUND_MILLIS,
            "unit": "ms",
            "ok": float(sampled) + float(reported) <= BOUND_MILLIS,
        },
    ]
