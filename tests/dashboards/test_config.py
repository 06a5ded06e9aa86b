"""The configuration has every key and no other; its errors name the file, the key and what is expected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from dashboards.config import DEFAULT, Alert, ConfigError, load

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
        ("dashboards.refresh", 30, "dashboards.refresh is 30; expected a time such as 10m"),
        ("dashboards.time_from", "1h", "dashboards.time_from is '1h'; expected a time such as now-1h"),
        ("thresholds.gc_share_ratio", "much", "thresholds.gc_share_ratio is 'much'; expected a number"),
        ("thresholds.gc_share_ratio", -0.1, "thresholds.gc_share_ratio is -0.1; expected a number"),
        ("thresholds.gc_share_ratio", True, "thresholds.gc_share_ratio is True; expected a number"),
        ("thresholds.gc_share_ratio", float("nan"), "thresholds.gc_share_ratio is nan; expected a number"),
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


@pytest.mark.parametrize(
    "keys", ["selector", "dashboards.tags", "windows.loss_window", "alerts.SparkFetchFailures.for"]
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
