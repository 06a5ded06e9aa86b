"""Prometheus and Alertmanager from the provisioned files: an application that fails is told of."""

import os
import queue
import time

import pytest

from requirements import require_program
from running import until
from stack import RULES, StackError, free_port, start_alertmanager, start_prometheus

PATIENCE = 120
LABELS = 'app_id="app-1",app_name="etl"'


def failed_application():
    """Return what a daemon shows of an application that has just failed after a minute."""
    now = time.time()
    return (
        f'spark_app_state{{{LABELS},state="failed"}} 1\n'
        f"spark_app_start_timestamp_seconds{{{LABELS}}} {now - 60}\n"
        f"spark_app_end_timestamp_seconds{{{LABELS}}} {now}\n"
    )


def nothing_there():
    """Return an address at which nothing listens."""
    return f"127.0.0.1:{free_port()}"


@pytest.mark.usefixtures("prometheus_program", "alertmanager_program")
def test_an_alert_goes_all_the_way(tmp_path, server):
    """From a daemon through the rules and Alertmanager to a webhook whose path names the receiver."""
    server.text = failed_application()
    url = f"http://{server.address}"
    with (
        start_alertmanager(tmp_path, webhook_url=f"{url}/", wait="1s") as manager,
        start_prometheus(
            tmp_path, server.address, rules=RULES, alertmanager=manager, scrape_interval="1s"
        ) as prometheus,
    ):
        path, message = server.posts.get(timeout=PATIENCE)
        (firing,) = [
            one for one in prometheus.alerts() if one["labels"]["alertname"] == "SparkApplicationFailed"
        ]
        (known,) = [one for one in manager.alerts() if one["labels"]["alertname"] == "SparkApplicationFailed"]

    assert path == "/on-call"
    (alert,) = message["alerts"]
    expected = {"app_id": "app-1", "app_name": "etl", "severity": "critical"}
    assert expected.items() <= alert["labels"].items()
    assert firing["state"] == "firing"
    assert firing["labels"] == alert["labels"] == known["labels"]
    assert alert["annotations"]["summary"] == "A Spark application has failed."
    # Links in messages lead to the programs that run.
    assert message["externalURL"] == manager.url
    assert alert["generatorURL"].startswith(f"{prometheus.url}/graph?")


@pytest.mark.usefixtures("prometheus_program")
def test_all_rules_are_loaded_and_evaluate_without_data(tmp_path):
    with start_prometheus(tmp_path, nothing_there(), rules=RULES, scrape_interval="1s") as prometheus:

        def evaluated():
            rules = [rule for group in prometheus.rules() for rule in group["rules"]]
            return all(rule["health"] != "unknown" for rule in rules) and rules

        rules = until(evaluated, "all rules are evaluated", PATIENCE)
        files = {group["file"].rsplit("/", 1)[1] for group in prometheus.rules()}

    assert files == {"recording.yaml", "alerts.yaml"}
    assert {rule["name"]: rule.get("lastError") for rule in rules if rule["health"] != "ok"} == {}


@pytest.mark.usefixtures("prometheus_program")
def test_rules_of_ones_own_take_the_place_of_the_committed_ones(tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "alerts.yaml").write_text("groups: [{name: own, rules: [{alert: Always, expr: vector(1)}]}]")
    with start_prometheus(tmp_path, nothing_there(), rules=own, scrape_interval="1s") as prometheus:
        (alert,) = until(prometheus.alerts, "the alert fires", PATIENCE)
    assert alert["labels"] == {"alertname": "Always"}


@pytest.mark.usefixtures("prometheus_program")
def test_prometheus_answers_in_series(tmp_path, server):
    """Vectors, scalars, ranges; and no rules where none are given."""
    server.text = "x 1\n"
    with start_prometheus(tmp_path, server.address, scrape_interval="1s") as prometheus:
        (series,) = until(lambda: prometheus.query("x"), "the first scrape", PATIENCE)
        seen = series["value"][0]
        (scalar,) = prometheus.query("42", time=10)
        (line,) = prometheus.query_range("x", seen - 1, seen + 1, 1)
        long = " or ".join([f'x{{a="{number}"}}' for number in range(2000)])
        assert prometheus.query(long) == []
        assert prometheus.query("x", time=seen - 3600) == []
        assert prometheus.rules() == []
        with pytest.raises(StackError, match=r"^Prometheus refuses sum\(: .*unclosed left parenthesis"):
            prometheus.query("sum(")

    assert series["metric"] == {"__name__": "x", "instance": server.address, "job": "spark-exporter"}
    assert series["value"][1] == "1"
    assert scalar == {"metric": {}, "value": [10, "42"]}
    assert {value for _time, value in line["values"]} == {"1"}


@pytest.mark.usefixtures("prometheus_program")
def test_rules_that_are_wrong_are_named(tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "alerts.yaml").write_text("groups: [{name: own, rules: [{alert: Wrong, expr: 'sum('}]}]")
    with (
        pytest.raises(StackError, match=r"^Prometheus could not start: .*"),
        start_prometheus(tmp_path, nothing_there(), rules=own),
    ):
        pytest.fail("it started")


@pytest.mark.usefixtures("alertmanager_program")
def test_without_a_webhook_alertmanager_tells_nobody(tmp_path, server):
    """The example's webhooks would fail over and over."""
    with start_alertmanager(tmp_path) as manager:
        assert manager.alerts() == []
    written = (tmp_path / "alertmanager/alertmanager.yml").read_text()
    assert "webhook" not in written
    assert "on-call" in written
    with pytest.raises(queue.Empty):
        server.posts.get_nowait()


@pytest.mark.parametrize("start", [start_alertmanager, lambda place: start_prometheus(place, "127.0.0.1:1")])
def test_a_program_that_is_not_on_the_path_is_none(start, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with start(tmp_path) as server:
        assert server is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("alertmanager_program")
def test_upstreams_name_of_alertmanager_is_found(tmp_path, monkeypatch):
    """Debian has given the program another name."""
    folder = tmp_path / "bin"
    folder.mkdir()
    debian = require_program("prometheus-alertmanager", "")
    (folder / "alertmanager").symlink_to(debian)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    with start_alertmanager(tmp_path) as manager:
        assert manager.alerts() == []
