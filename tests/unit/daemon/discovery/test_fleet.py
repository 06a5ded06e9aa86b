"""Driver pods, from the API server to the metrics: who is watched, under which labels, and for how long."""

import gc
import json
import re
import threading

import pytest
from discovered import until_states, until_targets
from fake_api_server import driver_pod, pod
from fake_driver import PATIENCE, until
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics

from exporter.daemon.discovery.pods import Rules
from exporter.daemon.exposition import Format
from exporter.daemon.watch import Watcher


def test_pods_are_watched_as_they_come_and_go(api, watching, start_application):
    """Nothing is left of a pod that is gone but its application's last word."""
    one, two = start_application("app-1"), start_application("app-2")
    seen = watching()
    api.until_watched()
    assert seen.fleet.ready
    api.put(driver_pod(one.url, "one"), driver_pod(two.url, "two"))
    until_states(seen, {"app-1": "running", "app-2": "running"})
    api.delete("one")
    until_states(seen, {"app-1": "lost", "app-2": "running"})
    until_targets(seen, two.url)
    names = {thread.name for thread in threading.enumerate()}
    assert f"watch {two.url}" in names
    one.die()
    until(
        lambda: (
            not {f"watch {one.url}", f"poll {one.url}"} & {thread.name for thread in threading.enumerate()}
        ),
        "its threads end",
    )

    assert seen.states() == {"app-1": "lost", "app-2": "running"}
    assert f'target="{one.url}"' not in seen.scrape()


def test_every_series_of_an_application_has_its_namespace_and_pod(api, watching, start_application):
    """In both formats, users' metrics and those by executor included; no other series has."""
    driver = start_application("app-1")
    api.put(driver_pod(driver.url, "etl-driver"))
    seen = watching()
    until(lambda: "spark_custom_rows_total{" in seen.scrape(), "a whole scrape")
    about = 'app_id="app-1",app_name="etl of app-1",namespace="spark",pod="etl-driver"'
    for form in Format:
        lines = seen.scrape(form).splitlines()
        ours = [line for line in lines if 'app_id="app-1",app_name' in line]
        assert len(ours) > 20
        assert [line for line in ours if about not in line] == []
        assert [line for line in lines if "pod=" in line and line not in ours] == []
        assert f"spark_custom_rows_total{{{about}}} 4.0" in lines
        assert f'spark_executor_custom_rows_total{{{about},executor_id="1"}} 4.0' in lines
    assert [*parse_openmetrics(seen.scrape(Format.OPENMETRICS))]


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_a_pod_that_completes_is_watched_no_more(api, watching, start_application, phase):
    """What its plugin said at the end stays."""
    driver = start_application("app-1")
    api.put(driver_pod(driver.url))
    seen = watching()
    until_states(seen, {"app-1": "running"})
    driver.changed(final=True)
    until_states(seen, {"app-1": "completed"})
    api.put(driver_pod(driver.url, phase=phase))
    until_targets(seen)

    assert seen.states() == {"app-1": "completed"}


@pytest.mark.parametrize(("phase", "state"), [("Succeeded", "completed"), ("Failed", "failed")])
@pytest.mark.parametrize("plugin", [True, False])
def test_the_pod_says_how_a_driver_has_ended(api, watching, start_application, phase, state, plugin):
    """If it did not itself, with the plugin or without it; for some seconds, that is waited for."""
    driver = start_application("app-1")
    if not plugin:
        driver.conf = {}
    api.put(driver_pod(driver.url))
    seen = watching()
    until_states(seen, {"app-1": "running"})
    driver.die()
    until(lambda: "is waited for" in seen.status.view()[driver.url].state, "it is missed")
    assert seen.states() == {"app-1": "running"}
    api.put(driver_pod(driver.url, phase=phase))

    until_states(seen, {"app-1": state})


def test_a_pod_that_ends_and_is_deleted_in_one_breath(api, watching, start_application):
    """Has said how it ended."""
    driver = start_application("app-1")
    api.put(driver_pod(driver.url))
    seen = watching()
    until_states(seen, {"app-1": "running"})
    with api.changes:
        api.put(driver_pod(driver.url, phase="Failed"))
        api.delete("driver")

    until_states(seen, {"app-1": "failed"})
    until_targets(seen)


def test_the_end_of_a_pod_that_nobody_saw_run(api, watching, start_application):
    """Is not the end of an application that was there before it at the same address, by the same name."""
    driver = start_application("app-1")
    api.put(driver_pod(driver.url, uid="first"))
    seen = watching()
    until_states(seen, {"app-1": "running"})
    api.delete("driver")
    until_states(seen, {"app-1": "lost"})
    driver.die()
    api.put(driver_pod(driver.url, uid="second"))
    until_targets(seen, driver.url)
    api.put(driver_pod(driver.url, uid="second", phase="Failed"))
    until_targets(seen)

    assert seen.states() == {"app-1": "lost"}


