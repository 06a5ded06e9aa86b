"""Tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboards.preview.canvas import BORDER, FAINT, GRID, TEXT, Box, Page, fit, text_width
from dashboards.preview.fields import Field, PreviewError, field
from dashboards.preview.rows import Cell, rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dashboards.preview.asked import Named

_SIZE = 11
_LINE = 21
_MARGIN = 14
_GAUGE = 50
_CELLS = frozenset({"auto", "color-text", "gauge"})


def draw_table(page: Page, box: Box, panel: Mapping[str, Any], found: Sequence[Named]) -> None:
    """Draw the rows for which there is room, and say how many there are more."""
    headings, lines = rows(panel, found)
    shapes = [field(panel, name) for name in headings]
    for shape in shapes:
        if shape.cell not in _CELLS:
            raise PreviewError(f"cells of type {shape.cell} cannot be drawn")
    room = int(box.height // _LINE) - 1
    shown = lines if len(lines) <= room else lines[: room - 1]
    texts = [[_text(shape, cell) for shape, cell in zip(shapes, line, strict=True)] for line in shown]
    widths = _widths(box.width, headings, texts, shapes)
    x = box.x
    for column, (heading, shape, width) in enumerate(zip(headings, shapes, widths, strict=True)):
        cells = [line[column] for line in shown]
        right = any(isinstance(cell, float) for cell in cells) and shape.cell != "gauge"
        _write(page, Box(x, box.y, width, _LINE), heading, right=right, color="#6E9FFF")
        for at, cell in enumerate(cells, 1):
            _cell(page, Box(x, box.y + at * _LINE, width, _LINE), shape, cell, right=right)
        x += width
    for at in range(1, len(shown) + 1):
        page.rectangle(Box(box.x, box.y + at * _LINE, box.width, 0.8), BORDER)
    if len(shown) < len(lines):
        more = f"and {len(lines) - len(shown)} more"
        page.text(box.x + 6, box.y + (len(shown) + 1.5) * _LINE, more, _SIZE, color=FAINT)


def _text(shape: Field, cell: Cell | None) -> str:
    return "" if cell is None else cell if isinstance(cell, str) else shape.text(cell)


def _widths(
    width: float, headings: Sequence[str], texts: Sequence[Sequence[str]], shapes: Sequence[Field]
) -> list[float]:
    """Give columns the width that they ask for, and share out the rest by what is in them."""
    wanted = [
        max(text_width(text, _SIZE) for text in [heading, *(line[at] for line in texts)]) + _MARGIN
        for at, heading in enumerate(headings)
    ]
    fixed = [shape.width for shape in shapes]
    rest = width - sum(one for one in fixed if one)
    free = sum(want for want, one in zip(wanted, fixed, strict=True) if not one)
    widths = [one or want * rest / free for want, one in zip(wanted, fixed, strict=True)]
    # Pages are narrower than most screens: nobody may stick out.
    scale = width / sum(widths)
    return (
        [one * scale for one in widths]
        if min(widths) > 0
        else [want * width / sum(wanted) for want in wanted]
    )


def _cell(page: Page, box: Box, shape: Field, cell: Cell | None, *, right: bool) -> None:
    text = _text(shape, cell)
    color = TEXT
    if isinstance(cell, str):
        color = shape.text_color(cell) or TEXT
    elif cell is not None:
        color = TEXT if shape.cell == "auto" else shape.value_color(cell)
        if shape.cell == "gauge":
            number = text_width(text, _SIZE) + 10
            bar = box.inside(6, 6, number, 6)
            page.rectangle(bar, GRID)
            share = min(1.0, max(0.0, cell / (shape.maximum or 1)))
            page.rectangle(bar.cut(width=max(1.0, bar.width * share)), color, alpha=0.85)
            right = True
    _write(page, box, text, right=right, color=color)


def _write(page: Page, box: Box, text: str, *, right: bool, color: str) -> None:
    text = fit(text, box.width - 8, _SIZE)
    x = box.x + box.width - 6 if right else box.x + 6
    page.text(x, box.y + box.height / 2, text, _SIZE, color=color, align="right" if right else "left")
