"""Panels with bands over time: heat map and state timeline."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import PowerNorm

from dashboards.preview.canvas import Box, Page, fit, text_width
from dashboards.preview.fields import field
from dashboards.preview.timeaxis import dress
from dashboards.units import shown, trimmed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from dashboards.preview.asked import Named
    from dashboards.preview.prometheus import Prometheus

_NAME = 10.5
_BOTTOM = 24


def draw_heat_map(
    page: Page, box: Box, panel: Mapping[str, Any], found: Sequence[Named], server: Prometheus
) -> Axes:
    """Draw how many values each bucket of a histogram got; return the axes."""
    options = panel["options"]
    buckets = sorted(found, key=lambda one: float(one.series.labels["le"]))
    count = int((server.end - server.start) // server.step) + 1
    cells = np.zeros((len(buckets), count))
    for row, one in enumerate(buckets):
        for time, value in zip(one.series.times, one.series.values, strict=True):
            cells[row, min(count - 1, round((time - server.start) / server.step))] = value
    # Each bucket of Prometheus has those below it, too.
    cells = np.diff(cells, axis=0, prepend=np.zeros((1, count)))
    cells[cells <= options["filterValues"]["le"]] = math.nan
    names = [_bound(one.series.labels["le"], options["yAxis"]["unit"]) for one in buckets]
    left = max(text_width(name, _NAME) for name in names) + 10
    axes = page.axes(box.inside(left, 4, 8, _BOTTOM))
    times = server.start + (np.arange(count + 1) - 0.5) * server.step
    power = PowerNorm(options["color"]["exponent"])
    axes.pcolormesh(times, np.arange(len(buckets) + 1), cells, cmap=options["color"]["scheme"], norm=power)
    dress(axes, server, None)
    every = max(1, math.ceil(len(names) * 14 / box.height))
    axes.set_yticks(np.arange(len(names))[::every] + 1, names[::every])
    return axes


def _bound(bound: str, unit: str) -> str:
    return trimmed(shown(float(bound), unit))


def draw_timeline(
    page: Page, box: Box, panel: Mapping[str, Any], found: Sequence[Named], server: Prometheus
) -> Axes:
    """Draw the states of each series over time, and below what the colours mean; return the axes."""
    shapes = [field(panel, one.name) for one in found]
    shown_series = list(zip(found, shapes, strict=True))[: panel["options"]["perPage"]]
    left = min(box.width * 0.3, max(text_width(one.name, _NAME) for one in found) + 10)
    axes = page.axes(box.inside(left, 4, 8, _BOTTOM + 18))
    height = panel["options"]["rowHeight"]
    for row, (one, shape) in enumerate(shown_series):
        for begin, length, value in _states(one, server.step):
            color = shape.value_color(value)
            axes.broken_barh(
                [(begin, length)], (row + (1 - height) / 2, height), color=color, alpha=0.7, linewidth=0
            )
    dress(axes, server, None)
    axes.set_ylim(len(shown_series), 0)
    names = [fit(one.name, left - 8, _NAME) for one, _ in shown_series]
    axes.set_yticks(np.arange(len(names)) + 0.5, names)
    x = box.x + 4
    for state, (text, _) in shapes[0].mappings.items():
        page.rectangle(Box(x, box.y + box.height - 12, 10, 8), shapes[0].value_color(float(state)))
        page.text(x + 14, box.y + box.height - 8, text, _NAME)
        x += text_width(text, _NAME) + 32
    return axes


def _states(one: Named, step: float) -> list[tuple[float, float, float]]:
    """Return begin, length and value of each stretch of equal values; a gap ends one."""
    found: list[tuple[float, float, float]] = []
    for time, value in zip(one.series.times, one.series.values, strict=True):
        if found and found[-1][2] == value and time - (found[-1][0] + found[-1][1]) < step / 2:
            begin, length, _ = found[-1]
            found[-1] = (begin, length + step, value)
        else:
            found.append((time, step, value))
    return found
