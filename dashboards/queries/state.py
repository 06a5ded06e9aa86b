"""What several dashboards ask about applications."""

from __future__ import annotations

from dashboards.limits import Look
from dashboards.scope import APPLICATION, Scope, is_, largest, share, total

STATES = ("waiting", "running", "completed", "failed", "lost")
"""In the order of how much they need somebody."""

STATE_LOOKS = (
    ("1", Look("waiting", "orange")),
    ("2", Look("running", "blue")),
    ("3", Look("completed", "green")),
    ("4", Look("failed", "red")),
    ("5", Look("lost", "red")),
)
STATE_COLOURS = tuple(
    (look.text, look.colour if look.text != "lost" else "purple") for _, look in STATE_LOOKS
)

NOT_SENT_AWAY = 'reason!~"killed|decommissioned"'
"""Executors that were lost; the others went because the driver or the cluster manager meant them to."""


def state_code(scope: Scope) -> str:
    """Return the number of each application's state, from 1; the last one in the time range."""
    by_state = (
        f"{number} * " + scope.so_far("spark_app_state", is_("state", state))
        for number, state in enumerate(STATES, 1)
    )
    return largest(" or ".join(by_state), *APPLICATION.split(", "))


def duration(scope: Scope) -> str:
    """Return for how long each application has run, or had when it ended."""
    start = scope.so_far("spark_app_start_timestamp_seconds")
    end = scope.so_far("spark_app_end_timestamp_seconds")
    now = f"time() + 0 * {scope('spark_app_start_timestamp_seconds')}"
    return f"max by ({APPLICATION}) (({end} or {now}) - {start})"


def gc_share(scope: Scope, *labels: str) -> str:
    """Return the part of the tasks' time in which garbage was collected."""
    part = total(scope.rate("spark_app_jvm_gc_time_seconds_total"), *labels)
    return share(part, total(scope.rate("spark_app_executor_run_time_seconds_total"), *labels))


def failed_tasks_share(scope: Scope, *labels: str) -> str:
    """Return the part of the attempts at tasks that failed; those that Spark killed itself do not count."""
    failed = total(scope.rate("spark_app_tasks_total", 'status="failed"'), *labels)
    tried = total(scope.rate("spark_app_tasks_total", 'status=~"failed|succeeded"'), *labels)
    return share(failed, tried)


def slots_used(scope: Scope) -> str:
    """Return the part of the task slots that runs a task, of all applications together."""
    keys = APPLICATION.split(", ")
    active = largest(scope("app:spark_executor_tasks_active:sum"), *keys)
    return share(total(active), total(largest(scope("app:spark_executor_task_slots:sum"), *keys)))
