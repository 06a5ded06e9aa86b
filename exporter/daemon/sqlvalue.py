r"""Reads the values of SQL metrics, which Spark's REST API gives as texts made for people.

The forms, from Spark 3.5 to 4.3:

* ``1,234`` is a count; ``1,234.5`` or ``0.250`` an average.
* ``416.0 B``, ``1.2 MiB``, ``1.23E+21 B`` are sizes; ``93 ms``, ``1.5 s``, ``2.0 m``, ``1.10 h`` are times.
* ``total (min, med, max (stageId: taskId))\n93 ms (0 ms, 39 ms, 51 ms (stage 0.0: task 0))`` is the sum over
  tasks, then the distribution; ``(driver)`` may stand in place of the task.
* ``(min, med, max (stageId: taskId)):\n(1, 1.2, 3 (stage 0.0: task 0))`` is the distribution of an average.

Data sources may define metrics of their own, with any text as value.
"""

from __future__ import annotations

import re
from typing import NamedTuple

COUNT, AVERAGE, BYTES, SECONDS = "count", "average", "bytes", "seconds"
KINDS = (COUNT, AVERAGE, BYTES, SECONDS)

_MAX_LENGTH = 300
_SIZES = {unit: 1024.0**power for power, unit in enumerate(("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"))}
_TIMES = {"ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_NUMBER = r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?(?:E\+?\d{1,2})?"
_VALUE = rf"(?:{_NUMBER})(?: (?:{'|'.join([*_SIZES, *_TIMES])}))?"
_TASK = r"(?:\((?:driver|stage \d+\.\d+: task \d+)\))"
_HEAD = r"(?:total ?)?(?:\(min, med, max(?: \(stageId: taskId\))?\):?)?"
_FORM = re.compile(
    rf"(?:{_HEAD}\s*\n)?\s*(?P<total>{_VALUE})?\s*"
    rf"(?:\((?P<min>{_VALUE}), (?P<med>{_VALUE}), (?P<max>{_VALUE})(?: {_TASK})?\))?\s*",
    re.ASCII,
)


class SqlValue(NamedTuple):
    """One value: a number, bytes or seconds, as exact as the text is."""

    kind: str
    """One of ``KINDS``. An average without decimals looks like a count."""
    total: float | None
    """The sum over tasks, or the only value. Averages over tasks have none."""
    minimum: float | None = None
    median: float | None = None
    maximum: float | None = None

    @property
    def largest(self) -> float:
        """The largest value of a task, or the only value."""
        return max(value for value in (self.maximum, self.total) if value is not None)


def parse(text: str) -> SqlValue | None:
    """Return the value that ``text`` shows; None if it is empty or none of Spark's forms. Never raises."""
    if len(text) > _MAX_LENGTH:
        return None
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    total, *parts = (_one(shown) for shown in match.group("total", "min", "med", "max"))
    known = [value for value in (total, *parts) if value is not None]
    if not known or len({_family(kind) for kind, _ in known}) > 1:
        return None
    if total is None:
        return SqlValue(AVERAGE if known[0][0] == COUNT else known[0][0], None, *(v for _, v in known))
    kind = AVERAGE if any(found == AVERAGE for found, _ in known) else total[0]
    return SqlValue(kind, total[1], *(value[1] for value in parts if value is not None))


def _family(kind: str) -> str:
    """Return the kind in which averages and counts are the same: an average may have no decimals."""
    return COUNT if kind == AVERAGE else kind


def _one(shown: str | None) -> tuple[str, float] | None:
    if shown is None:
        return None
    digits, _, unit = shown.partition(" ")
    value = float(digits.replace(",", ""))
    if unit in _SIZES:
        return BYTES, value * _SIZES[unit]
    if unit in _TIMES:
        # The text has at most two decimals: 1.10 h are 3960 s, and not 3960.0000000000005.
        return SECONDS, round(value * _TIMES[unit], 6)
    return (AVERAGE if "." in digits else COUNT), value
