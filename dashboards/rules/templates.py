"""Checks the templates of annotations: what they show is what the alert's query gives."""

from __future__ import annotations

import re

from dashboards import promql

_ACTION = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_LABEL = re.compile(r"(?:\$labels|\.Labels)\.(\w+)|index\s+(?:\$labels|\.Labels)\s+\"([^\"]*)\"")
_VALUE = re.compile(r"\$value\b|\.Value\b")
_WORDS = frozenset({"if", "else", "end", "or", "and", "not", "eq", "ne"})
_SHOWS = frozenset(
    {"humanize", "humanize1024", "humanizeDuration", "humanizePercentage", "humanizeTimestamp"}
)
_REST = re.compile(r"[$.]?\w+")


def check(text: str, labels: frozenset[str], where: str) -> None:
    """Check the text of an annotation.

    Args:
        text: as Prometheus expands it.
        labels: that the alert's query keeps.
        where: what has it, for the error: the file and the alert.

    Raises:
        PromqlError: it shows a label that the query does not keep, or cannot be checked.

    """
    for action in _ACTION.findall(text):
        for found in _LABEL.finditer(action):
            shown = found[1] or found[2]
            if shown not in labels and promql.ANY not in labels:
                near = promql.hint(shown, labels)
                raise promql.PromqlError(
                    where, f"the description shows {shown}, which the query does not keep{near}"
                )
        for word in _REST.findall(_VALUE.sub("", _LABEL.sub("", action))):
            if word not in _WORDS | _SHOWS:
                raise promql.PromqlError(
                    where, f"{{{{{action}}}}} has {word}; expected $labels.NAME, $value, and {_expected()}"
                )
    if "{{" in _ACTION.sub("", text) or "}}" in _ACTION.sub("", text):
        raise promql.PromqlError(where, f"the braces of a template do not match in {text}")


def _expected() -> str:
    return ", ".join(sorted(_WORDS | _SHOWS))
