"""The dashboard of all applications."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards import alerts, variables
from dashboards.defaults import Dashboard
from dashboards.fleet import overview, resources
from dashboards.grid import Row
from dashboards.queries import fleet as q

if TYPE_CHECKING:
    from dashboards.config import Config


def build(config: Config) -> Dashboard:
    """Return the dashboard of all applications."""
    return Dashboard(
        name="fleet",
        description="All Spark applications: which ones need somebody, and what they cost.",
        variables=(variables.datasource(), variables.namespace(), variables.application_name()),
        rows=(
            Row("What needs somebody", (*overview.numbers(config), alerts.table(config, q.FLEET, width=24))),
            Row("Applications", (overview.applications(config), *overview.over_time())),
            Row("Resources", resources.resources(config)),
            Row("Slowest and most wasteful", resources.rankings(config)),
            Row("Is all of this true? The exporter's health", resources.exporter(config)),
        ),
    )
