"""How the user's metrics become Prometheus families: names, conflicts between applications, and the lines."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from exporter.daemon.blocks import Block, Pick, pick_cells, pick_histograms, pick_means
from exporter.daemon.exposition import Family, bound, escape
from exporter.daemon.labels import LABEL_LENGTH, clip
from exporter.daemon.model import Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from exporter.daemon.model import Layout, MetricDef
    from exporter.daemon.shape import Shape

APPLICATION_PREFIX = "spark_custom_"
EXECUTOR_PREFIX = "spark_executor_custom_"
RESERVED_LABELS = frozenset({"app_id", "app_name", "executor_id", *Place._fields})


def base_name(metric: MetricDef) -> str:
    """Return the name of the family, without prefix and without ``_total``."""
    name = metric.name.removesuffix("_total") if metric.type == "counter" else metric.name
    # With the underscore of the prefix before it, a metric may be called like its unit.
    return f"{name}_{metric.unit}" if metric.unit and not f"_{name}".endswith(f"_{metric.unit}") else name


@dataclass(frozen=True)
class Resolution:
    """Which metrics of which application are published, and under which metadata."""

    families: tuple[Family, ...] = ()
    """Without prefix, in the order in which they were first seen."""
    refused: tuple[frozenset[int], ...] = ()
    """Of each layout, the metrics that contradict or repeat an earlier one, or use a label of ours."""


def resolve(layouts: Iterable[Layout]) -> Resolution:
    """Decide what is published: a name has one type and one help in an exposition, and the first one wins."""
    families: dict[str, Family] = {}
    taken: dict[str, str] = {}
    refused = []
    for layout in layouts:
        bad = set()
        # Two names may be published as one: rows and rows_total, or rows_bytes and rows with the unit bytes.
        own: set[tuple[str, frozenset[str]]] = set()
        for index, metric in enumerate(layout.metrics):
            family = Family(base_name(metric), metric.type, metric.help, metric.unit)
            known = families.get(family.name)
            identity = (family.name, frozenset(metric.labels))
            clash = any(taken.get(name, family.name) != family.name for name in family.names)
            if (
                (known is not None and known.type != family.type)
                or clash
                or identity in own
                or RESERVED_LABELS & {*metric.labels}
            ):
                bad.add(index)
                continue
            own.add(identity)
            if known is None:
                families[family.name] = family
                taken.update(dict.fromkeys(family.names, family.name))
        refused.append(frozenset(bad))
    return Resolution(tuple(families.values()), tuple(refused))


@dataclass(frozen=True, eq=False)
class Scope:
    """The published series of one array of values: an application's totals, or one executor's."""

    layout: Layout
    shape: Shape
    refused: frozenset[int]
    gauges: bool
    """Whether gauges are shown: what an executor that is gone had set says nothing any more."""
    end: int
    """How many of the shape's series are shown, from the first."""
    prefix: str
    labels: str
    """The labels before the user's, ready to print."""
    label_length: int = LABEL_LENGTH
    """Characters of a label's value."""

    def same(self, other: Scope) -> bool:
        """Say whether ``other`` would print the same, so that what is prepared here may stay."""
        return (
            self.shape is other.shape
            and (self.refused, self.gauges, self.end, self.labels)
            == (other.refused, other.gauges, other.end, other.labels)
        )  # fmt: skip

    def shows(self, metric: int) -> bool:
        """Say whether a metric of the layout is shown at all."""
        return metric not in self.refused and (self.gauges or self.layout.metrics[metric].type != "gauge")

    @cached_property
    def lines(self) -> int:
        """How many Prometheus series this is."""
        metrics = [self.layout.series[index].metric for index in self.shape.series[: self.end]]
        shown = {metric: self.layout.metrics[metric].lines for metric in set(metrics) if self.shows(metric)}
        return sum([shown.get(metric, 0) for metric in metrics])

    @cached_property
    def clipped(self) -> int:
        """How many of the series have a label that is too long and is cut."""
        series = [self.layout.series[index] for index in self.shape.series[: self.end]]
        return sum([max(map(len, one.labels), default=0) > self.label_length for one in series])

    @cached_property
    def blocks(self) -> tuple[tuple[str, Block], ...]:
        """The base name and the block of each metric. Made at the first scrape, kept as long as the scope."""
        positions: dict[int, list[int]] = {}
        for position, index in enumerate(self.shape.series[: self.end]):
            positions.setdefault(self.layout.series[index].metric, []).append(position)
        return tuple(
            (base_name(self.layout.metrics[metric]), self._block(self.layout.metrics[metric], found))
            for metric, found in positions.items()
            if self.shows(metric)
        )

    def _block(self, metric: MetricDef, positions: Sequence[int]) -> Block:
        name = self.prefix + base_name(metric)
        offsets = [self.shape.offsets[position] for position in positions]
        users = [self._user_labels(metric, position) for position in positions]
        if metric.type != "histogram":
            suffix = "_total" if metric.type == "counter" else ""
            pick: Pick = pick_means(offsets) if metric.mode == "mean" else pick_cells(offsets)
            prefixes = [f"{name}{suffix}{{{self.labels}{user}}}" for user in users]
            return Block(prefixes, pick, skip_nan=metric.type == "gauge")
        bounds = [*map(bound, metric.buckets), "+Inf"]
        lines: list[str] = []
        for user in users:
            labels = self.labels + user
            lines += [f'{name}_bucket{{{labels},le="{le}"}}' for le in bounds]
            if metric.has_sum:
                lines += (f"{name}_sum{{{labels}}}", f"{name}_count{{{labels}}}")
        return Block(lines, pick_histograms(offsets, len(metric.buckets), has_sum=metric.has_sum))

    def _user_labels(self, metric: MetricDef, position: int) -> str:
        values = self.layout.series[self.shape.series[position]].labels
        return "".join(
            [
                f',{key}="{escape(clip(value, self.label_length))}"'
                for key, value in zip(metric.labels, values, strict=True)
            ]
        )


def application_labels(
    app_id: str, app_name: str, length: int = LABEL_LENGTH, place: Place | None = None
) -> str:
    """Return the labels that every series of an application carries, ready to print.

    An empty place is published as such: a Prometheus that honors labels would fill in the daemon's own.
    """
    values = {"app_id": app_id, "app_name": app_name}
    values |= place._asdict() if place is not None else {}
    return ",".join([f'{label}="{escape(clip(value, length))}"' for label, value in values.items()])
