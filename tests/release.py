"""A release of the chart at a real API server, in a namespace of its own."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import crds
import helm
from running import until

if TYPE_CHECKING:
    from api_server import ApiServer, Document

MONITORING = "/apis/monitoring.coreos.com/v1"
_KINDS = {
    "/api/v1": ("configmaps", "secrets", "services", "serviceaccounts"),
    "/apis/apps/v1": ("deployments", "statefulsets"),
    "/apis/rbac.authorization.k8s.io/v1": ("roles", "rolebindings"),
    "/apis/networking.k8s.io/v1": ("networkpolicies",),
    "/apis/policy/v1": ("poddisruptionbudgets",),
    MONITORING: ("servicemonitors", "podmonitors", "prometheusrules"),
}
_names = itertools.count()


class Release:
    """The chart in one namespace of an API server."""

    def __init__(self, server: ApiServer, namespace: str) -> None:
        """Install nothing yet."""
        self.server, self.namespace = server, namespace
        self.name = f"chart-{next(_names)}"
        self.fullname = f"{self.name}-spark-exporter"

    def install(self, *flags: object) -> str:
        """Install the chart; return its notes."""
        return self.helm("install", self.name, helm.CHART, *flags)

    def upgrade(self, *flags: object) -> str:
        """Upgrade the release; return its notes."""
        return self.helm("upgrade", self.name, helm.CHART, *flags)

    def rollback(self, revision: int) -> None:
        """Go back to an earlier revision of the release."""
        self.helm("rollback", self.name, revision)

    def uninstall(self) -> None:
        """Remove the release."""
        self.helm("uninstall", self.name)

    def helm(self, *arguments: object) -> str:
        """Run helm, which must succeed."""
        answer = helm.run(*arguments, *self.access)
        assert answer.returncode == 0, answer.stderr
        return answer.stdout

    @property
    def access(self) -> list[str]:
        """Flags of helm: where the server and the namespace are."""
        return [f"--kubeconfig={self.server.kubeconfig}", f"--namespace={self.namespace}"]

    def objects(self) -> dict[tuple[str, str], Document]:
        """Return each object of the release, by resource and name."""
        selector = {"labelSelector": f"app.kubernetes.io/instance={self.name}"}
        found = {}
        for group, resources in _KINDS.items():
            for resource in resources:
                path = f"{group}/namespaces/{self.namespace}/{resource}"
                for one in self.server.admin.checked("GET", path, params=selector)["items"]:
                    found[resource, one["metadata"]["name"]] = one
        return found

    def get(self, resource: str, name: str | None = None) -> Document:
        """Return an object, by default the one that is called as the release is."""
        (group,) = (group for group, resources in _KINDS.items() if resource in resources)
        path = f"{group}/namespaces/{self.namespace}/{resource}/{name or self.fullname}"
        return self.server.admin.checked("GET", path)

    def secret(self, name: str, **values: str) -> None:
        """Make a Secret."""
        path = f"/api/v1/namespaces/{self.namespace}/secrets"
        self.server.admin.create(path, {"metadata": {"name": name}, "stringData": values})

    def may(self, verb: str, resource: str, **attributes: str) -> bool:
        """Say whether the daemon's service account may do this, by default in its own namespace."""
        asked = {"verb": verb, "resource": resource, "namespace": self.namespace, **attributes}
        user = f"system:serviceaccount:{self.namespace}:{self.fullname}"
        path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
        review = self.server.admin.create(path, {"spec": {"user": user, "resourceAttributes": asked}})
        return bool(review["status"]["allowed"])


def define_monitoring(server: ApiServer) -> None:
    """Let a server know the resources of Prometheus' operator."""
    for file in crds.file("ServiceMonitor").parent.glob("*.yaml"):
        path, form = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", "application/yaml"
        server.admin.checked("POST", path, data=file.read_bytes(), headers={"Content-Type": form})
    wanted = {"prometheuses", "servicemonitors", "podmonitors", "prometheusrules", "probes"}

    def served() -> bool:
        answer = server.admin.get(MONITORING)
        known = {one["name"] for one in answer.json()["resources"]} if answer.ok else set()
        # Known to helm, and no more "initializing".
        return wanted <= known and all(server.admin.get(f"{MONITORING}/{one}").ok for one in wanted)

    until(served, "the server has them")
