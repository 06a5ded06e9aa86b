"""Selectors and the forms of query that the dashboards share."""

from __future__ import annotations

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
        selector = self(metric, where)
        return _growth(metric, selector, f"{selector} offset $__interval", labels)

    def grown_in_range(self, metric: str, *labels: str, where: str = "") -> str:
        """Return by how much a counter grew in the time range; of applications that have gone since, too."""
        selector = self(metric, where)
        return _growth(metric, f"max_over_time({selector}[$__range])", f"{selector} offset $__range", labels)


def _growth(metric: str, now: str, before: str, labels: tuple[str, ...]) -> str:
    """Return now less before, added up by ``labels``.

    Counters of an application go on where the daemon has another address than before, or where two daemons
    watch the same one; so what Prometheus says of the daemon is left out first.
    """
    latest, earlier = once(metric, now), once(metric, before)
    return total(f"clamp_min({latest} - ({earlier} or {latest} * 0), 0)", *labels)


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


def or_zero(expression: str) -> str:
    """Return the expression, and 0 where it has no series."""
    return f"({expression}) or vector(0)"
