"""The course of an application, and what every source adds to it."""

import io
import json
from dataclasses import replace
from types import MappingProxyType

import orjson
import pytest
from fake_driver import Plugin, executor, metric, words

from exporter.daemon import logs
from exporter.daemon.catalogue import load
from exporter.daemon.decode import Decoder
from exporter.daemon.errors import SourceError
from exporter.daemon.exposition import Format
from exporter.daemon.frame import EMPTY, FrameBuilder
from exporter.daemon.limits import Limits
from exporter.daemon.model import STATES, Application
from exporter.daemon.render import Scrape, render
from exporter.daemon.runs import MAX_NAMES, Runs
from exporter.daemon.store import AHEAD, Store

TARGET = "http://driver:4040"


class Clock:
    """Seconds, monotonic and of the day."""

    now = 5000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(clock):
    return Store(900.0, Limits(), clock, clock)


def application(**more):
    given = {"id": "app-1", "name": "etl", "attempt_id": "", "spark_version": "4", "user": "u"}
    return Application(**{**given, "start_time": 1000.0, **more})


def frame(samples, last=None):
    """Return a frame of ``{"name": value}`` or ``{("name", label, ...): value}``."""
    builder = FrameBuilder(load(), last)
    for key, value in samples.items():
        builder.add(*([key, value] if isinstance(key, str) else [key[0], value, *key[1:]]))
    return builder.frame()


def snapshot(samples=MappingProxyType({}), final=False, metrics=(), executors=(), **facts):
    """Return what a plugin says, with built-in samples of the test's choice."""
    plugin = Plugin()
    plugin.final, plugin.metrics, plugin.executors = final, list(metrics), list(executors)
    plugin.series, plugin.totals = [[index] for index in range(len(metrics))], [1.0] * len(metrics)
    found = Decoder().decode(orjson.dumps(words(plugin.answer())))
    return replace(found, frame=frame(samples), application=replace(found.application, **facts))


def page(store):
    return render(Scrape(store.view(), {}, 900.0, Limits()), load(), Format.TEXT).decode()


def samples(store, prefix):
    """Return the samples of applications whose name begins so, without the labels of the application."""
    found = {}
    for line in page(store).splitlines():
        if line.startswith(prefix) and "app_id=" in line:
            name, _, rest = line.partition("{")
            labels, _, value = rest.rpartition("} ")
            own = labels.split(",")[2:]
            found[name + ("{" + ",".join(own) + "}" if own else "")] = float(value)
    return found


def state(store):
    """Return the one state that is 1, and when it began."""
    found = samples(store, "spark_app_state")
    (now,) = [name for name in STATES if found[f'spark_app_state{{state="{name}"}}'] == 1.0]
    assert sum(value for name, value in found.items() if "{" in name) == 1.0
    return now, found["spark_app_state_timestamp_seconds"]


def test_an_application_waits_runs_and_completes(store, clock):
    """Each state with the time at which it began."""
    store.publish(TARGET, application(), snapshot(waiting=True))
    assert state(store) == ("waiting", 1000.0)
    assert samples(store, "spark_app_up") == {"spark_app_up": 1.0}
    clock.now = 5010.0
    store.publish(TARGET, application(), snapshot(waiting=False))
    clock.now = 5020.0
    store.publish(TARGET, application(), snapshot(waiting=False))
    assert state(store) == ("running", 5010.0)
    store.publish(TARGET, application(), snapshot(final=True, outcome="completed"))

    assert state(store) == ("completed", 1010.0)
    assert samples(store, "spark_app_up") == {"spark_app_up": 0.0}
    assert samples(store, "spark_app_end") == {"spark_app_end_timestamp_seconds": 1010.0}


def test_the_plugin_says_how_it_ended(store):
    """Its last word is definite."""
    store.publish(TARGET, application(), snapshot(outcome="failed"))
    assert state(store)[0] == "running"
    store.publish(TARGET, application(), snapshot(final=True, outcome="failed"))

    assert state(store) == ("failed", 1010.0)


