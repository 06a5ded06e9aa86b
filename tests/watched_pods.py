"""Driver pods in a real API server, and the daemon that watches them, as a process."""

from __future__ import annotations

import re
import signal
import sys
import threading
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

sys.path.append(str(Path(__file__).resolve().parent / "unit" / "daemon"))

from fake_driver import FakeDriver, executor, metric
from processes import Process

from running import PATIENCE

DRIVER = {"spark-role": "driver"}
UI_PORT = "spark-exporter.io/ui-port"
NOWHERE = {UI_PORT: "1024"}
"""The annotations of a driver that nobody finds."""
ACCOUNT = "watcher"
LOOPBACK = "--kubernetes.allowed-addresses=127.0.0.0/8"
NOTICED = 10
"""Seconds within which a driver is to be found, and let go."""


class Watcher(Process):
    """A daemon that watches the driver pods of a namespace with the rights of an account there."""

    def __init__(self, server, namespace, *arguments, kubeconfig=None):
        """Start it; all that it logs is kept."""
        super().__init__(
            "--kubernetes.discovery=true",
            f"--kubernetes.kubeconfig={kubeconfig or server.kubeconfig_of_account(namespace, ACCOUNT)}",
            f"--kubernetes.namespace={namespace}",
            *arguments,
        )
        # Whoever does not read what it says would stop it.
        self._reader = threading.Thread(target=lambda: self.lines.extend(self.process.stderr), daemon=True)
        self._reader.start()

    def terminate(self):
        """End it as a cluster does; it must end well."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(PATIENCE) == 0

    def kill(self):
        """End it at once."""
        self.process.kill()
        self.process.wait()

    def samples(self, name):
        """Return all samples of this name, as pairs of labels and value."""
        families = text_string_to_metric_families(self.get().text)
        return [(one.labels, one.value) for family in families for one in family.samples if one.name == name]

    def up(self):
        """Return the applications that are there, as pods and ids."""
        found = self.samples("spark_app_up")
        return {(labels["pod"], labels["app_id"]) for labels, value in found if value == 1.0}

    def states(self):
        """Return the states of all applications by their pods."""
        found = self.samples("spark_app_state")
        return {labels["pod"]: labels["state"] for labels, value in found if value == 1.0}

    def targets(self):
        """Return how many pods are watched."""
        ((_, value),) = self.samples("spark_exporter_discovery_targets")[-1:]
        return int(value)

    def errors(self, reason):
        """Return how often the API server could not be asked for this reason."""
        found = self.samples("spark_exporter_discovery_errors_total")
        (count,) = [value for labels, value in found if labels["reason"] == reason]
        return int(count)

    def refused(self):
        """Return how many pods were refused, by reason, where there are any."""
        found = self.samples("spark_exporter_targets_refused_total")
        return {labels["reason"]: int(value) for labels, value in found if value}

    def said(self, text):
        """Return the lines of its log with this text."""
        return [line for line in self.lines if re.search(text, line)]


def new_driver(app_id):
    """Start a stand-in for a driver on loopback, with an application that has a counter."""
    driver = FakeDriver()
    driver.app |= {"id": app_id}
    driver.plugin.app_id = app_id
    driver.changed(
        metrics=[metric("rows")], series=[[0]], totals=[4.0], executors=[executor("1", [0], [4.0])]
    )
    return driver


def make_account(server, namespace):
    """Make the service account, which may do nothing yet."""
    server.admin.create(f"/api/v1/namespaces/{namespace}/serviceaccounts", {"metadata": {"name": ACCOUNT}})


def allow(server, namespace):
    """Let it list and watch pods, which is all that it needs."""
    rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
    rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["list", "watch"]}
    server.admin.create(f"{rbac}/roles", {"metadata": {"name": ACCOUNT}, "rules": [rule]})
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": ACCOUNT}
    subject = {"kind": "ServiceAccount", "name": ACCOUNT, "namespace": namespace}
    binding = {"metadata": {"name": ACCOUNT}, "roleRef": role, "subjects": [subject]}
    server.admin.create(f"{rbac}/rolebindings", binding)


def make(server, namespace, name, annotations, address="127.0.0.1", **options):
    """Make a driver pod that runs; ``options`` are further ones of ``ApiServer.create_pod``."""
    labels = {**DRIVER, **options.pop("labels", {})}
    server.create_pod(namespace, name, labels=labels, annotations=annotations, **options)
    return server.run_pod(namespace, name, address)


def end(server, namespace, name, exit_code):
    """Say that the container of a driver has ended, and the pod with it."""
    state = {"terminated": {"exitCode": exit_code}}
    status = {
        "name": "main",
        "image": "spark",
        "imageID": "",
        "ready": False,
        "restartCount": 0,
        "state": state,
    }
    phase = "Failed" if exit_code else "Succeeded"
    return server.patch_pod(namespace, name, phase=phase, containerStatuses=[status])


def delete_all(server, namespace):
    """Delete all driver pods at once."""
    path = f"/api/v1/namespaces/{namespace}/pods?gracePeriodSeconds=0"
    server.admin.checked("DELETE", path, params={"labelSelector": "spark-role=driver"})


def at(url):
    """Return the annotations of a pod whose UI has the port of this URL."""
    return {UI_PORT: url.rpartition(":")[2]}
