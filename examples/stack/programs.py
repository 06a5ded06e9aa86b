"""Starts programs, listens to them, and leaves none behind."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START_SECONDS = 120
END_SECONDS = 60
LAST_WORDS = 3


class StackError(Exception):
    """A program did not do what it is there for; the text says which and why."""


class Program:
    """A running program; what it prints as JSON objects, one a line, can be heard."""

    def __init__(self, name: str, process: subprocess.Popen[str], log: Path) -> None:
        """Listen to it."""
        self.name = name
        self.process = process
        self.log = log
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
        """Return what it prints about ``key``; StackError if it ends without, or takes longer."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise StackError(f"{self.name} did not print {what} within {seconds:.0f} s") from None
            if line is None:
                raise StackError(f"{self.name} ended before it printed {what}")
            if line.startswith("{") and key in (message := json.loads(line)):
                return message[key]

    def wait_until_answers(self, url: str, seconds: float = START_SECONDS) -> None:
        """Wait until ``url`` answers well; StackError if the program ends before, or takes longer."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not self.is_running():
                said = "\n".join(log_end(self.log, LAST_WORDS)) or "it does not say why"
                raise StackError(f"{self.name} could not start: {said}")
            with contextlib.suppress(requests.RequestException):
                requests.get(url, timeout=5).raise_for_status()
                return
            time.sleep(0.1)
        raise StackError(f"{self.name} did not answer at {url} within {seconds:.0f} s")


@contextlib.contextmanager
def program(name: str, command: list[str], log: Path, **options: Any) -> Iterator[Program]:
    """Run a program in a process group of its own, and end that whole group at the end.

    Args:
        name: what messages call it.
        command: the program and its arguments.
        log: a file for its standard error, and for its standard output if ``stdout`` is not given.
        options: of `subprocess.Popen`.

    Raises:
        StackError: it cannot be started.

    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as file:
        options = {"stdout": file} | options
        try:
            process = subprocess.Popen(command, stderr=file, text=True, start_new_session=True, **options)
        except OSError as error:
            raise StackError(f"{name} could not start: {error}") from error
    try:
        yield Program(name, process, log)
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


def log_end(log: Path, lines: int) -> list[str]:
    """Return the last lines of a log."""
    return log.read_text(errors="replace").splitlines()[-lines:]


def log_ends(directory: Path, lines: int = 30) -> str:
    """Return the end of each program's log in a directory, for a run that failed."""
    logs = sorted(directory.rglob("*.log"))
    return "\n".join("\n".join([f"--- {log.name}", *log_end(log, lines)]) for log in logs)
