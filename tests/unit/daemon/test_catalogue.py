"""The catalogue is checked strictly, and code and documents agree with it."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

from exporter.daemon import catalogue, docs
from exporter.daemon.catalogue import LeftOut, Origin
from exporter.daemon.errors import CatalogueError
from exporter.daemon.process import ProcessSamples
from exporter.daemon.schema import parse

DOCS = Path(__file__).resolve().parents[3] / "docs"
METRIC = """
  - name: spark_thing_seconds_total
    type: counter
    unit: seconds
    scope: executor
    labels: [kind, part]
    help: Time.
    from:
      - {reading: executor.thing, scale: 0.001, labels: {kind: a}}
      - {rest: executors.thing}
    when: plugin
    since: 4.1
"""
GOOD = f"""
conditions:
  plugin: the application runs the plugin
metrics:{METRIC}
left_out:
  - {{reading: "executor.mean*", reason: A rate follows from the counter.}}
"""


def test_a_good_catalogue_is_read():
    """Name, type, unit, scope, labels, help, origins, condition and version."""
    found = parse(GOOD)
    entry = found["spark_thing_seconds_total"]

    assert entry.family == ("spark_thing_seconds", "counter", "Time.", "seconds")
    assert entry.labels == ("app_id", "app_name", "executor_id", "kind", "part")
    assert entry.key_labels == ("executor_id", "kind", "part")
    assert (entry.scope, entry.when, entry.since, entry.ended) == ("executor", ("plugin",), "4.1", "keep")
    assert entry.source == "reading `executor.thing`; REST `executors.thing`"
    line = 'spark_thing_seconds_total{app_id="a",app_name="b",executor_id="1",kind="x",part="y"} 2.0\n'
    assert entry.line(("a", "b", "1", "x", "y"), 2) == line
    assert found.conditions == {"plugin": "the application runs the plugin"}
    assert found.left_out == (LeftOut("reading", "executor.mean*", "A rate follows from the counter."),)


REST = "      - {rest: executors.thing}\n"


@pytest.mark.parametrize(
    ("changes", "plugin"),
    [
        ((), "all"),
        ((("when: plugin", "when: [seen, plugin]"),), "all"),
        ((("when: plugin", "when: seen"), (REST, "")), "executors"),
        ((("when: plugin", "when: seen"), (REST, ""), ("scope: executor", "scope: app")), ""),
        ((("    when: plugin\n", ""),), ""),
    ],
)
def test_what_needs_the_plugin(changes, plugin):
    """All of it if that is a condition; what is of executors if all origins are readings; else nothing."""
    text = GOOD.replace("conditions:\n", "conditions:\n  seen: it can be seen\n")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (entry,) = parse(text).entries.values()

    assert entry.plugin == plugin


def test_what_only_the_plugin_can_say_tells_so():
    """Streaming progress, and what the plugin itself reads, come from nowhere else."""
    own = re.compile(r"app\.|container\.|process\.|jvm\.(threads|classes|cpu|processors|uptime)")

    def alone(origin):
        return origin.kind == "query" or (origin.kind == "reading" and own.match(origin.field) is not None)

    known = catalogue.load().entries.items()
    silent = {
        name
        for name, entry in known
        if entry.origins and all(map(alone, entry.origins)) and not re.search("REST|daemon", entry.source)
    }
    assert silent
    assert {name for name in silent if catalogue.load()[name].plugin != "all"} == set()


def test_every_condition_is_the_condition_of_something():
    """One that nothing needs is left over."""
    known = catalogue.load()
    assert {condition for entry in known.entries.values() for condition in entry.when} == {*known.conditions}


def test_sources_ask_for_their_origins():
    """With the metric's name, the scale and the fixed labels."""
    found = parse(GOOD)
    reading = Origin("reading", "executor.thing", 0.001, (("kind", "a"),))

    assert found.origins("reading") == (("spark_thing_seconds_total", reading),)
    assert found.origins("rest") == (("spark_thing_seconds_total", Origin("rest", "executors.thing")),)
    assert found.origins("query") == ()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("type: counter", "type: counter\n    ended: zero", ("executor", "zero")),
        ("    scope: executor\n", "", ("daemon", "keep")),
        ("    scope: executor\n", "    scope: app\n", ("app", "keep")),
        ("_total\n    type: counter", "\n    type: gauge", ("executor", "drop")),
        ("_total\n    type: counter", "\n    type: histogram", ("executor", "keep")),
    ],
)
def test_what_the_catalogue_need_not_say(old, new, expected):
    """A metric without a scope is the daemon's own; a gauge drops at the end, and the others stay."""
    assert old in GOOD
    (entry,) = parse(GOOD.replace(old, new)).entries.values()

    assert (entry.scope, entry.ended) == expected


