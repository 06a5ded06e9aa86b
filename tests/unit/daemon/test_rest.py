"""What real drivers of Spark 3.5.9 and 4.3.0 have answered, as samples; and what no driver should answer."""

import contextlib
import copy
import functools
import json
from pathlib import Path

import pytest
from fake_spark import TARGET, FakeSpark, values
from hypothesis import given, settings
from hypothesis import strategies as st

import removals
from exporter.daemon.catalogue import load
from exporter.daemon.errors import NotFoundError, SourceError
from exporter.daemon.frame import DUPLICATE, INVALID_VALUE, MALFORMED, TRUNCATED, Frame
from exporter.daemon.model import Application
from exporter.daemon.polled import polled_sources, rest_sources
from exporter.daemon.sources import REST
from exporter.daemon.sources.connect import ConnectSource
from exporter.daemon.sources.dstreams import DStreamsSource
from exporter.daemon.sources.environment import RuntimeSource, requested_executors
from exporter.daemon.sources.executors import MAX_REMOVED, ExecutorsSource
from exporter.daemon.sources.jobs import JobsSource
from exporter.daemon.sources.reasons import REASONS, classify
from exporter.daemon.sources.rest import OPTIONAL, Api, instant, slim
from exporter.daemon.sources.stages import StagesSource
from exporter.daemon.sources.storage import StorageSource

DATA = Path(__file__).parent / "data" / "rest"
VERSIONS = ("3.5.9", "4.3.0")
PATHS = {
    "allexecutors": "allexecutors",
    "storage": "storage/rdd",
    "environment": "environment",
    "statistics": "streaming/statistics",
    "receivers": "streaming/receivers",
    "batches": "streaming/batches",
    "connect_sessions": "connect/sessions",
    "connect_operations": "connect/operations",
}
JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def recorded(version, name):
    return json.loads((DATA / version / f"{name}.json").read_text("utf-8"))


def driver(version):
    """Return a driver that answers what a real one did."""
    spark = FakeSpark()
    for name, path in PATHS.items():
        if (DATA / version / f"{name}.json").exists():
            spark.answers[path] = recorded(version, name)
    spark.jobs = {job["jobId"]: job for job in recorded(version, "jobs")}
    spark.stages = {(item["stageId"], item["attemptId"]): item for item in recorded(version, "stages")}
    spark.executions = {item["id"]: item for item in recorded(version, "sql")}
    for stage, attempt in spark.stages:
        spark.answers[f"stages/{stage}/{attempt}/taskSummary"] = recorded(version, "taskSummary")
    return spark


def make(kind, spark):
    return kind(Api(spark, TARGET, "app-1"), load())


@pytest.fixture(params=VERSIONS)
def spark(request):
    """A driver of each version."""
    return driver(request.param)


def test_a_driver_of_each_version_is_read_without_a_fault(spark):
    """Every source gives samples, twice, and nothing is dropped."""
    sources = rest_sources(Api(spark, TARGET, "app-1"), load())
    assert {source.name for source in sources} == {*REST}
    for source in (*sources, *sources):
        frame = source.update().value
        assert frame.drops == {}
        assert frame.columns or (source.name == "connect" and "connect/sessions" not in spark.answers)


def test_executors_live_and_removed(spark):
    """A removed one keeps its counters and says why it went; the driver's age is not the time of tasks."""
    update = make(ExecutorsSource, spark).update()
    frame = update.value
    listed = {item["id"]: item for item in spark.answers["allexecutors"]}
    (gone,) = (name for name, item in listed.items() if not item["isActive"])

    assert update.facts.waiting is False
    assert values(frame, "spark_executor_up")[(gone,)] == 0
    assert values(frame, "spark_executor_removed_info") == {(gone, "Command exited with code 137"): 1}
    assert values(frame, "spark_app_executor_removals_total")[("sigkill",)] == 1
    assert values(frame, "spark_app_executors_removed_total") == 1
    assert values(frame, "spark_app_executors_added_total") == len(listed) - 1
    assert (gone,) not in values(frame, "spark_executor_rdd_blocks")
    seconds = values(frame, "spark_executor_task_time_seconds_total")
    assert seconds == {
        (name,): item["totalDuration"] / 1000 for name, item in listed.items() if name != "driver"
    }
    heap = values(frame, "spark_executor_peak_jvm_heap_bytes")[("driver",)]
    assert heap == listed["driver"]["peakMemoryMetrics"]["JVMHeapMemory"]


