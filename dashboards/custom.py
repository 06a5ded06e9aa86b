"""The dashboard of the metrics of the users' own code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboards import variables
from dashboards.defaults import Dashboard
from dashboards.grid import Row
from dashboards.judgement import NoBadValue
from dashboards.limits import WARNING, above, never, some
from dashboards.panels import HeatMap, Query, Ranking, Series
from dashboards.queries import custom as q
from dashboards.table import Column, Key, Table

if TYPE_CHECKING:
    from dashboards.config import Config
    from dashboards.panels import Panel

_PREFIX = "spark_custom_"
# A legend of its own for any labels: Grafana writes those that differ.
_LABELS = ""
_OWN_VALUES = NoBadValue("Only the author of the code knows which values are right.")
_OWN_RATE = NoBadValue("Only the author of the code knows which rate is right.")


def build(config: Config) -> Dashboard:
    """Return the dashboard of custom metrics."""
    return Dashboard(
        name="custom",
        description="The metrics of one application's own code: choose a counter, a gauge or a histogram"
        " above.",
        variables=(
            variables.datasource(),
            variables.namespace(),
            variables.application_name(),
            variables.application_run(),
            variables.executor(),
            _metric("counter", "Counter", ""),
            _metric("gauge", "Gauge", ""),
            _metric("histogram", "Histogram", "_bucket"),
            _split(),
        ),
        rows=(
            Row("What there is", _overview(config)),
            Row("Counter $counter", _counter()),
            Row("Gauge $gauge", _gauge()),
            Row("Histogram $histogram", _histogram()),
        ),
    )


def _metric(name: str, label: str, end: str) -> Any:
    """Return a variable with names of metrics; they are the same for executors, behind another prefix."""
    return variables.one(name, label, q.names(name)).regex(f"/^{_PREFIX}(.+){end}$/")


def _split() -> Any:
    """Return the choice of labels to split by; at first all of them."""
    found = "label_names(spark_custom_($counter|$gauge|${histogram}_bucket))"
    variable = variables.query("split", "Split by", found).multi(True).include_all(True)
    hidden = "__name__|le|app_id|app_name|executor_id|instance|job|namespace|pod"
    return variable.regex(f"/^(?!(?:{hidden})$).+$/").current(variables.ALL)


def _overview(config: Config) -> tuple[Panel, ...]:
    return (
        Table(
            title="Counters and gauges",
            description="Every counter and gauge of the application, added up over its labels. One that is"
            " missing was never set, or refused: see What was refused.",
            width=9,
            keys=(Key("__name__", "Metric"),),
            columns=(Column("Value", q.everything(), width=140),),
            sort="Value",
            limits=_OWN_VALUES,
        ),
        Table(
            title="Histograms",
            description="Every histogram of the application and how many values it has. 0 values: the code"
            " that observes them has not run.",
            width=5,
            keys=(Key("__name__", "Metric"),),
            columns=(Column("Values", q.observations(), limits=some(WARNING), width=100),),
            sort="Values",
        ),
        Ranking(
            title="Series",
            description="The custom metrics with most series. Thousands come from a label with ids or texts"
            " in it; above the limit of the application the rest is left out.",
            unit="short",
            width=5,
            queries=(Query(q.series_of_each(), "{{metric}}"),),
            limits=above(config.panels["custom_metric_series"]),
        ),
        Series(
            title="What was refused",
            description="Values and series that the client library or the plugin refused, by reason."
            " What reaches the line is missing in the panels here: series_limit wants fewer label"
            " values, invalid_value a look at the code.",
            unit="short",
            width=5,
            queries=(Query(q.refused(), "{{reason}}"),),
            bars=True,
            limits=never(),
        ),
    )


def _counter() -> tuple[Panel, ...]:
    return (
        Series(
            title="$counter: per second",
            description="By how much the counter grows per second in the whole application, by the labels"
            " that are chosen above. A rate that falls to 0 while tasks run is a loop that stopped or"
            " starves.",
            unit="ops",
            width=8,
            queries=(Query(q.counter_rate(), _LABELS),),
            limits=_OWN_RATE,
        ),
        Series(
            title="$counter: so far",
            description="What the counter has come to, executors that have gone included. It never falls;"
            " where it is level nothing is counted.",
            unit="short",
            width=8,
            queries=(Query(q.counter_so_far(), _LABELS),),
            limits=NoBadValue("A counter rises for as long as the application runs."),
        ),
        Series(
            title="$counter: by executor",
            description="By how much the counter grows per second on each chosen executor. One far from the"
            " others has other data, or a slow node.",
            unit="ops",
            width=8,
            queries=(Query(q.counter_by_executor(), "{{executor_id}}"),),
            limits=_OWN_RATE,
        ),
    )


def _gauge() -> tuple[Panel, ...]:
    return (
        Series(
            title="$gauge: now",
            description="The gauge in the whole application, by the labels that are chosen above; its unit"
            " is its own. How values of several processes come together, the code that made it decides.",
            unit="short",
            minimum=None,
            queries=(Query(q.gauge(), _LABELS),),
            limits=_OWN_VALUES,
        ),
        Series(
            title="$gauge: by executor",
            description="The gauge on each chosen executor; an executor that has gone has none. One far"
            " from the others is where to look.",
            unit="short",
            minimum=None,
            queries=(Query(q.gauge_by_executor(), "{{executor_id}}"),),
            limits=_OWN_VALUES,
        ),
    )


def _histogram() -> tuple[Panel, ...]:
    return (
        HeatMap(
            title="$histogram: buckets",
            description="How many values per second fall into each bucket. Two bands are two kinds of work"
            " in one metric; a band that rises is getting slower or larger.",
            unit="short",
            queries=(Query(q.buckets(), "{{le}}"),),
            limits=NoBadValue(
                "The colours say how many values there are, and only the code's author knows which are right."
            ),
        ),
        Series(
            title="$histogram: quantiles",
            description="Half of the values, nine of ten, and 99 of 100 are below these. Only as fine as"
            " the buckets are: flat at the largest bound means that values lie above it.",
            unit="short",
            minimum=None,
            queries=(
                Query(q.quantile(0.5), "0.5"),
                Query(q.quantile(0.9), "0.9"),
                Query(q.quantile(0.99), "0.99"),
            ),
            limits=_OWN_VALUES,
        ),
        Series(
            title="$histogram: mean",
            description="The mean of the values, by the labels that are chosen above. Far above the median:"
            " a few values are very large.",
            unit="short",
            width=6,
            minimum=None,
            queries=(Query(q.mean(), _LABELS),),
            limits=_OWN_VALUES,
        ),
        Series(
            title="$histogram: values per second",
            description="How many values per second it gets, by the labels that are chosen above. With"
            " none, the quantiles have nothing to say.",
            unit="ops",
            width=6,
            queries=(Query(q.observed_per_second(), _LABELS),),
            limits=NoBadValue("How many values there are depends on how often that code runs."),
        ),
        Series(
            title="$histogram: 0.99 by label",
            description="The value that 99 of 100 are below, by the labels that are chosen above. One label"
            " that is apart is where the slow or large cases come from.",
            unit="short",
            width=6,
            minimum=None,
            queries=(Query(q.quantile_by_label(0.99), _LABELS),),
            limits=_OWN_VALUES,
        ),
        Series(
            title="$histogram: 0.99 by executor",
            description="The value that 99 of 100 are below, on each chosen executor. One far above the"
            " others is a slow node or has the large partitions.",
            unit="short",
            width=6,
            minimum=None,
            queries=(Query(q.quantile_by_executor(0.99), "{{executor_id}}"),),
            limits=_OWN_VALUES,
        ),
    )
