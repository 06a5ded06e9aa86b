"""What drivers of Spark have answered, recorded, for tests of the sources that read REST."""

import json
from pathlib import Path

from fake_spark import TARGET, FakeSpark

from exporter.daemon.catalogue import load
from exporter.daemon.sources.rest import Api

DATA = Path(__file__).parent / "data" / "rest"


VERSIONS = ("3.5.9", "4.3.0")


PATHS = {
    "allexecutors": "allexecutors",
    "storage": "storage/rdd",
    "environment": "environment",
    "statistics": "streaming/statistics",
    "receivers": "streaming/receivers",
    "batches": "streaming/batches",
    "connect_sessions": "connect/sessions",
    "connect_operations": "connect/operations",
}


def recorded(version, name):
    return json.loads((DATA / version / f"{name}.json").read_text("utf-8"))


def driver(version):
    """Return a driver that answers what a real one did."""
    spark = FakeSpark()
    for name, path in PATHS.items():
        if (DATA / version / f"{name}.json").exists():
            spark.answers[path] = recorded(version, name)
    spark.jobs = {job["jobId"]: job for job in recorded(version, "jobs")}
    spark.stages = {(item["stageId"], item["attemptId"]): item for item in recorded(version, "stages")}
    spark.executions = {item["id"]: item for item in recorded(version, "sql")}
    for stage, attempt in spark.stages:
        spark.answers[f"stages/{stage}/{attempt}/taskSummary"] = recorded(version, "taskSummary")
    return spark


def make(kind, spark):
    return kind(Api(spark, TARGET, "app-1"), load())
