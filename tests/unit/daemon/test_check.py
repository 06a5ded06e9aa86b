"""What the check says about each thing that can be wrong or missing, and its exit code."""

import json

import pytest
from fake_driver import PLUGIN, executor
from fake_history import FakeHistory

from exporter._version import __version__
from exporter.daemon import catalogue, check_sources
from exporter.daemon.check import Check
from exporter.daemon.frame import FrameBuilder
from exporter.daemon.sources import Update

REST = "/api/v1/applications/app-1"
GAUGES = {"app-1.driver.DAGScheduler.job.activeJobs": {"value": 1}}
JVM = {"app-1.driver.jvm.pools.G1-Eden-Space.used": {"value": 1}}
ALL = "runtime, executors, jobs, stages, sql, storage, dstreams, connect"
SOURCES = [
    f"ok     Spark's REST API gives what these collectors ask for: {ALL}.",
    "ok     Spark's own metrics of the driver are at URL/metrics/json/.",
    "ok     Spark's endpoint for executors is at URL/metrics/executors/prometheus/.",
    (
        "hint   No process of Spark's can be seen from here. "
        "The plugin gives the spark_process_ metrics all the same, without spark_process_io_bytes_total."
    ),
    "       To see them takes a daemon beside the driver; in a pod, one with shareProcessNamespace.",
]
"""What is said of a driver that gives everything, by a check that runs elsewhere."""
OFF = (
    "ok     Live configuration and events are off, as the plugin has no token "
    "(spark.exporter.tokenFile, or SPARK_EXPORTER_TOKEN in the driver)."
)
WITHOUT_PLUGIN = [
    *SOURCES[:3],
    (
        "hint   No process of Spark's can be seen from here. "
        "So there would be no spark_process_ metrics; the plugin would give them."
    ),
    SOURCES[-1],
]


def sources(*missing):
    """Return the sentence about the sources when these are missing."""
    names = ("the plugin", "REST (8 of 8 collectors)", "Spark's own metrics", "processes")
    there = ", ".join(name for name in names if name not in missing)
    without = f" It would not have: {', '.join(missing)}." if missing else ""
    return f"The daemon would have: {there}.{without}"


@pytest.fixture
def check(driver):
    """Run the check; return its exit code and its lines."""
    driver.plugin.version = __version__
    driver.plugin.executors = [executor("driver"), executor("1", reported=1008.5)]
    driver.gauges = GAUGES

    def answer(document):
        return lambda handler: handler.send(
            200, json.dumps(document() if callable(document) else document).encode()
        )

    environment = {"runtime": {"javaVersion": "17", "scalaVersion": "version 2.13"}}
    driver.overrides |= {
        f"{REST}/environment": answer(
            lambda: environment | {"sparkProperties": [*map(list, driver.conf.items())]}
        ),
        "/metrics/executors/prometheus/": answer(""),
    }
    for resource in ("allexecutors", "jobs", "stages", "sql", "storage/rdd"):
        driver.overrides[f"{REST}/{resource}"] = answer([])

    def run(token=None, url=None):
        lines = []
        code = Check(url or driver.url, 1.0, token, lines.append).run()
        return code, [line.replace(driver.url, "URL") for line in lines]

    return run


def test_all_is_well(check):
    """Every line says so, and the exit code is 0."""
    assert check() == (
        0,
        [
            'ok     URL is the UI of Spark 4.3.0, application "etl" (app-1).',
            f"ok     The plugin is loaded, version {__version__}, and answers at URL.",
            f"ok     This command has the same version, {__version__}.",
            "ok     1 of 1 executors report; the oldest last report is 1.5 s old.",
            "ok     Nothing was dropped.",
            OFF,
            *SOURCES,
            sources("processes"),
            "Nothing is broken; 1 hint.",
        ],
    )


def test_control_is_on(check, driver):
    """If the plugin has a token, with which it is asked here, too."""
    delivery = {"bounds": [], "counts": [0], "sum": 0}
    driver.plugin.control = {"version": 0, "events": [], "delivery": delivery}
    code, lines = check(token="tok-en")

    assert code == 0
    assert "ok     Live configuration and events are on; the daemon needs the same token." in lines
    assert OFF not in lines
    assert not [line for line in lines if "tok-en" in line]


