"""Which of several daemons watches a target.

Each daemon has a number, and all of them know how many there are. A target belongs to the shard for which
the hash of its key and of the shard's number is the highest (rendezvous hashing). So any number of daemons
divides the targets without a word between them: each target has one owner. With one daemon more, a target
stays where it is or moves to the new one, which takes its share from all others alike. With one less, only
what the last one had moves.

The daemons of a StatefulSet follow each other's pods (``peers``), so that they change the number at the same
moment. Otherwise it is what each one's flag says.

The key of a driver pod is its namespace with the label ``spark-app-selector``, which Spark gives all pods of
an application, else with the pod's unique id. The key of any other target is its URL.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import NamedTuple

EXPECTED = "a number from 0, or the name of a StatefulSet's pod, such as spark-exporter-2"
_ORDINAL = re.compile(r"(?:([a-z0-9][a-z0-9.-]*)-)?([0-9]{1,5})")


class Shard(NamedTuple):
    """The part of all targets that one daemon watches."""

    number: int = 0
    """From 0."""
    total: int = 1
    """How many daemons there are."""

    def owns(self, key: str) -> bool:
        """Say whether the target with this key belongs here."""
        return owner(key, self.total) == self.number


class Sharing:
    """The part that this daemon watches now; it changes with the number of daemons.

    Args:
        shard: this daemon's, and how many there are as far as is known.
        settled: whether that number is certain; until it is, nothing belongs here.

    """

    def __init__(self, shard: Shard, *, settled: bool = True) -> None:
        """Begin."""
        self.shard = shard
        """As it is now."""
        self._settled = settled

    def owns(self, key: str) -> bool:
        """Say whether the target with this key belongs here."""
        return self._settled and self.shard.owns(key)

    def settle(self, total: int) -> bool:
        """Take over how many daemons there are; return whether that changes anything."""
        before = self._settled, self.shard
        self._settled, self.shard = True, self.shard._replace(total=total)
        return before != (True, self.shard)


def owner(key: str, total: int) -> int:
    """Return which of so many shards the target with this key belongs to."""
    data = key.encode("utf-8", "surrogatepass")
    # The number is the salt, so that no key is another shard's.
    return max(range(total), key=lambda number: _weight(number, data)) if total > 1 else 0


class Ordinal(NamedTuple):
    """What is said of a shard."""

    number: int
    """From 0."""
    stateful_set: str = ""
    """The name of the StatefulSet whose pod it is; empty if only the number is said."""


def parse_shard(text: str) -> Ordinal:
    """Return what shard it is: its number as it is given, or the ordinal at the end of a pod's name.

    Raises:
        ValueError: it is neither.

    """
    match = _ORDINAL.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a shard; expected {EXPECTED}")
    return Ordinal(int(match[2]), match[1] or "")


def _weight(number: int, data: bytes) -> bytes:
    return blake2b(data, digest_size=8, salt=number.to_bytes(8, "big")).digest()
