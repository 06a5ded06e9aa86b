"""The daemon beside a real API server: driver pods are found, followed, and let go."""

import re
import sys
import threading
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "unit" / "daemon"))

from fake_driver import FakeDriver, executor, metric
from processes import Process

from exporter.daemon.discovery.cluster import Cluster
from exporter.daemon.discovery.health import Health
from exporter.daemon.discovery.pods import Rules
from exporter.daemon.discovery.stream import Stream
from running import until

DRIVER = {"spark-role": "driver"}
UI_PORT = "spark-exporter.io/ui-port"
NOWHERE = {UI_PORT: "1024"}
NOTICED = 10
"""Seconds within which a driver is to be found."""

pytest.importorskip("kubernetes", reason="install the extra kubernetes of this package")


@pytest.fixture
def start_driver():
    """Start drivers on loopback, each with an application and a counter."""
    drivers = []

    def start(app_id):
        driver = FakeDriver()
        drivers.append(driver)
        driver.app |= {"id": app_id}
        driver.plugin.app_id = app_id
        driver.changed(
            metrics=[metric("rows")], series=[[0]], totals=[4.0], executors=[executor("1", [0], [4.0])]
        )
        return driver

    yield start
    for driver in drivers:
        driver.die()


@pytest.fixture
def start_daemon():
    """Start daemons that watch the pods of a namespace with the rights of an account."""
    daemons = []

    def start(server, namespace, *arguments, account="watcher"):
        config = server.kubeconfig_of_account(namespace, account)
        daemons.append(
            Process(
                "--kubernetes.discovery=true",
                f"--kubernetes.kubeconfig={config}",
                f"--kubernetes.namespace={namespace}",
                "--kubernetes.allowed-addresses=127.0.0.0/8",
                *arguments,
            )
        )
        # Whoever does not read what it says would stop it.
        threading.Thread(target=daemons[-1].process.stderr.read, daemon=True).start()
        return daemons[-1]

    yield start
    for daemon in daemons:
        daemon.process.kill()
        daemon.process.wait()


def account(server, namespace, name="watcher"):
    """Make a service account that may do nothing yet."""
    server.admin.create(f"/api/v1/namespaces/{namespace}/serviceaccounts", {"metadata": {"name": name}})


def allow(server, namespace, name="watcher"):
    """Let it list and watch pods, which is all that it needs."""
    rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
    rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["list", "watch"]}
    server.admin.create(f"{rbac}/roles", {"metadata": {"name": name}, "rules": [rule]})
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}
    subject = {"kind": "ServiceAccount", "name": name, "namespace": namespace}
    binding = {"metadata": {"name": name}, "roleRef": role, "subjects": [subject]}
    server.admin.create(f"{rbac}/rolebindings", binding)


def make(server, namespace, name, annotations, address="127.0.0.1", **labels):
    """Make a driver pod that runs."""
    server.create_pod(namespace, name, labels={**DRIVER, **labels}, annotations=annotations)
    return server.run_pod(namespace, name, address)


def at(driver):
    """Return the annotations of a pod whose UI is that of this driver."""
    return {UI_PORT: driver.url.rpartition(":")[2]}


def up(daemon):
    """Return the applications that are there, as pod and id."""
    found = re.findall(r'^spark_app_up\{app_id="(.+?)",.*pod="(.+?)"\} 1.0$', daemon.get().text, re.MULTILINE)
    return {(pod, app_id) for app_id, pod in found}


def targets(daemon):
    return int(float(re.search(r'discovery_targets\{discovery="kubernetes"\} (\S+)', daemon.get().text)[1]))


def errors(daemon, reason):
    found = re.search(rf'errors_total\{{discovery="kubernetes",reason="{reason}"\}} (\S+)', daemon.get().text)
    return float(found[1])


def test_a_pod_is_followed_through_its_life(shared_api_server, namespace, start_driver, start_daemon):
    """Made, scheduled, running, complete, gone; what its application said last stays."""
    server, driver = shared_api_server, start_driver("app-1")
    account(server, namespace)
    allow(server, namespace)
    daemon = start_daemon(server, namespace)
    assert daemon.get("/-/ready").status_code == 200
    server.create_pod(namespace, "etl-driver", labels=DRIVER, annotations=at(driver))
    server.patch_pod(
        namespace, "etl-driver", phase="Pending", podIP="127.0.0.1", podIPs=[{"ip": "127.0.0.1"}]
    )
    server.run_pod(namespace, "etl-driver", "127.0.0.1")
    until(lambda: up(daemon) == {("etl-driver", "app-1")}, "the application", NOTICED)
    whole = f'rows_total{{app_id="app-1",app_name="etl",namespace="{namespace}",pod="etl-driver"}} 4.0\n'
    until(lambda: whole in daemon.get().text, "its metrics")
    server.patch_pod(namespace, "etl-driver", phase="Succeeded")
    until(lambda: not up(daemon), "its end", NOTICED)
    assert targets(daemon) == 0
    server.delete_pod(namespace, "etl-driver")

    assert whole in daemon.get().text


