"""A daemon beside a driver, in its pod: one that cannot work must not keep the driver from starting.

Kubernetes starts the driver once the containers before it run, and waits for ever for one that ends at once.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from typing import TYPE_CHECKING

from exporter.daemon.flags import LAST_SCRAPE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_ENDING = (signal.SIGTERM, signal.SIGINT)
_INTERRUPTED = 128 + signal.SIGINT
_FLAG = f"--{LAST_SCRAPE.name}"


def is_sidecar(words: Sequence[str], environment: Mapping[str, str] = os.environ) -> bool:
    """Say whether these arguments, right or wrong, start a daemon beside a driver."""
    given = any(word.partition("=")[0] == _FLAG for word in words) or environment.get(LAST_SCRAPE.variable)
    return words[:1] == ["serve"] and bool(given)


def outlast(run: Callable[[], int]) -> int:
    """Run a daemon; if it fails before it serves, stay until a signal comes. Return the exit code."""
    code = _run(run)
    # Its own handler stands for one that has begun. The driver has started then, and a new daemon is better.
    if code not in (0, _INTERRUPTED) and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        # What comes between the sentence and the wait.
        signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        sys.stderr.write(
            "spark-exporter serve: nothing is served; stays until it is told to end, "
            "as a sidecar that ends keeps its driver from starting\n"
        )
        sys.stderr.flush()
        signal.sigwait(_ENDING)
    return code


def _run(run: Callable[[], int]) -> int:
    try:
        return run()
    except SystemExit as end:
        if not isinstance(end.code, int):
            raise
        return end.code
    except Exception:
        if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
            raise
        traceback.print_exc()
        return 1
