"""The settings of the showcase: those of config.yaml, in a hurry."""

from dashboards.config import load, seconds
from showcase import hurried


def length(time):
    """Return how many seconds a time has, also if it has none."""
    return 0 if time == "0s" else seconds(time)


def test_only_times_and_some_limits_differ(tmp_path):
    """Every alert is on with its severity, none waits longer than elsewhere, and no window is longer."""
    usual, here = load(), load(hurried.build(tmp_path))
    assert {name: (one.enabled, one.severity) for name, one in here.alerts.items()} == {
        name: (one.enabled, one.severity) for name, one in usual.alerts.items()
    }
    for name, alert in here.alerts.items():
        assert length(alert.hold) <= length(usual.alerts[name].hold), name
    for name, window in here.windows.items():
        assert length(window) <= length(usual.windows[name]), name
    differ = {name for name, value in here.thresholds.items() if value != usual.thresholds[name]}
    assert differ == {*hurried.THRESHOLDS}
    assert (here.selector, here.runbook_url_base) == (usual.selector, usual.runbook_url_base)


def test_rules_and_dashboards_are_beside_the_settings(tmp_path):
    """What Prometheus and Grafana read is there."""
    hurried.build(tmp_path)
    found = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    boards = [
        f"generated/{name}.json" for name in ("application", "custom", "exporter", "fleet", "streaming")
    ]
    assert found == ["config.yaml", *boards, "rules/alerts.yaml", "rules/recording.yaml"]
