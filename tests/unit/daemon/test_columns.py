"""Readings become columns: placed once, checked every time, and never a sample twice."""

import math
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from exporter.daemon import catalogue
from exporter.daemon.columns import MAX_OTHERS, OTHER, Bearer, ReadingPlan
from exporter.daemon.frame import DROP_REASONS
from exporter.daemon.readings import vocabulary

KNOWN = catalogue.load()
WORDS = vocabulary(KNOWN, "reading")
NAMES = st.text(max_size=12) | st.sampled_from(
    [
        "executor.runTime",
        "jvm.heap.used",
        "ExecutorMetrics.JVMHeapMemory",
        "jvm.heap.max",
        "jvm.total.used",
        "DAGScheduler.job.allJobs",
        "LiveListenerBus.queue.a.size",
        "LiveListenerBus.listenerProcessingTime.org.a.L#count",
        "LiveListenerBus.listenerProcessingTime.org.b.L#count",
        "spark.streaming.q.latency",
        "ExecutorMetrics.ProcessTreeJVMRSSMemory",
    ]
)


def frame_of(names, values, bearers=None, last=None, known=KNOWN):
    """Return the frame of one executor's readings, or of those of several bearers."""
    if bearers is None:
        bearers = [Bearer("1", True, tuple(range(len(names))))]
    plan = ReadingPlan(known, vocabulary(known, "reading"), names, bearers)
    return plan.frame(values, last.columns if last is not None else {})


def samples(frame):
    """Return every sample by metric and key."""
    return {
        (name, key): value
        for name, column in frame.columns.items()
        for key, value in zip(column.keys, column.values, strict=True)
    }


def test_the_values_of_all_bearers_are_together():
    """The application's, the driver's and the executors', each under its own id."""
    names = ["executor.runTime", "DAGScheduler.job.allJobs", "jvm.heap.used"]
    bearers = [Bearer("driver", True, (1, 2)), Bearer("1", True, (0, 2)), Bearer("2", True, (2, 0))]

    assert samples(frame_of(names, [7.0, 100.0, 2000.0, 200.0, 300.0, 3000.0], bearers)) == {
        ("spark_driver_dag_scheduler_jobs_total", ()): 7.0,
        ("spark_executor_jvm_memory_used_bytes", ("driver", "heap")): 100.0,
        ("spark_executor_jvm_memory_used_bytes", ("1", "heap")): 200.0,
        ("spark_executor_jvm_memory_used_bytes", ("2", "heap")): 300.0,
        ("spark_executor_run_time_seconds_total", ("1",)): 2.0,
        ("spark_executor_run_time_seconds_total", ("2",)): 3.0,
    }


def test_an_executor_that_is_gone_keeps_its_counters_only():
    """What it used then says nothing now; what it has done is done."""
    names = ["executor.runTime", "jvm.heap.used", "some.gauge"]

    found = frame_of(names, [1000.0, 5.0, 6.0], [Bearer("1", False, (0, 1, 2))])

    assert samples(found) == {("spark_executor_run_time_seconds_total", ("1",)): 1.0}


def test_the_first_origin_of_a_series_counts_wherever_it_stands():
    """Both say the same; the later one is for where the first one is not."""
    both = frame_of(["ExecutorMetrics.JVMHeapMemory", "jvm.heap.used"], [1.0, 2.0])
    one = frame_of(["ExecutorMetrics.JVMHeapMemory"], [1.0])

    key = ("spark_executor_jvm_memory_used_bytes", ("1", "heap"))
    assert samples(both) == {key: 2.0}
    assert samples(one) == {key: 1.0}
    assert both.drops == {}


def test_two_names_of_the_same_meaning_are_one_sample_and_a_counted_drop():
    """A long name is cut: two that agree are told apart by the digest, the same one twice is not."""
    names = ["LiveListenerBus.queue.a.size", "LiveListenerBus.queue.a.size"]
    found = frame_of(names, [1.0, 2.0], [Bearer("driver", True, (0, 1))])

    assert samples(found) == {("spark_driver_listener_bus_queue_events", ("a",)): 1.0}
    assert found.drops == {"duplicate": 1}
    assert found.culprits == {"duplicate": "spark_driver_listener_bus_queue_events"}