def test_rest_says_it_where_there_is_no_plugin(store, clock):
    """What it last knew counts, and a source that cannot tell changes nothing."""
    store.publish(TARGET, application())
    store.put(TARGET, application(), "executors", EMPTY, waiting=True)
    assert state(store) == ("waiting", 1000.0)
    clock.now = 5010.0
    store.put(TARGET, application(), "executors", EMPTY, waiting=False)
    store.put(TARGET, application(), "jobs", EMPTY, failed=True)
    store.put(TARGET, application(), "stages", EMPTY)
    assert state(store) == ("running", 5010.0)
    store.publish(TARGET, application(completed=True, end_time=2000.0))

    assert state(store) == ("failed", 2000.0)


def test_a_completed_application_turns_out_to_have_failed(store):
    """A history server is read one resource after the other."""
    store.publish(TARGET, application(completed=True, end_time=2000.0))
    assert state(store) == ("completed", 2000.0)
    store.put(TARGET, application(), "jobs", EMPTY, failed=True)

    assert state(store) == ("failed", 2000.0)


def test_the_plugin_knows_better_than_rest_whether_it_waits(store):
    """It hears of executors at once."""
    store.publish(TARGET, application(), snapshot(waiting=False))
    store.put(TARGET, application(), "executors", EMPTY, waiting=True)

    assert state(store)[0] == "running"


def test_a_driver_that_died_without_a_word(store, clock):
    """Is lost since it was missed, has ended when it was last heard of, and runs again when it comes back."""
    store.publish(TARGET, application(), snapshot({"spark_app_executors": 2.0}))
    clock.now = 5100.0
    store.lost(TARGET)
    assert state(store) == ("lost", 5100.0)
    assert samples(store, "spark_app_end") == {"spark_app_end_timestamp_seconds": 5000.0}
    assert samples(store, "spark_app_executors") == {}
    clock.now = 5200.0
    store.publish(TARGET, application(), None)

    assert state(store) == ("running", 5200.0)
    assert samples(store, "spark_app_end") == {}
    assert samples(store, "spark_app_executors") == {"spark_app_executors": 2.0}


def test_every_source_hears_of_an_application(store, clock):
    """One that fails does not."""
    store.publish(TARGET, application())
    clock.now = 5003.0
    store.put(TARGET, application(), "jobs", EMPTY)
    clock.now = 5006.0
    store.falter(TARGET, application(), "jobs")
    store.lost(TARGET)
    store.put(TARGET, application(), "stages", EMPTY)

    assert samples(store, "spark_app_end") == {"spark_app_end_timestamp_seconds": 5003.0}


def test_what_stays_after_the_end_of_an_application(store):
    """Counters stay, levels go, and what would be wrong otherwise becomes 0."""
    given = {"spark_app_executors": 2.0, "spark_app_executors_added_total": 3.0}
    given |= {("spark_executor_up", "1"): 1.0, ("spark_executor_added_timestamp_seconds", "1"): 7.0}
    store.publish(TARGET, application(), snapshot(given))
    assert samples(store, "spark_app_executors") | samples(store, "spark_executor") == {
        "spark_app_executors": 2.0,
        "spark_app_executors_added_total": 3.0,
        'spark_executor_up{executor_id="1"}': 1.0,
        'spark_executor_added_timestamp_seconds{executor_id="1"}': 7.0,
    }
    store.publish(TARGET, application(), snapshot(given, final=True))

    assert samples(store, "spark_app_executors") | samples(store, "spark_executor") == {
        "spark_app_executors_added_total": 3.0,
        'spark_executor_up{executor_id="1"}': 0.0,
        'spark_executor_added_timestamp_seconds{executor_id="1"}': 7.0,
    }


def test_attempts_are_counted(store):
    """By the list of REST, which the plugin does not know, or by the attempt's own number."""
    store.publish(TARGET, application(attempts=3))
    store.publish(TARGET, application(), snapshot())
    assert samples(store, "spark_app_attempts") == {"spark_app_attempts": 3.0}
    store.publish(TARGET, application(attempt_id="5"))
    assert samples(store, "spark_app_attempts") == {"spark_app_attempts": 5.0}
    store.publish(TARGET, application(attempt_id="\u0664"))

    assert samples(store, "spark_app_attempts") == {"spark_app_attempts": 1.0}