def test_running_stages_in_detail(spark):
    """Their sums, their progress, and how their tasks differ."""
    frame = make(StagesSource, spark).update().value
    (active, *_) = (item for item in spark.stages.values() if item["status"] == "ACTIVE")
    key = (str(active["stageId"]), str(active["attemptId"]))
    summary = spark.answers[f"stages/{key[0]}/{key[1]}/taskSummary"]

    assert values(frame, "spark_stage_tasks_expected")[key] == active["numTasks"]
    seconds = values(frame, "spark_stage_executor_run_time_seconds_total")[key]
    assert seconds == active["executorRunTime"] / 1000
    if active["numCompleteTasks"]:
        shown = values(frame, "spark_stage_task_run_time_seconds")
        assert shown[(*key, "95")] == summary["executorRunTime"][2] / 1000
        skew = values(frame, "spark_stage_task_run_time_skew_ratio")[key]
        assert skew == summary["executorRunTime"][3] / summary["executorRunTime"][0]
    else:
        assert values(frame, "spark_stage_task_run_time_seconds") == {}


def test_jobs_and_how_the_last_one_ended(spark):
    """The fact goes along with the frame."""
    update = make(JobsSource, spark).update()
    counts = values(update.value, "spark_app_jobs_total")
    ended = [job for job in spark.jobs.values() if job["status"] != "RUNNING"]
    last = max(ended, key=lambda job: (instant(job, "completionTime"), job["jobId"]))

    assert sum(counts.values()) == len(ended)
    assert update.facts.failed is (last["status"] == "FAILED")


def test_what_the_application_runs_on(spark):
    """One info metric, read once."""
    source = make(RuntimeSource, spark)
    (labels,) = values(source.update().value, "spark_app_environment_info")

    assert labels[0].startswith("17.")
    assert labels[1].startswith("2.1")
    assert labels[2:] == ("standalone", "client", "local-cluster[2,1,700]", "false")
    assert source.every == 0


@pytest.mark.parametrize(
    ("master", "more", "expected"),
    [
        ("k8s://https://10.0.0.1:443", {}, 50),
        ("yarn", {"spark.dynamicAllocation.enabled": "false"}, 50),
        ("yarn", {"spark.dynamicAllocation.enabled": "true"}, None),
        ("yarn", {"spark.executor.instances": "many"}, None),
        ("spark://10.0.0.1:7077", {}, None),
        ("local[4]", {}, None),
    ],
)
def test_how_many_executors_an_application_wants_all_the_time(spark, master, more, expected):
    """Where the cluster manager gives a fixed number. What is not set is Spark's own default, and no wish."""
    conf = {"spark.executor.instances": "50", **more, "spark.master": master}
    rest = [pair for pair in spark.answers["environment"]["sparkProperties"] if pair[0] not in conf]
    spark.answers["environment"]["sparkProperties"] = [*rest, *map(list, conf.items())]
    frame = make(RuntimeSource, spark).update().value

    assert values(frame, "spark_app_requested_executors") == ({} if expected is None else expected)
    del conf["spark.executor.instances"]
    assert requested_executors(conf) is None


def test_the_cache_by_name(spark):
    """Memory and disk; RDDs of one name are taken together."""
    spark.answers["storage/rdd"] += [spark.answers["storage/rdd"][0]]
    frame = make(StorageSource, spark).update().value
    first = spark.answers["storage/rdd"][0]
    name = " ".join(first["name"].split())

    assert values(frame, "spark_storage_rdds")[(name,)] == 2
    assert values(frame, "spark_storage_partitions")[(name,)] == 2 * first["numPartitions"]


