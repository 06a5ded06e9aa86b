"""The dashboard of streaming queries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.models import dashboard as models

from dashboards import variables
from dashboards.defaults import Dashboard
from dashboards.grid import Row
from dashboards.queries import streaming as q
from dashboards.streaming import batches, pace

if TYPE_CHECKING:
    from dashboards.config import Config


def build(config: Config) -> Dashboard:
    """Return the dashboard of streaming queries."""
    return Dashboard(
        name="streaming",
        description="The streaming queries of one application: whether they keep up, and what holds them up.",
        variables=(
            variables.datasource(),
            variables.namespace(),
            variables.application_name(),
            variables.application_run(),
            # Only so that links to the application keep the choice.
            variables.executor().hide(models.VariableHide.HIDE_VARIABLE),
            variables.several("query", "Query", q.names()).regex('/query_name="([^"]+)"/'),
        ),
        rows=(
            Row("Do they keep up?", (*pace.numbers(config), *pace.queries(config))),
            Row("Rates and backlog", pace.rates(config)),
            Row("Batches", batches.batches()),
            Row("Event time", batches.event_time(config)),
            Row("State", batches.state(config)),
            Row("DStreams", batches.dstreams(config)),
        ),
    )
