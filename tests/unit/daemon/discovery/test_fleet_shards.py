"""Shards of a fleet: what each one watches and publishes, also while they become more or fewer."""

import time
from collections import Counter

import pytest
from discovered import until_states
from fake_api_server import driver_pod, pod
from fake_driver import until
from fake_history import FakeHistory

from exporter.daemon.discovery.sharding import Shard, owner


@pytest.fixture
def history_server():
    """A history server without applications."""
    found = FakeHistory()
    yield found
    found.die()


def test_shards_divide_the_pods(api, watching, start_application):
    """Two, then three: each application is published by one of them, and refusals are counted once."""
    drivers = {f"app-{number}": start_application(f"app-{number}") for number in range(12)}
    api.put(*(driver_pod(driver.url, name, application=name) for name, driver in drivers.items()))
    api.put(pod("bad", ip="127.0.0.9", annotations={"spark-exporter.io/ui-port": "x"}))
    for total in (2, 3):
        parts = [watching(shard=Shard(number, total)) for number in range(total)]
        until(lambda parts=parts: sum(len(part.states()) for part in parts) == 12, "all applications")
        assert {app for part in parts for app in part.states()} == {*drivers}
        assert all(part.states() for part in parts)
        assert sum(part.refused().get("annotation", 0) for part in parts) == 1
        assert f"spark_exporter_discovery_total_shards {total}.0\n" in parts[0].scrape()
        for part in parts:
            part.stop()


def resize(parts, total):
    """Change the number of shards of all daemons, one after the other."""
    for part in parts:
        part.sharing.settle(total)
        part.fleet.update()


def test_a_change_of_the_number_of_shards_ends_no_application(api, watching, start_application):
    """What moves is there once, as it was; only what had ended before stays where its end was seen."""
    drivers = {f"app-{number}": start_application(f"app-{number}") for number in range(12)}
    pods = {name: driver_pod(driver.url, name, application=name) for name, driver in drivers.items()}
    shards = [watching(shard=Shard(number, 2)) for number in range(3)]
    api.put(*pods.values())
    over = next(name for name in drivers if owner(f"spark/{name}", 2) != owner(f"spark/{name}", 3))

    def published():
        return Counter(state for shard in shards for state in shard.states().items())

    until(lambda: published() == Counter((name, "running") for name in drivers), "all applications")
    drivers[over].changed(final=True)
    until(lambda: published()[over, "completed"] == 1, "the end")
    expected = Counter((name, "completed" if name == over else "running") for name in drivers)
    api.put({**pods[over], "status": {**pods[over]["status"], "phase": "Succeeded"}})
    until(lambda: drivers[over].url not in {url for shard in shards for url in shard.targets()}, "no target")
    for total in (3, 1, 2):
        resize(shards, total)
        assert {state for _, state in published()} <= {"running", "completed"}
        until(lambda: published() == expected, f"each is there once, not {published()}")


def test_a_history_server_that_moves_takes_its_applications_along(watching, history_server):
    """The new owner reads them all again."""
    history_server.add("app-1", time.time())
    shards = [watching(shard=Shard(number, 2), urls=[history_server.url]) for number in range(2)]
    first = owner(history_server.url, 2)
    until_states(shards[first], {"app-1": "completed"})
    assert shards[1 - first].states() == {}
    for shard in shards:
        shard.sharing.shard = Shard(1 - shard.sharing.shard.number, 2)
        shard.fleet.update()
    until_states(shards[1 - first], {"app-1": "completed"})

    assert shards[first].states() == {}


def test_the_end_of_a_driver_is_said_although_it_moves(api, watching, start_application):
    """The new owner may not have seen it alive."""
    driver = start_application("app-1")
    api.put(driver_pod(driver.url, application="app-1"))
    seen = watching(shard=Shard(owner("spark/app-1", 2), 2))
    until_states(seen, {"app-1": "running"})
    total = next(total for total in range(3, 100) if owner("spark/app-1", total) == total - 1)
    seen.sharing.settle(total)
    api.put(driver_pod(driver.url, application="app-1", phase="Failed"))

    until_states(seen, {"app-1": "failed"})
