"""What a panel's queries give."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from dashboards.queries_of import fill

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dashboards.preview.prometheus import Prometheus, Series
    from dashboards.preview.variables import Values

_LEGEND = re.compile(r"\{\{\s*(\w+)\s*\}\}")


class Named(NamedTuple):
    """A series and the name that the legend gives it."""

    name: str
    query: str
    """The refId of its query."""
    series: Series


def ask(panel: Mapping[str, Any], server: Prometheus, values: Values) -> list[Named]:
    """Return the series of all queries of a panel, in their order.

    Raises:
        QueryError: a query failed.

    """
    found = []
    for target in panel["targets"]:
        query = fill(target["expr"], values)
        series = server.instant(query) if target.get("instant") else server.range(query)
        legend = fill(target["legendFormat"], values)
        found += [Named(_name(legend, one, query), target["refId"], one) for one in series]
    return found


def _name(legend: str, series: Series, query: str) -> str:
    if legend == "__auto":
        return ", ".join(series.labels.values()) or query
    name = _LEGEND.sub(lambda label: series.labels.get(label[1], ""), legend).strip()
    return name or ", ".join(f"{key}={text}" for key, text in sorted(series.labels.items()))