def test_two_pods_at_one_address(api, watching, start_application):
    """The older one has it, whichever came first; the other one is refused, and has it afterwards."""
    driver = start_application("app-1")
    old, new = driver_pod(driver.url, "old"), driver_pod(driver.url, "new")
    old["metadata"]["creationTimestamp"] = "2024-01-01T00:00:00Z"
    new["metadata"]["creationTimestamp"] = "2024-01-01T00:00:01Z"
    api.put(new)
    seen = watching()
    until(lambda: 'pod="new"' in seen.scrape(), "the new one")
    api.put(old)
    until(lambda: 'pod="old"' in seen.scrape(), "the old one")
    assert 'pod="new"' not in seen.scrape()
    assert seen.refused() == {"duplicate": 1}
    (said,) = seen.log.lines(
        f"spark/old is at {driver.url}, too: give each driver a port of its own", "warning"
    )
    assert (said["namespace"], said["pod"], said["reason"]) == ("spark", "new", "duplicate")
    api.delete("old")
    until(lambda: 'pod="new"' in seen.scrape(), "the new one again")

    assert seen.refused() == {"duplicate": 1}


def test_a_pod_that_gets_its_address_late(api, watching, start_application):
    """Is watched from then on."""
    driver = start_application("app-1")
    seen = watching()
    api.until_watched()
    api.put(driver_pod(driver.url, phase="Pending", ip=None))
    api.put(driver_pod(driver.url, phase="Pending"))
    api.put(driver_pod(driver.url))
    until_states(seen, {"app-1": "running"})


def test_a_pod_that_starts_again_under_its_name(api, watching, start_application):
    """Is another one, with another application, at once."""
    one, two = start_application("app-1"), start_application("app-2")
    api.put(driver_pod(one.url, "etl", uid="first"))
    seen = watching()
    until_states(seen, {"app-1": "running"})
    api.put(driver_pod(two.url, "etl", uid="second"))

    until_states(seen, {"app-1": "lost", "app-2": "running"})
    until_targets(seen, two.url)


def test_another_pod_at_the_same_address_has_its_own_labels(api, watching, start_application):
    """Also when the first one's watcher has not ended yet."""
    driver = start_application("app-1")
    api.put(driver_pod(driver.url, "one"))
    seen = watching()
    until(lambda: 'pod="one"' in seen.scrape(), "the first one")
    driver.until_polled()
    with api.changes:
        api.delete("one")
        api.put(driver_pod(driver.url, "two"))
    up = 'spark_app_up{app_id="app-1",app_name="etl of app-1",namespace="spark",pod="two"} 1.0'
    until(lambda: up in seen.scrape(), "the second one")

    assert 'pod="one"' not in seen.scrape()
    driver.changed(totals=[5.0])
    until(lambda: 'pod="two"} 5.0' in seen.scrape(), "its metrics")
    assert seen.targets() == {driver.url}


def test_a_plugin_elsewhere_is_not_asked(api, watching, start_application, start_driver):
    """The token stays here; the rest of the application is published."""
    driver, elsewhere = start_application("app-1"), start_driver()
    driver.conf["spark.exporter.endpoint"] = elsewhere.url.replace("127.0.0.1", "localhost")
    api.put(driver_pod(driver.url))
    seen = watching()
    until(lambda: seen.refused() == {"endpoint": 1}, "the refusal")
    until_states(seen, {"app-1": "running"})
    until(lambda: "its plugin is not asked" in seen.status.view()[driver.url].state, "the state")
    times = driver.count("/api/v1/applications/app-1/environment")
    driver.until(lambda: driver.count("/api/v1/applications/app-1/environment") >= times)

    assert elsewhere.requests == []
    assert driver.count("/v1/snapshot") == 0
    (said,) = seen.log.lines("refused: the plugin says that it listens on localhost", "warning")
    assert (said["namespace"], said["pod"], said["reason"]) == ("spark", "driver", "endpoint")
    assert 'spark_exporter_targets_refused_total{reason="endpoint"} 1.0\n' in seen.scrape()


def test_refusals_are_counted_and_said_once(api, watching):
    """However often the pod changes or is listed; a pod of the same name later is another one."""
    bad = {"spark-exporter.io/ui-port": "http"}
    local = "127.0.0.9"
    api.put(pod("a", ip=local, annotations=bad), pod("b", ip="169.254.169.254"), pod("c", ip="10.0.0.3"))
    seen = watching()
    api.until_watched()
    until(lambda: seen.refused() == {"annotation": 1, "address": 2}, f"refusals, not {seen.refused()}")
    for number in range(5):
        api.put(pod("a", ip=local, annotations={**bad, "other": str(number)}))
    api.delete("a")
    api.put(pod("a", "other", ip=local, annotations=bad))
    until(lambda: seen.refused() == {"annotation": 2, "address": 2}, f"refusals, not {seen.refused()}")

    assert len(seen.log.lines("is not a port", "warning")) == 2
    assert seen.targets() == set()


