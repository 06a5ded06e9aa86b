"""Lets signals end a run in order."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading
    from types import FrameType


def end_on_signals(ended: threading.Event, what: str) -> None:
    """Let the first SIGINT, SIGTERM or SIGHUP set ``ended``, and a second one raise KeyboardInterrupt.

    Args:
        ended: what the run waits for.
        what: what the message says that ends, such as "The demo".

    """
    message = f"\n{what} ends; the same again ends it at once.\n".encode()

    def end(number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGHUP:
            # The terminal is gone, and with it whoever reads this.
            sys.stdout = sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115
        if ended.is_set():
            raise KeyboardInterrupt
        ended.set()
        # Not print, which may be what the signal interrupts.
        with contextlib.suppress(OSError):
            os.write(sys.stdout.fileno(), message)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
