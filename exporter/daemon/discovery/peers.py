"""Follows the daemons that share the targets, so that all count the same shards at the same moment."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from exporter.daemon import logs
from exporter.daemon.discovery.found import PEERS
from exporter.daemon.discovery.health import DiscoveryError, Health, defect
from exporter.daemon.discovery.sharding import parse_shard
from exporter.daemon.discovery.stream import Stream
from exporter.daemon.model import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from exporter.daemon.discovery.cluster import PodApi
    from exporter.daemon.discovery.found import Target
    from exporter.daemon.discovery.sharding import Sharing

ABSENCE = 5.0
"""Seconds after which a shard without a pod is gone: a StatefulSet makes one that is wanted at once."""


class Peer(NamedTuple):
    """The pod of a shard."""

    uid: str
    place: Place
    number: int
    """Of the shard; negative if the pod is none, whatever its labels say."""
    ready: bool = False
    """Whether it answers scrapes, and will go on to."""
    target: None = None
    outcome: str = ""


def read_peer(document: Mapping[str, Any], stateful_set: str) -> Peer:
    """Return what matters of a daemon's pod.

    Args:
        document: as the API server describes it.
        stateful_set: whose pods are shards. Others may have the labels, too, such as those of the Deployment
            that was there before it, and any name may end with a number.

    Raises:
        ValueError: it is no pod.

    """
    try:
        metadata = document["metadata"]
        place = Place(str(metadata["namespace"]), str(metadata["name"]))
        conditions = document["status"].get("conditions") or ()
        ready = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
        stays = metadata.get("deletionTimestamp") is None
        return Peer(str(metadata["uid"]), place, _number(place.pod, stateful_set), ready and stays)
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"not a pod: {type(error).__name__}: {error}") from error


def _number(name: str, stateful_set: str) -> int:
    try:
        number = parse_shard(name).number
    except ValueError:
        return -1
    return number if name == f"{stateful_set}-{number}" else -1


class Roll:
    """Says how many shards there are.

    One more counts when it is ready to take its part, and the last one no more when its pod has been gone for
    a moment. Any other shard that is away is only restarted, and keeps its part.

    Args:
        number: of this daemon's shard.
        clock: monotonic seconds.

    """

    def __init__(self, number: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Know of nobody."""
        self._number = number
        self._clock = clock
        self._total: int | None = None
        self._seen: dict[int, float] = {}

    def count(self, peers: Iterable[Peer]) -> tuple[int, float | None]:
        """Return how many shards there are, and in how many seconds to count again if nothing changes.

        Raises:
            DiscoveryError: this daemon is none of them.

        """
        now, pods = self._clock(), {peer.number: peer for peer in peers if peer.number >= 0}
        if self._number not in pods:
            raise DiscoveryError(
                "invalid", f"none of the pods of --kubernetes.shards is shard {self._number}"
            )
        ready = {number for number, peer in pods.items() if peer.ready}
        if self._total is None:
            # Who is not ready may be new, but if nobody is, all of them are.
            self._total = max(ready or pods) + 1
            # Those between that never were are not waited for one after the other.
            self._seen = dict.fromkeys(range(self._total), now)
        self._seen |= dict.fromkeys(pods, now)
        while self._total in ready:
            self._total += 1
        while self._total > 1 and self._total - 1 not in pods:
            left = self._seen.setdefault(self._total - 1, now) + ABSENCE - now
            if left > 0:
                return self._total, left
            self._total -= 1
        return self._total, None


class Peers:
    """Keeps count of the shards.

    Args:
        api: lists and watches pods.
        namespace: where the daemons are.
        selector: the labels that they have.
        sharing: is told how many they are.
        stateful_set: whose pods they are.

    """

    name = PEERS

    def __init__(
        self, api: PodApi, namespace: str, selector: str, sharing: Sharing, stateful_set: str
    ) -> None:
        """Ask nothing yet."""
        self.health = Health(self.name)
        self.ready = threading.Event()
        self._sharing = sharing
        self._roll = Roll(sharing.shard.number)
        self._look = threading.Event()
        read = partial(read_peer, stateful_set=stateful_set)
        self._stream = Stream(api, namespace, selector, read=read, health=self.health, changed=self._look.set)
        self._stopping = threading.Event()
        self._report: Callable[[], object] = lambda: None
        self._unreported = False
        """Whether somebody has yet to be told of the number of shards."""
        self._thread = threading.Thread(target=self._run, name="count shards", daemon=True)

    def targets(self) -> Sequence[Target]:
        """Return nothing: daemons are no targets."""
        return ()

    def outcome(self, _target: Target) -> str:
        """Return nothing: it is known elsewhere."""
        return ""

    def start(self, changed: Callable[[], object]) -> None:
        """Begin to list and to watch."""
        self._report = changed
        self._stream.start()
        self._thread.start()

    def stop(self) -> None:
        """End soon."""
        self._stopping.set()
        self._look.set()
        self._stream.stop()

    def _run(self) -> None:
        wait: float | None = None
        while True:
            self._look.wait(wait)
            if self._stopping.is_set():
                return
            self._look.clear()
            try:
                wait = self._count()
            except DiscoveryError as error:
                self.health.failed("count", error)
                wait = None
            except Exception as error:  # noqa: BLE001 - a defect here must not end the count
                self.health.failed("count", defect(error))
                wait = ABSENCE

    def _count(self) -> float | None:
        """Take over how many shards there are; return the seconds until that may change without news."""
        total, wait = self._roll.count(self._stream.pods().values())
        if self._sharing.settle(total):
            shard = self._sharing.shard
            logs.info("the shards are counted", shard=shard.number, total_shards=shard.total)
            self._unreported = True
        if self._unreported:
            self._report()
            self._unreported = False
        # Without a time: as long as no pod changes, nobody counts, and the stream's word is the newer one.
        self.health.mended("count")
        self.ready.set()
        return wait
