"""What a rule is, and the pieces that several of them share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboards.config import seconds
from dashboards.scope import ABSENT, once
from exporter.daemon.catalogue import load

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboards.config import Config


@dataclass(frozen=True)
class Recording:
    """A rule that keeps the result of a query as ``level:metric:operations``."""

    record: str
    expression: str
    meaning: str
    """One sentence for whoever reads the rules."""


NUMBER = "{{ $value | humanize }}"
PERCENTAGE = "{{ $value | humanizePercentage }}"
DURATION = "{{ $value | humanizeDuration }}"
BYTES = "{{ $value | humanize1024 }}B"


class _Words(dict[str, str]):
    """What a description may say in braces; what is not here is a label."""

    def __missing__(self, name: str) -> str:
        return f"{{{{ $labels.{name} }}}}"


_APPLICATION = "{{ $labels.app_name }} ({{ $labels.app_id }})"
_WORDS = {
    "application": _APPLICATION,
    "executor": f"Executor {{{{ $labels.executor_id }}}} of {_APPLICATION}",
    # A query need not have a name.
    "query": f"The query {{{{ or $labels.query_name $labels.query_id }}}} of {_APPLICATION}",
    "stage": f"Stage {{{{ $labels.stage_id }}}} of {_APPLICATION}",
}


@dataclass(frozen=True)
class Alert:
    """A rule that tells somebody. Its severity, its time and its thresholds are in the configuration."""

    name: str
    summary: str
    """A sentence that is the same for all who have the trouble."""
    text: str
    """What has the trouble, how much of it, and where to look.

    In braces: value, application, executor, query, stage, or any label.
    """
    value: str
    """How the value is shown: NUMBER, PERCENTAGE, DURATION or BYTES."""
    expression: Callable[[Config], str]

    @property
    def description(self) -> str:
        """The text as a template of Prometheus."""
        return self.text.format_map(_Words(_WORDS, value=self.value))


def number(value: float) -> str:
    """Return a threshold as a query has it."""
    return f"{value:.12g}"


def grown(counter: str, window: str) -> str:
    """Return a query for how much a counter of an application has grown within ``window``, exactly.

    ``increase`` extrapolates, so that 2 can be more than 2, and does not see what a series begins with.
    Here a series that has begun within the window counts from 0, unless it is the daemon that has begun:
    then from what it was at first. What was before may be of a daemon with another address, or of some time
    before the window.
    """
    metric = counter.partition("{")[0]
    began = f"spark_app_start_timestamp_seconds > time() - {seconds(window)}"
    known = f"(last_over_time(spark_app_up[{ABSENT}] offset {window}) or {began})"
    before = (
        once(metric, f"{counter} offset {window}"),
        once(metric, f"last_over_time({counter}[{ABSENT}] offset {window})"),
        f"{once(metric, f'0 * {counter}')} and on (namespace, app_id) {known}",
        once(metric, f"min_over_time({counter}[{window}])"),
    )
    own = ", ".join(("namespace", *load()[metric].labels))
    return f"({counter} - on ({own}) group_left () ({' or '.join(before)}))"


def grown_of_daemon(counter: str, window: str) -> str:
    """Return a query for how much a counter of daemons has grown within ``window``, exactly.

    What a series begins with counts, since a daemon has worked for a while before it is scraped first. Of a
    daemon that has begun anew, all that it has counted since does.
    """
    before = f"last_over_time({counter}[{ABSENT}] offset {window})"
    return f"({counter} - ({before} <= {counter} or 0 * {counter}))"


RETRIED = "app:spark_app_end_timestamp_seconds:retried"
"""Runs that have ended, and that another one has replaced."""


def lately(config: Config) -> str:
    """Return what follows an expression to leave out applications that ended long ago, or were run again.

    Nothing that SparkApplicationFailed inhibits may outlive it, though groups are evaluated by turns.
    """
    window = seconds(config.windows["end_window"])
    ended = f"spark_app_end_timestamp_seconds <= time() - 0.9 * {window}"
    return f"unless on (namespace, app_id) ({ended} or {RETRIED})"
