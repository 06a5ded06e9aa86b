"""Runs the containers of pods as processes, with what the API server holds, as a kubelet does."""

from __future__ import annotations

import base64
import itertools
import json
import os
import re
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
import urllib3

from dockerfile import parse
from running import Program

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from api_server import ApiServer, Document

ROOT = Path(__file__).resolve().parent.parent
ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
_PROGRAMS = itertools.count()


class Pod:
    """A pod of the API server, which runs at an address of loopback.

    Its files are below ``directory``: the directories of volumes have other names than in a container, and
    so has every path in commands, variables and mounted texts. The rest is as the API server says.
    """

    def __init__(self, server: ApiServer, made: Document, address: str, directory: Path) -> None:
        """Run this pod, which the API server has; its volumes are there afterwards."""
        metadata = made["metadata"]
        self.namespace, self.name = metadata["namespace"], metadata["name"]
        self.address = address
        self.hosts: dict[str, str] = {}
        """What the cluster's DNS says: addresses by names."""
        self._server, self._directory = server, directory
        self.made = server.run_pod(self.namespace, self.name, address)
        self.sync()

    def sync(self) -> None:
        """Write the volumes with what the API server has now."""
        for volume in self.made["spec"].get("volumes", ()):
            self._volume(volume)

    def end(self, code: int) -> None:
        """Say that its containers have ended, with this exit code."""
        phase = "Failed" if code else "Succeeded"
        self.made = self._server.patch_pod(self.namespace, self.name, phase=phase)

    def container(self, name: str | None = None, kind: str = "containers") -> Document:
        """Return a container, by default the only one."""
        (found,) = (one for one in self.made["spec"][kind] if name in {None, one["name"]})
        return dict(found)

    # What runs in it.

    def run(self, container: Document, *entrypoint: str) -> Program:
        """Start a container; ``entrypoint`` is that of an image which is not the project's."""
        command = self.command(container, entrypoint)
        log = self._directory / f"{container['name']}-{next(_PROGRAMS)}.log"
        if command[0] in {"spark-exporter", "python"}:
            account = self.place(container, ACCOUNT)
            plan = {"hosts": self.hosts, "account": account if account != ACCOUNT else None}
            file = log.with_suffix(".json")
            file.write_text(json.dumps(plan))
            command = [sys.executable, "-P", str(ROOT / "tests" / "in_container.py"), str(file), *command]
        return Program(command, log, env=self.environment(container), cwd=self._directory)

    def command(self, container: Document, entrypoint: Sequence[str] = ()) -> list[str]:
        """Return the program and its arguments, as of ``run``."""
        image = parse((ROOT / "Dockerfile").read_text())[-1]
        program = container.get("command") or entrypoint or image.words("ENTRYPOINT")
        arguments = container.get("args", [])
        words = [self.place(container, self.expand(container, word)) for word in (*program, *arguments)]
        # Without a network of its own, its loopback and "every address" are the one that it has.
        everywhere = re.compile(r"(?<=listen-address=)(?=:\d+$)|(?<=//)127\.0\.0\.1(?=:\d+)")
        return [everywhere.sub(self.address, word) for word in words]

    def environment(self, container: Document) -> dict[str, str]:
        """Return the variables of a container, and nothing of the test's own."""
        server = urllib3.util.parse_url(self._server.url)
        given = {
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",
            "KUBERNETES_SERVICE_HOST": str(server.host),
            "KUBERNETES_SERVICE_PORT": str(server.port),
        }
        return given | self._variables(container)

    def expand(self, container: Document, text: str) -> str:
        """Return a text with the values of a container's variables for ``$(NAME)``."""
        variables = self._variables(container)
        return re.sub(r"\$\((\w+)\)", lambda found: variables.get(found[1], found[0]), text)

    def place(self, container: Document, text: str) -> str:
        """Return a text with the places of mounted directories in it instead of their names."""
        mounts = sorted(
            container.get("volumeMounts", ()), key=lambda one: len(one["mountPath"]), reverse=True
        )
        for mount in mounts:
            volume = self._directory / "volumes" / mount["name"] / mount.get("subPath", "")
            name = rf"(?<![\w.-]){re.escape(mount['mountPath'])}(?![\w.-])"
            text = re.sub(name, str(volume), text)
        return text

    def volume(self, name: str) -> Path:
        """Return the directory of a volume."""
        return self._directory / "volumes" / name

    def probe(self, container: Document, kind: str) -> str:
        """Do what a probe says; return why it has failed, or nothing.

        Args:
            container: whose probe it is.
            kind: startupProbe, livenessProbe or readinessProbe.

        """
        asked = container[kind]
        how = asked.get("httpGet") or asked["tcpSocket"]
        place = (self.address, self.port(container, how["port"]))
        try:
            if how is asked.get("tcpSocket"):
                socket.create_connection(place, asked["timeoutSeconds"]).close()
                return ""
            url = f"{how['scheme'].lower()}://{place[0]}:{place[1]}{how['path']}"
            # Nobody checks the certificate: a kubelet does not know whose it should be.
            answer = requests.get(url, timeout=asked["timeoutSeconds"], verify=False)  # noqa: S501
        except OSError as error:
            return str(error)
        return (
            "" if answer.status_code < requests.codes.bad_request else f"{answer.status_code} {answer.text}"
        )

    def port(self, container: Document, port: int | str) -> int:
        """Return the number of a port that has a name."""
        numbers = {one["name"]: int(one["containerPort"]) for one in container.get("ports", ())}
        return numbers[port] if isinstance(port, str) else port

    # What the API server has for it.

    def _variables(self, container: Document) -> dict[str, str]:
        assert "envFrom" not in container
        found = {}
        for one in container.get("env", ()):
            value = self._value(one["valueFrom"]) if "valueFrom" in one else one.get("value", "")
            if value is not None:
                found[one["name"]] = self.place(container, value)
        return found

    def _value(self, source: Document) -> str | None:
        ((kind, where),) = source.items()
        if kind == "fieldRef":
            return self._field(where["fieldPath"])
        keys = self._keys({"secretKeyRef": "secrets", "configMapKeyRef": "configmaps"}[kind], where)
        assert where["key"] in keys or where.get("optional"), f"{where} is not there"
        return keys[where["key"]].decode() if where["key"] in keys else None

    def _field(self, path: str) -> str:
        value: Any = self.made
        for step in path.split("."):
            value = value[step]
        return str(value)

    def _volume(self, volume: Document) -> None:
        directory = self.volume(volume["name"])
        directory.mkdir(parents=True, exist_ok=True)
        (kind,) = volume.keys() - {"name"}
        sources = volume[kind].get("sources", []) if kind == "projected" else [{kind: volume[kind]}]
        for source in sources:
            for path, content in self._files(source).items():
                (directory / path).write_bytes(content)

    def _files(self, source: Document) -> dict[str, bytes]:
        ((kind, given),) = source.items()
        if kind == "emptyDir":
            return {}
        if kind == "serviceAccountToken":
            account = self.made["spec"]["serviceAccountName"]
            return {given["path"]: self._server.token(self.namespace, account).encode()}
        if kind == "downwardAPI":
            return {one["path"]: self._field(one["fieldRef"]["fieldPath"]).encode() for one in given["items"]}
        keys = self._keys({"secret": "secrets", "configMap": "configmaps"}[kind], given)
        names = {one["key"]: one["path"] for one in given.get("items", ())} or {key: key for key in keys}
        return {path: self._mounted(keys[key]) for key, path in names.items()}

    def _keys(self, kind: str, given: Mapping[str, Any]) -> dict[str, bytes]:
        name = given.get("secretName") or given["name"]
        answer = self._server.admin.get(f"/api/v1/namespaces/{self.namespace}/{kind}/{name}")
        assert answer.ok or given.get("optional"), f"the pod waits for {kind} {name}"
        data = answer.json().get("data") or {}
        if kind == "secrets":
            return {key: base64.b64decode(value) for key, value in data.items()}
        return {key: value.encode() for key, value in data.items()}

    def _mounted(self, content: bytes) -> bytes:
        """Return the content of a file, in which other mounted files may be named."""
        try:
            text = content.decode()
        except UnicodeDecodeError:
            return content
        for container in self.made["spec"]["containers"]:
            text = self.place(container, text)
        return text.encode()