def test_names_that_differ_only_in_what_a_sanitiser_would_eat_stay_apart():
    """a.b and a_b."""
    assert samples(frame_of(["a.b", "a_b"], [1.0, 2.0])) == {
        (OTHER, ("1", "a.b")): 1.0,
        (OTHER, ("1", "a_b")): 2.0,
    }


def test_what_cannot_be_published_is_counted_and_the_rest_is_there():
    """NaN, infinities and a counter below zero; -1 for no limit is none of these."""
    names = ["executor.runTime", "executor.cpuTime", "jvm.heap.used", "jvm.heap.max", "executor.bytesRead"]

    found = frame_of(names, [-1.0, math.inf, math.nan, -1.0, 5.0])

    assert samples(found) == {("spark_executor_input_bytes_total", ("1",)): 5.0}
    assert found.drops == {"invalid_value": 3}


def test_unknown_names_are_bounded():
    """The first ones are published, the others are counted."""
    names = [f"other.{number}" for number in range(MAX_OTHERS + 7)]

    found = frame_of(names, [1.0] * len(names))

    assert len(found.columns[OTHER].keys) == MAX_OTHERS
    assert found.drops == {"limit": 7}


def test_a_label_of_ten_megabytes_is_cut():
    """And counted, and the sample is there."""
    found = frame_of(["LiveListenerBus.queue." + "q" * 10_000_000 + ".size", "x" * 10_000_000], [1.0, 2.0],
                     [Bearer("driver", True, (0, 1))])  # fmt: skip

    assert {len(label) for _, key in samples(found) for label in key} == {200, len("driver")}
    assert found.drops == {"label_truncated": 2}


def test_what_belongs_to_the_application_is_not_taken_from_an_executor():
    """It is a name that the catalogue does not know there."""
    found = frame_of(["DAGScheduler.job.allJobs"], [3.0])

    assert samples(found) == {(OTHER, ("1", "DAGScheduler.job.allJobs")): 3.0}


def test_what_is_left_out_is_not_published_as_unknown():
    """Nor is it counted."""
    found = frame_of(["jvm.total.used", "plugin.io.sparkexporter.ExporterPlugin.exporter.port"], [1.0, 2.0])

    assert (samples(found), found.drops) == ({}, {})


def test_columns_that_did_not_change_stay_the_same_objects():
    """Whoever prints them can keep what is prepared."""
    names = ["executor.runTime", "jvm.heap.used"]
    first = frame_of(names, [1.0, 2.0])
    second = frame_of(names, [1.0, 3.0], last=first)

    name = "spark_executor_run_time_seconds_total"
    assert second.columns[name] is first.columns[name]
    name = "spark_executor_jvm_memory_used_bytes"
    assert second.columns[name].keys is first.columns[name].keys
    assert second.columns[name].values == (3.0,)


@given(st.lists(NAMES, max_size=8), st.data())
def test_any_names_and_values_give_lawful_samples(names, data):
    """Each key once, labels as declared, finite values, counters not below zero; all else is counted."""
    ids = data.draw(st.lists(st.sampled_from(["driver", "1", "2"]), max_size=3, unique=True))
    chosen = st.lists(st.sampled_from(range(len(names))), max_size=8) if names else st.just([])
    bearers = [Bearer("", True, tuple(data.draw(chosen)))]
    bearers += [Bearer(name, data.draw(st.booleans()), tuple(data.draw(chosen))) for name in ids]
    size = sum(len(bearer.indices) for bearer in bearers)
    values = data.draw(st.lists(st.floats(), min_size=size, max_size=size))

    found = frame_of(names, values, bearers)

    for name, column in found.columns.items():
        entry = KNOWN[name]
        assert len(column.keys) == len(column.values) == len(set(column.keys)) > 0
        assert {len(key) for key in column.keys} == {len(entry.key_labels)}
        assert all(math.isfinite(value) for value in column.values)
        assert entry.family.type == "gauge" or min(column.values) >= 0
    assert {*found.drops} <= {*DROP_REASONS}
    assert {*found.drops} == {*found.culprits}
    published = sum(len(column.keys) for column in found.columns.values())
    dropped = Counter(found.drops)
    assert published + dropped["invalid_value"] + dropped["duplicate"] + dropped["limit"] <= size
