"""One daemon that follows up to 200 applications of 20 executors each, beside prometheus_client.

Drivers, daemon and this client are three processes on one machine, and talk HTTP over loopback. A scrape is
one GET of /metrics as a whole, without compression, timed by the client. ``generate_latest`` gets the very
same series, parsed from a scrape, in this process, once after each scrape. The daemon is scraped every five
seconds; meanwhile all drivers report, and the daemon polls their REST APIs.
"""

from __future__ import annotations

import os
import re
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client import Metric

HERE = Path(__file__).resolve().parent
APPLICATIONS = (5, 25, 100, 200)
EXECUTORS = 20
READINGS = 20
SERIES = 200_000
"""What the largest fleet must have at least."""
INTERVAL = 5.0
SCRAPES = 7
PATIENCE = 120.0
MEGABYTE = 1 << 20


@dataclass
class Point:
    """What was measured with one number of applications."""

    applications: int
    series: int
    scrape: float
    """Seconds, the median."""
    gzip: float
    """The same with gzip; once."""
    peer: float
    """Seconds of generate_latest, the median."""
    ratio: float
    """A scrape by the generate_latest that follows it: the median of the pairs."""
    memory: int
    """Bytes of resident memory, at most."""
    cores: float
    """CPU seconds of the daemon per second, scrapes included."""


class Daemon:
    """A daemon in a process of its own."""

    def __init__(self, targets: list[str]) -> None:
        """Start it."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/metrics"
        command = [sys.executable, "-m", "exporter", "serve", "--log.level=error", "--state.directory="]
        command += [f"--web.listen-address=127.0.0.1:{port}", *(f"--target={target}" for target in targets)]
        # Not from the checkout: the package under test is the installed one.
        self.process = subprocess.Popen(command, cwd="/")

    def scrape(self, encoding: str = "identity") -> tuple[float, bytes]:
        """Return how long one scrape took, and its body."""
        request = urllib.request.Request(self.url, headers={"Accept-Encoding": encoding})  # noqa: S310
        start = time.perf_counter()
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
            body = answer.read()
        return time.perf_counter() - start, body

    def until(self, executors: int) -> None:
        """Wait until all executors are there."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                _, body = self.scrape()
            except OSError:
                body = b""
            if body.count(b"\nspark_executor_up{") == executors:
                return
            time.sleep(1.0)
        raise SystemExit(f"fleet: {executors} executors were not there after {PATIENCE:g} s")

    def cpu(self) -> float:
        """Return the CPU seconds so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> int:
        """Return the most bytes of resident memory so far."""
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{self.process.pid}/status").read_text())
        if found is None:
            raise SystemExit("fleet: the kernel does not say how much memory a process has had")
        return int(found[1]) * 1024


class Replay:
    """The series of one exposition, for prometheus_client."""

    def __init__(self, body: bytes) -> None:
        """Parse it."""
        self._families = list(text_string_to_metric_families(body.decode()))

    def collect(self) -> Iterator[Metric]:
        """Return its families."""
        return iter(self._families)


def peer_seconds(registry: CollectorRegistry) -> float:
    """Return how long generate_latest takes."""
    start = time.perf_counter()
    generate_latest(registry)
    return time.perf_counter() - start


def measure(applications: int) -> Point:
    """Return the figures for so many applications."""
    command = [sys.executable, HERE / "fleet_drivers.py", str(applications), str(EXECUTORS), str(READINGS)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes) as drivers:
        daemon = Daemon(orjson.loads(drivers.stdout.readline()))
        try:
            daemon.until(applications * (EXECUTORS + 1))
            return observe(daemon, applications)
        finally:
            daemon.process.terminate()
            daemon.process.wait(PATIENCE)
            drivers.stdin.close()


def observe(daemon: Daemon, applications: int) -> Point:
    """Scrape a daemon that knows all of its applications; the peer prints the same after each scrape."""
    time.sleep(INTERVAL)
    _, body = daemon.scrape()
    series = sum(not line.startswith(b"#") for line in body.splitlines())
    peer = CollectorRegistry(auto_describe=False)
    peer.register(Replay(body))
    del body
    start, used, pairs = time.monotonic(), daemon.cpu(), []
    for number in range(1, SCRAPES + 1):
        seconds, _ = daemon.scrape()
        pairs.append((seconds, peer_seconds(peer)))
        time.sleep(max(0.0, start + number * INTERVAL - time.monotonic()))
    cores = (daemon.cpu() - used) / (time.monotonic() - start)
    memory = daemon.memory()
    scrape, theirs = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratio = statistics.median(mine / its for mine, its in pairs)
    zipped, _ = daemon.scrape("gzip")
    return Point(applications, series, scrape, zipped, theirs, ratio, memory, cores)


def main() -> list[dict[str, object]]:
    """Return the results; the curve goes to standard output."""
    points = [measure(applications) for applications in APPLICATIONS]
    print(f"{'applications':>14}{'series':>10}{'scrape ms':>11}{'us/series':>11}{'gzip ms':>9}", end="")
    print(f"{'generate_latest ms':>20}{'ratio':>7}{'MB':>6}{'cores':>7}")
    for point in points:
        each = point.scrape / point.series * 1e6
        print(f"{point.applications:>14}{point.series:>10}{point.scrape * 1e3:>11.1f}{each:>11.3f}", end="")
        print(f"{point.gzip * 1e3:>9.0f}{point.peer * 1e3:>20.0f}{point.ratio:>7.3f}", end="")
        print(f"{point.memory / MEGABYTE:>6.0f}{point.cores:>7.2f}", flush=True)
    first, last = points[0], points[-1]
    if last.series < SERIES:
        raise SystemExit(f"fleet: only {last.series} series")
    about = f"fleet: {last.applications} applications, {last.series} series"
    growth = (last.scrape / last.series) / (first.scrape / first.series)
    return [
        result(f"{about}: scrape / generate_latest", last.ratio, 0.1, "of its time"),
        result(f"{about}: resident memory at most", last.memory / MEGABYTE, 1024, "MB"),
        result(f"{about}: CPU, scraped every 5 s", last.cores, 1.0, "cores"),
        result(f"fleet: time per series, {last.series} / {first.series} series", growth, 1.5, "times"),
    ]


def result(name: str, figure: float, bound: float, unit: str) -> dict[str, object]:
    """Return one line of the report; the figure may be at most the bound."""
    return {"name": name, "figure": figure, "bound": bound, "unit": unit, "ok": figure <= bound}


if __name__ == "__main__":
    for line in main():
        print(line)
