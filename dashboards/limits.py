"""Thresholds of panels: from which value on a panel is yellow, orange or red."""

from __future__ import annotations

from typing import NamedTuple

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.models import dashboard as models

GOOD, WARNING, BAD, NEUTRAL, QUIET = "green", "orange", "red", "blue", "text"


class Limits(NamedTuple):
    """Colours by value: the colour of the smallest values, and from which values on there is another one."""

    lowest: str
    steps: tuple[tuple[float, str], ...] = ()

    @property
    def judges(self) -> bool:
        """Whether any value is worse than another."""
        return bool(self.steps)

    def build(self) -> builders.ThresholdsConfig:
        """Return it as Grafana has it; a step without a value comes first."""
        steps = [models.Threshold(value=None, color=self.lowest)]
        steps += [models.Threshold(value=value, color=colour) for value, colour in self.steps]
        return builders.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)


NONE = Limits(NEUTRAL)
"""No value is better or worse by itself."""


def above(warning: float, bad: float | None = None) -> Limits:
    """Return limits of something that should be small."""
    steps = ((warning, WARNING),) if bad is None else ((warning, WARNING), (bad, BAD))
    return Limits(GOOD, steps)


def never(first: float = 1) -> Limits:
    """Return limits of something that should not happen at all."""
    return Limits(GOOD, ((first, BAD),))


def below(bad: float, warning: float) -> Limits:
    """Return limits of something that should be large."""
    return Limits(BAD, ((bad, WARNING), (warning, GOOD)))
