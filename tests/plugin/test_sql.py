"""SQL executions in the driver: how they ended, what their operators did, and why executors went."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.daemon.sources.operators import kind_of
from plugin.applications import Store
from removals import SAMPLES

TYPES = ("sum", "size", "timing", "nsTiming", "average")
NODES = ("Exchange", "Scan parquet db.t", "WholeStageCodegen (3)", "HashAggregate")


class Sql:
    """SQL executions of one store."""

    def __init__(self, jvm, **more):
        """Have done nothing."""
        self.store = Store(jvm, **more)

    def event(self, event, number, **arguments):
        """Let Spark say something of an execution, or of a stage."""
        self.store.jvm("sql_event", store=self.store.number, event=event, id=number, **arguments)

    def start(self, number, plan=(), time=0):
        """Start an execution."""
        self.event("started", number, time=time, plan=[list(row) for row in plan])

    def end(self, number, time=0, *, failed=False):
        """End one."""
        self.event("ended", number, time=time, failed=failed)

    def totals(self):
        """Return what the application has of SQL executions."""
        snapshot = json.loads(self.store.raw())
        places, values = snapshot["application_readings"]
        named = {snapshot["readings"][place]: value for place, value in zip(places, values)}
        wanted = ("app.sql.", "app.executors.", "app.executor_removals.")
        return {name: value for name, value in named.items() if name.startswith(wanted)}

    def rows(self):
        """Return what the operators did, by kind, metric and type."""
        rows = json.loads(self.store.raw()).get("sql_operators", [])
        return {tuple(row[:3]): row[3:] for row in rows}

    def lost(self):
        """Return what was dropped, by reason."""
        self.store.raw()
        return {reason: count for reason, count in self.store.dropped.items() if reason != "json" and count}


def sql_of(totals):
    return {name.removeprefix("app.sql."): value for name, value in totals.items() if "sql" in name}


def test_executions_are_counted_by_result(jvm):
    """With their time; before the first one there is nothing to say."""
    sql = Sql(jvm)
    assert sql_of(sql.totals()) == {}
    for number in range(3):
        sql.start(number, time=1000)
    sql.end(0, time=1500)
    sql.end(2, time=1007, failed=True)
    expected = {"active": 1, "completed": 1, "failed": 1, "time.completed": 500, "time.failed": 7}
    assert sql_of(sql.totals()) == expected
    sql.end(9, time=5000)
    sql.end(1, time=0)
    assert sql_of(sql.totals()) == expected | {"active": 0, "completed": 3}


def test_only_what_a_plan_has_at_the_end_is_published(jvm):
    """What was added to an accumulator before it was known counts; what stands there twice counts once."""
    sql = Sql(jvm)
    sql.start(0, [("Project", "rows", 1, "sum")])
    sql.event("needs", 0, stages=[4])
    sql.event("succeeded", 4, attempt=0, index=0, updates=[[1, 5], [2, 6]])
    sql.event("replanned", 0, plan=[["Exchange", "rows", 2, "sum"], ["ReusedExchange", "rows", 2, "sum"]])
    assert sql.rows() == {}
    sql.end(0)
    assert sql.rows() == {("Exchange", "rows", "sum"): [6, 6, 6]}


def test_a_task_counts_once_a_partition_and_only_in_the_last_attempt_of_its_stage(jvm):
    """As Spark's own page has it."""
    sql = Sql(jvm)
    sql.start(0, [("Sort", "sort time", 1, "timing")])
    sql.event("needs", 0, stages=[4])
    for attempt, index, update in ((0, 0, 100), (1, 0, 7), (1, 0, 50), (0, 1, 50), (1, 1, 3), (1, 2, -1)):
        if (attempt, index, update) == (1, 0, 7):
            sql.event("attempted", 4, attempt=1)
        sql.event("succeeded", 4, attempt=attempt, index=index, updates=[[1, update]])
    sql.event("measured", 0, accumulator=1, update=20)
    sql.end(0)
    assert sql.rows() == {("Sort", "sort time", "timing"): [30, 20, 20]}


