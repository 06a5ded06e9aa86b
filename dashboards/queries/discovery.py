"""PromQL of how daemons find their targets, and share them."""

from __future__ import annotations

from dashboards.queries.exporter import DAEMON
from dashboards.scope import Scope, if_any, largest, total

_BY = ("instance", "discovery")
# A shard is missing whichever daemon is looked at.
_ALL = Scope(())
_SET = ("job", "namespace")


def found() -> str:
    """Return how many targets are known, by the way in which they were found."""
    return total(DAEMON("spark_exporter_discovery_targets"), "discovery")


def age() -> str:
    """Return since when each list of targets is not known to be fresh; since the daemon's start if never."""
    last = largest(DAEMON("spark_exporter_discovery_last_success_timestamp_seconds"), *_BY)
    searched = largest(DAEMON("spark_exporter_discovery_targets", 'discovery!="static"'), *_BY)
    began = largest(DAEMON("process_start_time_seconds"), "instance")
    return f"time() - ({last} or 0 * {searched} + on (instance) group_left () {began})"


def errors() -> str:
    """Return how often the search for targets failed, by the way and by why."""
    return if_any(DAEMON.grown("spark_exporter_discovery_errors_total", *_BY[1:], "reason"), "reason")


def refused() -> str:
    """Return how many driver pods claim what is not believed, by what it is."""
    return if_any(DAEMON.grown("spark_exporter_targets_refused_total", "reason"), "reason")


def shards_missing() -> str:
    """Return how many shards have no daemon, of each set of daemons that share their targets."""
    shards = _ALL("spark_exporter_discovery_total_shards")
    shared = f"{_ALL('spark_exporter_discovery_shard')} and {shards} > 1"
    there = f'count_values by ({", ".join(_SET)}) ("shard", {shared})'
    missing = f"{largest(f'{shards} > 1', *_SET)} - count by ({', '.join(_SET)}) ({there})"
    return f"{missing} or 0 * {largest(shards, *_SET)}"


def shards() -> tuple[str, str, str]:
    """Return the shard of each daemon, how many there are to be, and how many targets it has."""
    return (
        largest(DAEMON("spark_exporter_discovery_shard"), "instance"),
        largest(DAEMON("spark_exporter_discovery_total_shards"), "instance"),
        total(DAEMON("spark_exporter_discovery_targets"), "instance"),
    )
