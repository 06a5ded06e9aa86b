"""Reads the metric and series definitions of a snapshot answer."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from exporter.daemon import fields
from exporter.daemon.fields import invalid
from exporter.daemon.model import MetricDef, SeriesDef

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
MODES = {"counter": ("",), "gauge": ("sum", "max", "min", "mean", "mostrecent"), "histogram": ("",)}


def read_metrics(array: list[Any], known: tuple[MetricDef, ...]) -> tuple[MetricDef, ...]:
    """Return the definitions in ``array``, which follow the ``known`` ones."""
    taken = {(metric.name, frozenset(metric.labels)) for metric in known}
    result = []
    for index, item in enumerate(array):
        where = f"answer.metrics[{index}]"
        metric = _metric(fields.mapping(item, where), where)
        identity = (metric.name, frozenset(metric.labels))
        if identity in taken:
            raise invalid(f"{where}.name", "a metric that is not defined yet", metric.name)
        taken.add(identity)
        result.append(metric)
    return tuple(result)


def _metric(document: dict[str, Any], where: str) -> MetricDef:
    name = fields.text(document, "name", where)
    if not NAME.fullmatch(name):
        raise invalid(f"{where}.name", f"a name like {NAME.pattern}", name)
    kind = fields.text(document, "type", where)
    if kind not in MODES:
        raise invalid(f"{where}.type", "counter, gauge or histogram", kind)
    mode = fields.text(document, "mode", where)
    if mode not in MODES[kind]:
        raise invalid(f"{where}.mode", " or ".join(map(repr, MODES[kind])), mode)
    return MetricDef(
        name=name,
        type=kind,
        help=fields.text(document, "help", where),
        unit=_unit(document, where),
        labels=_labels(document, where, kind),
        mode=mode,
        buckets=_buckets(document, where, kind),
    )


def _unit(document: dict[str, Any], where: str) -> str:
    unit = fields.text(document, "unit", where)
    if unit and not NAME.fullmatch("_" + unit):
        raise invalid(f"{where}.unit", "letters, digits and underscores", unit)
    return unit


def _labels(document: dict[str, Any], where: str, kind: str) -> tuple[str, ...]:
    labels = fields.items(document.get("labels"), f"{where}.labels")
    for label in labels:
        if type(label) is not str or not NAME.fullmatch(label) or label.startswith("__"):
            raise invalid(f"{where}.labels", f"names like {NAME.pattern} without a leading __", label)
        if label == "le" and kind == "histogram":
            raise invalid(f"{where}.labels", "no label called le, which a histogram has already", label)
    if len(set(labels)) != len(labels):
        raise invalid(f"{where}.labels", "each label once", labels)
    return tuple(labels)


def _buckets(document: dict[str, Any], where: str, kind: str) -> tuple[float, ...]:
    buckets = fields.cells(document.get("buckets"), f"{where}.buckets")
    ascending = all(low < high for low, high in zip(buckets, buckets[1:], strict=False))
    if not ascending or not all(map(math.isfinite, buckets)):
        raise invalid(f"{where}.buckets", "finite upper bounds in ascending order", buckets)
    if buckets and kind != "histogram":
        raise invalid(f"{where}.buckets", f"none for a {kind}", buckets)
    return tuple(buckets)


def read_series(
    array: list[Any], metrics: Sequence[MetricDef], seen: AbstractSet[SeriesDef]
) -> dict[SeriesDef, None]:
    """Return the series in ``array`` in their order; none of them may be in ``seen``."""
    result: dict[SeriesDef, None] = {}
    for index, item in enumerate(array):
        entry = fields.items(item, f"answer.series[{index}]")
        number = entry[0] if entry else None
        if type(number) is not int or not 0 <= number < len(metrics):
            raise invalid(f"answer.series[{index}][0]", f"a metric from 0 to {len(metrics) - 1}", number)
        labels = entry[1:]
        wanted = len(metrics[number].labels)
        if len(labels) != wanted or (labels and set(map(type, labels)) != {str}):
            raise invalid(f"answer.series[{index}]", f"{wanted} label values as strings", labels)
        series = SeriesDef(number, tuple(labels))
        if series in result or series in seen:
            raise invalid(f"answer.series[{index}]", "a series that is not defined yet", entry)
        result[series] = None
    return result
