"""What is left out of an application that is too much, and how that is told."""

import orjson
import pytest
from fake_driver import Plugin, executor, metric, words
from published import TARGET, application, frame, page, samples, snapshot

from exporter.daemon.catalogue import load
from exporter.daemon.decode import Decoder
from exporter.daemon.errors import SourceError
from exporter.daemon.frame import FrameBuilder
from exporter.daemon.limits import Limits
from exporter.daemon.store import Store


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
