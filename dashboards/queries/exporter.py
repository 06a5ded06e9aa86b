"""PromQL of the daemon, of the plugin, and of how they reach each other."""

from __future__ import annotations

from dashboards.scope import (
    EXECUTORS,
    SEVERAL_APPLICATIONS,
    Scope,
    if_any,
    largest,
    or_zero,
    share,
    top,
    total,
)

_RUNS = 'app_id=~"$app_id"'
_INSTANCE = 'instance=~"$instance"'
# The namespace of these series is the daemon's, and the variable is about applications.
DAEMON = Scope((_INSTANCE,))
APPS = Scope((*SEVERAL_APPLICATIONS, _RUNS, _INSTANCE))
EXECS = APPS.narrowed(EXECUTORS)
_KEY = "namespace, app_id, executor_id"


class Process:
    """The daemons as targets of Prometheus, which the selector of the configuration finds."""

    def __init__(self, selector: str) -> None:
        """Ask for the targets that ``selector`` matches."""
        self._scope = Scope((selector, _INSTANCE))

    def down(self) -> str:
        """Return how many daemons Prometheus cannot scrape; one if it knows none at all."""
        return down(self._scope)

    def scrape(self) -> str:
        """Return how long Prometheus needs to scrape each daemon."""
        return largest(self._scope("scrape_duration_seconds"), "instance")

    def samples(self) -> str:
        """Return how many samples each scrape brings."""
        return largest(self._scope("scrape_samples_scraped"), "instance")

    def cpu(self) -> str:
        """Return the cores that each daemon keeps busy."""
        return largest(self._scope.rate("process_cpu_seconds_total"), "instance")

    def memory(self) -> str:
        """Return the resident memory of each daemon."""
        return largest(self._scope("process_resident_memory_bytes"), "instance")

    def files(self) -> str:
        """Return which part of its file descriptors each daemon uses."""
        used = largest(self._scope("process_open_fds"), "instance")
        return share(used, largest(self._scope("process_max_fds"), "instance"))


def down(daemons: Scope) -> str:
    """Return how many of these targets Prometheus cannot scrape; one if it knows none at all."""
    up = daemons("up")
    return f"count({up} == 0) or 0 * count({up}) or max(absent({up}))"


def targets_down() -> str:
    """Return how many drivers do not answer."""
    return _or_zero(f"count({DAEMON('spark_exporter_target_up')} == 0)")


def collectors_failing() -> str:
    """Return how many collectors failed the last time."""
    return _or_zero(f"count({DAEMON('spark_exporter_scrape_collector_success')} == 0)")


def budget_used() -> str:
    """Return which part of the series of all applications is used, of the fullest daemon."""
    used = total(DAEMON("spark_exporter_series"), "instance")
    return f"max({share(used, largest(DAEMON('spark_exporter_series_limit'), 'instance'))})"


def dropped() -> str:
    """Return series that were left out in the time range."""
    return _or_zero(APPS.grown_in_range("spark_exporter_series_dropped_total"))


def _or_zero(expression: str) -> str:
    return or_zero(expression, DAEMON("spark_exporter_build_info"))


def report_age() -> str:
    """Return how old the last report of each executor is that is there."""
    age = f"time() - {EXECS('spark_exporter_plugin_last_report_timestamp_seconds')}"
    return f"({age}) and on ({_KEY}) ({EXECS('spark_executor_up')} == 1)"


def missed_reports() -> str:
    """Return how many reports are overdue, of the executor that is worst off."""
    interval = f"max by (namespace, app_id) ({APPS('spark_exporter_plugin_report_interval_seconds')})"
    return f"max(({report_age()}) / on (namespace, app_id) group_left () {interval})"


def targets() -> tuple[str, str]:
    """Return whether each target answers, and the application behind it."""
    up = largest(DAEMON("spark_exporter_target_up"), "target")
    info = largest(DAEMON("spark_exporter_target_info"), "target", "app_id", "endpoint")
    return up, info


def target_times() -> str:
    """Return how long asking each target takes, all collectors together."""
    return total(DAEMON("spark_exporter_scrape_collector_duration_seconds"), "target")


def target_failures() -> str:
    """Return how often collectors failed at each target in the time range."""
    return DAEMON.grown_in_range("spark_exporter_source_failures_total", "target")


def collectors() -> str:
    """Return how many targets each collector fails at."""
    failing = f"{DAEMON('spark_exporter_scrape_collector_success')} == bool 0"
    return total(failing, "collector")


def failures() -> str:
    """Return how often collectors failed, by which and why."""
    return if_any(DAEMON.grown("spark_exporter_source_failures_total", "collector", "reason"), "reason")


def attempts() -> str:
    """Return how often collectors ask per second."""
    return total(DAEMON.rate("spark_exporter_source_attempts_total"), "collector")


def slowest_collectors() -> str:
    """Return how long the slowest target takes for each collector."""
    return largest(DAEMON("spark_exporter_scrape_collector_duration_seconds"), "collector")


