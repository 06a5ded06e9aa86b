"""What every source adds to an application, and how it is put together."""

import pytest
from published import TARGET, application, frame, page, samples, snapshot

from exporter.daemon.catalogue import load
from exporter.daemon.frame import EMPTY
from exporter.daemon.store import AHEAD


def test_what_a_source_said_of_now_goes_when_it_has_failed_for_a_minute(store, clock):
    """Its counters stay; other sources may fill in for the rest; and when it is back, all of it is back."""
    said = {"spark_app_executors_added_total": 3.0, "spark_app_executors": 2.0}
    store.publish(TARGET, application(), snapshot(said))
    store.put(TARGET, application(), "executors", frame({"spark_app_executors": 1.0}))
    store.falter(TARGET, application(), "plugin")
    clock.now += 59.0
    store.falter(TARGET, application(), "plugin")
    assert samples(store, "spark_app_executors") == said
    clock.now += 1.0
    store.falter(TARGET, application(), "plugin")
    assert samples(store, "spark_app_executors") == said | {"spark_app_executors": 1.0}
    store.publish(TARGET, application(), snapshot(said))
    assert samples(store, "spark_app_executors") == said
    clock.now += 100.0
    store.falter(TARGET, application(), "plugin")

    assert samples(store, "spark_app_executors") == said


def test_a_frame_of_nobody_is_nothing(store):
    """Of an application at another target, or of none."""
    store.put(TARGET, application(), "jobs", frame({"spark_app_executors": 1.0}))
    assert page(store).count("app_id=") == 0
    store.publish(TARGET, application())
    store.put("http://other", application(), "jobs", frame({"spark_app_executors": 1.0}))

    assert samples(store, "spark_app_executors") == {}


@pytest.mark.parametrize("order", [["process", "jobs", "sink"], ["sink", "process", "jobs"]])
def test_a_metric_comes_whole_from_the_first_source_that_has_it(store, order):
    """Plugin, sink, REST, process: whatever came last, and never a mix."""
    name = "spark_executor_tasks_ended_total"
    store.publish(TARGET, application())
    for source in order:
        store.put(TARGET, application(), source, frame({(name, source): 1.0, (name, "9"): 1.0}))
    assert [key.split('"')[1] for key in samples(store, name)] == ["sink", "9"]
    store.publish(TARGET, application(), snapshot({(name, "plugin"): 4.0}))
    assert [key.split('"')[1] for key in samples(store, name)] == ["plugin"]
    store.publish(TARGET, application(), snapshot())
    store.put(TARGET, application(), "sink", EMPTY)

    assert [key.split('"')[1] for key in samples(store, name)] == ["jobs", "9"]


def test_all_samples_of_a_family_stand_together_in_the_catalogues_order(store):
    """Whichever application they belong to."""
    for number in range(3):
        app, target = application(id=f"app-{number}"), f"http://{number}"
        store.publish(target, app)
        given = {("spark_executor_up", "1"): 1.0, "spark_app_executors": 1.0}
        store.put(target, app, "executors", frame(given))
    names = [line.split("{")[0] for line in page(store).splitlines() if "app_id=" in line]
    seen = list(dict.fromkeys(names))
    order = list(load().entries)

    assert names == sorted(names, key=seen.index)
    assert seen == sorted(seen, key=order.index)


def test_sources_print_ahead_while_somebody_scrapes(store, clock):
    """So that the scrape finds the lines ready; and they do not where nobody does."""
    printed = []

    def publish(value):
        store.publish(TARGET, application(), snapshot({"spark_app_executors": value}))
        (item,) = store.view().applications
        printed.append(item.sheet.prints["spark_app_executors"]._last[0])

    publish(1.0)
    store.view(scraped=True)
    publish(2.0)
    clock.now += AHEAD + 1
    publish(3.0)

    assert printed == [None, (2.0,), None]
    assert samples(store, "spark_app_executors") == {"spark_app_executors": 3.0}
