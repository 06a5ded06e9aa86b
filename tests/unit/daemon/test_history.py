"""A history server as target: applications that have ended are read once, and never look alive."""

import published
import pytest
from fake_driver import until
from fake_history import FakeHistory, page
from fake_spark import values

from exporter.daemon import history, watch
from exporter.daemon.fetch import Fetcher
from exporter.daemon.history import is_history_server
from exporter.daemon.model import Application


@pytest.fixture
def server():
    """A history server without applications."""
    found = FakeHistory()
    yield found
    found.die()


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    """Look often."""
    monkeypatch.setattr(history, "LOOK_AGAIN", 0.01)
    monkeypatch.setattr(watch, "ENDING", 0.01)


def frames(rig, app_id):
    """Return what the sources said of an application, by source."""
    (record,) = (i.record for i in rig.store.view().applications if i.record.application.id == app_id)
    return record.frames


def test_it_is_told_from_a_driver(server, driver):
    """By what its first page loads."""
    assert is_history_server(Fetcher(5.0), server.url)
    assert not is_history_server(Fetcher(5.0), driver.url)
    assert not is_history_server(Fetcher(0.2), "http://127.0.0.1:1")


@pytest.mark.parametrize(
    "first_page",
    [
        page("Prod"),
        page("", "/shs"),
        # As Spark 3.5 has it.
        page().replace('type="module" ', ""),
    ],
)
def test_its_title_and_path_are_its_owner_s(server, watch_target, first_page):
    """Spark has a setting for either."""
    server.page = first_page
    server.add("one", 5000)
    rig = watch_target(server.url)

    rig.until_states({"one": "completed"})
    assert rig.lines("no application is running") == []


def test_a_page_that_only_speaks_of_it_is_not_one(server):
    """Behind some proxies a driver's first page is that of its jobs, with any text in it."""
    server.page = '<html><title>History Server</title>&lt;script src="/static/historypage-common.js"&gt;'

    assert not is_history_server(Fetcher(5.0), server.url)


def test_a_target_that_publishes_nothing_says_so_once(server, watch_target, monkeypatch):
    """Such as something that lists applications which nobody saw running."""
    monkeypatch.setattr(watch, "LOOK_AGAIN", 0.01)
    server.page = "<html></html>"
    server.add("one", 5000)
    rig = watch_target(server.url)
    looks = server.count("/applications")
    until(lambda: server.count("/applications") > looks + 5, "more looks")

    assert rig.states() == {}
    assert rig.sentence() == "no application is running"
    said = rig.lines("no application is running: the target is no history server")
    assert [line["level"] for line in said] == ["warning"] + ["debug"] * (len(said) - 1)


def test_completed_applications_are_read_with_their_outcome(server, watch_target):
    """The last job decides; one that runs is left to its own driver."""
    server.add("good", 5000)
    server.add("bad", 6000, "FAILED", attempt="2")
    server.add("running", -1)
    rig = watch_target(server.url)
    rig.until_states({"good": "completed", "bad": "failed"})

    for name in ("good", "bad"):
        stages = frames(rig, name)["stages"]
        assert values(stages, "spark_app_executor_run_time_seconds_total") == 1.5
        assert values(stages, "spark_app_tasks_total")[("failed",)] == 1
    assert server.count("/running/") == 0
    until(lambda: "a history server: 2 of 2 applications" in rig.sentence(), "both are read")
    (record,) = (i.record for i in rig.store.view().applications if i.record.application.id == "good")
    assert (record.up, record.application.end_time) == (False, 5000.0)


def test_each_application_is_read_once(server, watch_target):
    """However often the list is looked at; a new one is read when it appears."""
    server.add("one", 5000)
    rig = watch_target(server.url)
    rig.until_states({"one": "completed"})
    looks = len(server.requests)
    server.add("two", 6000)
    rig.until_states({"one": "completed", "two": "completed"})
    until(lambda: len(server.requests) > looks + 50, "more looks at the list")

    assert server.count("/one/allexecutors") == server.count("/two/allexecutors") == 1


def test_only_a_window_of_time_is_asked_for(server, watch_target):
    """And a bounded number of applications."""
    server.add("one", 5000)
    rig = watch_target(server.url, window=3600.0)
    rig.until_states({"one": "completed"})

    (query, *_) = (query for path, query in server.requests if path.endswith("/applications") and query)
    assert query["status"] == ["completed"]
    assert query["limit"] == [str(rig.store.capacity + 1)]
    assert query["minEndDate"][0].endswith("GMT")


def test_of_too_many_those_that_ended_last_are_read_and_kept(server, watch_target):
    """The others are counted, named once, and not asked for; a newer one takes the place of the oldest."""
    for number in range(5):
        server.add(f"app-{number}", 5000 + number)
    rig = watch_target(server.url, applications=3)
    newest = {f"app-{number}": "completed" for number in (2, 3, 4)}
    rig.until_states(newest)
    until(lambda: rig.store.view().unread == 1, "the one more that was listed is counted")
    looks = server.count("/applications")
    until(lambda: server.count("/applications") > looks + 20, "more looks at the list")

    assert rig.states() == newest
    assert (rig.store.view().unread, rig.store.view().evicted) == (1, 0)
    assert server.count("/app-1/") == server.count("/app-0/") == 0
    said = rig.lines("the window has more applications than there is room for: of 3 in all")
    assert [line["level"] for line in said] == ["warning"] + ["debug"] * (len(said) - 1)
    assert "3 of at least 4 applications in the window are read" in rig.sentence()

    server.add("app-9", 9000)
    rig.until_states({"app-3": "completed", "app-4": "completed", "app-9": "completed"})
    until(lambda: rig.store.view().evicted == 1, "the oldest is counted")


