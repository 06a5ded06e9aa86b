"""SQL: executions and operators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.judgement import NoBadValue
from dashboards.limits import never
from dashboards.panels import Query, Ranking, Series
from dashboards.queries import application as q
from dashboards.table import Column, Key, Table

if TYPE_CHECKING:
    from dashboards.panels import Panel


def panels() -> tuple[Panel, ...]:
    """Return the row about SQL."""
    return (
        Table(
            title="Running SQL executions",
            description="Queries that run now. One that runs without running jobs is planned, broadcast or"
            " committed by the driver; one with failed jobs is tried again.",
            width=12,
            keys=(Key("execution_id", "Execution", width=90), Key("description", "Description")),
            columns=(
                Column("Running for", q.sql_age(), "s", width=100),
                Column("Running jobs", q.sql_jobs("running"), width=100),
                Column("Failed jobs", q.sql_jobs("failed"), limits=never(), width=100),
            ),
            sort="Running for",
        ),
        Series(
            title="SQL executions that ended",
            description="Queries that ended, by how. A failed one is an error that the caller got: see the"
            " driver's log for its text.",
            unit="short",
            width=6,
            queries=(Query(q.sql_ended(), "{{result}}"),),
            bars=True,
            overrides=(("completed", "green"), ("failed", "red")),
            limits=NoBadValue(
                "Most have ended well, and a query that failed may have been a person's first try."
            ),
        ),
        Series(
            title="Mean time of SQL executions",
            description="How long the queries took on average that ended. Rising for the same queries: more"
            " data, or fewer executors; see Executors.",
            unit="s",
            width=6,
            queries=(Query(q.sql_mean_time(), "mean"),),
            limits=NoBadValue("How long a query should take depends on the query."),
        ),
        *_operators(),
    )


def _operators() -> tuple[Ranking, ...]:
    by = ("operator", "metric")
    return (
        Ranking(
            title="Operators by time",
            description="The operators of ended executions with most time, by Spark's name of the metric."
            " Those on top are what to make faster; different metrics do not add up.",
            unit="s",
            width=8,
            queries=(
                Query(q.operators("spark_sql_operator_time_seconds_total", *by), "{{operator}} {{metric}}"),
            ),
            limits=NoBadValue("Some operator always takes most; how long is right depends on the data."),
        ),
        Ranking(
            title="Operators by size",
            description="The operators of ended executions with most bytes: read, shuffled, spilled or"
            " broadcast. A spill size on top wants more partitions or memory.",
            unit="bytes",
            width=8,
            queries=(
                Query(q.operators("spark_sql_operator_size_bytes_total", *by), "{{operator}} {{metric}}"),
            ),
            limits=NoBadValue("Some operator always has most; how much is right depends on the data."),
        ),
        Ranking(
            title="Operators by peak memory",
            description="The most memory that one task of an operator used. Close to a slot's share of the"
            " heap it spills; a hash join there is better a sort merge join.",
            unit="bytes",
            width=8,
            queries=(Query(q.operators("spark_sql_operator_peak_memory_bytes", "operator"), "{{operator}}"),),
            limits=NoBadValue(
                "How much is too much depends on what a slot has: see Spill for what did not fit."
            ),
        ),
    )