def test_connect_operations_are_counted_once():
    """What Spark has closed after a failure is a failure; what it forgets stays counted."""
    spark = driver("4.3.0")
    source = make(ConnectSource, spark)
    for _ in range(2):
        frame = source.update().value
    assert values(frame, "spark_connect_sessions") == 1
    assert values(frame, "spark_connect_operations_active")[("started",)] == 1
    ended = {("finished",): 3.0, ("failed",): 1.0, ("canceled",): 0.0}
    assert values(frame, "spark_connect_operations_ended_total") == ended
    spark.answers["connect/operations"] = []

    assert values(source.update().value, "spark_connect_operations_ended_total") == ended


def test_connect_operations_that_were_canceled():
    """Spark closes them without a word; their last query has failed, and they have not."""
    spark = FakeSpark()
    spark.answers["connect/sessions"] = [{"finishTimestamp": 0}]
    closed = {"state": "CLOSED", "detail": "", "duration": 1_000}
    spark.answers["connect/operations"] = [
        closed | {"operationId": "canceled", "sqlExecIds": ["10", "9"]},
        closed | {"operationId": "finished", "sqlExecIds": ["9"]},
        closed | {"operationId": "forgotten", "sqlExecIds": ["8"]},
        closed | {"operationId": "without a query", "sqlExecIds": []},
        closed | {"operationId": "junk", "sqlExecIds": ["../jobs", None, 3]},
        closed | {"operationId": "failed", "sqlExecIds": ["10"], "detail": "division by zero"},
    ]
    spark.answers["sql/10"] = {"id": 10, "status": "FAILED"}
    spark.answers["sql/9"] = {"id": 9, "status": "COMPLETED"}
    frame = make(ConnectSource, spark).update().value

    ended = {("finished",): 4.0, ("failed",): 1.0, ("canceled",): 1.0}
    assert values(frame, "spark_connect_operations_ended_total") == ended


def connected(operations, started=0):
    """Return a driver with one session."""
    spark = FakeSpark()
    spark.answers["connect/sessions"] = [{"sessionId": "s", "finishTimestamp": 0, "totalExecution": started}]
    spark.answers["connect/operations"] = operations
    return spark


def operation(number, state="CLOSED", query=None):
    """Return an operation as Spark lists it."""
    listed = {"operationId": str(number), "sessionId": "s", "state": state, "finishTimestamp": 1000 - number}
    return listed | {"detail": "", "duration": 1_000, "sqlExecIds": [] if query is None else [str(query)]}


def of_connect(source):
    """Return what an update says of operations: finished and canceled ones, missed ones."""
    frame = source.update().value
    ended = values(frame, "spark_connect_operations_ended_total")
    return (
        ended["finished",],
        ended["canceled",],
        values(frame, "spark_exporter_missed_connect_operations_total"),
    )


def test_connect_operations_that_are_too_many_to_ask_about_are_put_off():
    """Those that ended first are asked about first, the others as soon as may be; each is counted once."""
    spark = connected([operation(number, query=number) for number in range(30)], started=30)
    for number in range(30):
        spark.answers[f"sql/{number}"] = {"id": number, "status": "FAILED"}
    source = make(ConnectSource, spark)

    assert of_connect(source) == (0, 20, 0)
    assert source.every == 1
    spark.answers["connect/operations"] = spark.answers["connect/operations"][:10]
    assert of_connect(source) == (0, 30, 0)
    assert source.every == 3
    assert of_connect(source) == (0, 30, 0)


def test_connect_operations_that_spark_forgot_are_missed():
    """Before they were listed, as they ran, and before they were asked about; a session tells of all."""
    spark = connected([operation(number, "FINISHED") for number in range(200)], started=200)
    source = make(ConnectSource, spark)
    assert of_connect(source) == (200, 0, 0)
    spark.answers |= connected([operation(number, "FINISHED") for number in range(500, 700)], 700).answers
    assert of_connect(source) == (400, 0, 300)
    assert of_connect(source) == (400, 0, 300)
    spark.answers |= connected([operation(700, "STARTED")], 700).answers
    assert of_connect(source) == (400, 0, 300)
    spark.answers |= connected([operation(number, query=1) for number in range(701, 726)], 726).answers
    assert of_connect(source) == (420, 0, 301)
    spark.answers["connect/operations"] = []

    assert of_connect(source) == (420, 0, 306)
    assert of_connect(make(ConnectSource, connected([], 7))) == (0, 0, 7)


