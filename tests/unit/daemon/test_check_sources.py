"""What the check says about each source of metrics that is missing, closed or broken."""

import pytest
from check_rig import GAUGES, REST, SOURCES, sources

from exporter.daemon import catalogue, check_sources
from exporter.daemon.frame import FrameBuilder
from exporter.daemon.sources import Update

WITHOUT_PLUGIN = [
    *SOURCES[:3],
    (
        "hint   No process of Spark's can be seen from here. "
        "So there would be no spark_process_ metrics; the plugin would give them."
    ),
    SOURCES[-1],
]
JVM = {"app-1.driver.jvm.pools.G1-Eden-Space.used": {"value": 1}}
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


@pytest.mark.parametrize(
    ("dead", "expected"),
    [
        ("0", [("hint   spark.ui.retainedDeadExecutors is 0", f"       Leave it at 100, {OR_PLUGIN}.")]),
        ("100", []),
    ],
)
def test_a_ui_that_forgets_soon_is_named(check, driver, dead, expected):
    """Totals lack what it forgets; a longer memory than usual is no fault, and the plugin needs none."""
    driver.conf = {
        "spark.ui.retainedJobs": "2000",
        "spark.ui.retainedStages": "999",
        "spark.ui.retainedDeadExecutors": dead,
        "spark.sql.ui.retainedExecutions": "20",
    }
    lines = check()[1]
    hints = [index for index, line in enumerate(lines) if "totals lack what Spark forgets" in line]

    assert [(lines[index].partition(":")[0], lines[index + 1]) for index in hints] == [
        ("hint   spark.ui.retainedStages is 999", f"       Leave it at 1000, {OR_PLUGIN}."),
        *expected,
        ("hint   spark.sql.ui.retainedExecutions is 20", f"       Leave it at 1000, {OR_PLUGIN}."),
    ]


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
