"""The pages about Kubernetes: their commands and blocks work with the chart as it is."""

from __future__ import annotations

import re

import pytest
import yaml

import helm
import pages
import promtool
from exporter.daemon.discovery.pods import SCRAPE

GUIDE = pages.GUIDE[:2]
BLOCKS = [block for page in GUIDE for block in pages.blocks(page, "yaml")]
VALUES = [block for block in BLOCKS if block.text.startswith(pages.VALUES_FILE)]
COMMANDS = [words for page in GUIDE for words in pages.commands(page)]
INSTALLS = [words for words in COMMANDS if words[:2] in (["helm", "install"], ["helm", "upgrade"])]
APIS = (*helm.OPERATOR, *helm.CERT_MANAGER)
TAKEN = {"--create-namespace", "--reset-then-reuse-values"}
"""Flags of helm that say nothing about the values."""


def the_block(word):
    """Return the only block in YAML that has this word."""
    (found,) = (block for block in BLOCKS if word in block.text)
    return yaml.safe_load(found.text)


def names(documents, kind):
    return {document["metadata"]["name"] for document in helm.all_of(documents, kind)}


@pytest.mark.parametrize("words", INSTALLS, ids=" ".join)
def test_commands_of_helm_render(words):
    """With their values, for the release and the namespace that the whole page is about."""
    arguments = words[2:]
    flags = []
    while arguments:
        word = arguments.pop(0)
        if word == "--set":
            flags += [word, arguments.pop(0)]
        elif word == "-n":
            assert arguments.pop(0) == helm.NAMESPACE
        elif word == "--values":
            assert arguments.pop(0) == pages.VALUES_FILE.split()[1]
        elif word not in TAKEN:
            flags.append(word)
    assert flags[:2] == [helm.RELEASE, "helm/spark-exporter"]
    rendered = helm.template(flags=tuple(flags[2:]), apis=APIS)
    assert rendered.returncode == 0, rendered.stderr
    assert yaml.safe_load_all(rendered.stdout)


def test_the_first_command_gets_everything_to_kube_prometheus_stack():
    """What its Prometheus selects by is on both resources."""
    flags = tuple(word for words in INSTALLS[:1] for word in words if word == "--set" or "=" in word)
    documents = helm.render(flags=flags, apis=APIS)
    for kind in ("ServiceMonitor", "PrometheusRule"):
        labels = helm.one(documents, kind)["metadata"]["labels"]
        assert labels["release"] == "kube-prometheus-stack"


@pytest.mark.parametrize("block", VALUES, ids=lambda block: block.text.splitlines()[1])
def test_blocks_of_values_render(block):
    """Each for itself; the schema refuses what it does not know."""
    assert helm.render(yaml.safe_load(block.text), apis=APIS)


def test_every_block_of_values_says_so():
    """Whatever begins with a key of the chart is marked, so that it is rendered above."""
    known = set(yaml.safe_load((helm.CHART / "values.yaml").read_text()))
    for block in BLOCKS:
        assert not known & {*yaml.safe_load(block.text)} or block in VALUES, block.text
    assert len(VALUES) > 5


def test_what_kubectl_is_asked_for_is_there():
    """Services, pods and the like have the names that the chart gives them."""
    documents = helm.render(apis=APIS)
    sharded = helm.render({"sharding": {"shards": 2}})
    (shards,) = names(sharded, "StatefulSet")
    known = {
        "service": names(documents, "Service"),
        "deployment": names(documents, "Deployment"),
        "configmap": names(documents, "ConfigMap"),
        "secret": names(documents, "Secret"),
        "pod": {f"{shards}-0", f"{shards}-1"},
    }
    text = "".join(map(pages.text, GUIDE))
    asked = re.findall(rf"\b({'|'.join(known)})[ /](spark-exporter[\w-]*)", text)
    assert {kind for kind, _ in asked} == {*known}
    for kind, name in asked:
        assert name in known[kind], (kind, name)


def test_the_files_of_the_configmap_are_there():
    """As jsonpath names them."""
    data = helm.one(helm.render(), "ConfigMap", "spark-exporter-spark")["data"]
    asked = re.findall(r"jsonpath='\{\.data\.([^}]+)\}'", pages.text(GUIDE[0]))
    assert {key.replace("\\.", ".") for key in asked} == {*data}


def test_the_token_is_where_the_daemon_of_the_example_looks():
    """``check`` gets the file that the daemon has."""
    (check,) = (words for words in COMMANDS if "check" in words)
    path = check[check.index("--token-file") + 1]
    assert f"--token-file={path}" in helm.daemon(helm.render())["args"]


def test_the_service_account_of_the_examples_is_the_charts():
    """With which its rights are looked at."""
    account = helm.one(helm.render(), "ServiceAccount")["metadata"]
    asked = {word for words in COMMANDS for word in words if word.startswith("--as=")}
    assert asked == {f"--as=system:serviceaccount:{helm.NAMESPACE}:{account['name']}"}


