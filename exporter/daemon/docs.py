"""The content of docs/flags.md and docs/metrics.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.control.arguments import ACTIONS, CONTROL, EXIT_CODES
from exporter.daemon import catalogue, flags
from exporter.daemon.catalogue import PLUGIN
from exporter.daemon.label_values import CLOSED
from exporter.daemon.login import PASSWORD_VARIABLE
from exporter.daemon.schema import FIRST_SPARK, LEFT_OUT_KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from exporter.control.arguments import Action
    from exporter.daemon.catalogue import Entry, LeftOut
    from exporter.daemon.flag import Flag

GENERATED = "<!-- Written by `make docs`. Do not edit. -->\n\n"

FLAGS_INTRO = f"""# Flags

A flag may have an environment variable. A flag on the command line wins over the variable.
Durations are written as Prometheus does: `90s`, `15m`, `1h30m`.
An unknown flag or a malformed value ends the command with exit code 2 before anything starts.

`{flags.TOKEN_VARIABLE}` holds the token of the plugin (`spark.exporter.token`), which is the daemon's, too.
`{PASSWORD_VARIABLE}` holds the password of `--user`. Both have no flags, because command lines are public.

"""

METRICS_INTRO = """# Metrics

## Your metrics

| published name | what it is | labels |
|---|---|---|
| `spark_custom_<name>` | the whole application, gone executors included | `app_id`, `app_name`, yours |
| `spark_executor_custom_<name>` | one executor, or the driver | also `executor_id` |

* Counters end in `_total`; they and histograms never go back, whatever happens to executors.
  Built-in counters do neither, also when the daemon is started again: what the plugin does not know, the
  daemon keeps in `--state.directory`, to go on from there, as it does with `spark_app_name_runs_total`.
  Without the plugin, totals lack what
  Spark's UI has forgotten (`spark.ui.retainedJobs`, `spark.ui.retainedStages`,
  `spark.sql.ui.retainedExecutions`) before a daemon could read it. `spark_exporter_missed_*_total` counts it.
  Operations of Spark Connect come from there in any case (`spark.sql.connect.ui.retainedStatements`).
  An executor that was forgotten so (`spark.ui.retainedDeadExecutors`) was removed for the reason `other`,
  and one that came and went between two polls was never seen.
* An executor that is gone keeps its counters and histograms for as long as the driver remembers it,
  so that the sum over executors stays the application's total. Its gauges go at once.
* A gauge that no process has set has no sample.
* A histogram whose lowest bound is negative has buckets only: OpenMetrics forbids it a sum.
* A name has one type in an exposition. Where two applications disagree, the one that came first is published.
* Two metrics of an application may lead to one name, such as `rows` and `rows_total`.
  With the same labels, the one that was defined first is published.
  The other one's series are counted in `spark_exporter_series_dropped_total{reason="conflict"}`.
* An application that has ended stays with its last values for `--retention`.
* Where the driver is a pod that was found by `--kubernetes.discovery`, or a target of a file with these
  labels, every series of the application also has `namespace` and `pod`: those of the driver.
  They come after `app_name`. Prometheus keeps them with `honor_labels: true` (`honorLabels` of a
  ServiceMonitor); without it, they become `exported_namespace` and `exported_pod`.

## How to read the tables

* `app_name` is the application's name without what changes from run to run, such as a date;
  see `--app-name.rule`. The name that the application gave itself is `original_name` of `spark_app_info`.
* **plugin** says what needs the plugin: `all`, the metric exists with it only; `executors`, without it
  there is the driver's value only; nothing, the metric is as complete without.
* **when** names the conditions under which a metric exists, all of which must hold; without one,
  every application has it.
* **at the end** says what becomes of it when the application has ended or is lost:
  it stays with its last value (keep), becomes 0 (zero) or goes (drop).
* Where several sources give a metric, all of its samples come from the first of: plugin, sink, REST, process.
* An application above `--limits.application-series` loses, in this order: custom metrics by executor,
  built-in metrics by executor, by whole families what is about jobs, stages, SQL, storage and streams,
  the latest custom series, and its own totals.
  `spark_app_info`, `spark_app_up`, `spark_app_state` and the like always stay.
  Above `--limits.series`, the application that started last loses its detail first.
  What was left out is in `spark_exporter_series_dropped_total`, and its names are in the log.

