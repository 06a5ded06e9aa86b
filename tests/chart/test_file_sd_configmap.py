"""The ConfigMap with targets outside of the cluster."""

import json

import helm

TARGETS = [
    {"targets": ["driver-1:4040", "driver-2:4040"], "labels": {"cluster": "yarn"}},
    {"targets": ["x:1"]},
]
NAME = "spark-exporter-file-sd"


def test_the_file_has_the_targets_and_the_daemon_reads_it():
    """What is given is in the file, in Prometheus' format."""
    documents = helm.render({"fileSd": {"targets": TARGETS}})
    made = helm.one(documents, "ConfigMap", NAME)
    assert json.loads(made["data"]["targets.json"]) == TARGETS
    assert "--file-sd.path=/etc/spark-exporter/file-sd/targets.json" in helm.daemon(documents)["args"]
    volumes = helm.one(documents, "Deployment")["spec"]["template"]["spec"]["volumes"]
    assert {"name": "file-sd", "configMap": {"name": NAME}} in volumes


def test_an_existing_configmap_is_used():
    """Each file that is named is a flag; nothing is made."""
    given = {"existingConfigMap": "theirs", "files": ["a.json", "b.yaml"]}
    documents = helm.render({"fileSd": given})
    assert NAME not in {one["metadata"]["name"] for one in helm.all_of(documents, "ConfigMap")}
    flags = [one for one in helm.daemon(documents)["args"] if one.startswith("--file-sd.path=")]
    assert flags == [f"--file-sd.path=/etc/spark-exporter/file-sd/{file}" for file in given["files"]]
    volumes = helm.one(documents, "Deployment")["spec"]["template"]["spec"]["volumes"]
    assert {"name": "file-sd", "configMap": {"name": "theirs"}} in volumes


def test_none_by_default():
    """Nothing is mounted, and no flag is given."""
    documents = helm.render()
    assert NAME not in {one["metadata"]["name"] for one in helm.all_of(documents, "ConfigMap")}
    assert not any("file-sd" in argument for argument in helm.daemon(documents)["args"])
