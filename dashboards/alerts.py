"""The table of the alerts that fire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.table import Column, Key, Table

if TYPE_CHECKING:
    from dashboards.config import Config
    from dashboards.scope import Scope

_KEYS = ("alertname", "severity", "app_name", "app_id", "executor_id", "query_name")
_OURS = 'alertname=~"Spark.+"'


def table(config: Config, scope: Scope, *, width: int) -> Table:
    """Return the table of the alerts about what is in a scope; a click opens an alert's runbook."""
    by = ", ".join(_KEYS)
    since = f"max by ({by}) (time() - {scope('ALERTS_FOR_STATE', _OURS)})"
    firing = scope("ALERTS", _OURS, 'alertstate="firing"')
    return Table(
        title="Alerts that fire",
        description="What already was found to be wrong, the newest at the bottom. A click opens the"
        " runbook: what it means, how to see more, and what to do. Empty is good, or the alert rules are"
        " not loaded.",
        width=width,
        height=8,
        keys=(
            Key(
                "alertname",
                "Alert",
                link=("Open the runbook", config.runbook_url_base + "/${__value.raw}.md"),
            ),
            Key("severity", "Severity", width=100),
            Key("app_name", "Application"),
            Key("app_id", "Run"),
            Key("executor_id", "Executor", width=100),
            Key("query_name", "Query", width=160),
        ),
        columns=(Column("For", f"{since} and max by ({by}) ({firing})", "s", width=110),),
        sort="For",
    )