def test_more_than_a_page_of_applications_are_read(server, watch_target):
    """As many as there is room for, and no line says that something is missing."""
    for number in range(60):
        server.add(f"app-{number}", 5000 + number)
    rig = watch_target(server.url)
    rig.until_states({f"app-{number}": "completed" for number in range(60)})

    assert rig.store.view().unread == 0
    assert rig.lines("the window has more applications") == []


def test_running_applications_leave_no_room(server, watch_target):
    """One that has ended is not even asked for then; it is read as soon as a place is free."""
    rig = watch_target(server.url, applications=1)
    until(lambda: "0 of 0 applications" in rig.sentence(), "a history server")
    rig.store.publish("http://driver", Application("live", "etl", "", "4.3.0", "spark", 1.0))
    server.add("one", 5000)
    until(lambda: rig.store.view().unread == 1, "there is no room")

    assert server.count("/one/") == 0
    assert rig.states() == {"live": "running"}
    ended = Application("live", "etl", "", "4.3.0", "spark", 1.0, completed=True, end_time=4000.0)
    rig.store.publish("http://driver", ended)
    rig.until_states({"one": "completed"})
    until(lambda: rig.lines("there is room for all applications in the window"), "that is said, too")


def test_an_empty_history_server_is_recognised(server, watch_target):
    """It lists nothing, which is no fault."""
    rig = watch_target(server.url)
    until(lambda: "0 of 0 applications" in rig.sentence(), "a history server without applications")
    server.add("one", 5000)

    rig.until_states({"one": "completed"})


def test_an_application_that_cannot_be_read_is_still_shown(server, watch_target):
    """With what is known of it; the others are read, too."""
    server.add("broken", 6000)
    server.add("good", 5000)
    server.broken.add("broken")
    rig = watch_target(server.url)
    rig.until_states({"broken": "completed", "good": "completed"})

    assert "jobs" not in frames(rig, "broken")
    assert rig.collector("jobs").failures["http_status"] >= 1


def test_an_entry_that_is_no_application_hides_no_other(server, watch_target):
    """It is counted once and named while it is there; another one of its kind is counted, too."""
    server.add("good", 5000)
    for name in ("odd", "strange"):
        server.add(name, 6000)
        server.apps[name]["name"] = None
    server.apps["nobody"] = {"attempts": server.apps["good"]["attempts"]}
    rig = watch_target(server.url)
    rig.until_states({"good": "completed"})
    looks = server.count("/applications")
    until(lambda: server.count("/applications") > looks + 5, "more looks at the list")

    assert rig.store.view().malformed == 3
    assert "1 of 1 applications in the window are read" in rig.sentence()
    said = rig.lines(
        "entries of the list that are no applications: 3, such as "
        "application.id: expected a string, found None"
    )
    assert [line["level"] for line in said] == ["warning"] + ["debug"] * (len(said) - 1)

    server.apps["nobody too"] = server.apps.pop("strange")
    del server.apps["nobody too"]["id"]
    until(lambda: rig.store.view().malformed == 4, "the new one is counted")
    assert rig.lines(
        "entries of the list that are no applications: 3, such as application.id: expected a string"
    )
    for name in ("odd", "nobody", "nobody too"):
        del server.apps[name]
    until(lambda: rig.lines("all entries of the list are applications"), "that all is well")
    counted = 'spark_exporter_applications_dropped_total{reason="malformed"} 4.0'
    assert counted in published.page(rig.store)


def test_a_list_that_is_none_is_a_failure(server, watch_target):
    """What was read stays."""
    server.add("good", 5000)
    rig = watch_target(server.url)
    rig.until_states({"good": "completed"})
    server.apps = None
    rig.until_failed("application", "invalid")

    assert rig.states() == {"good": "completed"}


def test_what_takes_its_place_is_looked_at_anew(server, watch_target):
    """A port may be used by something else later."""
    rig = watch_target(server.url)
    until(lambda: "history server" in rig.sentence(), "a history server")
    server.page = "<html></html>"
    until(lambda: "waiting for a driver" in rig.sentence(), "no history server")
    server.page = page()

    until(lambda: "0 of 0 applications" in rig.sentence(), "a history server again")


def test_applications_in_the_window_outlive_the_retention(server, watch_target):
    """They are wanted as long as the server lists them in the window."""
    server.add("one", 5000)
    rig = watch_target(server.url)
    rig.until_states({"one": "completed"})
    (before,) = (item.record.ended_at for item in rig.store.view().applications)

    until(
        lambda: (
            next(i.record.ended_at for i in rig.store.view().applications) != before
            or rig.store._known["one"].ended_at > before
        ),
        "a retention that begins anew",
    )
