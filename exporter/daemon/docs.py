"""The content of docs/flags.md and docs/metrics.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.daemon import catalogue, flags
from exporter.daemon.check import DROP_REMEDIES
from exporter.daemon.errors import REASONS
from exporter.daemon.plan import DROP_REASONS
from exporter.daemon.sources import COLLECTORS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exporter.daemon.catalogue import Entry

GENERATED = "<!-- Written by `make docs`. Do not edit. -->\n\n"

FLAGS_INTRO = f"""# Flags

Every flag has an environment variable. A flag on the command line wins over the variable.
Durations are written as Prometheus does: `90s`, `15m`, `1h30m`.
An unknown flag or a malformed value ends the command with exit code 2 before anything starts.

`{flags.TOKEN_VARIABLE}` holds the token of the plugin (`spark.exporter.token`).
It has no flag, because command lines are public.

"""

METRICS_INTRO = """# Metrics

## Your metrics

| published name | what it is | labels |
|---|---|---|
| `spark_custom_<name>` | the whole application, gone executors included | `app_id`, `app_name`, yours |
| `spark_executor_custom_<name>` | one executor, or the driver | also `executor_id` |

* Counters end in `_total`; they and histograms never go back, whatever happens to executors.
* An executor that is gone keeps its counters and histograms for as long as the driver remembers it,
  so that the sum over executors stays the application's total. Its gauges go at once.
* A gauge that no process has set has no sample.
* A histogram whose lowest bound is negative has buckets only: OpenMetrics forbids it a sum.
* A name has one type in an exposition. Where two applications disagree, the one that came first is published.
* Two metrics of an application may lead to one name, such as `rows` and `rows_total`.
  With the same labels, the one that was defined first is published.
  The other one's series are counted in `spark_exporter_series_dropped_total{reason="conflict"}`.
* An application that has ended stays with its last values for `--retention`.

"""


def flags_page() -> str:
    """Return docs/flags.md."""
    tables = {"serve": flags.SERVE, "check": flags.CHECK, "top": flags.TOP}
    return GENERATED + FLAGS_INTRO + "\n".join(_flag_table(name, table) for name, table in tables.items())


def _flag_table(command: str, table: Sequence[flags.Flag]) -> str:
    lines = [
        f"## `spark-exporter {command}`\n",
        "| flag | default | variable | meaning |",
        "|---|---|---|---|",
    ]
    for flag in table:
        default = f"`{flag.default}`" if flag.default is not None else ""
        lines.append(f"| `--{flag.name} {flag.metavar}` | {default} | `{flag.variable}` | {flag.help} |")
    return "\n".join(lines) + "\n"


def metrics_page() -> str:
    """Return docs/metrics.md."""
    entries = catalogue.load().entries
    groups = {
        "Applications and executors": "spark_app_ spark_executor_",
        "The plugin in an application": "spark_exporter_plugin_",
        "The daemon": "spark_exporter_",
        "The daemon's process": "process_ python_",
    }
    parts = [GENERATED, METRICS_INTRO]
    left = dict(entries)
    for title, prefixes in groups.items():
        chosen = [name for name in left if name.startswith(tuple(prefixes.split()))]
        parts.append(_metric_table(title, [left.pop(name) for name in chosen]))
    parts.append(_label_values())
    return "\n".join(parts)


def _metric_table(title: str, entries: Sequence[Entry]) -> str:
    lines = [f"## {title}\n", "| name | type | labels | meaning | source |", "|---|---|---|---|---|"]
    for entry in entries:
        labels = ", ".join(f"`{label}`" for label in entry.labels)
        family = entry.family
        row = (f"`{family.sample_name}`", family.type, labels, family.help, entry.source)
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines) + "\n"


def _label_values() -> str:
    rows = {
        "`collector`": COLLECTORS,
        "`reason` of `spark_exporter_source_failures_total`": REASONS,
        "`reason` of `spark_exporter_series_dropped_total`": DROP_REASONS,
        "`reason` of `spark_exporter_plugin_dropped_total`": tuple(DROP_REMEDIES),
    }
    lines = ["## Label values\n", "| label | values |", "|---|---|"]
    lines += [
        f"| {label} | {', '.join(f'`{value}`' for value in values)} |" for label, values in rows.items()
    ]
    return "\n".join(lines) + "\n"
