"""What is kept for the charts, how much of it, and what a chart says."""

import io
import json
import math
import threading
import tracemalloc

import pytest
from fake_driver import PATIENCE, metric, until
from scenes import Scene, application, busy

from exporter.daemon import catalogue, logs
from exporter.daemon.landing.history import INTERVAL, MAX_CUSTOM, POINTS, History, Recorder
from exporter.daemon.landing.measures import MEASURES

TASKS = ("tasks_active", "")


def values(chart):
    """Return the known values, oldest first."""
    return [value for _, value in chart.points if not math.isnan(value)]


def test_every_measure_is_in_the_catalogue():
    """With the labels that it looks at."""
    known = catalogue.load()
    for measure in MEASURES:
        for name in measure.names:
            labels = (*known[name].own_labels, "executor_id" if known[name].scope == "executor" else "")
            assert {label for label, _ in measure.labels} <= {*labels}
            assert not measure.part or measure.part in labels
            assert measure.rate == (known[name].family.type == "counter")


def test_a_level_is_shown_as_it_is():
    """Added up over executors."""
    scene = Scene()
    for active in (1.0, 4.0):
        scene.put([("spark_executor_tasks_active", active, "1"), ("spark_executor_tasks_active", 2.0, "2")])
        scene.point()

    assert values(scene.charts()[TASKS]) == [3.0, 6.0]


def test_a_count_is_shown_as_its_growth():
    """Per second; one that goes back has begun anew."""
    scene = Scene()
    for total in (10.0, 20.0, 45.0, 5.0, 15.0):
        scene.put([("spark_app_tasks_total", total, "succeeded")])
        scene.point()

    assert values(scene.charts()["tasks", ""]) == [2.0, 5.0, 2.0]


def test_a_count_that_is_asked_less_often_than_it_is_looked_at():
    """Its growth is spread over the time in which it grew; without news for long, nothing grows."""
    scene = Scene()
    for total in (0.0, 30.0, 90.0):
        scene.put([("spark_app_tasks_total", total, "succeeded")])
        scene.point()
        scene.point()
    for _ in range(3):
        scene.point()

    assert values(scene.charts()["tasks", ""]) == [3.0, 3.0, 6.0, 6.0, 6.0, 0.0, 0.0]


def test_garbage_collection_is_shared_by_the_executors_that_are_there():
    """A quarter of a second each second on one of two is an eighth of the time of both."""
    scene = Scene()
    for seconds in (1.0, 2.25):
        samples = [("spark_executor_up", 1.0, "1"), ("spark_executor_up", 1.0, "2")]
        samples += [("spark_executor_jvm_gc_time_seconds_total", seconds, "1", "G1-Young-Generation")]
        scene.put([*samples, ("spark_executor_jvm_gc_time_seconds_total", 7.0, "2", "G1-Young-Generation")])
        scene.point()

    assert values(scene.charts()["gc", ""]) == [0.125]


def test_the_user_s_metrics():
    """A count as its growth, a gauge as it is, a histogram as the growth of its observations."""
    metrics = [
        metric("rows", labels=["source"]),
        metric("depth", "gauge", mode="mean"),
        metric("size", "histogram", buckets=[1.0, 2.0]),
    ]
    scene = Scene()
    for step in (1.0, 2.0):
        totals = [10.0 * step, 12.0 * step, 4.0, 5.0 * step, 0.0, 5.0 * step, 99.0]
        scene.custom(metrics, [[0, "kafka"], [1], [2]], totals)
        scene.point()
    charts = scene.charts()

    assert values(charts["custom", "rows", "kafka"]) == [2.0]
    assert charts["custom", "rows", "kafka"].detail == "source=kafka"
    assert values(charts["custom", "depth"]) == [3.0, 6.0]
    assert values(charts["custom", "size"]) == [2.0]


def test_a_gauge_that_nobody_has_set_leaves_a_gap():
    """So does a value that no chart can show."""
    scene = Scene()
    for value in (1.0, math.nan, math.inf, 1e300, 2.0):
        scene.custom([metric("depth", "gauge")], [[0]], [value])
        scene.point()

    points = scene.charts()["custom", "depth"].points
    assert [value for _, value in points if value == value] == [1.0, 2.0]  # noqa: PLR0124 - NaN differs
    assert [age for age, _ in points] == [20.0, 15.0, 10.0, 5.0, 0.0]


def test_the_ring_keeps_a_quarter_of_an_hour():
    """The oldest point goes when a new one comes."""
    scene = Scene()
    for step in range(POINTS + 20):
        scene.put([("spark_executor_tasks_active", float(step), "1")])
        scene.point()

    assert values(scene.charts()[TASKS]) == [float(step) for step in range(20, POINTS + 20)]
    assert POINTS * INTERVAL == 900


