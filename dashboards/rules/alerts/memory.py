"""Alerts about memory: garbage collection, limits that are near, and spill."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.rules.model import BYTES, PERCENTAGE, Alert, number

if TYPE_CHECKING:
    from dashboards.config import Config


def _collection(config: Config) -> str:
    return f"app:spark_app_jvm_gc_time:ratio_rate5m > {number(config.thresholds['gc_share_ratio'])}"


def _heap(config: Config) -> str:
    # A heap fills up between collections; how low it gets is what is really in use.
    ratio, window = "app_executor:spark_executor_jvm_heap_used:ratio", config.windows["heap_window"]
    return f"min_over_time({ratio}[{window}]) > {number(config.thresholds['heap_used_ratio'])}"


def _container(config: Config) -> str:
    limit = number(config.thresholds["container_memory_used_ratio"])
    return f"app_executor:spark_container_memory_working_set:ratio > {limit}"


def _python(config: Config) -> str:
    limit = number(config.thresholds["python_memory_used_ratio"])
    return f"app_executor:spark_process_python_memory:ratio > {limit}"


def _spill(config: Config) -> str:
    limit = number(config.thresholds["disk_spilled_bytes_per_task_second"])
    return f"app:spark_app_disk_spilled_bytes:per_task_second_rate5m > {limit}"


ALERTS = (
    Alert(
        "SparkGarbageCollectionHigh",
        "Tasks of a Spark application wait for garbage collection.",
        "Tasks of {application} wait for garbage collection for {value} of their time. Look at the"
        " heap of its executors, at cached data and at the number of cores per executor.",
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
