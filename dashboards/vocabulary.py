"""Which series there are, and with which labels: the catalogue, recording rules, and Prometheus' own."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from exporter.daemon.catalogue import load
from exporter.daemon.label_values import values_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from exporter.daemon.catalogue import Entry

ANY = "*"
"""Stands in a set of labels for whatever else there may be, as on a custom metric."""

TARGET_LABELS = frozenset({"job", "instance", "namespace", "pod"})
"""What Prometheus may put on every series, by its discovery."""

CUSTOM_PREFIXES = ("spark_custom_", "spark_executor_custom_")

_HISTOGRAM = (("_bucket", ("le",)), ("_sum", ()), ("_count", ()))
_COUNTED = ("_total", "_bucket", "_sum", "_count")
_OF_PROMETHEUS = MappingProxyType(
    {
        "up": (),
        "scrape_duration_seconds": (),
        "scrape_samples_scraped": (),
        "scrape_samples_post_metric_relabeling": (),
        "scrape_series_added": (),
        "ALERTS": ("alertname", "alertstate", "severity", ANY),
        "ALERTS_FOR_STATE": ("alertname", "severity", ANY),
    }
)


class Series(NamedTuple):
    """What is known of a name that a query may ask for."""

    labels: frozenset[str]
    """Names of labels that its samples may have; ``ANY`` among them where others are possible."""
    counter: bool | None
    """Whether it only goes up, so that it wants ``rate`` or ``increase``; None where nobody knows."""
    values: Mapping[str, frozenset[str]] = MappingProxyType({})
    """All values of those labels that have a closed set of them."""


def _custom(name: str) -> Series:
    executor = {"executor_id"} if name.startswith("spark_executor_custom_") else set()
    labels = frozenset({"app_id", "app_name", ANY}) | executor | TARGET_LABELS
    return Series(labels, counter=name.endswith(_COUNTED))


@dataclass(frozen=True)
class Vocabulary:
    """The names that queries may use."""

    series: Mapping[str, Series] = field(default_factory=dict)

    def find(self, name: str) -> Series | None:
        """Return what is known of a metric; None if there is none of that name."""
        found = self.series.get(name)
        return _custom(name) if found is None and name.startswith(CUSTOM_PREFIXES) else found

    def like(self, name: str) -> str:
        """Return a hint at the name that was perhaps meant; empty where none is near."""
        return hint(name, self.series)

    def add(self, name: str, labels: frozenset[str], *, counter: bool | None = None) -> Vocabulary:
        """Return a vocabulary that also has a recording rule."""
        return Vocabulary(MappingProxyType({**self.series, name: Series(labels, counter)}))


def hint(name: str, known: Iterable[str]) -> str:
    """Return ``; did you mean ...?`` for a name that is near one of ``known``, else nothing."""
    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.65)
    return f"; did you mean {near[0]}?" if near else ""


@cache
def catalogue() -> Vocabulary:
    """Return what the daemon and Prometheus themselves publish."""
    series = {
        name: Series(TARGET_LABELS | frozenset(labels), counter=False)
        for name, labels in _OF_PROMETHEUS.items()
    }
    for entry in load().entries.values():
        labels = TARGET_LABELS | frozenset(entry.labels)
        if entry.family.type == "histogram":
            for suffix, more in _HISTOGRAM:
                series[entry.family.name + suffix] = Series(labels | frozenset(more), counter=True)
        else:
            name = entry.family.sample_name
            series[name] = Series(labels, entry.family.type == "counter", _values(entry))
    return Vocabulary(MappingProxyType(series))


def _values(entry: Entry) -> Mapping[str, frozenset[str]]:
    """Return the values of those labels of a metric that have a closed set of them."""
    found = {}
    for label in entry.own_labels:
        fixed = [dict(origin.labels).get(label) for origin in entry.origins]
        # A part of a reading's name that becomes a label may be anything.
        given = values_of(entry.family.sample_name, label) or (fixed if None not in fixed else ())
        if given:
            found[label] = frozenset(filter(None, given))
    return MappingProxyType(found)
