"""PromQL of one application: how it is, jobs and stages, where the time goes, data and SQL."""

from __future__ import annotations

from dashboards.queries import state
from dashboards.scope import ONE_APPLICATION, Scope, is_, largest, named, or_zero, share, top, total

APP = Scope(ONE_APPLICATION)
_KEY = "namespace, app_id"
_JOB, _STAGE, _SQL = f"{_KEY}, job_id", f"{_KEY}, stage_id, attempt_id", f"{_KEY}, execution_id"


def or_none(expression: str) -> str:
    """Return the expression, and 0 where it has no series though the application is there."""
    return or_zero(expression, APP("spark_app_info"))


def so_far(metric: str, *matchers: str) -> str:
    """Return what a counter of the application has come to."""
    return or_none(total(APP(metric, *matchers)))


def lost_executors() -> str:
    """Return how many executors nobody had sent away."""
    return so_far("spark_app_executor_removals_total", state.NOT_SENT_AWAY)


def failed_tasks() -> str:
    """Return the part of all attempts at tasks that failed, since the application's start."""
    return share(
        total(APP("spark_app_tasks_total", is_("status", "failed"))),
        total(APP("spark_app_tasks_total", 'status=~"failed|succeeded"')),
    )


def job(metric: str, *matchers: str) -> str:
    """Return a value of each running job."""
    return largest(APP(metric, *matchers), "job_id")


def job_progress() -> str:
    """Return how far each running job is, with its name."""
    info = largest(APP("spark_job_info"), *_JOB.split(", "), "name")
    return f"max by (job_id, name) ({APP('spark_job_progress_ratio')} * on ({_JOB}) group_left (name) {info})"


def job_age() -> str:
    """Return since when each running job runs."""
    return f"time() - {job('spark_job_start_timestamp_seconds')}"


def stage(metric: str, *matchers: str) -> str:
    """Return a value of each attempt at a stage that runs."""
    return largest(APP(metric, *matchers), "stage_id", "attempt_id")


def stage_progress() -> str:
    """Return how far each running stage is, with its name."""
    info = largest(APP("spark_stage_info"), *_STAGE.split(", "), "name")
    value = APP("spark_stage_progress_ratio")
    return f"max by (stage_id, attempt_id, name) ({value} * on ({_STAGE}) group_left (name) {info})"


def stage_age() -> str:
    """Return since when each running stage runs."""
    return f"time() - {stage('spark_stage_start_timestamp_seconds')}"


def tasks_waiting() -> str:
    """Return tasks of running stages that have not been started."""
    done = APP("spark_stage_tasks", 'state=~"active|completed"')
    return f"{total(APP('spark_stage_tasks_expected'))} - {total(done)}"


def tasks_ended() -> str:
    """Return attempts at tasks that end per second, by how."""
    return total(APP.rate("spark_app_tasks_total"), "status")


def task_failures() -> str:
    """Return attempts at tasks that failed, by reason; without the plugin without a reason."""
    failed = APP.grown("spark_app_tasks_total", "status", where=is_("status", "failed"))
    reasons = APP.grown("spark_app_task_failures_total", "reason")
    return f"{reasons} or on () {named(failed, 'reason', 'any', 'status')}"


def jobs_ended() -> str:
    """Return jobs that ended, by how."""
    return APP.grown("spark_app_jobs_total", "result")


def stages_ended() -> str:
    """Return attempts at stages that ended, by how."""
    return APP.grown("spark_app_stages_total", "result")


def failed_stages() -> str:
    """Return attempts at stages that failed, over time."""
    return APP.grown("spark_app_stages_total", where=is_("result", "failed"))


def of_tasks(metric: str) -> str:
    """Return percentiles over the tasks of a stage, of the running stage where each is largest."""
    return largest(APP(metric), "percentile")


def skew(metric: str) -> str:
    """Return the largest task against the median, by running stage."""
    return largest(APP(metric), "stage_id")


_TASK_TIME = (
    "spark_app_executor_run_time_seconds_total",
    "spark_app_executor_deserialize_time_seconds_total",
    "spark_app_result_serialization_time_seconds_total",
)
_PARTS = (
    ("CPU", "spark_app_executor_cpu_time_seconds_total"),
    ("garbage collection", "spark_app_jvm_gc_time_seconds_total"),
    ("waiting for shuffle data", "spark_app_shuffle_fetch_wait_time_seconds_total"),
    ("writing shuffle data", "spark_app_shuffle_write_time_seconds_total"),
    ("deserializing tasks", "spark_app_executor_deserialize_time_seconds_total"),
    ("serializing results", "spark_app_result_serialization_time_seconds_total"),
)


def time_shares() -> tuple[tuple[str, str], ...]:
    """Return which part of the tasks' time goes where, and what is left for everything else."""
    whole = " + ".join(total(APP.rate(metric)) for metric in _TASK_TIME)
    known = " + ".join(total(APP.rate(metric)) for _, metric in _PARTS)
    parts = [(name, share(total(APP.rate(metric)), whole)) for name, metric in _PARTS]
    rest = f"clamp_min(1 - ({known}) / (({whole}) > 0), 0)"
    return (*parts, ("the rest: Python, reading and writing, locks", rest))


def rate(metric: str, *labels: str) -> str:
    """Return by how much a counter of the application grows per second."""
    return total(APP.rate(metric), *labels)


def cached(metric: str) -> str:
    """Return a value of each cached thing, the ten largest."""
    return top(10, total(APP(metric), "name"))


def cached_share() -> str:
    """Return which part of the partitions of each cached thing really is in the cache."""
    part = total(APP("spark_storage_cached_partitions"), "name")
    return share(part, total(APP("spark_storage_partitions"), "name"))


def sql_age() -> str:
    """Return for how long each running SQL execution has run, with what it does."""
    info = largest(APP("spark_sql_execution_info"), *_SQL.split(", "), "description")
    value = APP("spark_sql_execution_duration_seconds")
    joined = f"{value} * on ({_SQL}) group_left (description) {info}"
    return f"max by (execution_id, description) ({joined})"


def sql_jobs(status: str) -> str:
    """Return how many jobs of each running SQL execution are in a state."""
    return total(APP("spark_sql_execution_jobs", f'state=~"{status}"'), "execution_id")


def sql_ended() -> str:
    """Return SQL executions that ended, by how."""
    return APP.grown("spark_sql_executions_total", "result")


def sql_mean_time() -> str:
    """Return how long the SQL executions took on average that ended."""
    return share(
        total(APP.rate("spark_sql_execution_time_seconds_total")),
        total(APP.rate("spark_sql_executions_total")),
    )


def operators(metric: str, *labels: str) -> str:
    """Return the ten operators with most of something, since the application's start."""
    return top(10, largest(APP.so_far(metric), *labels))
