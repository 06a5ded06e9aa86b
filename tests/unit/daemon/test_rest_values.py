"""What no driver should answer: a wrong value is published as it is, counted, or an error of its source."""

import contextlib
import copy
import functools

import pytest
from fake_spark import TARGET, FakeSpark, values
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_rig import VERSIONS, driver, make, recorded

from exporter.daemon.catalogue import load
from exporter.daemon.errors import SourceError
from exporter.daemon.frame import DUPLICATE, INVALID_VALUE, MALFORMED, TRUNCATED, Frame
from exporter.daemon.polled import rest_sources
from exporter.daemon.sources.connect import ConnectSource
from exporter.daemon.sources.executors import ExecutorsSource
from exporter.daemon.sources.jobs import JobsSource
from exporter.daemon.sources.rest import OPTIONAL, Api
from exporter.daemon.sources.stages import StagesSource
from exporter.daemon.sources.storage import StorageSource

JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("value", ["12", [1], {}, -1.5, "NaN!"])
def test_a_value_of_the_wrong_type_is_dropped_and_counted(value):
    """A counter is no text, no list and not negative; the others are published."""
    spark = driver("4.3.0")
    spark.answers["allexecutors"][0]["totalTasks"] = value
    frame = make(ExecutorsSource, spark).update().value

    assert frame.drops == {INVALID_VALUE: 1}
    assert len(values(frame, "spark_executor_tasks_started_total")) == len(spark.answers["allexecutors"]) - 1


BAD = (None, "12", "NaN", -5, [1], {})


@pytest.mark.parametrize("bad", BAD)
def test_what_is_no_sum_of_a_stage_is_counted(bad):
    """It adds nothing to the totals, before the stage has ended and after."""
    spark = FakeSpark()
    spark.start_job(1)
    spark.activate(0, 0)
    source = make(StagesSource, spark)
    source.update()
    spark.finish(0, 0)
    spark.stages[0, 0] |= {"executorRunTime": bad, "inputBytes": 3}
    spark.end_job(0)
    frames = [source.update().value for _ in range(3)]

    assert values(frames[-1], "spark_app_executor_run_time_seconds_total") == 0
    assert values(frames[-1], "spark_app_input_bytes_total") == 3
    assert [frame.drops for frame in frames] == [{INVALID_VALUE: 1}, {}, {}]


def test_a_stage_of_a_status_that_nobody_knows_is_counted():
    """It has no result, and its sums count all the same."""
    spark = FakeSpark()
    spark.start_job(1)
    spark.activate(0, 0)
    source = make(StagesSource, spark)
    source.update()
    spark.work(0, 0, 1_000)
    spark.finish(0, 0, "ODD")
    frame = source.update().value

    assert values(frame, "spark_app_stages_total") == {("completed",): 0, ("failed",): 0}
    assert values(frame, "spark_app_executor_run_time_seconds_total") == 1
    assert frame.drops == {INVALID_VALUE: 1}
    assert frame.culprits == {INVALID_VALUE: "spark_app_stages_total"}


@pytest.mark.parametrize(
    "ids", [{"stageId": None}, {"stageId": "0"}, {"attemptId": -1}, {"attemptId": 10**6}, {"stageId": 0.0}]
)
def test_a_stage_that_does_not_say_which_it_is_belongs_to_no_other(ids):
    """It is left out and counted, and one that is there twice counts once."""
    spark = FakeSpark()
    spark.start_job(1)
    spark.activate(0, 0)
    item = spark.stages[0, 0]
    spark.answers["stages"] = [item | {"inputBytes": 3}, item | {"inputBytes": 4} | ids, item]
    frame = make(StagesSource, spark).update().value

    assert values(frame, "spark_app_input_bytes_total") == 3
    assert values(frame, "spark_app_stages_active") == 1
    assert {MALFORMED, DUPLICATE} <= {*frame.drops}


def test_jobs_without_a_number_and_with_wrong_ones_are_counted():
    """What they say of stages and of time adds nothing."""
    spark = FakeSpark()
    for _ in range(2):
        spark.start_job(1)
    spark.end_job(1)
    spark.jobs[1] |= {"numSkippedStages": -1, "completionTime": "yesterday"}
    spark.jobs[0] |= {"name": 5, "submissionTime": 5, "numCompletedIndices": "1", "jobGroup": None}
    spark.answers["jobs"] = [*spark.jobs.values(), {"jobId": "2"}]
    del spark.answers["jobs"][1]["jobId"]
    frame = make(JobsSource, spark).update().value

    assert frame.drops[MALFORMED] >= 2
    assert frame.drops[INVALID_VALUE] == 3
    del spark.answers["jobs"]
    spark.jobs[1]["jobId"] = 1

    assert make(JobsSource, spark).update().value.drops == {INVALID_VALUE: 5}


