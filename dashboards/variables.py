"""The variables of the dashboards."""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.models import dashboard as models

DATASOURCE = models.DataSourceRef(type_val="prometheus", uid="${datasource}")
"""The Prometheus that every panel asks."""

ANYTHING = ".*"
ALL = models.VariableOption(selected=True, text=["All"], value=["$__all"])


def datasource() -> builders.DatasourceVariable:
    """Return the choice of a Prometheus."""
    # Its name and label are what dashboard-linter asks for.
    return builders.DatasourceVariable("datasource").label("Data source").type("prometheus")


def query(name: str, label: str, found: str) -> builders.QueryVariable:
    """Return a variable with what a query finds in the time range."""
    variable = builders.QueryVariable(name).label(label).query(found).datasource(DATASOURCE)
    return variable.refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)


def several(name: str, label: str, found: str) -> builders.QueryVariable:
    """Return a variable of which any number of values can be chosen, at first all of them."""
    variable = query(name, label, found).sort(models.VariableSort.NATURAL_ASC).multi(True)
    return variable.include_all(True).all_value(ANYTHING).current(ALL)


def one(name: str, label: str, found: str) -> builders.QueryVariable:
    """Return a variable of which one value is chosen, at first the first one."""
    return query(name, label, found).sort(models.VariableSort.NATURAL_ASC).multi(False).include_all(False)


def namespace(metric: str = "spark_app_info") -> builders.QueryVariable:
    """Return the choice of Kubernetes namespaces."""
    return several("namespace", "Namespace", f"label_values({metric}, namespace)")


def application_name() -> builders.QueryVariable:
    """Return the choice of names of applications."""
    found = 'label_values(spark_app_info{namespace=~"$namespace"}, app_name)'
    return several("app_name", "Application", found)


_STARTS = 'spark_app_start_timestamp_seconds{namespace=~"$namespace", app_name=~"$app_name"}'


def application_run() -> builders.QueryVariable:
    """Return the choice of one run of an application; the newest in the time range comes first.

    ``label_values`` would sort by the id, which says nothing about when it started on every cluster manager.
    """
    newest_first = f"query_result(sort_desc(last_over_time({_STARTS}[$__range])))"
    variable = query("app_id", "Run", newest_first).regex('/app_id="([^"]+)"/')
    return variable.sort(models.VariableSort.DISABLED).multi(False).include_all(False)


def application_runs() -> builders.QueryVariable:
    """Return the choice of any number of runs of applications."""
    return several("app_id", "Run", f"label_values({_STARTS}, app_id)")


def executor(app: str = 'app_id="$app_id"') -> builders.QueryVariable:
    """Return the choice of executors, of which the driver is one."""
    found = f'label_values(spark_executor_up{{namespace=~"$namespace", {app}}}, executor_id)'
    return several("executor", "Executor", found)
