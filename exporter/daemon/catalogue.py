"""The catalogue of built-in metrics: loaded once, checked strictly, the only source of their names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import yaml

from exporter.daemon.custom import APPLICATION_PREFIX, EXECUTOR_PREFIX
from exporter.daemon.errors import CatalogueError
from exporter.daemon.exposition import Family, escape, number

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_TYPES = {"counter": "_total", "gauge": "", "info": "_info"}
_REQUIRED = {"name", "type", "labels", "help", "source"}
_OPTIONAL = {"unit"}
_NOT_LABELS = {"le", "quantile"}


@dataclass(frozen=True)
class Entry:
    """One built-in metric."""

    family: Family
    labels: tuple[str, ...]
    source: str
    template: str
    """A sample line with a slot for each label value and one for the value."""

    def line(self, labels: tuple[str, ...], value: float) -> str:
        """Return one sample line.

        Raises:
            CatalogueError: the number of labels is not the declared one.

        """
        if len(labels) != len(self.labels):
            name = self.family.sample_name
            raise CatalogueError(f"{name} has the labels {', '.join(self.labels)}; given were {labels!r}")
        return self.template % (*map(escape, labels), number(float(value)))


class Catalogue:
    """All built-in metrics by their published name."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        """Keep ``entries`` in their order."""
        self.entries = MappingProxyType(dict(entries))

    def __getitem__(self, name: str) -> Entry:
        """Return the metric called ``name``.

        Raises:
            CatalogueError: there is none.

        """
        try:
            return self.entries[name]
        except KeyError:
            raise CatalogueError(f"{name} is not in catalogue.yaml") from None


@cache
def load() -> Catalogue:
    """Return the catalogue that comes with this package."""
    return parse(files("exporter").joinpath("catalogue.yaml").read_text("utf-8"))


def parse(text: str) -> Catalogue:
    """Return the catalogue written in ``text``.

    Raises:
        CatalogueError: something in it is missing, unknown or against the naming rules of Prometheus.

    """
    document = yaml.safe_load(text)
    if not isinstance(document, list):
        raise CatalogueError("catalogue.yaml: expected a list of metrics")
    entries: dict[str, Entry] = {}
    taken: set[str] = set()
    for number_, item in enumerate(document, 1):
        entry = _entry(item, f"catalogue.yaml, metric {number_}")
        if taken & {*entry.family.names}:
            raise CatalogueError(f"catalogue.yaml: {entry.family.sample_name} clashes with an earlier metric")
        taken.update(entry.family.names)
        entries[entry.family.sample_name] = entry
    return Catalogue(entries)


def _entry(item: Any, where: str) -> Entry:
    if not isinstance(item, dict) or not _REQUIRED <= {*item} <= _REQUIRED | _OPTIONAL:
        raise CatalogueError(f"{where}: expected the keys {', '.join(sorted(_REQUIRED))} and perhaps unit")
    name, kind, unit, text = item["name"], item["type"], item.get("unit", ""), item["help"]
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise CatalogueError(f"{where}: {name!r} is not a name in snake_case")
    if name.startswith((APPLICATION_PREFIX, EXECUTOR_PREFIX)):
        raise CatalogueError(f"{name}: this prefix belongs to the user's metrics")
    if kind not in _TYPES:
        raise CatalogueError(f"{name}: type {kind!r} is not one of {', '.join(_TYPES)}")
    ending = next((end for end in ("_total", "_info") if name.endswith(end)), "")
    # prometheus_client publishes python_info as a gauge, and so do we, being the same process.
    if ending != _TYPES[kind] and name != "python_info":
        raise CatalogueError(f"{name}: a {kind} ends in {_TYPES[kind] or 'neither _total nor _info'}")
    base = name.removesuffix(_TYPES[kind])
    if not isinstance(unit, str) or (unit and not base.endswith(f"_{unit}")):
        raise CatalogueError(f"{name}: the name does not end in its unit {unit!r}")
    if not isinstance(text, str) or not text.endswith(".") or not isinstance(item["source"], str):
        raise CatalogueError(f"{name}: help is a sentence with a full stop, source a text")
    labels = _labels(name, item["labels"])
    shown = ",".join(f'{label}="%s"' for label in labels)
    template = f"{name}{{{shown}}} %s\n" if labels else f"{name} %s\n"
    return Entry(Family(base, kind, text, unit), labels, item["source"], template)


def _labels(name: str, labels: Any) -> tuple[str, ...]:
    if not isinstance(labels, list) or len({*map(str, labels)}) != len(labels):
        raise CatalogueError(f"{name}: labels is a list of different names")
    for label in labels:
        if not isinstance(label, str) or not _NAME.fullmatch(label) or label in _NOT_LABELS:
            raise CatalogueError(f"{name}: {label!r} is not a label name")
    return tuple(labels)
