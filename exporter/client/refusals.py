"""What the client refused: counted for the operator, and said once per cause to whoever reads the log."""

from __future__ import annotations

import sys

SERIES_LIMIT = "series_limit"
LABEL_TOO_LONG = "label_too_long"
INVALID_VALUE = "invalid_value"
DEFINITION_CONFLICT = "definition_conflict"
NO_SPACE = "no_space"
# In the order of their cells in the header of a segment.
REASONS = (SERIES_LIMIT, LABEL_TOO_LONG, INVALID_VALUE, DEFINITION_CONFLICT, NO_SPACE)


def local_cells(count: int) -> memoryview[float]:
    """Return zeroed doubles in this process's memory, written exactly as those of a segment."""
    return memoryview(bytearray(8 * count)).cast("d")


def shown(value: object) -> str:
    """Return a short ``repr`` of somebody's object, whatever its ``__repr__`` does."""
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - it is the user's code
        text = f"<{type(value).__name__}>"
    return text if len(text) <= 100 else f"{text[:97]}..."  # noqa: PLR2004 - fits one line of a log


class Refusals:
    """Counts refused things by reason, and keeps one sentence per reason and metric to be logged."""

    def __init__(self) -> None:
        """Start from zero, in local memory."""
        self.counts = dict.fromkeys(REASONS, 0)
        self._cells = local_cells(len(REASONS))
        self._said: set[tuple[str, str]] = set()
        self._unsaid: list[str] = []

    def publish_in(self, cells: memoryview[float] | None) -> None:
        """Show the counts in these cells from now on; None means local memory."""
        self._cells = local_cells(len(REASONS)) if cells is None else cells
        for index, reason in enumerate(REASONS):
            self._cells[index] = self.counts[reason]

    def restart(self) -> None:
        """Start from zero, as a new process or for a new application. What was said is not said again."""
        self.counts = dict.fromkeys(REASONS, 0)
        self.publish_in(None)

    def add(self, reason: str, about: str, sentence: str, times: int = 1) -> None:
        """Count a refusal; keep ``sentence`` if it is the first for this reason and metric.

        The caller holds the registry's section, which logs the sentence once nothing is locked any more.

        Args:
            reason: one of ``REASONS``.
            about: name of the metric, or nothing if the cause is not one metric.
            sentence: what is wrong and what would be right.
            times: how many things were refused.

        """
        self.counts[reason] += times
        self._cells[REASONS.index(reason)] = self.counts[reason]
        if (reason, about) not in self._said:
            self._said.add((reason, about))
            self._unsaid.append(f"{sentence} (Said once; the rest is counted as {reason}.)")

    def take_unsaid(self) -> list[str]:
        """Return the sentences to be logged, and forget them."""
        unsaid, self._unsaid = self._unsaid, []
        return unsaid


def warn(sentence: str) -> None:
    """Log a warning. Not through ``warnings``: there a filter may turn it into an exception in the job."""
    try:
        import logging  # noqa: PLC0415 - a third of the import time, and most processes never warn

        logging.getLogger("exporter").warning("spark-exporter: %s", sentence)
    except Exception:  # noqa: BLE001, S110 - a handler of the user's that fails is no reason to fail the job
        pass


def debug(sentence: str) -> None:
    """Log the exception that is being handled, for whoever looks closely. It never raises."""
    try:
        import logging  # noqa: PLC0415 - as in warn()

        logging.getLogger("exporter").debug("spark-exporter: %s", sentence, exc_info=sys.exc_info())
    except Exception:  # noqa: BLE001, S110 - as in warn()
        pass
