"""Axes with the time from left to right."""

from __future__ import annotations

import math
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator

from dashboards.preview.canvas import FAINT, GRID
from dashboards.preview.units import trimmed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from dashboards.preview.fields import Field
    from dashboards.preview.prometheus import Prometheus

_SIZE = 7.5
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)
_TICKS = 7


def dress(axes: Axes, server: Prometheus, values: Field | None) -> None:
    """Give axes the time range, times below, and values with their unit at the left."""
    axes.set_xlim(server.start, server.end)
    span = server.end - server.start
    step = next((one for one in _STEPS if span / one <= _TICKS), _STEPS[-1])
    first = -(-int(server.start) // step) * step
    axes.set_xticks(range(first, int(server.end) + 1, step))
    form = "%H:%M:%S" if step < 60 else "%H:%M" if span < 2 * 86400 else "%m/%d %H:%M"  # noqa: PLR2004
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda time, _: datetime.fromtimestamp(time, timezone.utc).strftime(form))
    )
    if values is not None:
        if values.unit == "bytes":
            axes.yaxis.set_major_locator(MultipleLocator(_binary_step(axes.get_ylim()[1])))
        elif axes.get_yscale() == "linear":
            axes.yaxis.set_major_locator(MaxNLocator(5, min_n_ticks=2, steps=(1, 2, 5, 10)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: trimmed(values.text(value))))
    axes.grid(visible=True, color=GRID, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(colors=FAINT, labelsize=_SIZE, length=0, pad=5)


def _binary_step(top: float) -> float:
    """Return a power of two that makes at most five steps."""
    return float(2 ** math.ceil(math.log2(max(top, 1) / 5)))
