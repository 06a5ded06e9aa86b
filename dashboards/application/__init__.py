"""The dashboard of one application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards import variables
from dashboards.application import data, driver, executors, memory, progress, sql, verdict
from dashboards.defaults import Annotation, Dashboard
from dashboards.grid import Row
from dashboards.queries import application as q
from dashboards.queries import executors as eq

if TYPE_CHECKING:
    from dashboards.config import Config


def build(config: Config) -> Dashboard:
    """Return the dashboard of one application."""
    return Dashboard(
        name="application",
        description="One run of a Spark application: how it is, what it waits for, and what it lost.",
        variables=(
            variables.datasource(),
            variables.namespace(),
            variables.application_name(),
            variables.application_run(),
            variables.executor(),
        ),
        rows=(
            Row("How it is", verdict.panels(config)),
            Row("Progress", progress.panels(config)),
            Row("Stages: time and skew of tasks", progress.skew(config)),
            Row("Executors", executors.panels(config)),
            Row("Where the time of tasks goes", executors.time(config)),
            Row("Memory", memory.panels(config)),
            Row("Shuffle, spill, input and output", data.panels(config)),
            Row("SQL", sql.panels()),
            Row("Driver", driver.panels(config)),
            Row("JVMs", driver.machines(config)),
        ),
        annotations=(
            Annotation(
                eq.removed_events(),
                name="Lost executors",
                title="Executor {{executor_id}} lost",
                text="{{reason}}",
                times=True,
            ),
            Annotation(
                f"{q.failed_stages()} > 0",
                name="Failed stages",
                title="Stage failed",
                text="An attempt at a stage failed; Stages that ended says how many, Reasons for failed"
                " tasks why.",
                times=False,
            ),
        ),
    )
