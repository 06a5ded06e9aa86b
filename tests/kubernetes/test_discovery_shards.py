"""Several daemons share the drivers of a cluster, also while their number changes."""

from collections import Counter

import pytest
import yaml

from exporter.daemon.discovery.sharding import owner
from running import until
from watched_pods import ACCOUNT, NOTICED, at, make

APPLICATIONS = [f"app-{number}" for number in range(12)]


def published(daemons):
    """Return how many daemons publish each application; wherever one is, it must be said to run."""
    found = [labels for daemon in daemons for labels, value in daemon.samples("spark_app_state") if value]
    assert {labels["state"] for labels in found} <= {"running"}
    return Counter(labels["app_id"] for labels in found)


def test_shards_divide_the_drivers_while_they_become_more(shared_api_server, watched, start_driver, watch):
    """Two become three as a StatefulSet does it, one after the other, the new one first.

    Nothing is missing but what belongs to the daemon that is just replaced, until it answers scrapes again.
    Only what moves to the new daemon is there twice, until its old owner has been replaced.
    """
    server = shared_api_server
    for number, app_id in enumerate(APPLICATIONS):
        driver = start_driver(app_id)
        make(server, watched, f"p{number}", at(driver.url), labels={"spark-app-selector": app_id})

    def start(number, total):
        daemon = watch(server, watched, f"--shard=exporter-{number}", f"--total-shards={total}")
        until(lambda: daemon.get("/-/ready").status_code == 200, "ready", NOTICED)
        until(lambda: {app_id for _, app_id in daemon.up()} == share(number, total), "its share", NOTICED)
        return daemon

    def share(number, total):
        return {app_id for app_id in APPLICATIONS if owner(f"{watched}/{app_id}", total) == number}

    once = Counter(APPLICATIONS)
    shards = [start(number, 2) for number in range(2)]
    assert published(shards) == once
    shards.append(start(2, 3))
    moving = share(2, 3)
    assert published(shards) == once + Counter(moving)
    for number in (1, 0):
        shards[number].terminate()
        rest = [shard for shard in shards if shard is not shards[number]]
        # What moves is with its new owner already.
        assert once.keys() - published(rest).keys() == share(number, 3)
        shards[number] = start(number, 3)
        moving -= share(number, 2)
        assert published(shards) == once + Counter(moving)

    assert moving == set()


class StatefulSet:
    """Daemons that follow each other's pods; the test is their controller and their kubelet."""

    def __init__(self, server, namespace, watch, directory):
        """Make none yet."""
        self._server, self._namespace, self._watch = server, namespace, watch
        document = yaml.safe_load(server.kubeconfig_of_account(namespace, ACCOUNT).read_text())
        document["contexts"][0]["context"]["namespace"] = namespace
        self._kubeconfig = directory / "kubeconfig"
        self._kubeconfig.write_text(yaml.safe_dump(document))
        self.daemons = []

    def more(self):
        """Make one more, which is ready when it says so."""
        name = f"exporter-{len(self.daemons)}"
        self._server.create_pod(self._namespace, name, labels={"app": "exporter"})
        flags = (f"--shard={name}", "--kubernetes.shards=app=exporter")
        daemon = self._watch(self._server, self._namespace, *flags, kubeconfig=self._kubeconfig)
        until(lambda: daemon.get("/-/ready").status_code == 200, f"{name} is ready", NOTICED)
        self.daemons.append(daemon)
        self._server.run_pod(self._namespace, name, "10.9.9.9")

    def fewer(self):
        """End the last one."""
        self.daemons.pop().terminate()
        self._server.delete_pod(self._namespace, f"exporter-{len(self.daemons)}")

    def look(self):
        """Return how often each application is published; the newest daemon comes first."""
        return published(reversed(self.daemons))


@pytest.fixture
def shards(shared_api_server, watched, watch, tmp_path):
    """A StatefulSet without pods."""
    return StatefulSet(shared_api_server, watched, watch, tmp_path)


def test_shards_that_follow_each_other_need_no_restart(shared_api_server, watched, start_driver, shards):
    """As they become more, and fewer: nothing is there twice for longer than a look takes, or missed."""
    for number, app_id in enumerate(APPLICATIONS):
        driver = start_driver(app_id)
        labels = {"spark-app-selector": app_id}
        make(shared_api_server, watched, f"p{number}", at(driver.url), labels=labels)
    once = Counter(APPLICATIONS)
    looks = []

    def settled():
        looks.append(shards.look())
        return looks[-1] == once

    for change in (shards.more, shards.more, shards.more, shards.fewer, shards.fewer):
        change()
        until(settled, f"each application is there once after {change.__name__}", 2 * NOTICED)
        assert all(daemon.up() for daemon in shards.daemons)
        total = {
            value
            for daemon in shards.daemons
            for _, value in daemon.samples("spark_exporter_discovery_total_shards")
        }
        assert total == {len(shards.daemons)}
    twice = [{app_id for app_id, count in look.items() if count > 1} for look in looks]
    assert [first & second for first, second in zip(twice, twice[1:], strict=False) if first & second] == []