FROM = GOOD[GOOD.index("    from:") : GOOD.index("    when:")]
FIRST = "{reading: executor.thing, scale: 0.001, labels: {kind: a}}"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    help: Time.\n", "", "metric 1: expected the keys help, name, type and perhaps"),
        ("help: Time.", "help: Time.\n    extra: 1", "metric 1: expected the keys"),
        ("spark_thing_seconds_total", "sparkThing_seconds_total", "not a name in snake_case"),
        ("spark_thing_seconds_total", "spark_thing_seconds", "a counter ends in _total"),
        ("type: counter", "type: gauge", "a gauge ends in neither _total nor _info"),
        ("type: counter", "type: summary", "type 'summary' is not one of counter, gauge, info, histogram"),
        (
            "_total\n    type: counter\n    unit: seconds\n    scope: executor",
            "\n    type: histogram\n    unit: seconds\n    scope: daemon",
            "spark_thing_seconds: a histogram is of an application or an executor",
        ),
        ("unit: seconds", "unit: bytes", "does not end in its unit 'bytes'"),
        ("labels: [kind, part]", "labels: [kind, kind]", "a list of different names"),
        ("labels: [kind, part]", "labels: [kind, app_id]", "a list of different names"),
        ("labels: [kind, part]", "labels: [kind, le]", "'le' is not a label name"),
        ("labels: [kind, part]", "labels: kind", "a list of different names"),
        ("help: Time.", "help: Time", "a sentence with a full stop"),
        ("spark_thing_seconds_total", "spark_custom_thing_seconds_total", "belongs to the user's metrics"),
        ("scope: executor", "scope: stage", "scope 'stage' is not one of daemon, app, executor"),
        ("when: plugin", "when: sometimes", "when 'sometimes' is not among the conditions"),
        ("when: plugin", "when: [plugin, sometimes]", "when 'sometimes' is not among the conditions"),
        ("when: plugin", "when: [plugin, plugin]", "when has a condition twice"),
        ("when: plugin", "when: {plugin: 1}", "when is a condition or a list of them"),
        ("when: plugin", "ended: never", "ended 'never' is not one of keep, drop, zero"),
        ("since: 4.1", "since: newest", "since 'newest' is not a version such as 3.5"),
        (FROM, "", "expected from, or source as a text"),
        (FROM, "    source: [a]\n", "expected from, or source as a text"),
        (FROM, "    from: here\n", "expected from as a list of origins"),
        (FIRST, "here", "each origin has one of process, query, reading, rest and perhaps labels, scale"),
        (FIRST, "{reading: a, rest: b}", "each origin has one of process, query, reading, rest"),
        (FIRST, "{reading: a, unit: b}", "each origin has one of process, query, reading, rest"),
        (FIRST, "{reading: a, scale: 0}", "an origin is a text, its scale a number above zero"),
        (FIRST, "{reading: a, scale: much}", "an origin is a text, its scale a number above zero"),
        (FIRST, "{reading: [a]}", "an origin is a text, its scale a number above zero"),
        (FIRST, "{reading: a, labels: {color: red}}", "the labels of an origin are some of kind, part"),
        (FIRST, "{reading: a, labels: red}", "the labels of an origin are some of kind, part"),
        (
            "the counter.}",
            "the counter}",
            "is not one of operator, process, query, reading, rest and a sentence",
        ),
        (
            'reading: "executor.mean*", ',
            "",
            "is not one of operator, process, query, reading, rest and a sentence",
        ),
        ("  plugin: the application runs the plugin", "  plugin: [1]", "expected conditions to be texts"),
        (METRIC, METRIC + METRIC, "catalogue.yaml: spark_thing_seconds_total clashes with an earlier metric"),
        (METRIC, " {}", "expected metrics and left_out to be lists"),
        (GOOD, "[1]", "catalogue.yaml: expected the keys conditions, left_out, metrics"),
        (GOOD, "metrics: []", "catalogue.yaml: expected the keys conditions, left_out, metrics"),
        (GOOD, "metrics: [", "catalogue.yaml: is not YAML"),
    ],
)
def test_a_bad_catalogue_is_refused(old, new, message):
    """Each rule has its sentence."""
    assert old in GOOD
    with pytest.raises(CatalogueError, match=re.escape(message)):
        parse(GOOD.replace(old, new))


