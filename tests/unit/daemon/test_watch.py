"""One target through everything that happens to drivers."""

import threading

import pytest
from fake_driver import PLUGIN, Plugin, until
from rig import BAD_PLUGINS, rows, start_second_application

from exporter.daemon import watch
from exporter.daemon.asking import Asking
from exporter.daemon.catalogue import load
from exporter.daemon.decode import Decoder
from exporter.daemon.discovery.found import FILE, Target
from exporter.daemon.model import Application
from exporter.daemon.sources import environment
from exporter.daemon.status import Status
from exporter.daemon.store import Store
from exporter.daemon.watch import Watcher


def test_values_arrive_at_once_and_then_whenever_they_change(driver, watch_target):
    """The first answer is asked for without waiting, the next ones when there is news."""
    rows(driver, 1.0)
    rig = watch_target(driver.url)
    rig.until_values({"app-1 spark_custom_rows_total": 1.0})
    driver.until_polled()
    rows(driver, 2.0)
    rig.until_values({"app-1 spark_custom_rows_total": 2.0})

    polls = [query for path, query, _ in driver.requests if path == "/v1/snapshot"]
    held = {"metrics": "0", "series": "0", "readings": "0"}
    assert polls[0] == {"after": "0", **held, "wait": "0", "gap": "0"}
    held |= {"metrics": "1", "series": "1"}
    assert polls[1] == {"boot": "boot-1", "after": "2", **held, "wait": "10", "gap": "0.1"}
    assert [path for path, _, _ in driver.requests].count("/api/v1/applications") == 1
    assert "runs with the plugin" in rig.sentence()


def test_the_first_attempt_is_complete_when_it_is_announced(driver, watch_target):
    """So that the daemon's first scrape has everything."""
    rows(driver, 5.0)
    rig = watch_target(driver.url)
    assert rig.watcher.asked.wait(30)

    assert rig.values() == {"app-1 spark_custom_rows_total": 5.0}


def test_a_driver_that_is_not_up_yet_is_waited_for(start_driver, watch_target):
    """Patiently, with one line in the log."""
    first = start_driver()
    port = first.server.server_address[1]
    first.die()
    rig = watch_target(first.url)
    rig.until_failed("application", "connect", 4)
    assert rig.watcher.asked.is_set()
    assert "waiting for a driver" in rig.sentence()
    second = start_driver(port)
    rows(second, 1.0)

    rig.until_values({"app-1 spark_custom_rows_total": 1.0})
    said = rig.lines("nothing listens there")
    assert [line["level"] for line in said[:2]] == ["info", "debug"]
    until(lambda: rig.lines("well again"), "the end of the fault in the log")


def test_a_ui_that_still_starts_is_waited_for(driver, watch_target):
    """Spark answers with a sentence in the meantime, and then with 404 for a moment."""
    page = b"Spark is starting up. Please wait a while until it's ready."
    driver.overrides["/api/v1/applications"] = lambda handler: handler.send(
        200, page, Content_Type="text/html"
    )
    rig = watch_target(driver.url)
    rig.until_failed("application", "invalid")
    missing = threading.Event()

    def not_found(handler):
        missing.set()
        driver.overrides.clear()
        handler.send(404, b"")

    driver.overrides["/api/v1/applications"] = not_found
    rig.until_states({"app-1": "running"})
    assert missing.is_set()
    # Once it is found it is polled as well, and this driver has nothing of what is asked then.
    said = [line["level"] for line in rig.lines("") if line.get("collector") == "application"]
    assert "info" in said
    assert set(said) <= {"info", "debug"}


def test_an_environment_that_is_not_there_yet_is_waited_for(driver, watch_target):
    """The UI knows the application a moment earlier."""
    path = "/api/v1/applications/app-1/environment"
    driver.overrides[path] = lambda handler: handler.send(404, b"")
    rig = watch_target(driver.url)
    rig.until_failed("environment", "http_status", 2)
    driver.overrides.clear()
    rows(driver, 1.0)

    rig.until_values({"app-1 spark_custom_rows_total": 1.0})


