"""A real Kubernetes API server with its etcd on loopback, and no cluster: tests play the kubelet."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING, Any

import requests
import yaml

from certificates import Authority, signing_key
from requirements import require_built
from running import Program, until

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from typing_extensions import Self

Document = dict[str, Any]
_ATTEMPTS = 5
_ISSUER = "https://kubernetes.default.svc"
ADMIN = "admin"


class ApiServer:
    """A Kubernetes API server: RBAC, pod security admission and tokens of service accounts are on.

    There are no controllers and no scheduler: a Deployment gets no pods, a deleted namespace stays, and
    the service account ``default`` of a namespace is made by ``namespace``.
    """

    def __init__(self, directory: Path, arguments: Sequence[str] = ()) -> None:
        """Start etcd and the server in ``directory``; ``arguments`` are further ones of kube-apiserver."""
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self._arguments = arguments
        self._users: dict[tuple[str, tuple[str, ...]], Path] = {}
        self.authority = Authority(directory)
        self.serving = self.authority.server("kube-apiserver", ["localhost", "kubernetes.default.svc"])
        self._signing_key = signing_key(directory / "service-accounts.key")
        self._etcd, self._etcd_url = _on_free_ports(self._start_etcd)
        self._server, self.url = _on_free_ports(self._start_server)
        self.admin = self.session(ADMIN, ["system:masters"])
        self.kubeconfig = self.kubeconfig_of(ADMIN, ["system:masters"])
        self._until_ready()

    def __enter__(self) -> Self:
        """Return the running server."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the server and its etcd."""
        self._server.kill_group()
        self._etcd.kill_group()

    def stop(self) -> None:
        """Kill the server; its etcd and what it has stored stay."""
        self._server.kill_group()

    def start(self) -> None:
        """Start the server again, at the same address."""
        port = int(self.url.rpartition(":")[2])
        self._server = self._server_program(port)
        self._until_ready()

    def restart(self) -> None:
        """Kill the server and start it again, at the same address."""
        self.stop()
        self.start()

    # What clients need.

    def session(self, user: str, groups: Sequence[str] = ()) -> Session:
        """Return an HTTP client of this user."""
        session = Session(self.url, self.authority.certificate)
        session.cert = tuple(map(str, self._certificate(user, groups)))
        return session

    def session_of(self, namespace: str, account: str) -> Session:
        """Return an HTTP client that shows a token of a service account."""
        session = Session(self.url, self.authority.certificate)
        session.headers["Authorization"] = f"Bearer {self.token(namespace, account)}"
        return session

    def token(self, namespace: str, account: str, seconds: int = 3600) -> str:
        """Return a token of a service account, as a pod gets it."""
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest"}
        answer = self.admin.create(path, {**body, "spec": {"expirationSeconds": seconds}})
        return str(answer["status"]["token"])

    def kubeconfig_of(self, user: str, groups: Sequence[str] = ()) -> Path:
        """Return a kubeconfig file with this user's certificate."""
        certificate, key = self._certificate(user, groups)
        return self._write_kubeconfig(
            certificate.stem, {"client-certificate": str(certificate), "client-key": str(key)}
        )

    def kubeconfig_of_account(self, namespace: str, account: str) -> Path:
        """Return a kubeconfig file with a token of a service account."""
        return self._write_kubeconfig(f"{namespace}-{account}", {"token": self.token(namespace, account)})

    def _certificate(self, user: str, groups: Sequence[str]) -> tuple[Path, Path]:
        key = (user, tuple(groups))
        if key not in self._users:
            self._users[key] = self.authority.user(user, groups)[0]
        return self._users[key], self._users[key].with_suffix(".key")

    def _write_kubeconfig(self, name: str, user: Mapping[str, str]) -> Path:
        cluster = {"server": self.url, "certificate-authority": str(self.authority.certificate)}
        path = self.directory / f"{name}.kubeconfig"
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "test", "cluster": cluster}],
            "users": [{"name": name, "user": dict(user)}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": name}}],
            "current-context": "test",
        }
        path.write_text(yaml.safe_dump(content))
        return path

    # What a cluster's controllers and kubelets would do.

    def namespace(self, name: str, labels: Mapping[str, str] | None = None) -> str:
        """Create a namespace with its service account ``default``; return its name."""
        metadata = {"name": name, "labels": dict(labels or {})}
        self.admin.create("/api/v1/namespaces", {"metadata": metadata})
        self.admin.create(f"/api/v1/namespaces/{name}/serviceaccounts", {"metadata": {"name": "default"}})
        return name

    def create_pod(self, namespace: str, name: str, **options: Any) -> Document:
        """Create a pod that waits to be scheduled; return it.

        Args:
            namespace: its namespace.
            name: its name.
            options: ``labels`` and ``annotations``; ``ports``, container ports by name; ``spec``, further
                fields of its specification.

        """
        ports = [
            {"name": key, "containerPort": port} for key, port in (options.pop("ports", None) or {}).items()
        ]
        spec = {"containers": [{"name": "main", "image": "spark", "ports": ports}]}
        spec |= options.pop("spec", None) or {}
        body = {"metadata": {"name": name, **options}, "spec": spec}
        return self.admin.create(f"/api/v1/namespaces/{namespace}/pods", body)

    def run_pod(self, namespace: str, name: str, address: str, **status: Any) -> Document:
        """Say that a pod runs and is ready at this address; ``status`` are further fields of its status."""
        ready = {"type": "Ready", "status": "True"}
        known = {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}], "conditions": [ready]}
        return self.patch_pod(namespace, name, **{**known, **status})

    def patch_pod(self, namespace: str, name: str, **status: Any) -> Document:
        """Change fields of a pod's status, as its kubelet does; return the pod."""
        path = f"/api/v1/namespaces/{namespace}/pods/{name}/status"
        return self.admin.merge(path, {"status": status})

    def delete_pod(self, namespace: str, name: str) -> None:
        """Delete a pod at once, as its kubelet does when the containers have ended."""
        path = f"/api/v1/namespaces/{namespace}/pods/{name}?gracePeriodSeconds=0"
        self.admin.checked("DELETE", path)

    # The programs.

    def _start_etcd(self, port: int, peer_port: int) -> tuple[Program, str] | None:
        url, peer = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{peer_port}"
        command = [
            require_built("etcd"),
            f"--data-dir={self.directory}/etcd",
            f"--listen-client-urls={url}",
            f"--advertise-client-urls={url}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            # Nothing here has to survive a power cut.
            "--unsafe-no-fsync",
            "--log-level=warn",
        ]
        program = Program(command, self.directory / "etcd.log", cwd=self.directory)
        return (program, url) if _answers(program, f"{url}/health", "true") else None

    def _start_server(self, port: int, _other: int) -> tuple[Program, str] | None:
        program, url = self._server_program(port), f"https://127.0.0.1:{port}"
        certificate = str(self.authority.certificate)
        return (program, url) if _answers(program, f"{url}/livez", "", certificate) else None

    def _server_program(self, port: int) -> Program:
        certificate, key = self.serving
        command = [
            require_built("kube-apiserver"),
            f"--etcd-servers={self._etcd_url}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            f"--secure-port={port}",
            "--endpoint-reconciler-type=none",
            f"--cert-dir={self.directory}",
            f"--tls-cert-file={certificate}",
            f"--tls-private-key-file={key}",
            f"--client-ca-file={self.authority.certificate}",
            "--authorization-mode=RBAC",
            "--enable-admission-plugins=PodSecurity",
            "--service-cluster-ip-range=10.0.0.0/24",
            f"--service-account-issuer={_ISSUER}",
            f"--service-account-key-file={self._signing_key}",
            f"--service-account-signing-key-file={self._signing_key}",
            *self._arguments,
        ]
        return Program(command, self.directory / "kube-apiserver.log", cwd=self.directory)

    def _until_ready(self) -> None:
        def ready() -> bool:
            with contextlib.suppress(requests.ConnectionError):
                return self.admin.get("/readyz").ok
            return False

        until(ready, "the API server is ready")
        # Made by the server itself, some time after it says that it is ready.
        until(lambda: self.admin.get("/api/v1/namespaces/default").ok, "the namespace default is there")


