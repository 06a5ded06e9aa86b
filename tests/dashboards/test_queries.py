"""What queries of the dashboards answer, asked of Prometheus' own engine."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from requirements import require_program

if sys.version_info < (3, 11):
    pytest.skip("grafana-foundation-sdk needs Python 3.11", allow_module_level=True)

from dashboards import alerts, config
from dashboards.queries import application, custom, executors, exporter, fleet, state, streaming
from dashboards.queries_of import fill

VALUES = {
    **dict.fromkeys(("namespace", "app_name", "executor", "instance", "query"), ".*"),
    "app_id": "a",
    "gauge": "rows",
    "split": ["source"],
    "__interval": "1m",
    "__rate_interval": "2m",
    "__range": "10m",
}


@pytest.fixture
def check(tmp_path):
    """Fails unless a query answers with these values by labels, at minutes after the start of series."""
    promtool = require_program("promtool", "install it with: apt-get install prometheus")

    def check(series, query, answers):
        cases = [
            {
                "expr": fill(query, VALUES),
                "eval_time": f"{minute}m",
                "exp_samples": [{"labels": labels, "value": value} for labels, value in samples.items()],
            }
            for minute, samples in answers.items()
        ]
        inputs = [{"series": name, "values": values} for name, values in series.items()]
        test = {"interval": "1m", "input_series": inputs, "promql_expr_test": cases}
        path = tmp_path / "case.yaml"
        path.write_text(json.dumps({"evaluation_interval": "1m", "tests": [test]}))  # JSON is YAML
        command = [promtool, "test", "rules", str(path)]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        assert found.returncode == 0, found.stdout + found.stderr

    return check


def test_growth_counts_the_first_value(check):
    """A series that begins with failures has had them all since the point before."""
    series = {'spark_app_jobs_total{app_id="a",app_name="n",result="failed"}': "_ _ 2 2 3"}
    failed = '{result="failed"}'
    check(series, application.jobs_ended(), {1: {}, 2: {failed: 2}, 3: {failed: 0}, 4: {failed: 1}})


def test_growth_outlives_the_daemon(check):
    """A daemon that comes back under another address goes on, and what two see does not count twice."""
    metric = 'spark_app_jobs_total{app_id="a",app_name="n",result="failed",instance="%s"}'
    series = {metric % "old": "0 5 5 stale _ _ _", metric % "new": "_ _ 5 5 5 7 7"}
    failed = '{result="failed"}'
    answers = {1: {failed: 5}, 2: {failed: 0}, 3: {failed: 0}, 5: {failed: 2}, 6: {failed: 0}}
    check(series, application.jobs_ended(), answers)


def test_growth_is_never_negative(check):
    """The daemon's own counters begin again with it."""
    labels = 'target="t",collector="jobs",reason="timeout",instance="i"'
    series = {f"spark_exporter_source_failures_total{{{labels}}}": "9 9 1 2"}
    timeout = '{collector="jobs", reason="timeout"}'
    check(series, exporter.failures(), {2: {'{reason="none"}': 0}, 3: {timeout: 1}})


def test_growth_in_the_range_keeps_what_has_gone(check):
    """Executors that an application lost count after the application has gone."""
    metric = 'spark_app_executor_removals_total{app_id="%s",app_name="n",reason="%s"}'
    series = {metric % ("a", "oom"): "0 1 3 stale", metric % ("a", "killed"): "0 8 8 stale"}
    check(series, fleet.executors_lost(), {0: {"{}": 0}, 2: {"{}": 3}, 9: {"{}": 3}})


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
