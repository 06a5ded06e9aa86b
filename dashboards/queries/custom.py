"""PromQL of custom metrics, whose names are variables."""

from __future__ import annotations

from dashboards.scope import EXECUTORS, ONE_APPLICATION, Scope, if_any, share, top, total

APP = Scope(ONE_APPLICATION)
ALL = APP.narrowed(EXECUTORS)
_OURS = '__name__=~"spark_custom_.+"'
_NO_PART = '__name__!~".+_(bucket|sum|count|created)"'
_COUNTS = '__name__=~"spark_custom_.+_count"'
_SPLIT = "${split:csv}"


def names(kind: str) -> str:
    """Return the query of a variable with the names of custom metrics, without their prefix.

    A gauge whose name ends like a part of a histogram is left out: nothing tells the two apart.
    """
    matchers = {
        "counter": ('__name__=~"spark_custom_.+_total"',),
        "gauge": (_OURS, '__name__!~".+_(total|bucket|sum|count|created)"'),
        "histogram": ('__name__=~"spark_custom_.+_bucket"',),
    }[kind]
    return f"label_values({APP('', *matchers)}, __name__)"


def everything() -> str:
    """Return each counter and gauge, added up over its labels."""
    return f"sum by (__name__) ({APP('', _OURS, _NO_PART)})"


def observations() -> str:
    """Return how many values each histogram has."""
    return f"sum by (__name__) ({APP('', _COUNTS)})"


def series_of_each() -> str:
    """Return the ten custom metrics with most series."""
    most = top(10, f"count by (__name__) ({APP('', _OURS)})")
    return f'label_replace({most}, "metric", "$1", "__name__", "spark_custom_(.+)")'


def refused() -> str:
    """Return what the client library and the plugin refused, by reason."""
    return if_any(ALL.grown("spark_exporter_plugin_dropped_total", "reason"), "reason")


def _split(whole: str, parts: str, name: str) -> str:
    """Return the parts; one without labels gets a name, which a legend would lack.

    The whole has no labels, so that it meets nothing else.
    """
    return f'{parts} unless {whole} or label_replace({parts} and {whole}, "metric", "{name}", "", "")'


def _totals(expression: str, name: str) -> str:
    return _split(total(expression), total(expression, _SPLIT), name)


def counter_rate() -> str:
    """Return by how much the chosen counter grows per second, by the chosen labels."""
    return _totals(APP.rate("spark_custom_$counter"), "$counter")


def counter_so_far() -> str:
    """Return what the chosen counter has come to, by the chosen labels."""
    return _totals(APP("spark_custom_$counter"), "$counter")


def counter_by_executor() -> str:
    """Return by how much the chosen counter grows per second on each executor."""
    return total(ALL.rate("spark_executor_custom_$counter"), "executor_id")


def gauge() -> str:
    """Return the chosen gauge by the chosen labels."""
    return _totals(APP("spark_custom_$gauge"), "$gauge")


def gauge_by_executor() -> str:
    """Return the chosen gauge on each executor."""
    return total(ALL("spark_executor_custom_$gauge"), "executor_id")


def buckets() -> str:
    """Return how many values per second fall into each bucket of the chosen histogram."""
    return total(APP.rate("spark_custom_${histogram}_bucket"), "le")


def quantile(part: float) -> str:
    """Return a quantile of the chosen histogram in the whole application."""
    return f"histogram_quantile({part}, {buckets()})"


def quantile_by_label(part: float) -> str:
    """Return a quantile of the chosen histogram, by the chosen labels."""
    parts = total(APP.rate("spark_custom_${histogram}_bucket"), "le", _SPLIT)
    return _split(quantile(part), f"histogram_quantile({part}, {parts})", "$histogram")


def quantile_by_executor(part: float) -> str:
    """Return a quantile of the chosen histogram on each executor."""
    rates = total(ALL.rate("spark_executor_custom_${histogram}_bucket"), "le", "executor_id")
    return f"histogram_quantile({part}, {rates})"


def mean() -> str:
    """Return the mean of the chosen histogram's values, by the chosen labels."""
    added, count = (APP.rate(f"spark_custom_${{histogram}}_{part}") for part in ("sum", "count"))
    parts = share(total(added, _SPLIT), total(count, _SPLIT))
    return _split(total(count), parts, "$histogram")


def observed_per_second() -> str:
    """Return how many values per second the chosen histogram gets, by the chosen labels."""
    return _totals(APP.rate("spark_custom_${histogram}_count"), "$histogram")
