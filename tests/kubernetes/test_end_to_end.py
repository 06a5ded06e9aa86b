"""The chart as a cluster runs it: its daemon, drivers with its settings, and Prometheus with its rules.

The API server, helm, Prometheus' operator, Prometheus, the daemon and Spark are real. What controllers and
kubelets do, tests/kubelet.py, tests/monitoring.py and tests/rollout.py do with what the API server holds.
"""

import base64
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import bcrypt
import pytest
import requests

sys.path.append(str(Path(__file__).resolve().parents[2]))

import promtool
from certificates import Authority
from dashboards.queries_of import fill, queries_of
from rollout import FLEET, PORT, SIDECAR, Rollout, random_address
from running import until
from steered import command, finished

pytestmark = [pytest.mark.spark, pytest.mark.timeout(600)]
pytest.importorskip("kubernetes", reason="install the extra kubernetes of this package")

JOB = Path(__file__).resolve().parent / "jobs" / "orders.py"
FAILED = "SparkApplicationFailed"
RULES = {"alerts": {FAILED: {"for": "1s"}}, "thresholds": {"gc_share_ratio": 0.25}}
PANELS = (
    "State",
    "Duration",
    "Task slots in use",
    "Garbage collection",
    "Tasks running and waiting",
    "Tasks that ended",
    "Stages that ended",
    "Jobs that ended",
    "Run time of tasks",
    "Executors",
    "Each executor",
    "Shares of the tasks' time",
    "Heap of the limit",
    "Shuffle data",
    "SQL executions that ended",
    "Time of a scheduler's message",
    "Threads",
)
"""Of the dashboard of an application: what any job that works has."""


@pytest.fixture(scope="module")
def rollout(monitored_api_server, tmp_path_factory):
    """The chart's daemon and its Prometheus."""
    with Rollout(monitored_api_server, "spark-end-to-end", tmp_path_factory.mktemp("rollout")) as made:
        made.install(FLEET | {"rules": RULES})
        yield made


@pytest.fixture(scope="module")
def driver(rollout):
    """A driver that works on two executors, as Prometheus has seen for a while."""
    made = rollout.submit("orders-driver", JOB, "local-cluster[2,1,1024]")
    speed = f'app:spark_app_tasks:rate5m{{pod="{made.pod.name}"}} > 0'
    until(lambda: rollout.prometheus.query(speed), "Prometheus has recorded how fast it works")
    return made


def test_prometheus_scrapes_the_pod_that_its_probes_call_ready(rollout):
    """Where the ServiceMonitor leads to, under the name that the rules look for."""
    assert rollout.failed_probes() == {}
    until(lambda: rollout.prometheus.query('up{job="spark-exporter"} == 1'), "the first scrape")
    (up,) = rollout.prometheus.query('up{job="spark-exporter"}')
    (job,) = rollout.monitoring.config()["scrape_configs"]
    monitor = rollout.release.get("servicemonitors")["spec"]["endpoints"][0]
    assert (job["scrape_interval"], job["scrape_timeout"]) == (monitor["interval"], monitor["scrapeTimeout"])
    assert (job["metrics_path"], job["scheme"]) == ("/metrics", "http")
    assert job["honor_labels"] is True
    assert up["metric"] == {
        "__name__": "up",
        "job": "spark-exporter",
        "instance": f"{rollout.daemon.address}:4060",
        "namespace": rollout.namespace,
        "pod": rollout.daemon.name,
        "service": rollout.release.fullname,
        "container": "spark-exporter",
        "endpoint": "http-metrics",
    }


def test_series_of_an_application_have_the_drivers_namespace_and_pod(rollout, driver):
    """Those of Spark, and its own, counted on executors by the client that the init container copied."""
    (state,) = rollout.prometheus.query(f'spark_app_state{{state="running",{driver.matchers}}} == 1')
    assert state["metric"]["app_name"] == "orders-driver"
    counted = f"spark_custom_rows_seen_total{{{driver.matchers}}} >= 100"
    until(lambda: rollout.prometheus.query(counted), "its own metric")
    executors = until(
        lambda: rollout.prometheus.query(
            f'spark_executor_up{{executor_id!="driver",{driver.matchers}}} == 1'
        ),
        "its executors",
    )
    assert len(executors) == 2