class Session(requests.Session):
    """An HTTP client of the API server; addresses are paths."""

    def __init__(self, url: str, authority: Path) -> None:
        """Trust the authority only."""
        super().__init__()
        self._url = url
        self.verify = str(authority)
        self.trust_env = False

    def request(self, method: str, url: str, *arguments: Any, **options: Any) -> requests.Response:  # type: ignore[override]
        """Send a request to a path of the API server."""
        return super().request(method, self._url + url, *arguments, **{"timeout": 60, **options})

    def checked(self, method: str, path: str, **options: Any) -> Document:
        """Send a request that must succeed; return the answer."""
        answer = self.request(method, path, **options)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return dict(answer.json())

    def create(self, path: str, body: Document) -> Document:
        """Create a resource; return it."""
        return self.checked("POST", path, json=body)

    def merge(self, path: str, body: Document) -> Document:
        """Merge fields into a resource; return it."""
        headers = {"Content-Type": "application/merge-patch+json"}
        return self.checked("PATCH", path, json=body, headers=headers)


def _on_free_ports(start: Any) -> tuple[Program, str]:
    """Start a program on two ports that were free just now; another process may have been faster."""
    for _ in range(_ATTEMPTS):
        with socket.socket() as first, socket.socket() as second:
            for one in (first, second):
                one.bind(("127.0.0.1", 0))
            ports = [one.getsockname()[1] for one in (first, second)]
        found = start(*ports)
        if found is not None:
            return found  # type: ignore[no-any-return]
    raise AssertionError(f"{start.__name__} found no free port")


def _answers(program: Program, url: str, text: str, verify: str | None = None) -> bool:
    """Wait until a program answers, whatever its status; say whether it does, or could not have its port."""

    def answered() -> str | None:
        if program.process.poll() is not None:
            assert "address already in use" in program.errors, program.errors[-3000:]
            return "ended"
        with contextlib.suppress(requests.ConnectionError, requests.Timeout):
            return "answered" if text in requests.get(url, verify=verify, timeout=10).text else None
        return None

    return until(answered, f"{url} answers") == "answered"