def test_another_run_under_the_same_id_has_nothing_of_the_old_one(store, clock):
    """No sample, no state, no drop, and no word of what its sources said."""
    bad = [metric("rows", labels=["app_id"])]
    store.publish(TARGET, application(), snapshot({"spark_app_executors_added_total": 3.0}))
    store.put(TARGET, application(), "jobs", frame({"spark_app_executors_removed_total": 1.0}), failed=True)
    clock.now = 5100.0
    again = application(start_time=4000.0)
    store.publish(TARGET, again)

    assert bad
    assert samples(store, "spark_app_executors") == {}
    assert state(store) == ("running", 4000.0)
    store.put(TARGET, application(), "jobs", frame({"spark_app_executors_removed_total": 1.0}))
    assert samples(store, "spark_app_executors") == {}
    store.publish(TARGET, replace(again, completed=True, end_time=4500.0))
    assert state(store) == ("completed", 4500.0)


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


def test_restarts_under_a_name_are_counted(store):
    """A run that goes on is one, whatever is said of it; dates in a name make no other one."""
    for number, name in enumerate(["etl-2026-11-21", "etl-2026-11-22", "load"]):
        for _ in range(3):
            store.publish(TARGET, application(id=f"app-{number}", name=name))

    counts = [line for line in page(store).splitlines() if line.startswith("spark_app_name_runs_total")]
    assert counts == [
        'spark_app_name_runs_total{app_name="etl"} 2.0',
        'spark_app_name_runs_total{app_name="load"} 1.0',
    ]


def test_the_names_of_runs_are_bounded():
    """Those that were not seen for longest go."""
    runs = Runs()
    for number in range(MAX_NAMES + 5):
        runs.count("daily")
        runs.count(f"once {number}")

    assert len(runs.view()) == MAX_NAMES
    assert runs.view()["daily"] == MAX_NAMES + 5
    assert "once 0" not in runs.view()


def test_an_application_that_is_one_too_many_is_refused(clock):
    """With a sentence that names the flag; it comes in when another one has ended."""
    store = Store(900.0, Limits(applications=1), clock, clock)
    store.publish(TARGET, application())
    with pytest.raises(SourceError, match="app-2 is not followed: 1 applications run already") as caught:
        store.publish("http://two", application(id="app-2"))
    assert caught.value.reason == "too_many"
    store.publish(TARGET, application(), snapshot(final=True))
    store.publish("http://two", application(id="app-2"))

    assert [item.record.application.id for item in store.view().applications] == ["app-2"]
    assert store.view().evicted == 1


