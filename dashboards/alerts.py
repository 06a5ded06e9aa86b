"""The table of the alerts that fire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.limits import BAD, NEUTRAL, WARNING, Look
from dashboards.table import Column, Key, Table

if TYPE_CHECKING:
    from dashboards.config import Config
    from dashboards.scope import Scope

KEYS = ("alertname", "severity", "app_name", "app_id", "executor_id", "query_name", "of")
"""Labels that the table has columns for."""
_SUBJECTS = ("collector", "target", "of", "stage_id", "queue", "metric", "reason")
_SEVERITIES = (
    ("critical", Look("critical", BAD)),
    ("warning", Look("warning", WARNING)),
    ("info", Look("info", NEUTRAL)),
)
_OURS = 'alertname=~"Spark.+"'


def _named(selector: str) -> str:
    """Return alerts with a label ``of`` that names what else they are about."""
    # The daemon, where no application is the subject: of applications it only is the messenger.
    named = f'label_replace({selector}, "of", "$1", "instance", "(.+)")'
    named = f'label_replace({named}, "of", "", "app_id", ".+")'
    named = f'label_replace({named}, "stage_id", "stage $1", "stage_id", "(.+)")'
    labels = ", ".join(f'"{one}"' for one in _SUBJECTS)
    return f'label_replace(label_join({named}, "of", " ", {labels}), "of", "$1", "of", " *(.*?) *")'


def table(config: Config, scope: Scope, *, width: int) -> Table:
    """Return the table of the alerts about what is in a scope; a click opens an alert's runbook."""
    by = ", ".join(KEYS)
    since = f"max by ({by}) (time() - {_named(scope('ALERTS_FOR_STATE', _OURS))})"
    firing = _named(scope("ALERTS", _OURS, 'alertstate="firing"'))
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
            Key("severity", "Severity", width=80, looks=_SEVERITIES),
            Key("app_name", "Application"),
            Key("app_id", "Run"),
            Key("executor_id", "Executor", width=80),
            Key("query_name", "Query", width=140),
            Key("of", "Of"),
        ),
        columns=(Column("For", f"{since} and max by ({by}) ({firing})", "s", width=90),),
        sort="For",
    )
