"""The one lock of the client, and whether recording a value needs it."""

from __future__ import annotations

import os
import sys
from _thread import RLock

# Guards the registry; where recording is not lock-free, every value as well.
# Reentrant: a signal handler or a finaliser may use metrics while this thread holds it.
LOCK = RLock()


def _recording_is_atomic() -> bool:
    """Say whether ``cells[i] = self.value = self.value + x`` can never be cut in two by another thread.

    CPython with a global interpreter lock switches threads at backward jumps and around calls only, since
    3.10. Later versions than the tested ones, free-threaded builds and other implementations take the lock.
    """
    return (
        sys.implementation.name == "cpython"
        and (3, 10) <= sys.version_info[:2] < (3, 14)
        and "t" not in getattr(sys, "abiflags", "")
        and "SPARK_EXPORTER_FORCE_LOCK" not in os.environ
    )


LOCK_FREE = _recording_is_atomic()
