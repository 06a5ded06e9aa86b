"""What a panel says of its fields: unit, colours, thresholds, mappings; with what overrides change."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboards.units import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COLORS = {
    "green": "#73BF69",
    "dark-green": "#37872D",
    "yellow": "#FADE2A",
    "orange": "#FF9830",
    "dark-orange": "#FA6400",
    "red": "#F2495C",
    "dark-red": "#C4162A",
    "blue": "#5794F2",
    "light-blue": "#8AB8FF",
    "purple": "#B877D9",
    "text": "#CCCCDC",
    "gray": "#8E8E99",
    "transparent": "#00000000",
}
"""The dark theme's colours, by the names that the dashboards use."""

PALETTE = (
    "#73BF69", "#F2CC0C", "#8AB8FF", "#FF780A", "#F2495C", "#5794F2", "#B877D9", "#70DBED", "#F9BA8F",
    "#96D98D", "#FF9FD6", "#B7DBAB", "#C0A0E8", "#FFEE52", "#E0B400", "#FF7383",
)  # fmt: skip
"""Colours of series that have none of their own."""


class PreviewError(ValueError):
    """Something in a dashboard that a preview cannot draw; its text names the dashboard and the panel."""


@dataclass(frozen=True)
class Field:
    """How values of one name are shown."""

    unit: str
    decimals: int | None
    color: Mapping[str, Any]
    steps: list[tuple[float, str]]
    """Thresholds from the lowest on, each with its colour."""
    mappings: Mapping[str, tuple[str, str | None]]
    """Text and colour by value."""
    minimum: float | None
    maximum: float | None
    width: float | None
    cell: str
    """How a table draws a cell: auto, color-text, color-background, gauge ..."""
    custom: Mapping[str, Any]

    def text(self, value: float) -> str:
        """Return what is shown for a value."""
        mapped = self.mappings.get(f"{value:g}")
        return mapped[0] if mapped else shown(value, self.unit, self.decimals)

    def text_color(self, text: str) -> str | None:
        """Return the colour of a label's value, if it has one."""
        color = self.mappings.get(text, ("", None))[1]
        return named(color) if color else None

    def value_color(self, value: float) -> str:
        """Return the colour of a value: that of its mapping, or of the highest threshold that it reaches."""
        mapped = self.mappings.get(f"{value:g}")
        if mapped and mapped[1]:
            return named(mapped[1])
        reached = [color for limit, color in self.steps if value >= limit or math.isnan(value)]
        return named(reached[-1] if reached else self.steps[0][1])


def series_colors(shapes: Sequence[Field], names: Sequence[str]) -> list[str]:
    """Return a colour for each series: that of the dashboard, or else one that follows its name.

    Grafana lets two names meet in one colour; in a picture that nobody can point at, the second one takes
    the next.
    """
    found = [named(one.color["fixedColor"]) if one.color.get("mode") == "fixed" else None for one in shapes]
    colors = []
    used = {one for one in found if one}
    for fixed, name in zip(found, names, strict=True):
        begin = int.from_bytes(hashlib.sha256(name.encode()).digest()[:2], "big")
        turn = [PALETTE[(begin + at) % len(PALETTE)] for at in range(len(PALETTE))]
        colors.append(fixed or next((one for one in turn if one not in used), turn[0]))
        used.add(colors[-1])
    return colors


def named(color: str) -> str:
    """Return a colour of Grafana as matplotlib knows it.

    Raises:
        PreviewError: there is no such colour here.

    """
    if color.startswith("#"):
        return color
    if color not in COLORS:
        raise PreviewError(f"there is no colour {color} in a preview")
    return COLORS[color]


def field(panel: Mapping[str, Any], name: str) -> Field:
    """Return how a panel shows values of a name: its defaults, and what the overrides by name change."""
    config = panel["fieldConfig"]
    properties = dict(config["defaults"])
    properties["custom"] = dict(properties.get("custom", {}))
    for override in config["overrides"]:
        matcher = override["matcher"]
        if matcher["id"] != "byName":
            raise PreviewError(f"overrides {matcher['id']} cannot be drawn")
        if matcher["options"] == name:
            for one in override["properties"]:
                where, _, key = one["id"].rpartition(".")
                (properties["custom"] if where else properties)[key] = one["value"]
    custom = properties["custom"]
    return Field(
        unit=properties.get("unit", "short"),
        decimals=properties.get("decimals"),
        color=properties.get("color", {}),
        steps=_steps(properties["thresholds"]),
        mappings=_mappings(properties.get("mappings", ())),
        minimum=properties.get("min"),
        maximum=properties.get("max"),
        width=custom.get("width"),
        cell=custom.get("cellOptions", {}).get("type", "auto"),
        custom=custom,
    )


def _steps(thresholds: Mapping[str, Any]) -> list[tuple[float, str]]:
    if thresholds["mode"] != "absolute":
        raise PreviewError(f"thresholds in {thresholds['mode']} cannot be drawn")
    return [
        (-math.inf if one["value"] is None else float(one["value"]), one["color"])
        for one in thresholds["steps"]
    ]


def _mappings(mappings: list[Mapping[str, Any]]) -> dict[str, tuple[str, str | None]]:
    found = {}
    for mapping in mappings:
        if mapping["type"] != "value":
            raise PreviewError(f"mappings of type {mapping['type']} cannot be drawn")
        for value, result in mapping["options"].items():
            found[value] = (result["text"], result.get("color"))
    return found
