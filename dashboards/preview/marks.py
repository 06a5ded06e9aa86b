"""Annotations: events that are marked on all panels with a time axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboards.preview.fields import named
from dashboards.queries_of import fill

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

    from dashboards.preview.prometheus import Prometheus, Series
    from dashboards.preview.variables import Values

Mark = tuple[float, str]
"""When, in Unix seconds, and the colour."""


def marks(dashboard: Mapping[str, Any], server: Prometheus, values: Values) -> list[Mark]:
    """Return the events of all annotations that are on, within the range.

    Raises:
        QueryError: a query failed.
        PreviewError: a colour is unknown.

    """
    found: set[Mark] = set()
    for one in dashboard["annotations"]["list"]:
        if not one.get("expr") or not one["enable"]:
            continue
        color = named(one["iconColor"])
        for series in server.range(fill(one["expr"], values)):
            times = _values_as_times(series) if one["useValueForTime"] else _starts(series, server.step)
            found |= {(time, color) for time in times if server.start <= time <= server.end}
    return sorted(found)


def _values_as_times(series: Series) -> set[float]:
    """Return the times that the values say, in milliseconds."""
    return {value / 1000 for value in series.values}


def _starts(series: Series, step: float) -> list[float]:
    """Return where each stretch of samples that count begins: Grafana joins those that follow each other."""
    times = [time for time, value in zip(series.times, series.values, strict=True) if value > 0]
    return [time for at, time in enumerate(times) if not at or time - times[at - 1] > step * 1.5]


def draw_marks(axes: Axes, found: list[Mark]) -> None:
    """Draw each as a dashed line from top to bottom, with a small triangle below."""
    for time, color in found:
        axes.axvline(time, color=color, linestyle=(0, (4, 3)), linewidth=0.9, alpha=0.8)
        bottom = axes.get_xaxis_transform()
        axes.plot([time], [0], "^", color=color, markersize=4, transform=bottom, clip_on=False)
