"""Tables: a row for each set of label values, a column for each query."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from grafana_foundation_sdk.builders import table as builder_of_table
from grafana_foundation_sdk.builders.common import TableSortByFieldState
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models import prometheus

from dashboards.limits import NONE, Limits
from dashboards.panels import REF_IDS, Look, Panel, Query, mapping, targets


class Key(NamedTuple):
    """A column with a label's values."""

    label: str
    title: str
    link: tuple[str, str] | None = None
    """What a click does, in words, and the URL that it leads to; see ``links``."""
    width: int | None = None


class Column(NamedTuple):
    """A column with the values of a query, one for each set of values of the keys."""

    title: str
    expr: str
    unit: str = "short"
    limits: Limits = NONE
    gauge: float | None = None
    """The value at which a bar in the cell is full; None for a number."""
    looks: tuple[tuple[str, Look], ...] = ()
    width: int | None = None
    hidden: bool = False
    """Whether only its labels are wanted, for the keys."""


def _property(name: str, value: object) -> models.DynamicConfigValue:
    return models.DynamicConfigValue(id_val=name, value=value)


@dataclass(frozen=True, kw_only=True)
class Table(Panel):
    """What there is, one below the other; asked once, at the end of the time range."""

    unit: str = "short"
    width: int = 24
    queries: tuple[Query, ...] = field(init=False, default=())
    keys: tuple[Key, ...]
    columns: tuple[Column, ...]
    sort: str
    """The title of the column to sort by, downwards."""

    def _builder(self) -> Any:
        queries = tuple(Query(column.expr, column.title) for column in self.columns)
        builder = builder_of_table.Panel().targets(
            [*targets(queries, prometheus.PromQueryFormat.TABLE, instant=True)]
        )
        order = TableSortByFieldState().display_name(self.sort).desc(True)
        builder = builder.sort_by([order]).filterable(True)
        for transformation in self._transformations():
            builder = builder.with_transformation(transformation)
        for key in self.keys:
            properties = self._of_key(key)
            builder = builder.override_by_name(key.title, properties) if properties else builder
        for column in (one for one in self.columns if not one.hidden):
            builder = builder.override_by_name(column.title, self._of_column(column))
        return builder

    def _transformations(self) -> list[models.DataTransformerConfig]:
        """Join the answers by their labels, leave the keys and the values, and give them their titles."""
        names = {key.label: key.title for key in self.keys}
        names |= self._values()
        keep = {"include": {"names": list(names)}}
        order = {name: index for index, name in enumerate(names)}
        organize = {"renameByName": names, "indexByName": order, "excludeByName": {}}
        return [
            models.DataTransformerConfig(id_val="merge", options={}),
            models.DataTransformerConfig(id_val="filterFieldsByName", options=keep),
            models.DataTransformerConfig(id_val="organize", options=organize),
        ]

    def _values(self) -> dict[str, str]:
        """Return the titles of the columns by the names that Grafana gives to the values of queries."""
        if len(self.columns) == 1:
            return {"Value": self.columns[0].title}
        pairs = zip(REF_IDS, self.columns, strict=False)
        return {f"Value #{ref_id}": column.title for ref_id, column in pairs if not column.hidden}

    @staticmethod
    def _of_key(key: Key) -> list[models.DynamicConfigValue]:
        properties = []
        if key.link is not None:
            title, url = key.link
            properties.append(_property("links", [{"title": title, "url": url}]))
        if key.width is not None:
            properties.append(_property("custom.width", key.width))
        return properties

    @staticmethod
    def _of_column(column: Column) -> list[models.DynamicConfigValue]:
        properties = [_property("unit", column.unit), _property("thresholds", column.limits.build().build())]
        if column.gauge is not None:
            options = {"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}
            properties += [_property("custom.cellOptions", options), _property("max", column.gauge)]
        elif column.limits.judges or column.looks:
            properties.append(_property("custom.cellOptions", {"type": "color-text"}))
        if column.limits.judges or column.gauge is not None:
            properties.append(_property("color", {"mode": "thresholds"}))
        if column.looks:
            properties.append(_property("mappings", [mapping(dict(column.looks))]))
        if column.width is not None:
            properties.append(_property("custom.width", column.width))
        return properties
