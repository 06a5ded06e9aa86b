"""What the tests of stages share: the sources, and what they publish."""

from fake_spark import TARGET, values

from exporter.daemon.catalogue import load
from exporter.daemon.sources.jobs import JobsSource
from exporter.daemon.sources.rest import Api
from exporter.daemon.sources.stages import StagesSource

PUBLISHED = {
    "executorRunTime": ("spark_app_executor_run_time_seconds_total", 1000),
    "shuffleWriteBytes": ("spark_app_shuffle_write_bytes_total", 1),
    "inputRecords": ("spark_app_input_records_total", 1),
}


def source_of(spark, jobs=None):
    skipped = (lambda: jobs.skipped) if jobs is not None else (lambda: None)
    return StagesSource(Api(spark, TARGET, "app-1"), load(), skipped=skipped)


def jobs_of(spark):
    return JobsSource(Api(spark, TARGET, "app-1"), load())


def totals(frame):
    """Return the published totals in Spark's units."""
    found = {field: round(values(frame, name) * scale) for field, (name, scale) in PUBLISHED.items()}
    tasks = values(frame, "spark_app_tasks_total")
    return found | {"numCompleteTasks": tasks[("succeeded",)], "numFailedTasks": tasks[("failed",)]}


def ended(frame):
    return {key[0]: value for key, value in values(frame, "spark_app_stages_total").items()}
