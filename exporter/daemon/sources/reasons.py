"""Why executors go, in a few words instead of Spark's many."""

from __future__ import annotations

import re

_CLASSES = (
    ("oom", r"\bcode:? 137\b|oom|out ?of ?memory|exceeding .*memory|memory limits?"),
    ("preempted", r"preempt"),
    ("decommissioned", r"decommission"),
    ("heartbeat", r"heartbeat"),
    ("killed", r"killed by driver|killed by the driver|kill(ed)? .*request"),
    (
        "lost",
        r"disassociated|disconnected|worker (lost|shutting down)|node .*lost|lost node|unable to contact",
    ),
    ("exited", r"exit(ed)?\b"),
)
_PATTERNS = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _CLASSES)
OTHER = "other"
REASONS = (*(name for name, _ in _CLASSES), OTHER)
"""All classes."""


def classify(reason: str) -> str:
    """Return the class of a reason that Spark gave for the removal of an executor."""
    return next((name for name, pattern in _PATTERNS if pattern.search(reason)), OTHER)
