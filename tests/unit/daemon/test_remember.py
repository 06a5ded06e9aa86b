"""A source that goes on for another one after a restart says what that one would have said."""

import pytest
from afresh import kept_by, succeed
from fake_spark import TARGET, FakeSpark, values
from hypothesis import given
from hypothesis import strategies as st

from exporter.daemon.catalogue import load
from exporter.daemon.errors import SourceError
from exporter.daemon.sources import AddingSource
from exporter.daemon.sources.connect import ConnectSource
from exporter.daemon.sources.executors import ExecutorsSource
from exporter.daemon.sources.jobs import JobsSource
from exporter.daemon.sources.rest import Api
from exporter.daemon.sources.sql import SqlSource
from exporter.daemon.sources.stages import StagesSource
from exporter.daemon.state.document import encode_part

SOURCES = (ConnectSource, ExecutorsSource, JobsSource, SqlSource, StagesSource)
REASONS = ("Command exited with code 137", "worker lost", "killed by driver", "")
VALUES = st.sampled_from(["0.1 s", "3 ms", "17.3 KiB", "5", "1,234", "many", "2.7 m"])
OPERATORS = st.builds(
    lambda kind, name, value: {"nodeName": kind, "metrics": [{"name": name, "value": value}]},
    st.sampled_from(["Sort", "Range (2)", "Scan parquet t"]),
    st.sampled_from(["duration", "peak memory", "avg hash probes per key", "rows"]),
    VALUES,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 2**64) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


def made(kind, spark):
    return kind(Api(spark, TARGET, "app-1"), load())


def counters(frame):
    """Return all samples of a frame by metric: what a restart must not change."""
    return {name: values(frame, name) for name in frame.columns}


class Relay:
    """One source that goes on and one that is replaced again and again, asked of the same Spark."""

    def __init__(self, kind):
        self.kind = kind
        self.spark = FakeSpark()
        self.lasting, self.replaced = made(kind, self.spark), made(kind, self.spark)

    def poll(self, restart):
        if restart:
            self.replaced = succeed(made(self.kind, self.spark), kept_by(self.replaced))
        expected, found = self.lasting.update().value, self.replaced.update().value
        assert counters(found) == counters(expected)
        return expected


@given(st.data())
def test_sql_executions_go_on(data):
    """Sums of operators to the last bit, what ran, and what has yet to be added up."""
    relay = Relay(SqlSource)
    for number in range(data.draw(st.integers(1, 8))):
        relay.spark.execute(number, "RUNNING", data.draw(st.lists(OPERATORS, max_size=2)))
        relay.poll(data.draw(st.booleans()))
        for earlier, item in relay.spark.executions.items():
            if item["status"] == "RUNNING" and data.draw(st.booleans()):
                status = data.draw(st.sampled_from(["COMPLETED", "FAILED"]))
                nodes = data.draw(st.lists(OPERATORS, max_size=5))
                relay.spark.execute(earlier, status, nodes, data.draw(st.integers(0, 10**6)))
        relay.poll(data.draw(st.booleans()))


@given(st.data())
def test_executors_go_on(data):
    """Spark forgets the removed ones, some before anybody has seen them so, and nobody is counted twice."""
    relay = Relay(ExecutorsSource)
    listed, seen, left = {}, set(), set()
    for step in range(data.draw(st.integers(1, 8))):
        for name in [str(10 * step + more) for more in range(data.draw(st.integers(0, 3)))]:
            listed[name] = {"id": name, "isActive": True, "totalCores": 1}
        for name in list(listed):
            if data.draw(st.booleans()):
                listed[name] |= {"isActive": False, "removeReason": data.draw(st.sampled_from(REASONS))}
            elif data.draw(st.booleans()):
                del listed[name]
        relay.spark.answers["allexecutors"] = list(listed.values())
        frame = relay.poll(data.draw(st.booleans()))
        seen |= listed.keys()
        left |= {name for name in seen if name not in listed or not listed[name]["isActive"]}
        assert values(frame, "spark_app_executors_added_total") == len(seen)
        assert values(frame, "spark_app_executors_removed_total") == len(left)


