"""The schema of the values has the values, and the flags of the daemon."""

import json

import pytest
import yaml
from jsonschema import Draft7Validator

import helm
from exporter.daemon.flags import SERVE

SCHEMA = json.loads((helm.CHART / "values.schema.json").read_text())
VALUES = yaml.safe_load((helm.CHART / "values.yaml").read_text())
FREE = {
    "resources", "podSecurityContext", "securityContext", "affinity", "scrapeConfig",
    "commonLabels", "labels", "annotations", "podAnnotations", "podLabels", "nodeSelector", "users", "global",
}  # fmt: skip
"""Keys whose content is Kubernetes', or has names of the user's."""


def objects(schema, path=()):
    """Return every object in the schema that is not free, by its path."""
    if schema.get("type") != "object" or (path and path[-1] in FREE):
        return
    yield path, schema
    for key, below in schema.get("properties", {}).items():
        yield from objects(below, (*path, key))


OBJECTS = dict(objects(SCHEMA))
FLAGS = OBJECTS["exporter", "flags"]["properties"]


def at(document, path):
    for key in path:
        document = document[key]
    return document


def test_every_value_is_in_the_schema_and_no_other():
    """What values.yaml has at each place is what the schema allows there: nothing else is taken."""
    assert len(OBJECTS) > 30
    for path, schema in OBJECTS.items():
        assert schema["additionalProperties"] is False, path
        if path != ("exporter", "flags"):
            assert set(schema["properties"]) - {"global"} == set(at(VALUES, path)), path


def test_flags_are_those_of_the_daemon_that_the_chart_does_not_set():
    """A flag has one place: a value of its own, or exporter.flags."""
    assert FLAGS.keys() < {flag.name for flag in SERVE}
    set_by_the_chart = {
        argument.partition("=")[0][2:]
        for example in helm.EXAMPLES
        for one in helm.render({}, files=(example,), apis=helm.CERT_MANAGER)
        if one["kind"] in {"Deployment", "StatefulSet"}
        for argument in helm.daemon([one])["args"]
    } - set(yaml.safe_load((helm.CHART / "ci" / "sharded-values.yaml").read_text())["exporter"]["flags"])
    assert not set_by_the_chart & FLAGS.keys()


@pytest.mark.parametrize("flag", [flag for flag in SERVE if flag.name in FLAGS], ids=lambda flag: flag.name)
@pytest.mark.parametrize(
    "text", ["", "soon", "15m", "1m30s", "15 minutes", "100", "-1", "true", "yes", "info", "a=>b", "storage"]
)
def test_flags_take_what_the_daemon_takes(flag, text):
    """What the daemon would refuse when it starts is refused when the chart is installed."""
    try:
        flag.parse(text)
    except ValueError:
        taken = False
    else:
        taken = True
    schema = Draft7Validator(FLAGS[flag.name])
    assert schema.is_valid(text) is taken
    if flag.repeatable:
        assert schema.is_valid([text]) is taken


def test_the_daemon_knows_every_flag_that_the_chart_sets():
    """All arguments, of the sidecar, too, are flags of ``spark-exporter serve``."""
    known = {flag.name for flag in SERVE}
    for example in helm.EXAMPLES:
        for one in helm.render({}, files=(example,), apis=helm.OPERATOR + helm.CERT_MANAGER):
            for argument in arguments(one):
                assert argument.partition("=")[0][2:] in known, f"{example.name}: {argument}"


def arguments(document):
    """Return the daemon's arguments in a workload, or in the pod template for drivers."""
    if document["kind"] in {"Deployment", "StatefulSet"}:
        return helm.daemon([document])["args"][1:]
    template = document.get("data", {}).get("driver-pod-template.yaml")
    if template is None:
        return []
    containers = yaml.safe_load(template)["spec"]["initContainers"]
    return [word for one in containers for word in one["args"][1:] if one["args"][0] == "serve"]
