"""What it costs a driver to be polled over REST, when 10, 100 and 1,000 stages have ended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from exporter.daemon.catalogue import load
from exporter.daemon.fetch import Answer, Fetcher
from exporter.daemon.poll import Schedule
from exporter.daemon.polled import rest_sources
from exporter.daemon.sources.rest import Api

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "examples"))
import local_spark

if TYPE_CHECKING:
    from exporter.daemon.fetch import Params

AGES = (10, 100, 1000)
POLLS = 60
WARMING = 300
LISTINGS = 10
MAX_REQUESTS = 20
MAX_GROWTH = 1.5
"""How much more a poll of the oldest application may cost than one of the youngest."""


class Meter(Fetcher):
    """A fetcher that counts what it asks for and what it is given."""

    def __init__(self) -> None:
        """Have counted nothing."""
        super().__init__(timeout=30.0)
        self.requests = 0
        self.bytes = 0

    def get(self, url: str, params: Params | None = None, *arguments: Any, **options: Any) -> Answer:
        """Ask and count."""
        self.requests += 1
        answer = super().get(url, params, *arguments, **options)
        self.bytes += len(answer.body)
        return answer


def cpu_of(pid: int) -> float:
    """Return the CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def poll(schedule: Schedule) -> None:
    """Do what is due."""
    schedule.begin()
    while (source := schedule.take()) is not None:
        source.update()
        schedule.done(source, failed=False)


def measure(meter: Meter, schedule: Schedule, pid: int) -> dict[str, float]:
    """Return what one poll costs, on average."""
    meter.requests = meter.bytes = 0
    before = cpu_of(pid)
    for _ in range(POLLS):
        poll(schedule)
    cpu = (cpu_of(pid) - before) * 1000
    return {"requests": meter.requests / POLLS, "bytes": meter.bytes / POLLS, "cpu": cpu / POLLS}


def list_all(meter: Meter, base: str, pid: int) -> dict[str, float]:
    """Return what it costs to read the lists of everything once, as a poll without a memory would."""
    before, size = cpu_of(pid), 0
    for _ in range(LISTINGS):
        size = sum(len(meter.get(f"{base}/{name}").body) for name in ("jobs", "stages", "sql"))
    return {"bytes": size, "cpu": (cpu_of(pid) - before) * 1000 / LISTINGS}


def said(output: IO[str]) -> dict[str, Any]:
    """Return the next thing the job says."""
    for line in output:
        if line.startswith("{"):
            document: dict[str, Any] = json.loads(line)
            return document
    sys.exit("the job ended too early")


def run(job: subprocess.Popen[str]) -> tuple[dict[int, dict[str, float]], dict[int, dict[str, float]]]:
    """Let the application grow old; return by age what a poll costs, and what the lists of everything do."""
    if job.stdin is None or job.stdout is None:
        raise RuntimeError("the job has no pipes")
    about = said(job.stdout)
    meter = Meter()
    catalogue = load()
    schedule = Schedule(rest_sources(Api(meter, about["ui"], about["app"]), catalogue))
    costs, lists = {}, {}
    for age in AGES:
        job.stdin.write(f"{age}\n")
        job.stdin.flush()
        said(job.stdout)
        # The status store takes in events a little later, and the JVM compiles what it runs often.
        for _ in range(WARMING if age == AGES[0] else POLLS):
            poll(schedule)
            time.sleep(0.01)
        costs[age] = measure(meter, schedule, about["pid"])
        base = f"{about['ui']}/api/v1/applications/{about['app']}"
        lists[age] = list_all(meter, base, about["pid"])
    return costs, lists


def main() -> list[dict[str, Any]]:
    """Return the figures."""
    with tempfile.TemporaryDirectory(prefix="spark-exporter-bench-") as directory:
        command = [sys.executable, str(Path(__file__).parent / "jobs" / "aged.py")]
        environment = local_spark.environment(Path(directory))
        options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        with subprocess.Popen(command, env=environment, cwd=directory, text=True, **options) as job:
            costs, lists = run(job)
    found = []
    longest = lists[AGES[-1]]["cpu"]
    for age, cost in costs.items():
        where = f"REST, {age} finished stages"
        found.append(_result(f"{where}: requests of a poll", cost["requests"], MAX_REQUESTS, ""))
        cpu = f"{where}: driver's CPU for a poll, against all lists of {AGES[-1]}"
        found.append(_result(cpu, cost["cpu"], longest, "ms"))
        size = f"{where}: bytes of a poll, against all lists"
        found.append(_result(size, cost["bytes"], lists[age]["bytes"], "B"))
    youngest, oldest = costs[AGES[0]], costs[AGES[-1]]
    for key in ("requests", "bytes", "cpu"):
        growth = oldest[key] / youngest[key]
        found.append(_result(f"REST, {AGES[-1]} against {AGES[0]} stages: {key}", growth, MAX_GROWTH, "x"))
    return found


def _result(name: str, figure: float, bound: float, unit: str) -> dict[str, Any]:
    return {"name": name, "figure": figure, "bound": bound, "unit": unit, "ok": figure <= bound}