def test_local_mode_has_the_driver_only(check, driver):
    """Which runs the tasks."""
    driver.live_executors = ["driver"]
    code, lines = check()

    assert code == 0
    assert "ok     The driver, alone so far, reports; the oldest last report is 1.0 s old." in lines


@pytest.fixture
def history():
    """A history server."""
    server = FakeHistory()
    yield server
    server.die()


@pytest.mark.parametrize(
    ("count", "shown"), [(0, "0 applications"), (1, "1 application"), (1001, "more than 1000 applications")]
)
def test_a_history_server(check, history, count, shown):
    """Nothing is wrong with it: it is told from a driver, and what is to be read is counted."""
    history.add("running", -1)
    for number in range(count):
        history.add(f"app-{number}", 5000 + number)

    assert check(url=history.url) == (
        0,
        [
            f"ok     {history.url} is a Spark history server.",
            f"ok     {shown} ended in the last 24 hours; the daemon reads each once.",
            "Nothing is broken.",
        ],
    )


def test_a_history_server_that_lists_nothing_sensible(check, history):
    """That is wrong."""
    history.apps["bad"] = {"attempts": [{"completed": True, "endTimeEpoch": 1}]}
    code, lines = check(url=history.url)

    assert code == 1
    assert lines[0].startswith("wrong  ")
    assert lines[1:] == ["       The history server's log says more.", "1 thing is broken."]


def test_nothing_listens(check, start_driver):
    """The remedy is to look for the right port."""
    gone = start_driver()
    gone.die()
    code, lines = check(url=gone.url)

    assert code == 1
    assert lines == [
        f"wrong  {gone.url}/api/v1/applications: nothing listens there.",
        "       Is the application running, with spark.ui.enabled=true, and is this its port?",
        "1 thing is broken.",
    ]


def test_something_else_listens(check, driver):
    """The remedy is to give the URL of a driver's UI."""
    driver.overrides["/api/v1/applications"] = lambda handler: handler.send(200, b"<html>")
    code, lines = check()

    assert code == 1
    assert lines[0].endswith("does not answer with JSON: is it the UI of a Spark driver?")
    assert lines[1] == "       Give the URL of a driver's UI, such as http://127.0.0.1:4040."


def test_the_application_has_ended(check, driver):
    """Nothing more can be said."""
    driver.completed = True

    assert check()[1][1] == "wrong  The application has ended."
    assert check()[0] == 1


JVM_SOURCE = "org.apache.spark.metrics.source.JvmSource"
OR_PLUGIN = "or load the plugin, which needs no such setting"
MISSING = (
    "no custom metrics, no look into the executors' JVMs and containers, and no progress of streaming queries"
)
NO_PLUGIN = [
    (
        f"hint   The plugin is not loaded: spark.plugins does not name it. Without it there are {MISSING}; "
        "docs/metrics.md says what needs it."
    ),
    "       Start the application with 'spark-submit $(spark-exporter spark-conf --format args) ...'.",
]


def test_the_plugin_is_not_loaded(check, driver):
    """The daemon does without it; what Spark itself would say more is named with its settings."""
    driver.conf = {}
    code, lines = check()

    assert code == 0
    assert lines[1:] == [
        *NO_PLUGIN,
        *WITHOUT_PLUGIN,
        (
            "hint   spark.sql.streaming.metricsEnabled is off: "
            "there are no rates and latencies of streaming queries."
        ),
        f"       Set it to true, {OR_PLUGIN}.",
        (
            "hint   spark.executor.processTreeMetrics.enabled is off: "
            "there is no memory of executors' Python workers."
        ),
        f"       Set it to true, {OR_PLUGIN}.",
        "hint   Spark's JvmSource is off: there are no memory pools and collectors of the driver's JVM.",
        f"       Set spark.metrics.conf.*.source.jvm.class={JVM_SOURCE}, {OR_PLUGIN}.",
        sources("the plugin", "processes"),
        "Nothing is broken; 5 hints.",
    ]


