"""Plays the daemon of Python workers: forks a worker for each SIGUSR1, and takes note of those that end.

A worker uses some CPU time, and then writes a file with its pid as name. Both end when standard input does.
"""

import contextlib
import os
import signal
import sys
import time
from pathlib import Path


def fork(*_):
    """Start a worker."""
    if os.fork() == 0:
        while time.process_time() < 0.25:
            pass
        (Path(os.environ["ACTORS"]) / str(os.getpid())).touch()
        os.read(0, 1)
        os._exit(0)


def reap(*_):
    """Take note of workers that have ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


signal.signal(signal.SIGUSR1, fork)
signal.signal(signal.SIGCHLD, reap)
(Path(os.environ["ACTORS"]) / "daemon").touch()
sys.stdin.read()
