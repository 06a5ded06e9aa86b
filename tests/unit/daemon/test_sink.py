"""What Spark's own endpoints give, from recorded answers of real drivers and from broken ones."""

import json
from pathlib import Path

import pytest
from fake_driver import FakeDriver

from exporter.daemon import catalogue
from exporter.daemon.dropwizard import sanitized
from exporter.daemon.errors import SourceError
from exporter.daemon.fetch import Fetcher
from exporter.daemon.frame import Frame
from exporter.daemon.model import Application
from exporter.daemon.sources.sink import SinkSource, namespace_of

DATA = Path(__file__).parent / "data" / "sink"
JSON, TEXT, EXECUTORS = "/metrics/json/", "/metrics/prometheus/", "/metrics/executors/prometheus"
FILES = {JSON: "metrics.json", TEXT: "driver.prom", EXECUTORS: "executors.prom"}
RECORDED = {
    "spark-4.3.0": ("app-20261122180226-0000", {}),
    "spark-3.5.9": ("local-1795370658990", {}),
    "spark-4.3.0-namespace": ("local-1795370639022", {"spark.metrics.namespace": "team.etl"}),
    "spark-3.5.9-namespace": ("app-20261122180323-0000", {"spark.metrics.namespace": "team.etl"}),
}


@pytest.fixture
def driver():
    """A driver whose UI the test fills."""
    result = FakeDriver()
    yield result
    result.die()


def serve(driver, answers):
    """Answer each path with a body, or with a status if it is a number."""
    for path, body in answers.items():
        status, content = (body, b"") if isinstance(body, int) else (200, body)
        driver.overrides[path] = lambda handler, status=status, content=content: handler.send(status, content)


def source(driver, app_id="app-1", conf=None, **more):
    application = Application(app_id, "etl nightly", "", "4.3.0", "spark", 1000.0)
    return SinkSource(Fetcher(5.0), driver.url, application, catalogue.load(), conf or {}, **more)


def recorded(driver, name, *paths, known=True, **more):
    """Return the frame of a recorded driver that serves only these paths."""
    serve(driver, {path: (DATA / name / FILES[path]).read_bytes() for path in paths})
    app_id, conf = RECORDED[name]
    return source(driver, app_id, conf if known else {}, **more).update().value


def lines(frame):
    """Return a frame as text, one sample a line."""
    known = catalogue.load()
    result = []
    for name, column in sorted(frame.columns.items()):
        entry = known[name]
        labels = (("executor_id",) if entry.scope == "executor" else ()) + entry.own_labels
        for key, value in sorted(zip(*column, strict=True)):
            shown = ",".join(f'{label}="{text}"' for label, text in zip(labels, key, strict=True))
            result.append(f"{name}{{{shown}}} {value!r}")
    return result


def samples(frame):
    return {
        (name, key): value
        for name, column in frame.columns.items()
        for key, value in zip(*column, strict=True)
    }


@pytest.mark.parametrize("name", ["spark-4.3.0", "spark-3.5.9-namespace"])
@pytest.mark.parametrize(("path", "file"), [(JSON, "expected-json.txt"), (TEXT, "expected-text.txt")])
def test_a_recorded_driver_gives_exactly_these_samples(driver, name, path, file):
    """To the last label and digit."""
    frame = recorded(driver, name, path)

    assert lines(frame) == (DATA / name / file).read_text("utf-8").splitlines()
    assert (dict(frame.drops), dict(frame.culprits)) == ({}, {})


@pytest.mark.parametrize("name", ["spark-4.3.0", "spark-3.5.9-namespace"])
def test_recorded_executors_give_exactly_these_samples(driver, name):
    """Under the names that REST's fields have, beside what the driver's registry gives."""
    alone = recorded(driver, name, JSON)
    both = recorded(driver, name, JSON, EXECUTORS, executors=True)

    found = [line for line in lines(both) if line not in lines(alone)]
    assert found == (DATA / name / "expected-executors.txt").read_text("utf-8").splitlines()
    assert both.drops == {}


def spelt(frame):
    """Return the series of a frame, with label values as the text spells them."""
    return {(name, *map(sanitized, key)) for name, column in frame.columns.items() for key in column.keys}


