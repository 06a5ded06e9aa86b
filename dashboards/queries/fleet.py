"""PromQL of the fleet."""

from __future__ import annotations

from dashboards.queries import exporter, state
from dashboards.scope import (
    APPLICATION,
    SEVERAL_APPLICATIONS,
    Scope,
    if_any,
    is_,
    largest,
    once,
    or_zero,
    top,
    total,
)

FLEET = Scope(SEVERAL_APPLICATIONS)
KEYS = tuple(APPLICATION.split(", "))
# The daemon's own series have its own namespace, which is not that of the applications.
_TARGETS = Scope(())


def daemons_down(selector: str) -> str:
    """Return how many daemons Prometheus cannot scrape, of those that ``selector`` matches."""
    return exporter.down(Scope((selector,)))


def in_state(name: str) -> str:
    """Return how many applications are in a state now."""
    return _or_zero(total(FLEET.once("spark_app_state", is_("state", name))))


def ended(name: str) -> str:
    """Return how many applications came to a state in the time range."""
    return _or_zero(f"count({_came_to(is_('state', name))} > 0)")


def ended_badly_by_name() -> str:
    """Return how many runs of each application failed or were lost in the time range."""
    bad = _came_to('state=~"failed|lost"')
    return top(10, f"count by (app_name, state) ({bad} > 0)")


def _came_to(matcher: str) -> str:
    return once("spark_app_state", f"max_over_time({FLEET('spark_app_state', matcher)}[$__range])")


def executors_lost() -> str:
    """Return how many executors nobody sent away, and went in the time range."""
    return _or_zero(FLEET.grown_in_range("spark_app_executor_removals_total", where=state.NOT_SENT_AWAY))


def executors_lost_by_reason() -> str:
    """Return how many executors went, by reason and over time."""
    return if_any(FLEET.grown("spark_app_executor_removals_total", "reason"), "reason")


def by_state() -> str:
    """Return applications by state over time."""
    return total(FLEET.once("spark_app_state"), "state")


def cores() -> tuple[str, str, str]:
    """Return cores allocated, slots that run a task, and cores that the processes keep busy."""
    cpu = "spark_process_cpu_seconds_total"
    return (
        total(FLEET.once("spark_executor_cores")),
        total(FLEET.once("spark_executor_tasks_active")),
        total(once(cpu, FLEET.rate(cpu))),
    )


def executors() -> str:
    """Return executors by application."""
    return top(10, total(FLEET.once("spark_app_executors"), "app_name"))


def memory() -> str:
    """Return resident memory by what kind of process has it."""
    return total(FLEET.once("spark_process_resident_memory_bytes"), "role")


def executors_of_each() -> str:
    """Return how many executors each application has."""
    return largest(FLEET("spark_app_executors"), *KEYS)


def gc_share_of_each() -> str:
    """Return each application's share of garbage collection."""
    return largest(FLEET("app:spark_app_jvm_gc_time:ratio_rate5m"), *KEYS)


def failed_tasks_of_each() -> str:
    """Return each application's share of failed tasks."""
    return largest(FLEET("app:spark_app_failed_tasks:ratio_rate5m"), *KEYS)


def slots_used_of_each() -> str:
    """Return which part of its task slots each application uses."""
    return largest(FLEET("app:spark_executor_task_slots_used:ratio"), *KEYS)


def gc_share() -> str:
    """Return the applications with the largest share of garbage collection."""
    return top(5, gc_share_of_each())


def failed_tasks() -> str:
    """Return the applications with the largest share of failed tasks."""
    return top(5, failed_tasks_of_each())


def running_longest() -> str:
    """Return the applications that have run for longest and still do."""
    age = f"time() - {FLEET('spark_app_start_timestamp_seconds')}"
    return top(10, f"({age}) and on (namespace, app_id) ({FLEET('spark_app_up')} == 1)")


def idle_slots() -> str:
    """Return the applications that held most task slots without running a task, on average."""
    slots = largest(FLEET("app:spark_executor_task_slots:sum"), "app_name", "app_id")
    active = largest(FLEET("app:spark_executor_tasks_active:sum"), "app_name", "app_id")
    # The tasks of an executor that has just died are active for a moment without a slot.
    return top(10, f"avg_over_time(clamp_min({slots} - {active}, 0)[$__range:])")


def spilled() -> str:
    """Return the applications that spilled most to disk in the time range."""
    spilled_bytes = FLEET.grown_in_range("spark_app_disk_spilled_bytes_total", "app_name", "app_id")
    return top(10, f"{spilled_bytes} > 0")


def lost_by_application() -> str:
    """Return executors that were lost in the time range, by application."""
    return FLEET.grown_in_range("spark_app_executor_removals_total", *KEYS, where=state.NOT_SENT_AWAY)


def unanswering() -> str:
    """Return how many targets do not answer their daemon."""
    return _or_zero(f"count({_TARGETS('spark_exporter_target_up')} == 0)")


def failing_collectors() -> str:
    """Return how many collectors failed the last time."""
    return _or_zero(f"count({_TARGETS('spark_exporter_scrape_collector_success')} == 0)")


def overdue_reports() -> str:
    """Return how many report intervals ago the executor reported that is worst off."""
    age = f"time() - {FLEET('spark_exporter_plugin_last_report_timestamp_seconds')}"
    there = f"{FLEET('spark_executor_up')} == 1"
    interval = largest(FLEET("spark_exporter_plugin_report_interval_seconds"), "namespace", "app_id")
    late = f"(({age}) and on (namespace, app_id, executor_id) ({there}))"
    return f"max({late} / on (namespace, app_id) group_left () {interval})"


def dropped_series() -> str:
    """Return how many series were left out in the time range."""
    return _or_zero(FLEET.grown_in_range("spark_exporter_series_dropped_total"))


def _or_zero(expression: str) -> str:
    """Return 0 where nothing is counted, but only while a daemon counts."""
    return or_zero(expression, _TARGETS("spark_exporter_build_info"))
