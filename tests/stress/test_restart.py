"""Without the plugin, a daemon that is killed and started again goes on, whatever Spark has forgotten."""

import pytest

import event_log
import sql_log
from counters import Counters
from running import until, until_idle

pytestmark = [pytest.mark.spark, pytest.mark.timeout(420)]

FORGETFUL = {
    "spark.ui.retainedStages": "5",
    "spark.ui.retainedJobs": "5",
    "spark.sql.ui.retainedExecutions": "2",
}
# REST does not know reasons of failures.
UNKNOWN = ("task_failures_total",)
# Spark's texts are exact where they are whole numbers, and of an execution's time.
EXACT = (
    "spark_sql_executions_total",
    "spark_sql_execution_time_seconds_total",
    "spark_sql_operator_events_total",
)
MISSED = ("jobs", "stages", "sql_executions")


def executions_ended(samples):
    """Return how many SQL executions have ended."""
    return sum(value for (name, _), value in samples.items() if name == "spark_sql_executions_total")


class Watched:
    """A job, and one daemon after another that has what the one before it left."""

    def __init__(self, job, start_daemon, directory):
        self.job = job
        self.target = job.hear("ui")
        self.log_directory = directory / "job-0"
        self._start = lambda: start_daemon(
            self.target, arguments=["--poll.interval=200ms", f"--state.directory={directory}/state"]
        )
        self.daemon = self._start()
        self.counters = Counters(self.daemon)
        self.counters.start()

    def restart(self):
        """Kill the daemon; start another one."""
        self.daemon.process.kill()
        self.daemon.wait()
        self.daemon = self.counters.daemon_under_test = self._start()

    def do(self, *words):
        """Let the job do something; only when it is published, Spark may forget it."""
        for word in words:
            self.job.tell(word)
            count = self.job.hear("done")
            until(lambda count=count: event_log.jobs_ended(self.daemon.totals()) >= count, f"{count} jobs")
            self.catch_up()

    def catch_up(self):
        """Wait until everything is published that has ended, and at least what the event log knows so far."""
        until_idle(self.target)
        self.daemon.until_asked("stages")
        until(lambda: event_log.caught_up(self.daemon.totals(), self.log_directory), "all stages and tasks")
        (log,) = self.log_directory.glob("app-*")
        known = sql_log.replay(log, growing=True).items()
        ended = sum(value for name, value in known if name.startswith("spark_sql_executions_total"))
        until(lambda: executions_ended(self.daemon.samples()) >= ended, f"{ended} SQL executions")


def test_no_counter_is_lower_after_a_restart(start_job, start_daemon, tmp_path):
    """The second daemon sees two executions and five stages of all that has been; the totals have all."""
    job = start_job("paced.py", conf=FORGETFUL)
    watched = Watched(job, start_daemon, tmp_path)
    until(lambda: watched.daemon.samples_of("spark_app_jobs_active") == [0.0], "the first poll")
    watched.do("spill", "query", "shuffle", "again", "query")
    watched.restart()
    watched.do("fail", "reuse", "query")
    job.tell("hold")
    job.hear("done")
    until(lambda: watched.daemon.samples_of("spark_stage_info"), "a stage runs")
    until(lambda: watched.daemon.samples_of("spark_sql_executions_active") == [1.0], "a query runs")
    watched.restart()
    until(lambda: watched.daemon.samples_of("spark_sql_executions_active") == [1.0], "it runs still")
    (tmp_path / "job-0" / "go").touch()
    until(lambda: watched.daemon.samples_of("spark_app_jobs_active") == [0.0], "it has ended")
    watched.catch_up()
    watched.do("shuffle", "query")
    missed = [watched.daemon.samples_of(f"spark_exporter_missed_{thing}_total") for thing in MISSED]
    refused = sum(watched.daemon.samples_of("spark_exporter_state_failures_total"))
    job.tell("stop")
    assert job.wait() == 0
    until(lambda: watched.daemon.samples_of("spark_app_up") == [0.0], "the application is gone")
    watched.counters.stop()

    # Of stages Spark forgets those first that were skipped, however new they are.
    jobs, [stages], executions = missed
    assert (jobs, executions, refused) == ([0.0], [0.0], 0)
    assert stages <= watched.daemon.totals()["stages_total{result=skipped}"]
    assert watched.counters.fallen == []
    assert watched.counters.scrapes > 10
    (log,) = (tmp_path / "job-0").glob("app-*")
    assert event_log.differences(watched.daemon.totals(), log, without=UNKNOWN) == {}
    sql = sql_log.differences(watched.daemon.samples(), log)
    assert {name: values for name, values in sql.items() if name.startswith(EXACT)} == {}
    assert watched.daemon.errors.count("goes on from its state") == 1