@pytest.mark.parametrize("name", RECORDED)
@pytest.mark.parametrize("known", [True, False])
def test_json_and_text_give_the_same_series(driver, name, known):
    """Namespace or not, known or not; and nothing falls to the metric for unknown names."""
    by_json = recorded(driver, name, JSON, known=known)
    driver.overrides[JSON] = lambda handler: handler.send(404, b"")
    by_text = recorded(driver, name, TEXT, known=known)

    assert spelt(by_json) == spelt(by_text)
    assert len(spelt(by_json)) > 140
    assert "spark_executor_dropwizard_value" not in by_json.columns


def test_what_the_recorded_driver_says(driver):
    """By hand: scales, labels and what a name with a namespace in front of it is."""
    found = samples(recorded(driver, "spark-4.3.0", JSON, EXECUTORS, executors=True))

    assert (
        found.items()
        >= {
            ("spark_driver_block_manager_memory_max_bytes", ("onheap",)): 600 * 1048576.0,
            ("spark_driver_dag_scheduler_jobs_total", ()): 19.0,
            ("spark_driver_listener_bus_events_posted_total", ()): 538.0,
            ("spark_driver_status_tasks_total", ("failed",)): 4.0,
            ("spark_driver_dynamic_allocation_target_executors", ()): 2.0,
            ("spark_driver_dag_scheduler_message_processing_time_seconds", ("95",)): 0.041358556,
            ("spark_executor_jvm_cpu_time_seconds_total", ("driver",)): 25.18,
            ("spark_executor_jvm_gc_time_seconds_total", ("driver", "G1-Young-Generation")): 1.182,
            ("spark_executor_jvm_memory_used_bytes", ("driver", "heap")): 126884040.0,
            ("spark_streaming_state_rows", ("clicks.by-user", "", "", "")): 18.0,
            ("spark_streaming_watermark_timestamp_seconds", ("clicks.by-user", "")): 1795370583.152,
            ("spark_executor_storage_memory_used_bytes", ("driver",)): 1743805.0,
        }.items()
    )
    # What Spark calls so for the driver is its age, and its own garbage collection.
    tasks = {"spark_executor_task_time_seconds_total", "spark_executor_task_gc_time_seconds_total"}
    assert {key for key in found if key[0] in tasks} == {(name, (one,)) for name in tasks for one in "01"}
    assert {key[0] for (name, key) in found if name == "spark_executor_cores"} == {"driver", "0", "1"}


def test_the_text_is_read_only_where_there_is_no_json(driver):
    """Both show the same registry, and the JSON survives gauges that the text does not."""
    recorded(driver, "spark-4.3.0", JSON, TEXT)

    assert driver.count(TEXT) == 0


def test_executors_are_not_asked_for_unless_wanted(driver):
    """REST says more of them, and keeps those that were removed."""
    recorded(driver, "spark-4.3.0", JSON, EXECUTORS)

    assert driver.count(EXECUTORS) == 0


def test_a_driver_without_the_executors_page_gives_the_rest(driver):
    """It is off by default before Spark 4."""
    frame = recorded(driver, "spark-4.3.0", JSON, executors=True)

    assert "spark_driver_dag_scheduler_jobs_total" in frame.columns
    assert "spark_executor_cores" not in frame.columns


def test_an_application_may_be_called_anything(driver):
    """Spark does not escape its name; lines that are cut by it, and values that are none, are counted."""
    label = 'application_id="a", application_name="x", executor_id="0", y="} 3", executor_id="1"'
    text = (
        f"metrics_executor_totalCores{{{label}}} 4\n"
        f"metrics_executor_activeTasks{{{label}}} null\n"
        f"metrics_executor_maxTasks{{{label}}} -1\n"
        'metrics_executor_failedTasks_total{application_name="cut\n'
        'here", executor_id="1"} 5\n'
        f"metrics_executor_somethingNew{{{label}}} 6\n"
    )
    serve(driver, {JSON: b"{}", EXECUTORS: text.encode()})

    frame = source(driver, executors=True).update().value

    assert samples(frame) == {
        ("spark_executor_cores", ("1",)): 4.0,
        ("spark_executor_task_slots", ("1",)): -1.0,
    }
    assert frame.drops == {"not_a_number": 1, "malformed": 2}


