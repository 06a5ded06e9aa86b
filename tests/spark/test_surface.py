"""Every place where Python code runs in Spark can count; an independent tally says the same."""

import pytest

from running import until

pytestmark = pytest.mark.spark


@pytest.fixture
def surface(start_job, start_daemon, tmp_path):
    """The job, its daemon and its tally."""
    job = start_job("surface.py", tmp_path)
    daemon = start_daemon(job.hear("ui"))
    return job, daemon, job.hear("tally")


def test_counts_from_every_place_are_exact(surface):
    """Functions, UDFs, pandas, Arrow, foreachBatch, data sources, the driver: all are exact."""
    job, daemon, tally = surface

    daemon.until_custom({f"rows_total{{place={place}}}": count for place, count in tally.items()})
    daemon.until_custom({"batch_rows_count{place=pandas_udf}": tally["pandas_udf"], "depth": 7.0})
    # Spark decides how often it plans a source.
    until(lambda: daemon.custom().get("rows_total{place=data_source_plan}", 0) >= 1, "planning is counted")
    job.tell("stop")
    assert job.wait() == 0


def test_per_executor_values_add_up_to_the_application(surface):
    """The executors' and the driver's own series sum up to the application's total."""
    job, daemon, tally = surface
    daemon.until_custom({f"rows_total{{place={place}}}": count for place, count in tally.items()})

    by_executor = {}
    for (name, labels), value in daemon.samples().items():
        if name == "spark_executor_custom_rows_total":
            place = dict(labels)["place"]
            by_executor[place] = by_executor.get(place, 0) + value

    assert {place: by_executor[place] for place in tally} == tally
    job.tell("stop")
    assert job.wait() == 0
