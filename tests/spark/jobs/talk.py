"""How a test's PySpark program talks with the test, and the session it runs in."""

import json
import os
import sys

from pyspark.sql import SparkSession


def say(**message):
    """Print one JSON object."""
    print(json.dumps(message), flush=True)


def hear(word):
    """Wait for a word; end when the test is gone."""
    for line in sys.stdin:
        if line.strip() == word:
            return
    sys.exit("the test is gone")


def session(master="local-cluster[2,1,1024]", plugin=True, **conf):
    """Return a session with the plugin, the settings of the test, and a UI on a free port."""
    settings = {
        "spark.ui.port": "0",
        "spark.ui.showConsoleProgress": "false",
        "spark.exporter.port": "0",
        # No task starts before every executor is there.
        "spark.scheduler.minRegisteredResourcesRatio": "1.0",
        "spark.scheduler.maxRegisteredResourcesWaitingTime": "60s",
    }
    settings |= conf
    settings |= json.loads(os.environ["JOB_CONF"])
    if plugin:
        # Not at the top: a driver that imports it tells the plugin how it ends.
        from exporter import spark_conf  # noqa: PLC0415

        settings = spark_conf(settings)
    builder = SparkSession.builder.appName("test")
    if "spark.master" not in settings and "PYSPARK_GATEWAY_PORT" not in os.environ:
        builder = builder.master(master)
    spark = builder.config(map=settings).getOrCreate()
    spark.sparkContext.setLogLevel("WARN")
    say(ui=spark.sparkContext.uiWebUrl, app=spark.sparkContext.applicationId)
    return spark