def test_the_last_word_of_a_driver_is_kept(driver, watch_target):
    """A driver that ends answers the waiting request with its final values."""
    rows(driver, 1.0)
    rig = watch_target(driver.url)
    driver.until_polled()
    driver.changed(totals=[9.0], final=True)
    rig.until_states({"app-1": "completed"})
    driver.until_asked("/api/v1/applications", 2)
    driver.die()
    until(lambda: "waiting for a driver" in rig.sentence(), "the driver is gone")

    assert rig.values() == {"app-1 spark_custom_rows_total": 9.0}
    assert rig.states() == {"app-1": "completed"}
    until(lambda: rig.collector("application").waits, "no failure, but a wait for the next driver")


def test_a_driver_that_dies_leaves_its_values(driver, watch_target):
    """As lost, with what it said last."""
    rows(driver, 3.0)
    rig = watch_target(driver.url)
    driver.until_polled()
    driver.die()

    rig.until_states({"app-1": "lost"})
    assert rig.values() == {"app-1 spark_custom_rows_total": 3.0}
    assert rig.status.view()[driver.url].up is False


def test_a_restart_is_followed(start_driver, watch_target):
    """The new application comes beside the old one."""
    first = start_driver()
    rows(first, 3.0)
    rig = watch_target(first.url)
    first.until_polled()
    first.die()
    second = start_driver(first.server.server_address[1])
    second.app["id"] = "app-2"
    second.plugin = Plugin("app-2", "boot-2")
    rows(second, 4.0)

    rig.until_states({"app-1": "lost", "app-2": "running"})
    rig.until_values({"app-1 spark_custom_rows_total": 3.0, "app-2 spark_custom_rows_total": 4.0})


def test_a_new_application_after_the_end_of_the_first_is_found(driver, watch_target):
    """A notebook makes one SparkContext after the other on the same port."""
    rows(driver, 1.0)
    rig = watch_target(driver.url)
    driver.until_polled()
    start_second_application(driver, rig)
    rows(driver, 2.0)

    rig.until_states({"app-1": "completed", "app-2": "running"})
    rig.until_values({"app-1 spark_custom_rows_total": 1.0, "app-2 spark_custom_rows_total": 2.0})


def test_a_driver_that_comes_back_is_the_same_application(start_driver, watch_target):
    """After a broken network the totals go on where they are."""
    first = start_driver()
    rows(first, 3.0)
    rig = watch_target(first.url)
    first.until_polled()
    first.die()
    rig.until_states({"app-1": "lost"})
    second = start_driver(first.server.server_address[1])
    second.plugin.sequence = 10
    rows(second, 4.0)

    rig.until_states({"app-1": "running"})
    rig.until_values({"app-1 spark_custom_rows_total": 4.0})


def test_a_driver_without_the_plugin_is_still_shown(driver, watch_target, monkeypatch):
    """It is up; what is missing is said once, and looked for again now and then."""
    monkeypatch.setattr(watch, "LOOK_AGAIN", 0.01)
    driver.conf = {"spark.plugins": "com.example.Other"}
    rig = watch_target(driver.url)
    # The watcher looks for the plugin there, and the poller once for what the application runs on.
    driver.until_asked("/api/v1/applications/app-1/environment", 4)
    assert rig.states() == {"app-1": "running"}
    assert "runs without the plugin" in rig.sentence()
    assert [line["level"] for line in rig.lines("runs without the plugin")][:2] == ["warning", "debug"]
    assert driver.count("/v1/snapshot") == 0
    driver.conf = {"spark.plugins": f"com.example.Other, {PLUGIN}", "spark.exporter.endpoint": driver.url}
    rows(driver, 1.0)

    rig.until_values({"app-1 spark_custom_rows_total": 1.0})


def test_a_plugin_without_endpoint_is_told_from_none(driver, watch_target):
    """The remedy is another one."""
    driver.conf = {"spark.plugins": PLUGIN}
    rig = watch_target(driver.url)

    until(lambda: "published no endpoint" in rig.sentence(), "the sentence")


def test_a_driver_without_the_plugin_that_goes_is_lost(driver, watch_target, monkeypatch):
    """The UI alone tells whether it is up."""
    monkeypatch.setattr(watch, "LOOK_AGAIN", 0.01)
    driver.conf = {}
    rig = watch_target(driver.url)
    rig.until_states({"app-1": "running"})
    driver.die()

    rig.until_states({"app-1": "lost"})