"""

GROUPS: dict[str, str | tuple[str, ...]] = {
    "Applications": "spark_app_",
    "Jobs": "spark_job_",
    "Stages": "spark_stage_",
    "SQL": "spark_sql_",
    "Storage": "spark_storage_",
    "Structured Streaming": "spark_streaming_",
    "DStreams": "spark_dstream_",
    "Spark Connect": "spark_connect_",
    "Drivers": "spark_driver_",
    "Live configuration, events, messages": (
        "spark_exporter_config_",
        "spark_executor_config_",
        "spark_exporter_event",
        "spark_exporter_messages_",
    ),
    "Executors": "spark_executor_",
    "Containers": "spark_container_",
    "Processes": "spark_process_",
    "The plugin in an application": "spark_exporter_plugin_",
    "The daemon": "spark_exporter_",
    "The daemon's process": ("process_", "python_"),
}
"""The prefixes of each table; the first that fits takes a metric."""
BAR = "\\|"
"""A bar within a cell."""


def flags_page() -> str:
    """Return docs/flags.md."""
    tables = {
        "serve": flags.SERVE,
        "check": flags.CHECK,
        "top": flags.TOP,
        "healthcheck": flags.HEALTHCHECK,
    }
    parts = [_flag_table(name, "", table) for name, table in tables.items()]
    for command, (text, actions) in ACTIONS.items():
        parts.append(_flag_table(command, f"{text} Flags of all its actions:\n", CONTROL))
        parts += [_action(command, action) for action in actions]
    return GENERATED + FLAGS_INTRO + "\n".join([*parts, f"{EXIT_CODES}\n"])


def _action(command: str, action: Action) -> str:
    shown = " ".join([_word(metavar, how_often) for _, metavar, _, how_often in action.words])
    words = [f"* `{metavar}`: {text}" for _, metavar, text, _ in action.words]
    name = f"{command} {action.name}"
    intro = f"`{name} {shown}`: {action.help}\n\n" + "\n".join(words) + "\n"
    return _flag_table(name, intro, action.flags)


def _word(metavar: str, how_often: str | None) -> str:
    return {None: "{}", "?": "[{}]", "*": "[{} ...]", "+": "{} ..."}[how_often].format(metavar)


def _flag_table(command: str, intro: str, table: Sequence[Flag]) -> str:
    lines = [f"##{'#' * command.count(' ')} `spark-exporter {command}`\n", *([intro] if intro else [])]
    if table:
        lines += ["| flag | default | variable | meaning |", "|---|---|---|---|"]
    for flag in table:
        default = f"`{flag.default}`" if flag.default is not None else ""
        variable = f"`{flag.variable}`" if flag.lasting else ""
        lines.append(f"| `--{flag.name} {flag.metavar}` | {default} | {variable} | {flag.help} |")
    return "\n".join(lines).rstrip("\n") + "\n"


def metrics_page() -> str:
    """Return docs/metrics.md."""
    known = catalogue.load()
    parts = [GENERATED, METRICS_INTRO]
    left = dict(known.entries)
    for title, prefixes in GROUPS.items():
        chosen = [name for name in left if name.startswith(prefixes)]
        parts.append(_metric_table(title, [left.pop(name) for name in chosen]))
    parts += [_conditions(known.conditions), _label_values(), _left_out(known.left_out)]
    return "\n".join(parts)


def _metric_table(title: str, entries: Sequence[Entry]) -> str:
    heads = ("name", "type", "unit", "labels", "meaning", "source", "Spark", "plugin", "when", "at the end")
    rows = []
    for entry in entries:
        family = entry.family
        labels = ", ".join(f"`{label}`" for label in entry.labels)
        since = f"since {entry.since}" if entry.since != FIRST_SPARK else ""
        ended = entry.ended if entry.scope != "daemon" else ""
        what = (f"`{family.sample_name}`", family.type, family.unit, labels, family.help)
        when = ", ".join([f"`{condition}`" for condition in entry.when if condition != PLUGIN])
        rows.append((*what, entry.source, since, entry.plugin, when, ended))
    return _table(title, heads, rows)


def _conditions(conditions: Mapping[str, str]) -> str:
    rows = [(f"`{name}`", f"{text}.") for name, text in conditions.items() if name != PLUGIN]
    return _table("When a metric exists", ("when", "meaning"), rows)


def _left_out(items: Iterable[LeftOut]) -> str:
    rows = [(LEFT_OUT_KINDS[item.kind], f"`{item.field}`", item.reason) for item in items]
    return _table("What Spark has and is not published", ("source", "field", "reason"), rows)


def _table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"## {title}\n", f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    lines += [f"| {' | '.join(cell.replace('|', BAR) for cell in row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def _label_values() -> str:
    rows = []
    for one in CLOSED:
        metric = f"`{one.metric}*`" if one.metric.endswith("_") else f"`{one.metric}`"
        rows.append((f"`{one.label}` of {metric}", ", ".join(f"`{value}`" for value in one.values)))
    return _table("Label values", ("label", "values"), rows)