def test_settings_that_are_on_are_not_named(check, driver):
    """Then only the plugin itself is."""
    driver.conf = {
        "spark.sql.streaming.metricsEnabled": "true",
        "spark.executor.processTreeMetrics.enabled": "true",
    }
    driver.gauges = GAUGES | JVM

    missing = sources("the plugin", "processes")
    assert check()[1][1:] == [*NO_PLUGIN, *WITHOUT_PLUGIN, missing, "Nothing is broken; 2 hints."]


def test_a_ui_that_forgets_soon_is_named(check, driver):
    """Totals lack what it forgets; a longer memory than usual is no fault, and the plugin needs none."""
    driver.conf = {
        "spark.ui.retainedJobs": "2000",
        "spark.ui.retainedStages": "999",
        "spark.sql.ui.retainedExecutions": "20",
    }
    lines = check()[1]
    hints = [index for index, line in enumerate(lines) if "totals lack what Spark forgets" in line]

    assert [lines[index].partition(":")[0] for index in hints] == [
        "hint   spark.ui.retainedStages is 999",
        "hint   spark.sql.ui.retainedExecutions is 20",
    ]
    assert {lines[index + 1] for index in hints} == {f"       Leave it at 1000, {OR_PLUGIN}."}


def test_a_collector_that_fails_is_broken(check, driver):
    """The others are asked all the same."""
    driver.overrides[f"{REST}/storage/rdd"] = lambda handler: handler.send(200, b"garbage")
    code, lines = check()

    assert code == 1
    assert (
        "ok     Spark's REST API gives what these collectors ask for: "
        "runtime, executors, jobs, stages, sql, dstreams, connect."
    ) in lines
    at = next(at for at, line in enumerate(lines) if line.startswith("wrong  The collector storage fails: "))
    assert lines[at].endswith(".")
    assert lines[at + 1] == (
        "       Its metrics are missing. Try again; --collector.disable=storage keeps it from being asked."
    )
    assert lines[-1] == "1 thing is broken; 1 hint."


@pytest.mark.parametrize(
    ("plugin", "remedy"),
    [
        (True, "The plugin gives all of them, so nothing is missing."),
        (
            False,
            "Those of the driver's JVM, scheduler and listener bus are missing; the plugin would give them.",
        ),
    ],
)
def test_spark_s_own_metrics_are_closed(check, driver, plugin, remedy):
    """Which matters to those who have no plugin only."""
    driver.gauges = {}
    if not plugin:
        driver.conf = {}
    code, lines = check()

    assert code == 0
    at = next(
        at
        for at, line in enumerate(lines)
        if line.startswith("hint   Spark's own metrics of the driver are closed: ")
    )
    assert lines[at + 1] == f"       {remedy}"


def test_the_endpoint_for_executors_is_closed(check, driver):
    """Nobody needs it while REST works."""
    del driver.overrides["/metrics/executors/prometheus/"]
    code, lines = check()

    assert code == 0
    assert lines[-6:-4] == [
        (
            "hint   Spark's endpoint for executors is closed: "
            "URL/metrics/executors/prometheus/ answers with status 404."
        ),
        (
            "       Nothing needs it as long as REST tells of executors; "
            "spark.ui.prometheus.enabled=true opens it."
        ),
    ]


def test_the_plugin_published_no_endpoint(check, driver):
    """The remedy is in the driver's log."""
    driver.conf = {"spark.plugins": PLUGIN}

    assert check()[1][1] == "wrong  The plugin is configured, but it published no endpoint."
    assert check()[0] == 1


def test_the_token_is_missing(check, driver):
    """The remedy is to give it."""
    driver.overrides["/v1/snapshot"] = lambda handler: handler.send(401, b"")
    code, lines = check()

    assert code == 1
    assert lines[1] == "wrong  URL/v1/snapshot answers 401: it wants a token or a login."
    assert "--token-file or SPARK_EXPORTER_TOKEN" in lines[2]
    assert "spark.exporter.tokenFile, spark.exporter.token or SPARK_EXPORTER_TOKEN" in lines[2]


def test_the_token_is_sent(check, driver):
    """To the plugin."""
    check(token="secret")

    assert {
        headers.get("Authorization") for path, _, headers in driver.requests if path == "/v1/snapshot"
    } == {"Bearer secret"}


