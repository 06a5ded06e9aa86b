"""Recording rules: what several panels and alerts need, in windows of 5 minutes.

The level before the first colon says what a series is of: ``app`` an application,
``app_executor`` one executor, ``app_metric`` a metric of one,
``query`` a streaming query, ``collector`` a collector at a target.
"""

from __future__ import annotations

from dashboards.rules.model import Recording

WINDOW = "5m"

_FAILED = 'spark_app_tasks_total{status="failed"}'
_TRIED = 'spark_app_tasks_total{status=~"failed|succeeded"}'
_RUN_TIME = "app:spark_app_executor_run_time:rate5m"
_RESIDENT = "spark_process_resident_memory_bytes"


def _rate(counter: str) -> str:
    return f"rate({counter}[{WINDOW}])"


def _of_run_time(counter: str) -> str:
    return f"{_rate(counter)} / ({_RUN_TIME} > 0)"


_NOT_FAILED = 'spark_app_state{state=~"waiting|running|completed"} == 1'

_APPLICATION = (
    Recording(
        "app:spark_app_end_timestamp_seconds:retried",
        "spark_app_end_timestamp_seconds < on (namespace, app_name) group_left ()"
        " max by (namespace, app_name) (spark_app_start_timestamp_seconds"
        f" and on (namespace, app_id) ({_NOT_FAILED}))",
        "When a run ended after which another one of the same name began that runs or has completed.",
    ),
    Recording(
        "app:spark_app_tasks:rate5m",
        f"sum without (status) ({_rate('spark_app_tasks_total')})",
        "Attempts at tasks that end in a second.",
    ),
    Recording(
        "app:spark_app_failed_tasks:ratio_rate5m",
        f"sum without (status) ({_rate(_FAILED)}) / (sum without (status) ({_rate(_TRIED)}) > 0)",
        "Which part of the attempts at tasks fails.",
    ),
    Recording(
        _RUN_TIME,
        _rate("spark_app_executor_run_time_seconds_total"),
        "How many tasks run on average, as far as they have ended.",
    ),
    Recording(
        "app:spark_app_jvm_gc_time:ratio_rate5m",
        _of_run_time("spark_app_jvm_gc_time_seconds_total"),
        "For which part of their time tasks wait for garbage collection.",
    ),
)

_EXECUTORS = (
    Recording(
        "app:spark_executor_task_slots:sum",
        "sum without (executor_id) (spark_executor_task_slots)",
        "Tasks that the application can run at a time.",
    ),
    Recording(
        "app:spark_executor_tasks_active:sum",
        "sum without (executor_id) (spark_executor_tasks_active)",
        "Tasks that run now.",
    ),
    Recording(
        "app:spark_executor_task_slots_used:ratio",
        "app:spark_executor_tasks_active:sum / (app:spark_executor_task_slots:sum > 0)",
        "Which part of the task slots is used.",
    ),
    Recording(
        "app_executor:spark_executor_task_gc_time:ratio_rate5m",
        f"{_rate('spark_executor_task_gc_time_seconds_total')}"
        f" / ({_rate('spark_executor_task_time_seconds_total')} > 0)",
        "For which part of their time the executor's tasks wait for garbage collection.",
    ),
    Recording(
        "app_executor:spark_executor_jvm_heap_used:ratio",
        'sum without (area) (spark_executor_jvm_memory_used_bytes{area="heap"})'
        ' / sum without (area) (spark_executor_jvm_memory_max_bytes{area="heap"})',
        "Which part of the largest heap is used.",
    ),
    Recording(
        "app_executor:spark_container_memory_working_set:ratio",
        "spark_container_memory_working_set_bytes / spark_container_memory_limit_bytes",
        "Which part of the container's memory limit is used.",
    ),
    Recording(
        "app_executor:spark_process_python_memory:ratio",
        f'sum without (role) ({_RESIDENT}{{role="python"}}) / (spark_container_memory_limit_bytes'
        f' - sum without (role) ({_RESIDENT}{{role!="python"}}) > 0)',
        "Which part of what the other processes leave of the container's limit is used by Python.",
    ),
)

_STREAMING = (
    Recording(
        "query:spark_streaming_trigger_duration:rate5m",
        _rate("spark_streaming_trigger_duration_seconds_total"),
        "For which part of the time the query is busy.",
    ),
    Recording(
        "query:spark_streaming_state_rows:sum",
        "sum without (operator, operator_name) (spark_streaming_state_rows)",
        "Rows that all stateful operators of the query keep.",
    ),
    Recording(
        "query:spark_streaming_source_backlog_offsets:sum",
        "sum without (source, source_name) (spark_streaming_source_backlog_offsets)",
        "Offsets that the query has not read yet.",
    ),
)

_OTHER = (
    Recording(
        "collector:spark_exporter_source_failures:ratio_rate5m",
        f"sum without (reason) ({_rate('spark_exporter_source_failures_total')})"
        f" / ({_rate('spark_exporter_source_attempts_total')} > 0)",
        "Which part of the collector's attempts at the target fails.",
    ),
    # By and not without: nobody can know the labels of all users. A rate of all counters at once would make
    # equal series of those that have equal labels, so the name becomes a label; after the sum, since a
    # user's label may be called metric, too.
    Recording(
        "app_metric:spark_custom_counter:sum",
        "label_replace(sum by (job, instance, namespace, app_id, app_name, __name__)"
        ' ({__name__=~"spark_custom_.+_total"}), "metric", "$1", "__name__", "(.+)")',
        "Each custom counter of the application, over all of its own labels.",
    ),
)

RECORDINGS = (*_APPLICATION, *_EXECUTORS, *_STREAMING, *_OTHER)
"""In the order in which they are evaluated: a rule may use those before it."""