@pytest.mark.parametrize("bad", BAD)
def test_a_sum_over_cached_data_of_one_name_is_right_or_not_there(bad):
    """The sum without one of its parts would be wrong."""
    spark = FakeSpark()
    first, second = ({"name": "a", "memoryUsed": used, "diskUsed": 5} for used in (bad, 7))
    spark.answers["storage/rdd"] = [first, second]
    frame = make(StorageSource, spark).update().value

    assert values(frame, "spark_storage_memory_used_bytes") == {}
    assert values(frame, "spark_storage_disk_used_bytes") == {("a",): 10}
    assert frame.drops == {INVALID_VALUE: 1}
    del first["memoryUsed"]
    assert values(make(StorageSource, spark).update().value, "spark_storage_memory_used_bytes") == {("a",): 7}


def test_executors_that_cannot_be_told_apart_are_counted():
    """Neither is one published that has no name, nor does a second one take the place of the first."""
    spark = FakeSpark()
    live = {"isActive": True, "totalCores": 2}
    spark.answers["allexecutors"] = [
        live | {"id": "1", "rddBlocks": 3},
        live | {"id": "1", "rddBlocks": 4},
        live | {"id": None},
        live,
    ]
    frame = make(ExecutorsSource, spark).update().value

    assert values(frame, "spark_executor_rdd_blocks") == {("1",): 3}
    assert values(frame, "spark_app_executors_added_total") == 1
    assert frame.drops == {DUPLICATE: 1, MALFORMED: 2}


def test_what_an_executor_does_not_say_as_spark_does_is_counted():
    """Times, places and lists; one of which it cannot be said whether it is gone has not gone."""
    spark = FakeSpark()
    odd = {"hostPort": 7, "addTime": "then", "resources": {"gpu": 3, "fpga": {"addresses": 4}}}
    odd |= {"id": "1", "isActive": "no", "blacklistedInStages": 5}
    spark.answers["allexecutors"] = [odd]
    frame = make(ExecutorsSource, spark).update().value

    assert frame.drops == {INVALID_VALUE: 6}
    assert values(frame, "spark_executor_up") == {("1",): 1}
    assert values(frame, "spark_app_executors_removed_total") == 0


def test_a_long_reason_of_a_removal_is_cut_and_counted():
    """As any other label."""
    spark = FakeSpark()
    gone = {"id": "1", "isActive": False, "totalCores": 1, "removeReason": "x" * 300}
    spark.answers["allexecutors"] = [gone]
    frame = make(ExecutorsSource, spark).update().value

    ((_, reason),) = values(frame, "spark_executor_removed_info")
    assert len(reason) == 200
    assert frame.drops == {TRUNCATED: 1}


@pytest.mark.parametrize("bad", BAD)
def test_what_a_connect_operation_does_not_say_as_spark_does_is_counted(bad):
    """Neither does it add to the time, nor does a second one of its id."""
    spark = FakeSpark()
    spark.answers["connect/sessions"] = [{"finishTimestamp": bad}]
    ended = {"operationId": "x", "state": "CLOSED", "duration": bad, "detail": 7, "sqlExecIds": 7}
    spark.answers["connect/operations"] = [ended, ended, {"state": "FAILED"}]
    frame = make(ConnectSource, spark).update().value

    assert values(frame, "spark_connect_sessions") == 1
    assert values(frame, "spark_connect_operation_time_seconds_total")[("finished",)] == 0
    assert frame.drops == {INVALID_VALUE: 4, DUPLICATE: 1, MALFORMED: 1}


@pytest.mark.parametrize(
    "bad", [7, "NaN", {}, None, [1.0], [1, 2, "x", 4], [1, 2, None, 4], [1, 2, 3, "Infinity"]]
)
def test_a_distribution_that_is_none_is_counted(bad):
    """Spark's word for no value is none of them."""
    spark = FakeSpark()
    spark.start_job(1)
    spark.activate(0, 0)
    spark.stages[0, 0]["numCompleteTasks"] = 1
    spark.answers["stages/0/0/taskSummary"] = {"executorRunTime": bad, "jvmGcTime": ["NaN"] * 4}
    frame = make(StagesSource, spark).update().value

    assert frame.drops == {INVALID_VALUE: 1}


