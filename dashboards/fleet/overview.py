"""The first rows: what needs somebody, and all applications."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.judgement import NoBadValue
from dashboards.limits import above, below, never, seldom
from dashboards.links import to_run
from dashboards.panels import Query, Ranking, Series, Stat
from dashboards.queries import fleet as q
from dashboards.queries import state
from dashboards.table import Column, Key, Table

if TYPE_CHECKING:
    from dashboards.config import Config


def numbers(config: Config) -> tuple[Stat, ...]:
    """Return the numbers at the top."""
    limits, warn = config.thresholds, config.panels["warning_ratio"]
    return (
        Stat(
            title="Daemons down",
            description="Daemons that Prometheus cannot scrape, or 1 if it knows none. All that they watch"
            " is missing here, and what is not known has no number: look at the dashboard Spark exporter.",
            unit="short",
            queries=(Query(q.daemons_down(config.selector), "down"),),
            limits=never(),
            instant=True,
        ),
        Stat(
            title="Running",
            description="Applications that run now. A sudden fall means that drivers died or that the"
            " daemon lost sight of them: look at Lost and at Targets down.",
            unit="short",
            queries=(Query(q.in_state("running"), "running"),),
            limits=NoBadValue("How many applications run is up to those who start them."),
            instant=True,
        ),
        Stat(
            title="Waiting",
            description="Applications that still have no executor. Some minutes are normal; longer, the"
            " cluster has no room or the quota is used up: look at Executors and at the cluster's"
            " scheduler.",
            unit="short",
            queries=(Query(q.in_state("waiting"), "waiting"),),
            limits=seldom(),
            instant=True,
        ),
        Stat(
            title="Failed",
            description="Runs that ended with an error in the time range. Any is bad: the table below leads"
            " to each.",
            unit="short",
            queries=(Query(q.ended("failed"), "failed"),),
            limits=never(),
            instant=True,
        ),
        Stat(
            title="Lost",
            description="Runs whose driver went in the time range without a word: killed, or cut off."
            " Without the plugin nearly every end looks like this, and it says nothing.",
            unit="short",
            queries=(Query(q.ended("lost"), "lost"),),
            limits=seldom(),
            instant=True,
        ),
        Stat(
            title="Executors lost",
            description="Executors that went in the time range though neither their driver nor the cluster"
            " manager had sent them away. Their tasks run again, and their shuffle files may have to be"
            " made again: see Executors that went.",
            unit="short",
            queries=(Query(q.executors_lost(), "lost"),),
            limits=seldom(limits["executors_lost"]),
            instant=True,
        ),
        Stat(
            title="Task slots in use",
            description="Which part of all task slots runs a task. Low for long means that executors are"
            " paid for and idle: see Idle task slots.",
            unit="percentunit",
            queries=(Query(state.slots_used(q.FLEET), "in use"),),
            limits=below(limits["idle_slots_used_ratio"]),
            maximum=1,
            instant=True,
        ),
        Stat(
            title="Failed tasks",
            description="Which part of the attempts at tasks fails. Spark tries again, so that an"
            " application can look well and take twice its time: see Failed tasks by application.",
            unit="percentunit",
            queries=(Query(state.failed_tasks_share(q.FLEET), "failed"),),
            limits=above(limits["task_failure_ratio"], warn * limits["task_failure_ratio"]),
            maximum=1,
            instant=True,
        ),
    )


def applications(config: Config) -> Table:
    """Return the table of all applications."""
    limits, warn = config.thresholds, config.panels["warning_ratio"]
    gc, failures, idle = (
        limits[key] for key in ("gc_share_ratio", "task_failure_ratio", "idle_slots_used_ratio")
    )
    prefix = config.dashboards.uid_prefix
    return Table(
        title="Applications",
        description="All applications of the time range; those that failed or were lost come first. A click"
        " on a run opens it. What has ended has no values of the moment.",
        height=10,
        keys=(
            Key("app_name", "Application"),
            Key("app_id", "Run", link=("Open this run", to_run(prefix))),
            Key("namespace", "Namespace"),
        ),
        columns=(
            Column("State", state.state_code(q.FLEET), looks=state.STATE_LOOKS),
            Column("Duration", state.duration(q.FLEET), "s"),
            Column("Executors", q.executors_of_each()),
            Column("Task slots in use", q.slots_used_of_each(), "percentunit", below(idle), gauge=1),
            Column("GC", q.gc_share_of_each(), "percentunit", above(gc, warn * gc)),
            Column(
                "Failed tasks",
                q.failed_tasks_of_each(),
                "percentunit",
                above(failures, warn * failures),
            ),
            Column("Executors lost", q.lost_by_application(), limits=seldom(limits["executors_lost"])),
        ),
        sort="State",
    )


def over_time() -> tuple[Series | Ranking, ...]:
    """Return how applications come and go."""
    return (
        Series(
            title="Applications by state",
            description="How many applications are in each state. What has ended stays for as long as the"
            " daemon keeps it. A step from running to lost in several at once is a node or a network, not"
            " the jobs.",
            unit="short",
            queries=(Query(q.by_state(), "{{state}}"),),
            stacked=True,
            overrides=state.STATE_COLOURS,
            limits=NoBadValue("Ended applications are of all kinds; the numbers Failed and Lost judge them."),
        ),
        Ranking(
            title="Failed and lost by application",
            description="Which applications failed or were lost most often in the time range. One that"
            " comes again and again has a cause of its own: open its last run in the table above.",
            unit="short",
            queries=(Query(q.ended_badly_by_name(), "{{app_name}} {{state}}"),),
            limits=never(),
        ),
    )
