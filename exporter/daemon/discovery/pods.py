"""From a pod, as the API server describes it, to the target that it is.

A pod may have these annotations, from a pod template or ``spark.kubernetes.driver.annotation.*``:

* ``spark-exporter.io/scrape``: ``false`` leaves the pod alone.
* ``spark-exporter.io/ui-port``: the port of Spark's UI.
* ``spark-exporter.io/plugin-port``: the port of the plugin, which is else found by what Spark says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from exporter.daemon.discovery.found import KUBERNETES, Target
from exporter.daemon.discovery.reach import (
    ADDRESS,
    ANNOTATION,
    PORT,
    Ports,
    Reach,
    Refusal,
    address_refusal,
    parse_port,
)
from exporter.daemon.model import COMPLETED, FAILED, Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from exporter.daemon.discovery.reach import Network

SELECTOR = "spark-role=driver"
"""The label that Spark gives its drivers."""
UI_PORT = 4040
SCRAPE, UI, PLUGIN = (f"spark-exporter.io/{name}" for name in ("scrape", "ui-port", "plugin-port"))
UI_NAMES = ("spark-ui", "ui")
"""What a container's port may be called that is the UI's; the first one is Spark's own name."""
PLUGIN_NAMES = ("spark-exporter",)
DRIVER = "spark-kubernetes-driver"
"""How Spark calls the driver's container, unless a pod template does."""
APPLICATION = "spark-app-selector"
"""The label of all pods of one application."""
_OUTCOMES = {"Succeeded": COMPLETED, "Failed": FAILED}


@dataclass(frozen=True)
class Rules:
    """What makes a pod a target."""

    ui_port: int = UI_PORT
    """Where the UI is if the pod does not say."""
    ports: Ports = field(default_factory=Ports)
    networks: tuple[Network, ...] = ()
    """Where pods may be; none stands for everywhere but where no pod can be."""


class Pod(NamedTuple):
    """What the daemon keeps of a pod."""

    uid: str
    place: Place
    key: str
    """What decides about the shard."""
    target: Target | None = None
    """None while there is nothing to ask, and for ever if the pod does not want it."""
    refusal: Refusal | None = None
    """Why there is none although there could be."""
    outcome: str = ""
    """How the driver has ended, COMPLETED or FAILED; empty while it runs, or if that is not known."""
    created: str = ""
    """When the API server made it, in RFC 3339."""


class _Refused(Exception):  # noqa: N818 - not an error: the pod is not taken
    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


def read_pod(document: Mapping[str, Any], rules: Rules) -> Pod:
    """Return what matters of a pod.

    Raises:
        ValueError: it is no pod.

    """
    try:
        metadata = document["metadata"]
        uid, place = str(metadata["uid"]), Place(str(metadata["namespace"]), str(metadata["name"]))
        labels = metadata.get("labels") or {}
        created = str(metadata.get("creationTimestamp") or "")
        key = f"{place.namespace}/{labels.get(APPLICATION) or uid}"
        pod = Pod(uid, place, key, outcome=_outcome(document), created=created)
        try:
            return pod._replace(target=_target(document, pod, rules))
        except _Refused as refused:
            return pod._replace(refusal=refused.refusal)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"not a pod: {type(error).__name__}: {error}") from error


def _target(document: Mapping[str, Any], pod: Pod, rules: Rules) -> Target | None:
    annotations = document["metadata"].get("annotations") or {}
    host = document.get("status", {}).get("podIP")
    if not host or not _wanted(annotations) or not _runs(document):
        return None
    if refusal := address_refusal(host, rules.networks):
        raise _Refused(refusal)
    if document["spec"].get("hostNetwork") and host not in (hosts := _hosts(document["status"]) or (host,)):
        shown = ", ".join(hosts)
        raise _Refused(Refusal(ADDRESS, f"{host} is not its host's address, {shown}, whose network it has"))
    ui = _port(document, UI, UI_NAMES) or rules.ui_port
    plugin = _port(document, PLUGIN, PLUGIN_NAMES)
    for port in filter(None, (ui, plugin)):
        if port not in rules.ports:
            message = f"port {port} is not among the allowed ones, {rules.ports}"
            raise _Refused(Refusal(PORT, message))
    shown = f"[{host}]" if ":" in host else host
    reach = Reach(host, rules.ports)
    endpoint = f"http://{shown}:{plugin}" if plugin else None
    return Target(f"http://{shown}:{ui}", pod.place, reach, endpoint, pod.uid, KUBERNETES, pod.key)


def _hosts(status: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the addresses of the machine that a pod runs on; none while they are not known."""
    found = [status.get("hostIP"), *(one.get("ip") for one in status.get("hostIPs") or ())]
    return tuple(dict.fromkeys(str(address) for address in found if address))


def _wanted(annotations: Mapping[str, str]) -> bool:
    scrape = annotations.get(SCRAPE, "true")
    if scrape not in ("true", "false"):
        raise _Refused(Refusal(ANNOTATION, f"{SCRAPE}: {scrape[:200]!r} is neither true nor false"))
    return scrape == "true"


def _runs(document: Mapping[str, Any]) -> bool:
    """Say whether the driver runs. A pod may outlive it, for as long as another container of it runs."""
    state = _status(document).get("state") or {}
    runs = document["status"].get("phase") == "Running"
    return runs and "terminated" not in state and "waiting" not in state


def _outcome(document: Mapping[str, Any]) -> str:
    """Return how the driver has ended: by the exit code of its container, or else as its pod has."""
    if _runs(document):
        return ""
    status = _status(document)
    # A container that waits to be started again has ended before.
    for state in (status.get("state") or {}, status.get("lastState") or {}):
        code = (state.get("terminated") or {}).get("exitCode")
        if isinstance(code, int):
            return FAILED if code else COMPLETED
    return _OUTCOMES.get(document["status"].get("phase"), "")


def _status(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the status of the driver's container; nothing while there is none."""
    statuses = document["status"].get("containerStatuses") or ()
    name = _driver(document) if statuses else ""
    return next((one for one in statuses if one["name"] == name), {})


def _driver(document: Mapping[str, Any]) -> str:
    """Return the name of the driver's container: Spark's own, or that of the UI's port, or the first one."""
    containers = document["spec"]["containers"]
    names = [container["name"] for container in containers]
    if DRIVER in names:
        return DRIVER
    owners = [name for name, port in _ports(document) if port.get("name") in UI_NAMES]
    return str([*owners, *names][0])


def _ports(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for container in document["spec"]["containers"]:
        for port in container.get("ports") or ():
            yield container["name"], port


def _port(document: Mapping[str, Any], annotation: str, names: tuple[str, ...]) -> int | None:
    """Return a port as the annotation says, or else a container's port with one of these names."""
    given = (document["metadata"].get("annotations") or {}).get(annotation)
    if given is not None:
        try:
            return parse_port(given.strip())
        except ValueError as error:
            raise _Refused(Refusal(ANNOTATION, f"{annotation}: {str(error)[:200]}")) from error
    found = {port.get("name"): int(port["containerPort"]) for _, port in _ports(document)}
    return next((found[name] for name in names if name in found), None)