def test_nothing_is_asked_while_the_plugin_serves(driver):
    """And what was known from here is forgotten."""
    assert recorded(driver, "spark-4.3.0", JSON, served=lambda: True) == Frame()
    assert driver.requests == []


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ({}, "http_status"),
        ({JSON: 500}, "http_status"),
        ({JSON: 500, TEXT: 500}, "http_status"),
        ({JSON: 401}, "unauthorized"),
        ({JSON: b"<html>"}, "invalid"),
        ({JSON: b'{"gauges": {"a.driver.b": {"value": 1'}, "invalid"),
        ({JSON: b"[]"}, "invalid"),
        ({JSON: 404, TEXT: b"<html>no metrics here</html>"}, "http_status"),
    ],
)
def test_an_endpoint_that_gives_nothing_fails_with_a_reason(driver, answers, reason):
    """That of the JSON, which is the one that should be there."""
    serve(driver, answers)

    with pytest.raises(SourceError) as caught:
        source(driver).update()
    assert caught.value.reason == reason
    assert "prometheus" not in str(caught.value)


def test_a_gauge_that_breaks_the_text_does_not_break_the_json(driver):
    """The text is an error then, as a whole."""
    gauges = {"app-1.driver.jvm.heap.used": {"value": 5}, "app-1.driver.bad": {"error": "no"}}
    serve(driver, {JSON: json.dumps({"gauges": gauges}).encode(), TEXT: 500})

    frame = source(driver).update().value

    assert samples(frame) == {("spark_executor_jvm_memory_used_bytes", ("driver", "heap")): 5.0}
    assert frame.drops == {"gauge_failed": 1}


def test_whatever_gauges_say_is_counted_or_published(driver):
    """Null, text, list, NaN, a negative counter, control characters, names that look alike, ten megabytes."""
    prefix = "app-1.driver."
    gauges = {
        "null": None, "text": "abc", "list": [1], "nan": "NaN", "inf": "Infinity", "a.b": 1, "a_b": 2,
        "line\nend\x00\x7f": 3, "x" * 10_000_000: 4, "BlockManager.memory.maxMem_MB": 600, "yes": True,
    }  # fmt: skip
    document = {"gauges": {prefix + name: {"value": value} for name, value in gauges.items()}}
    document["counters"] = {
        f"{prefix}executor.runTime": {"count": -5},
        f"{prefix}executor.bytesRead": {"count": 7},
    }
    serve(driver, {JSON: json.dumps(document).encode()})

    frame = source(driver).update().value

    found = samples(frame)
    other = {
        key[1]: value for (name, key), value in found.items() if name == "spark_executor_dropwizard_value"
    }
    assert other.pop("line\nend\x00\x7f") == 3.0
    (cut,) = [name for name in other if name.startswith("xxx")]
    assert (len(cut), other.pop(cut)) == (200, 4.0)
    assert other == {"a.b": 1.0, "a_b": 2.0}
    assert found["spark_executor_input_bytes_total", ("driver",)] == 7.0
    assert len(found) == 5
    assert frame.drops == {"not_a_number": 4, "invalid_value": 3, "label_truncated": 1}


def test_columns_stay_while_nothing_changes(driver):
    """What is prepared for printing hangs on them."""
    serve(driver, {JSON: (DATA / "spark-4.3.0" / "metrics.json").read_bytes()})
    sink = source(driver, "app-20261122180226-0000")

    first, second = sink.update().value, sink.update().value

    assert all(second.columns[name] is column for name, column in first.columns.items())
    assert first.columns.keys() == second.columns.keys()


def test_the_namespace_of_a_configuration():
    """References to other settings are followed; one that is not known stays."""
    assert namespace_of({}, "app-1") == "app-1"
    assert namespace_of(
        {"spark.metrics.namespace": "team.${spark.app.name}", "spark.app.name": "e t"}, "a"
    ) == ("team.e t")
    assert namespace_of({"spark.metrics.namespace": "${spark.app.id}.${other}"}, "a") == "a.${other}"
