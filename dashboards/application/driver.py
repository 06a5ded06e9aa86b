"""The driver's own work, and what is below the tasks in every JVM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.judgement import NoBadValue
from dashboards.limits import above, never
from dashboards.panels import Query, Series
from dashboards.queries import application as q
from dashboards.queries import executors as eq
from dashboards.scope import total

if TYPE_CHECKING:
    from dashboards.config import Config


def panels(config: Config) -> tuple[Series, ...]:
    """Return the row about the driver."""
    lag = q.APP("spark_driver_dag_scheduler_message_processing_time_seconds")
    dropped = q.APP.grown("spark_driver_listener_bus_queue_dropped_events_total", "queue")
    queued = q.APP("spark_driver_listener_bus_queue_events")
    return (
        Series(
            title="Time of a scheduler's message",
            description="How long the DAG scheduler works on one message, by percentile. All scheduling"
            " waits behind a slow one, so above the line slots stay empty: huge stages, or a driver that"
            " lacks CPU or heap.",
            unit="s",
            width=8,
            queries=(Query(f"max by (percentile) ({lag})", "percentile {{percentile}}"),),
            limits=above(config.thresholds["scheduler_message_seconds"]),
        ),
        Series(
            title="Listener bus: waiting events",
            description="Events that wait in the queues of the listener bus. A queue that stays above"
            " the line is nearly full (spark.scheduler.listenerbus.eventqueue.capacity) and loses"
            " events next.",
            unit="short",
            width=8,
            queries=(Query(total(queued, "queue"), "{{queue}}"),),
            limits=above(config.panels["listener_bus_events"]),
        ),
        Series(
            title="Listener bus: lost events",
            description="Events that full queues have lost. Once a queue has reached the line, Spark's"
            " UI, the event log, dynamic allocation and totals without the plugin stay wrong.",
            unit="short",
            width=8,
            queries=(Query(dropped, "{{queue}}"),),
            bars=True,
            limits=never(),
        ),
        Series(
            title="Stages in the scheduler",
            description="Stages that run, that wait for their parents, and that failed and are about to be"
            " submitted again. Failed ones that stay are shuffle data that cannot be made again.",
            unit="short",
            width=12,
            queries=(Query(total(q.APP("spark_driver_dag_scheduler_stages"), "state"), "{{state}}"),),
            limits=NoBadValue(
                "How many there are depends on the job; only failed ones that stay are a sign."
            ),
        ),
        Series(
            title="Slow listeners",
            description="How long the slowest listeners work on one event, the 95th percentile. One"
            " above the line, your own or a vendor's, fills the queue that it shares.",
            unit="s",
            width=12,
            queries=(Query(_slow_listeners(), "{{listener}}"),),
            limits=above(config.panels["listener_event_seconds"]),
        ),
    )


def _slow_listeners() -> str:
    times = q.APP("spark_driver_listener_bus_listener_processing_time_seconds", 'percentile="95"')
    return f"topk(5, max by (listener) ({times}))"


def machines(config: Config) -> tuple[Series, ...]:
    """Return the row about JVMs."""
    limits = config.thresholds
    compile_time = eq.ALL("spark_executor_codegen_compilation_time_seconds", 'percentile="95"')
    compiled = total(eq.ALL.rate("spark_executor_codegen_compilations_total"), "executor_id")
    return (
        Series(
            title="Garbage collection by collector",
            description="Which part of the time each JVM collects garbage, tasks or not, by collector."
            " Above the line too little is left for work; an old or major collector there means that"
            " the old generation is full.",
            unit="percentunit",
            queries=(Query(eq.collector_time(), "{{executor_id}} {{collector}}{{generation}}"),),
            limits=above(limits["gc_share_ratio"]),
            many=True,
        ),
        Series(
            title="Old generation after garbage collection",
            description="What is left in the old generation after its last collection; needs the plugin."
            " What grows here is cached or leaks, and never comes back.",
            unit="bytes",
            queries=(Query(eq.after_gc(), "{{executor_id}}"),),
            many=True,
            limits=NoBadValue(
                "How much is too much depends on the heap's largest size: see Heap of the limit."
            ),
        ),
        Series(
            title="Threads",
            description="Threads of the chosen JVMs, by state; needs the plugin. Many that are blocked wait"
            " for the same lock: take a thread dump in Spark's UI.",
            unit="short",
            width=8,
            queries=(Query(eq.threads(), "{{state}}"),),
            stacked=True,
            limits=NoBadValue("How many are usual depends on the cores and on the libraries in use."),
        ),
        Series(
            title="Generated code: compilations",
            description="Pieces of generated Java that are compiled per second. Steady compilation in a"
            " long application means that every batch has a new plan.",
            unit="ops",
            width=8,
            queries=(Query(compiled, "{{executor_id}}"),),
            limits=NoBadValue(
                "New queries are compiled, and only whoever runs them knows whether they are new."
            ),
        ),
        Series(
            title="Generated code: compile time",
            description="How long compiling one piece takes, the 95th percentile. Above the line it is"
            " mostly a very wide schema: split the query, or set spark.sql.codegen.maxFields.",
            unit="s",
            width=8,
            queries=(Query(eq.each(compile_time), "{{executor_id}}"),),
            limits=above(config.panels["compilation_seconds"]),
        ),
    )