def test_an_application_that_has_ended_gets_no_new_points():
    """And takes its lines along when it goes."""
    scene = Scene()
    scene.put([("spark_executor_tasks_active", 1.0, "1")])
    scene.point()
    scene.end()
    scene.point()
    assert values(scene.charts()[TASKS]) == [1.0]
    scene.point(1000.0)

    assert scene.charts() == {}
    assert scene.history.lines == 0


def many(number):
    """Return as many counters with a label value each."""
    return [metric("rows", labels=["key"])], [[0, str(key)] for key in range(number)]


def test_an_application_has_so_many_custom_charts_at_most():
    """The others are counted, by application and in all."""
    scene = Scene()
    metrics, series = many(MAX_CUSTOM + 7)
    scene.custom(metrics, series, [1.0] * len(series))
    scene.point()

    assert len(scene.charts()) == MAX_CUSTOM
    assert scene.history.left_out == 7
    assert scene.history.not_charted(application().run) == 7


def test_there_are_so_many_lines_in_all():
    """Who comes later has none until there is room again."""
    scene = Scene(max_lines=10)
    metrics, series = many(8)
    for app_id in ("app-1", "app-2"):
        scene.custom(metrics, series, [1.0] * 8, application(app_id))
    scene.point()
    assert [len(scene.charts(app_id)) for app_id in ("app-1", "app-2")] == [8, 2]
    assert scene.history.left_out == 6
    scene.end()
    scene.clock.now += 1000.0
    scene.custom(metrics, series, [2.0] * 8, application("app-2"))
    scene.point()

    assert len(scene.charts("app-2")) == 8
    assert scene.history.left_out == 0


def test_memory_is_bounded():
    """Less than 2 kB a line, and not one line's worth more after a day than after an hour."""
    scene = Scene(max_lines=100)
    metrics, series = many(MAX_CUSTOM)
    tracemalloc.start()
    try:
        for number in range(4):
            scene.custom(metrics, series, [1.0] * len(series), application(f"app-{number}"))
        view = scene.store.view()
        before = tracemalloc.get_traced_memory()[0]
        used = []
        for _ in range(3):
            for _ in range(POINTS):
                scene.clock.now += INTERVAL
                scene.history.record(view)
            used.append(tracemalloc.get_traced_memory()[0] - before)
    finally:
        tracemalloc.stop()

    assert scene.history.lines == 100
    assert scene.history.left_out == 4 * MAX_CUSTOM - 100
    assert used[0] < 100 * 2000
    assert used[2] - used[0] < 2000


def test_no_more_queries_than_have_charts():
    """Names of queries are the user's, too."""
    scene = Scene()
    scene.put([("spark_streaming_input_rows_per_second", 1.0, f"q{n}", str(n)) for n in range(40)])
    scene.point()

    assert len(scene.charts()) == 10


def test_a_thread_looks_by_itself():
    """And goes on after a defect, which the log names once."""
    scene, log = Scene(), io.StringIO()
    logs.configure("info", "json", log)
    busy(scene, 1)
    looks = []

    def view():
        looks.append(1)
        if len(looks) < 3:
            raise ZeroDivisionError("a defect")
        return scene.store.view()

    recorder = Recorder(scene.history, view, 0.001)
    recorder.start()
    until(scene.charts, "a first point")
    recorder.stop()
    recorder.join(PATIENCE)
    (line,) = map(json.loads, log.getvalue().splitlines())

    assert line["msg"] == "no point for the charts: ZeroDivisionError: a defect"


def test_pages_may_be_made_meanwhile():
    """Every page sees lines of one length, whatever is being written."""
    scene = Scene()
    busy(scene, 1)
    history = History(scene.catalogue, max_lines=100)
    view, stopping, lengths = scene.store.view(), threading.Event(), set()

    def write():
        while not stopping.is_set():
            history.record(view)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(50):
            lengths |= {len(chart.points) for chart in history.charts(application().run)} or {0}
            found = {
                len({len(chart.points) for chart in history.charts(application().run)}) for _ in range(2)
            }
            assert found <= {0, 1}
    finally:
        stopping.set()
        writer.join()


@pytest.mark.parametrize("most", [0, 1])
def test_a_history_without_room(most):
    """Is as good as none, and nothing fails."""
    scene = Scene(max_lines=most)
    busy(scene, 1)
    scene.point()

    assert len(scene.charts()) == most
