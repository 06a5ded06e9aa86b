"""One driver that runs several applications: each has its own counts, and the daemon follows."""

import pytest

from running import until
from stack.programs import free_port

pytestmark = pytest.mark.spark
EXPECTED = {
    1: {"spark_custom_before_total": 1.0, "spark_custom_within_total": 11.0},
    2: {"spark_custom_before_total": 2.0, "spark_custom_within_total": 21.0},
    3: {"spark_custom_before_total": 3.0, "spark_custom_within_total": 31.0},
}


def counts_of(daemon, app):
    """Return the custom counters of one application."""
    return {
        name: value
        for (name, labels), value in daemon.samples().items()
        if name.startswith("spark_custom_") and ("app_id", app) in labels
    }


def test_each_application_has_its_own_counts(start_job, start_daemon):
    """What is counted before a session belongs to it, and nothing of the one before does."""
    port = free_port()
    job = start_job("sessions.py", port)
    daemon = start_daemon(f"http://127.0.0.1:{port}")
    applications = {}
    for number in EXPECTED:
        applications[number] = job.hear("app")
        until(lambda: counts_of(daemon, applications[number]), "the daemon has found the application")  # noqa: B023
        job.tell("next")
    assert job.wait() == 0

    for number, expected in EXPECTED.items():
        until(lambda: counts_of(daemon, applications[number]) == expected, f"{number}: {expected}")  # noqa: B023
