"""What applications use and waste, and whether the exporter sees it all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.judgement import NoBadValue
from dashboards.limits import above, never
from dashboards.panels import Query, Ranking, Series, Stat
from dashboards.queries import fleet as q

if TYPE_CHECKING:
    from dashboards.config import Config


def resources(config: Config) -> tuple[Series, ...]:
    """Return what applications use."""
    limits = config.thresholds
    allocated, active, busy = q.cores()
    return (
        Series(
            title="Cores",
            description="Cores that applications hold, tasks that run, and cores that Spark's processes"
            " really keep busy. Far apart means waste: few tasks on many cores are idle executors, many"
            " tasks and little CPU wait for data.",
            unit="short",
            queries=(Query(allocated, "held"), Query(active, "running tasks"), Query(busy, "busy")),
            limits=NoBadValue("Only the distance of the lines tells, and Task slots in use judges it."),
        ),
        Series(
            title="Executors",
            description="Executors by application, the ten largest. A sudden fall is explained in Executors"
            " that went; a plateau below what is asked for means that the cluster is full.",
            unit="short",
            queries=(Query(q.executors(), "{{app_name}}"),),
            stacked=True,
            limits=NoBadValue("How many are right depends on the work that there is."),
        ),
        Series(
            title="Executors that went",
            description="Executors that were removed, by reason. killed is dynamic allocation at work; oom"
            " and sigkill want more memory; heartbeat means long garbage collections or a dead node.",
            unit="short",
            queries=(Query(q.executors_lost_by_reason(), "{{reason}}"),),
            bars=True,
            limits=NoBadValue("Most went because they should; the number Executors lost has the others."),
        ),
        Series(
            title="Memory of processes",
            description="Resident memory of drivers and executors: their JVMs, their Python processes, and"
            " others. Python that grows steadily ends in containers that are killed: open the application's"
            " memory row.",
            unit="bytes",
            queries=(Query(q.memory(), "{{role}}"),),
            stacked=True,
            limits=NoBadValue(
                "How much is too much depends on each container: see the application's memory row."
            ),
        ),
        Series(
            title="Garbage collection by application",
            description="Which part of the tasks' time goes to garbage collection, the five worst. Above"
            " the line heaps are too small or objects too many: open the application's memory row.",
            unit="percentunit",
            queries=(Query(q.gc_share(), "{{app_name}} {{app_id}}"),),
            limits=above(limits["gc_share_ratio"]),
        ),
        Series(
            title="Failed tasks by application",
            description="Which part of the attempts at tasks fails, the five worst. Above the line work is"
            " done again and again: open the application and look at its reasons for failure.",
            unit="percentunit",
            queries=(Query(q.failed_tasks(), "{{app_name}} {{app_id}}"),),
            limits=above(limits["task_failure_ratio"]),
        ),
    )


def rankings(config: Config) -> tuple[Ranking, ...]:
    """Return the applications that are slowest and waste most."""
    return (
        Ranking(
            title="Running for longest",
            description="Applications that have run for longest and still do. A batch job that is far above"
            " its usual time hangs or has more data: open it and look at its progress.",
            unit="s",
            width=8,
            queries=(Query(q.running_longest(), "{{app_name}} {{app_id}}"),),
            limits=NoBadValue("How long a run should take depends on its work, and streams run for ever."),
        ),
        Ranking(
            title="Idle task slots",
            description="Task slots that were held without a task, on average over the time range. Many are"
            " wasted: fewer executors, or dynamic allocation, would do.",
            unit="short",
            width=8,
            decimals=1,
            queries=(Query(q.idle_slots(), "{{app_name}} {{app_id}}"),),
            limits=above(config.thresholds["idle_task_slots"]),
        ),
        Ranking(
            title="Spilled to disk",
            description="What tasks wrote to disk in the time range because it did not fit into memory."
            " Much of it makes a job slow: more memory for an executor, or more partitions.",
            unit="bytes",
            width=8,
            queries=(Query(q.spilled(), "{{app_name}} {{app_id}}"),),
            limits=NoBadValue(
                "How much is too much depends on how long tasks ran: see the application's Spill."
            ),
        ),
    )


def exporter(config: Config) -> tuple[Stat, ...]:
    """Return whether the exporter sees everything."""
    missed, warn = config.thresholds["missed_reports"], config.panels["warning_ratio"]
    return (
        Stat(
            title="Targets down",
            description="Drivers that a daemon knows and that do not answer it. Their applications are"
            " missing from all other panels: see the dashboard Spark exporter.",
            unit="short",
            width=6,
            queries=(Query(q.unanswering(), "down"),),
            limits=never(),
            instant=True,
        ),
        Stat(
            title="Failing collectors",
            description="Ways of asking a driver that failed the last time. What they read is missing or"
            " old: see the dashboard Spark exporter for which and why.",
            unit="short",
            width=6,
            queries=(Query(q.failing_collectors(), "failing"),),
            limits=never(),
            instant=True,
        ),
        Stat(
            title="Overdue reports",
            description="How many report intervals ago the executor reported that is worst off; needs the"
            " plugin. Many mean that it hangs, or its driver: see the dashboard Spark exporter for which.",
            unit="short",
            width=6,
            decimals=1,
            queries=(Query(q.overdue_reports(), "intervals"),),
            limits=above(missed, warn * missed),
            instant=True,
        ),
        Stat(
            title="Series left out",
            description="Series that the daemon did not publish in the time range because an application"
            " has too many. Panels about executors and stages are then incomplete: see the dashboard Spark"
            " exporter.",
            unit="short",
            width=6,
            queries=(Query(q.dropped_series(), "left out"),),
            limits=never(),
            instant=True,
        ),
    )
