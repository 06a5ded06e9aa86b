"""The plugin in the applications, and what goes through it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.limits import BAD, GOOD, above, never
from dashboards.panels import HeatMap, Look, Query, Ranking, Series
from dashboards.queries import exporter as q
from dashboards.rules.model import number

if TYPE_CHECKING:
    from dashboards.config import Config
    from dashboards.panels import Panel

_ANSWERS = (("0", Look("down", BAD)), ("1", Look("answers", GOOD)))
_RUN = "{{app_name}} {{app_id}}"


def plugin(config: Config) -> tuple[Panel, ...]:
    """Return reports of executors, and what the plugin holds and costs."""
    arrived, failed = q.reports()
    samples, readings = q.plugin_time()
    return (
        Series(
            title="Age of reports",
            description="How old the oldest last report of each application's executors is, the ten worst,"
            " and how old is too old. A line that rises steadily is an executor that hangs; all at once, a"
            " driver.",
            unit="s",
            width=8,
            queries=(
                Query(q.report_ages(), _RUN),
                Query(f"{number(config.thresholds['missed_reports'])} * {q.report_interval()}", "limit"),
            ),
            overrides=(("limit", BAD),),
        ),
        Series(
            title="Reports",
            description="Reports per second that arrive at drivers, and that could not be delivered. Failed"
            " ones are made good by the next; if they go on, the driver is overloaded.",
            unit="ops",
            width=8,
            queries=(Query(arrived, "arrived"), Query(failed, "not delivered")),
            overrides=(("not delivered", "red"),),
        ),
        Series(
            title="The plugin's own time",
            description="Which part of a second the plugin works in the executor where it works most:"
            " sampling Python's metrics, and reading those of Spark. Above a percent is worth a report to"
            " the maintainers.",
            unit="percentunit",
            width=8,
            queries=(Query(samples, "custom metrics"), Query(readings, "readings")),
            limits=above(0.01, 0.05),
        ),
        Ranking(
            title="Custom series in one executor",
            description="Custom series that the plugin holds in the fullest executor of each application."
            " Near spark.exporter's limit of series new ones are refused.",
            unit="short",
            width=6,
            queries=(Query(q.held("spark_exporter_plugin_series"), _RUN),),
        ),
        Ranking(
            title="Python processes in one executor",
            description="Segments of living Python processes in the busiest executor of each application."
            " Far above its cores: workers are not reused (spark.python.worker.reuse).",
            unit="short",
            width=6,
            queries=(Query(q.held("spark_exporter_plugin_segments"), _RUN),),
        ),
        Series(
            title="Refused by the plugin",
            description="Values and series that the client library or the plugin refused, by reason."
            " no_space is a full disk under spark.local.dir.",
            unit="short",
            width=6,
            queries=(Query(q.refused(), "{{reason}}"), Query(q.sample_failures(), "sample failed")),
            bars=True,
        ),
        Series(
            title="Versions",
            description="How many daemons and running applications have each version. Old plugins beside a"
            " new daemon work, and lack what is new.",
            unit="short",
            width=6,
            queries=(
                Query(q.versions()[0], "daemon {{version}}"),
                Query(q.versions()[1], "plugin {{version}}"),
            ),
        ),
    )


def control() -> tuple[Panel, ...]:
    """Return how live configuration, events and messages arrive."""
    return (
        Series(
            title="Configuration: versions behind",
            description="How many versions of the live configuration each executor is behind its driver."
            " More than 0 for longer than a report interval: the executor does not report, see Age of"
            " reports.",
            unit="short",
            width=6,
            queries=(Query(q.config_lag(), "{{app_id}} {{executor_id}}"),),
            limits=never(),
        ),
        Series(
            title="Events",
            description="Recipients of events, by type and by what has become of them. failed is the"
            " application's handler, expired an executor that did not come for it.",
            unit="short",
            width=6,
            queries=(Query(q.events(), "{{type}} {{state}}"),),
            bars=True,
        ),
        HeatMap(
            title="Delivery of events",
            description="How long events take from the driver to their executors. Normal is one report"
            " interval; longer, executors report late.",
            unit="s",
            width=6,
            queries=(Query(q.delivery(), "{{le}}"),),
        ),
        Series(
            title="Messages",
            description="Messages of the applications' own code, by topic and by what has become of them."
            " no_handler and handler_failed are that code's; overloaded and dropped are too many at once.",
            unit="short",
            width=6,
            queries=(Query(q.messages(), "{{topic}} {{result}}"),),
            bars=True,
        ),
    )