def series() -> str:
    """Return which part of the series that an application may have those with most of them have."""
    limit = largest(DAEMON("spark_exporter_application_series_limit"), "instance")
    used = f"{APPS('spark_exporter_series')} / on (instance) group_left () ({limit} > 0)"
    return top(10, largest(used, "app_name", "app_id"))


def left_out() -> str:
    """Return series that were left out, by reason."""
    return APPS.grown("spark_exporter_series_dropped_total", "reason")


def known() -> str:
    """Return which part of the applications that daemons may know is in each state."""
    most = total(DAEMON("spark_exporter_applications_limit"))
    return f"{total(DAEMON('spark_exporter_applications'), 'state')} / on () group_left () ({most} > 0)"


def missed() -> tuple[tuple[str, str], ...]:
    """Return what Spark had forgotten before it was read."""
    kinds = ("jobs", "stages", "sql_executions", "connect_operations")
    return tuple((kind, APPS.grown(f"spark_exporter_missed_{kind}_total")) for kind in kinds)


def samples_dropped() -> tuple[str, str]:
    """Return samples that could not be published, and applications that had to go."""
    return (
        DAEMON.grown("spark_exporter_samples_dropped_total", "collector", "reason"),
        DAEMON.grown("spark_exporter_applications_dropped_total", "reason"),
    )


def report_ages() -> str:
    """Return how old the oldest last report of each application is."""
    return top(10, largest(report_age(), "app_name", "app_id"))


def report_interval() -> str:
    """Return the shortest interval of reports."""
    return f"min({APPS('spark_exporter_plugin_report_interval_seconds')})"


def reports() -> tuple[str, str]:
    """Return reports that arrive, and that could not be delivered, per second."""
    return (
        total(EXECS.rate("spark_exporter_plugin_reports_total")),
        total(EXECS.rate("spark_exporter_plugin_report_failures_total")),
    )


def plugin_time() -> tuple[str, str]:
    """Return which part of a second the plugin works in the executor where it works most."""
    samples = largest(EXECS.rate("spark_exporter_plugin_sample_seconds_total"))
    return samples, largest(EXECS.rate("spark_exporter_plugin_reading_seconds_total"))


def held(metric: str) -> str:
    """Return the executor of each application that holds most of something."""
    return top(10, largest(EXECS(metric), "app_name", "app_id"))


def refused() -> str:
    """Return what plugins refused, and samples that they could not take."""
    return if_any(EXECS.grown("spark_exporter_plugin_dropped_total", "reason"), "reason")


def sample_failures() -> str:
    """Return samples that plugins could not take."""
    return EXECS.grown("spark_exporter_plugin_sample_failures_total")


def config_lag() -> str:
    """Return how many versions of the live configuration executors are behind their driver."""
    there = f"{EXECS('spark_executor_up')} == 1"
    mine = f"{EXECS('spark_executor_config_version')} and on ({_KEY}) ({there})"
    newest = f"max by (namespace, app_id) ({APPS('spark_exporter_config_version')})"
    return f"max by (app_id, executor_id) ({newest} - on (namespace, app_id) group_right () ({mine}))"


def events() -> str:
    """Return recipients of events, by what has become of them."""
    return APPS.grown("spark_exporter_events_total", "type", "state")


def events_failed() -> str:
    """Return recipients whose handler failed, or that did not come for an event in time."""
    return APPS.grown("spark_exporter_events_total", "type", "state", where='state=~"failed|expired"')


def messages_failed() -> str:
    """Return messages that were not answered, or not taken, by why."""
    good = 'result!~"asked|sent|answered"'
    return APPS.grown("spark_exporter_messages_total", "topic", "result", where=good)


def delivery() -> str:
    """Return events per second by how long they took to their executors."""
    return total(APPS.rate("spark_exporter_event_delivery_seconds_bucket"), "le")


def slow_delivery() -> str:
    """Return the time in which 95 of 100 events reach their executors."""
    return f"histogram_quantile(0.95, {delivery()})"


def state_failures() -> str:
    """Return how often the daemon's memory of applications could not be kept or used, by why."""
    return if_any(DAEMON.grown("spark_exporter_state_failures_total", "reason"), "reason")


def requests_refused() -> str:
    """Return requests below /api/v1 that daemons refused, by why."""
    return if_any(DAEMON.grown("spark_exporter_control_refused_total", "reason"), "reason")


def web_config() -> str:
    """Return whether each daemon can use what its file about access says now."""
    return largest(DAEMON("spark_exporter_web_config_last_reload_successful"), "instance")


def messages() -> str:
    """Return messages, by what has become of them."""
    return APPS.grown("spark_exporter_messages_total", "topic", "result")


def versions() -> tuple[str, str]:
    """Return how many daemons and plugins run each version."""
    return (
        f"count by (version) ({DAEMON('spark_exporter_build_info')})",
        f"count by (version) ({APPS('spark_exporter_plugin_info')} and on (namespace, app_id) ({_up()}))",
    )


def _up() -> str:
    return f"{APPS('spark_app_up')} == 1"
