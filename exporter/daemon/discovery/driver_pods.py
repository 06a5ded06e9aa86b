"""Finds the driver pods of a Kubernetes cluster by watching them."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

from exporter.daemon.discovery.cluster import Cluster
from exporter.daemon.discovery.found import KUBERNETES, Target
from exporter.daemon.discovery.health import Health
from exporter.daemon.discovery.pods import SELECTOR, Rules
from exporter.daemon.discovery.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from exporter.daemon.discovery.cluster import PodApi
    from exporter.daemon.discovery.pods import Pod
    from exporter.daemon.discovery.refusals import Refusals
    from exporter.daemon.discovery.sharding import Shard


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
    kubeconfig: Path | None = None
    """How to get to the API server; None takes the pod's service account."""


class PodDiscovery:
    """Knows the driver pods that run.

    Args:
        api: lists and watches pods.
        namespaces: where they are; None for everywhere.
        selectors: the labels that they have.
        rules: what makes a pod a target.
        shard: what part of the pods is wanted.
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
        shard: Shard,
        refusals: Refusals,
    ) -> None:
        """Ask nothing yet."""
        self.health = Health(self.name)
        self.ready = threading.Event()
        self._shard = shard
        self._refusals = refusals
        self._refused: set[str] = set()
        self._report: Callable[[], object] = lambda: None
        self._streams = [
            Stream(api, namespace, selector, rules=rules, health=self.health, changed=self._changed)
            for namespace, selector in product(namespaces, selectors)
        ]

    def targets(self) -> Sequence[Target]:
        """Return this shard's pods that can be asked. One call at a time."""
        pods: dict[str, Pod] = {}
        for stream in self._streams:
            for pod in stream.pods().values():
                if self._shard.owns(pod.key):
                    pods[pod.uid] = pod
        for uid in self._refused - pods.keys():
            self._refusals.forget(uid)
        self._refused = {*pods}
        for pod in pods.values():
            if pod.refusal is not None:
                self._refusals.refuse(pod.uid, pod.refusal, **pod.place._asdict())
        return [pod.target for pod in pods.values() if pod.target is not None]

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


def make_pod_discovery(watched: Watched, shard: Shard, refusals: Refusals) -> PodDiscovery:
    """Return what finds the wanted pods.

    Raises:
        UsageError: the client is not installed, or the API server is not known.

    """
    cluster = Cluster(watched.kubeconfig)
    namespaces: Sequence[str | None] = watched.namespaces or (cluster.namespace,)
    if watched.everywhere:
        namespaces = (None,)
    return PodDiscovery(
        cluster, namespaces, watched.selectors, rules=watched.rules, shard=shard, refusals=refusals
    )
