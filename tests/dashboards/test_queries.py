"""What queries of the dashboards answer, asked of Prometheus' own engine."""

from __future__ import annotations

import sys

import pytest

if sys.version_info < (3, 11):
    pytest.skip("grafana-foundation-sdk needs Python 3.11", allow_module_level=True)

from dashboards import alerts, config
from dashboards.queries import application, custom, discovery, executors, exporter, fleet, state, streaming

RUN = 'app_id="a",app_name="n",instance="%s"'
TWICE = {
    "failed now": (fleet.in_state("failed"), "{}", 1),
    "failed": (fleet.ended("failed"), "{}", 1),
    "failed by name": (fleet.ended_badly_by_name(), '{app_name="n", state="failed"}', 1),
    "by state": (fleet.by_state(), '{state="failed"}', 1),
    "cores held": (fleet.cores()[0], "{}", 8),
    "running tasks": (fleet.cores()[1], "{}", 6),
    "cores busy": (fleet.cores()[2], "{}", 0.5),
    "executors": (fleet.executors(), '{app_name="n"}', 2),
    "executors of each": (fleet.executors_of_each(), '{app_id="a", app_name="n"}', 2),
    "memory": (fleet.memory(), '{role="jvm"}', 200),
}


@pytest.mark.parametrize("name", TWICE)
def test_what_two_daemons_see_counts_once(check, name):
    """Two of them may watch one application, or one of them comes back under another address."""
    series = {}
    for instance in ("first", "second"):
        run = RUN % instance
        series[f'spark_app_state{{{run},state="failed"}}'] = "1x9"
        series[f"spark_app_executors{{{run}}}"] = "2x9"
        for executor in ("1", "2"):
            of = f'{run},executor_id="{executor}"'
            series[f"spark_executor_cores{{{of}}}"] = "4x9"
            series[f"spark_executor_tasks_active{{{of}}}"] = "3x9"
            series[f'spark_process_resident_memory_bytes{{{of},role="jvm"}}'] = "100x9"
            series[f'spark_process_cpu_seconds_total{{{of},role="jvm"}}'] = "0+15x9"
    query, labels, value = TWICE[name]
    check(series, query, {5: {labels: value}})


@pytest.mark.parametrize("down", [fleet.unanswering(), exporter.targets_down()])
def test_a_target_counts_wherever_its_daemon_is(check, down):
    """The namespace that is chosen is that of applications."""
    series = {'spark_exporter_target_up{namespace="monitoring",instance="i",target="t"}': "0x9"}
    check(series, down.replace("$namespace", "data"), {1: {"{}": 1}})


def test_no_daemon_at_all_is_one_that_is_down(check):
    """A number of daemons that are down is 0 only if there is one that is up."""
    up = 'up{job="spark-exporter",instance="%s"}'
    down = exporter.Process('job="spark-exporter"').down()
    check({'up{job="other",instance="i"}': "1x9"}, down, {1: {"{}": 1}})
    check({up % "first": "1x9", up % "second": "1 0 1"}, down, {0: {"{}": 0}, 1: {"{}": 1}, 2: {"{}": 0}})


COUNTS = {
    "running": fleet.in_state("running"),
    "failed": fleet.ended("failed"),
    "executors lost": fleet.executors_lost(),
    "targets of all daemons down": fleet.unanswering(),
    "collectors of all daemons failing": fleet.failing_collectors(),
    "series left out": fleet.dropped_series(),
    "targets down": exporter.targets_down(),
    "collectors failing": exporter.collectors_failing(),
    "series left out by chosen daemons": exporter.dropped(),
}


@pytest.mark.parametrize("name", COUNTS)
def test_nothing_is_zero_while_nobody_counts(check, name):
    """A daemon that is dead is no good news; one without applications has nothing bad to tell."""
    series = {'spark_exporter_build_info{instance="i"}': "1 1 1 stale"}
    check(series, COUNTS[name], {2: {"{}": 0}, 3: {}})


def test_the_fleet_knows_of_dead_daemons(check):
    """Those of the configured selector; without any, one is missing."""
    down = fleet.daemons_down('job="spark-exporter"')
    up = 'up{job="%s",instance="i"}'
    check({up % "other": "0x9"}, down, {1: {"{}": 1}})
    check({up % "other": "0x9", up % "spark-exporter": "1 0 1"}, down, {0: {"{}": 0}, 1: {"{}": 1}})


