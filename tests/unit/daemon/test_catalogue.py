"""The catalogue is checked strictly, and code and documents agree with it."""

import re
from pathlib import Path

import pytest

from exporter.daemon import catalogue, docs
from exporter.daemon.errors import CatalogueError
from exporter.daemon.process import ProcessSamples

DOCS = Path(__file__).resolve().parents[3] / "docs"
GOOD = """
- name: spark_thing_seconds_total
  type: counter
  unit: seconds
  labels: [app_id]
  help: Time.
  source: here
"""


def test_a_good_catalogue_is_read():
    """Name, type, unit, labels and help."""
    entry = catalogue.parse(GOOD)["spark_thing_seconds_total"]

    assert entry.family == ("spark_thing_seconds", "counter", "Time.", "seconds")
    assert entry.line(("a",), 2) == 'spark_thing_seconds_total{app_id="a"} 2.0\n'


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  source: here\n", "", "expected the keys"),
        ("source: here", "source: here\n  extra: 1", "expected the keys"),
        ("spark_thing_seconds_total", "sparkThing_seconds_total", "not a name in snake_case"),
        ("spark_thing_seconds_total", "spark_thing_seconds", "a counter ends in _total"),
        ("type: counter", "type: gauge", "a gauge ends in neither _total nor _info"),
        ("type: counter", "type: summary", "type 'summary' is not one of counter, gauge, info"),
        ("unit: seconds", "unit: bytes", "does not end in its unit 'bytes'"),
        ("labels: [app_id]", "labels: [app_id, app_id]", "a list of different names"),
        ("labels: [app_id]", "labels: [le]", "'le' is not a label name"),
        ("labels: [app_id]", "labels: app_id", "a list of different names"),
        ("help: Time.", "help: Time", "a sentence with a full stop"),
        ("spark_thing_seconds_total", "spark_custom_thing_seconds_total", "belongs to the user's metrics"),
        (GOOD, "a: 1", "expected a list of metrics"),
        (GOOD, GOOD + GOOD, "clashes with an earlier metric"),
    ],
)
def test_a_bad_catalogue_is_refused(old, new, message):
    """Each rule has its sentence."""
    assert old in GOOD
    with pytest.raises(CatalogueError, match=re.escape(message)):
        catalogue.parse(GOOD.replace(old, new))


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
