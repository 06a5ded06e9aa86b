"""Selectors and the forms of query that the dashboards share."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from exporter.daemon.catalogue import load

NAMESPACE = 'namespace=~"$namespace"'
"""Without Kubernetes there is no such label; the variable's ``.*`` matches that, too."""

SEVERAL_APPLICATIONS = (NAMESPACE, 'app_name=~"$app_name"')
ONE_APPLICATION = (NAMESPACE, 'app_id="$app_id"')
EXECUTORS = 'executor_id=~"$executor"'
QUERIES = 'query_name=~"$query"'

APPLICATION = "namespace, app_name, app_id"
EXECUTOR = f"{APPLICATION}, executor_id"

ABSENT = "1h"
"""For how long a counter may be absent, or the daemon, and goes on from what it was."""
_UNHEARD_SECONDS = 120
"""For how long an application may run before Prometheus first hears of it."""


@dataclass(frozen=True)
class Scope:
    """The matchers that all queries about one thing have."""

    matchers: tuple[str, ...]

    def narrowed(self, *matchers: str) -> Scope:
        """Return the scope with more matchers."""
        return replace(self, matchers=self.matchers + matchers)

    def __call__(self, metric: str, *matchers: str) -> str:
        """Return a selector of the metric."""
        return f"{metric}{{{', '.join(filter(None, self.matchers + matchers))}}}"

    def rate(self, metric: str, *matchers: str) -> str:
        """Return what a counter grew by per second."""
        return f"rate({self(metric, *matchers)}[$__rate_interval])"

    def once(self, metric: str, *matchers: str) -> str:
        """Return a metric of applications without what Prometheus says of the daemon."""
        return once(metric, self(metric, *matchers))

    def so_far(self, metric: str, *matchers: str) -> str:
        """Return the last value in the time range, so that what has ended is there, too."""
        return f"last_over_time({self(metric, *matchers)}[$__range])"

    def grown(self, metric: str, *labels: str, where: str = "") -> str:
        """Return by how much a counter grew from point to point of a graph, its first value included.

        ``increase`` misses the first one, and a series about failures often begins with a failure.
        """
        return self._growth(metric, where, labels, _POINTS)

    def grown_in_range(self, metric: str, *labels: str, where: str = "") -> str:
        """Return by how much a counter grew in the time range; of applications that have gone since, too."""
        return self._growth(metric, where, labels, _RANGE)

    def _growth(self, metric: str, where: str, labels: tuple[str, ...], stretch: _Stretch) -> str:
        """Return what a counter has come to less what it was before the stretch, added up by ``labels``.

        A series may be absent for a while, as when a scrape fails, and goes on from what it was. One that
        begins counts from 0 if the application was known before, or the daemon, or has begun itself. Else
        nobody can say when what it begins with was counted, and only what follows does.

        Counters of an application go on where the daemon has another address than before, or where two
        daemons watch the same one; so what Prometheus says of the daemon is left out first. The daemon's
        own counters begin anew with it.
        """
        selector = self(metric, where)
        latest = once(metric, stretch.over("max_over_time", selector))
        before = [
            once(metric, f"{selector} offset {stretch.length}"),
            once(metric, f"last_over_time({selector}[{ABSENT}] offset {stretch.length})"),
        ]
        if load()[metric].scope == "daemon":
            before = [f"{one} <= {latest}" for one in before]
            known = f"on (instance) ({self._daemons(stretch)})"
        else:
            known = f"on (namespace, app_id) ({self._applications(stretch)})"
        before += [f"{latest} * 0 and {known}", once(metric, stretch.over("min_over_time", selector))]
        return total(f"clamp_min({latest} - ({' or '.join(before)}), 0)", *labels)

    def _applications(self, stretch: _Stretch) -> str:
        """Return the applications that were known before the stretch, or began in it."""
        start = stretch.over("last_over_time", self._about("spark_app_start_timestamp_seconds"))
        began = f"{start} > time() - {stretch.seconds} - {_UNHEARD_SECONDS}"
        return f"{self._before(stretch, 'spark_app_up')} or {began}"

    def _daemons(self, stretch: _Stretch) -> str:
        """Return the daemons that were known before the stretch, or began in it."""
        start = stretch.over("last_over_time", self._about("process_start_time_seconds"))
        known = self._before(stretch, "spark_exporter_build_info")
        return f"{known} or {start} > time() - {stretch.seconds}"

    def _before(self, stretch: _Stretch, metric: str) -> str:
        return f"last_over_time({self._about(metric)}[{ABSENT}] offset {stretch.length})"

    def _about(self, metric: str) -> str:
        """Return a selector of the metric with those matchers whose label it has."""
        labels = {*load()[metric].labels, "namespace", "instance"}
        return Scope(tuple(one for one in self.matchers if _label(one) in labels))(metric)


@dataclass(frozen=True)
class _Stretch:
    """The time from one point of a graph to the next, or the whole time range."""

    length: str
    """As a duration."""
    seconds: str
    """As a number."""
    has_points: bool
    """Whether what was in between counts."""

    def over(self, function: str, selector: str) -> str:
        """Return what the function gives of the points in between, or else the last point."""
        return f"{function}({selector}[{self.length}])" if self.has_points else selector


_POINTS = _Stretch("$__interval", "$__interval_ms / 1000", has_points=False)
_RANGE = _Stretch("$__range", "$__range_s", has_points=True)


def _label(matcher: str) -> str:
    return re.split(r"\W", matcher, maxsplit=1)[0]


def once(metric: str, expression: str) -> str:
    """Return an expression about a metric with the metric's own labels: two daemons may watch the same."""
    entry = load()[metric]
    return largest(expression, "instance" if entry.scope == "daemon" else "namespace", *entry.labels)


def is_(label: str, value: str) -> str:
    """Return the matcher of a label's value."""
    return f'{label}="{value}"'


def total(expression: str, *labels: str) -> str:
    """Return the sum, kept apart by ``labels``."""
    return f"sum by ({', '.join(labels)}) ({expression})" if labels else f"sum({expression})"


def largest(expression: str, *labels: str) -> str:
    """Return the maximum, kept apart by ``labels``."""
    return f"max by ({', '.join(labels)}) ({expression})" if labels else f"max({expression})"


def named(expression: str, label: str, name: str, known: str) -> str:
    """Return the sum of an expression as a series with a name, for a legend that shows ``label``.

    ``known`` is a label that the expression has; it must have one series at most.
    """
    return f'sum by ({label}) (label_replace({expression}, "{label}", "{name}", "{known}", ".*"))'


def if_any(expression: str, label: str) -> str:
    """Return the series that are not 0, or else one that is called none: so many zeros would hide them."""
    return f"{expression} > 0 or on () {named(top(1, expression), label, 'none', label)}"


def share(part: str, whole: str) -> str:
    """Return part / whole, and nothing where the whole is 0."""
    return f"{part} / ({whole} > 0)"


def top(count: int, expression: str) -> str:
    """Return the largest ones."""
    return f"topk({count}, {expression})"


def or_zero(expression: str, watched: str) -> str:
    """Return the expression, and 0 where it has no series though somebody watches.

    Args:
        expression: what to count; it has one series at most.
        watched: a selector of series that are there whenever it could be counted. Without them nobody knows.

    """
    return f"({expression}) or 0 * max({watched})"
