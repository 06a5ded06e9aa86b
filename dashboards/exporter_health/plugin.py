"""The plugin in the applications, and what goes through it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.judgement import Line, NoBadValue
from dashboards.limits import BAD, above, never
from dashboards.panels import HeatMap, Query, Ranking, Series
from dashboards.queries import exporter as q
from dashboards.rules.model import number

if TYPE_CHECKING:
    from dashboards.config import Config
    from dashboards.panels import Panel

_RUN = "{{app_name}} {{app_id}}"


def _overdue(config: Config) -> str:
    return f"{number(config.thresholds['missed_reports'])} * {q.report_interval()}"


def plugin(config: Config) -> tuple[Panel, ...]:
    """Return reports of executors, and what the plugin holds and costs."""
    arrived, failed = q.reports()
    samples, readings = q.plugin_time()
    return (
        Series(
            title="Age of reports",
            description="How old the oldest last report of each application's executors is, the ten"
            " worst, and the line from which it is too old. One that rises steadily is an executor"
            " that hangs; all at once, a driver.",
            unit="s",
            width=8,
            queries=(
                Query(q.report_ages(), _RUN),
                Query(_overdue(config), "limit"),
            ),
            limits=Line("limit"),
        ),
        Series(
            title="Reports",
            description="Reports per second that arrive at drivers, and that could not be delivered. Failed"
            " ones are made good by the next; if they go on, the driver is overloaded.",
            unit="ops",
            width=8,
            queries=(Query(arrived, "arrived"), Query(failed, "not delivered")),
            overrides=(("not delivered", BAD),),
            limits=NoBadValue(
                "How many arrive depends on how many executors there are; Age of reports has a limit."
            ),
        ),
        Series(
            title="The plugin's own time",
            description="Which part of a second the plugin works in the executor where it works most:"
            " sampling Python's metrics, and reading those of Spark. Above the lower line it is worth"
            " a report to the maintainers.",
            unit="percentunit",
            width=8,
            queries=(Query(samples, "custom metrics"), Query(readings, "readings")),
            limits=above(config.panels["plugin_time_ratio"], config.panels["plugin_time_warning_ratio"]),
        ),
        Ranking(
            title="Custom series in one executor",
            description="Custom series that the plugin holds in the fullest executor of each application."
            " Near spark.exporter's limit of series new ones are refused.",
            unit="short",
            width=6,
            queries=(Query(q.held("spark_exporter_plugin_series"), _RUN),),
            limits=above(config.panels["executor_series"]),
        ),
        Ranking(
            title="Python processes in one executor",
            description="Segments of living Python processes in the busiest executor of each application."
            " Far above its cores: workers are not reused (spark.python.worker.reuse).",
            unit="short",
            width=6,
            queries=(Query(q.held("spark_exporter_plugin_segments"), _RUN),),
            limits=NoBadValue("How many are usual depends on the cores of the executor."),
        ),
        Series(
            title="Refused by the plugin",
            description="Values and series that the client library or the plugin refused, by reason;"
            " what reaches the line is missing everywhere. no_space is a full disk under"
            " spark.local.dir.",
            unit="short",
            width=6,
            queries=(Query(q.refused(), "{{reason}}"), Query(q.sample_failures(), "sample failed")),
            bars=True,
            limits=never(),
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
            limits=NoBadValue("Any version may run beside another; an old one only lacks what is new."),
        ),
    )


def control(config: Config) -> tuple[Panel, ...]:
    """Return how live configuration, events and messages arrive."""
    return (
        Series(
            title="Configuration: versions behind",
            description="How many versions of the live configuration each executor is behind its"
            " driver. At the line for longer than a report interval: the executor does not report, see"
            " Age of reports.",
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
            limits=NoBadValue(
                "How many there are is up to those who send them; Steering that failed has the others."
            ),
        ),
        Series(
            title="Messages",
            description="Messages of the applications' own code, by topic and by what has become of them."
            " no_handler and handler_failed are that code's; overloaded and dropped are too many at once.",
            unit="short",
            width=6,
            queries=(Query(q.messages(), "{{topic}} {{result}}"),),
            bars=True,
            limits=NoBadValue(
                "How many there are is up to the code that sends them; Steering that failed has the others."
            ),
        ),
        Series(
            title="Steering that failed",
            description="Events and messages that did not do what they were sent for, by what has become of"
            " them. What reaches the line is mostly an error in the application's handler, or an executor"
            " that does not come for them: see its log.",
            unit="short",
            width=6,
            queries=(
                Query(q.events_failed(), "event {{type}} {{state}}"),
                Query(q.messages_failed(), "message {{topic}} {{result}}"),
            ),
            bars=True,
            limits=never(),
        ),
        HeatMap(
            title="Delivery of events",
            description="How long events take from the driver to their executors. Normal is one report"
            " interval; longer, executors report late.",
            unit="s",
            queries=(Query(q.delivery(), "{{le}}"),),
            limits=NoBadValue(
                "The colours say how many events there are; Slow deliveries judges how long they take."
            ),
        ),
        Series(
            title="Slow deliveries",
            description="In how much time 95 of 100 events reach their executors, and how late an executor"
            " may report. Above the line executors do not come for their events: see Age of reports.",
            unit="s",
            queries=(Query(q.slow_delivery(), "95 of 100"), Query(_overdue(config), "limit")),
            limits=Line("limit"),
        ),
    )
