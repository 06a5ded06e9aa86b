"""The dashboards, as ConfigMaps for the sidecar of Grafana's chart."""

import json

import helm

LARGEST = 1024 * 1024
"""Bytes that a ConfigMap may have."""


def dashboards(values=None):
    made = helm.all_of(helm.render(values), "ConfigMap")
    return [one for one in made if any(name.endswith(".json") for name in one["data"])]


def test_each_dashboard_is_what_the_project_writes():
    """None is missing, none is another, and legends in braces survive."""
    sources = helm.ROOT / "dashboards" / "generated"
    wanted = {f"spark-exporter-{path.name}": path.read_text() for path in sources.glob("*.json")}
    found = {name: text for one in dashboards() for name, text in one["data"].items()}
    assert {name: json.loads(text) for name, text in found.items()} == {
        name: json.loads(text) for name, text in wanted.items()
    }
    assert any("{{" in text for text in found.values())
    assert max(map(len, found.values())) < LARGEST


def test_grafanas_sidecar_finds_them():
    """By its usual label, into a folder of their own."""
    for one in dashboards():
        assert one["metadata"]["labels"]["grafana_dashboard"] == "1"
        assert one["metadata"]["annotations"] == {"grafana_folder": "Spark"}


def test_label_folder_and_namespace_are_the_users():
    """All are handed on."""
    given = {
        "namespace": "monitoring",
        "labels": {"team": "data", "grafana_dashboard": "yes"},
        "annotations": {"grafana_folder": "Ours"},
    }
    for one in dashboards({"dashboards": given}):
        assert one["metadata"]["namespace"] == "monitoring"
        assert given["labels"].items() <= one["metadata"]["labels"].items()
        assert one["metadata"]["annotations"] == given["annotations"]


def test_they_can_be_left_out():
    """Where Grafana has them from elsewhere."""
    assert dashboards({"dashboards": {"enabled": False}}) == []


def test_sidecars_have_them_too():
    """The dashboards are the same in every mode."""
    assert len(dashboards({"mode": "sidecar"})) == len(dashboards())