def nodes_of(value, path=()):
    """Return the path of everything in a document."""
    inner = value.items() if type(value) is dict else enumerate(value) if type(value) is list else ()
    return [path, *[found for key, item in inner for found in nodes_of(item, (*path, key))]]


def documents(spark):
    return {**spark.answers, "jobs": spark.jobs, "stages": spark.stages, "sql": spark.executions}


@functools.cache
def places(version):
    """Return the path of everything that a driver of a version says, and what is published of it."""
    spark = driver(version)
    # An entry of a table is no answer of its own.
    least = {"jobs": 3, "stages": 3, "sql": 3}
    found = [path for path in nodes_of(documents(spark)) if len(path) >= least.get(path[:1] and path[0], 2)]
    return found, published(spark)


def published(spark):
    """Return by source its frames, or none where it has failed."""
    return {source.name: asked(source) for source in rest_sources(Api(spark, TARGET, "app-1"), load())}


def asked(source):
    try:
        return [source.update().value for _ in range(3)]
    except SourceError:
        return []


def is_said(before, after):
    """Say whether frames are the same, or one of them says that something is wrong, or there are none."""
    if not after or any(frame.drops for frame in after):
        return True
    same = [frame.columns for frame in before] == [frame.columns for frame in after]
    missed = [name for name in after[-1].columns if "_missed_" in name]
    return same or any(values(before[-1], name) != values(after[-1], name) for name in missed)


def wrong_for(value):
    """Return what may stand in place of a value and is none of its kind."""
    kinds = {None: type(None), "12": str, "NaN": str, 12: int, (1,): list, (): dict}
    number = isinstance(value, int | float)
    found = [bad for bad, kind in kinds.items() if kind is not type(value) and not (number and kind is int)]
    return [{(): {}, (1,): [1]}.get(bad, bad) for bad in found] + ([-5] if number else [])


@settings(deadline=None)
@given(st.sampled_from(VERSIONS), st.data())
def test_a_wrong_value_is_published_counted_or_an_error(version, data):
    """And else changes nothing of what is published."""
    found, before = places(version)
    spark = copy.deepcopy(driver(version))
    path = data.draw(st.sampled_from(found))
    place = functools.reduce(lambda inner, key: inner[key], path[:-1], documents(spark))
    if path[-1] == "status" and path[0] in ("jobs", "stages"):
        return
    bad = data.draw(st.sampled_from(wrong_for(place[path[-1]])))
    place[path[-1]] = bad
    for name, after in published(spark).items():
        as_it_came = bad == -5 and any(min(c.values) < 0 for frame in after for c in frame.columns.values())
        left_out = (bad is None and path[-1] in OPTIONAL) or (bad == "NaN" and "taskSummary" in path[0])
        assert is_said(before[name], after) or as_it_came or left_out, (name, path, bad)


@pytest.mark.parametrize("body", [b"", b"[", b'[{"id": ', b"{}", b"[1]", b"<html>", b"null", b'"x"'])
def test_a_wrong_answer_is_an_error_of_the_source(body):
    """Truncated JSON, other JSON, no JSON."""
    spark = FakeSpark()
    for path in ("allexecutors", "jobs", "stages", "storage/rdd", "sql"):
        spark.answers[path] = body
    for kind in (ExecutorsSource, JobsSource, StagesSource, StorageSource):
        with pytest.raises(SourceError) as caught:
            make(kind, spark).update()
        assert caught.value.reason == "invalid"


@settings(deadline=None)
@given(st.data())
def test_nothing_but_a_source_error_comes_out_of_any_document(data):
    """Whatever JSON stands in whatever place."""
    spark = driver("4.3.0")
    spark.answers["jobs"], spark.answers["stages"] = recorded("4.3.0", "jobs"), recorded("4.3.0", "stages")
    path = data.draw(st.sampled_from(sorted(spark.answers)))
    place = spark.answers
    key = path
    for _ in range(data.draw(st.integers(0, 4))):
        inner = place[key]
        if not isinstance(inner, (list, dict)) or not inner:
            break
        place, key = (
            inner,
            data.draw(st.sampled_from(sorted(inner) if type(inner) is dict else range(len(inner)))),
        )
    place[key] = data.draw(JUNK)
    for source in 2 * rest_sources(Api(spark, TARGET, "app-1"), load()):
        with contextlib.suppress(SourceError):
            assert isinstance(source.update().value, Frame)
