"""The schema of the values: what is misspelt or of the wrong form is refused before anything is rendered."""

import json

import pytest
import yaml

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


def at(document, path):
    for key in path:
        document = document[key]
    return document


def refused(values, *words):
    """Check that the values are refused by the schema, with these words."""
    answer = helm.template(values)
    assert answer.returncode != 0
    assert "values don't meet the specifications of the schema" in answer.stderr
    for word in words:
        assert word in answer.stderr


@pytest.mark.parametrize("path", OBJECTS, ids=lambda path: ".".join(path) or "top")
def test_every_value_is_in_the_schema_and_no_other(path):
    """What values.yaml has at each place is what the schema allows there."""
    assert OBJECTS[path]["additionalProperties"] is False
    if path != ("exporter", "flags"):
        assert set(OBJECTS[path]["properties"]) - {"global"} == set(at(VALUES, path))


@pytest.mark.parametrize("path", OBJECTS, ids=lambda path: ".".join(path) or "top")
def test_an_unknown_key_is_refused(path):
    """At every place, and the sentence names it."""
    values = {"mispelt": 1}
    for key in reversed(path):
        values = {key: values}
    refused(values, "additional properties 'mispelt' not allowed")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"mode": "cluster"}, ("/mode", "'fleet', 'sidecar'")),
        ({"discovery": {"allowedPorts": "all"}}, ("/discovery/allowedPorts",)),
        ({"discovery": {"uiPort": 70000}}, ("/discovery/uiPort",)),
        ({"discovery": {"selectors": []}}, ("/discovery/selectors",)),
        ({"discovery": {"namespaces": ["Etl"]}}, ("/discovery/namespaces/0",)),
        ({"discovery": {"allowedAddresses": ["everywhere"]}}, ("/discovery/allowedAddresses/0",)),
        ({"sharding": {"shards": 0}}, ("/sharding/shards",)),
        ({"historyServer": {"url": "history:18080"}}, ("/historyServer/url",)),
        ({"targets": ["driver:4040"]}, ("/targets/0",)),
        ({"fileSd": {"targets": [{"labels": {}}]}}, ("/fileSd/targets/0", "targets")),
        ({"fileSd": {"files": ["a.txt"]}}, ("/fileSd/files/0",)),
        ({"plugin": {"delivery": "image"}}, ("/plugin/delivery", "'init', 'served', 'none'")),
        ({"plugin": {"directory": "opt"}}, ("/plugin/directory",)),
        ({"plugin": {"served": {"checksum": "latest"}}}, ("/plugin/served/checksum",)),
        ({"control": {"allow": ["everything"]}}, ("/control/allow/0",)),
        ({"sidecar": {"runAsUser": 0}}, ("/sidecar/runAsUser",)),
        ({"sidecar": {"lastScrapeSeconds": "20s"}}, ("/sidecar/lastScrapeSeconds",)),
        ({"web": {"basicAuth": {"users": {"me": "password"}}}}, ("/web/basicAuth/users/me",)),
        ({"serviceMonitor": {"enabled": "yes"}}, ("/serviceMonitor/enabled",)),
        ({"serviceMonitor": {"interval": "15"}}, ("/serviceMonitor/interval",)),
        ({"image": {"digest": "latest"}}, ("/image/digest",)),
        ({"podDisruptionBudget": {"maxUnavailable": 0}}, ("/podDisruptionBudget/maxUnavailable",)),
        ({"rules": {"thresholds": {"gc_share_ratio": -1}}}, ("/rules/thresholds/gc_share_ratio",)),
        ({"rules": {"thresholds": {"gc_share_ratio": "much"}}}, ("/rules/thresholds/gc_share_ratio",)),
        ({"rules": {"windows": {"end_window": "0s"}}}, ("/rules/windows/end_window",)),
        ({"rules": {"windows": {"end_window": "1m1h"}}}, ("/rules/windows/end_window",)),
        ({"rules": {"alerts": {"SparkJobsFailing": {"severity": "page"}}}}, ("severity", "'critical'")),
        ({"rules": {"selector": "spark"}}, ("/rules/selector",)),
        ({"exporter": {"flags": {"retention": {}}}}, ("/exporter/flags/retention",)),
    ],
)
def test_a_value_of_the_wrong_form_is_refused(values, words):
    """The message names the place, and where there is a choice what to choose from."""
    refused(values, *words)


def test_flags_are_those_of_the_daemon_that_the_chart_does_not_set():
    """A flag has one place: a value of its own, or exporter.flags."""
    flags = OBJECTS["exporter", "flags"]["properties"]
    assert flags.keys() < {flag.name for flag in SERVE}
    set_by_the_chart = {
        argument.partition("=")[0][2:]
        for example in helm.EXAMPLES
        for one in helm.render({}, files=(example,), apis=helm.CERT_MANAGER)
        if one["kind"] in {"Deployment", "StatefulSet"}
        for argument in helm.daemon([one])["args"]
    } - set(yaml.safe_load((helm.CHART / "ci" / "sharded-values.yaml").read_text())["exporter"]["flags"])
    assert not set_by_the_chart & flags.keys()
    refused({"exporter": {"flags": {"token-file": "x"}}}, "additional properties 'token-file' not allowed")


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