def test_a_session_of_connect_that_is_late_misses_nothing():
    """Spark lists an operation first, and may be late to count it in its session, or to list that."""
    spark = connected([operation(number, "FINISHED") for number in range(5)], started=3)
    spark.answers["connect/sessions"][0]["sessionId"] = "other"
    spark.answers["connect/sessions"][0]["totalExecution"] = 0
    source = make(ConnectSource, spark)
    assert of_connect(source) == (5, 0, 0)
    spark.answers |= connected(spark.answers["connect/operations"][:1], 3).answers
    assert of_connect(source) == (5, 0, 0)
    spark.answers |= connected([], 6).answers
    assert of_connect(source) == (5, 0, 1)
    spark.answers |= connected([], 0).answers
    spark.answers["connect/sessions"] = []

    assert of_connect(source) == (5, 0, 1)


def test_connect_that_does_not_answer_for_once_is_not_counted_twice():
    """Nothing is known then."""
    spark = connected([operation(1, "FINISHED"), operation(2, "STARTED")], started=2)
    source = make(ConnectSource, spark)
    assert of_connect(source) == (1, 0, 0)
    lists = spark.answers
    spark.answers = {}
    assert of_connect(source) == (1, 0, 0)
    spark.answers = lists

    assert of_connect(source) == (1, 0, 0)


@pytest.mark.parametrize("kind", [ConnectSource, DStreamsSource])
def test_what_an_application_does_not_have_is_no_fault(kind):
    """Older versions of Spark do not know it either. It is looked for seldom."""
    spark = FakeSpark()
    source = make(kind, spark)

    assert source.update().value == Frame()
    assert source.every == 12


def test_a_driver_without_executors_waits():
    """Until the first one has come. In local mode, the driver is the executor."""
    spark = FakeSpark()
    item = {"id": "driver", "hostPort": "h:1", "isActive": True, "totalCores": 0}
    spark.answers["allexecutors"] = [item]
    source = make(ExecutorsSource, spark)
    assert source.update().facts.waiting is True
    spark.answers["allexecutors"] = [item | {"totalCores": 2}]

    assert source.update().facts.waiting is False


NO_EXECUTORS = [{"id": "driver", "hostPort": "h:1", "isActive": True, "totalCores": 0}]
LEAST, FIRST = "spark.dynamicAllocation.minExecutors", "spark.dynamicAllocation.initialExecutors"
ENABLED = "spark.dynamicAllocation.enabled"


@pytest.mark.parametrize(
    ("conf", "running", "waiting"),
    [
        ({}, [], True),
        ({ENABLED: "false"}, [], True),
        ({ENABLED: "true"}, [], False),
        ({ENABLED: "true"}, [{"jobId": 0, "status": "RUNNING"}], True),
        ({ENABLED: "true", LEAST: "2"}, [], True),
        ({ENABLED: "true", FIRST: "1"}, [], True),
        ({ENABLED: "true", LEAST: "0", FIRST: "0"}, [], False),
        ({ENABLED: "true", "spark.executor.instances": "3"}, [], True),
        (None, [], None),
    ],
)
def test_who_wants_no_executor_waits_for_none(conf, running, waiting):
    """Dynamic allocation may begin without one and ask for it when a job runs; None is not to be known."""
    spark = FakeSpark()
    spark.answers |= {"allexecutors": NO_EXECUTORS, "jobs": running}
    if conf is not None:
        spark.answers["environment"] = {"runtime": {}, "sparkProperties": [[*item] for item in conf.items()]}
    named = {source.name: source for source in rest_sources(Api(spark, TARGET, "app-1"), load())}
    named["jobs"].update()

    assert named["executors"].update().facts.waiting is waiting


