"""How much is published at most, and who gives way when everything together is too much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from exporter.daemon.labels import LABEL_LENGTH

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Limits:
    """What the flags ``--limits.*`` say. Series are those of Prometheus: a histogram is several."""

    application_series: int = 50_000
    """That one application may have, beside those about its state."""
    series: int = 1_000_000
    """That all applications may have together, beside those about their states."""
    applications: int = 1000
    """That are known at a time, ended ones included."""
    label_length: int = LABEL_LENGTH
    """Characters of a label's value."""


class Claim(NamedTuple):
    """What one application would publish if it were alone."""

    started: float
    """Unix seconds; later ones give way first."""
    core: int
    """How many series it has of its own, without executors, stages, queries and other detail."""
    whole: int
    """How many it has in all, within its own limit."""


def allow(claims: Sequence[Claim], limit: int) -> tuple[int | None, ...]:
    """Return how many series each application may have of ``limit``; None is as many as it wants.

    Detail goes before anybody's own series do, and that of the newest application goes first.
    """
    if sum([claim.whole for claim in claims]) <= limit:
        return (None,) * len(claims)
    oldest_first = sorted(range(len(claims)), key=lambda index: (claims[index].started, index))
    given = [0] * len(claims)
    room = limit
    for index in oldest_first:
        given[index] = min(claims[index].core, room)
        room -= given[index]
    for index in oldest_first:
        claim = claims[index]
        more = min(claim.whole - given[index], room)
        given[index] += more
        room -= more
    return tuple([None if got >= claim.whole else got for got, claim in zip(given, claims, strict=True)])