def test_an_application_that_there_is_no_room_for(start_driver, watch_target):
    """It is said once, however often it is tried; and when there is room, it is followed."""
    first = start_driver()
    first.die()
    rig = watch_target(first.url, applications=1)
    rig.store.publish("http://other:4040", Application("app-0", "etl", "", "4.3.0", "spark", 900.0))
    second = start_driver(first.server.server_address[1])
    second.conf = {}
    rig.until_failed("application", "too_many", 3)
    levels = [line["level"] for line in rig.lines("app-1 is not followed")]
    assert levels[0] == "warning"
    assert set(levels[1:]) == {"debug"}
    assert rig.collector("application").success is False
    assert rig.lines("is followed now") == []
    rig.store.lost("http://other:4040")

    rig.until_states({"app-1": "running"})
    assert len(rig.lines("is followed now")) == 1


def test_an_application_that_the_ui_calls_completed(driver, watch_target, monkeypatch):
    """Is finished if it was seen running, and nothing if it was not."""
    monkeypatch.setattr(watch, "LOOK_AGAIN", 0.01)
    driver.conf = {}
    rig = watch_target(driver.url)
    rig.until_states({"app-1": "running"})
    driver.completed = True
    rig.until_states({"app-1": "completed"})
    driver.app = driver.app | {"id": "app-2"}
    until(lambda: rig.sentence() == "no application is running", "the sentence")

    assert rig.states() == {"app-1": "completed"}


@pytest.mark.parametrize("plugin", [True, False])
def test_an_application_that_ended_does_not_come_back(driver, watch_target, monkeypatch, plugin):
    """However long its target shows it after its time is over; the next one is found all the same."""
    monkeypatch.setattr(watch, "LOOK_AGAIN", 0.01)
    monkeypatch.setattr(watch, "ENDING", 0.01)
    if not plugin:
        driver.conf = {}
    rig = watch_target(driver.url, retention=0.5)
    rig.until_states({"app-1": "running"})
    if plugin:
        driver.changed(final=True)
    else:
        driver.completed = True
    until(lambda: "has ended; waiting for the next application" in rig.sentence(), "its end")
    rig.until_states({})
    driver.until_asked("/api/v1/applications", 5)
    # One that cannot be asked for a moment shows it again.
    driver.overrides["/api/v1/applications"] = lambda handler: handler.send(500, b"")
    rig.until_failed("application", "http_status")
    driver.overrides.clear()
    driver.until_asked("/api/v1/applications", 5)

    assert rig.states() == {}
    assert "has ended; waiting for the next application" in rig.sentence()
    assert rig.lines("no application is running") == []
    assert len(rig.lines("found an application")) == 1
    driver.completed = False
    driver.app = driver.app | {"id": "app-2", "started": 2_000_000}
    driver.plugin = Plugin("app-2", "boot-2")
    driver.plugin.started = 2000.0
    rig.until_states({"app-2": "running"})


@pytest.mark.parametrize("reason", BAD_PLUGINS)
def test_a_plugin_that_misbehaves_fails_alone(driver, watch_target, reason):
    """The application is still up, the failure is counted and said, and all is well when it stops."""
    driver.overrides["/v1/snapshot"] = BAD_PLUGINS[reason]
    rig = watch_target(driver.url)
    rig.until_failed("plugin", reason, 2)
    assert rig.states() == {"app-1": "running"}
    assert rig.collector("plugin").success is False
    assert rig.collector("application").success is True
    assert "runs, but its plugin fails" in rig.sentence()
    driver.overrides.clear()
    rows(driver, 1.0)

    rig.until_values({"app-1 spark_custom_rows_total": 1.0})
    assert rig.collector("plugin").success is True


def test_values_stay_while_the_plugin_misbehaves(driver, watch_target):
    """What was said last is still true, and nothing is half applied."""
    rows(driver, 1.0)
    rig = watch_target(driver.url)
    driver.until_polled()
    driver.changed(totals=[5.0, 6.0])
    rig.until_failed("plugin", "invalid", 2)
    assert rig.values() == {"app-1 spark_custom_rows_total": 1.0}
    driver.changed(totals=[5.0])

    rig.until_values({"app-1 spark_custom_rows_total": 5.0})