ALERTS = {
    'alertname="SparkExporterSourceFailing",instance="d:1",target="t",collector="jobs"': "jobs t d:1",
    'alertname="SparkExporterDown",instance="d:1"': "d:1",
    'alertname="SparkStageSkewed",instance="d:1",app_id="a",app_name="n",stage_id="7"': "stage 7",
    'alertname="SparkExporterValuesRefused",instance="d:1",app_id="a",reason="no_space"': "no_space",
    'alertname="SparkHeapNearLimit",instance="d:1",app_id="a",app_name="n",executor_id="1"': "",
}


@pytest.mark.parametrize(("labels", "of"), ALERTS.items())
def test_an_alert_says_what_it_is_about(check, labels, of):
    """Of what has no column of its own; the daemon is named only where no application is the subject."""
    series = {
        f'ALERTS{{{labels},alertstate="firing"}}': "1x9",
        f"ALERTS_FOR_STATE{{{labels}}}": "0x9",
        f'ALERTS{{{labels.replace("d:1", "d:2")},alertstate="pending"}}': "1x9",
    }
    keys = [one for one in labels.split(",") if one.split("=")[0] in alerts.KEYS]
    (column,) = alerts.table(config.load(), fleet.FLEET, width=24).columns
    expected = "{" + ", ".join(keys + [f'of="{of}"'] * bool(of)) + "}"
    check(series, column.expr, {5: {expected: 300}})


@pytest.mark.parametrize(("name", "number"), [(name, number) for number, name in enumerate(state.STATES, 1)])
def test_each_state_has_a_number(check, name, number):
    """The number is that of the state whose series is 1, also where two daemons say so."""
    series = {
        f'spark_app_state{{app_id="a",app_name="n",state="{one}",instance="{instance}"}}': str(
            int(one == name)
        )
        for one in state.STATES
        for instance in ("first", "second")
    }
    check(series, state.state_code(application.APP), {0: {'{app_id="a", app_name="n"}': number}})


def test_failures_have_reasons_or_at_least_a_number(check):
    """With the plugin there are reasons, and not their sum beside them; without, there is the sum."""
    failed = {'spark_app_tasks_total{app_id="a",app_name="n",status="failed"}': "0 3"}
    reasons = {'spark_app_task_failures_total{app_id="a",app_name="n",reason="FetchFailed"}': "0 3"}
    check(failed | reasons, application.task_failures(), {1: {'{reason="FetchFailed"}': 3}})
    check(failed, application.task_failures(), {1: {'{reason="any"}': 3}})


def test_reasons_that_did_not_happen_are_not_shown(check):
    """Only what happened has a series; where nothing did, one says so."""
    metric = 'spark_app_executor_removals_total{app_id="a",app_name="n",reason="%s"}'
    series = {metric % "oom": "0 0 2", metric % "killed": "0 0 0"}
    check(series, executors.removals(), {1: {'{reason="none"}': 0}, 2: {'{reason="oom"}': 2}})


def test_an_executor_is_there_excluded_or_gone(check):
    """0 is gone, 1 is there, 2 is there and excluded; without word of exclusion it is there."""
    up = 'spark_executor_up{app_id="a",app_name="n",executor_id="%d"}'
    excluded = 'spark_executor_excluded{app_id="a",app_name="n",executor_id="%d"}'
    series = {up % 1: "1", up % 2: "1", up % 3: "0", up % 4: "1", excluded % 1: "0", excluded % 2: "1"}
    expected = {
        '{executor_id="1"}': 1,
        '{executor_id="2"}': 2,
        '{executor_id="3"}': 0,
        '{executor_id="4"}': 1,
    }
    check(series, executors.presence(), {0: expected})


def test_the_heap_is_the_peak_where_there_is_no_plugin(check):
    """Executors without the plugin tell of their peak only."""
    series = {
        'spark_executor_jvm_memory_used_bytes{app_id="a",app_name="n",executor_id="1",area="heap"}': "100",
        'spark_executor_peak_jvm_heap_bytes{app_id="a",app_name="n",executor_id="1"}': "300",
        'spark_executor_peak_jvm_heap_bytes{app_id="a",app_name="n",executor_id="2"}': "200",
    }
    check(series, executors.heap_used(), {0: {'{executor_id="1"}': 100, '{executor_id="2"}': 200}})


