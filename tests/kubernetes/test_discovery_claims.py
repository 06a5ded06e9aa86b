"""Driver pods that claim what is not theirs are refused, counted by reason, and named in the log once."""

import pytest

from running import until
from watched_pods import NOTICED, UI_PORT, at, make

ADDRESS = "is no pod's address"
# Nobody is there: it is an address for documents.
ELSEWHERE = "192.0.2.7"


@pytest.fixture
def driver(start_driver):
    """A driver on loopback."""
    return start_driver("app-1")


def touch(server, namespace, name, value):
    """Change a pod without changing what it claims."""
    path = f"/api/v1/namespaces/{namespace}/pods/{name}"
    server.admin.merge(path, {"metadata": {"annotations": {"touched": value}}})


def test_no_address_or_port_but_a_pods_own_is_asked(shared_api_server, watched, driver, watch):
    """However often it claims them, and also when a new daemon finds it."""
    server, ui = shared_api_server, at(driver.url)
    make(server, watched, "loopback", ui)
    make(server, watched, "metadata", {UI_PORT: "8080"}, "169.254.169.254")
    make(server, watched, "host", {}, ELSEWHERE, spec={"hostNetwork": True})
    server.patch_pod(watched, "host", hostIP="192.0.2.1", hostIPs=[{"ip": "192.0.2.1"}])
    make(server, watched, "port", {UI_PORT: "22"}, ELSEWHERE)
    make(server, watched, "word", {UI_PORT: "http"}, ELSEWHERE)
    daemon = watch(server, watched, addresses=None)
    refused = {"address": 3, "port": 1, "annotation": 1}
    until(lambda: daemon.refused() == refused, "the refusals", NOTICED)
    for name in ("loopback", "metadata", "host", "port", "word"):
        touch(server, watched, name, "once more")
    make(server, watched, "last", {UI_PORT: "23"}, ELSEWHERE)
    until(lambda: daemon.refused() == refused | {"port": 2}, "one more", NOTICED)

    assert daemon.targets() == 0
    assert driver.requests == []
    sentences = {
        "loopback": "127.0.0.1 is no pod's address",
        "metadata": "169.254.169.254 is no pod's address",
        "host": "192.0.2.7 is not its host's address, 192.0.2.1, whose network it has",
        "port": "port 22 is not among the allowed ones, 1024-65535",
        "word": "spark-exporter.io/ui-port: 'http' is not a port",
    }
    for pod, sentence in sentences.items():
        (said,) = daemon.said(f"refused: .*pod={pod}$")
        assert sentence in said
        assert "level=warning" in said


def test_an_address_that_another_pod_has(shared_api_server, watched, driver, watch):
    """Stays with the older one, as long as that is there; two shards agree, and publish it once."""
    server = shared_api_server
    older = make(server, watched, "a-honest", at(driver.url))
    # The API server's clock has whole seconds.
    make(server, watched, "z-tick", {})
    until(lambda: younger_than(server, watched, older), "a second is over")
    make(server, watched, "0-neighbour", at(driver.url))
    shards = [watch(server, watched, f"--shard={number}", "--total-shards=2") for number in range(2)]
    found = [("a-honest", "app-1")]
    until(lambda: [pod for shard in shards for pod in shard.up()] == found, "it is published", NOTICED)
    assert sum(shard.refused().get("duplicate", 0) for shard in shards) == 1
    (said,) = [line for shard in shards for line in shard.said("pod=0-neighbour")]
    url = f"http://127.0.0.1:{at(driver.url)[UI_PORT]}"
    assert f"{watched}/a-honest is at {url}, too: give each driver a port of its own" in said
    server.delete_pod(watched, "a-honest")

    found = [("0-neighbour", "app-1")]
    until(lambda: [pod for shard in shards for pod in shard.up()] == found, "the other one", NOTICED)


def younger_than(server, namespace, pod):
    """Make a pod again; return whether it is younger than another one."""
    server.delete_pod(namespace, "z-tick")
    made = make(server, namespace, "z-tick", {"spark-exporter.io/scrape": "false"})
    return made["metadata"]["creationTimestamp"] > pod["metadata"]["creationTimestamp"]


def test_an_address_that_changes(shared_api_server, watched, driver, watch):
    """Counts from then on: where the pod was before, nothing is asked any more."""
    server = shared_api_server
    make(server, watched, "etl", at(driver.url))
    daemon = watch(server, watched)
    until(lambda: daemon.up() == {("etl", "app-1")}, "the application", NOTICED)
    server.run_pod(watched, "etl", "127.0.0.9")
    moved = f"http://127.0.0.9:{at(driver.url)[UI_PORT]}"
    until(lambda: watched_urls(daemon) == {moved}, "the new address", NOTICED)
    until(lambda: daemon.up() == set(), "the application is lost", NOTICED)
    server.run_pod(watched, "etl", "169.254.169.254")
    until(lambda: daemon.refused() == {"address": 1}, "the refusal", NOTICED)
    assert watched_urls(daemon) == set()
    server.run_pod(watched, "etl", "127.0.0.1")

    until(lambda: daemon.up() == {("etl", "app-1")}, "it is back", NOTICED)


def watched_urls(daemon):
    return {labels["target"] for labels, _ in daemon.samples("spark_exporter_target_up")}