def test_an_endpoint_of_another_application_is_refused(driver, watch_target):
    """A port may have a new owner before the environment says so."""
    driver.plugin.app_id = "app-9"
    rig = watch_target(driver.url)
    rig.until_failed("plugin", "mismatch")
    assert "app-9" not in rig.states()
    driver.plugin.app_id = "app-1"
    rows(driver, 1.0)

    rig.until_values({"app-1 spark_custom_rows_total": 1.0})


def test_the_token_goes_to_the_plugin_alone(driver, watch_target):
    """The UI has no business with it."""
    rig = watch_target(driver.url, token="secret")
    driver.until_polled()

    assert {path for path, _, headers in driver.requests if "Authorization" in headers} == {"/v1/snapshot"}
    assert "secret" not in rig.log.getvalue()


def test_another_version_of_the_plugin_is_said_once(driver, watch_target):
    """It works, as long as the protocol is the same."""
    driver.plugin.version = "9.9.9"
    rows(driver, 1.0)
    rig = watch_target(driver.url)
    driver.until_polled()
    rows(driver, 2.0)
    rig.until_values({"app-1 spark_custom_rows_total": 2.0})

    assert [line["level"] for line in rig.lines("the plugin has version 9.9.9")][:2] == ["warning", "debug"]


def test_what_is_said_of_an_application_is_said_of_the_next_one_too(driver, watch_target):
    """Its version, for one; what was said of the first goes with it."""
    driver.plugin.version = "9.9.9"
    rows(driver, 1.0)
    rig = watch_target(driver.url)
    driver.until_polled()
    start_second_application(driver, rig)
    driver.plugin.version = "9.9.9"
    rows(driver, 2.0)
    driver.until_polled()
    rig.until_states({"app-1": "completed", "app-2": "running"})

    said = [line["level"] for line in rig.lines("the plugin has version 9.9.9")]
    assert said.count("warning") == 2


def test_how_a_target_was_found_stays_with_it_whatever_comes_of_asking_it():
    """From the beginning, and when it was asked in vain, and when it has answered."""
    target, status = Target("http://driver:4040", discovery=FILE), Status()
    watcher = Watcher(target, Asking(1.0), catalogue=load(), store=Store(1.0), status=status)
    found = [status.view()[target.url]]
    for up in (False, True):
        status.describe(target.url, "asked", up=up)
        status.failed(target.url, "application", 0.1, "timeout")
        found.append(status.view()[target.url])

    assert [one.discovery for one in found] == [FILE] * 3
    assert [one.up for one in found] == [False, False, True]
    assert watcher.target is target


def test_a_plugin_that_answers_at_once_for_ever_is_held_back():
    """A few quick answers may be news, so that they cost no delay; an endless row of them is a defect."""
    target = Target("http://driver:4040")
    watcher = Watcher(target, Asking(1.0), catalogue=load(), store=Store(1.0), status=Status())
    quick = [watcher._pause(0.0) for _ in range(watch.HASTY + 2)]

    assert quick == [0.0] * watch.HASTY + [watch.HASTE] * 2
    assert watcher._pause(1.0) == 0.0
    assert watcher._pause(0.0) == 0.0


@pytest.mark.parametrize(
    ("owner", "name", "collector"),
    [
        (environment, "endpoint_of", "environment"),
        (Store, "publish", "application"),
        (Decoder, "decode", "plugin"),
    ],
)
def test_a_defect_is_counted_and_survived(driver, watch_target, monkeypatch, owner, name, collector):
    """An error that nobody thought of is no reason to stop."""
    monkeypatch.setattr(owner, name, lambda *_: 1 / 0)
    rig = watch_target(driver.url)
    rig.until_failed(collector, "internal", 2)
    said = rig.lines("a defect of the exporter: ZeroDivisionError")
    assert [(line["level"], "Traceback" in line.get("traceback", "")) for line in said[:2]] == [
        ("error", True),
        ("debug", False),
    ]
    monkeypatch.undo()
    rows(driver, 1.0)

    rig.until_values({"app-1 spark_custom_rows_total": 1.0})
