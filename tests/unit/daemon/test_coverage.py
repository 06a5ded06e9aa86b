"""Everything that Spark has to say is published, or left out for a reason; and nothing else is claimed."""

import json
import re
from fnmatch import fnmatchcase
from itertools import product
from pathlib import Path

import pytest
import yaml

from exporter.daemon import catalogue
from exporter.daemon.readings import Vocabulary

DATA = Path(__file__).parent / "data"
PROTOCOL = Path(__file__).resolve().parents[3] / "docs" / "protocol.md"
MENTION = re.compile(r"REST /([\w/]+): ([\w., ]+)")
RECORDINGS = sorted((DATA / "rest").glob("*/*.json"))
RESOURCES = {
    "batches": "streaming/batches",
    "connect_operations": "connect/operations",
    "connect_sessions": "connect/sessions",
    "receivers": "streaming/receivers",
    "statistics": "streaming/statistics",
    "storage": "storage/rdd",
}
"""Of recordings that are not called like what they are of."""
SURFACE = yaml.safe_load((DATA / "surface.yaml").read_text("utf-8"))
KNOWN = catalogue.load()
READINGS = Vocabulary(KNOWN, "reading")


def rest_fields(resource):
    """Return the fields of a resource, ExecutorMetrics spelt out."""
    for field in SURFACE["rest"][resource]:
        names = SURFACE["executor_metrics"] if field.endswith(".*") else [""]
        yield from (f"{resource}.{field.removesuffix('*')}{name}" for name in names)


def mentioned(resource):
    """Return the fields of a resource that ``source`` names in words, as in "REST /jobs: name, status"."""
    for entry in KNOWN.entries.values():
        for found, fields in MENTION.findall(entry.source):
            if found == resource:
                yield from (field.strip() for field in fields.split(","))


def told(document, path=""):
    """Return the dotted names of everything in a document; what is in a list has the name of the list."""
    if isinstance(document, list):
        return {name for item in document for name in told(item, path)}
    if not isinstance(document, dict) or not document:
        return {path}
    return {name for key, item in document.items() for name in told(item, f"{path}.{key}".lstrip("."))}


def dropwizard_names():
    """Return every dotted name that a driver or an executor may have."""
    names = [name for group in SURFACE["dropwizard"].values() for name in group]
    return names + [f"ExecutorMetrics.{name}" for name in SURFACE["executor_metrics"]]


def own_readings():
    """Return the plugin's own readings from the tables of the protocol, one for each pattern."""
    names = []
    for cell in re.findall(r"^\| *(`[^|]*`) *\|", PROTOCOL.read_text("utf-8"), re.MULTILINE):
        stem = ""
        for token in re.findall(r"`([^`]+)`", cell):
            name = stem + token if token.startswith(".") else token
            stem = name.rpartition(".")[0]
            if re.match(r"(app|container|process|jvm)\.", name):
                names += spelt_out(name)
    return names


def spelt_out(name):
    """Return the names that a pattern stands for: ``<a, b>`` is a choice, ``<word>`` is anything."""
    parts = re.split(r"<([^>]+)>", name)
    choices = [part.split(", ") if index % 2 else [part] for index, part in enumerate(parts)]
    return ["".join(chosen) for chosen in product(*choices)]


def left_out(kind, name):
    return any(item.kind == kind and fnmatchcase(name, item.field) for item in KNOWN.left_out)


def matches(field, names):
    """Say whether an origin with placeholders, or a left_out with asterisks, stands for one of the names."""
    pattern = re.sub(r"\{\w+\}", "*", field)
    return any(fnmatchcase(name, pattern) for name in names)


def test_the_surface_is_whole():
    """The numbers that a run of Spark 4.3 on Java 17 has shown."""
    groups = SURFACE["dropwizard"]

    assert (len(SURFACE["executor_metrics"]), len(groups["executor"]), len(groups["jvm"])) == (23, 50, 67)
    names = dropwizard_names()
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_surface_has_whatever_spark_was_heard_to_say(recording):
    """Down to values that are maps of Spark's or the user's own."""
    resource = RESOURCES.get(recording.stem, recording.stem)
    known = {field.removeprefix(f"{resource}.") for field in rest_fields(resource)}
    heard = told(json.loads(recording.read_text("utf-8")))

    assert heard
    assert {name for name in heard if not any(f"{name}.".startswith(f"{field}.") for field in known)} == set()


@pytest.mark.parametrize("resource", SURFACE["rest"])
def test_every_field_of_rest_is_published_or_left_out(resource):
    """By an origin, by being named in the words of a source, or with a reason."""
    origins = {origin.field for _, origin in KNOWN.origins("rest")}
    said = {*mentioned(resource)}
    missing = [
        field
        for field in rest_fields(resource)
        if field not in origins
        and not any(f".{field.removeprefix(f'{resource}.')}".endswith(f".{word}") for word in said)
        and not left_out("rest", field)
    ]

    assert missing == []


def test_every_dropwizard_name_is_published_or_left_out():
    """The 23 values of ExecutorMetrics included; none of them falls to the metric for unknown names."""
    unknown = [
        name for name in dropwizard_names() if not (READINGS.meaning(name) or left_out("reading", name))
    ]

    assert unknown == []


def test_nothing_is_both_published_and_left_out():
    """A reason for not publishing what is published would be a lie."""
    both = [name for name in dropwizard_names() if READINGS.meaning(name) and left_out("reading", name)]

    assert both == []


def test_every_own_reading_is_published_or_left_out():
    """What the plugin adds to Spark's own."""
    names = own_readings()

    assert any(name.startswith("app.") for name in names)
    assert [name for name in names if not (READINGS.meaning(name) or left_out("reading", name))] == []


def test_no_origin_and_no_reason_is_for_nothing():
    """A name that Spark does not have is a mistake."""
    readings = dropwizard_names() + own_readings()
    rest = [field for resource in SURFACE["rest"] for field in rest_fields(resource)]
    claims = [
        (origin.kind, origin.field) for kind in ("reading", "rest") for _, origin in KNOWN.origins(kind)
    ]
    claims += [(item.kind, item.field) for item in KNOWN.left_out]
    names = {"reading": readings, "rest": rest}

    assert [claim for claim in claims if claim[0] in names and not matches(claim[1], names[claim[0]])] == []