@given(st.data())
def test_operations_of_spark_connect_go_on(data):
    """Each is counted once, also if Spark still lists it after the restart."""
    relay = Relay(ConnectSource)
    listed = {}
    for step in range(data.draw(st.integers(1, 8))):
        started = step + data.draw(st.integers(-1, 3))
        relay.spark.answers["connect/sessions"] = [{"sessionId": "s", "totalExecution": started}]
        state = data.draw(st.sampled_from(["FINISHED", "FAILED", "STARTED"]))
        listed[step] = {"operationId": str(step), "state": state, "duration": data.draw(st.integers(0, 9999))}
        listed[step]["sessionId"] = data.draw(st.sampled_from(["s", "other"]))
        if data.draw(st.booleans()):
            listed.pop(min(listed))
        relay.spark.answers["connect/operations"] = list(listed.values())
        relay.poll(data.draw(st.booleans()))


@pytest.mark.parametrize(
    ("kind", "name"),
    [(StagesSource, "spark_exporter_missed_stages_total"), (JobsSource, "spark_exporter_missed_jobs_total")],
)
@pytest.mark.parametrize("forgotten", [3, 500])
def test_what_spark_forgot_in_between_is_missed(kind, name, forgotten):
    """However much it was, and although nothing runs when the next daemon looks."""
    spark = FakeSpark()
    for _ in range(5):
        finished_job(spark)
    source = made(kind, spark)
    source.update()
    for _ in range(forgotten + 4):
        finished_job(spark)
    for number in range(5 + forgotten):
        spark.forget_stage(number, 0)
        del spark.jobs[number]
    frame = succeed(made(kind, spark), kept_by(source)).update().value

    ended = {"stages": "spark_app_stages_total", "jobs": "spark_app_jobs_total"}[kind.name]
    assert sum(values(frame, ended).values()) == 9
    assert values(frame, name) == forgotten


def test_a_list_that_is_too_large_is_done_without():
    """What is near is found one by one."""
    spark = FakeSpark()
    finished_job(spark)
    source = made(StagesSource, spark)
    source.update()
    finished_job(spark)
    find = spark._find_stages

    def refuse(number, status):
        if not number and status is None:
            raise SourceError("too_large", "more than 64 MB")
        return find(number, status)

    spark._find_stages = refuse
    frame = succeed(made(StagesSource, spark), kept_by(source)).update().value

    assert values(frame, "spark_app_stages_total")[("completed",)] == 2
    assert values(frame, "spark_exporter_missed_stages_total") == 0


def test_a_stage_that_a_job_needs_is_remembered_before_it_is_seen():
    """So that it is read once more when its job has ended, whichever daemon that is."""
    spark = FakeSpark()
    spark.start_job(1)
    spark.jobs[0]["stageIds"].append(7)
    source = made(StagesSource, spark)
    source.update()

    assert kept_by(source)["books"]["awaited"] == [7]
    succeed(made(StagesSource, spark), kept_by(source))


def test_a_long_life_is_kept_briefly():
    """Sums, not history."""
    spark = FakeSpark()
    source = made(StagesSource, spark)
    for _ in range(100):
        for _ in range(100):
            finished_job(spark)
        source.update()
    many = spark.start_job(10_000)
    for stage in spark.jobs[many]["stageIds"]:
        spark.finish(stage, 0)
    spark.start_job(1)
    source.update()
    with_one_job = len(encode_part(source.remember()))
    spark.end_job(many)
    source.update()
    source.update()

    assert with_one_job < 200_000
    assert len(encode_part(source.remember())) < 50_000


