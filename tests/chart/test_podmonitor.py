"""The PodMonitor for sidecars."""

import pytest
import yaml

import helm


def render(**values):
    return helm.render({"mode": "sidecar", **values}, apis=helm.OPERATOR)


def test_it_finds_the_sidecars_of_this_release_alone():
    """By the label and the port of the pod template."""
    documents = render()
    spec = helm.one(documents, "PodMonitor")["spec"]
    made = helm.one(documents, "ConfigMap", "spark-exporter-spark")["data"]["driver-pod-template.yaml"]
    driver = yaml.safe_load(made)
    assert spec["selector"]["matchLabels"] == driver["metadata"]["labels"]
    (sidecar,) = (one for one in driver["spec"]["initContainers"] if one.get("restartPolicy") == "Always")
    assert spec["podMetricsEndpoints"][0]["port"] == sidecar["ports"][0]["name"]


def test_job_and_labels_are_those_of_a_fleet():
    """Dashboards and rules know no difference."""
    (endpoint,) = helm.one(render(), "PodMonitor")["spec"]["podMetricsEndpoints"]
    assert endpoint["relabelings"] == [{"targetLabel": "job", "replacement": "spark-exporter"}]
    assert endpoint["honorLabels"] is True


@pytest.mark.parametrize(
    ("discovery", "selector"),
    [
        ({}, {"matchNames": [helm.NAMESPACE]}),
        ({"namespaces": ["etl", "ml"]}, {"matchNames": ["etl", "ml"]}),
        ({"allNamespaces": True}, {"any": True}),
    ],
)
def test_namespaces(discovery, selector):
    """Those of discovery, where drivers are."""
    assert helm.one(render(discovery=discovery), "PodMonitor")["spec"]["namespaceSelector"] == selector


def test_settings_are_the_users():
    """Labels, times and relabelings are handed on."""
    given = {
        "namespace": "monitoring",
        "labels": {"release": "kube-prometheus-stack"},
        "interval": "20s",
        "scrapeTimeout": "5s",
        "relabelings": [{"targetLabel": "cluster", "replacement": "a"}],
        "metricRelabelings": [{"action": "labeldrop", "regex": "x"}],
    }
    made = helm.one(render(podMonitor=given), "PodMonitor")
    (endpoint,) = made["spec"]["podMetricsEndpoints"]
    assert made["metadata"]["namespace"] == "monitoring"
    assert made["metadata"]["labels"]["release"] == "kube-prometheus-stack"
    assert (endpoint["interval"], endpoint["scrapeTimeout"]) == ("20s", "5s")
    assert endpoint["relabelings"][1:] == given["relabelings"]
    assert endpoint["metricRelabelings"] == given["metricRelabelings"]


@pytest.mark.parametrize(
    ("values", "apis"),
    [
        ({"mode": "sidecar"}, ()),
        ({"mode": "sidecar", "podMonitor": {"enabled": False}}, helm.OPERATOR),
        ({"mode": "fleet"}, helm.OPERATOR),
    ],
)
def test_none_without_operator_or_sidecars(values, apis):
    """Nor where the user wants none."""
    assert helm.all_of(helm.render(values, apis=apis), "PodMonitor") == []