def test_the_dashboards_have_data(rollout, driver):
    """Each query of the application's dashboard is answered, and the main panels have data."""
    (text,) = rollout.release.get("configmaps", f"{rollout.release.fullname}-application")["data"].values()
    chosen = {
        "namespace": driver.labels["namespace"],
        "app_name": "orders-driver",
        "app_id": driver.labels["app_id"],
        "executor": ".*",
        "__interval": "10s",
        "__interval_ms": "10000",
        "__rate_interval": "10s",
        "__range": "1m",
        "__range_s": "60",
    }
    answered = {}
    for query in queries_of(json.loads(text)):
        panel, expr = query.place.removeprefix("panel "), fill(query.expr, chosen)
        answered.setdefault(panel, {})[expr] = rollout.prometheus.query(expr)
    for panel in PANELS:
        if not any(answered[panel].values()):
            until(lambda panel=panel: any(map(rollout.prometheus.query, answered[panel])), f"data of {panel}")


def test_prometheus_evaluates_the_rules(rollout, driver):
    """Nothing is wrong for promtool, no rule fails, and what is recorded has the driver's labels."""
    for file in rollout.monitoring.rule_files():
        checked = promtool.run("check", "rules", file)
        assert checked.returncode == 0, checked.stdout + checked.stderr
    groups = rollout.release.get("prometheusrules")["spec"]["groups"]
    made = [rule.get("record") or rule["alert"] for group in groups for rule in group["rules"]]
    assert sorted(rule["name"] for rule in evaluated(rollout)) == sorted(made)
    for name in ("app:spark_executor_task_slots:sum", "app_executor:spark_executor_jvm_heap_used:ratio"):
        assert rollout.prometheus.query(f"{name}{{{driver.matchers}}}")


def test_an_alert_fires_with_the_pods_name(rollout):
    """A driver fails: whoever is told knows where."""
    driver = rollout.submit("wrong-driver", JOB, "local[2]")
    until(lambda: rollout.prometheus.query(f"spark_app_up{{{driver.matchers}}} == 1"), "Prometheus knows it")
    assert driver.end() != 0

    def fires():
        alerts = (one for one in rollout.prometheus.alerts() if one["labels"]["alertname"] == FAILED)
        return next((one for one in alerts if one["state"] == "firing"), None)

    alert = until(fires, "the alert")
    assert driver.labels.items() <= alert["labels"].items()
    assert alert["labels"]["severity"] == "critical"
    assert driver.labels["app_id"] in alert["annotations"]["description"]


def test_the_token_of_the_secret_steers_and_nothing_else_does(rollout, driver):
    """A value and an event get to driver and executors; without the token, nothing does."""
    secret = rollout.release.get("secrets", f"{rollout.release.fullname}-token")
    token = base64.b64decode(secret["data"]["token"]).decode()
    app = driver.labels["app_id"]

    def run(*words, token=token):
        return finished(command(rollout, *words, token=token))

    until(lambda: run("config", "get", app)[0] == 0, "the daemon has found the plugin")
    code, output, errors = run("config", "set", app, "threshold=25", "--wait=60s")
    assert (code, errors) == (0, "")
    assert {line.split()[0] for line in output.splitlines()[2:]} == {"0", "1", "driver"}
    sent = run(
        "events", "send", app, "reload", "table=orders", "--target=driver", "--wait=60s", "--format=json"
    )
    assert (sent[0], sent[2]) == (0, "")
    (handled,) = json.loads(sent[1])["recipients"]
    assert (handled["state"], handled["result"]) == ("handled", {"table": "orders"})

    for wrong in ("guess", None):
        code, output, errors = run("config", "set", app, "threshold=26", token=wrong)
        assert (code, output) == (3, "")
        assert "token" in errors
    assert json.loads(run("config", "get", app, "threshold")[1]) == 25


def test_an_upgrade_with_another_threshold_reaches_prometheus(rollout):
    """The operator writes it, Prometheus evaluates it, and all else is the same."""
    before = expressions(rollout)
    rollout.release.upgrade(rollout.values, "--set=rules.thresholds.gc_share_ratio=0.37")
    rollout.monitoring.wait_for_rule("> 0.37")
    rollout.monitoring.reload()

    after = until(lambda: found if (found := expressions(rollout)) != before else None, "the new rules")
    changed = {name for name in before if before[name] != after.get(name)}
    assert changed == {"SparkGarbageCollectionHigh"}
    assert after.keys() == before.keys()
    assert after["SparkGarbageCollectionHigh"] == [
        before["SparkGarbageCollectionHigh"][0].replace("> 0.25", "> 0.37")
    ]


