"""Labels with a closed set of values that the catalogue's origins do not give one by one."""

from __future__ import annotations

from typing import NamedTuple

from exporter.daemon.check import DROP_REMEDIES
from exporter.daemon.discovery.found import DISCOVERIES
from exporter.daemon.discovery.health import REASONS as DISCOVERY_REASONS
from exporter.daemon.discovery.reach import REFUSALS
from exporter.daemon.errors import REASONS
from exporter.daemon.frame import DROP_REASONS as SAMPLE_REASONS
from exporter.daemon.model import STATES
from exporter.daemon.plan import DROP_REASONS
from exporter.daemon.queries import RESULTS
from exporter.daemon.sources import COLLECTORS
from exporter.daemon.sources.processtree import ROLES
from exporter.daemon.sources.reasons import REASONS as REMOVAL_REASONS
from exporter.daemon.sources.sql import JOB_STATES
from exporter.daemon.steered import EVENT_STATES, MESSAGE_RESULTS


class Closed(NamedTuple):
    """A label that has these values and no others."""

    label: str
    metric: str
    """The metric that has the label, or what the names of all that have it begin with."""
    values: tuple[str, ...]


CLOSED = (
    Closed("collector", "spark_exporter_", tuple(COLLECTORS)),
    Closed("reason", "spark_exporter_source_failures_total", tuple(REASONS)),
    Closed("reason", "spark_exporter_series_dropped_total", tuple(DROP_REASONS)),
    Closed("reason", "spark_exporter_samples_dropped_total", tuple(SAMPLE_REASONS)),
    Closed("state", "spark_app_state", STATES),
    Closed("reason", "spark_app_executor_removals_total", REMOVAL_REASONS),
    Closed("state", "spark_sql_execution_jobs", JOB_STATES),
    Closed("result", "spark_streaming_query_terminations_total", RESULTS),
    Closed("role", "spark_process_", ROLES),
    Closed("state", "spark_exporter_events_total", tuple(EVENT_STATES)),
    Closed("result", "spark_exporter_messages_total", tuple(MESSAGE_RESULTS)),
    Closed("reason", "spark_exporter_plugin_dropped_total", tuple(DROP_REMEDIES)),
    Closed("discovery", "spark_exporter_discovery_", tuple(DISCOVERIES)),
    Closed("reason", "spark_exporter_discovery_errors_total", tuple(DISCOVERY_REASONS)),
    Closed("reason", "spark_exporter_targets_refused_total", tuple(REFUSALS)),
)


def values_of(metric: str, label: str) -> tuple[str, ...]:
    """Return the values that a label of a metric may have; empty if they are not a closed set."""
    found = (
        one.values
        for one in CLOSED
        if one.label == label
        and (metric == one.metric or (one.metric.endswith("_") and metric.startswith(one.metric)))
    )
    return next(found, ())
