"""PromQL of streaming queries."""

from __future__ import annotations

from dashboards.scope import ONE_APPLICATION, QUERIES, Scope, is_, largest, share, total

APP = Scope(ONE_APPLICATION)
STREAM = APP.narrowed(QUERIES)
_KEY = "namespace, app_id, query_id"
_NAME = "query_name"


def names() -> str:
    """Return the query of a variable with names of queries; the second metric does not need the plugin."""
    metrics = ("spark_streaming_query_active", "spark_streaming_processed_rows_per_second")
    known = " or ".join(f"count by (query_name) ({APP.so_far(metric)})" for metric in metrics)
    return f"query_result({known})"


def each(expression: str) -> str:
    """Return a value of each query."""
    return largest(expression, _NAME)


def running() -> str:
    """Return how many queries run."""
    return total(STREAM("spark_streaming_query_active"))


def failed() -> str:
    """Return how many runs of queries have ended with an exception."""
    known = f"0 * max({STREAM('spark_streaming_query_active')})"
    return f"{total(STREAM('spark_streaming_query_terminations_total', is_('result', 'failed')))} or {known}"


def restarts() -> str:
    """Return how often queries were started again in the time range."""
    return total(f"changes({STREAM('spark_streaming_query_started_timestamp_seconds')}[$__range])")


def behind() -> str:
    """Return input against processing of each query; above 1 it falls behind, and 0 has nothing to do."""
    rows_in = each(STREAM("spark_streaming_input_rows_per_second"))
    of_batch = share(rows_in, each(STREAM("spark_streaming_processed_rows_per_second")))
    return _or_idle(of_batch)


def progress_age() -> str:
    """Return since when each running query has not reported progress; 0 for one that has nothing to do."""
    age = each(f"time() - {STREAM('spark_streaming_last_progress_timestamp_seconds')}")
    active = each(STREAM("spark_streaming_query_active"))
    return _or_idle(f"({age} and ({active} == 1))")


def _or_idle(expression: str) -> str:
    """Return 0 for a query that has nothing to do: what is known of its last batch would stay for ever."""
    idle = each(STREAM("spark_streaming_query_idle_since_timestamp_seconds"))
    return f"{expression} unless {idle} or 0 * {idle}"


def busy() -> str:
    """Return which part of the time each query works on batches."""
    return each(STREAM("query:spark_streaming_trigger_duration:rate5m"))


def watermark_lag() -> str:
    """Return how far each watermark is behind the clock now."""
    return each(f"time() - {STREAM('spark_streaming_watermark_timestamp_seconds')}")


def interval() -> str:
    """Return the time from trigger to trigger, the work on a batch and the idling after it."""
    work = each(STREAM("spark_streaming_last_trigger_duration_seconds"))
    return f"{work} + {each(STREAM('spark_streaming_last_trigger_idle_seconds'))}"


def phases() -> str:
    """Return how long each phase takes of a batch on average."""
    spent = total(
        STREAM.rate("spark_streaming_batch_duration_seconds_total", 'phase!="triggerExecution"'), "phase"
    )
    batches = total(STREAM.rate("spark_streaming_batches_total"))
    return f"{spent} / on () group_left () ({batches} > 0)"


def rows_by_source() -> str:
    """Return rows per second that each source of each query reads."""
    return total(STREAM.rate("spark_streaming_source_input_rows_total"), _NAME, "source_name", "source")


def sources(metric: str) -> str:
    """Return a value of each source of each query."""
    return largest(STREAM(metric), _NAME, "source_name", "source")


def catch_up() -> str:
    """Return how long each query would read at its present speed until nothing is left, if nothing came."""
    backlog = each(STREAM("query:spark_streaming_source_backlog_offsets:sum"))
    return share(backlog, each(STREAM.rate("spark_streaming_input_rows_total")))


def offsets_behind() -> str:
    """Return how many offsets the most backward partition of each source is behind."""
    metric = "spark_streaming_source_offsets_behind_latest"
    return largest(STREAM(metric, 'statistic="max"'), _NAME, "source_name", "source")


def event_time_age() -> str:
    """Return how old the smallest, average and largest event time of the last batch is."""
    ages = f"time() - {STREAM('spark_streaming_event_time_timestamp_seconds')}"
    return largest(ages, _NAME, "statistic")


def late_rows() -> str:
    """Return rows per second that came too late."""
    return total(STREAM.rate("spark_streaming_state_dropped_by_watermark_rows_total"), _NAME, "operator_name")


def state(metric: str) -> str:
    """Return a value of each stateful operator."""
    return total(STREAM(metric), _NAME, "operator_name")


def state_changes() -> tuple[str, str]:
    """Return rows of states that are updated, and that are removed, per second."""
    return (
        total(STREAM.rate("spark_streaming_state_updated_rows_total"), _NAME),
        total(STREAM.rate("spark_streaming_state_removed_rows_total"), _NAME),
    )


def state_time() -> tuple[str, str, str]:
    """Return the time per batch that updating, removing and committing states takes, over all partitions."""
    batches = total(STREAM.rate("spark_streaming_batches_total"), _NAME)
    spent = ("update", "removal", "commit")
    metrics = (f"spark_streaming_state_{kind}_duration_seconds_total" for kind in spent)
    update, removal, commit = (share(total(STREAM.rate(metric), _NAME), batches) for metric in metrics)
    return update, removal, commit


def ends() -> str:
    """Return runs of queries that ended, by how."""
    return f"{STREAM.grown('spark_streaming_query_terminations_total', _NAME, 'result')} > 0"


def starts() -> str:
    """Return runs of queries that started, over time."""
    changes = f"changes({STREAM('spark_streaming_query_started_timestamp_seconds')}[$__rate_interval])"
    return f"{total(changes, _NAME)} > 0"


def observed() -> str:
    """Return what the queries' own observations say."""
    return largest(STREAM("spark_streaming_observed_value"), _NAME, "observation", "column")


def sink_of_each() -> str:
    """Return whether each query runs, with its sink."""
    info = f"max by ({_KEY}, sink) ({STREAM('spark_streaming_query_info')})"
    active = STREAM("spark_streaming_query_active")
    return f"max by (query_name, sink) ({active} * on ({_KEY}) group_left (sink) {info})"


def dstream(metric: str) -> str:
    """Return a value of the application's streaming context."""
    return largest(APP(metric))


def dstream_batches() -> str:
    """Return batches that have not ended, by whether they wait."""
    return total(APP("spark_dstream_batches"), "state")


def dstream_receivers(state: str) -> str:
    """Return receivers in a state: active or inactive."""
    return largest(APP("spark_dstream_receivers", is_("state", state)))