def test_a_query_with_nothing_to_do_is_not_stuck(check):
    """Only a running query that has something to do can be without progress."""
    name = '{app_id="a",app_name="n",query_name="%s",query_id="%s"}'
    series = {}
    for query, active in (("busy", "1x9"), ("idle", "1x9"), ("ended", "0x9")):
        labels = name % (query, query)
        series[f"spark_streaming_last_progress_timestamp_seconds{labels}"] = "0x9"
        series[f"spark_streaming_query_active{labels}"] = active
    series["spark_streaming_query_idle_since_timestamp_seconds" + name % ("idle", "idle")] = "60x9"
    expected = {'{query_name="busy"}': 300, '{query_name="idle"}': 0}
    check(series, streaming.progress_age(), {5: expected})


def test_a_query_with_nothing_to_do_is_not_behind(check):
    """The rates of its last batch stay for as long as it idles."""
    name = '{app_id="a",app_name="n",query_name="%s",query_id="%s"}'
    series = {}
    for query in ("busy", "idle"):
        labels = name % (query, query)
        series[f"spark_streaming_input_rows_per_second{labels}"] = "300x9"
        series[f"spark_streaming_processed_rows_per_second{labels}"] = "100x9"
    series["spark_streaming_query_idle_since_timestamp_seconds" + name % ("idle", "idle")] = "_x4 60x4"
    check(
        series,
        streaming.behind(),
        {
            1: {'{query_name="busy"}': 3, '{query_name="idle"}': 3},
            6: {'{query_name="busy"}': 3, '{query_name="idle"}': 0},
        },
    )


def test_the_time_to_catch_up_is_that_of_all_sources(check):
    """At the speed at which the query reads; one that reads nothing has no end."""
    name = '{app_id="a",app_name="n",query_name="%s",query_id="%s"}'
    series = {}
    for query, rows in (("slow", "0+600x9"), ("still", "600x9")):
        labels = name % (query, query)
        series[f"query:spark_streaming_source_backlog_offsets:sum{labels}"] = "36000x9"
        series[f"spark_streaming_input_rows_total{labels}"] = rows
    check(series, streaming.catch_up(), {8: {'{query_name="slow"}': 3600}})


def test_a_custom_metric_without_labels_has_a_name(check):
    """A legend would show the query instead."""
    metric = 'spark_custom_rows{app_id="a",app_name="n"%s}'
    split = {metric % ',source="x"': "1", metric % ',source="y"': "2"}
    check({metric % "": "5"}, custom.gauge(), {0: {'{metric="rows"}': 5}})
    check(split, custom.gauge(), {0: {'{source="x"}': 1, '{source="y"}': 2}})
    check(split, custom.gauge().replace("${split:csv}", ""), {0: {'{metric="rows"}': 3}})


def test_shares_of_the_tasks_time_fill_the_whole(check):
    """What is not known to be anything else is the rest."""
    counters = {
        "spark_app_executor_run_time_seconds_total": "0+80x9",
        "spark_app_executor_deserialize_time_seconds_total": "0+20x9",
        "spark_app_result_serialization_time_seconds_total": "0+0x9",
        "spark_app_executor_cpu_time_seconds_total": "0+30x9",
        "spark_app_jvm_gc_time_seconds_total": "0+10x9",
        "spark_app_shuffle_fetch_wait_time_seconds_total": "0+5x9",
        "spark_app_shuffle_write_time_seconds_total": "0+5x9",
    }
    series = {f'{name}{{app_id="a",app_name="n"}}': values for name, values in counters.items()}
    parts = {"CPU": 0.3, "garbage collection": 0.1, "deserializing tasks": 0.2}
    for name, query in application.time_shares():
        if name in parts or name.startswith("the rest"):
            check(series, f"round({query}, 0.001)", {5: {"{}": parts.get(name, 0.3)}})


