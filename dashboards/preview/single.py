"""Panels that show the last value of each series: stat and bar gauge."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from dashboards.preview.canvas import FAINT, GRID, TEXT, fit, text_width
from dashboards.preview.fields import Field, field

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dashboards.preview.asked import Named
    from dashboards.preview.canvas import Box, Page

_LARGEST = 34
_NAME = 11
_BAR = 22


def _last(one: Named) -> float:
    known = [value for value in one.series.values if not math.isnan(value)]
    return known[-1] if known else math.nan


def draw_stat(page: Page, box: Box, panel: Mapping[str, Any], found: Sequence[Named]) -> None:
    """Draw the last value of each series, with its course behind it."""
    width = box.width / len(found)
    for number, one in enumerate(found):
        part = box.cut(x=box.x + number * width, width=width)
        _stat(page, part, panel, one, named=len(found) > 1)


def _stat(page: Page, box: Box, panel: Mapping[str, Any], one: Named, *, named: bool) -> None:
    shape = field(panel, one.name)
    value = _last(one)
    color = TEXT if panel["options"]["colorMode"] == "none" else shape.value_color(value)
    if panel["options"]["graphMode"] == "area" and len(one.series.values) > 1:
        axes = page.axes(box.cut(y=box.y + box.height * 0.6, height=box.height * 0.4))
        axes.axis("off")
        line = shape.value_color(value)
        axes.fill_between(one.series.times, one.series.values, color=line, alpha=0.25, linewidth=0)
        axes.plot(one.series.times, one.series.values, color=line, linewidth=1)
        axes.set_ylim(bottom=min(0, *one.series.values), top=max(one.series.values) * 1.05 or 1)
    text = shape.text(value)
    size = min(_LARGEST, box.height * 0.45, _LARGEST * (box.width - 12) / text_width(text, _LARGEST))
    middle = box.y + box.height * (0.5 if named else 0.42)
    page.text(box.x + box.width / 2, middle, text, size, color=color, align="center", bold=True)
    if named:
        name = fit(one.name, box.width - 6, _NAME)
        page.text(box.x + box.width / 2, box.y + 8, name, _NAME, color=FAINT, align="center")


def draw_bar_gauge(page: Page, box: Box, panel: Mapping[str, Any], found: Sequence[Named]) -> None:
    """Draw a bar for the last value of each series, as many as there is room for."""
    height = min(_BAR * 1.4, max(_BAR * 0.8, box.height / len(found)))
    shown = found[: max(1, int(box.height // height))]
    names = min(box.width * 0.45, max(text_width(one.name, _NAME) for one in shown) + 10)
    shapes = [field(panel, one.name) for one in shown]
    values = [_last(one) for one in shown]
    texts = [shape.text(value) for shape, value in zip(shapes, values, strict=True)]
    numbers = max(text_width(text, _NAME + 1) for text in texts) + 10
    top = _top(shapes, values)
    for at, (one, shape, value, text) in enumerate(zip(shown, shapes, values, texts, strict=True)):
        line = box.cut(y=box.y + at * height, height=height - 4)
        middle = line.y + line.height / 2
        page.text(line.x + 2, middle, fit(one.name, names - 8, _NAME), _NAME)
        bar = line.inside(names, 2, numbers, 2)
        page.rectangle(bar, GRID)
        share = 0.0 if math.isnan(value) else min(1.0, max(0.0, value / top))
        color = shape.value_color(value)
        page.rectangle(bar.cut(width=max(1.5, bar.width * share)), color, alpha=0.85)
        page.text(line.x + line.width - 2, middle, text, _NAME + 1, color=color, align="right")


def _top(shapes: Sequence[Field], values: Sequence[float]) -> float:
    """Return what a full bar stands for."""
    given = [shape.maximum for shape in shapes if shape.maximum is not None]
    known = [value for value in values if math.isfinite(value)]
    return max(given) if given else max([*known, 0]) or 1
