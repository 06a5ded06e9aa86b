"""Time series: lines, areas, stacks and bars, with thresholds and legend."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from dashboards.preview.canvas import FAINT, Box, Page, fit, text_width
from dashboards.preview.fields import Field, PreviewError, field, named, series_colors
from dashboards.preview.timeaxis import dress

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from dashboards.preview.asked import Named
    from dashboards.preview.prometheus import Prometheus

_LEGEND = 10.5
_LEGEND_LINE = 15
_AXIS = 72
_DASHES = (0, (6, 5))
_CALCS = {"lastNotNull": "last", "max": "max"}


def draw_graph(
    page: Page, box: Box, panel: Mapping[str, Any], found: Sequence[Named], server: Prometheus
) -> Axes:
    """Draw all series, and a legend of those for which there is room; return the axes."""
    shapes = [field(panel, one.name) for one in found]
    colors = series_colors(shapes, [one.name for one in found])
    legend = panel["options"]["legend"]
    entries = [_entry(one, shape, legend["calcs"]) for one, shape in zip(found, shapes, strict=True)]
    lines = _legend_lines(entries, box.width, table=legend["displayMode"] == "table")
    most = max(1, int(box.height * 0.3 // _LEGEND_LINE))
    height = min(len(lines), most) * _LEGEND_LINE
    axes = page.axes(box.inside(_AXIS, 4, 8, height + 22))
    grid = np.arange(server.start, server.end + server.step, server.step)
    stacks: dict[str, NDArray[np.float64]] = {}
    top = 0.0
    for one, shape, color in zip(found, shapes, colors, strict=True):
        values = _on_grid(one, grid, server.step)
        group = shape.custom.get("stacking", {}).get("group")
        below = stacks.get(group, np.zeros(len(grid))) if group else np.zeros(len(grid))
        _draw(axes, grid, values, below, shape, color, server.step)
        above = below + np.nan_to_num(values)
        if group:
            stacks[group] = above
        top = max(top, float(above.max(initial=0)))
    _scale(axes, shapes[0], top)
    dress(axes, server, shapes[0])
    _draw_legend(
        page, box.cut(y=box.y + box.height - height, height=height), lines[:most], colors, len(entries)
    )
    return axes


def _on_grid(one: Named, grid: NDArray[np.float64], step: float) -> NDArray[np.float64]:
    """Return the values at the grid's times, NaN where there is none: a gap stays one."""
    values = np.full(len(grid), math.nan)
    for time, value in zip(one.series.times, one.series.values, strict=True):
        at = round((time - grid[0]) / step)
        if 0 <= at < len(grid) and math.isfinite(value):
            values[at] = value
    return values


def _draw(  # noqa: PLR0913 - what, where, how
    axes: Axes,
    grid: NDArray[np.float64],
    values: NDArray[np.float64],
    below: NDArray[np.float64],
    shape: Field,
    color: str,
    step: float,
) -> None:
    custom = shape.custom
    above = below + values
    opacity = custom.get("fillOpacity", 0) / 100
    if custom.get("drawStyle") == "bars":
        axes.bar(grid, np.nan_to_num(values), step, below, color=color, alpha=max(opacity, 0.2), linewidth=0)
        return
    dashed = custom.get("lineStyle", {}).get("fill") == "dash"
    axes.plot(grid, above, color=color, linewidth=1.1, linestyle=_DASHES if dashed else "solid")
    axes.fill_between(grid, below, above, color=color, alpha=opacity, linewidth=0)
    # A single point has no line.
    known = ~np.isnan(above)
    before, after = np.r_[False, known[:-1]], np.r_[known[1:], False]
    alone = known & ~before & ~after
    axes.plot(grid[alone], above[alone], ".", color=color, markersize=3)


def _scale(axes: Axes, shape: Field, top: float) -> None:
    if shape.custom.get("thresholdsStyle", {}).get("mode") == "dashed":
        for limit, color in shape.steps[1:]:
            axes.axhline(limit, color=named(color), linestyle=_DASHES, linewidth=1)
    lowest, highest = axes.get_ylim()
    scale = shape.custom.get("scaleDistribution", {"type": "linear"})
    if scale["type"] == "symlog":
        axes.set_yscale("symlog", base=scale["log"], linthresh=scale["linearThreshold"])
    elif scale["type"] != "linear":
        raise PreviewError(f"scales of type {scale['type']} cannot be drawn")
    low = shape.minimum if shape.minimum is not None else lowest
    high = shape.maximum if shape.maximum is not None else max(top * 1.08, low)
    # A line at 0 is drawn as one, at the bottom.
    axes.set_ylim(low, high if high > low else max(highest, low + 1))


def _entry(one: Named, shape: Field, calcs: Sequence[str]) -> list[str]:
    known = [value for value in one.series.values if not math.isnan(value)] or [math.nan]
    results = {"lastNotNull": known[-1], "max": max(known)}
    return [one.name, *(f"{_CALCS[calc]} {shape.text(results[calc])}" for calc in calcs)]


def _legend_lines(
    entries: Sequence[list[str]], width: float, *, table: bool
) -> list[list[tuple[int, str, float]]]:
    """Return the legend's lines: number of the series, text, and offset of each entry."""
    lines: list[list[tuple[int, str, float]]] = []
    at = math.inf
    for number, entry in enumerate(entries):
        text = fit("   ".join(entry), width - 24, _LEGEND)
        size = text_width(text, _LEGEND) + 26
        if table or at + size > width:
            lines.append([])
            at = 0
        lines[-1].append((number, text, at))
        at += size
    return lines


def _draw_legend(
    page: Page, box: Box, lines: Sequence[list[tuple[int, str, float]]], colors: Sequence[str], total: int
) -> None:
    for number, line in enumerate(lines):
        y = box.y + (number + 0.5) * _LEGEND_LINE
        for series, text, x in line:
            page.rectangle(Box(box.x + x + 4, y - 1.5, 10, 3), colors[series])
            page.text(box.x + x + 18, y, text, _LEGEND)
    shown = sum(len(line) for line in lines)
    if shown < total:
        y = box.y + (len(lines) - 0.5) * _LEGEND_LINE
        page.text(box.x + box.width, y, f"+{total - shown}", _LEGEND, color=FAINT, align="right")