def test_a_pod_of_the_same_name_is_another_one(shared_api_server, namespace, start_driver, start_daemon):
    """With another unique id and another application."""
    server, one, two = shared_api_server, start_driver("app-1"), start_driver("app-2")
    account(server, namespace)
    allow(server, namespace)
    first = make(server, namespace, "etl", at(one))
    daemon = start_daemon(server, namespace)
    until(lambda: up(daemon) == {("etl", "app-1")}, "the first one", NOTICED)
    server.delete_pod(namespace, "etl")
    second = make(server, namespace, "etl", at(two))

    assert first["metadata"]["uid"] != second["metadata"]["uid"]
    until(lambda: up(daemon) == {("etl", "app-2")}, "the second one", NOTICED)


def test_rights_that_come_late(shared_api_server, namespace, start_driver, start_daemon):
    """Without them the daemon is not ready, and counts why; with list and watch it has all it needs."""
    server, driver = shared_api_server, start_driver("app-1")
    account(server, namespace)
    make(server, namespace, "etl", at(driver))
    daemon = start_daemon(server, namespace)
    assert daemon.get("/-/ready").status_code == 503
    assert errors(daemon, "forbidden") > 0
    allow(server, namespace)

    until(lambda: daemon.get("/-/ready").status_code == 200, "ready")
    until(lambda: up(daemon) == {("etl", "app-1")}, "the application")


def test_the_api_server_restarts(api_server, start_driver, start_daemon):
    """Nothing is lost meanwhile, and what comes afterwards is found."""
    namespace, one, two = api_server.namespace("spark"), start_driver("app-1"), start_driver("app-2")
    account(api_server, namespace)
    allow(api_server, namespace)
    make(api_server, namespace, "one", at(one))
    daemon = start_daemon(api_server, namespace)
    until(lambda: up(daemon) == {("one", "app-1")}, "the first one", NOTICED)
    api_server.stop()
    until(lambda: errors(daemon, "connect") > 0, "the end is noticed")
    assert up(daemon) == {("one", "app-1")}
    assert daemon.get("/-/ready").status_code == 200
    api_server.start()
    make(api_server, namespace, "two", at(two))
    until(lambda: up(daemon) == {("one", "app-1"), ("two", "app-2")}, "both")
    api_server.delete_pod(namespace, "one")

    until(lambda: up(daemon) == {("two", "app-2")}, "the second one alone", NOTICED)


def test_a_version_that_the_server_forgot(api_server):
    """The watch goes on after a new list, and has what came and went meanwhile."""
    namespace = api_server.namespace("spark")
    for name in ("one", "two"):
        make(api_server, namespace, name, NOWHERE)
    health = Health("kubernetes")
    stream = Stream(
        Cluster(api_server.kubeconfig),
        namespace,
        "spark-role=driver",
        rules=Rules(),
        health=health,
        changed=lambda: None,
    )
    stream.start()
    until(lambda: len(stream.pods()) == 2, "the list")
    api_server.stop()
    until(lambda: health.errors["connect"] > 0, "the end is noticed")
    # As if it had been cut off for hours: a server that was just started knows of nothing before.
    stream._version = "1"
    api_server.start()
    api_server.delete_pod(namespace, "one")
    make(api_server, namespace, "three", NOWHERE)
    names = {f"{namespace}/two", f"{namespace}/three"}
    until(lambda: {*stream.pods()} == names, "what there is now")
    stream.stop()

    assert health.errors["expired"] == 1


def test_many_pods_at_once(shared_api_server, namespace, start_driver, start_daemon):
    """Five hundred: all are known, the one that answers is published, and none is left when they are gone."""
    server, driver = shared_api_server, start_driver("app-1")
    account(server, namespace)
    allow(server, namespace)
    daemon = start_daemon(server, namespace)
    names = [f"p{number}" for number in range(500)]
    for number, name in enumerate(names):
        make(server, namespace, name, NOWHERE, f"127.1.{number // 250}.{number % 250 + 1}")
    make(server, namespace, "good", at(driver))
    until(lambda: ("good", "app-1") in up(daemon), "the good one")
    until(lambda: targets(daemon) == 501, "all of them")
    path = f"/api/v1/namespaces/{namespace}/pods?gracePeriodSeconds=0"
    server.admin.checked("DELETE", path, params={"labelSelector": "spark-role=driver"})

    until(lambda: targets(daemon) == 0, "none of them")
    assert "spark_exporter_target_up{" not in daemon.get().text


def test_shards_divide_the_drivers(shared_api_server, namespace, start_driver, start_daemon):
    """Two, then three: each application is with one of them, and all are there."""
    server = shared_api_server
    account(server, namespace)
    allow(server, namespace)
    for number in range(8):
        driver = start_driver(f"app-{number}")
        make(server, namespace, f"p{number}", at(driver), **{"spark-app-selector": f"app-{number}"})
    for total in (2, 3):
        flags = [(f"--shard=exporter-{number}", f"--total-shards={total}") for number in range(total)]
        shards = [start_daemon(server, namespace, *given) for given in flags]
        until(lambda shards=shards: sum(len(up(shard)) for shard in shards) == 8, "all applications")
        found = [app_id for shard in shards for _, app_id in up(shard)]
        assert sorted(found) == [f"app-{number}" for number in range(8)]
        for shard in shards:
            assert shard.end()[0] == 0
