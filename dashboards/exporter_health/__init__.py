"""The dashboard of the exporter itself: the daemon, and the plugin in the applications."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards import variables
from dashboards.defaults import Dashboard
from dashboards.exporter_health import daemon, discovery, plugin, upkeep
from dashboards.grid import Row
from dashboards.queries import exporter as q

if TYPE_CHECKING:
    from dashboards.config import Config


def build(config: Config) -> Dashboard:
    """Return the dashboard of the exporter itself."""
    process = q.Process(config.selector)
    return Dashboard(
        name="exporter",
        description="Whether the exporter sees everything, in time, and within its budgets.",
        variables=(
            variables.datasource(),
            variables.namespace(),
            variables.several("instance", "Daemon", "label_values(spark_exporter_build_info, instance)"),
            variables.application_name(),
            variables.application_runs(),
            variables.executor('app_id=~"$app_id"'),
        ),
        rows=(
            Row("Can the other dashboards be trusted?", daemon.numbers(config, process)),
            Row("Asking the drivers", daemon.asking(config)),
            Row("Discovery (Kubernetes, files)", discovery.panels(config)),
            Row("Series and budgets", daemon.budgets(config)),
            Row("The plugin in the applications", plugin.plugin(config)),
            Row("Live configuration, events and messages", plugin.control(config)),
            Row("The daemon's process", daemon.process(config, process)),
            Row("What the daemon keeps, and whom it lets in", upkeep.panels()),
        ),
    )
