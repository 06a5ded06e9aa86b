"""Axes with the time from left to right."""

from __future__ import annotations

import math
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator

from dashboards.preview.canvas import FAINT, GRID, POINTS, text_width
from dashboards.units import trimmed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from dashboards.preview.fields import Field
    from dashboards.preview.prometheus import Prometheus

_SIZE = 7.5
_GAP = 12
"""Pixels between two times at least."""
_DAY = 86400
_DAYS = (1, 2, 4, 7, 14, 28, 56, 112, 224, 448)
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800)
"""Seconds from one time that is written to the next; then follow days."""
_TICKS = 7


def dress(axes: Axes, server: Prometheus, values: Field | None) -> None:
    """Give axes the time range, times below, and values with their unit at the left."""
    axes.set_xlim(server.start, server.end)
    step, form = _ticks(server.end - server.start, axes.bbox.width)
    first = -(-int(server.start) // step) * step
    axes.set_xticks(range(first, int(server.end) + 1, step))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda time, _: _shown(time, form)))
    if values is not None:
        if values.unit == "bytes":
            axes.yaxis.set_major_locator(MultipleLocator(_binary_step(axes.get_ylim()[1])))
        elif axes.get_yscale() == "linear":
            axes.yaxis.set_major_locator(MaxNLocator(5, min_n_ticks=2, steps=(1, 2, 5, 10)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: trimmed(values.text(value))))
    axes.grid(visible=True, color=GRID, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(colors=FAINT, labelsize=_SIZE, length=0, pad=5)


def _ticks(span: float, width: float) -> tuple[int, str]:
    """Return the seconds between two times that are written, and their form, so that none overlap."""
    for step in (*_STEPS, *(days * _DAY for days in _DAYS)):
        form = "%H:%M:%S" if step < 60 else "%H:%M" if span < 2 * _DAY else "%m/%d %H:%M"  # noqa: PLR2004
        needed = text_width(_shown(0, form), _SIZE / POINTS) + _GAP
        if span / step <= min(_TICKS, width / needed):
            break
    return step, form


def _shown(time: float, form: str) -> str:
    return datetime.fromtimestamp(time, timezone.utc).strftime(form)


def _binary_step(top: float) -> float:
    """Return a power of two that makes at most five steps."""
    return float(2 ** math.ceil(math.log2(max(top, 1) / 5)))
