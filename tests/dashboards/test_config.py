"""The configuration has every key and no other; its errors name the file, the key and what is expected."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from dashboards.config import DEFAULT, ENDS, Alert, ConfigError, is_share, load
from dashboards.rules.alerts import GROUPS

if TYPE_CHECKING:
    from pathlib import Path


def changed(folder: Path, keys: str, value: Any) -> Path:
    """Write a copy of the configuration with another value at a dotted path of keys."""
    document = yaml.safe_load(DEFAULT.read_text())
    *above, last = keys.split(".")
    section = document
    for key in above:
        section = section[key]
    section[last] = value
    path = folder / "mine.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


def test_the_committed_configuration_is_read() -> None:
    config = load()
    assert config.selector == 'job="spark-exporter"'
    assert config.thresholds["gc_share_ratio"] == 0.2
    assert config.windows["loss_window"] == "15m"
    assert config.alerts["SparkApplicationLost"] == Alert(enabled=True, severity="critical", hold="1m")
    assert config.dashboards.tags == ("spark", "spark-exporter")


def test_names_of_thresholds_and_windows_say_their_unit() -> None:
    config = load()
    counts = {"task_failures", "job_failures", "executors_lost", "idle_task_slots", "fetch_failures"}
    counts |= {"streaming_backlog_offsets", "streaming_restarts", "streaming_state_rows", "missed_reports"}
    counts |= {"disk_spilled_bytes_per_task_second"}
    assert {name for name in config.thresholds if not name.endswith(("_ratio", "_seconds"))} == counts
    counts = {"listener_bus_events", "streaming_late_rows_per_second", "dstream_batches"}
    counts |= {"custom_metric_series", "executor_series"}
    assert {name for name in config.panels if not name.endswith(("_ratio", "_seconds"))} == counts
    assert all(name.endswith("_window") for name in config.windows)


def test_a_changed_copy_is_used(tmp_path: Path) -> None:
    assert load(changed(tmp_path, "thresholds.gc_share_ratio", 1)).thresholds["gc_share_ratio"] == 1.0
    assert (
        load(changed(tmp_path, "runbook_url_base", "https://a.example/b/")).runbook_url_base
        == "https://a.example/b"
    )
    several = 'job=~"a|b", cluster="c"'
    assert load(changed(tmp_path, "selector", several)).selector == several


@pytest.mark.parametrize(
    ("keys", "value", "problem"),
    [
        (
            "selector",
            "spark",
            "selector is 'spark'; expected matchers of labels such as job=",
        ),
        ("runbook_url_base", "wiki", "runbook_url_base is 'wiki'; expected a URL"),
        (
            "dashboards.uid_prefix",
            "",
            "dashboards.uid_prefix is ''; expected at most 20 letters, digits, _ or -",
        ),
        ("dashboards.uid_prefix", "x" * 21, "expected at most 20 letters, digits, _ or -"),
        ("dashboards.tags", "spark", "dashboards.tags is 'spark'; expected a list of texts"),
        ("dashboards.tags", [1], "dashboards.tags is [1]; expected a list of texts"),
        ("dashboards.refresh", 30, "dashboards.refresh is 30; expected a time such as 30s"),
        ("dashboards.time_from", "1h", "dashboards.time_from is '1h'; expected a time such as now-1h"),
        ("thresholds.gc_share_ratio", "much", "thresholds.gc_share_ratio is 'much'; expected a number"),
        ("thresholds.gc_share_ratio", -0.1, "thresholds.gc_share_ratio is -0.1; expected a number"),
        ("thresholds.gc_share_ratio", True, "thresholds.gc_share_ratio is True; expected a number"),
        ("thresholds.gc_share_ratio", float("nan"), "thresholds.gc_share_ratio is nan; expected a number"),
        ("runbook_url_base", "https://x/{{template}}", "expected a URL without braces"),
        ("runbook_url_base", 'https://x/"', "expected a URL without braces"),
        (
            "dashboards.time_from",
            "now-banana",
            "dashboards.time_from is 'now-banana'; expected a time such as",
        ),
        ("dashboards.time_from", "now-0h", "expected a time such as now-1h"),
        ("dashboards.refresh", "1h30m", "dashboards.refresh is '1h30m'; expected a time such as 30s"),
        (
            "thresholds.gc_share_ratio",
            20,
            "thresholds.gc_share_ratio is 20; expected a part of 1, such as 0.2",
        ),
        ("panels.cached_ratio", 80, "panels.cached_ratio is 80; expected a part of 1"),
        (
            "alerts.SparkApplicationLost.for",
            "20m",
            "alerts.SparkApplicationLost.for is 20m; expected less than windows.end_window (15m), after",
        ),
        (
            "windows.end_window",
            "60s",
            "SparkApplicationLost.for is 1m; expected less than windows.end_window",
        ),
        (
            "windows.custom_moving_window",
            "29m",
            "custom_moving_window is 29m; expected twice custom_stall_window (15m) at least",
        ),
        ("panels.used_ratio", "all", "panels.used_ratio is 'all'; expected a number that is not negative"),
        (
            "panels.used_ratios",
            1,
            "panels.used_ratios is no key of the configuration; did you mean used_ratio?",
        ),
        ("windows.loss_window", "15", "windows.loss_window is '15'; expected a time such as 10m"),
        ("windows.loss_window", "0s", "windows.loss_window is '0s'; expected a time that is not zero"),
        (
            "alerts.SparkFetchFailures.enabled",
            "yes",
            "SparkFetchFailures.enabled is 'yes'; expected true",
        ),
        (
            "alerts.SparkFetchFailures.severity",
            "page",
            "alerts.SparkFetchFailures.severity is 'page'; expected critical, warning or info",
        ),
        (
            "alerts.SparkFetchFailures.for",
            300,
            "SparkFetchFailures.for is 300; expected a time such as",
        ),
        ("alerts.SparkFetchFailures", None, "alerts.SparkFetchFailures must be a mapping of keys, not None"),
        ("thresholds.gc_ratio", 1, "thresholds.gc_ratio is no key of the configuration"),
        ("alerts.SparkFetchFailure", {}, "did you mean SparkFetchFailures?"),
        ("treshold", {}, "treshold is no key of the configuration; did you mean thresholds?"),
        (
            "alerts.SparkFetchFailures.fro",
            "1m",
            "SparkFetchFailures.fro is no key of the configuration",
        ),
    ],
)
def test_a_wrong_value_is_an_error_that_names_file_and_key(
    tmp_path: Path, keys: str, value: Any, problem: str
) -> None:
    path = changed(tmp_path, keys, value)
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert problem in str(caught.value)


def test_an_alert_that_is_off_may_wait_for_ever(tmp_path: Path) -> None:
    off = {"enabled": False, "severity": "info", "for": "20m"}
    assert (
        load(changed(tmp_path, "alerts.SparkApplicationLost", off)).alerts["SparkApplicationLost"].hold
        == "20m"
    )


@pytest.mark.parametrize("time", ["now-90d", "now-1M", "now-1d/d", "now/w"])
def test_each_form_of_grafanas_times_is_taken(tmp_path: Path, time: str) -> None:
    assert load(changed(tmp_path, "dashboards.time_from", time)).dashboards.time_from == time


def test_what_is_no_share_may_be_above_1(tmp_path: Path) -> None:
    config = load(changed(tmp_path, "thresholds.stage_skew_ratio", 20))
    assert config.thresholds["stage_skew_ratio"] == 20
    shares = {name for name in config.thresholds if is_share(f"thresholds.{name}")}
    assert {"gc_share_ratio", "heap_used_ratio", "source_failure_ratio"} <= shares
    assert not {"stage_skew_ratio", "streaming_input_ratio", "missed_reports"} & shares


def test_the_windows_with_which_alerts_end_are_used_by_them() -> None:
    config = load()
    alerts = {alert.name: alert for group in GROUPS.values() for alert in group}
    for window, names in ENDS.items():
        longer = dataclasses.replace(config, windows={**config.windows, window: "77m"})
        for name in names:
            assert alerts[name].expression(longer) != alerts[name].expression(config), name


@pytest.mark.parametrize(
    ("before", "after", "key"),
    [
        ("  gc_share_ratio: 0.2\n", "  gc_share_ratio: 0.2\n  gc_share_ratio: 0.9\n", "gc_share_ratio"),
        ("panels:\n", "windows: {}\npanels:\n", "windows"),
        ("for: 0s}\n", "for: 0s, for: 9m}\n", "for"),
    ],
)
def test_a_key_that_is_there_twice_is_an_error(tmp_path: Path, before: str, after: str, key: str) -> None:
    path = tmp_path / "mine.yaml"
    text = DEFAULT.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))
    with pytest.raises(
        ConfigError, match=rf"mine.yaml is no YAML: the key {key} is there twice in .*line \d+"
    ):
        load(path)


@pytest.mark.parametrize(
    "keys",
    [
        "selector",
        "dashboards.tags",
        "panels.used_ratio",
        "windows.loss_window",
        "alerts.SparkFetchFailures.for",
    ],
)
def test_a_missing_key_is_named(tmp_path: Path, keys: str) -> None:
    document = yaml.safe_load(DEFAULT.read_text())
    *above, last = keys.split(".")
    section = document
    for key in above:
        section = section[key]
    del section[last]
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(document))
    with pytest.raises(ConfigError, match=f"{keys} is missing"):
        load(path)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "the file must be a mapping of keys, not None"),
        (b"- a", "the file must be a mapping of keys"),
        (b"a: [", "is no YAML: "),
        (b"\xff\xfe\xff", "is no YAML: "),
    ],
)
def test_a_file_that_is_no_configuration_is_named(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(path) in str(caught.value)
    assert problem in str(caught.value)


def test_a_file_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none.yaml cannot be read: No such file or directory"):
        load(tmp_path / "none.yaml")
