"""Why executors go, in a few words instead of Spark's many. The plugin reads the same file."""

from __future__ import annotations

import re
from importlib.resources import files

OTHER = "other"


def _read() -> dict[str, re.Pattern[str]]:
    lines = files("exporter").joinpath("removal_reasons.txt").read_text("utf-8").splitlines()
    split = [line.partition(" ") for line in lines if line and not line.startswith("#")]
    return {name: re.compile(pattern, re.IGNORECASE) for name, _, pattern in split}


_PATTERNS = _read()
REASONS = (*_PATTERNS, OTHER)
"""All classes."""


def classify(reason: str) -> str:
    """Return the class of a reason that Spark gave for the removal of an executor."""
    return next((name for name, pattern in _PATTERNS.items() if pattern.search(reason)), OTHER)
