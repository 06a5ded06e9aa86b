"""Jobs and stages: how far they are, and how evenly their tasks share the work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.judgement import NoBadValue
from dashboards.limits import above, never
from dashboards.panels import Query, Series
from dashboards.queries import application as q
from dashboards.table import Column, Key, Table

if TYPE_CHECKING:
    from dashboards.config import Config
    from dashboards.panels import Panel

_SUCCEEDED, _COMPLETED, _FAILED = ("succeeded", "green"), ("completed", "green"), ("failed", "red")
_KILLED = ("killed", "orange")


def panels(config: Config) -> tuple[Panel, ...]:
    """Return what runs, and what has ended."""
    return (
        Table(
            title="Running jobs",
            description="Jobs that run now and how far they are. One that stays at the same progress waits"
            " for executors or for one slow task: see Running stages.",
            width=12,
            keys=(Key("job_id", "Job", width=60), Key("name", "Name")),
            columns=(
                Column("Progress", q.job_progress(), "percentunit", gauge=1),
                Column("Running tasks", q.job("spark_job_tasks", 'state="active"'), width=110),
                Column("Failed tasks", q.job("spark_job_tasks", 'state="failed"'), limits=never(), width=100),
                Column("Running for", q.job_age(), "s", width=100),
            ),
            sort="Running for",
        ),
        Table(
            title="Running stages",
            description="Stages that run now. One with few running tasks near its end has stragglers:"
            " compare its longest task with the median. Many failed tasks: see Reasons for failed tasks.",
            width=12,
            keys=(
                Key("stage_id", "Stage", width=60),
                Key("attempt_id", "Attempt", width=70),
                Key("name", "Name"),
            ),
            columns=(
                Column("Progress", q.stage_progress(), "percentunit", gauge=1),
                Column("Running tasks", q.stage("spark_stage_tasks", 'state="active"'), width=110),
                Column(
                    "Failed tasks", q.stage("spark_stage_tasks", 'state="failed"'), limits=never(), width=100
                ),
                Column("Running for", q.stage_age(), "s", width=100),
            ),
            sort="Running for",
        ),
        *_tasks(),
        *_ended(config),
    )


def _tasks() -> tuple[Series, ...]:
    return (
        Series(
            title="Tasks running and waiting",
            description="Tasks that run, tasks of running stages that wait for a slot, and the slots. Many"
            " waiting with all slots taken: more executors would help. Waiting with free slots: locality or"
            " excluded executors.",
            unit="short",
            queries=(
                Query(f"sum({q.APP('spark_executor_tasks_active')})", "running"),
                Query(q.tasks_waiting(), "waiting"),
                Query(f"sum({q.APP('spark_executor_task_slots')})", "slots"),
            ),
            limits=NoBadValue(
                "Tasks may wait while all slots are taken, and nothing need run between two jobs."
            ),
        ),
        Series(
            title="Tasks that ended",
            description="Attempts at tasks that end per second, by how. Nothing at all while tasks run:"
            " they are very long or hang, so take a thread dump in Spark's UI.",
            unit="ops",
            queries=(Query(q.tasks_ended(), "{{status}}"),),
            stacked=True,
            overrides=(_SUCCEEDED, _FAILED, _KILLED),
            limits=NoBadValue(
                "How many end depends on how long each takes; the number Failed tasks judges how many fail."
            ),
        ),
    )


def _ended(config: Config) -> tuple[Series, ...]:
    return (
        Series(
            title="Reasons for failed tasks",
            description="Attempts at tasks that failed, by reason; without the plugin all in one. Above"
            " the line it is no chance: FetchFailed is shuffle files that went with an executor,"
            " ExceptionFailure the code or its data, ExecutorLostFailure a dead executor, TaskKilled"
            " mostly speculation.",
            unit="short",
            queries=(Query(q.task_failures(), "{{reason}}"),),
            bars=True,
            width=8,
            limits=above(config.thresholds["task_failures"]),
        ),
        Series(
            title="Stages that ended",
            description="Attempts at stages that ended, by how. skipped: the output was still there,"
            " or the job ended before. failed again and again in the same minutes: shuffle data keeps"
            " getting lost.",
            unit="short",
            queries=(Query(q.stages_ended(), "{{result}}"),),
            bars=True,
            width=8,
            overrides=(_COMPLETED, _FAILED),
            limits=NoBadValue("Most have ended well; the number Failed stages judges those that failed."),
        ),
        Series(
            title="Jobs that ended",
            description="Jobs that ended, by how. A gap means that the driver computes by itself, or that"
            " one long job runs.",
            unit="short",
            queries=(Query(q.jobs_ended(), "{{result}}"),),
            bars=True,
            width=8,
            overrides=(_SUCCEEDED, _FAILED),
            limits=NoBadValue("Most have ended well; the number Failed jobs judges those that failed."),
        ),
    )


def skew(config: Config) -> tuple[Series, ...]:
    """Return how long tasks of the running stages take, and how unequal they are."""
    limits = config.thresholds
    return (
        Series(
            title="Run time of tasks",
            description="Run time of the succeeded tasks of running stages: the median, and the upper"
            " percentiles up to the longest (100). A wide gap is skew or a slow node; a high median is slow"
            " code or too few partitions.",
            unit="s",
            queries=(Query(q.of_tasks("spark_stage_task_run_time_seconds"), "percentile {{percentile}}"),),
            limits=NoBadValue(
                "How long a task should take depends on the job; Skew of run time judges the distance."
            ),
        ),
        Series(
            title="Skew of run time",
            description="The longest task of each running stage against its median. 1 is even; above the"
            " line a few tasks hold up the stage: compare with Skew of shuffle data. Not that of the data,"
            " it is a node.",
            unit="short",
            queries=(Query(q.skew("spark_stage_task_run_time_skew_ratio"), "stage {{stage_id}}"),),
            limits=above(limits["stage_skew_ratio"]),
        ),
        Series(
            title="Shuffle data read by tasks",
            description="Shuffle data that a task of a running stage reads: the median up to the largest"
            " (100). A maximum far above the rest is one key with most of the data: salt it, or let AQE"
            " split the join.",
            unit="bytes",
            queries=(Query(q.of_tasks("spark_stage_task_shuffle_read_bytes"), "percentile {{percentile}}"),),
            limits=NoBadValue(
                "How much a task should read depends on the job; Skew of shuffle data judges the distance."
            ),
        ),
        Series(
            title="Skew of shuffle data",
            description="The largest shuffle read of a task against the median, by running stage. Above the"
            " line keys are unequal, and run times with them.",
            unit="short",
            queries=(Query(q.skew("spark_stage_task_shuffle_read_skew_ratio"), "stage {{stage_id}}"),),
            limits=above(limits["stage_skew_ratio"]),
        ),
    )
