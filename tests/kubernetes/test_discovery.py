"""The daemon beside a real API server: driver pods are found, followed, and let go."""

from functools import partial

import pytest

from running import until
from watched_pods import DRIVER, NOTICED, NOWHERE, allow, at, delete_all, end, make, make_account

pytest.importorskip("kubernetes", reason="install the extra kubernetes of this package")

from exporter.daemon.discovery.cluster import Cluster
from exporter.daemon.discovery.health import Health
from exporter.daemon.discovery.pods import Rules, read_pod
from exporter.daemon.discovery.stream import Stream


def test_a_pod_is_followed_through_its_life(shared_api_server, watched, start_driver, watch):
    """Made, scheduled, running, complete, gone; what its application said last stays."""
    server, driver = shared_api_server, start_driver("app-1")
    daemon = watch(server, watched)
    assert daemon.get("/-/ready").status_code == 200
    server.create_pod(watched, "etl-driver", labels=DRIVER, annotations=at(driver.url))
    server.patch_pod(watched, "etl-driver", phase="Pending", podIP="127.0.0.1", podIPs=[{"ip": "127.0.0.1"}])
    server.run_pod(watched, "etl-driver", "127.0.0.1")
    until(lambda: daemon.up() == {("etl-driver", "app-1")}, "the application", NOTICED)
    whole = f'rows_total{{app_id="app-1",app_name="etl",namespace="{watched}",pod="etl-driver"}} 4.0\n'
    until(lambda: whole in daemon.get().text, "its metrics")
    server.patch_pod(watched, "etl-driver", phase="Succeeded")
    until(lambda: daemon.states() == {"etl-driver": "completed"}, "its end", NOTICED)
    assert daemon.targets() == 0
    server.delete_pod(watched, "etl-driver")

    assert whole in daemon.get().text
    assert daemon.states() == {"etl-driver": "completed"}


def test_a_pod_that_is_deleted_while_it_runs(shared_api_server, watched, start_driver, watch):
    """Is no target any more; its application is lost, and goes when the retention is over."""
    server, driver = shared_api_server, start_driver("app-1")
    make(server, watched, "etl", at(driver.url))
    daemon = watch(server, watched, "--retention=1s")
    until(lambda: daemon.up() == {("etl", "app-1")}, "the application", NOTICED)
    server.delete_pod(watched, "etl")
    until(lambda: daemon.targets() == 0 and daemon.up() == set(), "its end", NOTICED)
    until(lambda: 'app_id="app-1"' not in daemon.get().text, "its last values go", NOTICED)

    assert "spark_exporter_target_up{" not in daemon.get().text


def test_a_pod_that_is_deleted_when_it_has_ended(shared_api_server, watched, start_driver, watch):
    """Both in one breath: how it ended is not lost."""
    server, driver = shared_api_server, start_driver("app-1")
    make(server, watched, "etl", at(driver.url))
    daemon = watch(server, watched)
    until(lambda: daemon.up() == {("etl", "app-1")}, "the application", NOTICED)
    end(server, watched, "etl", exit_code=1)
    server.delete_pod(watched, "etl")

    until(lambda: daemon.states() == {"etl": "failed"}, "its end", NOTICED)


def test_a_pod_of_the_same_name_is_another_one(shared_api_server, watched, start_driver, watch):
    """With another unique id and another application."""
    server, one, two = shared_api_server, start_driver("app-1"), start_driver("app-2")
    first = make(server, watched, "etl", at(one.url))
    daemon = watch(server, watched)
    until(lambda: daemon.up() == {("etl", "app-1")}, "the first one", NOTICED)
    server.delete_pod(watched, "etl")
    second = make(server, watched, "etl", at(two.url))

    assert first["metadata"]["uid"] != second["metadata"]["uid"]
    until(lambda: daemon.up() == {("etl", "app-2")}, "the second one", NOTICED)


def test_rights_that_come_late(shared_api_server, namespace, start_driver, watch):
    """Without them the daemon is not ready, and counts why; with list and watch it has all it needs."""
    server, driver = shared_api_server, start_driver("app-1")
    make_account(server, namespace)
    make(server, namespace, "etl", at(driver.url))
    daemon = watch(server, namespace)
    assert daemon.get("/-/ready").status_code == 503
    assert daemon.errors("forbidden") > 0
    allow(server, namespace)

    until(lambda: daemon.get("/-/ready").status_code == 200, "ready")
    until(lambda: daemon.up() == {("etl", "app-1")}, "the application")


def test_the_api_server_restarts(api_server, start_driver, watch):
    """Nothing is lost meanwhile, and what comes afterwards is found."""
    namespace, one, two = api_server.namespace("spark"), start_driver("app-1"), start_driver("app-2")
    make_account(api_server, namespace)
    allow(api_server, namespace)
    make(api_server, namespace, "one", at(one.url))
    daemon = watch(api_server, namespace)
    until(lambda: daemon.up() == {("one", "app-1")}, "the first one", NOTICED)
    api_server.stop()
    until(lambda: daemon.errors("connect") > 0, "the end is noticed")
    assert daemon.up() == {("one", "app-1")}
    assert daemon.get("/-/ready").status_code == 200
    api_server.start()
    make(api_server, namespace, "two", at(two.url))
    until(lambda: daemon.up() == {("one", "app-1"), ("two", "app-2")}, "both", NOTICED)
    api_server.delete_pod(namespace, "one")

    until(lambda: daemon.up() == {("two", "app-2")}, "the second one alone", NOTICED)


def test_a_version_that_the_server_forgot(api_server):
    """The watch goes on after a new list, and has what came and went meanwhile."""
    namespace = api_server.namespace("spark")
    for name in ("one", "two"):
        make(api_server, namespace, name, NOWHERE)
    health = Health("kubernetes")
    options = {"read": partial(read_pod, rules=Rules()), "health": health, "changed": lambda: None}
    stream = Stream(Cluster(api_server.kubeconfig), namespace, "spark-role=driver", **options)
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


def test_many_pods_at_once(shared_api_server, watched, start_driver, watch):
    """Five hundred: all are known, the one that answers is published, and none is left when they are gone."""
    server, driver = shared_api_server, start_driver("app-1")
    daemon = watch(server, watched)
    names = [f"p{number}" for number in range(500)]
    for number, name in enumerate(names):
        make(server, watched, name, NOWHERE, f"127.1.{number // 250}.{number % 250 + 1}")
    make(server, watched, "good", at(driver.url))
    until(lambda: ("good", "app-1") in daemon.up(), "the good one", NOTICED)
    until(lambda: daemon.targets() == 501, "all of them", NOTICED)
    delete_all(server, watched)

    until(lambda: daemon.targets() == 0, "none of them", NOTICED)
    assert "spark_exporter_target_up{" not in daemon.get().text