def test_only_so_many_removed_executors_are_shown_and_all_are_counted():
    """Spark forgets removed executors, and ours are counted once."""
    spark = FakeSpark()
    gone = {"isActive": False, "totalCores": 1, "removeReason": "Executor killed by driver."}
    many = [{"id": str(n), "hostPort": "[::1]:1", **gone} for n in range(MAX_REMOVED + 5)]
    spark.answers["allexecutors"] = many
    source = make(ExecutorsSource, spark)
    first = source.update().value
    spark.answers["allexecutors"] = [*many[50:], {"id": "x", **gone, "removeReason": None}]
    second = source.update().value

    assert len(values(first, "spark_executor_up")) == MAX_REMOVED
    assert first.drops == {"limit": 5}
    assert values(first, "spark_executor_info")[("104", "::1")] == 1
    counts = values(second, "spark_app_executor_removals_total")
    assert (counts[("killed",)], counts[("other",)]) == (MAX_REMOVED + 5, 1)


def test_executors_that_spark_forgot_are_removed_for_some_reason():
    """Which one, it does not say; those that were seen removed before are not counted again."""
    spark = FakeSpark()
    works = {"isActive": True, "totalCores": 1}
    driver_of = {"id": "driver", "isActive": True, "totalCores": 0}
    names = ("1", "2", "3")
    spark.answers["allexecutors"] = [driver_of, *({"id": name, **works} for name in names)]
    source = make(ExecutorsSource, spark)
    source.update()
    gone = {"id": "1", "isActive": False, "totalCores": 1, "removeReason": "Executor killed by driver."}
    spark.answers["allexecutors"] = [driver_of, gone, {"id": "3", **works}]
    source.update()
    spark.answers["allexecutors"] = [driver_of, {"id": "3", **works}]
    for _ in range(2):
        frame = source.update().value

    counts = values(frame, "spark_app_executor_removals_total")
    assert {key: count for key, count in counts.items() if count} == {("killed",): 1, ("other",): 1}
    assert values(frame, "spark_app_executors_removed_total") == 2
    assert values(frame, "spark_app_executors_added_total") == 3
    assert values(frame, "spark_app_executors") == 1


@pytest.mark.parametrize(("text", "reason"), removals.SAMPLES)
def test_reasons_fall_into_classes(text, reason):
    """Of a bounded number."""
    assert classify(text) == reason
    assert reason in REASONS


@pytest.mark.parametrize("value", ["12", [1], {}, -1.5, "NaN!"])
def test_a_value_of_the_wrong_type_is_dropped_and_counted(value):
    """A counter is no text, no list and not negative; the others are published."""
    spark = driver("4.3.0")
    spark.answers["allexecutors"][0]["totalTasks"] = value
    frame = make(ExecutorsSource, spark).update().value

    assert frame.drops == {INVALID_VALUE: 1}
    assert len(values(frame, "spark_executor_tasks_started_total")) == len(spark.answers["allexecutors"]) - 1


def test_what_spark_leaves_out_is_no_sample(spark):
    """Versions of Spark differ in their fields, and what is an Option to Spark may be null."""
    for item in spark.answers["allexecutors"]:
        item["memoryMetrics"] = item["removeReason"] = item["removeTime"] = None
        del item["totalTasks"], item["hostPort"], item["addTime"], item["resources"]
    frame = make(ExecutorsSource, spark).update().value

    assert frame.drops == {}
    assert values(frame, "spark_executor_tasks_started_total") == {}
    assert values(frame, "spark_executor_storage_pool_used_bytes") == {}


LONG = "x" * 1_000_000


def test_of_many_jobs_only_what_is_used_is_kept_and_long_names_are_cut():
    """Of one that has begun since the list of the running ones, and of one that has ended."""
    spark = FakeSpark()
    for _ in range(2):
        spark.start_job(1)
    source = make(JobsSource, spark)
    spark.answers["jobs"] = []
    spark.answers["jobs/0"] = spark.jobs[0] | {"name": LONG, "jobGroup": 5, "description": LONG}
    spark.answers["jobs/1"] = spark.jobs[1] | {"name": LONG, "status": "SUCCEEDED", "completionTime": LONG}
    source.update()
    frame = source.update().value
    ((_, name, group),) = values(frame, "spark_job_info")

    assert (len(name), group) == (200, "")
    assert frame.drops == {TRUNCATED: 1, INVALID_VALUE: 2}


