"""What the plugin and the client cost a CPU-heavy job, and how old a value on /metrics is."""

from __future__ import annotations

import contextlib
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "examples"))
import local_spark

if TYPE_CHECKING:
    from collections.abc import Iterator

JOBS = Path(__file__).parent / "jobs"
PAIRS = 7
SCRAPES = 100


@contextlib.contextmanager
def job(name: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run a job in a directory of its own."""
    with tempfile.TemporaryDirectory(prefix="spark-exporter-bench-") as directory:
        environment = local_spark.environment(Path(directory))
        command = [sys.executable, str(JOBS / name), *arguments]
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=directory,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait()


def said(process: subprocess.Popen[str], key: str) -> Any:
    """Return what the job prints about ``key``."""
    assert process.stdout is not None  # noqa: S101 - opened by job()
    for line in process.stdout:
        if line.startswith("{"):
            return json.loads(line)[key]
    sys.exit(f"the job ended without saying {key}")


def cpu_seconds(plugin: str) -> float:
    """Return the CPU seconds of one run."""
    with job("cpu_heavy.py", plugin) as process:
        seconds = float(said(process, "cpu"))
        process.wait()
        return seconds


def overhead() -> dict[str, Any]:
    """Compare runs with and without the plugin, in pairs of changing order."""
    ratios = []
    for number in range(PAIRS):
        order = ("on", "off") if number % 2 else ("off", "on")
        seconds = {plugin: cpu_seconds(plugin) for plugin in order}
        ratios.append(seconds["on"] / seconds["off"])
    figure = 100 * (statistics.median(ratios) - 1)
    return result("CPU of a CPU-heavy job, more with the plugin", figure, 2.0, "%")


def freshness() -> dict[str, Any]:
    """Read the gauge that a running task sets to the time of day, and compare with the time of day."""
    ages: list[float] = []
    with job("fresh.py") as process:
        command = [
            str(Path(sys.executable).parent / "spark-exporter"),
            "serve",
            "--target",
            said(process, "ui"),
        ]
        command += ["--web.listen-address", "127.0.0.1:0", "--state.directory="]
        daemon = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        try:
            assert daemon.stderr is not None  # noqa: S101 - opened above
            url = next(
                f"http://{m[1]}/metrics"
                for line in daemon.stderr
                if (m := re.search(r"address=\"?(?:http://)?([\d.:]+)", line))
            )
            while len(ages) < SCRAPES and process.poll() is None:
                found = re.search(
                    r"^spark_custom_clock_seconds\{.*\} (\S+)$",
                    requests.get(url, timeout=5).text,
                    re.MULTILINE,
                )
                if found:
                    ages.append(time.time() - float(found[1]))
                time.sleep(0.1)
        finally:
            daemon.terminate()
            daemon.wait()
    return result("age of a running task's value on /metrics, worst of 100 scrapes", max(ages), 3.0, "s")


def result(name: str, figure: float, bound: float, unit: str) -> dict[str, Any]:
    """Return a figure beside its bound."""
    return {"name": name, "figure": figure, "bound": bound, "unit": unit, "ok": figure <= bound}


def main() -> list[dict[str, Any]]:
    """Measure both."""
    return [freshness(), overhead()]