def test_series_are_a_part_of_the_limit_of_the_daemon_that_publishes_them(check):
    """Each daemon may have a limit of its own."""
    series = {
        f"spark_exporter_series{{{RUN % 'first'}}}": "500",
        'spark_exporter_application_series_limit{instance="first"}': "1000",
        'spark_exporter_application_series_limit{instance="second"}': "100",
        'spark_exporter_series{app_id="b",app_name="n",instance="second"}': "90",
    }
    check(
        series,
        exporter.series().replace("$app_id", ".*"),
        {0: {'{app_id="a", app_name="n"}': 0.5, '{app_id="b", app_name="n"}': 0.9}},
    )


def test_applications_are_a_part_of_what_all_daemons_may_know(check):
    """By state, so that together they reach 100 % when they reach the limit."""
    known = 'spark_exporter_applications{instance="%s",state="%s"}'
    most = 'spark_exporter_applications_limit{instance="%s"}'
    series = {
        known % ("first", "running"): "20",
        known % ("second", "running"): "10",
        known % ("second", "lost"): "40",
        most % "first": "100",
        most % "second": "100",
    }
    check(series, exporter.known(), {0: {'{state="running"}': 0.15, '{state="lost"}': 0.2}})


LAST = 'spark_exporter_discovery_last_success_timestamp_seconds{discovery="kubernetes",instance="%s"}'
FOUND = 'spark_exporter_discovery_targets{discovery="%s",instance="%s"}'


def test_a_list_of_targets_is_as_old_as_its_last_success(check):
    """One that never was fresh is as old as its daemon; what is given by flags has no age."""
    series = {
        LAST % "well": "0 60 60 60",
        FOUND % ("kubernetes", "well"): "1x3",
        FOUND % ("static", "well"): "1x3",
        'process_start_time_seconds{instance="well"}': "0x3",
        FOUND % ("file", "never"): "0x3",
        'process_start_time_seconds{instance="never"}': "60x3",
    }
    fresh = '{discovery="kubernetes", instance="well"}'
    never = '{discovery="file", instance="never"}'
    check(series, discovery.age(), {1: {fresh: 0, never: 0}, 3: {fresh: 120, never: 120}})


SHARD, SHARDS = (
    f'spark_exporter_discovery_{name}{{job="spark-exporter",namespace="n",instance="%s"}}'
    for name in ("shard", "total_shards")
)


def test_a_shard_without_a_daemon_is_missing(check):
    """However many daemons the others have; after the last of its own is gone."""
    series = {SHARDS % name: "3x2" for name in ("a", "b", "c")} | {
        SHARD % "a": "0x2",
        SHARD % "b": "1x2",
        SHARD % "c": "1x2",
        SHARD % "d": "2 stale _",
        SHARDS % "d": "3 stale _",
    }
    where = '{job="spark-exporter", namespace="n"}'
    check(series, discovery.shards_missing(), {0: {where: 0}, 1: {where: 1}})


def test_daemons_that_share_nothing_miss_no_shard(check):
    """Each of them is the first shard of one, as in a sidecar."""
    series = {SHARDS % "a": "1", SHARDS % "b": "1", SHARD % "a": "0", SHARD % "b": "0"}
    check(series, discovery.shards_missing(), {0: {'{job="spark-exporter", namespace="n"}': 0}})


def test_pods_that_are_refused_are_counted_by_reason(check):
    """While there are none, one series says so."""
    metric = 'spark_exporter_targets_refused_total{instance="i",reason="%s"}'
    series = {metric % "port": "0 0 2", metric % "address": "0 0 0"}
    check(series, discovery.refused(), {1: {'{reason="none"}': 0}, 2: {'{reason="port"}': 2}})


def test_steering_that_worked_is_not_among_what_failed(check):
    """Nor is what is still on its way."""
    event = 'spark_exporter_events_total{app_id="a",app_name="n",type="reload",state="%s"}'
    series = {event % "accepted": "0 3", event % "handled": "0 1", event % "failed": "0 2"}
    check(series, exporter.events_failed(), {1: {'{type="reload", state="failed"}': 2}})
    message = 'spark_exporter_messages_total{app_id="a",app_name="n",topic="prices",result="%s"}'
    series = {message % "asked": "0 3", message % "answered": "0 1", message % "timeout": "0 2"}
    check(series, exporter.messages_failed(), {1: {'{topic="prices", result="timeout"}': 2}})