@pytest.mark.parametrize("kind", [StagesSource, ExecutorsSource, ConnectSource])
def test_long_texts_are_not_kept(kind):
    """Neither where names are expected, nor where numbers are."""
    spark = driver("4.3.0")
    for item in [*spark.stages.values(), *(item for listed in spark.answers.values() for item in listed)]:
        for key in item if type(item) is dict else ():
            if key in ("operationId", "name", "removeReason", "details", "executorRunTime", "schedulingPool"):
                item[key] = LONG
    for path in spark.answers:
        if path.endswith("taskSummary"):
            spark.answers[path]["executorRunTime"] = [LONG] * 4
    spark.answers["allexecutors"].append(spark.answers["allexecutors"][0] | {"id": LONG})
    source = make(kind, spark)
    for _ in range(2):
        frame = source.update().value

    assert frame.drops
    assert len(json.dumps(source.remember())) < 100_000
    assert max(len(label) for c in frame.columns.values() for key in c.keys for label in key) <= 200


@pytest.mark.parametrize("long", [LONG, [LONG], {"a": LONG}])
def test_of_a_document_what_is_long_is_left_out(long):
    """Whoever reads it finds something that is wrong, and nothing large."""
    assert slim({"a": long, "b": 1, "c": "short", "d": None}, ("a", "c", "d", "e")) == {
        "a": {},
        "c": "short",
        "d": None,
    }


def test_a_long_setting_is_no_wish(spark):
    """It is not kept either."""
    spark.answers["environment"]["sparkProperties"] += [
        ["spark.executor.instances", "1" * 10_000],
        [LONG, ""],
    ]
    source = make(RuntimeSource, spark)
    frame = source.update().value

    assert values(frame, "spark_app_requested_executors") == {}
    assert sum(map(len, source.conf())) < 10_000


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


def test_times_of_spark():
    """Its word for a time that has not come is none."""
    assert instant({"at": "2026-11-22T18:05:24.233GMT"}, "at") == 1795370724.233
    for text in ("1969-12-31T23:59:59.999GMT", "2026-13-22T18:05:24.233GMT", "yesterday", None, 5):
        assert instant({"at": text}, "at") is None


def test_an_application_is_asked_for_by_its_attempt_and_safely():
    """A history server has several; an id may hold any sign."""
    asked = []

    class Listening:
        def get(self, url, _params=None):
            asked.append(url)
            raise NotFoundError("http_status", "nothing")

    for attempt in ("", "2"):
        with pytest.raises(NotFoundError):
            Api(Listening(), "http://h", "app/1?", attempt).array("jobs")
    base = "http://h/api/v1/applications/app%2F1%3F"
    assert asked == [f"{base}/jobs", f"{base}/2/jobs"]


@pytest.mark.parametrize("served", [False, True])
def test_nothing_is_called_missed_where_the_plugin_gives_the_totals(served):
    """Of sources that are polled; what runs is shown in either case."""
    spark = FakeSpark()
    spark.execute(0, "COMPLETED", [{"nodeName": "Sort", "metrics": [{"name": "sort time", "value": "3 ms"}]}])
    spark.start_job(1)
    spark.activate(0, 0)
    application = Application("app-1", "etl", "", "4.3.0", "spark", 1.0)
    sources = polled_sources(spark, TARGET, application, load(), served=lambda: served)
    columns = {}
    for source in sources:
        if source.name in ("jobs", "stages", "sql"):
            columns |= source.update().value.columns

    missed = {f"spark_exporter_missed_{what}_total" for what in ("jobs", "stages", "sql_executions")}
    assert missed & {*columns} == (set() if served else missed)
    assert {"spark_job_info", "spark_stage_info"} <= {*columns}


def test_what_spark_forgets_is_read_first():
    """Everything else can be read later; the configuration is read once."""
    names = [source.name for source in rest_sources(Api(FakeSpark(), TARGET, "app-1"), load())]

    assert names[:4] == ["runtime", "jobs", "stages", "sql"]
