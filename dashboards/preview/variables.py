"""Finds the values of a dashboard's variables, as Grafana does when it opens the dashboard."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from dashboards.queries_of import LABEL_NAMES, LABEL_VALUES, QUERY_RESULT, fill

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dashboards.preview.prometheus import Prometheus

Values = dict[str, str | list[str]]

_BY_TEXT = (5, 6, 7, 8)
_NATURAL = re.compile(r"(\d+)")
_RATE_SCRAPES = 4


def resolve(dashboard: Mapping[str, Any], server: Prometheus, given: Mapping[str, str]) -> Values:
    """Return a value for each variable, Grafana's own ones included.

    What is not given is what the dashboard selects by default: all values, or the first one.

    Args:
        dashboard: a generated dashboard.
        server: where to ask.
        given: values by the variable's name; names that the dashboard does not have are left out.

    Raises:
        QueryError: a query failed.

    """
    span = max(1, math.ceil(server.end - server.start))
    scrape = server.scrape_interval()
    rate = math.ceil(max(server.step + scrape, _RATE_SCRAPES * scrape))
    values: Values = {
        "__rate_interval": f"{rate}s",
        "__interval": f"{server.step}s",
        "__interval_ms": str(1000 * server.step),
        "__range": f"{span}s",
        "__range_s": str(span),
    }
    for variable in dashboard["templating"]["list"]:
        name = variable["name"]
        if variable["type"] != "query":
            continue
        values[name] = given[name] if name in given else _default(variable, server, values)
    return values


def _default(variable: Mapping[str, Any], server: Prometheus, values: Values) -> str | list[str]:
    if variable.get("includeAll"):
        if "allValue" in variable:
            return str(variable["allValue"])
        return _found(variable, server, values)
    found = _found(variable, server, values)
    return found[0] if found else ""


def _found(variable: Mapping[str, Any], server: Prometheus, values: Values) -> list[str]:
    """Return the values among which Grafana lets a person choose."""
    query = fill(variable["query"], values)
    if asked := LABEL_VALUES.fullmatch(query):
        texts = [one[asked[2]] for one in server.series(asked[1]) if asked[2] in one]
    elif asked := LABEL_NAMES.fullmatch(query):
        selector = f'{{__name__=~".*{asked[1]}.*"}}'
        texts = [name for one in server.series(selector) for name in one]
    elif asked := QUERY_RESULT.fullmatch(query):
        texts = [_as_text(one.labels, one.values[0]) for one in server.instant(asked[1])]
    else:
        raise ValueError(f"{query} is no query of a variable that is used here")
    if regex := variable.get("regex"):
        pattern = re.compile(regex.strip("/"))
        matches = [pattern.search(one) for one in texts]
        texts = [found[1] if found.groups() else found[0] for found in matches if found]
    texts = list(dict.fromkeys(texts))
    return sorted(texts, key=_natural) if variable.get("sort") in _BY_TEXT else texts


def _as_text(labels: Mapping[str, str], value: float) -> str:
    """Return a sample as Grafana hands it to a variable's regular expression."""
    inside = ",".join(f'{key}="{text}"' for key, text in labels.items() if key != "__name__")
    return f"{labels.get('__name__', '')}{{{inside}}} {value:g}"


def _natural(text: str) -> list[tuple[int, int, str]]:
    parts = _NATURAL.split(text.lower())
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts]
