"""What the daemon says of its targets and their collectors, ready to print."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from exporter.daemon.errors import REASONS
from exporter.daemon.frame import Column
from exporter.daemon.sheet import Sheet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from exporter.daemon.catalogue import Catalogue
    from exporter.daemon.frame import Labels
    from exporter.daemon.status import TargetStatus


_NO_FAILURES = (0.0,) * len(REASONS)


class _Known(NamedTuple):
    """What was prepared for one target."""

    status: TargetStatus
    asked: tuple[str, ...]
    """The collectors that have tried anything."""
    tried: tuple[str, ...]
    """Those of them whose last attempt still counts."""
    columns: Mapping[str, Column]
    sheet: Sheet


class TargetSheets:
    """Keeps the sheet of each target for as long as nothing is new of it."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Hold none."""
        self._catalogue = catalogue
        self._known: dict[str, _Known] = {}

    def follow(self, targets: Mapping[str, TargetStatus]) -> Iterable[Sheet]:
        """Return the sheets of these targets."""
        last = self._known
        known: dict[str, _Known] = {}
        for target, status in targets.items():
            before = last.get(target)
            unchanged = before is not None and before.status is status
            known[target] = before if before and unchanged else self._prepare(target, status, before)
        self._known = known
        return [prepared.sheet for prepared in known.values()]

    def _prepare(self, target: str, status: TargetStatus, last: _Known | None) -> _Known:
        asked = tuple([name for name, found in status.collectors.items() if found.attempts])
        tried = tuple([name for name in asked if status.collectors[name].success is not None])
        same = last is not None and (last.asked, last.tried) == (asked, tried)
        keys = {name: column.keys for name, column in last.columns.items()} if last and same else {}
        keys = keys or _keys(target, asked, tried)
        info = (target, status.discovery, status.app_id, status.endpoint)
        keys["spark_exporter_target_info"] = _same(last, (info,))
        values = _values(status, asked, tried)
        columns = {name: Column(keys[name], values[name]) for name in keys if keys[name]}
        sheet = Sheet(self._catalogue, "", columns, last.sheet if last is not None else None)
        return _Known(status, asked, tried, columns, sheet)


def _keys(target: str, asked: tuple[str, ...], tried: tuple[str, ...]) -> dict[str, tuple[Labels, ...]]:
    collectors = tuple([(target, name) for name in asked])
    current = tuple([(target, name) for name in tried])
    return {
        "spark_exporter_target_up": ((target,),),
        "spark_exporter_source_attempts_total": collectors,
        "spark_exporter_source_failures_total": tuple(
            [(target, name, reason) for name in asked for reason in REASONS]
        ),
        "spark_exporter_scrape_collector_success": current,
        "spark_exporter_scrape_collector_duration_seconds": current,
    }


def _values(
    status: TargetStatus, asked: tuple[str, ...], tried: tuple[str, ...]
) -> dict[str, tuple[float, ...]]:
    found = [status.collectors[name] for name in asked]
    current = [status.collectors[name] for name in tried]
    failures: list[float] = []
    for collector in found:
        failed = collector.failures
        failures += [float(failed.get(reason, 0)) for reason in REASONS] if failed else _NO_FAILURES
    return {
        "spark_exporter_target_up": (float(status.up),),
        "spark_exporter_target_info": (1.0,),
        "spark_exporter_source_attempts_total": tuple([float(one.attempts) for one in found]),
        "spark_exporter_source_failures_total": tuple(failures),
        "spark_exporter_scrape_collector_success": tuple([float(one.success or 0) for one in current]),
        "spark_exporter_scrape_collector_duration_seconds": tuple([one.seconds for one in current]),
    }


def _same(last: _Known | None, keys: tuple[Labels, ...]) -> tuple[Labels, ...]:
    """Return the keys that were there before if they are equal: what is prepared for them stays."""
    before = last.columns["spark_exporter_target_info"].keys if last is not None else ()
    return before if before == keys else keys
