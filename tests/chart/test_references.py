"""What the resources of an installation say of each other: labels, ports, names and volumes fit."""

import pytest
import yaml

import helm

SPARK = "spark-exporter-spark"
SELECTING = {
    "Deployment": lambda spec: spec["selector"],
    "StatefulSet": lambda spec: spec["selector"],
    "PodDisruptionBudget": lambda spec: spec["selector"],
    "NetworkPolicy": lambda spec: spec["podSelector"],
    "Service": lambda spec: {"matchLabels": spec["selector"]},
}
"""Where a resource says which pods it is about."""
FLEETS = [path for path in helm.EXAMPLES if path.stem != "sidecar-values"]


def rendered(path):
    return helm.render(files=(path,), apis=helm.OPERATOR + helm.CERT_MANAGER)


def workload(documents):
    (found,) = (one for one in documents if one["kind"] in {"Deployment", "StatefulSet"})
    return found


@pytest.mark.parametrize("path", FLEETS, ids=lambda path: path.stem)
def test_what_selects_pods_selects_the_daemons(path):
    """And not the pod of ``helm test``, which must be neither scraped nor counted."""
    documents = rendered(path)
    template = workload(documents)["spec"]["template"]
    test = helm.one(documents, "Pod")
    selecting = [one for one in documents if one["kind"] in SELECTING]
    assert {"Service"} < {one["kind"] for one in selecting}
    for one in selecting:
        labels = SELECTING[one["kind"]](one["spec"])["matchLabels"].items()
        assert labels <= template["metadata"]["labels"].items(), one["kind"]
        assert not labels <= test["metadata"]["labels"].items(), one["kind"]


@pytest.mark.parametrize("path", FLEETS, ids=lambda path: path.stem)
def test_the_way_from_prometheus_to_the_daemon(path):
    """The monitor finds the Service and its port, and that the port of the container."""
    documents = rendered(path)
    service = helm.one(documents, "Service")
    monitor = helm.one(documents, "ServiceMonitor")["spec"]
    assert monitor["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert monitor["namespaceSelector"] == {"matchNames": [service["metadata"]["namespace"]]}
    (endpoint,) = monitor["endpoints"]
    (port,) = service["spec"]["ports"]
    (own,) = helm.daemon(documents)["ports"]
    assert (endpoint["port"], port["targetPort"], own["containerPort"]) == (port["name"], own["name"], 4060)


def test_the_way_from_prometheus_to_a_sidecar():
    """By the label and the port of the pod template."""
    documents = helm.render({"mode": "sidecar"}, apis=helm.OPERATOR)
    monitor = helm.one(documents, "PodMonitor")["spec"]
    driver = yaml.safe_load(helm.one(documents, "ConfigMap", SPARK)["data"]["driver-pod-template.yaml"])
    assert monitor["selector"]["matchLabels"] == driver["metadata"]["labels"]
    (sidecar,) = (one for one in driver["spec"]["initContainers"] if one.get("restartPolicy") == "Always")
    assert monitor["podMetricsEndpoints"][0]["port"] == sidecar["ports"][0]["name"]


@pytest.mark.parametrize("path", FLEETS, ids=lambda path: path.stem)
def test_the_rights_are_those_of_the_daemons_account(path):
    """Each binding is of a role that is there, to the account of the pods."""
    documents = rendered(path)
    account = workload(documents)["spec"]["template"]["spec"]["serviceAccountName"]
    roles = {
        (one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"])
        for one in documents
        if one["kind"] in {"Role", "ClusterRole"}
    }
    bound = set()
    for one in documents:
        if one["kind"] in {"RoleBinding", "ClusterRoleBinding"}:
            reference = one["roleRef"]
            bound.add((reference["kind"], one["metadata"].get("namespace"), reference["name"]))
            assert one["subjects"] == [
                {"kind": "ServiceAccount", "name": account, "namespace": helm.NAMESPACE}
            ]
    assert bound == roles
    assert account in {"default"} | {
        one["metadata"]["name"] for one in helm.all_of(documents, "ServiceAccount")
    }


@pytest.mark.parametrize("path", FLEETS, ids=lambda path: path.stem)
def test_every_mount_has_a_volume(path):
    """And no volume is mounted nowhere."""
    spec = workload(rendered(path))["spec"]
    claims = {one["metadata"]["name"] for one in spec.get("volumeClaimTemplates", ())}
    volumes = {volume["name"] for volume in spec["template"]["spec"]["volumes"]} | claims
    (container,) = spec["template"]["spec"]["containers"]
    assert {mount["name"] for mount in container["volumeMounts"]} == volumes


@pytest.mark.parametrize("path", FLEETS, ids=lambda path: path.stem)
def test_secrets_and_configmaps_of_the_pod_are_there(path):
    """Made by the chart or by cert-manager, or named by the user."""
    documents = rendered(path)
    made = {one["metadata"]["name"] for one in documents if one["kind"] in {"Secret", "ConfigMap"}}
    made |= {one["spec"]["secretName"] for one in helm.all_of(documents, "Certificate")}
    values = yaml.safe_load(path.read_text())
    named = {value for key, value in leaves(values) if key.startswith("existing")}
    volumes = workload(documents)["spec"]["template"]["spec"]["volumes"]
    wanted = {one["secret"]["secretName"] for one in volumes if "secret" in one}
    wanted |= {one["configMap"]["name"] for one in volumes if "configMap" in one}
    assert wanted <= made | named


def leaves(values):
    """Return each value that holds no other, with its key."""
    for key, value in (values or {}).items():
        if isinstance(value, dict):
            yield from leaves(value)
        else:
            yield key, value
