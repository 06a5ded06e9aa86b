"""A Spark Connect server with the plugin, and a client in a process of its own."""

import pytest

from connect_server import ConnectServer
from promised import broken_promises
from running import until

pytestmark = [pytest.mark.spark, pytest.mark.timeout(420)]
COUNTED = {"seen_total{parity=even}": 2500.0, "seen_total{parity=odd}": 2500.0}


@pytest.fixture
def server(tmp_path):
    """A server."""
    program = ConnectServer(tmp_path / "server")
    yield program
    program.kill_group()


def by_label(daemon, name, label):
    """Return the values of a metric by one of its labels."""
    return {
        dict(labels)[label]: value for (found, labels), value in daemon.samples().items() if found == name
    }


def test_sessions_operations_and_custom_metrics(server, start_job, start_daemon, tmp_path):
    """A UDF of the client counts exactly; each operation counts by how it has ended; sessions come and go."""
    daemon = start_daemon(server.ui, arguments=["--poll.interval=200ms"])
    job = start_job("remote.py", server.remote)

    assert job.hear("total") == sum(range(5_000))
    daemon.until_custom(COUNTED)
    until(lambda: daemon.samples_of("spark_connect_sessions") == [1.0], "the session is published")
    job.tell("hold")
    until((tmp_path / "job-0" / "held").exists, "the held query runs")
    until(
        lambda: sum(by_label(daemon, "spark_connect_operations_active", "state").values()) == 1,
        "the held query is active",
    )
    assert broken_promises(daemon, "connect", "sql") == (set(), set())
    job.tell("interrupt")
    job.hear("interrupted")
    ended = {"finished": 1.0, "failed": 1.0, "canceled": 1.0}
    until(
        lambda: by_label(daemon, "spark_connect_operations_ended_total", "result") == ended,
        f"the operations have ended as {ended}",
    )
    assert all(by_label(daemon, "spark_connect_operation_time_seconds_total", "result").values())
    assert sum(by_label(daemon, "spark_connect_operations_active", "state").values()) == 0
    job.tell("stop")
    assert job.wait() == 0
    until(lambda: daemon.samples_of("spark_connect_sessions") == [0.0], "the session has ended")
    server.process.terminate()
    server.wait()
    until(lambda: daemon.samples_of("spark_app_up") == [0.0], "the application has ended")

    daemon.until_custom(COUNTED)
    assert by_label(daemon, "spark_connect_operations_ended_total", "result") == ended
