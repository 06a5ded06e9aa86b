"""Where the namespace chooses users and groups, no pod of the chart asks for one."""

import pytest
import yaml

import helm

EXAMPLE = helm.CHART / "ci" / "openshift-values.yaml"
CHOSEN = {"runAsUser", "runAsGroup", "fsGroup"}
SIDECAR = {"mode": "sidecar", "sidecar": {"runAsUser": ""}, "plugin": {"runAsUser": ""}}


def pods(documents):
    """Return the spec of every pod: the daemon's, that of ``helm test``, those for Spark."""
    found = [one["spec"] for one in helm.all_of(documents, "Pod")]
    found += [one["spec"]["template"]["spec"] for one in helm.all_of(documents, "Deployment")]
    data = helm.one(documents, "ConfigMap", "spark-exporter-spark")["data"]
    return found + [yaml.safe_load(text)["spec"] for name, text in data.items() if name.endswith(".yaml")]


def contexts(pod):
    """Return the security context of each container of ours, with what it has from the pod."""
    for container in [*pod.get("initContainers", ()), *pod["containers"]]:
        if "image" in container:
            yield {**pod.get("securityContext", {}), **container["securityContext"]}


@pytest.mark.parametrize("mode", ["fleet", "sidecar"])
def test_no_user_and_no_group_is_asked_for(mode):
    """All the rest stays as the strictest standard wants it."""
    documents = helm.render(files=(EXAMPLE,)) if mode == "fleet" else helm.render(SIDECAR)
    found = [context for pod in pods(documents) for context in contexts(pod)]
    # The daemon, that of `helm test`, copies for driver and executor; or both copies and the sidecar.
    assert len(found) == {"fleet": 4, "sidecar": 3}[mode]
    for context in found:
        assert not CHOSEN & context.keys()
        assert context["runAsNonRoot"] is True
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        assert context["capabilities"] == {"drop": ["ALL"]}


def test_elsewhere_every_container_has_a_user():
    """So that a pod of Spark that runs as root does not keep ours from starting."""
    for mode in ("fleet", "sidecar"):
        found = [context for pod in pods(helm.render({"mode": mode})) for context in contexts(pod)]
        assert found
        assert all(context["runAsUser"] for context in found)