def test_the_annotation_leads_to_the_plugin_alone(api, watching, start_application):
    """Also where Spark's UI is off."""
    driver = start_application("app-1")
    for path in ("/api/v1/applications", "/metrics/json/"):
        driver.overrides[path] = lambda handler: handler.send(404, b"")
    port = driver.url.rpartition(":")[2]
    ports = {"spark-exporter.io/ui-port": "1", "spark-exporter.io/plugin-port": port}
    api.put(driver_pod(driver.url, annotations=ports))
    seen = watching()
    until_states(seen, {"app-1": "running"})

    assert "spark_custom_rows_total{" in seen.scrape()


def test_one_pod_that_is_no_driver_harms_nobody(api, watching, start_application):
    """Nothing listens there; the others are watched."""
    driver = start_application("app-1")
    nowhere = {"spark-exporter.io/ui-port": "1"}
    api.put(pod("dead", ip="127.0.0.2", annotations=nowhere), driver_pod(driver.url))
    seen = watching()
    until_states(seen, {"app-1": "running"})

    assert seen.targets() == {driver.url, "http://127.0.0.2:1"}
    assert re.search(r'spark_exporter_target_up\{target="http://127.0.0.2:1"\} 0.0\n', seen.scrape())


def test_many_pods_at_once_and_none_afterwards(api, watching, start_application):
    """Five hundred come in one breath; when they are gone, neither a thread nor a series is left of them."""
    driver = start_application("app-1")
    api.put(driver_pod(driver.url, "good"))
    seen = watching()
    until_states(seen, {"app-1": "running"})
    before = threading.active_count()
    nowhere = {"spark-exporter.io/ui-port": "1"}
    many = [
        pod(f"p{number}", ip=f"127.1.{number // 250}.{number % 250 + 1}", annotations=nowhere)
        for number in range(500)
    ]
    api.put(*many)
    until(
        lambda: len(seen.targets()) == 501,
        "all of them",
    )
    assert 'spark_exporter_discovery_targets{discovery="kubernetes"} 501.0\n' in seen.scrape()
    driver.changed(totals=[6.0])
    until(lambda: 'pod="good"} 6.0' in seen.scrape(), "news of the good one")
    api.delete(*(document["metadata"]["name"] for document in many))
    until_targets(seen, driver.url)
    until(lambda: threading.active_count() <= before + 2, "the threads end")
    gc.collect()
    watchers = [found for found in gc.get_objects() if isinstance(found, Watcher)]
    assert [found.target.url for found in watchers if "127.1." in found.target.url] == []

    assert seen.states() == {"app-1": "running"}
    assert "127.1." not in seen.scrape()


def test_pods_of_several_namespaces(api, watching, start_application):
    """Each with a watch of its own."""
    one, two, other = start_application("app-1"), start_application("app-2"), start_application("app-3")
    api.put(driver_pod(one.url, namespace="a"), driver_pod(two.url, namespace="b", uid="b"))
    api.put(driver_pod(other.url, namespace="c", uid="c"))
    seen = watching(namespaces=("a", "b"))
    until_states(seen, {"app-1": "running", "app-2": "running"})

    api.until_watched(2)
    assert {'namespace="a"', 'namespace="b"'} <= {*re.findall('namespace="."', seen.scrape())}


def test_loopback_is_no_pods_address_unless_it_is_allowed(api, watching, start_application):
    """Nobody makes the daemon ask itself."""
    driver = start_application("app-1")
    api.put(driver_pod(driver.url))
    seen = watching(rules=Rules())
    until(lambda: seen.refused() == {"address": 1}, "the refusal")

    assert driver.requests == []


def test_the_fleet_ends_with_its_threads(api, watching, start_application):
    """Without a wait for the API server."""
    driver = start_application("app-1")
    api.put(driver_pod(driver.url))
    seen = watching()
    until_states(seen, {"app-1": "running"})
    seen.stop()

    assert not [thread for thread in threading.enumerate() if thread.name.startswith("watch pods")]


def test_what_a_driver_still_answers_is_not_heard(api, watching, start_application):
    """Its pod is gone while it is asked: nothing is published, and it is no target again for a moment."""
    driver, gate = start_application("app-1"), threading.Event()

    def late(handler):
        gate.wait(PATIENCE)
        handler.send(200, json.dumps(driver.rest("/api/v1/applications")).encode())

    driver.overrides["/api/v1/applications"] = late
    seen = watching()
    said = []
    seen.store.publish = lambda *arguments: said.append(arguments)
    api.put(driver_pod(driver.url))
    driver.until(lambda: driver.count("/api/v1/applications") > 0)
    api.delete("driver")
    until_targets(seen)
    seen.status.succeeded = seen.status.describe = lambda *arguments, **_: said.append(arguments)
    gate.set()
    names = {f"watch {driver.url}", f"poll {driver.url}"}
    until(lambda: not names & {thread.name for thread in threading.enumerate()}, "its threads end")

    assert said == []
