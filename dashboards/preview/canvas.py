"""A page on which things are placed by pixels from the top left, as a browser does."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

BACKGROUND = "#111217"
PANEL = "#181B1F"
BORDER = "#2C3033"
GRID = "#2A2D32"
TEXT = "#CCCCDC"
FAINT = "#8E8E99"
BAD = "#F2495C"

_DPI = 100
POINTS = 72 / _DPI
"""Points of a pixel."""
_WIDE = frozenset("mwMW@%—…ABCDEFGHKNOPQRUVXYZ")
_NARROW = frozenset("iljtfrI.,:;'|!()[]{} ")


@dataclass(frozen=True)
class Box:
    """A part of the page, in pixels."""

    x: float
    y: float
    width: float
    height: float

    def inside(self, left: float, top: float, right: float, bottom: float) -> Box:
        """Return what is left when so much is cut off at each side."""
        return Box(
            self.x + left,
            self.y + top,
            max(self.width - left - right, 1),
            max(self.height - top - bottom, 1),
        )

    def cut(self, **changes: float) -> Box:
        """Return the same box with other numbers."""
        return replace(self, **changes)


class Page:
    """One picture."""

    def __init__(self, width: int, height: int) -> None:
        """Make an empty page of so many pixels."""
        self.width, self.height = width, height
        self._figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI, facecolor=BACKGROUND)
        FigureCanvasAgg(self._figure)

    def rectangle(self, box: Box, color: str, *, edge: str | None = None, alpha: float = 1) -> None:
        """Fill a box."""
        patch = Rectangle(
            (box.x / self.width, 1 - (box.y + box.height) / self.height),
            box.width / self.width,
            box.height / self.height,
            transform=self._figure.transFigure,
            facecolor=color,
            edgecolor=edge or "none",
            linewidth=0.8,
            alpha=alpha,
            # Below axes and texts, whatever comes first.
            zorder=-1,
        )
        self._figure.add_artist(patch)

    def text(  # noqa: PLR0913 - where, what and how
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        *,
        color: str = TEXT,
        align: str = "left",
        bold: bool = False,
    ) -> None:
        """Write at a point, centred in height; ``size`` is in pixels."""
        self._figure.text(
            x / self.width,
            1 - y / self.height,
            # A dollar sign would begin a formula.
            text.replace("$", r"\$"),
            fontsize=size * POINTS,
            color=color,
            ha=align,
            va="center",
            fontweight="bold" if bold else "normal",
        )

    def axes(self, box: Box) -> Axes:
        """Return axes that fill a box; what they show beside it, such as ticks, is outside."""
        place = (
            box.x / self.width,
            1 - (box.y + box.height) / self.height,
            box.width / self.width,
            box.height / self.height,
        )
        axes = self._figure.add_axes(place, facecolor="none")
        for spine in axes.spines.values():
            spine.set_visible(False)
        return axes

    def save(self, path: Path) -> None:
        """Write a PNG of 256 colours, which is a third as large."""
        path.parent.mkdir(parents=True, exist_ok=True)
        drawn = io.BytesIO()
        self._figure.savefig(drawn, format="png", dpi=_DPI, facecolor=BACKGROUND)
        few = (
            Image.open(drawn)
            .convert("RGB")
            .quantize(method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        )
        few.save(path, format="png", optimize=True)


def text_width(text: str, size: float) -> float:
    """Return about how many pixels a text takes."""
    return size * sum(0.78 if one in _WIDE else 0.34 if one in _NARROW else 0.64 for one in text)


def fit(text: str, width: float, size: float) -> str:
    """Return a text that is cut to so many pixels, with an ellipsis."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + "…", size) > width:
        text = text[:-1]
    return text + "…"
