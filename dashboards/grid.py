"""Puts panels into rows of the dashboard's full width."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grafana_foundation_sdk.models import dashboard as models

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dashboards.panels import Panel

WIDTH = 24


class LayoutError(ValueError):
    """Panels that do not fill their lines; its text names the row and the panels."""


@dataclass(frozen=True)
class Row:
    """Panels under a heading."""

    title: str
    panels: tuple[Panel, ...]


def lines(row: Row) -> Iterator[tuple[Panel, ...]]:
    """Yield the panels of a row line by line.

    Raises:
        LayoutError: a line is not full, or its panels differ in height.

    """
    line: list[Panel] = []
    for panel in row.panels:
        line.append(panel)
        if sum(one.width for one in line) >= WIDTH:
            yield _checked(row, line)
            line = []
    if line:
        yield _checked(row, line)


def _checked(row: Row, line: Sequence[Panel]) -> tuple[Panel, ...]:
    sizes = ", ".join(f"{one.title} {one.width}x{one.height}" for one in line)
    if sum(one.width for one in line) != WIDTH or len({one.height for one in line}) > 1:
        raise LayoutError(f"row {row.title}: a line must be {WIDTH} wide and of one height, and is: {sizes}")
    return tuple(line)


def placed(rows: Sequence[Row]) -> list[models.Panel | models.RowPanel]:
    """Return all rows and panels with ids and positions.

    Raises:
        LayoutError: see ``lines``.

    """
    made: list[models.Panel | models.RowPanel] = []
    top = 0
    for row in rows:
        place = models.GridPos(h=1, w=WIDTH, x=0, y=top)
        made.append(models.RowPanel(title=row.title, grid_pos=place, id_val=len(made) + 1))
        top += 1
        for line in lines(row):
            left = 0
            for panel in line:
                place = models.GridPos(h=panel.height, w=panel.width, x=left, y=top)
                made.append(panel.build(len(made) + 1, place))
                left += panel.width
            top += line[0].height
    return made
