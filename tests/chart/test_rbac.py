"""What the daemon may do in the cluster: watch pods, and nothing else."""

import pytest

import helm

RULES = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}]
ROLES = {"Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"}


def roles(values=None):
    return [document for document in helm.render(values) if document["kind"] in ROLES]


def check_binding(role, binding):
    assert role["rules"] == RULES
    assert binding["roleRef"] == {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": role["kind"],
        "name": role["metadata"]["name"],
    }
    assert binding["subjects"] == [
        {"kind": "ServiceAccount", "name": "spark-exporter", "namespace": helm.NAMESPACE}
    ]


def test_in_its_own_namespace():
    """By default there is one Role, where the chart is."""
    role, binding = roles()
    assert (role["kind"], role["metadata"]["namespace"]) == ("Role", helm.NAMESPACE)
    check_binding(role, binding)


def test_in_some_namespaces():
    """Each has a Role, the daemon's own only if it is named, and nothing is of the whole cluster."""
    made = roles({"discovery": {"namespaces": ["etl", "ml", "etl"]}})
    assert {one["kind"] for one in made} == {"Role", "RoleBinding"}
    for namespace in ("etl", "ml"):
        role, binding = (one for one in made if one["metadata"]["namespace"] == namespace)
        check_binding(role, binding)
    assert len(made) == 4


def test_in_all_namespaces():
    """Only then there is a ClusterRole, with a name that another release does not have."""
    role, binding = roles({"discovery": {"allNamespaces": True}})
    assert (role["kind"], binding["kind"]) == ("ClusterRole", "ClusterRoleBinding")
    assert role["metadata"]["name"] == f"{helm.NAMESPACE}-spark-exporter"
    check_binding(role, binding)


@pytest.mark.parametrize(
    "values",
    [
        {"rbac": {"create": False}},
        {"mode": "sidecar"},
        {"discovery": {"enabled": False}, "targets": ["http://driver:4040"]},
    ],
)
def test_nothing_is_allowed_where_nothing_is_watched(values):
    """Sidecars and given targets need no right."""
    assert roles(values) == []