def test_operators_are_said_again_only_if_they_changed(jvm):
    """They may be many."""
    sql = Sql(jvm)
    sql.start(0, [("Sort", "sort time", 1, "timing")])
    sql.end(0)
    assert "sql_operators" in sql.store.poll()
    sql.store.event("counted", name="jobs.started")
    assert "sql_operators" not in sql.store.poll()
    sql.start(1, [("Sort", "sort time", 2, "timing")])
    sql.end(1)
    assert "sql_operators" in sql.store.poll()


def test_what_nobody_limits_is_bounded_and_counted(jvm):
    """Kinds and names of metrics: what is measured under those beyond the limit is taken together."""
    sql = Sql(jvm)
    for run in range(2):
        numbers = [1000 * run + n for n in range(301)]
        sql.start(run, [(f"Kind{n % 1000}", f"metric {n % 1000}", n, "sum") for n in numbers])
        for number in numbers:
            sql.event("measured", run, accumulator=number, update=1)
        sql.end(run)
    rows = sql.rows()
    assert len({kind for kind, _, _ in rows}) == 201
    assert len({name for _, name, _ in rows}) == 301
    assert sum(total for total, _, _ in rows.values()) == 2 * 301
    assert rows["other", "other", "sum"] == [2, 1, 1]
    # Each time one value for each kind too many; one of them has a name too many, too.
    assert sql.lost() == {"sql_limit": 2 * 101}


def test_nothing_is_lost_where_nothing_was_measured(jvm):
    """An operator of a stream that has nothing to say says 0 in every batch, or -1 of a time."""
    sql = Sql(jvm)
    plan = [(f"Kind{n}", f"metric {n}", n, "sum") for n in range(301)]
    plan += [("Kind", "time", 301, "timing"), ("Scan", "odd", 999, None)]
    sql.start(0, plan)
    sql.event("measured", 0, accumulator=300, update=0)
    sql.event("measured", 0, accumulator=301, update=-1)
    sql.event("measured", 0, accumulator=999, update=-1)
    sql.end(0)
    assert sql.lost() == {}


def test_what_only_a_data_source_can_read_is_counted(jvm):
    """By a reason of its own, once for each execution that has measured it."""
    sql = Sql(jvm)
    for run, update in enumerate((7, 8, 0)):
        sql.start(run, [("Scan", "odd", run, None)])
        sql.event("measured", run, accumulator=run, update=update)
        sql.end(run)
    assert sql.rows() == {}
    assert sql.lost() == {"unreadable_sql_metric": 2}


@pytest.mark.parametrize(
    ("type_", "read_as"),
    [
        ("nsTiming", "nsTiming"),
        ("v2Custom_harness.Measures$Sum", "sum"),
        ("v2Custom_harness.Measures$Average", None),
        ("v2Custom_harness.Missing", None),
        ("v2Custom_", None),
        ("v2Custom_org.apache.spark.sql.execution.datasources.v2.python.PythonCustomMetric", "size"),
    ],
)
def test_metrics_of_data_sources_are_read_as_spark_does(jvm, type_, read_as):
    """Sums, and the sizes that every data source in Python has; not what only the source can read."""
    assert jvm("metric_type", type=type_) == read_as


def test_executions_whose_end_never_comes_are_bounded_and_counted(jvm):
    """The oldest one is forgotten for a new one."""
    sql = Sql(jvm)
    for number in range(1002):
        sql.start(number)
    assert sql.totals()["app.sql.active"] == 1000
    assert sql.lost() == {"sql_limit": 2}


