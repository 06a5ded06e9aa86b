"""How panels count what a counter grew by: gaps, beginnings, daemons that come and go."""

from __future__ import annotations

import sys

import pytest

if sys.version_info < (3, 11):
    pytest.skip("grafana-foundation-sdk needs Python 3.11", allow_module_level=True)

from dashboards.queries import application, executors, exporter, fleet

APP = 'app_id="a",app_name="n"'
JOBS = f'spark_app_jobs_total{{{APP},result="failed"}}'
LOST = f'spark_app_executor_removals_total{{{APP},reason="lost"}}'
STAGES = f'spark_app_stages_total{{{APP},result="failed"}}'
UP, START = f"spark_app_up{{{APP}}}", f"spark_app_start_timestamp_seconds{{{APP}}}"
FAILED = '{result="failed"}'

DAEMON = 'instance="i"'
FAILURES = f'spark_exporter_source_failures_total{{target="t",collector="jobs",reason="timeout",{DAEMON}}}'
INFO = f'spark_exporter_build_info{{version="1",{DAEMON}}}'
BEGUN = f"process_start_time_seconds{{{DAEMON}}}"
TIMEOUT, NONE = '{collector="jobs", reason="timeout"}', '{reason="none"}'

POINTS = {
    "a failed scrape": ("5 5 stale 5 5", {3: 0, 4: 0}),
    "a job in the time of a failed scrape": ("5 5 stale 6 6", {3: 1, 4: 0}),
    "half an hour without the daemon": ("5 5 stale _x30 6 6", {33: 1, 34: 0}),
    "failures to begin with": ("_ _ 2 2 3", {1: None, 2: 2, 3: 0, 4: 1}),
    "a total that begins anew": ("9 9 1 2", {2: 0, 3: 1}),
}


@pytest.mark.parametrize("case", POINTS)
def test_a_bar_has_what_happened_since_the_bar_before(check, case):
    """Of an application that was known before: a gap is none in its counters."""
    values, expected = POINTS[case]
    answers = {minute: {} if value is None else {FAILED: value} for minute, value in expected.items()}
    check({JOBS: values, UP: "1x40", START: "-9000x40"}, application.jobs_ended(), answers)


BEGINNINGS = {
    "known before": ({UP: "1x9", START: "-9000x9"}, 7),
    "known before, and gone for a while": ({UP: "1 stale _ _ 1", START: "-9000 stale _ _ -9000"}, 7),
    "found only now": ({UP: "_x4 1x5", START: "_x4 -9000x5"}, 0),
    "begun a moment ago": ({UP: "_x4 1x5", START: "_x4 150x5"}, 7),
}


@pytest.mark.parametrize("case", BEGINNINGS)
def test_a_first_value_counts_if_its_application_was_watched(check, case):
    """Nobody can say when it was counted that a daemon finds in an old application."""
    series, first = BEGINNINGS[case]
    values = {JOBS: "_x4 7 7 8 8"}
    check(series | values, application.jobs_ended(), {4: {FAILED: first}, 5: {FAILED: 0}, 6: {FAILED: 1}})


def test_growth_outlives_the_daemon(check):
    """A daemon that comes back under another address goes on, and what two see does not count twice."""
    metric = 'spark_app_jobs_total{app_id="a",app_name="n",result="failed",instance="%s"}'
    series = {metric % "old": "0 5 5 stale _ _ _", metric % "new": "_ _ 5 5 5 7 7"}
    answers = {1: {FAILED: 5}, 2: {FAILED: 0}, 3: {FAILED: 0}, 5: {FAILED: 2}, 6: {FAILED: 0}}
    check(series, application.jobs_ended(), answers)


def test_a_daemon_with_another_address_is_no_growth_after_a_gap(check):
    """The old one has gone before the new one is scraped first."""
    metric = 'spark_app_jobs_total{app_id="a",app_name="n",result="failed",instance="%s"}'
    series = {metric % "old": "5 5 stale", metric % "new": "_ _ _ _ 5 6", UP: "1x9"}
    check(series, application.jobs_ended(), {4: {FAILED: 0}, 5: {FAILED: 1}})