@pytest.fixture
def said():
    """The log as a list of lines."""
    stream = io.StringIO()
    logs.configure("info", "json", stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def full(limit, said):
    """Return what is published of an application that has something of everything, and what the log names."""
    store = Store(900.0, Limits(limit))
    given = {("spark_stage_tasks_expected", str(number), "0"): 1.0 for number in range(6)}
    given |= {("spark_storage_partitions", "rdd"): 1.0, "spark_app_executors": 1.0}
    given |= {("spark_executor_up", "1"): 1.0, ("spark_executor_up", "2"): 1.0}
    names = [metric("a"), metric("b")]
    store.publish(
        TARGET, application(), snapshot(given, metrics=names, executors=[executor("1", [0], [1.0])])
    )
    left = {name for name in samples(store, "spark_") if not name.startswith(ALWAYS)}
    (item,) = store.view().applications
    assert len(left) == item.plan.lines <= limit
    assert item.dropped["budget"] == WHOLE - len(left)
    concerned = [line["concerned"] for line in said() if "concerned" in line]
    return left, concerned


ALWAYS = ("spark_app_info", "spark_app_up", "spark_app_state", "spark_app_start", "spark_app_attempts",
          "spark_exporter_")  # fmt: skip
WHOLE = 13
ALL_STAGES = {f'spark_stage_tasks_expected{{stage_id="{number}",attempt_id="0"}}' for number in range(6)}
EXECUTORS = {'spark_executor_up{executor_id="1"}', 'spark_executor_up{executor_id="2"}'}
STORED = {'spark_storage_partitions{name="rdd"}'}
OWN = {"spark_app_executors", "spark_custom_a_total", "spark_custom_b_total"}
STEPS = [
    (
        13,
        ALL_STAGES | EXECUTORS | OWN | {*STORED, 'spark_executor_custom_a_total{executor_id="1"}'},
    ),
    (12, ALL_STAGES | EXECUTORS | OWN | STORED),
    (11, ALL_STAGES | OWN | STORED),
    (9, OWN | STORED),
    (3, OWN),
    (2, {"spark_app_executors", "spark_custom_a_total"}),
    (1, {"spark_app_executors"}),
    (0, set()),
]


@pytest.mark.parametrize(("limit", "expected"), STEPS)
def test_detail_goes_before_totals_and_by_whole_families(limit, expected, said):
    """Executors first, the largest family next; what says how the application is never goes."""
    assert full(limit, said)[0] == expected


def test_what_the_budget_does_not_allow_is_named_in_the_log(said):
    """Once."""
    _, concerned = full(3, said)

    assert concerned == [
        "custom metrics by executor, spark_executor_up, spark_stage_tasks_expected, spark_storage_partitions"
    ]


def test_in_all_the_newest_application_loses_its_detail(clock, said):
    """And has it back when another one is gone."""
    store = Store(900.0, Limits(series=8), clock, clock)
    given = {("spark_executor_up", str(number)): 1.0 for number in range(3)} | {"spark_app_executors": 1.0}
    for number in range(3):
        store.publish(f"http://{number}", application(id=f"app-{number}", start_time=100.0 - number))
        store.put(f"http://{number}", application(id=f"app-{number}", start_time=100.0 - number),
                  "executors", frame(given))  # fmt: skip
    lines = {item.record.application.id: item.plan.lines for item in store.view().applications}
    assert lines == {"app-0": 1, "app-1": 1, "app-2": 4}
    assert [item.dropped["all_budget"] for item in store.view().applications] == [3, 3, 0]
    assert "more than 8 series of all applications" in said()[0]["msg"]
    store.lost("http://2")
    clock.now += 901.0

    lines = {item.record.application.id: item.plan.lines for item in store.view().applications}
    assert lines == {"app-0": 4, "app-1": 4}


def test_bad_samples_are_counted_by_target_source_and_reason(store, said):
    """Every time; the log names the metric once."""
    for _ in range(3):
        builder = FrameBuilder(load())
        builder.add("spark_app_executors_added_total", -1.0)
        store.publish(TARGET, application())
        store.put(TARGET, application(), "executors", builder.frame())

    labels = f'target="{TARGET}",collector="executors",reason="invalid_value"'
    assert f"spark_exporter_samples_dropped_total{{{labels}}} 3.0" in page(store).splitlines()
    (said_once,) = [found for found in said() if "not published as they came" in found["msg"]]
    assert said_once["metric"] == "spark_app_executors_added_total"


def test_a_name_of_ten_megabytes_makes_short_lines(store):
    """And so do the other texts of an application."""
    long = "x" * 10_000_000
    store.publish(TARGET, application(id=long, name=long, user=long, spark_version=long, attempt_id=long))

    assert max(map(len, page(store).splitlines())) < 2000


def test_labels_of_custom_metrics_are_cut_and_counted(clock):
    """As all others are."""
    store = Store(900.0, Limits(label_length=32), clock, clock)
    plugin = Plugin()
    plugin.metrics = [metric("rows", labels=["x"])]
    plugin.series, plugin.totals = [[0, "a" * 100], [0, "a" * 101], [0, "b"]], [1.0, 2.0, 3.0]
    store.publish(TARGET, application(), Decoder().decode(orjson.dumps(words(plugin.answer()))))
    values = [line for line in page(store).splitlines() if line.startswith("spark_custom_rows_total")]

    assert len({line.partition(" ")[0] for line in values}) == 3
    assert all(len(line.split('x="')[1].split('"')[0]) <= 32 for line in values)
    assert store.view().applications[0].dropped["label_truncated"] == 2


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
