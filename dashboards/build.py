"""Makes the files that Grafana reads of the dashboards, and checks every query on the way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards import application, custom, exporter_health, fleet, promql, streaming
from dashboards.queries_of import STAND_INS, queries_of, variables_of
from dashboards.rules.build import vocabulary

if TYPE_CHECKING:
    from dashboards.config import Config
    from dashboards.vocabulary import Vocabulary

DASHBOARDS = (fleet, application, streaming, custom, exporter_health)
FOLDER = "generated"


def documents(config: Config) -> dict[str, str]:
    """Return the text of each dashboard's file by its path.

    Raises:
        LayoutError: panels do not fill their lines.
        PromqlError: a query uses a metric, a label or a variable that does not exist.

    """
    known = vocabulary()
    texts = {}
    for path, dashboard in built(config).items():
        check(dashboard, known, path)
        texts[path] = json.dumps(dashboard, indent=1, sort_keys=True) + "\n"
    return texts


def built(config: Config) -> dict[str, dict[str, Any]]:
    """Return each dashboard, as Grafana has it, by the path of its file.

    Raises:
        LayoutError: panels do not fill their lines.

    """
    made = (module.build(config) for module in DASHBOARDS)
    return {f"{FOLDER}/{one.name}.json": json.loads(JSONEncoder().encode(one.build(config))) for one in made}


def check(dashboard: dict[str, Any], known: Vocabulary, path: str) -> None:
    """Check every query and legend of a dashboard.

    Raises:
        PromqlError: a query uses a metric, a label or a variable that does not exist.

    """
    names = [variable["name"] for variable in dashboard["templating"]["list"]]
    values = {name: STAND_INS.get(name, ".*") for name in names}
    for place, wanted in variables_of(dashboard):
        where = f"{path}, {place}"
        if wanted.startswith("label_names("):
            promql.stand_in(wanted, where, values)
        else:
            promql.check_variable(wanted, known, where, values)
    for query in queries_of(dashboard):
        if query.kind == "variable":
            continue
        where = f"{path}, {query.place}"
        labels = promql.check(query.expr, known, where, values)
        for text in query.texts:
            promql.check_legend(text, labels, where)
