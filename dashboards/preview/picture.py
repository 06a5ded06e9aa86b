"""Draws one dashboard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboards.preview.asked import Named, ask
from dashboards.preview.bands import draw_heat_map, draw_timeline
from dashboards.preview.canvas import BAD, BORDER, FAINT, PANEL, TEXT, Box, Page, fit
from dashboards.preview.fields import PreviewError
from dashboards.preview.graphs import draw_graph
from dashboards.preview.marks import draw_marks, marks
from dashboards.preview.prometheus import QueryError
from dashboards.preview.single import draw_bar_gauge, draw_stat
from dashboards.preview.tables import draw_table
from dashboards.preview.variables import Values, resolve
from dashboards.queries_of import fill, panels_of
from dashboards.units import UnitError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from dashboards.preview.prometheus import Prometheus

_WIDTH = 1480
_COLUMNS = 24
_ROW = 30
_GAP = 6
_HEAD = 62
_TITLE = 24
_OVER_TIME = {"timeseries": draw_graph, "heatmap": draw_heat_map, "state-timeline": draw_timeline}
_AT_ONCE = {"stat": draw_stat, "bargauge": draw_bar_gauge, "table": draw_table}


class Picture:
    """A dashboard as a picture."""

    def __init__(self, dashboard: Mapping[str, Any], server: Prometheus, given: Mapping[str, str]) -> None:
        """Draw a dashboard from what ``server`` has, with values of variables as of ``resolve``.

        Raises:
            QueryError: the query of a variable or of an annotation failed.
            PreviewError: a panel has something that cannot be drawn.

        """
        self._server = server
        self._title = dashboard["title"]
        self._values = resolve(dashboard, server, given)
        self._marks = marks(dashboard, server, self._values)
        self.errors: list[str] = []
        """What Prometheus said of panels whose queries failed."""
        self.empty: list[str] = []
        """Titles of panels without data."""
        panels = list(panels_of(dashboard))
        headings = [panel for panel in dashboard["panels"] if panel["type"] == "row"]
        bottom = max(one["gridPos"]["y"] + one["gridPos"]["h"] for one in (*panels, *headings))
        self._page = Page(_WIDTH, _HEAD + bottom * _ROW + _GAP)
        self._head()
        for row in headings:
            box = _place(row)
            self._page.text(
                box.x + 4, box.y + box.height / 2, f"▾  {fill(row['title'], self._values)}", 15, bold=True
            )
        for panel in panels:
            self._panel(panel)

    def save(self, path: Path) -> None:
        """Write it as a PNG."""
        self._page.save(path)

    def _head(self) -> None:
        self._page.text(16, 20, self._title, 19, bold=True)
        chosen = "    ".join(
            f"{name}: {'All' if text in ('.*', '') or isinstance(text, list) else text}"
            for name, text in self._values.items()
            if not name.startswith("__")
        )
        self._page.text(16, 45, fit(chosen, _WIDTH - 32, 12), 12, color=FAINT)

    def _panel(self, panel: Mapping[str, Any]) -> None:
        box = _place(panel)
        self._page.rectangle(box, PANEL, edge=BORDER)
        title = fill(panel["title"], self._values)
        self._page.text(box.x + 8, box.y + 13, fit(title, box.width - 16, 13), 13, color=TEXT, bold=True)
        inner = box.inside(8, _TITLE, 8, 6)
        try:
            found = ask(panel, self._server, self._values)
        except QueryError as error:
            self.errors.append(f"{title}: {error}")
            self._message(inner, f"error: {error}", BAD)
            return
        if not found:
            self.empty.append(title)
            self._message(inner, "No data", FAINT)
            return
        try:
            self._draw(panel, inner, found)
        except (PreviewError, UnitError) as error:
            raise PreviewError(f"{self._title}: panel {title}: {error}") from None

    def _draw(self, panel: Mapping[str, Any], box: Box, found: Sequence[Named]) -> None:
        kind = panel["type"]
        if kind in _OVER_TIME:
            axes = _OVER_TIME[kind](self._page, box, panel, found, self._server)
            draw_marks(axes, self._marks)
        elif kind in _AT_ONCE:
            _AT_ONCE[kind](self._page, box, panel, found)
        else:
            raise PreviewError(f"panels of type {kind} cannot be drawn")

    def _message(self, box: Box, text: str, color: str) -> None:
        shown = fit(text, box.width, 13)
        self._page.text(box.x + box.width / 2, box.y + box.height / 2, shown, 13, color=color, align="center")


def _place(panel: Mapping[str, Any]) -> Box:
    """Return where Grafana puts a panel."""
    grid = panel["gridPos"]
    column = (_WIDTH - _GAP) / _COLUMNS
    return Box(
        _GAP + grid["x"] * column,
        _HEAD + grid["y"] * _ROW,
        grid["w"] * column - _GAP,
        grid["h"] * _ROW - _GAP,
    )


__all__ = ["Picture", "Values"]
