"""SQL executions are followed by their ids; their operators become totals."""

import json
import pickle

import pytest
from fake_spark import TARGET, FakeSpark, values

from exporter.daemon import operators
from exporter.daemon.catalogue import load
from exporter.daemon.errors import SourceError
from exporter.daemon.frame import INVALID_VALUE, LIMIT, MALFORMED, TRUNCATED
from exporter.daemon.sources import follow
from exporter.daemon.sources.operators import MAX_KINDS
from exporter.daemon.sources.rest import Api
from exporter.daemon.sources.sql import LATE, MAX_READ, ROUNDS, SETTLED, SqlSource

TOTAL = "total (min, med, max (stageId: taskId))\n"
RAN = ({"nodeName": "Sort", "metrics": [{"name": "sort time", "value": "3 ms"}]},)


def node(name, **metrics):
    return {
        "nodeName": name,
        "metrics": [{"name": key.replace("_", " "), "value": value} for key, value in metrics.items()],
    }


WRONG = (None, "12", -5, "NaN", [1], {})


@pytest.fixture
def spark():
    return FakeSpark()


@pytest.fixture
def sql(spark):
    return SqlSource(Api(spark, TARGET, "app-1"), load())


def results(frame):
    return {key[0]: value for key, value in values(frame, "spark_sql_executions_total").items()}


def test_an_application_without_sql_has_no_metric_of_it(spark, sql):
    """And what is not there is no fault."""
    assert sql.update().value.columns == {}
    spark.executions = None
    assert sql.update().value.columns == {}


def test_an_execution_is_shown_while_it_runs_and_counted_once(spark, sql):
    """Its plan is read once, and again at its end, when Spark has the metrics."""
    spark.execute(0, nodes=[node("Range"), node("Sort"), node("Sort")], duration=1500)
    running = sql.update().value
    sql.update()
    spark.execute(0, "COMPLETED", RAN, duration=2500)
    sql.update()
    ended = sql.update().value

    assert values(running, "spark_sql_executions_active") == 1
    assert values(running, "spark_sql_execution_duration_seconds") == {("0",): 1.5}
    assert values(running, "spark_sql_execution_operators") == {("0", "Range"): 1, ("0", "Sort"): 2}
    assert values(running, "spark_sql_execution_jobs")[("0", "running")] == 1
    assert results(ended) == {"completed": 1, "failed": 0}
    assert values(ended, "spark_sql_execution_time_seconds_total")[("completed",)] == 2.5
    assert values(ended, "spark_sql_execution_info") == {}
    full = [path for path, params, _ in spark.requests if params.get("details") == "true" and path == "sql/0"]
    assert len(full) == 2


def test_metrics_that_come_late_are_waited_for_once(spark, sql):
    """The driver adds them up after the end of the execution."""
    spark.execute(0, "COMPLETED", [node("Sort")])
    assert results(sql.update().value) == {"completed": 0, "failed": 0}
    spark.execute(0, "COMPLETED", RAN)
    frame = sql.update().value
    spark.execute(1, "FAILED", [node("Sort")])
    for _ in range(3):
        last = sql.update().value

    assert values(frame, "spark_sql_operator_time_seconds_total") == {("Sort", "sort time"): 0.003}
    assert results(last) == {"completed": 1, "failed": 1}


def test_ids_may_have_gaps_and_the_ui_forgets(spark, sql):
    """What was forgotten unread is counted as missed, and nothing is counted twice."""
    for number in (5, 6, 9, 40):
        spark.execute(number, "COMPLETED", RAN)
    for _ in range(2 * follow.FAR):
        frame = sql.update().value
    assert results(frame)["completed"] == 4
    for number in (5, 6, 9, 40):
        del spark.executions[number]
    spark.execute(200, "FAILED", RAN)
    for _ in range(1 + ROUNDS):
        frame = sql.update().value

    assert results(frame) == {"completed": 4, "failed": 1}
    assert values(frame, "spark_exporter_missed_sql_executions_total") == 201 - 5


