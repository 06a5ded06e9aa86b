"""A target that cannot be watched, for want of threads or by a defect, is tried again and harms no other."""

import threading

from discovered import until_states, until_targets
from fake_api_server import pod
from fake_driver import until

from exporter.daemon import fleet as fleet_module
from exporter.daemon.watch import Watcher


def test_a_target_without_room_for_its_threads_harms_nobody(watching, start_application, monkeypatch):
    """The others are watched, no thread is left of it, and it is tried again until there is room."""
    monkeypatch.setattr(fleet_module, "RETRY", 0.01)
    drivers = [start_application(f"app-{number}") for number in range(3)]
    full, start, tries = threading.Event(), threading.Thread.start, []

    def start_if_possible(thread):
        if thread.name == f"watch {drivers[1].url}":
            tries.append(thread)
            if not full.is_set():
                raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_if_possible)
    seen = watching(urls=[driver.url for driver in drivers])
    until_states(seen, {"app-0": "running", "app-2": "running"})
    until(lambda: len(tries) > 3, "further tries")
    targets = seen.pods.targets
    seen.pods.targets = lambda: 1 / 0
    until(lambda: seen.log.lines("a defect of the exporter: ZeroDivisionError", "error"), "a defect")
    seen.pods.targets = targets
    sentence = seen.status.view()[drivers[1].url].state
    assert sentence.startswith("not watched: can't start new thread; it takes two threads")
    assert f'spark_exporter_target_up{{target="{drivers[1].url}"}} 0.0\n' in seen.scrape()
    assert len(seen.log.lines("a target is not watched", "warning")) == 1
    full.set()
    until_states(seen, {f"app-{number}": "running" for number in range(3)})
    until(lambda: seen.log.lines("the target is watched now", "info"), "the end of the fault")
    polls = f"poll {drivers[1].url}"
    until(lambda: sum(thread.name == polls for thread in threading.enumerate()) == 1, "one thread")


def test_a_defect_that_concerns_one_target(watching, start_application, monkeypatch):
    """The others are watched."""
    drivers = [start_application(f"app-{number}") for number in range(2)]
    create = Watcher.__init__

    def defective(watcher, target, *arguments, **options):
        if target.url == drivers[0].url:
            raise ZeroDivisionError("oops")
        create(watcher, target, *arguments, **options)

    monkeypatch.setattr(Watcher, "__init__", defective)
    seen = watching(urls=[driver.url for driver in drivers])
    until_states(seen, {"app-1": "running"})

    assert "a defect of the exporter: ZeroDivisionError: oops" in seen.status.view()[drivers[0].url].state


def test_a_target_that_is_gone_before_there_was_room(api, watching, monkeypatch):
    """Nothing is left of it."""
    start = threading.Thread.start

    def start_if_possible(thread):
        if thread.name.startswith("watch http"):
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_if_possible)
    seen = watching()
    api.put(pod(ip="127.0.0.2"))
    until_targets(seen, "http://127.0.0.2:4040")
    api.delete("driver")

    until_targets(seen)
