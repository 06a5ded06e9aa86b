"""Prometheus as its operator makes it: the real operator writes, and a real Prometheus runs that."""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING

import requests
import yaml

from kubelet import Pod
from requirements import require_built, require_program
from running import Program, until
from stack.servers import Prometheus

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typing_extensions import Self

    from api_server import Document
    from release import Release

_NAME = "k8s"
_OUTPUT = "config-out"
_PORT = 9090


class Monitoring:
    """A Prometheus that takes all monitors and rules of a namespace, and its operator.

    Debian's Prometheus cannot discover pods: ``_targets`` does that, with the labels that are documented.
    What becomes of a target is what the operator has written.
    """

    def __init__(self, release: Release, address: str, directory: Path) -> None:
        """Start the operator; Prometheus will have this address of loopback."""
        self.server, self.namespace = release.server, release.namespace
        self._address, self._directory = address, directory
        directory.mkdir(parents=True)
        certificate = release.server.admin.cert
        command = [
            require_built("prometheus-operator"),
            f"--apiserver={release.server.url}",
            f"--ca-file={release.server.authority.certificate}",
            f"--cert-file={certificate[0]}",
            f"--key-file={certificate[1]}",
            f"--namespaces={release.namespace}",
            "--web.listen-address=127.0.0.1:0",
        ]
        self._programs = [Program(command, directory / "operator.log", cwd=directory)]
        self.pod: Pod | None = None

    def __enter__(self) -> Self:
        """Ask the operator for a Prometheus, and run it."""
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End both."""
        for program in self._programs:
            program.kill_group()

    def _start(self) -> None:
        path = f"/apis/monitoring.coreos.com/v1/namespaces/{self.namespace}/prometheuses"
        everything = {f"{kind}Selector": {} for kind in ("serviceMonitor", "podMonitor", "rule")}
        # Debian's; newer ones take what is written for it, too.
        spec = {"version": "v2.42.0", "evaluationInterval": "1s", **everything}
        kind = {"apiVersion": "monitoring.coreos.com/v1", "kind": "Prometheus"}
        self.server.admin.create(path, {**kind, "metadata": {"name": _NAME}, "spec": spec})
        sets = f"/apis/apps/v1/namespaces/{self.namespace}/statefulsets/prometheus-{_NAME}"
        until(lambda: self.server.admin.get(sets).ok, "the operator has made a StatefulSet")
        template = self.server.admin.checked("GET", sets)["spec"]["template"]
        metadata = {**template["metadata"], "name": f"prometheus-{_NAME}-0"}
        body = {"metadata": metadata, "spec": template["spec"]}
        made = self.server.admin.create(f"/api/v1/namespaces/{self.namespace}/pods", body)
        self.pod = Pod(self.server, made, self._address, self._directory)
        until(self._is_complete, "the operator has taken the monitor and the rules")
        self._write()
        container = self.pod.container("prometheus")
        program = require_program("prometheus", "install it with: tools/install.sh")
        url = f"http://{self._address}:{_PORT}"
        self._programs.append(
            self.pod.run(container, program, f"--web.listen-address={self._address}:{_PORT}")
        )
        until(self._is_ready, "Prometheus is ready")
        self.prometheus = Prometheus(url)

    def _is_ready(self) -> bool:
        program = self._programs[-1]
        assert program.process.poll() is None, program.errors[-3000:]
        return self.pod.probe(self.pod.container("prometheus"), "readinessProbe") == ""

    def wait_for_rule(self, text: str) -> None:
        """Wait until the operator has written this text into the rules."""

        def written() -> bool:
            self.pod.sync()
            return any(text in file.read_text() for file in self.rule_files())

        until(written, f"the operator has written {text}")

    def reload(self) -> None:
        """Let Prometheus take what the operator has written, and discover the pods that there are now."""
        self._write()
        answer = requests.post(f"{self.prometheus.url}/-/reload", timeout=60)
        assert answer.ok, answer.text

    def rule_files(self) -> list[Path]:
        """Return the files with rules, as the operator wrote them."""
        return sorted(self.pod.volume(f"prometheus-{_NAME}-rulefiles-0").glob("*.yaml"))

    def config(self) -> Document:
        """Return Prometheus' configuration as the operator wrote it, but with the pod's places of files."""
        text = gzip.decompress((self.pod.volume("config") / "prometheus.yaml.gz").read_bytes()).decode()
        text = self.pod.expand(self.pod.container("config-reloader"), text)
        return yaml.safe_load(self.pod.place(self.pod.container("prometheus"), text))

    def _is_complete(self) -> bool:
        self.pod.sync()
        return bool(self.config()["scrape_configs"]) and bool(self.rule_files())

    def _write(self) -> None:
        config = self.config()
        for job in config["scrape_configs"]:
            found = [target for where in job.pop("kubernetes_sd_configs") for target in self._targets(where)]
            job["static_configs"] = found
        (self.pod.volume(_OUTPUT) / "prometheus.env.yaml").write_text(yaml.safe_dump(config))

    def _targets(self, where: Document) -> Iterator[Document]:
        """Yield what Prometheus discovers: ports of pods, or of the ready ones behind each Service."""
        for namespace in where["namespaces"]["names"]:
            objects = f"/api/v1/namespaces/{namespace}"
            pods = self.server.admin.checked("GET", f"{objects}/pods")["items"]
            running = [pod for pod in pods if pod["status"].get("podIP")]
            if where["role"] == "pod":
                yield from (_target(pod, *port) for pod in running for port in _ports(pod))
                continue
            assert where["role"] == "endpoints"
            services = self.server.admin.checked("GET", f"{objects}/services")["items"]
            yield from (one for service in services for pod in running for one in _endpoints(service, pod))


def _ports(pod: Document) -> list[tuple[str, Document]]:
    """Return the ports of a pod, each with the name of its container."""
    containers = [*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]]
    return [(container["name"], port) for container in containers for port in container.get("ports", ())]


def _is_ready(pod: Document) -> bool:
    return ("Ready", "True") in [(one["type"], one["status"]) for one in pod["status"]["conditions"]]


def _target(pod: Document, container: str, port: Document, **more: str) -> Document:
    metadata, status = pod["metadata"], pod["status"]
    labels = {
        "namespace": metadata["namespace"],
        "pod_name": metadata["name"],
        "pod_ip": status["podIP"],
        "pod_phase": status["phase"],
        "pod_ready": str(_is_ready(pod)).lower(),
        "pod_container_name": container,
        "pod_container_port_name": port["name"],
        "pod_container_port_number": str(port["containerPort"]),
        **_labels("pod", pod),
        **more,
    }
    return {
        "targets": [f"{status['podIP']}:{port['containerPort']}"],
        "labels": {f"__meta_kubernetes_{name}": value for name, value in labels.items()},
    }


def _endpoints(service: Document, pod: Document) -> Iterator[Document]:
    """Yield the endpoints that a Service has in a pod, as the cluster's controller makes them."""
    selector = service["spec"].get("selector") or {"": "none"}
    if not _is_ready(pod) or not selector.items() <= pod["metadata"].get("labels", {}).items():
        return
    for wanted in service["spec"]["ports"]:
        for container, port in _ports(pod):
            if wanted["targetPort"] in (port["name"], port["containerPort"]):
                yield _target(
                    pod,
                    container,
                    port,
                    service_name=service["metadata"]["name"],
                    endpoints_name=service["metadata"]["name"],
                    endpoint_ready="true",
                    endpoint_port_name=wanted["name"],
                    endpoint_port_protocol=wanted["protocol"],
                    endpoint_address_target_kind="Pod",
                    endpoint_address_target_name=pod["metadata"]["name"],
                    **_labels("service", service),
                )


def _labels(kind: str, resource: Document) -> dict[str, str]:
    found = {}
    for name, value in resource["metadata"].get("labels", {}).items():
        word = re.sub(r"\W", "_", name)
        found |= {f"{kind}_label_{word}": value, f"{kind}_labelpresent_{word}": "true"}
    return found
