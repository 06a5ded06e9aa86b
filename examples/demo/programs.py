"""Starts the demo's programs, listens to them, and leaves none behind."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

END_SECONDS = 60


class DemoError(Exception):
    """The demo cannot go on; the text says why."""


class Program:
    """A running program that prints JSON objects, one a line."""

    def __init__(self, name: str, process: subprocess.Popen[str]) -> None:
        """Listen to it."""
        self.name = name
        self.process = process
        self._lines: queue.Queue[str | None] = queue.Queue()
        if process.stdout is not None:
            threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for line in self.process.stdout or ():
            self._lines.put(line)
        self._lines.put(None)

    def is_running(self) -> bool:
        """Say whether it has not ended."""
        return self.process.poll() is None

    def hear(self, key: str, what: str, seconds: float) -> Any:
        """Return what it prints about ``key``; DemoError if it ends without, or takes longer."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise DemoError(f"{self.name} did not print {what} within {seconds:.0f} s") from None
            if line is None:
                raise DemoError(f"{self.name} ended before it printed {what}")
            if line.startswith("{") and key in (message := json.loads(line)):
                return message[key]


@contextlib.contextmanager
def program(name: str, command: list[str], log: Path, **options: Any) -> Iterator[Program]:
    """Run a program in a process group of its own, and end that whole group at the end."""
    with log.open("w") as stderr:
        process = subprocess.Popen(command, stderr=stderr, text=True, start_new_session=True, **options)
    try:
        yield Program(name, process)
    finally:
        try:
            end(name, process)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def end(name: str, process: subprocess.Popen[str]) -> None:
    """Ask a program to end, and wait for it."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        print(f"{name} did not end by itself; it is killed", file=sys.stderr)


def free_port() -> int:
    """Return a loopback port that is free now."""
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
