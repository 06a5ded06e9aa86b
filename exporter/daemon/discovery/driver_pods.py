"""Finds the driver pods of a Kubernetes cluster by watching them."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from typing import TYPE_CHECKING

from exporter.daemon.discovery.cluster import Cluster
from exporter.daemon.discovery.found import KUBERNETES, Target
from exporter.daemon.discovery.health import Health
from exporter.daemon.discovery.peers import Peers
from exporter.daemon.discovery.pods import SELECTOR, Rules, read_pod
from exporter.daemon.discovery.reach import DUPLICATE, Refusal
from exporter.daemon.discovery.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from exporter.daemon.discovery.cluster import PodApi
    from exporter.daemon.discovery.found import Discoverer
    from exporter.daemon.discovery.pods import Pod
    from exporter.daemon.discovery.refusals import Refusals
    from exporter.daemon.discovery.sharding import Sharing


@dataclass(frozen=True)
class Watched:
    """Which pods are wanted."""

    namespaces: tuple[str, ...] = ()
    """Where they are; none stands for the daemon's own namespace."""
    everywhere: bool = False
    """Whether they may be in any namespace."""
    selectors: tuple[str, ...] = (SELECTOR,)
    """The labels that they have; a pod that fits any of these is wanted."""
    rules: Rules = field(default_factory=Rules)
    shards: str | None = None
    """The labels of the daemons' pods, in their own namespace; None: flags say how many share the targets."""
    kubeconfig: Path | None = None
    """How to get to the API server; None takes the pod's service account."""
    stateful_set: str = ""
    """Whose pods the daemons are, if they follow each other."""


class PodDiscovery:
    """Knows the driver pods that run.

    Args:
        api: lists and watches pods.
        namespaces: where they are; None for everywhere.
        selectors: the labels that they have.
        rules: what makes a pod a target.
        sharing: what part of the pods is wanted.
        refusals: what pods claim in vain.

    """

    name = KUBERNETES

    def __init__(  # noqa: PLR0913 - what is wanted, and where it goes
        self,
        api: PodApi,
        namespaces: Sequence[str | None],
        selectors: Sequence[str],
        *,
        rules: Rules,
        sharing: Sharing,
        refusals: Refusals,
    ) -> None:
        """Ask nothing yet."""
        self.health = Health(self.name)
        self.ready = threading.Event()
        self._sharing = sharing
        self._refusals = refusals
        self._refused: set[str] = set()
        self._report: Callable[[], object] = lambda: None
        read = partial(read_pod, rules=rules)
        self._streams = [
            Stream(api, namespace, selector, read=read, health=self.health, changed=self._changed)
            for namespace, selector in product(namespaces, selectors)
        ]

    def targets(self) -> Sequence[Target]:
        """Return this shard's pods that can be asked. One call at a time."""
        pods = {uid: pod for uid, pod in self._all().items() if self._sharing.owns(pod.key)}
        for uid in self._refused - pods.keys():
            self._refusals.forget(uid)
        self._refused = {*pods}
        for pod in pods.values():
            if pod.refusal is not None:
                self._refusals.refuse(pod.uid, pod.refusal, **pod.place._asdict())
        return [pod.target for pod in pods.values() if pod.target is not None]

    def _all(self) -> Mapping[str, Pod]:
        """Return all shards' pods by their unique ids. Of those with the same URL the oldest keeps it."""
        pods = {pod.uid: pod for stream in self._streams for pod in stream.pods().values()}
        owners: dict[str, Pod] = {}
        for pod in sorted(pods.values(), key=lambda pod: (pod.created, pod.uid)):
            if pod.target is None:
                continue
            url, owner = pod.target.url, owners.setdefault(pod.target.url, pod)
            if owner is not pod:
                said = f"{'/'.join(owner.place)} is at {url}, too: give each driver a port of its own"
                pods[pod.uid] = pod._replace(target=None, refusal=Refusal(DUPLICATE, said))
        return pods

    def outcome(self, target: Target) -> str:
        """Return how the driver of a pod has ended that is no target any more; empty if nobody knows."""
        name = "/".join(target.place)
        found = [stream.pods().get(name) for stream in self._streams]
        return next((pod.outcome for pod in found if pod is not None and pod.uid == target.identity), "")

    def start(self, changed: Callable[[], object]) -> None:
        """Begin to list and to watch."""
        self._report = changed
        for stream in self._streams:
            stream.start()

    def stop(self) -> None:
        """End soon."""
        for stream in self._streams:
            stream.stop()

    def join(self, timeout: float) -> None:
        """Wait for the end of each thread, at most ``timeout`` seconds."""
        for stream in self._streams:
            stream.join(timeout)

    def _changed(self) -> None:
        self._report()
        if all(stream.listed.is_set() for stream in self._streams):
            self.ready.set()


def make_pod_discoverers(watched: Watched, sharing: Sharing, refusals: Refusals) -> list[Discoverer]:
    """Return what finds the wanted pods, and what follows the daemons that share them.

    Raises:
        UsageError: the client is not installed, or the API server is not known.

    """
    cluster = Cluster(watched.kubeconfig)
    namespaces: Sequence[str | None] = watched.namespaces or (cluster.namespace,)
    if watched.everywhere:
        namespaces = (None,)
    found: list[Discoverer] = [
        PodDiscovery(
            cluster, namespaces, watched.selectors, rules=watched.rules, sharing=sharing, refusals=refusals
        )
    ]
    if watched.shards is not None:
        found.append(Peers(cluster, cluster.namespace, watched.shards, sharing, watched.stateful_set))
    return found
