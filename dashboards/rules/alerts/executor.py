"""Alerts about the executors of an application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.rules.model import NUMBER, PERCENTAGE, Alert, grown, lately, number

if TYPE_CHECKING:
    from dashboards.config import Config

_REMOVALS = "spark_app_executor_removals_total"


def _lost(config: Config) -> str:
    # Those that Spark itself or the administrator sends away are no loss.
    unwanted = f'{_REMOVALS}{{reason!~"killed|decommissioned"}}'
    limit = number(config.thresholds["executors_lost"])
    lost = f"sum without (reason) ({grown(unwanted, config.windows['loss_window'])})"
    return f"{lost} >= {limit} {lately(config)}"


def _out_of_memory(config: Config) -> str:
    # Executors that share a container each count all of its kills. What a series begins with is no news.
    # What follows a kill, such as fetch failures, is told for a while after it, and must not outlive this.
    window = config.windows["oom_window"]
    removed = grown(f'{_REMOVALS}{{reason="oom"}}', window)
    killed = f"spark_container_oom_kills_total - min_over_time(spark_container_oom_kills_total[{window}])"
    kills = f"sum without (reason) ({removed}) > 0 or max without (executor_id) ({killed}) > 0"
    return f"({kills}) {lately(config)}"


def _missing(_: Config) -> str:
    # Dynamic allocation knows how many the tasks need. A fixed number is wanted whenever there is work.
    return (
        "spark_driver_dynamic_allocation_target_executors - spark_app_executors > 0"
        " and spark_driver_dynamic_allocation_max_needed_executors > spark_app_executors"
        " or spark_app_requested_executors - spark_app_executors > 0 and spark_app_jobs_active > 0"
    )


def _idle(config: Config) -> str:
    used, slots = config.thresholds["idle_slots_used_ratio"], config.thresholds["idle_task_slots"]
    return (
        f"app:spark_executor_task_slots_used:ratio < {number(used)}"
        f" and app:spark_executor_task_slots:sum >= {number(slots)}"
    )


ALERTS = (
    Alert(
        "SparkExecutorsLost",
        "A Spark application loses executors too often.",
        "{application} has lost {value} executors that nobody sent away. Look at the reasons on its"
        " dashboard and at the nodes that they ran on.",
        NUMBER,
        _lost,
    ),
    Alert(
        "SparkExecutorOutOfMemory",
        "Executors of a Spark application are killed for lack of memory.",
        "Killed for lack of memory in {application}: {value}, executors or processes in their"
        " containers. Look at heap, Python and container memory on its dashboard before the kill.",
        NUMBER,
        _out_of_memory,
    ),
    Alert(
        "SparkExecutorsMissing",
        "A Spark application does not get the executors that its tasks need.",
        "{application} lacks {value} of the executors that it has asked for. Look"
        " at the free resources of the cluster, at quotas and at executors that fail to start.",
        NUMBER,
        _missing,
    ),
    Alert(
        "SparkExecutorsIdle",
        "A Spark application holds executors that have nothing to do.",
        "Only {value} of the task slots of {application} are used. Look at what the driver does"
        " meanwhile, and whether dynamic allocation is on.",
        PERCENTAGE,
        _idle,
    ),
)