@pytest.mark.parametrize("afresh", [False, True])
def test_an_execution_whose_plan_takes_long_comes_late(spark, sql, afresh):
    """Each gets its number first; which of them the UI shows first is another matter."""
    spark.execute(1, "COMPLETED", RAN)
    first = sql.update().value
    for _ in range(ROUNDS - 2):
        sql.update()
    if afresh:
        kept, sql = json.loads(json.dumps(sql.remember())), SqlSource(Api(spark, TARGET, "app-1"), load())
        sql.recall(kept)
    spark.execute(0)
    running = sql.update().value
    spark.execute(0, "FAILED", RAN)
    sql.update()
    last = sql.update().value

    assert results(first) == {"completed": 1, "failed": 0}
    assert values(running, "spark_sql_executions_active") == 1
    assert results(last) == {"completed": 1, "failed": 1}
    assert values(last, "spark_exporter_missed_sql_executions_total") == 0


def test_a_late_execution_that_cannot_be_read_holds_nothing_up(spark, sql):
    """It is missed, and the others are followed."""
    spark.execute(1, "COMPLETED", RAN)
    sql.update()
    spark.answers["sql/0"] = SourceError("too_large", "more than 64 MB")
    spark.execute(2, "COMPLETED", RAN)
    for _ in range(ROUNDS):
        with pytest.raises(SourceError):
            sql.update()
    frame = sql.update().value

    assert results(frame)["completed"] == 2
    assert values(frame, "spark_exporter_missed_sql_executions_total") == 1


def test_a_number_given_to_nothing_is_looked_for_a_few_times(spark, sql):
    """However many there are."""
    for number in range(1, 20 * LATE, 2):
        spark.execute(number, "COMPLETED", RAN)
    for _ in range(2 * ROUNDS):
        frame = sql.update().value
    spark.requests.clear()
    sql.update()

    assert results(frame)["completed"] == 10 * LATE
    assert values(frame, "spark_exporter_missed_sql_executions_total") == 10 * LATE
    assert len(spark.requests) < 10


def test_an_execution_that_is_forgotten_while_it_runs_is_missed(spark, sql):
    """Its end was not seen."""
    spark.execute(0)
    sql.update()
    spark.executions.clear()
    frame = sql.update().value

    assert values(frame, "spark_sql_executions_active") == 0
    assert values(frame, "spark_exporter_missed_sql_executions_total") == 1


