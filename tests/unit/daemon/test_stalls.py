"""A driver that does not answer for a while, and goes on or not."""

import json

from fake_driver import until
from rig import rows

from exporter.daemon import silence, watch
from exporter.daemon.sources import plugin

# Seconds: an answer that comes later by chance is one stall more, which changes nothing.
STALLED = 0.5


def hang(driver):
    """Return what answers a request never, until the driver dies or answers again."""

    def answer(handler):
        path = handler.path.partition("?")[0]
        until(lambda: driver.stopping.is_set() or path not in driver.overrides, "the end of the stall")
        handler.close_connection = True

    return answer


def list_jobs(driver, numbers):
    """Let the driver's UI know of these jobs, which have ended."""
    path = "/api/v1/applications/app-1/jobs"
    jobs = {number: {"jobId": number, "status": "SUCCEEDED", "stageIds": []} for number in numbers}

    def listed(handler):
        found = [] if "status=running" in handler.path else list(jobs.values())
        handler.send(200, json.dumps(found).encode())

    driver.overrides[path] = listed
    for number, job in jobs.items():
        body = json.dumps(job).encode()
        driver.overrides[f"{path}/{number}"] = lambda handler, body=body: handler.send(200, body)


def jobs_total(rig):
    """Return how many jobs of the one application have succeeded."""
    for item in rig.store.view().applications:
        frame = item.record.frames.get("jobs")
        if frame is not None:
            column = frame.columns["spark_app_jobs_total"]
            return dict(zip(column.keys, column.values, strict=True))["succeeded",]
    return None


def test_a_driver_that_stalls_is_not_lost(driver, watch_target, monkeypatch):
    """It collects garbage or swaps, and goes on; its target is down in the meantime."""
    monkeypatch.setattr(watch, "LOOK_AGAIN", 0.01)
    driver.conf = {}
    rig = watch_target(driver.url, timeout=STALLED)
    rig.until_states({"app-1": "running"})
    driver.overrides["/api/v1/applications"] = hang(driver)
    rig.until_failed("application", "timeout", 2)
    until(lambda: "is waited for" in rig.sentence(), "the sentence")
    assert rig.states() == {"app-1": "running"}
    assert rig.status.view()[driver.url].up is False
    driver.overrides.clear()

    until(lambda: rig.status.view()[driver.url].up, "an answer")
    assert len(rig.lines("found an application")) == 1


def test_a_driver_that_stalls_for_long_is_lost(driver, watch_target, monkeypatch):
    """Its machine may be gone."""
    monkeypatch.setattr(watch, "LOOK_AGAIN", 0.01)
    monkeypatch.setattr(silence, "LONGEST", 0.0)
    driver.conf = {}
    rig = watch_target(driver.url, timeout=STALLED)
    rig.until_states({"app-1": "running"})
    driver.overrides["/api/v1/applications"] = hang(driver)
    rig.until_states({"app-1": "lost"})
    driver.overrides.clear()

    rig.until_states({"app-1": "running"})


def test_a_driver_with_the_plugin_that_stalls_is_not_lost(driver, watch_target, monkeypatch):
    """Neither of its servers answers, and its totals go on where they are."""
    monkeypatch.setattr(plugin, "WAIT", 0.5)
    rows(driver, 3.0)
    rig = watch_target(driver.url, timeout=STALLED)
    driver.until_polled()
    for path in ("/api/v1/applications", "/v1/snapshot", "/metrics/json/"):
        driver.overrides[path] = hang(driver)
    rows(driver, 4.0)
    rig.until_failed("plugin", "timeout")
    rig.until_failed("application", "timeout", 2)
    assert rig.states() == {"app-1": "running"}
    driver.overrides.clear()
    rows(driver, 5.0)

    rig.until_values({"app-1 spark_custom_rows_total": 5.0})
    assert len(rig.lines("found an application")) == 1


def test_what_was_counted_of_a_driver_without_the_plugin_counts_on_when_it_is_back(
    start_driver, watch_target, monkeypatch
):
    """Its UI may have forgotten most of it by then."""
    monkeypatch.setattr(watch, "LOOK_AGAIN", 0.01)
    first = start_driver()
    first.conf = {}
    list_jobs(first, range(10))
    rig = watch_target(first.url, interval=0.01)
    until(lambda: jobs_total(rig) == 10.0, "ten jobs")
    first.die()
    rig.until_states({"app-1": "lost"})
    second = start_driver(first.server.server_address[1])
    second.conf = {}
    list_jobs(second, range(8, 11))

    until(lambda: jobs_total(rig) == 11.0, "one job more")
    rig.until_states({"app-1": "running"})