def test_the_policy_of_drivers_lets_the_daemon_in():
    """It selects the daemon's pods in the release's namespace, and the ports of UI and plugin."""
    policy = the_block("spark-exporter-to-drivers")["spec"]
    ((rule),) = policy["ingress"]
    ((peer),) = rule["from"]
    pod = helm.one(helm.render(), "Deployment")["spec"]["template"]
    assert peer["podSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    assert peer["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": helm.NAMESPACE}
    assert [port["port"] for port in rule["ports"]] == [4040, 4061]
    (selector,) = yaml.safe_load((helm.CHART / "values.yaml").read_text())["discovery"]["selectors"]
    assert policy["podSelector"]["matchLabels"] == dict([selector.split("=")])


def test_notebooks_get_the_token_and_let_the_daemon_in():
    """JupyterHub's values name the Secret that the chart makes in its namespace, and the daemon's labels."""
    hub = the_block("singleuser:")["singleuser"]
    own = the_block("component=singleuser-server")
    documents = helm.render(own)
    reference = hub["extraEnv"]["SPARK_EXPORTER_TOKEN"]["valueFrom"]["secretKeyRef"]
    secrets = {
        (document["metadata"]["namespace"], document["metadata"]["name"]): document["data"]
        for document in helm.all_of(documents, "Secret")
    }
    assert reference["key"] in secrets["jupyter", reference["name"]]
    ((rule),) = hub["networkPolicy"]["ingress"]
    ((peer),) = rule["from"]
    pod = helm.one(documents, "Deployment")["spec"]["template"]
    assert peer["podSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    arguments = helm.daemon(documents)["args"]
    assert "--kubernetes.selector=component=singleuser-server" in arguments


@pytest.mark.parametrize(
    ("api", "driver", "executor", "template"),
    [
        ("sparkoperator.k8s.io/v1beta2", "driver", "executor", "template"),
        ("spark.apache.org/v1", "driverSpec", "executorSpec", "podTemplateSpec"),
    ],
)
def test_the_outline_of_a_spark_application_is_that_of_the_notes(notes, api, driver, executor, template):
    """The fields to fill are those that the notes fill."""
    outline = the_block(f"apiVersion: {api}")
    assert outline["apiVersion"] == api
    assert outline["spec"] == {"sparkConf": {}, driver: {template: {}}, executor: {template: {}}}
    said = notes().split(f"({api})\n")[1]
    for field in (
        f"\n  {driver}:\n    {template}:\n",
        f"\n  {executor}:\n    {template}:\n",
        "\n  sparkConf:\n",
    ):
        assert field in said


def scrape_job(role, directory):
    """Return the job for this role: Prometheus takes it, and its name is what the rules look for."""
    config = the_block(f"- role: {role}\n")
    (job,) = config["scrape_configs"]
    assert job["job_name"] == "spark-exporter"
    assert job["honor_labels"] is True
    # Not every build of promtool knows Kubernetes.
    (where,) = job.pop("kubernetes_sd_configs")
    assert where == {"role": role, "namespaces": {"names": [helm.NAMESPACE]}}
    (directory / "prometheus.yml").write_text(yaml.safe_dump(config))
    checked = promtool.run("check", "config", "--syntax-only", directory / "prometheus.yml")
    assert checked.returncode == 0, checked.stderr
    return job


def test_prometheus_finds_the_service(tmp_path):
    """By a label that it has."""
    job = scrape_job("endpoints", tmp_path)
    service = helm.one(helm.render(), "Service")["metadata"]["labels"]
    known = {
        re.sub(r"\W", "_", f"__meta_kubernetes_service_label_{label}"): value
        for label, value in service.items()
    }
    (keep,) = job["relabel_configs"]
    ((label),) = keep["source_labels"]
    assert known[label] == keep["regex"]


def test_prometheus_finds_sidecars_and_says_where_they_are(tmp_path):
    """By the name of their port; as a PodMonitor does, the job makes the labels ``namespace`` and ``pod``."""
    job = scrape_job("pod", tmp_path)
    data = helm.one(helm.render({"mode": "sidecar"}), "ConfigMap", "spark-exporter-spark")["data"]
    containers = yaml.safe_load(data["driver-pod-template.yaml"])["spec"]["initContainers"]
    (port,) = (port["name"] for container in containers for port in container.get("ports", ()))
    keep, *labels = job["relabel_configs"]
    name = "__meta_kubernetes_pod_container_port_name"
    assert keep == {"source_labels": [name], "regex": port, "action": "keep"}
    assert {one["target_label"]: one["source_labels"] for one in labels} == {
        "namespace": ["__meta_kubernetes_namespace"],
        "pod": ["__meta_kubernetes_pod_name"],
    }


def test_a_fleet_leaves_the_drivers_of_sidecars_alone():
    """The annotation of their template is the one that the page has, and the daemon knows."""
    data = helm.one(helm.render({"mode": "sidecar"}), "ConfigMap", "spark-exporter-spark")["data"]
    annotations = yaml.safe_load(data["driver-pod-template.yaml"])["metadata"]["annotations"]
    assert annotations[SCRAPE] == "false"
    assert f'`{SCRAPE}: "false"`' in pages.text(GUIDE[0])


def test_defaults_in_the_text_are_the_charts():
    """Where a number or a range is given for a value."""
    values = yaml.safe_load((helm.CHART / "values.yaml").read_text())
    text = pages.text(GUIDE[0]) + pages.text(GUIDE[1])
    assert f"`sidecar.lastScrapeSeconds` ({values['sidecar']['lastScrapeSeconds']}) at most" in text
    assert f"`sidecar.runAsUser`, {values['sidecar']['runAsUser']}," in text
    assert f"`discovery.allowedPorts` ({values['discovery']['allowedPorts']})" in text
