"""The pod templates that the chart makes for Spark are pods."""

import kubernetes_validate
import pytest
import yaml

import helm


@pytest.mark.parametrize(
    "values", [{}, {"mode": "sidecar"}, {"plugin": {"delivery": "none"}, "mode": "sidecar"}]
)
def test_the_templates_are_pods(values):
    """Kubernetes takes each as it is, once Spark has given its container an image."""
    data = helm.one(helm.render(values), "ConfigMap", "spark-exporter-spark")["data"]
    templates = {name: yaml.safe_load(text) for name, text in data.items() if name.endswith(".yaml")}
    assert "driver-pod-template.yaml" in templates
    for pod in templates.values():
        for container in pod["spec"]["containers"]:
            container["image"] = "spark"
        kubernetes_validate.validate(pod, "1.29", strict=True)
