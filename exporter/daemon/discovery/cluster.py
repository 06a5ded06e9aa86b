"""The way to an API server, by the official client. It is imported only when pods are looked for."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any, Protocol

import orjson
import yaml

from exporter._version import __version__
from exporter.daemon.discovery.health import DiscoveryError
from exporter.daemon.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from urllib3.response import BaseHTTPResponse

NAMESPACE_FILE = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"
TIMEOUT = 10.0
"""Seconds for a connection."""
# A server that is gone without a word is noticed after 11 seconds, and not with the next bookmark.
_KEEPALIVE = (("TCP_KEEPIDLE", 5), ("TCP_KEEPINTVL", 2), ("TCP_KEEPCNT", 3))
_STATUSES = {401: "unauthorized", 403: "forbidden", 410: "expired", 429: "throttled"}
_OK = 200
_MALFORMED = (ValueError, TypeError, LookupError, AttributeError)
"""What the client raises where a kubeconfig has something else than it expects."""


class PodApi(Protocol):
    """Lists and watches pods."""

    def ask(self, namespace: str | None, query: Mapping[str, Any], timeout: float) -> BaseHTTPResponse:
        """Return the beginning of an answer, whose body is not read yet.

        Args:
            namespace: where the pods are; None for everywhere.
            query: as the client calls its arguments.
            timeout: seconds between two parts of the body.

        Raises:
            DiscoveryError: there is none, or one that says no.

        """


class Cluster:
    """One API server, as its client knows it."""

    def __init__(self, kubeconfig: Path | None) -> None:
        """Read how to get there; ask nothing yet.

        Args:
            kubeconfig: where it is said; None takes the service account of the pod that this process is in.

        Raises:
            UsageError: the client is not installed, or it is not said anywhere how to get there.

        """
        try:
            from kubernetes import client, config  # noqa: PLC0415 - it is large, and optional
        except ImportError as error:
            raise UsageError(
                "--kubernetes.discovery needs the Python package kubernetes: "
                f"pip install 'spark-exporter[kubernetes]' ({error})"
            ) from error
        configuration = client.Configuration()
        try:
            if kubeconfig is None:
                config.load_incluster_config(configuration)
                self.namespace = _read(NAMESPACE_FILE)
            else:
                config.load_kube_config(str(kubeconfig), client_configuration=configuration)
                _, context = config.list_kube_config_contexts(str(kubeconfig))
                self.namespace = (context.get("context") or {}).get("namespace") or "default"
        except (config.ConfigException, OSError, yaml.YAMLError, *_MALFORMED) as error:
            raise UsageError(_unknown(kubeconfig, error)) from error
        # Whoever waits between two attempts has to know why.
        configuration.retries = False
        configuration.socket_options = _socket_options()
        api_client = client.ApiClient(configuration)
        api_client.user_agent = f"spark-exporter/{__version__}"
        self._errors = (client.ApiException, config.ConfigException)
        self._api = client.CoreV1Api(api_client)

    def ask(self, namespace: str | None, query: Mapping[str, Any], timeout: float) -> BaseHTTPResponse:
        """Return the beginning of an answer, as ``PodApi`` says."""
        options = {**query, "_preload_content": False, "_request_timeout": (TIMEOUT, timeout)}
        try:
            if namespace is None:
                response = self._api.list_pod_for_all_namespaces(**options)
            else:
                response = self._api.list_namespaced_pod(namespace, **options)
        except self._errors as error:
            if getattr(error, "status", 0):
                raise _refused(error.status, error.body, error.headers or {}) from error
            raise DiscoveryError("connect", f"the API server cannot be asked: {error.reason}") from error
        answer: BaseHTTPResponse = response
        if answer.status != _OK:
            with answer:
                raise _refused(answer.status, answer.read(), answer.headers)
        return answer


def status_error(document: Any, code: int, retry_after: str | None = None) -> DiscoveryError:
    """Return the error that a Status of the API server, or what stands in its place, says.

    Args:
        document: the Status.
        code: of HTTP.
        retry_after: the header.

    """
    status = document if isinstance(document, dict) else {}
    details = status.get("details")
    seconds = retry_after or (details.get("retryAfterSeconds") if isinstance(details, dict) else None)
    said = str(status.get("message") or "")[:300] or "no reason is given"
    reason = _STATUSES.get(code, "http_status")
    sentence = f"the API server answers {code}: {said}"
    if reason == "forbidden":
        sentence += "; the service account needs the verbs list and watch for pods"
    if reason == "expired":
        sentence = "the API server does not know any more what has changed: all pods are listed again"
    return DiscoveryError(reason, sentence, _seconds(seconds))


def _refused(code: int, body: bytes | str | None, headers: Mapping[str, str]) -> DiscoveryError:
    try:
        document = orjson.loads(body or b"")
    except orjson.JSONDecodeError:
        document = None
    return status_error(document, code, headers.get("Retry-After"))


def _seconds(value: object) -> float:
    text = str(value or "")
    return float(text) if text.isascii() and text.isdecimal() else 0.0


def _unknown(kubeconfig: Path | None, error: Exception) -> str:
    if kubeconfig is not None:
        return f"--kubernetes.kubeconfig {kubeconfig}: {' '.join(str(error).split())}"
    return (
        f"--kubernetes.discovery finds no service account here ({error}): run the daemon in a pod with "
        "automountServiceAccountToken, or give it --kubernetes.kubeconfig FILE"
    )


def _read(path: str) -> str:
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 - as the client reads its files
        return file.read().strip()


def _socket_options() -> list[tuple[int, int, int]]:
    options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1), (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    # Not every system has them all.
    known = [(getattr(socket, name, None), value) for name, value in _KEEPALIVE]
    return options + [(socket.IPPROTO_TCP, number, value) for number, value in known if number is not None]
