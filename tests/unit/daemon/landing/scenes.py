"""Stores with applications in them, for the tests of the landing page."""

from dataclasses import replace

import orjson
from fake_driver import Plugin, executor, metric, words

from exporter.daemon import catalogue
from exporter.daemon.decode import Decoder
from exporter.daemon.frame import EMPTY, FrameBuilder
from exporter.daemon.landing.history import History
from exporter.daemon.landing.page import Landing
from exporter.daemon.limits import Limits
from exporter.daemon.model import Application
from exporter.daemon.status import Status
from exporter.daemon.store import Store

TARGET = "http://driver:4040"
NOW = 1_000_000.0
NASTY = "<script>alert(1)</script>\"'&\u202egnp.exe"
"""A name that wants to be more than a name."""


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class Scene:
    """A store, its history and its page."""

    def __init__(self, **options):
        self.clock = Clock()
        self.catalogue = catalogue.load()
        self.store = Store(900.0, Limits(), self.clock, lambda: NOW + self.clock.now)
        self.history = History(self.catalogue, self.clock, **options)
        self.status = Status(lambda: NOW + self.clock.now)
        self.landing = Landing(self.catalogue, self.history, "/metrics")

    def page(self, **query):
        """Return a page."""
        applications = self.store.view().applications
        return self.landing.page(query, applications, self.status.view(), NOW + self.clock.now)

    def point(self, seconds=5.0):
        """Let time pass, and add a point to the history."""
        self.clock.now += seconds
        self.history.record(self.store.view())

    def charts(self, app_id="app-1"):
        """Return the charts of an application by key."""
        run = application(app_id).run
        return {chart.key: chart for chart in self.history.charts(run)}

    def put(self, samples, app=None, source="executors", **facts):
        """Hand in what a source says: samples as (name, value, labels...)."""
        app = app or application()
        builder = FrameBuilder(self.catalogue)
        for name, value, *labels in samples:
            builder.add(name, value, *labels)
        self.store.publish(target_of(app), app)
        self.store.put(target_of(app), app, source, builder.frame(), **facts)

    def end(self, app_id="app-1", name="etl", **facts):
        """Let an application end."""
        app = application(app_id, name)
        if facts:
            self.put([], app, "jobs", **facts)
        self.store.publish(target_of(app), application(app_id, name, completed=True))

    def custom(self, metrics, series, totals, app=None, **more):
        """Hand in what the plugin says of the user's metrics."""
        app = app or application()
        plugin = Plugin(app.id)
        plugin.metrics, plugin.series, plugin.totals = metrics, series, totals
        plugin.executors = [executor("1")]
        for key, value in more.items():
            setattr(plugin, key, value)
        snapshot = replace(Decoder().decode(orjson.dumps(words(plugin.answer()))), frame=EMPTY)
        self.store.publish(target_of(app), app, replace(snapshot, application=app))


def target_of(app):
    """Return where an application is: every one at a place of its own."""
    return TARGET if app.id == "app-1" else f"{TARGET}/{app.id}"


def application(app_id="app-1", name="etl", **more):
    """Return an application that started a while ago."""
    return Application(app_id, name, "", "4.3.0", "spark", NOW - 754.0, **more)


def busy(scene, step, name="etl", app_id="app-1"):
    """Hand in what an application with three executors, a stage and a streaming query says at one moment."""
    app = application(app_id, name)
    wave = (step * 7) % 13
    samples = [
        ("spark_app_executors", 3.0),
        ("spark_app_executors_removed_total", 1.0),
        ("spark_app_jobs_active", 1.0),
        ("spark_app_jobs_total", 4.0, "succeeded"),
        ("spark_app_tasks_total", 40.0 * step + wave, "succeeded"),
        ("spark_app_tasks_total", float(step // 20), "failed"),
        ("spark_app_tasks_total", 0.0, "killed"),
        ("spark_app_input_bytes_total", 3.1e7 * step),
        ("spark_app_shuffle_read_bytes_total", 9.0e5 * step + 4e6 * (step // 9), "local"),
        ("spark_app_shuffle_read_bytes_total", 8.0e6 * step, "remote"),
    ]
    for executor_id in ("driver", "1", "2", "3"):
        worker = executor_id != "driver"
        samples += [
            ("spark_executor_up", 1.0, executor_id),
            ("spark_executor_info", 1.0, executor_id, "10.0.0.7"),
            (
                "spark_executor_tasks_active",
                float((step + int(executor_id)) % 5) if worker else 0.0,
                executor_id,
            ),
            ("spark_executor_task_slots", 4.0 if worker else 0.0, executor_id),
            ("spark_executor_tasks_succeeded_total", 13.0 * step if worker else 0.0, executor_id),
            ("spark_executor_tasks_failed_total", float(step // 60) if worker else 0.0, executor_id),
            ("spark_executor_jvm_memory_used_bytes", 3e8 + 2.1e7 * wave, executor_id, "heap"),
            ("spark_executor_jvm_memory_max_bytes", 1e9, executor_id, "heap"),
            (
                "spark_executor_jvm_gc_time_seconds_total",
                0.02 * step + 0.3 * (step // 17),
                executor_id,
                "G1-Young",
            ),
        ]
    samples += [
        ("spark_executor_up", 0.0, "0"),
        ("spark_executor_info", 1.0, "0", "10.0.0.9"),
        ("spark_executor_removed_info", 1.0, "0", "Command exited with code 137"),
        ("spark_stage_info", 1.0, "12", "0", "collect at job.py:12", "default"),
        ("spark_stage_tasks_expected", 400.0, "12", "0"),
        ("spark_stage_tasks", 8.0, "12", "0", "active"),
        ("spark_stage_tasks", float(step % 400), "12", "0", "completed"),
        ("spark_stage_tasks", 1.0, "12", "0", "failed"),
        ("spark_stage_start_timestamp_seconds", NOW - 60.0, "12", "0"),
    ]
    query = ("clicks", "3f0c")
    samples += [
        ("spark_streaming_query_active", 1.0, *query),
        ("spark_streaming_input_rows_per_second", 900.0 + 80 * wave, *query),
        ("spark_streaming_processed_rows_per_second", 2400.0, *query),
        ("spark_streaming_batches_total", float(step), *query),
        ("spark_streaming_last_trigger_duration_seconds", 1.2 + wave / 10, *query),
        ("spark_streaming_last_trigger_idle_seconds", 3.1, *query),
        ("spark_streaming_watermark_lag_seconds", 65.0, *query),
        ("spark_streaming_source_backlog_offsets", 120.0 * wave, *query, "0", "KafkaV2[Subscribe[clicks]]"),
    ]
    scene.put(samples, app)
    scene.custom(
        [
            metric("rows_parsed", labels=["source"]),
            metric("queue_depth", "gauge"),
            metric("row_size", "histogram", unit="bytes", buckets=[10.0, 100.0]),
        ],
        [[0, "kafka"], [0, "files"], [1], [2]],
        [
            900.0 * step,
            120.0 * step + 3000 * (step // 23),
            40.0 + wave,
            5.0 * step,
            2.0 * step,
            1.0 * step,
            700.0 * step,
        ],
        app,
    )
