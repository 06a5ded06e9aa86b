"""Tables: a row for each set of label values, a column for each query."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from grafana_foundation_sdk.builders import table as builder_of_table
from grafana_foundation_sdk.builders.common import TableSortByFieldState
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models import prometheus

from dashboards.judgement import NoBadValue, by_colour, problem, sentence
from dashboards.limits import PLAIN, WORSE, Limits, Look, states
from dashboards.panels import REF_IDS, Panel, Query, mapping, targets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_COLOURED = {"type": "color-text"}


class Key(NamedTuple):
    """A column with a label's values."""

    label: str
    title: str
    link: tuple[str, str] | None = None
    """What a click does, in words, and the URL that it leads to; see ``links``."""
    width: int | None = None
    looks: tuple[tuple[str, Look], ...] = ()
    """Texts in place of values, by value."""


class Column(NamedTuple):
    """A column with the values of a query, one for each set of values of the keys."""

    title: str
    expr: str
    unit: str = "short"
    limits: Limits | None = None
    """Which values are bad; None if none is, or if ``looks`` say so by their colours."""
    gauge: float | None = None
    """The value at which a bar in the cell is full; None for a number."""
    looks: tuple[tuple[str, Look], ...] = ()
    width: int | None = None
    hidden: bool = False
    """Whether only its labels are wanted, for the keys."""

    @property
    def thresholds(self) -> Limits | None:
        """What colours its values."""
        return self.limits or (states(self.looks) if self.looks else None)


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
    limits: NoBadValue | None = None
    """Why no value of any column is bad; None if one of them says which values are."""

    def problem(self) -> str | None:
        """Return what is wrong with what the table says about bad values; None if nothing is."""
        if not self._colours():
            return super().problem()
        if self.limits is not None:
            return "has columns with bad values, and a reason why there are none"
        found = (column.limits for column in self.columns if column.limits is not None)
        return next(filter(None, (problem(limits, ()) for limits in found)), None)

    def _judged(self) -> str:
        colours = self._colours()
        return sentence(PLAIN, colours) if colours else super()._judged()

    def _colours(self) -> Mapping[str, str]:
        """Return the columns and their values by colour."""
        parts: dict[str, list[str]] = {colour: [] for colour in WORSE}
        for title, colours in self._of_columns():
            for colour, values in colours.items():
                parts[colour].append(f"{title} {values}")
        return {colour: ", ".join(those) for colour, those in parts.items() if those}

    def _of_columns(self) -> Iterator[tuple[str, Mapping[str, str]]]:
        for key in self.keys:
            yield key.title, by_colour(PLAIN, self.unit, key.looks)
        for column in self.columns:
            yield column.title, by_colour(column.thresholds or PLAIN, column.unit, column.looks)

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
        if key.looks:
            properties.append(_property("custom.cellOptions", _COLOURED))
            properties.append(_property("mappings", [mapping(dict(key.looks))]))
        return properties

    @staticmethod
    def _of_column(column: Column) -> list[models.DynamicConfigValue]:
        thresholds = (column.thresholds or PLAIN).build().build()
        properties = [_property("unit", column.unit), _property("thresholds", thresholds)]
        if column.gauge is not None:
            options = {"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}
            properties += [_property("custom.cellOptions", options), _property("max", column.gauge)]
        elif column.thresholds is not None:
            properties.append(_property("custom.cellOptions", _COLOURED))
        if column.thresholds is not None or column.gauge is not None:
            properties.append(_property("color", {"mode": "thresholds"}))
        if column.looks:
            properties.append(_property("mappings", [mapping(dict(column.looks))]))
        if column.width is not None:
            properties.append(_property("custom.width", column.width))
        return properties
