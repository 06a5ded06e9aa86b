"""The first line: whether the application needs somebody, and for what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards import alerts
from dashboards.judgement import NoBadValue
from dashboards.limits import above, below, never, seldom
from dashboards.panels import Query, Stat
from dashboards.queries import application as q
from dashboards.queries import state

if TYPE_CHECKING:
    from dashboards.config import Config
    from dashboards.panels import Panel


def panels(config: Config) -> tuple[Panel, ...]:
    """Return the numbers at the top, and the alerts."""
    return (*_fate(), *_health(config), alerts.table(config, q.APP, width=24))


def _fate() -> tuple[Stat, ...]:
    return (
        Stat(
            title="State",
            description="What the application is doing. waiting: the cluster gives it no executor. failed:"
            " its code or Spark said so. lost: the driver went without a word, killed or cut off; without"
            " the plugin nearly every end looks so.",
            unit="short",
            queries=(Query(state.state_code(q.APP), "state"),),
            looks=state.STATE_LOOKS,
        ),
        Stat(
            title="Duration",
            description="For how long it has run, or had when it ended. Far above its usual time: see"
            " Progress for what it works on and Where the time of tasks goes for why that is slow.",
            unit="s",
            queries=(Query(state.duration(q.APP), "duration"),),
            graph=False,
            limits=NoBadValue("How long a run should take depends on its work."),
        ),
        Stat(
            title="Failed jobs",
            description="Jobs that failed since the start. Each is an error that the application's code got"
            " to see: read Reasons for failed tasks and the driver's log.",
            unit="short",
            queries=(Query(q.so_far("spark_app_jobs_total", 'result="failed"'), "failed"),),
            limits=never(),
        ),
        Stat(
            title="Failed stages",
            description="Attempts at stages that failed since the start. Spark tries again after lost"
            " shuffle data, so a few cost time only; many are nodes that go, or a task that always fails.",
            unit="short",
            queries=(Query(q.so_far("spark_app_stages_total", 'result="failed"'), "failed"),),
            limits=seldom(),
        ),
    )


def _health(config: Config) -> tuple[Stat, ...]:
    limits, warn = config.thresholds, config.panels["warning_ratio"]
    return (
        Stat(
            title="Failed tasks",
            description="Which part of all attempts at tasks failed since the start. Spark does them again,"
            " up to spark.task.maxFailures: see Reasons for failed tasks, and the table of executors for"
            " one bad node.",
            unit="percentunit",
            queries=(Query(q.failed_tasks(), "failed"),),
            limits=above(limits["task_failure_ratio"], warn * limits["task_failure_ratio"]),
            maximum=1,
        ),
        Stat(
            title="Executors lost",
            description="Executors that went since the start though nobody had sent them away. Their tasks"
            " and shuffle files are done again: see Executors that went and why.",
            unit="short",
            queries=(Query(q.lost_executors(), "lost"),),
            limits=seldom(limits["executors_lost"]),
        ),
        Stat(
            title="Task slots in use",
            description="Which part of the task slots runs a task. Low while stages run means few or long"
            " tasks: see skew; low without stages means that the driver itself is busy or waits.",
            unit="percentunit",
            queries=(Query(state.slots_used(q.APP), "in use"),),
            maximum=1,
            limits=below(limits["idle_slots_used_ratio"]),
        ),
        Stat(
            title="Garbage collection",
            description="Which part of the tasks' time goes to garbage collection. Above the threshold the"
            " heap is too small for what is kept: see Heap of the limit.",
            unit="percentunit",
            queries=(Query(state.gc_share(q.APP), "GC"),),
            limits=above(limits["gc_share_ratio"], warn * limits["gc_share_ratio"]),
            maximum=1,
        ),
    )
