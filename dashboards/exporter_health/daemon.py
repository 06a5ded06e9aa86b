"""The daemon: what it asks, what it publishes, what it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.judgement import NoBadValue
from dashboards.limits import BAD, GOOD, Look, above, never, seldom
from dashboards.panels import Query, Series, Stat
from dashboards.queries import exporter as q
from dashboards.queries.state import STATE_COLOURS
from dashboards.table import Column, Key, Table

if TYPE_CHECKING:
    from dashboards.config import Config
    from dashboards.panels import Panel

_ANSWERS = (("0", Look("down", BAD)), ("1", Look("answers", GOOD)))
_RUN = "{{app_name}} {{app_id}}"


def numbers(config: Config, process: q.Process) -> tuple[Stat, ...]:
    """Return the numbers at the top."""
    missed = config.thresholds["missed_reports"]
    return (
        Stat(
            title="Daemons down",
            description="Daemons that Prometheus cannot scrape, or 1 if it knows none. All their"
            " applications are missing everywhere: look at the daemon's pod or service and its log.",
            unit="short",
            width=4,
            queries=(Query(process.down(), "down"),),
            limits=never(),
            instant=True,
        ),
        Stat(
            title="Targets down",
            description="Drivers that a daemon knows and that do not answer. Ended without a word, or a"
            " network policy in between: see Targets.",
            unit="short",
            width=4,
            queries=(Query(q.targets_down(), "down"),),
            limits=never(),
            instant=True,
        ),
        Stat(
            title="Failing collectors",
            description="Ways of asking a target that failed the last time. What they read is missing or"
            " old: see Failures for why.",
            unit="short",
            width=4,
            queries=(Query(q.collectors_failing(), "failing"),),
            limits=never(),
            instant=True,
        ),
        Stat(
            title="Overdue reports",
            description="How many report intervals ago the executor that is worst off reported last. Above"
            " a few it hangs, or its driver is too busy to answer: see Age of reports.",
            unit="short",
            width=4,
            decimals=1,
            queries=(Query(q.missed_reports(), "intervals"),),
            limits=above(missed, config.panels["warning_ratio"] * missed),
            instant=True,
        ),
        Stat(
            title="Series of the limit",
            description="Which part of --limits.series the fullest daemon publishes. At 100 % it leaves out"
            " the details of the applications that started last: raise it, or run more daemons.",
            unit="percentunit",
            width=4,
            queries=(Query(q.budget_used(), "used"),),
            limits=above(config.panels["used_ratio"], config.panels["used_warning_ratio"]),
            maximum=1,
            instant=True,
        ),
        Stat(
            title="Series left out",
            description="Series that were not published in the time range. Panels about executors and"
            " stages of these applications are incomplete: see Series left out by reason.",
            unit="short",
            width=4,
            queries=(Query(q.dropped(), "left out"),),
            limits=never(),
            instant=True,
        ),
    )


def asking(config: Config) -> tuple[Panel, ...]:
    """Return the targets, and how asking them goes."""
    up, info = q.targets()
    return (
        Table(
            title="Targets",
            description="The drivers that daemons ask, the slowest first. down with failures: the"
            " application has gone, or its UI cannot be reached from the daemon.",
            width=12,
            keys=(Key("target", "Target"), Key("app_id", "Run"), Key("endpoint", "Plugin's endpoint")),
            columns=(
                Column("Answers", up, looks=_ANSWERS, width=90),
                Column("Application", info, hidden=True),
                Column("Time", q.target_times(), "s", above(config.panels["collector_seconds"]), width=80),
                Column("Failures", q.target_failures(), limits=never(), width=80),
            ),
            sort="Time",
        ),
        Series(
            title="Failures",
            description="How often collectors failed, by which and why. What reaches the line was not"
            " read: connect and timeout are the network or a driver that is overloaded, unauthorized a"
            " wrong token, invalid a proxy in between.",
            unit="short",
            queries=(Query(q.failures(), "{{collector}} {{reason}}"),),
            bars=True,
            limits=never(),
        ),
        Series(
            title="Collectors that fail",
            description="At how many targets each collector failed the last time; what reaches the line"
            " is not read there. All targets at once: the daemon or its network; one collector alone:"
            " something of Spark is turned off or too slow.",
            unit="short",
            width=8,
            queries=(Query(q.collectors(), "{{collector}}"),),
            limits=never(),
        ),
        Series(
            title="Time of collectors",
            description="How long the slowest target takes for each collector. Above the line a driver"
            " is overloaded or keeps very much in its UI: lower spark.ui.retainedTasks and the like.",
            unit="s",
            width=8,
            queries=(Query(q.slowest_collectors(), "{{collector}}"),),
            limits=above(config.panels["collector_seconds"]),
        ),
        Series(
            title="Questions",
            description="How often collectors ask per second. plugin follows the report interval, the"
            " others --poll.interval. Falling while applications run: the daemon is late, see its CPU.",
            unit="reqps",
            width=8,
            queries=(Query(q.attempts(), "{{collector}}"),),
            limits=NoBadValue("How many are right depends on how many targets and collectors there are."),
        ),
    )


def budgets(config: Config) -> tuple[Panel, ...]:
    """Return how many series there are, and what was left out."""
    used = above(config.panels["used_ratio"], config.panels["used_warning_ratio"])
    samples, applications = q.samples_dropped()
    missed = tuple(Query(expr, kind) for kind, expr in q.missed())
    return (
        Series(
            title="Series by application",
            description="Which part of the series that one may have (--limits.application-series) the ten"
            " largest applications publish. Above the lines they are nearly used up, and at 100 % detail"
            " goes, by executor first: look for a custom metric with ids in its labels.",
            unit="percentunit",
            queries=(Query(q.series(), _RUN),),
            limits=used,
        ),
        Series(
            title="Series left out by reason",
            description="Series that were left out, and are missing once they reach the line: budget is"
            " one application's limit, all_budget that of all, conflict two metrics with one name;"
            " label_truncated is there, with a value cut short.",
            unit="short",
            queries=(Query(q.left_out(), "{{reason}}"),),
            bars=True,
            limits=never(),
        ),
        Series(
            title="Applications known",
            description="Which part of the applications that daemons may know (--limits.applications) they"
            " do, by state. Above the lines it is nearly used up, and at 100 % those that ended go before"
            " their time.",
            unit="percentunit",
            width=8,
            queries=(Query(q.known(), "{{state}}"),),
            stacked=True,
            overrides=STATE_COLOURS,
            limits=used,
        ),
        Series(
            title="Missed in Spark's UI",
            description="Ended jobs, stages and SQL executions that Spark had forgotten before they"
            " were read, without the plugin only, and operations of Spark Connect. Once they reach the"
            " line totals lack them: raise spark.ui.retainedStages and the like.",
            unit="short",
            width=8,
            queries=missed,
            bars=True,
            limits=never(),
        ),
        Series(
            title="Samples and applications dropped",
            description="Samples that could not be published as they came, and applications that went"
            " because there were too many. What reaches the line as limit or malformed is worth a look"
            " at the daemon's log.",
            unit="short",
            width=8,
            queries=(
                Query(samples, "{{collector}} {{reason}}"),
                Query(applications, "application {{reason}}"),
            ),
            bars=True,
            limits=seldom(),
        ),
    )


def process(config: Config, process: q.Process) -> tuple[Series, ...]:
    """Return what the daemons' processes need."""
    return (
        Series(
            title="Time of a scrape",
            description="How long Prometheus needs for each daemon. Above the line it is near"
            " scrape_timeout, where the scrape is lost and graphs have gaps: fewer series, or more"
            " daemons.",
            unit="s",
            width=6,
            queries=(Query(process.scrape(), "{{instance}}"),),
            limits=above(config.thresholds["scrape_seconds"]),
        ),
        Series(
            title="Samples of a scrape",
            description="How many samples each scrape brings. A jump is a new large application, or a"
            " custom metric that grows without bound: see Series by application.",
            unit="short",
            width=6,
            queries=(Query(process.samples(), "{{instance}}"),),
            limits=NoBadValue(
                "How many are too many is up to Prometheus; Series of the limit has the daemon's own limit."
            ),
        ),
        Series(
            title="CPU and files of the daemon",
            description="Cores that each daemon keeps busy, and which part of its file descriptors it"
            " uses. Above the upper line of either it is late or cannot connect soon: raise its"
            " limits, or run more daemons.",
            unit="percentunit",
            width=6,
            queries=(
                Query(process.cpu(), "cores {{instance}}"),
                Query(process.files(), "files {{instance}}"),
            ),
            limits=above(config.panels["used_ratio"], config.panels["used_warning_ratio"]),
        ),
        Series(
            title="Memory of the daemon",
            description="Resident memory of each daemon. It follows the number of series; growing while"
            " that is level is a leak, which is a bug of ours.",
            unit="bytes",
            width=6,
            queries=(Query(process.memory(), "{{instance}}"),),
            limits=NoBadValue("How much is too much depends on the memory that the daemon was given."),
        ),
    )
