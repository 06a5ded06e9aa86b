"""Spark's own sinks see the custom metrics, and Spark's own endpoints stay as they are."""

import csv

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from running import until

pytestmark = pytest.mark.spark
ROWS = 5_000
SERVLET = "spark.metrics.conf.driver.sink.prometheusServlet"


def test_spark_sinks_see_the_metrics(start_job, start_daemon, tmp_path):
    """The driver's JSON servlet, a CSV sink on the executors; and the Prometheus servlet stays parsable."""
    sink = tmp_path / "csv"
    sink.mkdir()
    conf = {
        "spark.metrics.conf.executor.sink.csv.class": "org.apache.spark.metrics.sink.CsvSink",
        "spark.metrics.conf.executor.sink.csv.directory": str(sink),
        "spark.metrics.conf.executor.sink.csv.period": "1",
        f"{SERVLET}.class": "org.apache.spark.metrics.sink.PrometheusServlet",
        f"{SERVLET}.path": "/metrics/prometheus",
    }
    job = start_job("short_held.py", ROWS, conf=conf)
    ui = job.hear("ui")
    daemon = start_daemon(ui)
    job.hear("tally")
    daemon.until_custom({"sunk_total{kind=a.b_c}": float(ROWS), "sunk_total{kind=driver}": 11.0})

    def gauges():
        found = requests.get(f"{ui}/metrics/json/", timeout=10).json()["gauges"]
        return {
            name.split(".ExporterPlugin.", 1)[1]: g["value"]
            for name, g in found.items()
            if "ExporterPlugin" in name
        }

    until(
        lambda: gauges().get("custom.sunk.Z.kind.driver") == 11.0, "the JSON servlet shows the driver's value"
    )
    text = requests.get(f"{ui}/metrics/prometheus/", timeout=10).text
    names = [sample.name for family in text_string_to_metric_families(text) for sample in family.samples]
    assert any("sunk_Z_kind_driver" in name for name in names)

    def executors():
        values = [last_value(path) for path in sink.rglob("*ExporterPlugin.custom.sunk.Z.kind.aZ2ebZ5fc.csv")]
        return sum(values) == ROWS

    until(executors, "the executors' CSV files add up")
    job.tell("stop")
    assert job.wait() == 0


def last_value(path):
    """Return the newest value in a CSV sink's file."""
    with path.open() as file:
        rows = list(csv.DictReader(file))
    return float(rows[-1]["value"]) if rows and rows[-1].get("value") else 0.0
