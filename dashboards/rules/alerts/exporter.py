"""Alerts about the exporter itself: the daemon, its sources, and the plugin in the applications."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.rules.model import DURATION, NUMBER, PERCENTAGE, Alert, grown, number

if TYPE_CHECKING:
    from dashboards.config import Config

_THERE = "spark_executor_up == 1"
_OF_CUSTOM_METRICS = (
    "series_limit",
    "label_too_long",
    "invalid_value",
    "definition_conflict",
    "no_space",
    "corrupt_segment",
)


def _down(config: Config) -> str:
    return f"up{{{config.selector}}} == 0 or absent(up{{{config.selector}}})"


def _slow(config: Config) -> str:
    return f"scrape_duration_seconds{{{config.selector}}} > {number(config.thresholds['scrape_seconds'])}"


def _failing(config: Config) -> str:
    # A driver that is gone fails in everything, and is no trouble of a source.
    limit = number(config.thresholds["source_failure_ratio"])
    return (
        f"collector:spark_exporter_source_failures:ratio_rate5m > {limit}"
        " and ignoring (collector) spark_exporter_target_up == 1"
    )


def _target_down(_: Config) -> str:
    # A target of --target may wait for a driver, and a notebook for its session: where nothing listens, a
    # target that was found is no trouble either.
    failures = 'increase(spark_exporter_source_failures_total{reason!="connect"}[5m])'
    target = "job, instance, target"
    found = 'spark_exporter_target_info{discovery!="static"}'
    return (
        f"sum without (collector, reason) ({failures}) > 0 and spark_exporter_target_up == 0"
        f" and on ({target}) {found}"
    )


def _stale(config: Config) -> str:
    missed = number(config.thresholds["missed_reports"])
    return (
        "time() - spark_exporter_plugin_last_report_timestamp_seconds > ignoring (executor_id) group_left ()"
        f" ({missed} * spark_exporter_plugin_report_interval_seconds) and {_THERE}"
    )


def _dropped(config: Config) -> str:
    # Series with a label that is too long are published under a shorter one.
    left_out = 'spark_exporter_series_dropped_total{reason!="label_truncated"}'
    return f"{grown(left_out, config.windows['drop_window'])} > 0"


def _refused(config: Config) -> str:
    # The other reasons are about what Spark says of itself: a source that is slow, more SQL than is kept.
    custom = f'spark_exporter_plugin_dropped_total{{reason=~"{"|".join(_OF_CUSTOM_METRICS)}"}}'
    refused = grown(custom, config.windows["drop_window"])
    return f"sum without (executor_id) ({refused}) > 0"


def _old_access(_: Config) -> str:
    since = "spark_exporter_web_config_last_reload_success_timestamp_seconds"
    return f"time() - {since} and spark_exporter_web_config_last_reload_successful == 0"


def _lagging(_: Config) -> str:
    return (
        "spark_exporter_config_version - ignoring (executor_id) group_right () spark_executor_config_version"
        f" > 0 and {_THERE}"
    )


ALERTS = (
    Alert(
        "SparkExporterDown",
        "A daemon of spark-exporter cannot be scraped.",
        "Prometheus {{{{ if $labels.instance }}}}gets nothing from the daemon {instance} (job {job}, up is"
        " {value}){{{{ else }}}}knows of no daemon{{{{ end }}}}, so that no other alert about Spark can"
        " fire. Look at the daemon's log and at the targets of Prometheus.",
        NUMBER,
        _down,
    ),
    Alert(
        "SparkExporterScrapeSlow",
        "A scrape of spark-exporter takes nearly as long as it may.",
        "A scrape of {instance} takes {value}. Look at the number of its series, at its CPU, and at"
        " the scrape timeout.",
        DURATION,
        _slow,
    ),
    Alert(
        "SparkExporterSourceFailing",
        "A collector of spark-exporter fails at a target.",
        "{value} of the attempts of the collector {collector} at {target} fail, so that its metrics"
        " are missing. Look at the reasons and at the daemon's log.",
        PERCENTAGE,
        _failing,
    ),
    Alert(
        "SparkExporterTargetDown",
        "A Spark driver does not answer spark-exporter.",
        "The driver at {target} runs, as the daemon {instance} was told, but has not answered {value}"
        " requests in 5 minutes, so that its application is missing. Look at the network between the two, at"
        " the driver's port, and at how busy it is.",
        NUMBER,
        _target_down,
    ),
    Alert(
        "SparkExporterReportStale",
        "The plugin in a Spark executor has stopped reporting.",
        "{executor} has not reported for {value}, so that its metrics are old. Look at the"
        " executor's log, at its garbage collection, and at the network to the driver.",
        DURATION,
        _stale,
    ),
    Alert(
        "SparkExporterSeriesDropped",
        "Series of a Spark application are not published.",
        "{value} series of {application} were left out because of {reason}. Look at the daemon's"
        " log for their names, and at the labels of custom metrics.",
        NUMBER,
        _dropped,
    ),
    Alert(
        "SparkExporterValuesRefused",
        "Custom metrics of a Spark application are refused.",
        "{value} values of custom metrics of {application} were refused because of {reason}. Look"
        " at the log of driver and executors for the metric's name.",
        NUMBER,
        _refused,
    ),
    Alert(
        "SparkExporterConfigurationLagging",
        "A Spark executor does not have the latest live configuration.",
        "{executor} is {value} versions of the live configuration behind the driver. Look at the"
        " age of its reports.",
        NUMBER,
        _lagging,
    ),
    Alert(
        "SparkExporterWebConfigReloadFailed",
        "The file that says who may read from spark-exporter is wrong.",
        "The daemon {instance} cannot use what the file of --web.config.file and its certificates say now,"
        " and goes on with what they said {value} ago. Look at the daemon's log for what is wrong.",
        DURATION,
        _old_access,
    ),
)
