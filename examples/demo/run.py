"""`make demo`: a Spark job with the plugin, the daemon beside it, and a live table of its custom metrics.

Environment: DEMO_SECONDS ends the demo by itself and makes the exit code say whether ``/metrics`` told the
truth; DEMO_LISTEN is the daemon's address (default 127.0.0.1:4060, port 0 takes a free one).
"""

from __future__ import annotations

import contextlib
import math
import os
import re
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
from demo.programs import END_SECONDS, DemoError, Program, free_port, program, prometheus
from demo.scrape import Sample, compare, read_custom, table

if TYPE_CHECKING:
    from types import FrameType

HERE = Path(__file__).resolve().parent
START_SECONDS = 120
REFRESH_SECONDS = 1.0
LOG_SECONDS = 5.0


def wait_until_ready(url: str, daemon: Program) -> None:
    """Wait until the daemon answers, or say that it ended."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if not daemon.is_running():
            raise DemoError("the daemon could not start")
        with contextlib.suppress(requests.RequestException):
            requests.get(url, timeout=5).raise_for_status()
            return
        time.sleep(0.1)
    raise DemoError(f"the daemon did not answer at {url} within {START_SECONDS} s")


def show(url: str, ended: threading.Event, job: Program) -> None:
    """Print the table of custom metrics, over and over, until the demo or the job ends."""
    before: dict[str, float] = {}
    then = time.monotonic()
    screen = sys.stdout.isatty()
    while not ended.wait(REFRESH_SECONDS if screen else LOG_SECONDS) and job.is_running():
        now = time.monotonic()
        samples: list[Sample] = read_custom(url)
        text = table(samples, before, now - then)
        print(f"\033[H\033[J{text}\n\n{url}   Ctrl-C ends the demo" if screen else f"{text}\n", flush=True)
        before, then = dict(samples), now


def demo(directory: Path, address: str, ended: threading.Event) -> bool:
    """Run everything; return whether the daemon's figures equal the job's."""
    url = f"http://{address}/metrics"
    print("Starting Spark with two executors ...", flush=True)
    job_command = [sys.executable, str(HERE / "job.py")]
    environment = local_spark.environment(directory)
    options: dict[str, Any] = {"stdout": subprocess.PIPE, "env": environment, "cwd": directory}
    with contextlib.ExitStack() as stack:
        job = stack.enter_context(program("the job", job_command, directory / "job.log", **options))
        ui = job.hear("ui", "the address of its UI", START_SECONDS)
        command = [str(Path(sys.executable).parent / "spark-exporter"), "serve", "--target", ui]
        command += ["--web.listen-address", address, "--state.directory", str(directory / "state")]
        daemon = stack.enter_context(program("the daemon", command, directory / "daemon.log"))
        wait_until_ready(url, daemon)
        server = stack.enter_context(prometheus(directory, address))
        print(f"Spark UI    {ui}\nmetrics     {url}")
        print(f"Prometheus  {server or 'not on the PATH, so not started'}", flush=True)
        show(url, ended, job)
        job.process.terminate()
        tally = job.hear("tally", "what it did", END_SECONDS)
        job.process.wait(END_SECONDS)
        text, equal = compare(read_custom(url), tally)
        print(f"\n{text}\n\n/metrics {'says' if equal else 'DIFFERS from'} what the job did.")
        return equal


def print_logs(directory: Path, output: IO[str]) -> None:
    """Print the end of each program's log, for a demo that failed."""
    for log in sorted(directory.glob("*.log")):
        last = log.read_text(errors="replace").splitlines()[-30:]
        print(f"--- {log.name}", *last, sep="\n", file=output)


def settings() -> tuple[str, float | None]:
    """Return the daemon's address and the seconds to run, or end with a sentence."""
    address = os.environ.get("DEMO_LISTEN", "127.0.0.1:4060")
    found = re.fullmatch(r"([\w.-]+):(\d{1,5})", address)
    if not found:
        sys.exit(f"DEMO_LISTEN={address!r} is not an address such as 127.0.0.1:4060")
    if int(found[2]) == 0:
        address = f"{found[1]}:{free_port()}"
    text = os.environ.get("DEMO_SECONDS")
    if not text:
        return address, None
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < threading.TIMEOUT_MAX:
        sys.exit(f"DEMO_SECONDS={text!r} is not a number of seconds such as 30")
    return address, seconds


def end_on_signals(ended: threading.Event) -> None:
    """Let the first signal end the demo in order, and a second one at once."""

    def end(number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGHUP:
            # The terminal is gone, and with it whoever reads this.
            sys.stdout = sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115
        if ended.is_set():
            raise KeyboardInterrupt
        ended.set()
        # Not print, which may be what the signal interrupts.
        with contextlib.suppress(OSError):
            os.write(sys.stdout.fileno(), b"\nThe demo ends; the same again ends it at once.\n")

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)


def main() -> int:
    """Run the demo in a temporary directory and return its exit code."""
    address, seconds = settings()
    ended = threading.Event()
    end_on_signals(ended)
    if seconds:
        timer = threading.Timer(seconds, ended.set)
        timer.daemon = True
        timer.start()
    with tempfile.TemporaryDirectory(prefix="spark-exporter-demo-") as name:
        try:
            return 0 if demo(Path(name), address, ended) else 1
        except (DemoError, requests.RequestException, subprocess.TimeoutExpired) as error:
            print(f"The demo failed: {error}", file=sys.stderr)
            print_logs(Path(name), sys.stderr)
        except KeyboardInterrupt:
            print("The demo was interrupted before it could compare anything.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
