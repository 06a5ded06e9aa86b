"""The chart installed for real: the pods that it leads to run, as processes on loopback."""

from __future__ import annotations

import itertools
import secrets
from contextlib import ExitStack
from typing import TYPE_CHECKING

import yaml

from kubelet import Pod
from monitoring import Monitoring
from release import Release
from requirements import require_built
from running import Job, Program, until

if TYPE_CHECKING:
    from pathlib import Path

    from typing_extensions import Self

    from api_server import ApiServer, Document

_OFTEN = {"interval": "2s", "scrapeTimeout": "2s"}
FLEET = {
    # Where the pods are.
    "discovery": {"allowedAddresses": ["127.0.0.0/8"]},
    "exporter": {"flags": {"poll.interval": "1s"}},
    "serviceMonitor": _OFTEN,
}
SIDECAR = {"mode": "sidecar", "podMonitor": _OFTEN}
PORT = 4060


class Rollout:
    """A release with its daemon, a Prometheus that scrapes it, and drivers."""

    def __init__(self, server: ApiServer, namespace: str, directory: Path) -> None:
        """Install and start nothing yet."""
        self.server, self.namespace, self._directory = server, server.namespace(namespace), directory
        self.release = Release(server, namespace)
        self._running = ExitStack()
        self._tests = itertools.count()
        # What a controller of each cluster publishes, for the daemon to trust the API server.
        content = {"ca.crt": server.authority.certificate.read_text()}
        body = {"metadata": {"name": "kube-root-ca.crt"}, "data": content}
        server.admin.create(f"/api/v1/namespaces/{namespace}/configmaps", body)

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(self, *_: object) -> None:
        """End whatever runs."""
        self._running.close()

    def install(self, values: Document) -> None:
        """Install the chart with these values; run the daemon's pod, if it makes one, and Prometheus."""
        file = self._directory / "values.yaml"
        file.write_text(yaml.safe_dump(values))
        self.values = f"--values={file}"
        self.release.install(self.values)
        if ("deployments", self.release.fullname) in self.release.objects():
            self._run_daemon()
        monitoring = Monitoring(self.release, random_address(), self._directory / "monitoring")
        self.monitoring = self._running.enter_context(monitoring)
        self.prometheus = self.monitoring.prometheus

    def _run_daemon(self) -> None:
        template = self.release.get("deployments")["spec"]["template"]
        self.daemon = self.run_pod(f"{self.release.fullname}-0", template)
        self.program = self.start(self.daemon)
        until(lambda: self.failed_probes() == {}, "the daemon's pod is ready")

    @property
    def url(self) -> str:
        """The daemon's."""
        return f"http://{self.daemon.address}:{PORT}"

    def failed_probes(self) -> dict[str, str]:
        """Return which probes of the daemon fail, and why."""
        assert self.program.process.poll() is None, self.program.errors[-3000:]
        container = self.daemon.container()
        kinds = ("startupProbe", "livenessProbe", "readinessProbe")
        said = {kind: self.daemon.probe(container, kind) for kind in kinds}
        return {kind: why for kind, why in said.items() if why}

    def run_pod(self, name: str, template: Document) -> Pod:
        """Make a pod of a template, as a controller does."""
        body = {"metadata": {**template.get("metadata", {}), "name": name}, "spec": template["spec"]}
        made = self.server.admin.create(f"/api/v1/namespaces/{self.namespace}/pods", body)
        return Pod(self.server, made, random_address(), self._directory / name)

    def start(self, pod: Pod, container: Document | None = None) -> Program:
        """Start a container, by default the only one."""
        program = pod.run(container or pod.container())
        self._running.callback(program.kill_group)
        return program

    def test(self, address: str) -> tuple[int, Program]:
        """Run ``helm test`` in a cluster whose DNS knows the daemon's Service by this address.

        Returns:
            helm's exit code, and the container of its pod.

        """
        name, pods = f"{self.release.fullname}-test", f"/api/v1/namespaces/{self.namespace}/pods"
        before = self.server.admin.get(f"{pods}/{name}").json()["metadata"].get("uid")
        command = [require_built("helm"), "test", self.release.name, *self.release.access]
        directory = self._directory / f"{name}-{next(self._tests)}"
        directory.mkdir()
        asked = Program(command, directory / "helm.log")
        self._running.callback(asked.kill_group)

        def made() -> Document | None:
            found = self.server.admin.get(f"{pods}/{name}")
            return found.json() if found.ok and found.json()["metadata"]["uid"] != before else None

        pod = Pod(self.server, until(made, "the pod of helm test"), random_address(), directory)
        pod.hosts[f"{self.release.fullname}.{self.namespace}.svc"] = address
        program = self.start(pod)
        pod.end(program.wait())
        return asked.wait(), program

    def submit(self, name: str, script: Path, master: str) -> Driver:
        """Start a driver with the settings that the chart has for spark-submit."""
        given = self.release.get("configmaps", f"{self.release.fullname}-spark")["data"]
        template = yaml.safe_load(given["driver-pod-template.yaml"])
        template.setdefault("metadata", {}).setdefault("labels", {})["spark-role"] = "driver"
        # As Spark completes it.
        template["spec"]["containers"][0]["image"] = "spark"
        pod = self.run_pod(name, template)
        sidecar = None
        for container in pod.made["spec"]["initContainers"]:
            program = self.start(pod, container)
            if container.get("restartPolicy") == "Always":
                sidecar = program
            else:
                assert program.wait() == 0, program.errors
        job = self._start_driver(pod, script, given["spark-defaults.conf"], master)
        return Driver(pod, job, sidecar)

    def _start_driver(self, pod: Pod, script: Path, settings: str, master: str) -> Job:
        container = pod.container()
        # As of flags, see Pod.command.
        conf = {"spark.exporter.host": pod.address}
        for line in pod.place(container, settings).splitlines():
            key, _, value = line.partition(" ")
            if not key.startswith(("#", "spark.kubernetes.")):
                conf.setdefault(key, value)
        options = ["--master", master, "--name", pod.name]
        for key, value in conf.items():
            options += ["--conf", f"{key}={value}"]
        environment = pod.environment(container) | {"SPARK_LOCAL_IP": pod.address}
        directory = self._directory / f"{pod.name}-job"
        job = Job(directory, script, directory / "end", submit=options, env=environment)
        self._running.callback(job.kill_group)
        return job


class Driver:
    """A pod with a driver in it; its program ends when there is a file ``end``."""

    def __init__(self, pod: Pod, job: Job, sidecar: Program | None) -> None:
        """Wait until it has a name."""
        self.pod, self.job, self.sidecar = pod, job, sidecar
        self._end = job.log.with_name("end")
        self.labels = {"namespace": pod.namespace, "pod": pod.name, "app_id": job.hear("app")}
        """Of its series."""

    @property
    def matchers(self) -> str:
        """The labels, as PromQL has them."""
        return ",".join(f'{name}="{value}"' for name, value in self.labels.items())

    def end(self) -> int:
        """Let it end, and then its sidecar, as the kubelet does; return its exit code."""
        self._end.touch()
        code = self.job.wait()
        if self.sidecar:
            self.sidecar.process.terminate()
            assert self.sidecar.wait() == 0
        self.pod.end(code)
        return code


def random_address() -> str:
    """Return an address of loopback that nobody else has."""
    # Not from what pytest-randomly begins anew with each test.
    return ".".join(map(str, (127, *(20 + secrets.randbelow(230) for _ in range(3)))))
