"""Alerts about how daemons find targets: lists that are old, refused pods, missing shards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.rules.model import DURATION, NUMBER, Alert, grown_of_daemon, number

if TYPE_CHECKING:
    from dashboards.config import Config

_SEARCHED = 'spark_exporter_discovery_targets{discovery!="static"}'
_SHARED = "spark_exporter_discovery_total_shards > 1"
_SET = "job, namespace"
"""What daemons have in common that share their targets."""


def _failing(config: Config) -> str:
    # A search that has never succeeded is as old as the daemon.
    began = f"0 * {_SEARCHED} + ignoring (discovery) group_left () process_start_time_seconds"
    last = f"(spark_exporter_discovery_last_success_timestamp_seconds or {began})"
    return f"time() - {last} > {number(config.thresholds['discovery_silent_seconds'])}"


def _refused(config: Config) -> str:
    return f"{grown_of_daemon('spark_exporter_targets_refused_total', config.windows['refusal_window'])} > 0"


def _missing(_: Config) -> str:
    # Any number of daemons may have the same shard. Those that share nothing are no shards.
    most = f"max by ({_SET}) ({_SHARED})"
    shard = "spark_exporter_discovery_shard and spark_exporter_discovery_total_shards > 1"
    there = f'count by ({_SET}) (count_values by ({_SET}) ("shard", {shard}))'
    return f"{most} > {there} or {most} > min by ({_SET}) ({_SHARED})"


ALERTS = (
    Alert(
        "SparkExporterDiscoveryFailing",
        "A daemon of spark-exporter does not know whether its list of drivers is up to date.",
        "The daemon {instance} has had no fresh list of targets by {discovery} for {value}, so that new"
        " applications are missing. Look at spark_exporter_discovery_errors_total for the reason, and at"
        " the daemon's log.",
        DURATION,
        _failing,
    ),
    Alert(
        "SparkExporterTargetsRefused",
        "Driver pods claim something that spark-exporter does not believe.",
        "The daemon {instance} has refused {value} driver pods because of {reason}, so that metrics of their"
        " applications are missing. Look at the daemon's log for the pods and for what they claim.",
        NUMBER,
        _refused,
    ),
    Alert(
        "SparkExporterShardMissing",
        "A part of the Spark applications is watched by no daemon of spark-exporter.",
        "The daemons of the job {job} are to share their targets as {value} shards, and one of the shards"
        " has no daemon, or the daemons disagree about their number, so that applications are missing or"
        " there twice. Look at spark_exporter_discovery_shard and spark_exporter_discovery_total_shards.",
        NUMBER,
        _missing,
    ),
)
