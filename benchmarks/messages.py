"""How long the answer to a task takes, at 1,000 questions a second, beside a bare PluginContext.ask."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pyspark

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "examples"))
import local_spark

HERE = Path(__file__).resolve().parent
BOUND_MILLIS = 50.0


def plugin(directory: Path) -> Path:
    """Return the jar of the plugin that asks without ours."""
    classes = directory / "classes"
    classes.mkdir()
    jars = f"{Path(pyspark.__file__).parent / 'jars'}/*"
    command = ["javac", "--release", "8", "-nowarn", "-Xlint:-options", "-cp", jars, "-d", str(classes)]
    subprocess.run([*command, str(HERE / "java" / "BareAsk.java")], check=True)
    with zipfile.ZipFile(directory / "bare.jar", "w") as jar:
        for file in classes.iterdir():
            jar.write(file, file.name)
    return directory / "bare.jar"


def ask() -> dict[str, list[float | None]]:
    """Return the seconds of all questions, by who has asked."""
    with tempfile.TemporaryDirectory(prefix="spark-exporter-bench-") as name:
        directory = Path(name)
        jar = plugin(directory)
        command = [sys.executable, str(HERE / "jobs" / "asking.py"), str(jar), name]
        done = subprocess.run(
            command,
            env=local_spark.environment(directory),
            cwd=directory,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            check=True,
        )
    found: dict[str, list[float | None]] = json.loads(done.stdout.splitlines()[-1])
    return found


def percentiles(times: list[float | None]) -> tuple[float, float]:
    """Return the median and the 99th percentile, in milliseconds."""
    cuts = statistics.quantiles([1000 * one for one in times if one is not None], n=100)
    return cuts[49], cuts[98]


def main() -> list[dict[str, Any]]:
    """Return the figures."""
    found = ask()
    median, high = percentiles(found["messages"])
    bare_median, bare_high = percentiles(found["bare"])
    peer = f"bare {bare_median:.1f} / {bare_high:.1f} ms"
    failed = sum(one is None for one in found["messages"])
    return [
        _result(f"rpc.ask, 1,000/s, 4 executors, p99 (p50 {median:.1f}; {peer})", high, BOUND_MILLIS, "ms"),
        _result("rpc.ask, 1,000/s, 4 executors: without an answer", float(failed), 0.0, ""),
    ]


def _result(name: str, figure: float, bound: float, unit: str) -> dict[str, Any]:
    return {"name": name, "figure": figure, "bound": bound, "unit": unit, "ok": figure <= bound}