def test_thousands_of_executions_that_end_leave_nothing_behind(jvm):
    """A stream has one or two for each batch; all of them are in the totals, and none is lost."""
    sql = Sql(jvm)
    for number in range(3000):
        sql.start(number, [("Project", "rows", number, "sum")], time=number)
        sql.event("needs", number, stages=[number])
        sql.event("succeeded", number, attempt=0, index=0, updates=[[number, 2]])
        sql.end(number, time=number + 3)
    totals = {"active": 0, "completed": 3000, "failed": 0, "time.completed": 9000, "time.failed": 0}
    assert sql_of(sql.totals()) == totals
    assert sql.rows() == {("Project", "rows", "sum"): [6000, 2, 2]}
    assert sql.lost() == {}


@st.composite
def histories(draw):
    """Return executions: their metrics, and what the tasks of their stages and the driver do."""
    metrics = draw(
        st.lists(
            st.tuples(st.sampled_from(NODES), st.sampled_from(TYPES)), min_size=1, max_size=5, unique=True
        )
    )
    update = st.tuples(st.integers(0, len(metrics) - 1), st.integers(1, 10**12))
    task = st.tuples(st.integers(0, 1), st.integers(0, 3), st.lists(update, max_size=3))
    run = st.tuples(st.lists(task, max_size=8), st.lists(update, max_size=2))
    return metrics, draw(st.lists(run, min_size=1, max_size=4))


@given(history=histories())
@settings(deadline=None, max_examples=60)
def test_operator_totals_equal_an_independent_tally(shared_jvm, history):
    """Sums, the largest of a task, and the largest of the last execution."""
    metrics, runs = history
    sql = Sql(shared_jvm)
    expected = {(kind_of(node), "m", kind): [0, 0, 0] for node, kind in metrics}
    for number, (tasks, driver) in enumerate(runs):
        plan = [(node, "m", 100 * number + place, kind) for place, (node, kind) in enumerate(metrics)]
        sql.start(number, plan)
        sql.event("needs", number, stages=[2 * number, 2 * number + 1])
        added = [[] for _ in metrics]
        done = set()
        for stage, index, updates in tasks:
            ids = [[100 * number + place, amount] for place, amount in updates]
            sql.event("succeeded", 2 * number + stage, attempt=0, index=index, updates=ids)
            if (stage, index) not in done:
                done.add((stage, index))
                for place, amount in updates:
                    added[place].append(amount)
        for place, amount in driver:
            sql.event("measured", number, accumulator=100 * number + place, update=amount)
            added[place].append(amount)
        sql.end(number)
        for (node, kind), amounts in zip(metrics, added):
            row = expected[kind_of(node), "m", kind]
            row[:] = [row[0] + sum(amounts), max([row[1], *amounts]), max([0, *amounts])]
    assert sql.rows() == expected


@given(node=st.one_of(st.text(max_size=30), st.sampled_from(["Scan ", "Execute "]).flatmap(
    lambda head: st.text("abZ_9 .(", max_size=8).map(lambda tail: head + tail))))  # fmt: skip
@settings(deadline=None)
def test_plugin_and_daemon_agree_on_kinds(shared_jvm, node):
    """Of what is shown of running executions and of ended ones."""
    assert shared_jvm("operator_kind", node=node) == kind_of(node)


@pytest.mark.parametrize(("text", "reason"), SAMPLES)
def test_plugin_and_daemon_agree_on_reasons(jvm, text, reason):
    """The file of the patterns is the same."""
    assert jvm("removal_class", reason=text) == reason


def test_removals_by_reason_add_up_to_all_removals(jvm):
    """Also of those for which Spark gives no reason; every class is there from the start."""
    sql = Sql(jvm)
    assert len(sql.totals()) == 2 + len({reason for _, reason in SAMPLES})
    for text, _ in [*SAMPLES, (None, "other")]:
        jvm("executor_went", store=sql.store.number, reason=text)
    totals = sql.totals()
    assert totals["app.executors.removed"] == len(SAMPLES) + 1
    removals = {name: value for name, value in totals.items() if name.startswith("app.executor_removals.")}
    assert sum(removals.values()) == len(SAMPLES) + 1
    assert removals["app.executor_removals.other"] == 1 + sum(reason == "other" for _, reason in SAMPLES)
