"""Memory: of the JVM, of Python and of the container, against their limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.judgement import NoBadValue
from dashboards.limits import above, never, whole
from dashboards.panels import Query, Series
from dashboards.queries import application as q
from dashboards.queries import executors as eq
from dashboards.table import Column, Key, Table

if TYPE_CHECKING:
    from dashboards.config import Config
    from dashboards.panels import Panel


def panels(config: Config) -> tuple[Panel, ...]:
    """Return the row about memory."""
    return (*_limits(config), *_kinds(), *_spark(config))


def _limits(config: Config) -> tuple[Series, ...]:
    limits = config.thresholds
    return (
        Series(
            title="Heap of the limit",
            description="Which part of its largest heap each executor uses; needs the plugin. Touching the"
            " line is normal, staying above it ends in garbage collection without end or OutOfMemoryError:"
            " see Old generation after garbage collection.",
            unit="percentunit",
            width=8,
            queries=(Query(eq.heap_share(), "{{executor_id}}"),),
            limits=above(limits["heap_used_ratio"]),
            maximum=1,
        ),
        Series(
            title="Container memory of the limit",
            description="Which part of its container's limit each executor uses, page cache that can go"
            " apart. Above the line it is near 1, where the kernel kills it. What is not heap is"
            " Python, buffers and threads: raise spark.executor.memoryOverhead.",
            unit="percentunit",
            width=8,
            queries=(Query(eq.container_share(), "{{executor_id}}"),),
            limits=above(limits["container_memory_used_ratio"]),
            maximum=1,
        ),
        Series(
            title="Python of its limit",
            description="Which part of what the JVM leaves of its container's limit the Python"
            " processes of each executor use. Above the line it is near 1, where the kernel kills a"
            " worker or the executor: smaller batches, fewer cores, or more"
            " spark.executor.memoryOverhead.",
            unit="percentunit",
            width=8,
            queries=(Query(eq.python_share(), "{{executor_id}}"),),
            limits=above(limits["python_memory_used_ratio"]),
            maximum=1,
        ),
    )


def _kinds() -> tuple[Series, ...]:
    kills, hits = eq.out_of_memory()
    nonheap, buffers, netty = eq.off_heap()
    return (
        Series(
            title="Heap",
            description="The heap of each executor; without the plugin its peak so far. Saw teeth are"
            " healthy; a rising lower edge is a leak, or data that is cached or collected.",
            unit="bytes",
            width=8,
            queries=(Query(eq.heap_used(), "{{executor_id}}"),),
            limits=NoBadValue("How much is too much depends on the largest size: see Heap of the limit."),
        ),
        Series(
            title="Python",
            description="Resident memory of each executor's Python processes; shared pages count for each"
            " worker. Growing with every batch: pandas data that is too large, or a leak in the function."
            " Bound it by spark.executor.pyspark.memory.",
            unit="bytes",
            width=8,
            queries=(Query(eq.resident("python"), "{{executor_id}}"),),
            limits=NoBadValue("How much is too much depends on the container: see Python of its limit."),
        ),
        Series(
            title="Outside of the heap",
            description="What the chosen JVMs hold outside of their heaps: classes and code, direct buffers"
            " and mapped files, and Netty's buffers for shuffles. Large direct buffers come from large"
            " shuffle blocks.",
            unit="bytes",
            width=8,
            queries=(
                Query(nonheap, "classes and code"),
                Query(buffers, "buffers {{pool}}"),
                Query(netty, "Netty {{side}}"),
            ),
            stacked=True,
            limits=NoBadValue(
                "How much is too much depends on the container: see Container memory of the limit."
            ),
        ),
        Series(
            title="Out of memory",
            description="Processes that the kernel killed for lack of memory, and how often a container"
            " came to its limit. Any that reaches the line loses an executor or a Python worker with"
            " its tasks, or is about to.",
            unit="short",
            width=8,
            queries=(Query(kills, "killed {{executor_id}}"), Query(hits, "limit hit {{executor_id}}")),
            bars=True,
            limits=never(),
        ),
    )


def _spark(config: Config) -> tuple[Panel, ...]:
    used, limit = eq.unified()
    return (
        Series(
            title="Spark's memory manager",
            description="Memory given to execution (joins, sorts, shuffles) and to storage (cache,"
            " broadcasts), and what storage may take. Execution at the top spills; storage at the top drops"
            " cached partitions.",
            unit="bytes",
            width=8,
            queries=(Query(used, "{{use}} {{pool}}"), Query(limit, "limit {{pool}}")),
            limits=NoBadValue(
                "A full pool is one that is used; Spill and Cached data show what did not fit."
            ),
        ),
        Table(
            title="Cached data",
            description="What is cached, and which part of its partitions really is. Below 100 % the rest"
            " is computed again each time: cache less, or use MEMORY_AND_DISK.",
            width=8,
            keys=(Key("name", "Name"),),
            columns=(
                Column(
                    "Cached", q.cached_share(), "percentunit", whole(config.panels["cached_ratio"]), gauge=1
                ),
                Column("Memory", q.cached("spark_storage_memory_used_bytes"), "bytes", width=90),
                Column("Disk", q.cached("spark_storage_disk_used_bytes"), "bytes", width=90),
            ),
            sort="Memory",
        ),
    )
