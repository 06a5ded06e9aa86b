"""A driver of which a check finds everything, and the sentences about that."""

REST = "/api/v1/applications/app-1"
GAUGES = {"app-1.driver.DAGScheduler.job.activeJobs": {"value": 1}}
ALL = "runtime, executors, jobs, stages, sql, storage, dstreams, connect"
SOURCES = [
    f"ok     Spark's REST API gives what these collectors ask for: {ALL}.",
    "ok     Spark's own metrics of the driver are at URL/metrics/json/.",
    "ok     Spark's endpoint for executors is at URL/metrics/executors/prometheus/.",
    (
        "hint   No process of Spark's can be seen from here. "
        "The plugin gives the spark_process_ metrics all the same, without spark_process_io_bytes_total."
    ),
    "       To see them takes a daemon beside the driver; in a pod, one with shareProcessNamespace.",
]
"""What is said of a driver that gives everything, by a check that runs elsewhere."""


def sources(*missing):
    """Return the sentence about the sources when these are missing."""
    names = ("the plugin", "REST (8 of 8 collectors)", "Spark's own metrics", "processes")
    there = ", ".join(name for name in names if name not in missing)
    without = f" It would not have: {', '.join(missing)}." if missing else ""
    return f"The daemon would have: {there}.{without}"
