"""What the daemon says of its targets and their collectors, ready to print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.daemon.errors import REASONS
from exporter.daemon.frame import Column
from exporter.daemon.sheet import Sheet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from exporter.daemon.catalogue import Catalogue
    from exporter.daemon.frame import Labels
    from exporter.daemon.status import TargetStatus


class TargetSheets:
    """Keeps the sheet of each target for as long as nothing is new of it."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Hold none."""
        self._catalogue = catalogue
        self._kept: dict[str, tuple[TargetStatus, Mapping[str, Column], Sheet]] = {}

    def follow(self, targets: Mapping[str, TargetStatus]) -> Iterable[Sheet]:
        """Return the sheets of these targets."""
        last = self._kept
        kept: dict[str, tuple[TargetStatus, Mapping[str, Column], Sheet]] = {}
        for target, status in targets.items():
            before = last.get(target)
            if before is None:
                columns = _columns(target, status, {})
                kept[target] = status, columns, Sheet(self._catalogue, "", columns)
            elif before[0] is not status:
                columns = _columns(target, status, before[1])
                kept[target] = status, columns, Sheet(self._catalogue, "", columns, before[2])
            else:
                kept[target] = before
        self._kept = kept
        return [sheet for _, _, sheet in kept.values()]


def _columns(target: str, status: TargetStatus, last: Mapping[str, Column]) -> dict[str, Column]:
    asked = {name: found for name, found in status.collectors.items() if found.attempts}
    tried = {name: found for name, found in asked.items() if found.success is not None}
    collectors = tuple([(target, name) for name in asked])
    successes = tuple([(target, name) for name in tried])
    reasons = tuple([(target, name, reason) for name in asked for reason in REASONS])
    failures = [found.failures.get(reason, 0) for found in asked.values() for reason in REASONS]
    given: tuple[tuple[str, tuple[Labels, ...], Iterable[float]], ...] = (
        ("spark_exporter_target_up", ((target,),), [status.up]),
        ("spark_exporter_target_info", ((target, status.app_id, status.endpoint),), [1]),
        ("spark_exporter_source_attempts_total", collectors, [found.attempts for found in asked.values()]),
        ("spark_exporter_source_failures_total", reasons, failures),
        (
            "spark_exporter_scrape_collector_success",
            successes,
            [found.success or False for found in tried.values()],
        ),
        (
            "spark_exporter_scrape_collector_duration_seconds",
            successes,
            [found.seconds for found in tried.values()],
        ),
    )
    return {
        name: Column(_same(last.get(name), keys), tuple(map(float, values)))
        for name, keys, values in given
        if keys
    }


def _same(last: Column | None, keys: tuple[Labels, ...]) -> tuple[Labels, ...]:
    return last.keys if last is not None and last.keys == keys else keys
