"""`make demo`: a Spark job with the plugin, the daemon beside it, and a live table of its custom metrics.

Prometheus with the rules, Alertmanager, and Grafana with the dashboards join it where they are on the PATH.

Environment: DEMO_SECONDS ends the demo by itself and makes the exit code say whether ``/metrics`` told the
truth; DEMO_LISTEN is the daemon's address (default 127.0.0.1:4060, port 0 takes a free one).
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import local_spark
from demo.scrape import Sample, compare, read_custom, table
from stack import (
    ABSENT,
    END_SECONDS,
    RULES,
    START_SECONDS,
    StackError,
    add_grafana,
    end_after,
    end_on_signals,
    free_port,
    log_ends,
    program,
    seconds_in,
    start_alertmanager,
    start_daemon,
    start_prometheus,
)

if TYPE_CHECKING:
    from stack import Program

HERE = Path(__file__).resolve().parent
SCRAPE_INTERVAL = "2s"
REFRESH_SECONDS = 1.0
LOG_SECONDS = 5.0


def show(url: str, addresses: str, ended: threading.Event, job: Program) -> None:
    """Print the table of custom metrics, over and over, until the demo or the job ends."""
    before: dict[str, float] = {}
    then = time.monotonic()
    screen = sys.stdout.isatty()
    while not ended.wait(REFRESH_SECONDS if screen else LOG_SECONDS) and job.is_running():
        now = time.monotonic()
        samples: list[Sample] = read_custom(url)
        text = table(samples, before, now - then)
        # The screen is cleared each time.
        around = ("\033[H\033[J", f"\n{addresses}\n\nCtrl-C ends the demo") if screen else ("", "")
        print(f"{around[0]}{text}\n{around[1]}", flush=True)
        before, then = dict(samples), now


def demo(directory: Path, address: str, ended: threading.Event) -> bool:
    """Run everything; return whether the daemon's figures equal the job's."""
    print("Starting Spark with two executors ...", flush=True)
    job_command = [sys.executable, str(HERE / "job.py")]
    environment = local_spark.environment(directory)
    options: dict[str, Any] = {"stdout": subprocess.PIPE, "env": environment, "cwd": directory}
    with contextlib.ExitStack() as stack:
        job = stack.enter_context(program("the job", job_command, directory / "job.log", **options))
        ui = job.hear("ui", "the address of its UI", START_SECONDS)
        daemon = stack.enter_context(start_daemon(directory, ui, address=address))
        addresses = {"Spark UI": ui, "metrics": daemon.url} | start_servers(stack, directory, address)
        places = "\n".join(f"{name:<13} {place}" for name, place in addresses.items())
        print(places, flush=True)
        show(daemon.url, places, ended, job)
        job.process.terminate()
        tally = job.hear("tally", "what it did", END_SECONDS)
        job.process.wait(END_SECONDS)
        text, equal = compare(read_custom(daemon.url), tally)
        print(f"\n{text}\n\n/metrics {'says' if equal else 'DIFFERS from'} what the job did.")
        return equal


def start_servers(stack: contextlib.ExitStack, directory: Path, address: str) -> dict[str, str]:
    """Start what there is of Alertmanager, Prometheus and Grafana; return where each is, or why it is not."""
    manager = stack.enter_context(start_alertmanager(directory))
    prometheus = stack.enter_context(
        start_prometheus(
            directory, address, rules=RULES, alertmanager=manager, scrape_interval=SCRAPE_INTERVAL
        )
    )
    return {
        "Prometheus": prometheus.url if prometheus else ABSENT,
        "Alertmanager": manager.url if manager else ABSENT,
        "Grafana": add_grafana(stack, directory, prometheus, manager, scrape_interval=SCRAPE_INTERVAL),
    }


def settings() -> tuple[str, float | None]:
    """Return the daemon's address and the seconds to run, or end with a sentence."""
    address = os.environ.get("DEMO_LISTEN", "127.0.0.1:4060")
    found = re.fullmatch(r"([\w.-]+):(\d{1,5})", address)
    if not found:
        sys.exit(f"DEMO_LISTEN={address!r} is not an address such as 127.0.0.1:4060")
    if int(found[2]) == 0:
        address = f"{found[1]}:{free_port()}"
    return address, seconds_in("DEMO_SECONDS", "30")


def main() -> int:
    """Run the demo in a temporary directory and return its exit code."""
    address, seconds = settings()
    ended = threading.Event()
    end_on_signals(ended, "The demo")
    end_after(seconds, ended)
    with tempfile.TemporaryDirectory(prefix="spark-exporter-demo-") as name:
        try:
            return 0 if demo(Path(name), address, ended) else 1
        except (StackError, requests.RequestException, subprocess.TimeoutExpired) as error:
            print(f"The demo failed: {error}", file=sys.stderr)
            print(log_ends(Path(name)), file=sys.stderr)
        except KeyboardInterrupt:
            print("The demo was interrupted before it could compare anything.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
