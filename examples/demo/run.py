"""`make demo`: a Spark job with the plugin, the daemon beside it, and a live table of its custom metrics.

Environment: DEMO_SECONDS ends the demo by itself and makes the exit code say whether ``/metrics`` told the
truth; DEMO_LISTEN is the daemon's address (default 127.0.0.1:4060).
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import requests

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import local_spark
from demo.scrape import Sample, compare, read_custom, table

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent
START_SECONDS = 120
END_SECONDS = 60
REFRESH_SECONDS = 1.0
LOG_SECONDS = 5.0


class DemoError(Exception):
    """The demo cannot go on; the text says why."""


@contextlib.contextmanager
def program(name: str, command: list[str], log: Path, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Run a program in a process group of its own, and end that whole group at the end."""
    with log.open("w") as stderr:
        process = subprocess.Popen(command, stderr=stderr, text=True, start_new_session=True, **options)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            print(f"{name} did not end by itself; it is killed", file=sys.stderr)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def read_json(process: subprocess.Popen[str], key: str, what: str) -> Any:
    """Read the job's output up to the JSON line that holds ``key``."""
    assert process.stdout is not None  # noqa: S101 - opened by the caller
    for line in process.stdout:
        if line.startswith("{") and key in (message := json.loads(line)):
            return message[key]
    raise DemoError(f"the job ended before it printed {what}")


def wait_until_ready(url: str, daemon: subprocess.Popen[str]) -> None:
    """Wait until the daemon answers, or say that it ended."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if daemon.poll() is not None:
            raise DemoError("the daemon could not start")
        with contextlib.suppress(requests.RequestException):
            requests.get(url, timeout=5).raise_for_status()
            return
        time.sleep(0.1)
    raise DemoError(f"the daemon did not answer at {url} within {START_SECONDS} s")


def free_port() -> int:
    """Return a loopback port that is free now."""
    import socket  # noqa: PLC0415

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def prometheus(directory: Path, address: str) -> Iterator[str | None]:
    """Run Prometheus against the daemon if it is on the PATH; give its URL."""
    binary = shutil.which("prometheus")
    if binary is None:
        yield None
        return
    config = directory / "prometheus.yml"
    scrape = {
        "job_name": "spark-exporter",
        "scrape_interval": "2s",
        "static_configs": [{"targets": [address]}],
    }
    config.write_text(json.dumps({"scrape_configs": [scrape]}))  # JSON is YAML
    listen = f"127.0.0.1:{free_port()}"
    command = [
        binary,
        f"--config.file={config}",
        f"--storage.tsdb.path={directory / 'tsdb'}",
        f"--web.listen-address={listen}",
    ]
    with program("prometheus", command, directory / "prometheus.log", stdout=subprocess.DEVNULL):
        yield f"http://{listen}"


def show(url: str, ended: threading.Event, job: subprocess.Popen[str]) -> None:
    """Print the table of custom metrics, over and over, until the demo or the job ends."""
    before: dict[str, float] = {}
    then = time.monotonic()
    screen = sys.stdout.isatty()
    while not ended.wait(REFRESH_SECONDS if screen else LOG_SECONDS) and job.poll() is None:
        now = time.monotonic()
        samples: list[Sample] = read_custom(url)
        text = table(samples, before, now - then)
        print(f"\033[H\033[J{text}\n\n{url}   Ctrl-C ends the demo" if screen else f"{text}\n", flush=True)
        before, then = dict(samples), now


def demo(directory: Path, ended: threading.Event) -> bool:
    """Run everything; return whether the daemon's figures equal the job's."""
    environment = local_spark.environment(directory)
    address = os.environ.get("DEMO_LISTEN", "127.0.0.1:4060")
    url = f"http://{address}/metrics"
    print("Starting Spark with two executors ...", flush=True)
    job_command = [sys.executable, str(HERE / "job.py")]
    options: dict[str, Any] = {"stdout": subprocess.PIPE, "env": environment, "cwd": directory}
    with contextlib.ExitStack() as stack:
        job = stack.enter_context(program("the job", job_command, directory / "job.log", **options))
        ui = read_json(job, "ui", "the address of its UI")
        command = [str(Path(sys.executable).parent / "spark-exporter"), "serve", "--target", ui]
        command += ["--web.listen-address", address]
        daemon = stack.enter_context(program("the daemon", command, directory / "daemon.log"))
        wait_until_ready(url, daemon)
        server = stack.enter_context(prometheus(directory, address))
        print(f"Spark UI    {ui}\nmetrics     {url}")
        print(f"Prometheus  {server or 'not on the PATH, so not started'}", flush=True)
        show(url, ended, job)
        job.terminate()
        tally = read_json(job, "tally", "what it did")
        job.wait(END_SECONDS)
        text, equal = compare(read_custom(url), tally)
        print(f"\n{text}\n\n/metrics {'says' if equal else 'DIFFERS from'} what the job did.")
        return equal


def print_logs(directory: Path, output: IO[str]) -> None:
    """Print the end of each program's log, for a demo that failed."""
    for log in sorted(directory.glob("*.log")):
        print(
            f"--- {log.name}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-30:]), file=output
        )


def main() -> int:
    """Run the demo in a temporary directory and return its exit code."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    seconds = os.environ.get("DEMO_SECONDS")
    if seconds:
        timer = threading.Timer(float(seconds), ended.set)
        timer.daemon = True
        timer.start()
    with tempfile.TemporaryDirectory(prefix="spark-exporter-demo-") as name:
        try:
            return 0 if demo(Path(name), ended) else 1
        except (DemoError, requests.RequestException) as error:
            print(f"The demo failed: {error}", file=sys.stderr)
            print_logs(Path(name), sys.stderr)
            return 1


if __name__ == "__main__":
    sys.exit(main())