def test_the_versions_differ(check, driver):
    """Both are named."""
    driver.plugin.version = "9.9.9"
    code, lines = check()

    assert code == 1
    assert f"wrong  This command has version {__version__}, the plugin 9.9.9." in lines


def test_an_executor_is_silent(check, driver):
    """Because it never reported, or not for a while; the driver's list says who should."""
    driver.live_executors = ["driver", "1", "2", "3"]
    driver.plugin.executors.append(executor("2", reported=900.0))
    code, lines = check()

    assert code == 1
    assert "wrong  1 of 3 executors report; the oldest last report is 1.5 s old. Silent: 2, 3." in lines


def test_a_removed_executor_is_not_missed(check, driver):
    """It need not report any more."""
    driver.plugin.executors.append(executor("2", state="removed", reported=900.0))

    assert check()[0] == 0


def test_what_was_dropped_has_a_remedy(check, driver):
    """Each reason its own; the executors are added up."""
    for name in ("2", "3"):
        known = executor(name, state="removed")
        known["stats"]["dropped"] = {"series_limit": 2.0, "invalid_value": 0.0}
        driver.plugin.executors.append(known)
    code, lines = check()

    assert code == 1
    at = lines.index("wrong  Dropped: 4 by series_limit.")
    assert lines[at + 1] == (
        "       Use fewer label values, or raise spark.exporter.maxSeries or maxApplicationSeries."
    )


def test_the_list_of_executors_cannot_be_read(check, driver):
    """Spark's own answer may be broken, too."""
    driver.overrides["/api/v1/applications/app-1/executors"] = lambda handler: handler.send(
        200, b'[{"id": 1}]'
    )
    code, lines = check()

    assert code == 1
    assert "wrong  executors.id: expected a string, found 1." in lines


def test_a_name_cannot_drive_the_terminal(check, driver):
    """It is the user's, and may hold anything."""
    driver.app["name"] = "a\x1b[2Jb\nwrong\u202ec é"

    assert check()[1][0] == (
        r'ok     URL is the UI of Spark 4.3.0, application "a\x1b[2Jb\nwrong\u202ec é" (app-1).'
    )


@pytest.mark.parametrize("endpoint", ["http://a..b:4061", "http://127.0.0.1:99999"])
def test_an_endpoint_that_is_none(check, driver, endpoint):
    """A sentence quotes it."""
    driver.conf["spark.exporter.endpoint"] = endpoint
    code, lines = check()

    assert code == 1
    assert lines[1] == (
        f"wrong  the driver publishes '{endpoint}', which is not a URL at which it could be asked."
    )


def test_processes_that_can_be_seen(check, monkeypatch):
    """Are counted by executor and role."""

    def seen(_source):
        builder = FrameBuilder(catalogue.load())
        for labels, number in {
            ("0", "jvm"): 1,
            ("0", "python"): 5,
            ("0", "other"): 0,
            ("driver", "jvm"): 1,
        }.items():
            builder.add(check_sources.RUNNING, number, *labels)
        return Update(builder.frame())

    monkeypatch.setattr(check_sources.ProcessSource, "update", seen)
    code, lines = check()

    assert code == 0
    assert lines[-3:] == [
        "ok     Spark's processes can be seen from here: 0 (jvm 1, python 5), driver (jvm 1).",
        sources(),
        "Nothing is broken.",
    ]


def test_who_sees_processes_needs_no_setting_for_them(check, driver, monkeypatch):
    """Without the plugin, too."""
    driver.conf = {}
    builder = FrameBuilder(catalogue.load())
    builder.add(check_sources.RUNNING, 1, "driver", "jvm")
    monkeypatch.setattr(check_sources.ProcessSource, "update", lambda _: Update(builder.frame()))
    code, lines = check()

    assert code == 0
    assert not any("processTreeMetrics" in line for line in lines)
    assert lines[-2] == sources("the plugin")


def test_every_name_is_in_the_catalogue():
    """What the check looks for in answers is what sources give, and what it says is missing is published."""
    assert {check_sources.RUNNING, check_sources.JVM_POOLS, check_sources.IO} <= {*catalogue.load().entries}
