"""The chart as a whole: lint, schemas of every version of Kubernetes, and tests for every template."""

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


def rendered(values, minor, apis=EVERYTHING, files=()):
    return helm.render(values, apis=apis, files=files, flags=(f"--kube-version=1.{minor}.0",))


def check(documents, minor):
    """Check every resource by the schema of this version, custom ones by those of their operators."""
    assert documents
    for document in documents:
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
@pytest.mark.parametrize("values", helm.EXAMPLES, ids=lambda path: path.stem)
def test_examples_fit_every_version_of_kubernetes(values, minor):
    """All resources of each example are what Kubernetes and the operators expect, and nothing more."""
    check(rendered({}, minor, files=(values,)), minor)


@pytest.mark.parametrize("minor", [MINORS[0], MINORS[-1]])
@pytest.mark.parametrize("mode", MODES)
def test_modes_fit_the_oldest_and_the_newest_version(mode, minor):
    """So does every mode."""
    check(rendered(MODES[mode], minor), minor)


@pytest.mark.parametrize("mode", MODES)
def test_without_operators_only_resources_of_kubernetes_are_made(mode):
    """A cluster that knows nothing else takes the chart."""
    documents = rendered(MODES[mode], MINORS[-1], apis=())
    groups = {document["apiVersion"].partition("/")[0] for document in documents}
    assert groups <= {"v1", "apps", "rbac.authorization.k8s.io", "networking.k8s.io", "policy"}
    assert documents


def test_the_validation_can_fail():
    """The schemas know when a field is misspelt, or of another type."""
    service = helm.one(helm.render(apis=EVERYTHING), "Service")
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate({**service, "sepc": {}}, f"1.{MINORS[0]}", strict=True)
    monitor = helm.one(helm.render(apis=EVERYTHING), "ServiceMonitor")
    endpoint = {**monitor["spec"]["endpoints"][0], "intervall": "15s"}
    with pytest.raises(crds.ValidationError, match="intervall"):
        crds.validate({**monitor, "spec": {**monitor["spec"], "endpoints": [endpoint]}})


def test_an_older_kubernetes_is_refused():
    """Before 1.29 there are no sidecars, and helm says so."""
    answer = helm.template({}, flags=("--kube-version=1.28.0",))
    assert answer.returncode != 0
    assert "chart requires kubeVersion: >=1.29.0-0" in answer.stderr


def test_every_template_has_a_test():
    """A new template comes with a file of tests."""
    wanted = {"test_" + Path(path).stem.lower().replace("-", "_") + ".py" for path in helm.template_files()}
    assert wanted - {path.name for path in Path(__file__).parent.iterdir()} == set()


@pytest.mark.parametrize("values", helm.EXAMPLES, ids=lambda path: path.stem)
def test_names_and_labels_are_those_that_everybody_uses(values):
    """Every resource has the recommended labels, a legal name, and a namespace if it can have one."""
    names = set()
    for document in helm.render({}, apis=EVERYTHING, files=(values,)):
        labels = document["metadata"]["labels"]
        assert labels["app.kubernetes.io/name"] == "spark-exporter"
        assert labels["app.kubernetes.io/instance"] == helm.RELEASE
        assert labels["app.kubernetes.io/managed-by"] == "Helm"
        assert ("namespace" in document["metadata"]) != document["kind"].startswith("Cluster")
        assert len(document["metadata"]["name"]) <= 63
        names.add((document["kind"], document["metadata"].get("namespace"), document["metadata"]["name"]))
    assert len(names) == len(helm.render({}, apis=EVERYTHING, files=(values,)))