def evaluated(rollout):
    """Return the rules once each was evaluated, which must not fail."""

    def rules():
        found = [rule for group in rollout.prometheus.rules() for rule in group["rules"]]
        return found if all(rule["health"] != "unknown" for rule in found) else None

    found = until(rules, "each rule was evaluated")
    assert [(rule["name"], rule.get("lastError")) for rule in found if rule["health"] != "ok"] == []
    return found


def expressions(rollout):
    """Return the expressions that Prometheus evaluates, by name."""
    found = {}
    for rule in evaluated(rollout):
        found.setdefault(rule["name"], []).append(rule["query"])
    return found


class Garbage(BaseHTTPRequestHandler):
    """Another server, behind the daemon's name."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>it works</html>")

    def log_message(self, *_):
        pass


def test_helm_test_says_whether_the_daemon_is_there(rollout):
    """Its pod scrapes the Service; with nobody or somebody else there, it says so and helm fails."""
    code, pod = rollout.test(rollout.daemon.address)
    assert code == 0
    assert " samples of " in pod.lines.get()

    service = f"http://{rollout.release.fullname}.{rollout.namespace}.svc:{PORT}/metrics"
    code, pod = rollout.test(random_address())
    assert code != 0
    assert pod.errors.splitlines()[-1].startswith(f"{service} cannot be scraped: ")
    assert "Connection refused" in pod.errors
    assert "Traceback" not in pod.errors

    with HTTPServer((random_address(), PORT), Garbage) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        code, pod = rollout.test(server.server_address[0])
        server.shutdown()
    assert code != 0
    assert service in pod.errors
    assert "Traceback" not in pod.errors


@pytest.fixture
def guarded(monitored_api_server, tmp_path):
    """The chart with TLS and a password, both in Secrets."""
    with Rollout(monitored_api_server, "spark-guarded", tmp_path) as made:
        name = f"{made.release.fullname}.{made.namespace}.svc"
        authority = Authority(tmp_path)
        certificate, key = authority.server("daemon", [name])
        made.release.secret(
            "certificate",
            **{
                "tls.crt": certificate.read_text(),
                "tls.key": key.read_text(),
                "ca.crt": authority.certificate.read_text(),
            },
        )
        made.release.secret("scrape", username="prometheus", password="correct-horse")
        users = {"prometheus": bcrypt.hashpw(b"correct-horse", bcrypt.gensalt(4)).decode()}
        trusted = {"ca": {"secret": {"name": "certificate", "key": "ca.crt"}}, "serverName": name}
        tls = {"enabled": True, "existingSecret": "certificate", "scrapeConfig": trusted}
        passwords = {"users": users, "scrapeSecret": "scrape"}
        made.install(FLEET | {"web": {"tls": tls, "basicAuth": passwords}})
        yield made


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
def test_prometheus_scrapes_with_tls_and_a_password(guarded):
    """It and helm test get in, with what is in the Secrets; nobody else does."""
    until(lambda: guarded.prometheus.query('up{job="spark-exporter"} == 1'), "the first scrape")
    (job,) = guarded.monitoring.config()["scrape_configs"]
    assert job["scheme"] == "https"
    assert guarded.test(guarded.daemon.address)[0] == 0

    place = f"{guarded.daemon.address}:{PORT}/metrics"
    refused = requests.get(f"https://{place}", timeout=60, verify=False)  # noqa: S501
    assert refused.status_code == 401
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://{place}", timeout=60)


@pytest.fixture
def sidecars(monitored_api_server, tmp_path):
    """The chart with a daemon in each driver's pod."""
    with Rollout(monitored_api_server, "spark-sidecars", tmp_path) as made:
        made.install(SIDECAR)
        yield made


def test_a_sidecar_stays_until_prometheus_knows_how_the_driver_has_ended(sidecars):
    """The PodMonitor leads to its port; it ends by itself, once it was scraped for the last time."""
    driver = sidecars.submit("orders-driver", JOB, "local[2]")
    sidecars.monitoring.reload()
    series = (
        f'spark_app_state{{state="%s",{driver.matchers},job="spark-exporter",container="spark-exporter"}}'
    )
    until(lambda: sidecars.prometheus.query(f"{series % 'running'} == 1"), "Prometheus knows it")
    assert driver.end() != 0
    assert "scraped for the last time" in driver.sidecar.errors
    assert sidecars.prometheus.query(f"max_over_time({series % 'failed'}[5m]) == 1")
