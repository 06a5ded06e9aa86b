"""Starts the applications of the showcase, and talks with them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import local_spark
from stack import StackError, free_port, program

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    from stack import Program

APPLICATIONS = Path(__file__).resolve().parent / "applications"
START_SECONDS = 120
DO_SECONDS = 180
LOOK_SECONDS = 1.0
# A JVM that lives for minutes spends much of its CPU time in the optimising compiler, and gains little.
SHORT_LIVED = "-XX:TieredStopAtLevel=1"


class Ended(StackError):  # noqa: N818 - it is no error of anybody
    """The run shall end before an application has done what it does."""


class Guest:
    """An application, by the name of its script."""

    def __init__(self, name: str, running: Program, ended: threading.Event) -> None:
        """Know the program; ``wait`` says when there is a session. Once ``ended`` is set, nothing waits."""
        self.name = name
        self.running = running
        self.app_id = ""
        self._ended = ended

    def wait(self) -> None:
        """Wait until its session is there."""
        self.app_id = self.hear("app_id", START_SECONDS)

    def hear(self, key: str, seconds: float = DO_SECONDS) -> Any:
        """Return what it says about ``key``.

        Raises:
            Ended: the run ends before.
            StackError: it does not say it in time, or is gone.

        """
        deadline = time.monotonic() + seconds
        while not self._ended.is_set():
            last = time.monotonic() > deadline or not self.running.is_running()
            with contextlib.suppress(StackError) if not last else contextlib.nullcontext():
                return self.running.hear(key, f"{key!r}", LOOK_SECONDS)
        raise Ended(f"{self.name} was not waited for")

    def tell(self, *words: str) -> None:
        """Send words."""
        stdin = self.running.process.stdin
        if stdin is None:
            raise StackError(f"{self.name} does not listen")
        try:
            stdin.write("".join(f"{word}\n" for word in words))
            stdin.flush()
        except OSError:
            raise StackError(f"{self.name} is gone") from None

    def done(self, word: str) -> Any:
        """Wait until it has done what a word means; return what came of it."""
        while (said := self.hear("done"))["word"] != word:
            pass
        return said["result"]

    def stop(self) -> int:
        """Let it end by itself; return its exit code."""
        self.tell("stop")
        return self.running.process.wait(START_SECONDS)

    def kill(self) -> None:
        """Kill its driver and its executors at once, as a machine does that loses its power."""
        os.killpg(self.running.process.pid, signal.SIGKILL)
        self.running.process.wait()


@contextlib.contextmanager
def start(
    name: str, directory: Path, port: int, ended: threading.Event, **environment: str
) -> Iterator[Guest]:
    """Run an application whose UI is at a port; whatever is left of it ends with the block."""
    own = directory / name
    own.mkdir()
    inherited = local_spark.environment(own)
    options = f"{inherited['JDK_JAVA_OPTIONS']} {SHORT_LIVED}"
    given: dict[str, Any] = {
        "env": inherited | environment | {"JDK_JAVA_OPTIONS": options},
        "cwd": own,
        "stdin": subprocess.PIPE,
        "stdout": subprocess.PIPE,
    }
    command = [sys.executable, str(APPLICATIONS / f"{name}.py"), str(port)]
    with program(name, command, directory / f"{name}.log", **given) as running:
        yield Guest(name, running, ended)


def ports(names: tuple[str, ...]) -> dict[str, int]:
    """Return a free port for each name."""
    found: dict[str, int] = {}
    for name in names:
        while (port := free_port()) in found.values():
            pass
        found[name] = port
    return found