@pytest.mark.parametrize("kind", SOURCES, ids=lambda kind: kind.name)
@given(data=st.data())
def test_what_no_source_remembers_is_refused(kind, data):
    """With a sentence, never with a defect, whichever part of it is something else."""
    kept = kept_by(made(kind, FakeSpark()))
    place, key = kept, None
    while key is None or (type(place[key]) is dict and place[key] and data.draw(st.booleans())):
        place = place if key is None else place[key]
        key = data.draw(st.sampled_from(sorted(place)))
    place[key] = data.draw(JSON)
    source = made(kind, FakeSpark())
    assert isinstance(source, AddingSource)
    refusal = refusal_of(source, kept)
    if refusal is None:
        assert set(kept_by(source)) == set(kept)
    else:
        assert refusal.reason == "invalid"
        assert ": expected " in str(refusal)


@pytest.mark.parametrize(
    ("kind", "change", "expected"),
    [
        (JobsSource, {"next": -1}, "jobs.next: expected a whole number, zero or more, found -1"),
        (JobsSource, {"next": True}, "jobs.next: expected a whole number, zero or more, found True"),
        (
            JobsSource,
            {"running": [1, "2"]},
            "jobs.running[1]: expected a whole number, zero or more, found '2'",
        ),
        (
            JobsSource,
            {"ended": {"failed": 1}},
            "jobs.ended: expected counts of succeeded, failed, found ['failed']",
        ),
        (JobsSource, {"newest": [1.0, 2]}, "jobs.newest.failed: expected true or false, found None"),
        (StagesSource, {"books": []}, "stages.books: expected an object, found []"),
        (SqlSource, {"bare": None}, "sql.bare: expected an array, found None"),
        (ConnectSource, {"waiting": None}, "connect.waiting: expected an array, found None"),
        (ConnectSource, {"known": []}, "connect.known: expected an object, found []"),
        (
            ConnectSource,
            {"known": {"s": -1}},
            "connect.known.s: expected a whole number, zero or more, found -1",
        ),
        (ConnectSource, {"missed": "1"}, "connect.missed: expected a whole number, zero or more, found '1'"),
        (ExecutorsSource, {"added": [1]}, "executors.added[0]: expected a string, found 1"),
    ],
)
def test_what_is_wrong_is_named(kind, change, expected):
    """With its place and what should be there."""
    source = made(kind, FakeSpark())
    with pytest.raises(SourceError) as caught:
        source.recall({**kept_by(source), **change})

    assert str(caught.value) == expected


@pytest.mark.parametrize(
    ("part", "change", "expected"),
    [
        (
            "totals",
            {"fields": ["a"]},
            "stages.totals.fields: expected those that this version adds up, found ['a']",
        ),
        ("books", {"missed": 0.5}, "stages.books.missed: expected a whole number, zero or more, found 0.5"),
        (
            "books",
            {"live": [[1]]},
            "stages.books.live[0]: expected a whole number and what belongs to it, found [1]",
        ),
        (
            "books",
            {"done": [[1, 10**9]]},
            "stages.books.done: expected numbers up to 10000, found 1000000000",
        ),
        (
            "books",
            {"open": [[3, [[10**9, None]]]]},
            "stages.books.open of stage 3: expected attempts up to 10000, found 1000000000",
        ),
    ],
)
def test_wrong_books_are_named(part, change, expected):
    """Those of stages have parts of their own."""
    source = made(StagesSource, FakeSpark())
    kept = kept_by(source)
    kept[part] |= change
    with pytest.raises(SourceError) as caught:
        source.recall(kept)

    assert str(caught.value) == expected


def test_sums_are_numbers_that_never_go_back():
    """NaN and infinity are no JSON; what is negative, or no number, is refused."""
    source = made(StagesSource, FakeSpark())
    for wrong in (-1, -0.5, "1", None, True):
        kept = kept_by(source)
        kept["totals"]["sums"][0] = wrong
        with pytest.raises(SourceError) as caught:
            source.recall(kept)
        assert str(caught.value) == f"stages.totals.sums[0]: expected a number, zero or more, found {wrong!r}"


def refusal_of(source, kept):
    try:
        source.recall(kept)
    except SourceError as error:
        return error
    return None


def finished_job(spark):
    job = spark.start_job(1)
    (stage,) = spark.jobs[job]["stageIds"]
    spark.work(stage, 0, 1)
    spark.finish(stage, 0)
    spark.end_job(job)