def test_a_failed_scrape_marks_no_failed_stages(check):
    """The annotation of failed stages is for those that fail."""
    series = {STAGES: "5 5 stale 5 5 6", UP: "1 1 stale 1 1 1"}
    check(series, f"{application.failed_stages()} > 0", {3: {}, 4: {}, 5: {"{}": 1}})


def test_what_executors_count_survives_a_failed_scrape(check):
    """The application has no label of an executor by which it would be found."""
    kills = f'spark_container_oom_kills_total{{{APP},executor_id="%s"}}'
    series = {kills % "1": "1 1 stale 1 1 1", kills % "2": "_ _ _ _ 2 2", UP: "1 1 stale 1 1 1"}
    check(series, executors.out_of_memory()[0], {3: {}, 4: {'{executor_id="2"}': 2}, 5: {}})


RANGES = {
    "begins in a gap": ({UP: "1x30", LOST: "7x9 stale 7x9"}, 20, 0),
    "begins in a gap, and one is lost in it": ({UP: "1x30", LOST: "7x9 stale 8x9"}, 20, 1),
    "has the application's beginning": ({UP: "_x15 1x9", START: "_x15 840x9", LOST: "_x15 3x9"}, 20, 3),
    "has the first loss": ({UP: "1x30", START: "-9000x30", LOST: "_x15 3x9"}, 20, 3),
    "has the moment when the application is found": (
        {UP: "_x15 1x9", START: "_x15 -9000x9", LOST: "_x15 7 7 9x7"},
        20,
        2,
    ),
    "has the application's end": ({UP: "1x16", START: "720x16 stale", LOST: "_x14 2 4 stale"}, 20, 4),
}


@pytest.mark.parametrize("case", RANGES)
def test_a_number_has_what_happened_in_the_time_range(check, case):
    """Which may begin in a gap, and in which applications are found, begin and end."""
    series, minute, expected = RANGES[case]
    check(series, fleet.executors_lost(), {minute: {"{}": expected}})


def test_growth_in_the_range_keeps_what_has_gone(check):
    """Executors that an application lost count after the application has gone."""
    metric = 'spark_app_executor_removals_total{app_id="%s",app_name="n",reason="%s"}'
    series = {metric % ("a", "oom"): "0 1 3 stale", metric % ("a", "killed"): "0 8 8 stale"}
    check(series, fleet.executors_lost(), {0: {"{}": 0}, 2: {"{}": 3}, 9: {"{}": 3}})


DAEMONS = {
    "a failed scrape": ({INFO: "1 1 stale 1", BEGUN: "-9000x9", FAILURES: "5 5 stale 5 6"}, {3: 0, 4: 1}),
    "one that begins anew": ({INFO: "1x9", BEGUN: "-9000 -9000 100x7", FAILURES: "9 9 1 2"}, {2: 1, 3: 1}),
    "its first failure": ({INFO: "1x9", BEGUN: "-9000x9", FAILURES: "_ _ 2 2"}, {2: 2, 3: 0}),
    "failures before its first scrape": (
        {INFO: "_ _ 1x7", BEGUN: "_ _ 30x7", FAILURES: "_ _ 4 4 5"},
        {2: 0, 3: 0, 4: 1},
    ),
    "one that has just begun": ({INFO: "_ _ 1x7", BEGUN: "_ _ 90x7", FAILURES: "_ _ 4 4"}, {2: 4, 3: 0}),
}


@pytest.mark.parametrize("case", DAEMONS)
def test_what_a_daemon_counts_is_its_own(check, case):
    """Its counters begin with it, and it may have counted before it is first seen."""
    series, expected = DAEMONS[case]
    answers = {minute: {TIMEOUT: value} if value else {NONE: 0} for minute, value in expected.items()}
    check(series, exporter.failures(), answers)
