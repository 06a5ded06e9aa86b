"""The Helm chart in a real API server: install, upgrade, rollback, uninstall, and what the daemon may do."""

import itertools
import json
import subprocess

import pytest

import crds
import helm
from requirements import require_built

KINDS = (
    "configmaps,secrets,services,serviceaccounts,deployments,statefulsets,roles,rolebindings,networkpolicies,"
    "poddisruptionbudgets,servicemonitors,prometheusrules"
)
_releases = itertools.count()


class Cluster:
    """helm and kubectl at an API server, in one namespace."""

    def __init__(self, server, namespace):
        """Start with what the namespace has."""
        self.namespace = namespace
        self.release = f"chart-{next(_releases)}"
        self._access = [f"--kubeconfig={server.kubeconfig}", f"--namespace={namespace}"]

    def helm(self, *arguments):
        """Run helm, which must succeed."""
        answer = helm.run(*arguments, *self._access)
        assert answer.returncode == 0, answer.stderr
        return answer.stdout

    def kubectl(self, *arguments, check=True):
        """Run kubectl; return what it says."""
        command = [require_built("kubectl"), *arguments, *self._access]
        answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert answer.returncode == 0 or not check, answer.stderr
        return answer.stdout

    def objects(self):
        """Return each object of the release, by kind and name."""
        selector = f"--selector=app.kubernetes.io/instance={self.release}"
        found = json.loads(self.kubectl("get", KINDS, selector, "--output=json"))["items"]
        return {(one["kind"], one["metadata"]["name"]): one for one in found}

    def may(self, verb, resource, *flags):
        """Say whether the daemon's service account may do this."""
        account = f"--as=system:serviceaccount:{self.namespace}:{self.release}-spark-exporter"
        return self.kubectl("auth", "can-i", verb, resource, account, *flags, check=False).strip() == "yes"


@pytest.fixture
def cluster(shared_api_server, namespace):
    """A namespace in an API server that knows the resources of Prometheus' operator."""
    made = Cluster(shared_api_server, namespace)
    for kind in ("ServiceMonitor", "PodMonitor", "PrometheusRule"):
        made.kubectl("apply", "--server-side", f"--filename={crds.file(kind)}")
        name = crds.file(kind).stem.replace("monitoring.coreos.com_", "")
        made.kubectl(
            "wait", "--for=condition=Established", f"crd/{name}.monitoring.coreos.com", "--timeout=60s"
        )
    return made


def versions(objects):
    return {key: one["metadata"]["resourceVersion"] for key, one in objects.items()}


def test_a_changed_threshold_changes_the_rule_and_nothing_else(cluster):
    """Also with a token that was generated; a rollback takes it back, and uninstalling leaves nothing."""
    cluster.helm("install", cluster.release, helm.CHART)
    before = cluster.objects()
    assert {kind for kind, _ in before} >= {
        "Deployment",
        "ServiceMonitor",
        "PrometheusRule",
        "Secret",
        "Role",
    }

    changed = "--set=rules.thresholds.gc_share_ratio=0.37"
    cluster.helm("upgrade", cluster.release, helm.CHART, changed)
    after = cluster.objects()
    rule = ("PrometheusRule", f"{cluster.release}-spark-exporter")
    assert {key for key in before if versions(before)[key] != versions(after).get(key)} == {rule}
    assert after.keys() == before.keys()
    assert "ratio_rate5m > 0.37" in json.dumps(after[rule])

    cluster.helm("rollback", cluster.release, "1")
    assert cluster.objects()[rule]["spec"] == before[rule]["spec"]
    assert cluster.objects().keys() == before.keys()

    cluster.helm("uninstall", cluster.release)
    assert cluster.objects() == {}


def test_the_daemon_may_watch_pods_and_nothing_else(cluster):
    """As its service account: not in other namespaces, no other resource, and no change."""
    cluster.helm("install", cluster.release, helm.CHART)
    assert all(cluster.may(verb, "pods") for verb in ("get", "list", "watch"))
    assert not any(cluster.may(verb, "pods") for verb in ("create", "update", "patch", "delete"))
    others = ("secrets", "configmaps", "services", "endpoints", "events")
    assert not any(cluster.may(verb, one) for verb in ("get", "list") for one in others)
    assert not cluster.may("get", "pods", "--subresource=log")
    assert not cluster.may("create", "pods", "--subresource=exec")
    assert not cluster.may("list", "pods", "--all-namespaces")
    cluster.helm("uninstall", cluster.release)


@pytest.mark.parametrize("example", ["sharded", "served", "history", "sidecar"])
def test_the_server_takes_every_resource(cluster, example):
    """In a namespace with the strictest standard for pods, also the daemon's pods themselves."""
    cluster.kubectl(
        "label",
        "namespace",
        cluster.namespace,
        "pod-security.kubernetes.io/enforce=restricted",
        "--overwrite",
    )
    values = helm.CHART / "ci" / f"{example}-values.yaml"
    for namespace in ("etl", "ml"):
        made = cluster.kubectl("create", "namespace", namespace, "--dry-run=client", "--output=name")
        assert made.strip() == f"namespace/{namespace}"
        cluster.kubectl("create", "namespace", namespace, check=False)
    cluster.helm("install", cluster.release, helm.CHART, f"--values={values}")
    for (kind, _), one in cluster.objects().items():
        if kind in {"Deployment", "StatefulSet"}:
            pod = {"apiVersion": "v1", "kind": "Pod", **one["spec"]["template"]}
            claims = [claim["metadata"]["name"] for claim in one["spec"].get("volumeClaimTemplates", ())]
            spec = pod["spec"]
            spec["volumes"] = spec.get("volumes", []) + [{"name": name, "emptyDir": {}} for name in claims]
            pod["metadata"] = {**pod["metadata"], "name": "as-made", "namespace": cluster.namespace}
            command = [
                require_built("kubectl"),
                "create",
                "--filename=-",
                "--dry-run=server",
                *cluster._access,
            ]
            answer = subprocess.run(
                command, input=json.dumps(pod), capture_output=True, text=True, check=False, timeout=120
            )
            assert answer.returncode == 0, answer.stderr
            assert "Warning" not in answer.stderr
    cluster.helm("uninstall", cluster.release)
