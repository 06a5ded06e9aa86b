"""Sums over the attempts at an application's stages that Spark has made."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from exporter.daemon import fields
from exporter.daemon.frame import INVALID_VALUE, Drops
from exporter.daemon.sources.rest import is_amount, look, scaled, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from exporter.daemon.frame import FrameBuilder
    from exporter.daemon.sources.rest import Field

RESULTS = {"COMPLETE": "completed", "FAILED": "failed"}
SKIPPED = "SKIPPED"
_STATUSES = {*RESULTS, SKIPPED, "ACTIVE", "PENDING"}


class Seen(NamedTuple):
    """What the totals need of an attempt, as it was seen last."""

    status: str
    """Nothing if it is none that Spark has."""
    values: tuple[float, ...]
    """One for each field, in Spark's units."""


class Totals:
    """Sums over attempts, by metric and labels. They never go back."""

    def __init__(self, found: Iterable[Field]) -> None:
        """Sum up the fields of ``found``."""
        self._fields = tuple(found)
        self._names = [" ".join([field.metric, *field.key({})]) for field in self._fields]
        self._sums: list[float] = [0] * len(self._fields)
        self._shown: list[float] = [0] * len(self._fields)
        self._results: Counter[str] = Counter(dict.fromkeys(RESULTS.values(), 0))
        self.drops = Drops()
        """What was wrong with attempts since they were shown last."""

    def see(self, item: Mapping[str, Any]) -> Seen:
        """Return what counts of an attempt as Spark shows it."""
        status = words(item, "status")
        if status not in _STATUSES:
            self.drops.drop(INVALID_VALUE, name="spark_app_stages_total")
            status = ""
        return Seen(status, tuple([self._amount(field, look(item, field.path)) for field in self._fields]))

    def _amount(self, field: Field, value: Any) -> float:
        if is_amount(value):
            return value
        if value is not None:
            self.drops.drop(INVALID_VALUE, name=field.metric)
        return 0

    def add(self, attempt: Seen) -> None:
        """Add an attempt for good."""
        result = RESULTS.get(attempt.status)
        if result is not None:
            self._results[result] += 1
        self._sums = _added(self._sums, attempt)

    def show(self, builder: FrameBuilder, running: Iterable[Seen]) -> None:
        """Put the totals into a frame, those included that may still change."""
        sums, results = self._sums, self._results.copy()
        for attempt in running:
            sums = _added(sums, attempt)
            # Some tasks never end: those that ran on when their application stopped.
            if attempt.status in RESULTS:
                results[RESULTS[attempt.status]] += 1
        # A task that ends may take back some of what it had reported.
        self._shown = [max(pair) for pair in zip(sums, self._shown, strict=True)]
        for field, shown in zip(self._fields, self._shown, strict=True):
            builder.add(field.metric, scaled(shown, field.scale), *field.key({}))
        for result, count in results.items():
            builder.add("spark_app_stages_total", count, result)
        builder.take(self.drops)

    def remember(self) -> dict[str, Any]:
        """Return all sums, and what was published of them."""
        return {
            "fields": self._names,
            "sums": self._sums,
            "shown": self._shown,
            "results": self._results,
        }

    def recall(self, kept: dict[str, Any], where: str) -> None:
        """Go on from these sums.

        Raises:
            SourceError: they are none, or those of a daemon that adds up something else.

        """
        if kept.get("fields") != self._names:
            raise fields.invalid(f"{where}.fields", "those that this version adds up", kept.get("fields"))
        self._sums = self.read_values(kept.get("sums"), f"{where}.sums")
        self._shown = self.read_values(kept.get("shown"), f"{where}.shown")
        self._results = fields.tally(kept, "results", where, RESULTS.values())

    def read_values(self, value: Any, where: str) -> list[float]:
        """Return one number for each field."""
        found = fields.items(value, where)
        if len(found) != len(self._fields):
            raise fields.invalid(where, f"{len(self._fields)} numbers", f"{len(found)}")
        return [fields.exact(item, f"{where}[{index}]") for index, item in enumerate(found)]


def _added(sums: Iterable[float], attempt: Seen) -> list[float]:
    return [total + value for total, value in zip(sums, attempt.values, strict=True)]
