"""A daemon's exposition for the tests of the terminal view."""

APP = {"app_id": "app-1", "app_name": "etl"}


def line(name, value, /, **labels):
    """Return one sample line."""
    escaped = {
        key: text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
        for key, text in labels.items()
    }
    shown = ",".join(f'{key}="{text}"' for key, text in escaped.items())
    return f"{name}{{{shown}}} {value}\n"


def application(state="running", **identity):
    """Return what the daemon says of an application that has no executors."""
    app = {**APP, **identity}
    lines = [
        line("spark_app_state", float(name == state), **app, state=name)
        for name in ("waiting", "running", "completed", "failed", "lost")
    ]
    lines.append(line("spark_app_info", 1.0, **app, spark_version="4.3.0", spark_user="spark"))
    lines.append(line("spark_app_start_timestamp_seconds", 1000.0, **app))
    lines.append(line("spark_app_state_timestamp_seconds", 1000.0, **app))
    return "".join(lines)


def executor(executor_id, succeeded, gc, *, up=1.0, heap=2.0**30, **identity):
    """Return what it says of an executor."""
    app = {**APP, **identity, "executor_id": executor_id}
    found = {
        "spark_executor_up": up,
        "spark_executor_tasks_active": 2.0,
        "spark_executor_task_slots": 4.0,
        "spark_executor_tasks_succeeded_total": succeeded,
        "spark_executor_tasks_failed_total": 1.0,
        "spark_executor_gc_time_seconds_total": gc,
    }
    text = "".join(line(name, value, **app) for name, value in found.items())
    text += line("spark_executor_info", 1.0, **app, host="10.0.0.7")
    text += line("spark_executor_jvm_memory_used_bytes", heap, **app, area="heap")
    text += line("spark_executor_jvm_memory_used_bytes", 5.0, **app, area="nonheap")
    return text + line("spark_executor_jvm_memory_max_bytes", 2 * heap, **app, area="heap")


def stage(stage_id, name, completed, expected, attempt="0"):
    """Return what it says of a running stage."""
    key = {**APP, "stage_id": stage_id, "attempt_id": attempt}
    tasks = {"active": 2.0, "completed": completed, "failed": 1.0, "killed": 0.0}
    text = line("spark_stage_info", 1.0, **key, name=name, pool="default")
    text += line("spark_stage_tasks_expected", expected, **key)
    text += line("spark_stage_start_timestamp_seconds", 1940.0, **key)
    text += line("spark_stage_task_run_time_skew_ratio", 3.25, **key)
    return text + "".join(
        line("spark_stage_tasks", value, **key, state=state) for state, value in tasks.items()
    )


def query(name, duration=1.5, idle=3.5):
    """Return what it says of a streaming query."""
    key = {**APP, "query_name": name, "query_id": "q-1"}
    found = {
        "spark_streaming_query_active": 1.0,
        "spark_streaming_input_rows_per_second": 1200.0,
        "spark_streaming_processed_rows_per_second": 3400.0,
        "spark_streaming_batches_total": 17.0,
        "spark_streaming_last_trigger_duration_seconds": duration,
        "spark_streaming_last_trigger_idle_seconds": idle,
        "spark_streaming_watermark_lag_seconds": 65.0,
    }
    text = "".join(line(metric, value, **key) for metric, value in found.items())
    for number, backlog in (("0", 10.0), ("1", 5.0)):
        text += line(
            "spark_streaming_source_backlog_offsets", backlog, **key, source=number, source_name="kafka"
        )
    return text


def custom(rows, depth):
    """Return the user's metrics: a counter, a gauge and a histogram."""
    text = "# TYPE spark_custom_rows_total counter\n" + line(
        "spark_custom_rows_total", rows, **APP, source="kafka"
    )
    text += "# TYPE spark_custom_depth gauge\n" + line("spark_custom_depth", depth, **APP)
    text += "# TYPE spark_custom_size_bytes histogram\n"
    for bound, count in (("10.0", rows / 2), ("+Inf", rows)):
        text += line("spark_custom_size_bytes_bucket", count, **APP, le=bound)
    text += line("spark_custom_size_bytes_sum", 5.0 * rows, **APP)
    return text + line("spark_custom_size_bytes_count", rows, **APP)


def tasks(succeeded, failed, **identity):
    """Return how many attempts at tasks have ended."""
    app = {**APP, **identity}
    return "".join(
        line("spark_app_tasks_total", value, **app, status=status)
        for status, value in (("succeeded", succeeded), ("failed", failed))
    )


BUILD = line("spark_exporter_build_info", 1.0, version="0.1.0")


def whole(succeeded=40.0, gc=1.0, rows=1000.0):
    """Return the exposition of one busy application."""
    return "".join(
        (
            BUILD,
            line("spark_exporter_target_up", 1.0, target="http://127.0.0.1:4040"),
            line(
                "spark_exporter_target_info", 1.0, target="http://127.0.0.1:4040", app_id="app-1", endpoint=""
            ),
            application(),
            tasks(succeeded, 3.0),
            line("spark_app_executors_removed_total", 1.0, **APP),
            executor("driver", 0.0, 0.5),
            executor("2", succeeded / 2, gc),
            executor("10", succeeded / 2, gc),
            executor("1", 7.0, 9.0, up=0.0),
            line("spark_executor_removed_info", 1.0, **APP, executor_id="1", reason="exited with code 137"),
            stage("3", "collect at job.py:12", 10.0, 40.0),
            stage("12", "count at job.py:9", 40.0, 40.0, attempt="1"),
            query("clicks"),
            custom(rows, 7.0),
        )
    )
