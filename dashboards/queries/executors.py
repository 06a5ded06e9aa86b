"""PromQL of the executors, the driver and their memory in one application."""

from __future__ import annotations

from dashboards.queries.application import APP
from dashboards.scope import EXECUTORS, if_any, is_, largest, share, total

ALL = APP.narrowed(EXECUTORS)
_KEY = "namespace, app_id, executor_id"
_ID = "executor_id"


def each(expression: str) -> str:
    """Return a value of each executor."""
    return largest(expression, _ID)


def each_by_host() -> str:
    """Return whether each executor is there, with its host; those of the time range that have gone, too."""
    info = f"last_over_time({ALL('spark_executor_info')}[$__range])"
    up = ALL.so_far("spark_executor_up")
    return f"max by (executor_id, host) ({up} * on ({_KEY}) group_left (host) max by ({_KEY}, host) ({info}))"


def presence() -> str:
    """Return 0 for an executor that has gone, 1 for one that is there, 2 for one that is excluded."""
    up = each(ALL("spark_executor_up"))
    return f"{up} + {each(ALL('spark_executor_excluded'))} or {up}"


def removed() -> str:
    """Return when each executor was removed, in milliseconds, with Spark's words for why."""
    when = ALL.so_far("spark_executor_removed_timestamp_seconds")
    why = f"max by ({_KEY}, reason) ({ALL.so_far('spark_executor_removed_info')})"
    return f"max by ({_ID}, reason) (1000 * {when} * on ({_KEY}) group_left (reason) {why})"


def removed_events() -> str:
    """Return when each executor was lost that nobody had sent away, in milliseconds."""
    when = APP("spark_executor_removed_timestamp_seconds")
    why = APP("spark_executor_removed_info", 'reason!~"(?i).*(killed by( the)? driver|decommission).*"')
    return f"1000 * {when} * on ({_KEY}) group_left (reason) max by ({_KEY}, reason) ({why})"


def removals() -> str:
    """Return executors that were removed, by the class of the reason."""
    return if_any(APP.grown("spark_app_executor_removals_total", "reason"), "reason")


def task_failures() -> str:
    """Return tasks that have failed on each executor."""
    return each(ALL.so_far("spark_executor_tasks_failed_total"))


def gc_share() -> str:
    """Return which part of the tasks' time each executor collects garbage."""
    return each(ALL("app_executor:spark_executor_task_gc_time:ratio_rate5m"))


def heap_used() -> str:
    """Return the heap of each executor; without the plugin its peak, which heartbeats bring."""
    used = each(ALL("spark_executor_jvm_memory_used_bytes", is_("area", "heap")))
    return f"{used} or {each(ALL('spark_executor_peak_jvm_heap_bytes'))}"


def heap_share() -> str:
    """Return which part of its largest heap each executor uses."""
    return each(ALL("app_executor:spark_executor_jvm_heap_used:ratio"))


def container_share() -> str:
    """Return which part of its container's memory limit each executor uses."""
    return each(ALL("app_executor:spark_container_memory_working_set:ratio"))


def python_share() -> str:
    """Return which part of what its other processes leave of the container's limit Python uses."""
    return each(ALL("app_executor:spark_process_python_memory:ratio"))


def resident(role: str) -> str:
    """Return the resident memory of the processes of a kind, by executor."""
    return each(ALL("spark_process_resident_memory_bytes", is_("role", role)))


def off_heap() -> tuple[str, str, str]:
    """Return what the JVMs hold outside of their heaps: classes and code, buffers, and Netty's."""
    return (
        total(ALL("spark_executor_jvm_memory_used_bytes", is_("area", "nonheap"))),
        total(ALL("spark_executor_jvm_buffer_pool_used_bytes"), "pool"),
        total(ALL("spark_executor_netty_memory_used_bytes"), "side"),
    )


def unified() -> tuple[str, str]:
    """Return what Spark's memory manager has given out, and how much of it blocks may take."""
    used = total(ALL("spark_executor_memory_manager_used_bytes"), "use", "pool")
    return used, total(ALL("spark_executor_storage_pool_max_bytes"), "pool")


def out_of_memory() -> tuple[str, str]:
    """Return processes that the kernel killed, and how often a container hit its limit."""
    kills = ALL.grown("spark_container_oom_kills_total", _ID)
    hits = ALL.grown("spark_container_memory_limit_hits_total", _ID)
    return f"{kills} > 0", f"{hits} > 0"


def cpu() -> str:
    """Return the cores that processes keep busy, by their kind."""
    return total(ALL.rate("spark_process_cpu_seconds_total"), "role")


def throttled() -> str:
    """Return which part of the time each container is held back by its CPU limit."""
    part = each(ALL.rate("spark_container_cpu_throttled_periods_total"))
    return share(part, each(ALL.rate("spark_container_cpu_periods_total")))


def process_io() -> str:
    """Return what processes read from disks and write to them."""
    return total(ALL.rate("spark_process_io_bytes_total"), "role", "direction")


def network() -> str:
    """Return what containers receive and send."""
    return total(ALL.rate("spark_container_network_bytes_total"), "direction")


def collector_time() -> str:
    """Return which part of the time each JVM collects garbage, by collector; needs no task to run."""
    mine = total(ALL.rate("spark_executor_jvm_gc_time_seconds_total"), _ID, "collector")
    spark = total(ALL.rate("spark_executor_gc_time_seconds_total"), _ID, "generation")
    return f"({mine}) or on (executor_id) ({spark})"


def threads() -> str:
    """Return threads of the JVMs by state."""
    return total(ALL("spark_executor_jvm_threads_state"), "state")


def after_gc() -> str:
    """Return what is left in the old generation after garbage collection, by executor."""
    return each(ALL("spark_executor_jvm_memory_pool_used_after_gc_bytes", 'pool=~".*(Old|Tenured).*"'))
