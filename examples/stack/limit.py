"""Lets a run end by itself after the seconds that a variable of the environment gives."""

from __future__ import annotations

import math
import os
import sys
import threading


def seconds_in(variable: str, example: str) -> float | None:
    """Return the seconds that an environment variable gives, None without it, or end with a sentence.

    Args:
        variable: its name.
        example: a good value, for the sentence.

    """
    text = os.environ.get(variable)
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < threading.TIMEOUT_MAX:
        sys.exit(f"{variable}={text!r} is not a number of seconds such as {example}")
    return seconds


def end_after(seconds: float | None, ended: threading.Event) -> None:
    """Set ``ended`` after so many seconds, never for None."""
    if seconds:
        timer = threading.Timer(seconds, ended.set)
        timer.daemon = True
        timer.start()
