"""What real drivers of Spark 3.5.9 and 4.3.0 have answered, as samples."""

import json

import pytest
from fake_spark import TARGET, FakeSpark, values
from rest_rig import VERSIONS, driver, make

import removals
from exporter.daemon.catalogue import load
from exporter.daemon.errors import NotFoundError
from exporter.daemon.frame import INVALID_VALUE, TRUNCATED, Frame
from exporter.daemon.model import Application
from exporter.daemon.polled import polled_sources, rest_sources
from exporter.daemon.sources import REST
from exporter.daemon.sources.connect import ConnectSource
from exporter.daemon.sources.dstreams import DStreamsSource
from exporter.daemon.sources.environment import RuntimeSource, requested_executors
from exporter.daemon.sources.executors import MAX_REMOVED, ExecutorsSource
from exporter.daemon.sources.jobs import JobsSource
from exporter.daemon.sources.reasons import REASONS, classify
from exporter.daemon.sources.rest import Api, instant, slim
from exporter.daemon.sources.stages import StagesSource
from exporter.daemon.sources.storage import StorageSource


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


@pytest.mark.parametrize("kind", [ConnectSource, DStreamsSource])
def test_what_an_application_does_not_have_is_no_fault(kind):
    """Older versions of Spark do not know it either. It is looked for seldom."""
    spark = FakeSpark()
    source = make(kind, spark)

    for _ in range(4):
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
