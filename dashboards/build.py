"""Makes the files that Grafana reads of the dashboards, and checks every query on the way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards import application, custom, exporter_health, fleet, promql, shape, streaming
from dashboards.judgement import ThresholdError
from dashboards.queries_of import STAND_INS, queries_of, variables_of
from dashboards.rules.build import vocabulary

if TYPE_CHECKING:
    from dashboards.config import Config
    from dashboards.defaults import Dashboard
    from dashboards.vocabulary import Vocabulary

DASHBOARDS = (fleet, application, streaming, custom, exporter_health)
FOLDER = "generated"


def documents(config: Config) -> dict[str, str]:
    """Return the text of each dashboard's file by its path.

    Raises:
        LayoutError: panels do not fill their lines.
        PromqlError: a query uses a metric, a label or a variable that does not exist.
        ThresholdError: a panel does not say which values are bad, nor why none is.

    """
    known = vocabulary()
    texts = {}
    for path, dashboard in built(config).items():
        check(dashboard, known, path)
        texts[path] = json.dumps(dashboard, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    return texts


def built(config: Config) -> dict[str, dict[str, Any]]:
    """Return each dashboard, as Grafana has it, by the path of its file.

    Raises:
        LayoutError: panels do not fill their lines.
        ThresholdError: a panel does not say which values are bad, nor why none is.

    """
    made = {}
    for dashboard in (module.build(config) for module in DASHBOARDS):
        path = f"{FOLDER}/{dashboard.name}.json"
        judged(dashboard, path)
        made[path] = json.loads(JSONEncoder().encode(dashboard.build(config)))
    return made


def judged(dashboard: Dashboard, path: str) -> None:
    """Check that each panel says which values are bad, or why none is.

    Raises:
        ThresholdError: one does not.

    """
    for panel in (panel for row in dashboard.rows for panel in row.panels):
        if problem := panel.problem():
            raise ThresholdError(f"{path}, panel {panel.title}: {problem}")


def check(dashboard: dict[str, Any], known: Vocabulary, path: str) -> None:
    """Check every query and legend of a dashboard, and what its panels do with them.

    Raises:
        PromqlError: a query uses a metric, a label or a variable that does not exist, or ``shape`` says why.

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
    shape.check(dashboard, known, path)
