"""Reads what a snapshot answer says of control and messages, and makes samples of it.

A plugin in which they are off says null, and an older one says nothing.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from exporter.daemon import fields
from exporter.daemon.exposition import bound
from exporter.daemon.fields import invalid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from exporter.daemon.frame import FrameBuilder

Count = tuple[str, str, float]
"""What was counted, by two labels."""

MAX_COUNTS = 1000
"""Entries of one list; the plugin names a hundred kinds and adds up the others."""
MAX_BOUNDS = 100
EVENT_STATES = ("accepted", "handled", "failed", "expired")
MESSAGE_RESULTS = (
    "asked",
    "sent",
    "answered",
    "no_handler",
    "handler_failed",
    "timeout",
    "too_large",
    "overloaded",
    "dropped",
)
_WORD = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True)
class Control:
    """How far live configuration and events have come."""

    version: float
    """Of the configuration."""
    events: tuple[Count, ...]
    """Type, state, how many recipients have ever come to that state."""
    bounds: tuple[float, ...]
    """Of the time that it took to deliver events, in seconds."""
    counts: tuple[float, ...]
    """By bucket, each alone; the last one has no bound."""
    total: float
    """Seconds of all deliveries together."""


@dataclass(frozen=True)
class Steered:
    """What an answer says of control and messages."""

    control: Control | None = None
    """None if control is off."""
    messages: tuple[Count, ...] = ()
    """Topic, result, how many."""
    versions: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """The version of the configuration that each executor has, by its id."""


NOT_STEERED = Steered()


def read_steered(answer: dict[str, Any]) -> Steered:
    """Return what ``answer`` says.

    Args:
        answer: a document whose other parts were checked already.

    Raises:
        SourceError: with reason ``invalid``.

    """
    control, messages = answer.get("control"), answer.get("messages")
    return Steered(
        _control(fields.mapping(control, "answer.control")) if control is not None else None,
        _counts(messages, "answer.messages") if messages is not None else (),
        MappingProxyType(
            {
                executor["id"]: fields.amount(executor, "config_version", f"answer.executors[{index}]")
                for index, executor in enumerate(answer["executors"])
                if executor.get("config_version") is not None
            }
        ),
    )


def _control(document: dict[str, Any]) -> Control:
    where = "answer.control.delivery"
    delivery = fields.mapping(document.get("delivery"), where)
    bounds = _numbers(delivery.get("bounds"), f"{where}.bounds")
    if len(bounds) > MAX_BOUNDS or list(bounds) != sorted(set(bounds)):
        raise invalid(f"{where}.bounds", f"at most {MAX_BOUNDS} numbers that grow", bounds)
    counts = _numbers(delivery.get("counts"), f"{where}.counts")
    if len(counts) != len(bounds) + 1:
        raise invalid(f"{where}.counts", f"{len(bounds) + 1} numbers", counts)
    return Control(
        fields.amount(document, "version", "answer.control"),
        _counts(document.get("events"), "answer.control.events"),
        bounds,
        counts,
        fields.amount(delivery, "sum", where),
    )


def _numbers(value: Any, where: str) -> tuple[float, ...]:
    cells = tuple(fields.cells(value, where))
    if not all(0 <= cell < math.inf for cell in cells):
        raise invalid(where, "finite numbers, zero or more", cells)
    return cells


def _counts(value: Any, where: str) -> tuple[Count, ...]:
    array = fields.items(value, where)
    if len(array) > MAX_COUNTS:
        raise invalid(where, f"at most {MAX_COUNTS} entries", array)
    found = tuple([_count(item, f"{where}[{index}]") for index, item in enumerate(array)])
    if len({entry[:2] for entry in found}) != len(found):
        raise invalid(where, "each pair once", array)
    return found


def _count(value: Any, where: str) -> Count:
    parts = fields.items(value, where)
    if len(parts) != 3 or type(parts[0]) is not str or type(parts[1]) is not str:  # noqa: PLR2004
        raise invalid(where, "two strings and a number", parts)
    if not _WORD.fullmatch(parts[1]):
        raise invalid(f"{where}[1]", "a word in snake_case", parts[1])
    return parts[0], parts[1], _numbers(parts[2:], f"{where}[2]")[0]


def add_steered(builder: FrameBuilder, steered: Steered, live: Sequence[str]) -> None:
    """Add the samples of it.

    Args:
        builder: of a frame of the plugin.
        steered: what an answer said.
        live: ids of the executors that are there.

    """
    for topic, result, count in steered.messages:
        builder.add("spark_exporter_messages_total", count, topic, result)
    control = steered.control
    if control is None:
        return
    builder.add("spark_exporter_config_version", control.version)
    for executor in live:
        builder.add("spark_executor_config_version", steered.versions.get(executor), executor)
    for kind, state, count in control.events:
        builder.add("spark_exporter_events_total", count, kind, state)
    delivery = "spark_exporter_event_delivery_seconds"
    bounds = [bound(upper) for upper in (*control.bounds, math.inf)]
    builder.add_histogram(delivery, bounds, control.counts, control.total)
