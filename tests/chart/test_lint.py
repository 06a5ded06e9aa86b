"""The chart as a whole: lint, and the schemas of every version of Kubernetes and of the operators."""

import json
from functools import cache
from pathlib import Path

import kubernetes_validate
import pytest

import crds
import helm

SCHEMAS = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
OLDEST = 29
MINORS = sorted(
    minor
    for folder in SCHEMAS.glob("v1.*-local-strict")
    if (minor := int(folder.name.split(".")[1])) >= OLDEST
)
EVERYTHING = helm.OPERATOR + helm.CERT_MANAGER
EXAMPLES = {path.stem: path for path in helm.EXAMPLES}
MODES = {
    "fleet": {},
    "fleet without the plugin": {"plugin": {"delivery": "none"}, "control": {"enabled": False}},
    "fleet that serves the plugin": {"plugin": {"delivery": "served", "served": {"checksum": "01234567"}}},
    "shards": {"sharding": {"shards": 3}},
    "sidecar": {"mode": "sidecar"},
    "sidecar without the plugin": {"mode": "sidecar", "plugin": {"delivery": "none"}},
    "history server": {"historyServer": {"url": "http://history:18080"}},
    "file_sd": {"fileSd": {"targets": [{"targets": ["driver:4040"]}]}},
}


def rendered(name, minor, apis=EVERYTHING):
    """Return the resources of a mode or an example, in a cluster of this version."""
    flags = (f"--kube-version=1.{minor}.0",)
    if name in MODES:
        return helm.render(MODES[name], apis=apis, flags=flags)
    return helm.render(apis=apis, files=(EXAMPLES[name],), flags=flags)


@pytest.fixture(scope="module", autouse=True)
def schemas_are_read_once():
    """To load one takes longer than to use it."""
    once = cache(kubernetes_validate.utils.schema_contents)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kubernetes_validate.utils, "schema_contents", once)
        yield


@cache
def check(text, minor):
    """Check a resource, as JSON, by the schema of this version, or by that of its operator.

    Many resources are the same in several installations.
    """
    document = json.loads(text)
    if document["apiVersion"].startswith(("monitoring.coreos.com/", "cert-manager.io/")):
        crds.validate(document)
    else:
        kubernetes_validate.validate(document, f"1.{minor}", strict=True)


@pytest.mark.parametrize("values", helm.EXAMPLES, ids=lambda path: path.stem)
def test_lint_finds_nothing(values):
    """``helm lint --strict`` has no objection, whatever is set."""
    answer = helm.run("lint", "--strict", helm.CHART, "--values", values)
    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize("minor", MINORS)
@pytest.mark.parametrize("name", [*MODES, *EXAMPLES])
def test_resources_fit_every_version_of_kubernetes(name, minor):
    """All resources of each mode and example are what Kubernetes and the operators expect, and no more."""
    documents = rendered(name, minor)
    assert documents
    for document in documents:
        check(json.dumps(document, sort_keys=True), minor)


@pytest.mark.parametrize("mode", MODES)
def test_without_operators_only_resources_of_kubernetes_are_made(mode):
    """A cluster that knows nothing else takes the chart."""
    documents = rendered(mode, MINORS[-1], apis=())
    groups = {document["apiVersion"].partition("/")[0] for document in documents}
    assert groups <= {"v1", "apps", "rbac.authorization.k8s.io", "networking.k8s.io", "policy"}
    assert documents


def test_the_validation_can_fail():
    """The schemas know when a field is misspelt, or of another type."""
    documents = rendered("fleet", MINORS[0])
    service = helm.one(documents, "Service")
    with pytest.raises(kubernetes_validate.ValidationError):
        check(json.dumps({**service, "sepc": {}}), MINORS[0])
    monitor = helm.one(documents, "ServiceMonitor")
    endpoint = {**monitor["spec"]["endpoints"][0], "intervall": "15s"}
    with pytest.raises(crds.ValidationError, match="intervall"):
        check(json.dumps({**monitor, "spec": {**monitor["spec"], "endpoints": [endpoint]}}), MINORS[0])


def test_an_older_kubernetes_is_refused():
    """Before 1.29 there are no sidecars, and helm says so."""
    answer = helm.template({}, flags=("--kube-version=1.28.0",))
    assert answer.returncode != 0
    assert "chart requires kubeVersion: >=1.29.0-0" in answer.stderr


@pytest.mark.parametrize("name", EXAMPLES)
def test_names_and_labels_are_those_that_everybody_uses(name):
    """Every resource has the recommended labels, a legal name, and a namespace if it can have one."""
    names = []
    for document in rendered(name, MINORS[-1]):
        labels = document["metadata"]["labels"]
        assert labels["app.kubernetes.io/name"] == "spark-exporter"
        assert labels["app.kubernetes.io/instance"] == helm.RELEASE
        assert labels["app.kubernetes.io/managed-by"] == "Helm"
        assert ("namespace" in document["metadata"]) != document["kind"].startswith("Cluster")
        assert len(document["metadata"]["name"]) <= 63
        names.append((document["kind"], document["metadata"].get("namespace"), document["metadata"]["name"]))
    assert len({*names}) == len(names)
