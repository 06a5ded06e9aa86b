"""Draws lines over time as SVG."""

from __future__ import annotations

import math
import sys
from html import escape
from typing import TYPE_CHECKING

from exporter import shown
from exporter.daemon.landing.history import INTERVAL, POINTS
from exporter.daemon.landing.measures import BYTES, COUNT, SECONDS, SHARE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from exporter.daemon.landing.history import Chart

SPAN = POINTS * INTERVAL
WIDTH, HEIGHT = 300, 84
_SPARK_WIDTH, _SPARK_HEIGHT, _SPARK_POINTS = 120, 20, 45
_STEPS = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
FORMATS: Mapping[str, Callable[[float | None], str]] = {
    COUNT: shown.count,
    BYTES: shown.size,
    SECONDS: shown.seconds,
    SHARE: shown.share,
}
"""How the values of each unit are written."""


def figure(chart: Chart) -> str:
    """Return a chart with its title, its last value and its scale."""
    write = FORMATS[chart.unit]
    known = [value for _, value in chart.points if not math.isnan(value)]
    last = chart.points[-1][1] if chart.points else math.nan
    now = shown.NOTHING if math.isnan(last) else write(last)
    low, high = scale(known, 1024.0 if chart.unit == BYTES else 10.0)
    title, detail = escape(shown.printable(chart.title)), escape(shown.printable(chart.detail))
    spoken = f"now {now}"
    if known:
        spoken += f", between {write(min(known))} and {write(max(known))} in the last {SPAN / 60:.0f} minutes"
    label = f"{title}{f' ({detail})' if detail else ''}: {escape(spoken)}"
    below = f'<p class="detail"><bdi>{detail}</bdi></p>' if detail else ""
    return (
        f"<figure><figcaption><bdi>{title}</bdi><b>{escape(now)}</b></figcaption>{below}"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}" preserveAspectRatio="none">'
        f'<path class="grid" d="M0 .5H{WIDTH}M0 {HEIGHT / 2:g}H{WIDTH}M0 {HEIGHT - 0.5:g}H{WIDTH}"/>'
        f"{_shapes(chart.points, low, high, WIDTH, HEIGHT)}</svg>"
        f'<p class="axis"><span>{SPAN / 60:.0f} min ago</span>'
        f"<span>{escape(write(low))} to {escape(write(high))}</span><span>now</span></p></figure>"
    )


def sparkline(chart: Chart) -> str:
    """Return a small chart without text, of fewer points."""
    step = max(1, math.ceil(len(chart.points) / _SPARK_POINTS))
    # From the end, so that the same points are taken together the next time.
    parts = [chart.points[max(0, end - step) : end] for end in range(len(chart.points), 0, -step)]
    points = [(part[-1][0], _most(part)) for part in reversed(parts)]
    low, high = scale([value for _, value in points if not math.isnan(value)])
    return (
        f'<svg class="spark" viewBox="0 0 {_SPARK_WIDTH} {_SPARK_HEIGHT}" aria-hidden="true" '
        f'preserveAspectRatio="none">{_shapes(points, low, high, _SPARK_WIDTH, _SPARK_HEIGHT)}</svg>'
    )


def scale(values: Sequence[float], base: float = 10.0) -> tuple[float, float]:
    """Return what the lower and the upper edge of a chart stand for: round numbers, with zero between.

    Args:
        values: what is shown.
        base: what the unit counts in; bytes are round in powers of 1024.

    """
    low, high = min([0.0, *values]), max([0.0, *values])
    if low == high:
        return 0.0, 1.0
    return 0.0 - _round_up(-low, base), _round_up(high, base)


def _round_up(value: float, base: float) -> float:
    if value <= 0:
        return 0.0
    # Below the least normal number, a power of the base may be 0.
    value = max(value, sys.float_info.min)
    power = base ** math.floor(math.log(value, base))
    # Of a large base, the digits before the point are rounded on their own.
    power *= 10.0 ** math.floor(math.log10(value / power))
    return next((step * power for step in _STEPS if step * power >= value), _STEPS[-1] * power)


def _most(part: Sequence[tuple[float, float]]) -> float:
    return max((value for _, value in part if not math.isnan(value)), default=math.nan)


def _shapes(points: Sequence[tuple[float, float]], low: float, high: float, width: int, height: int) -> str:
    """Return an area and a line for each stretch without a gap."""
    line, area = [], []
    zero = _y(0.0, low, high, height)
    for stretch in _stretches(points):
        places = [
            f"{width * (1 - age / SPAN):.1f} {_y(value, low, high, height):.1f}" for age, value in stretch
        ]
        # A single point is a line of no length, which a round cap makes a dot.
        line.append(f"M{places[0]}L{'L'.join(places[1:] or places)}")
        first, last = places[0].split()[0], places[-1].split()[0]
        area.append(f"M{first} {zero:.1f}L{'L'.join(places)}L{last} {zero:.1f}Z")
    return f'<path class="area" d="{"".join(area)}"/><path class="line" d="{"".join(line)}"/>' if line else ""


def _y(value: float, low: float, high: float, height: int) -> float:
    # Half the line's width stays free at both edges.
    return 1 + (height - 2) * (high - value) / (high - low)


def _stretches(points: Sequence[tuple[float, float]]) -> list[list[tuple[float, float]]]:
    stretches: list[list[tuple[float, float]]] = [[]]
    for age, value in points:
        if math.isnan(value):
            stretches.append([])
        else:
            stretches[-1].append((max(0.0, age), value))
    return [stretch for stretch in stretches if stretch]
