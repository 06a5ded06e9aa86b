"""Alerts about memory: garbage collection, limits that are near, and spill."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.rules.model import BYTES, PERCENTAGE, Alert, lately, number

if TYPE_CHECKING:
    from dashboards.config import Config


_JVM = "spark_executor_jvm_gc_time_seconds_total"
# These do not stop what runs in the JVM.
_STOPS = 'collector!~".*(Concurrent|Cycles).*"'
_IDLE = "max_over_time(app:spark_executor_tasks_active:sum[5m]) == 0"


def _per_task_second(counter: str, config: Config) -> str:
    """Return how much tasks add to a counter in each second of theirs.

    What a task has done is added when it ends, and long tasks may end together: a short window sees them for
    a moment. Of an application that has no tasks any more it is no news.
    """
    window = config.windows["task_window"]
    time = f"rate(spark_app_executor_run_time_seconds_total[{window}])"
    return f"rate({counter}[{window}]) / ({time} > 0)"


def _collection(config: Config) -> str:
    # What the JVMs say counts at once, but needs the plugin.
    limit = number(config.thresholds["gc_share_ratio"])
    tasks = f"{_per_task_second('spark_app_jvm_gc_time_seconds_total', config)} > {limit} unless {_IDLE}"
    busy = f'rate({_JVM}{{{_STOPS}, executor_id!="driver"}}[5m])'
    busy = f"sum without (collector) ({busy}) and spark_executor_tasks_active > 0"
    driver = f'sum without (collector) (rate({_JVM}{{{_STOPS}, executor_id="driver"}}[5m]))'
    some = f"({tasks}) or avg without (executor_id) ({busy}) > {limit} or {driver} > {limit}"
    return f"({some}) {lately(config)}"


def _heap(config: Config) -> str:
    # A heap fills up between collections; how low it gets is what is really in use.
    ratio, window = "app_executor:spark_executor_jvm_heap_used:ratio", config.windows["heap_window"]
    limit = number(config.thresholds["heap_used_ratio"])
    return f"min_over_time({ratio}[{window}]) > {limit} {lately(config)}"


def _container(config: Config) -> str:
    limit = number(config.thresholds["container_memory_used_ratio"])
    return f"app_executor:spark_container_memory_working_set:ratio > {limit}"


def _python(config: Config) -> str:
    # Workers share pages with the process that they were forked from, and each of them counts these.
    limit = number(config.thresholds["python_memory_used_ratio"])
    used = number(config.thresholds["python_container_memory_used_ratio"])
    return (
        f"app_executor:spark_process_python_memory:ratio > {limit}"
        f" and app_executor:spark_container_memory_working_set:ratio > {used}"
    )


def _spill(config: Config) -> str:
    limit = number(config.thresholds["disk_spilled_bytes_per_task_second"])
    spilled = _per_task_second("spark_app_disk_spilled_bytes_total", config)
    return f"{spilled} > {limit} unless {_IDLE} {lately(config)}"


ALERTS = (
    Alert(
        "SparkGarbageCollectionHigh",
        "Garbage collection takes much of the time of a Spark application.",
        "{{{{ if $labels.executor_id }}}}The driver{{{{ else }}}}Tasks{{{{ end }}}} of {application} spent"
        " {value} of the time in garbage collection. Look at the heap, at cached or collected data and at the"
        " number of cores per executor.",
        PERCENTAGE,
        _collection,
    ),
    Alert(
        "SparkHeapNearLimit",
        "The heap of a Spark executor is nearly full.",
        "{executor} uses {value} of its heap even after garbage collection. Look at the old"
        " generation, at storage and execution memory, and for skewed or too large tasks.",
        PERCENTAGE,
        _heap,
    ),
    Alert(
        "SparkContainerMemoryNearLimit",
        "The container of a Spark executor is near its memory limit.",
        "{executor} uses {value} of its container's memory, and is killed at 100%. Look at which"
        " part is heap, off-heap and Python.",
        PERCENTAGE,
        _container,
    ),
    Alert(
        "SparkPythonMemoryNearLimit",
        "The Python processes of a Spark executor have nearly all the memory that is left for them.",
        "Python in executor {executor_id} of {application} uses {value} of what the JVM leaves of"
        " the container. Look at what its functions hold, and at the size of batches.",
        PERCENTAGE,
        _python,
    ),
    Alert(
        "SparkDiskSpillHigh",
        "A Spark application spills much to disk.",
        "{application} spills {value} to disk for each second of a task. Look at execution memory,"
        " at the size of partitions, and at skew.",
        BYTES,
        _spill,
    ),
)