def test_a_name_that_is_not_in_the_catalogue_is_an_error():
    """So that names are born in one place."""
    with pytest.raises(CatalogueError, match=r"spark_app_down is not in catalogue\.yaml"):
        catalogue.load()["spark_app_down"]


def test_the_wrong_number_of_labels_is_an_error():
    """The labels of the catalogue are those that are printed."""
    with pytest.raises(CatalogueError, match="spark_app_up has the labels app_id, app_name"):
        catalogue.load()["spark_app_up"].line(("app-1",), 1)


def test_names_follow_the_rules_of_promlint():
    """No abbreviated or scaled units, no type in a name, no suffix of histograms."""
    bad = re.compile(
        r"_(ms|millis\w*|sec|secs|minutes?|hours?|kb|mb|gb|bits|counter|gauge|bucket|sum|count)(_|$)"
    )
    assert [name for name in catalogue.load().entries if bad.search(name)] == []


SCOPED = re.compile(r"spark_(app|stage|executor)_(.+)")
EXCEPTIONS = (
    # A stage has all of its tasks in one gauge by state; those that ended are counters elsewhere, by status
    # of an application and one by one of an executor, whose thread pool counts once more by itself.
    {"tasks", "tasks_total", "tasks_active", "tasks_failed_total", "threadpool_succeeded_tasks_total"},
)
"""Rests of names that stand for the same field in several scopes all the same."""


def spark_words(field):
    """Return what a field of an application, an executor or a stage is about, however Spark spells it.

    ``app.shuffleRead.remoteMergedReqsDuration`` is ``stages.shuffleMergedRemoteReqsDuration``.
    """
    scope, _, path = field.partition(".")
    if scope not in ("app", "executor", "allexecutors", "stages"):
        return None
    words = {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", path)}
    words = {"write" if word == "written" else word for word in words} - {"metrics", "num"}
    words = {"succeeded" if word == "complete" and "tasks" in words else word for word in words}
    return frozenset(words - {"read"} if "shuffle" in words else words)


def test_a_field_of_spark_has_one_name_in_all_scopes():
    """``spark_stage_x`` is of a stage what ``spark_app_x`` is of an application."""
    rests, scopes = defaultdict(set), defaultdict(set)
    for name, entry in catalogue.load().entries.items():
        found = SCOPED.fullmatch(name)
        for origin in entry.origins if found is not None else ():
            words = spark_words(origin.field)
            if words is not None:
                rests[words].add(found[2])
                scopes[words].add(found[1])
    different = [found for found in rests.values() if len(found) > 1]

    assert len([found for found in scopes.values() if len(found) > 1]) > 20
    assert [found for found in different if not any(found <= known for known in EXCEPTIONS)] == []


def test_everything_that_prometheus_client_says_of_the_process_is_known():
    """The version under test publishes nothing that the catalogue lacks."""
    samples = ProcessSamples(catalogue.load())
    published = {sample.name for family in samples._registry.collect() for sample in family.samples}

    assert published == {name for name, _, _ in samples.read()}
    assert "python_info" in published


@pytest.mark.parametrize("name", ["flags", "metrics"])
def test_the_documents_are_fresh(name):
    """What the repository holds is what the code says, and it tells how it is made."""
    page = getattr(docs, f"{name}_page")()

    assert (DOCS / f"{name}.md").read_text("utf-8") == page
    assert page.startswith("<!-- Written by `make docs`. Do not edit. -->\n")


def test_the_documents_name_every_metric_and_flag():
    """Nothing is published that cannot be looked up."""
    assert all(f"| `{name}` |" in docs.metrics_page() for name in catalogue.load().entries)
    assert "`--web.listen-address HOST:PORT`" in docs.flags_page()
    assert "`SPARK_EXPORTER_WEB_LISTEN_ADDRESS`" in docs.flags_page()
