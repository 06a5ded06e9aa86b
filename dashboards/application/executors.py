"""Executors: which there are, why others went, and what they spend their time on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.judgement import Line, NoBadValue
from dashboards.limits import BAD, GOOD, WARNING, Look, above, never
from dashboards.panels import Query, Series, Timeline
from dashboards.queries import application as q
from dashboards.queries import executors as eq
from dashboards.table import Column, Key, Table

if TYPE_CHECKING:
    from dashboards.config import Config
    from dashboards.panels import Panel

_PRESENCE = (
    ("0", Look("gone", BAD)),
    ("1", Look("there", GOOD)),
    ("2", Look("excluded", WARNING)),
)


def panels(config: Config) -> tuple[Panel, ...]:
    """Return which executors there are and were."""
    return (
        Series(
            title="Executors",
            description="Executors that are there, that dynamic allocation asks for, and that would run"
            " all tasks at once. There below the line of those asked for: the cluster does not give"
            " them, so look at its queue and quota.",
            unit="short",
            queries=(
                Query(f"sum({q.APP('spark_app_executors')})", "there"),
                Query(f"sum({q.APP('spark_driver_dynamic_allocation_target_executors')})", "asked for"),
                Query(
                    f"sum({q.APP('spark_driver_dynamic_allocation_max_needed_executors')})", "needed at most"
                ),
            ),
            limits=Line("asked for", "below"),
        ),
        Series(
            title="Executors that went",
            description="Executors that were removed, by reason. killed and decommissioned are meant; oom"
            " and sigkill want more memory, evicted and preempted a better place, heartbeat a look at"
            " garbage collection.",
            unit="short",
            queries=(Query(eq.removals(), "{{reason}}"),),
            bars=True,
            limits=NoBadValue("Most went because they should; the number Executors lost has the others."),
        ),
        Timeline(
            title="Presence of executors",
            description="Each executor over time: there, excluded by Spark because tasks failed on it, or"
            " gone. Many that go at the same moment share a node.",
            unit="short",
            height=9,
            queries=(Query(eq.presence(), "{{executor_id}}"),),
            looks=_PRESENCE,
        ),
        Table(
            title="Executors that went and why",
            description="When each executor was removed, and Spark's words for why. Exit code 137 is a"
            " kill, most often for memory: see Container memory of the limit.",
            width=12,
            height=9,
            keys=(Key("executor_id", "Executor", width=90), Key("reason", "Reason")),
            columns=(Column("Removed", eq.removed(), "dateTimeAsIso", width=180),),
            sort="Removed",
            limits=NoBadValue("All of these have gone; only the reason says whether they should have."),
        ),
        _each(config),
    )


def _each(config: Config) -> Table:
    gc = config.thresholds["gc_share_ratio"]
    return Table(
        title="Each executor",
        description="All executors of the time range side by side. One that differs from the others in"
        " failed tasks, garbage collection or memory is a bad node or holds the large partitions.",
        height=9,
        keys=(Key("executor_id", "Executor", width=90), Key("host", "Host")),
        columns=(
            Column("State", eq.each_by_host(), looks=_PRESENCE),
            Column("Task slots", eq.each(eq.ALL("spark_executor_task_slots"))),
            Column("Running tasks", eq.each(eq.ALL("spark_executor_tasks_active"))),
            Column("Ended tasks", eq.each(eq.ALL.so_far("spark_executor_tasks_succeeded_total"))),
            Column("Failed tasks", eq.task_failures(), limits=never()),
            Column("GC", eq.gc_share(), "percentunit", above(gc, config.panels["warning_ratio"] * gc)),
            Column(
                "Shuffle read",
                eq.each(eq.ALL.so_far("spark_executor_task_shuffle_read_bytes_total")),
                "bytes",
            ),
            Column("Cached", eq.each(eq.ALL("spark_executor_storage_memory_used_bytes")), "bytes"),
            Column("Heap", eq.heap_used(), "bytes"),
        ),
        sort="Failed tasks",
    )


def time(config: Config) -> tuple[Series, ...]:
    """Return what tasks and processes do with their time."""
    shares = tuple(Query(expr, name) for name, expr in q.time_shares())
    return (
        Series(
            title="Shares of the tasks' time",
            description="What tasks do with their time. Little CPU is the sign: garbage collection wants"
            " memory, waiting for shuffle data a better network or fewer small blocks; a large rest is"
            " Python, slow storage or locks.",
            unit="percentunit",
            width=24,
            height=9,
            queries=shares,
            stacked=True,
            maximum=1,
            limits=NoBadValue(
                "All shares together are the whole; Garbage collection by executor has a limit."
            ),
        ),
        Series(
            title="Garbage collection by executor",
            description="Which part of its tasks' time each executor collects garbage. All above the line:"
            " the heap is too small; one alone: skewed data.",
            unit="percentunit",
            width=8,
            queries=(Query(eq.gc_share(), "{{executor_id}}"),),
            limits=above(config.thresholds["gc_share_ratio"]),
        ),
        Series(
            title="Cores kept busy",
            description="CPU time per second of the chosen executors and the driver, by kind of process."
            " Mostly python: vectorise the Python code. Far below the cores: see what tasks wait for.",
            unit="short",
            width=8,
            queries=(Query(eq.cpu(), "{{role}}"),),
            stacked=True,
            limits=NoBadValue(
                "How many should be busy depends on how many tasks run and what they wait for."
            ),
        ),
        Series(
            title="Throttled by the CPU limit",
            description="Which part of the time each container is held back by its CPU limit. Above the"
            " lower line tasks are slow though nodes idle, above the upper one very slow: raise the"
            " limit or leave it out.",
            unit="percentunit",
            width=8,
            queries=(Query(eq.throttled(), "{{executor_id}}"),),
            limits=above(config.panels["throttled_ratio"], config.panels["throttled_warning_ratio"]),
        ),
    )