@pytest.mark.parametrize("status", ["RUNNING", "COMPLETED"])
@pytest.mark.parametrize("failing", [1, 2])
def test_a_failed_look_at_a_running_execution_loses_nothing(spark, sql, status, failing, monkeypatch):
    """Its end is counted by the next poll."""
    spark.execute(0)
    sql.update()
    spark.execute(0, status, RAN)
    get, asked = spark.get, iter(range(1, 100))

    def fail(*arguments, **options):
        if next(asked) == failing:
            raise SourceError("timeout", "too slow")
        return get(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(spark, "get", fail)
        with pytest.raises(SourceError):
            sql.update()
    spark.execute(0, "COMPLETED", RAN)

    assert results(sql.update().value)["completed"] == 1


def test_a_long_past_is_read_in_parts(spark, sql):
    """A poll reads so many and says that there is more."""
    for number in range(MAX_READ + 50):
        spark.execute(number, "COMPLETED", RAN)
    first = sql.update().value
    behind, every = sql.behind, sql.every
    second = sql.update().value

    assert (results(first)["completed"], behind, every) == (MAX_READ, True, 1)
    assert (results(second)["completed"], sql.behind, sql.every) == (MAX_READ + 50, False, 3)


def test_operator_metrics_become_numbers(spark, sql):
    """Times, sizes, counts, peaks and averages; what cannot be read is counted."""
    nodes = [
        node("Scan parquet spark_catalog.default.t", number_of_output_rows="1,200", scan_time="1.5 s"),
        node(
            "HashAggregate",
            spill_size=TOTAL + "2.0 KiB (0.0 B, 1.0 KiB, 1.0 KiB (stage 3.0: task 7))",
            peak_memory=TOTAL + "18.0 MiB (9.0 MiB, 9.0 MiB, 9.0 MiB (stage 3.0: task 7))",
            avg_hash_probes_per_key="(min, med, max (stageId: taskId)):\n(1, 1.2, 3 (stage 3.0: task 7))",
            odd="many",
        ),
        node("WholeStageCodegen (3)", duration=TOTAL + "2.0 s (1.0 s, 1.0 s, 1.0 s (stage 3.0: task 7))"),
        "nonsense",
    ]
    for number in range(2):
        spark.execute(number, "COMPLETED", nodes)
    frame = sql.update().value

    assert values(frame, "spark_sql_operator_time_seconds_total") == {
        ("Scan parquet", "scan time"): 3.0,
        ("WholeStageCodegen", "duration"): 4.0,
    }
    assert values(frame, "spark_sql_operator_size_bytes_total") == {("HashAggregate", "spill size"): 4096.0}
    assert values(frame, "spark_sql_operator_events_total") == {
        ("Scan parquet", "number of output rows"): 2400.0
    }
    assert values(frame, "spark_sql_operator_peak_memory_bytes") == {("HashAggregate",): 18 * 2**20}
    assert values(frame, "spark_sql_operator_average") == {("HashAggregate", "avg hash probes per key"): 3.0}
    assert frame.drops == {MALFORMED: 4}


def test_what_a_stateful_operator_holds_is_not_added_up(spark, sql):
    """Each batch says it anew; a sum over the batches would be no amount of anything."""
    state = node(
        "StateStoreSave",
        memory_used_by_state="10.0 KiB",
        number_of_total_state_rows="10",
        number_of_updated_state_rows="4",
    )
    for batch in range(2):
        spark.execute(batch, "COMPLETED", [state])
    frame = sql.update().value
    assert values(frame, "spark_sql_operator_events_total") == {
        ("StateStoreSave", "number of updated state rows"): 8
    }
    assert values(frame, "spark_sql_operator_size_bytes_total") == {}


def test_only_the_operators_that_took_most_time_are_shown(spark, sql):
    """Data sources may bring any number of kinds; what lost its name, or is left out, is counted."""
    nodes = [node(f"Kind{n}", duration=f"{n} ms") for n in range(MAX_KINDS + 20)]
    spark.execute(0, "COMPLETED", nodes)
    frame = sql.update().value
    shown = values(frame, "spark_sql_operator_time_seconds_total")

    assert len(shown) == operators.MAX_SHOWN
    assert ("Kind199", "duration") in shown
    assert ("other", "duration") in shown
    assert frame.drops == {LIMIT: 20 + (MAX_KINDS + 1 - operators.MAX_SHOWN)}


def test_an_operator_that_was_shown_stays(spark, sql):
    """Though others have taken more time since, and also if it says nothing of time."""
    first = [node(f"Kind{n}", number_of_output_rows="7") for n in range(operators.MAX_SHOWN)]
    spark.execute(0, "COMPLETED", first)
    before = values(sql.update().value, "spark_sql_operator_events_total")
    spark.execute(1, "COMPLETED", [node(f"Slow{n}", duration=f"{n + 1} s") for n in range(50)])
    frame = sql.update().value

    assert len(before) == operators.MAX_SHOWN
    assert values(frame, "spark_sql_operator_events_total") == before
    assert len(values(frame, "spark_sql_operator_time_seconds_total")) == operators.MAX_SHOWN
    assert frame.drops == {LIMIT: 50 - operators.MAX_SHOWN}


def test_of_kinds_without_times_the_first_are_shown(spark, sql):
    """Not those whose names come first in the alphabet."""
    nodes = [node(f"Kind{n}", number_of_output_rows="1") for n in reversed(range(operators.MAX_SHOWN + 5))]
    spark.execute(0, "COMPLETED", nodes)
    shown = values(sql.update().value, "spark_sql_operator_events_total")

    assert (f"Kind{operators.MAX_SHOWN + 4}", "number of output rows") in shown
    assert ("Kind0", "number of output rows") not in shown


@pytest.mark.parametrize(("ago", "counted"), [(SETTLED - 5, 0), (SETTLED + 5, 1)])
def test_only_what_has_ended_just_now_is_waited_for(spark, ago, counted):
    """An execution without metrics that ended long ago will never have any."""
    started = 1795370400.0
    spark.execute(0, "COMPLETED", [node("CreateTable")], duration=2000)
    spark.executions[0]["submissionTime"] = "2026-11-22T18:00:00.000GMT"
    sql = SqlSource(Api(spark, TARGET, "app-1"), load(), now=lambda: started + 2 + ago)

    assert results(sql.update().value)["completed"] == counted
    assert results(sql.update().value)["completed"] == 1


def test_totals_are_left_to_the_plugin_where_there_is_one(spark):
    """Its numbers are exact; what runs is shown all the same, and nothing is called missed."""
    spark.execute(3, "COMPLETED", RAN)
    spark.execute(4, "RUNNING", [node("Sort")])
    served = SqlSource(Api(spark, TARGET, "app-1"), load(), served=lambda: True)
    served.update()

    assert {*served.update().value.columns} == {
        "spark_sql_execution_info",
        "spark_sql_execution_duration_seconds",
        "spark_sql_execution_jobs",
        "spark_sql_execution_operators",
    }


@pytest.mark.parametrize("bad", WRONG)
def test_a_duration_that_is_none_is_counted(spark, sql, bad):
    """It adds nothing to the time of the executions that have ended."""
    spark.execute(0, "COMPLETED", RAN, duration=bad)
    frame = sql.update().value

    assert values(frame, "spark_sql_execution_time_seconds_total")[("completed",)] == 0
    assert frame.drops == {INVALID_VALUE: 1}


@pytest.mark.parametrize("bad", [*WRONG, "-5 ms"])
def test_a_metric_of_an_operator_that_is_none_is_counted(spark, sql, bad):
    """Whether it is no text, no form of Spark's or less than nothing; an empty text is no value."""
    bad = "-5" if bad == -5 else "many" if bad == "12" else bad
    metrics = [{"name": "sort time", "value": bad}, {"name": "spill size", "value": ""}]
    spark.execute(0, "COMPLETED", [{"nodeName": "Sort", "metrics": metrics}])
    frame = sql.update().value

    assert values(frame, "spark_sql_operator_time_seconds_total") == {}
    assert values(frame, "spark_sql_operator_events_total") == {}
    assert sum(frame.drops.values()) == 1


@pytest.mark.parametrize("metric", ["peak memory", "sort time"])
def test_less_than_nothing_is_counted(spark, sql, metric):
    """A peak would stay 0, and a sum would stay what it was."""
    spark.execute(0, "COMPLETED", [{"nodeName": "Sort", "metrics": [{"name": metric, "value": "-5.0 B"}]}])
    frame = sql.update().value

    assert values(frame, "spark_sql_operator_peak_memory_bytes") == {}
    assert frame.drops == {MALFORMED: 1}


def test_what_is_no_part_of_a_plan_is_counted(spark, sql):
    """Of an execution that runs, and of one that has ended."""
    for number, status in enumerate(("RUNNING", "COMPLETED")):
        plan = [{"nodeName": 7, "metrics": 7}, {"nodeName": "Sort", "metrics": [7]}, 7, *RAN]
        spark.execute(number, status, plan)
    spark.executions[0] |= {"description": 7, "runningJobIds": 7, "failedJobIds": [1, "x"]}
    frame = sql.update().value

    # The nodes of both, the metrics of the second, and three of what is said of the first.
    assert frame.drops == {INVALID_VALUE: 6, MALFORMED: 3}
    assert values(frame, "spark_sql_execution_jobs")[("0", "failed")] == 1


def test_a_list_whose_entry_has_no_id_is_counted(spark, sql):
    """Nobody can tell where to go on."""
    spark.executions = {}
    spark.answers["sql"] = [{"id": "7"}]

    assert sql.update().value.drops == {MALFORMED: 1}


def test_of_long_texts_only_what_is_shown_is_kept(spark, sql):
    """Descriptions, names of operators and of metrics: of what runs and of what has ended."""
    long = "x" * 1_000_000
    odd = {"nodeName": long, "metrics": [{"name": long, "value": "3 ms"}]}
    spark.execute(0, nodes=[odd], duration=1_000)
    spark.executions[0] |= {"description": long, "planDescription": long}
    spark.execute(1, "COMPLETED", [odd])
    frames = [sql.update().value for _ in range(2)]

    ((_, description),) = values(frames[1], "spark_sql_execution_info")
    ((kind, metric),) = values(frames[1], "spark_sql_operator_time_seconds_total")
    assert {len(description), len(kind), len(metric)} == {200}
    assert values(frames[1], "spark_sql_execution_operators") == {("0", kind): 1}
    # The plans are read once.
    assert [frame.drops for frame in frames] == [{TRUNCATED: 4}, {TRUNCATED: 1}]
    assert len(pickle.dumps(sql._running)) < 10_000
    assert len(json.dumps(sql.remember())) < 10_000


def test_a_plan_of_too_many_kinds_is_shown_with_other(spark, sql):
    """Of an execution that runs."""
    spark.execute(0, nodes=[node(f"Odd{number}") for number in range(MAX_KINDS + 3)])
    frame = sql.update().value

    found = values(frame, "spark_sql_execution_operators")
    assert len(found) == MAX_KINDS + 1
    assert found[("0", "other")] == 3
    assert frame.drops == {LIMIT: 3}
