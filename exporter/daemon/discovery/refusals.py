"""Counts what pods claim and the daemon does not believe."""

from __future__ import annotations

import logging
import threading
from types import MappingProxyType
from typing import TYPE_CHECKING

from exporter.daemon import logs
from exporter.daemon.discovery.reach import REFUSALS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exporter.daemon.discovery.reach import Refusal


class Refusals:
    """Counts, and says, once for each pod and reason that something was refused, however often it is met."""

    def __init__(self) -> None:
        """Begin with zeros, so that the first one is seen as an increase."""
        self._lock = threading.Lock()
        self._counts = dict.fromkeys(REFUSALS, 0)
        self._known: dict[str, set[str]] = {}

    @property
    def counts(self) -> Mapping[str, int]:
        """How many there were, by reason."""
        with self._lock:
            return MappingProxyType(self._counts.copy())

    def refuse(self, identity: str, refusal: Refusal, **fields: object) -> None:
        """Account for something that the pod with this identity claims."""
        with self._lock:
            known = self._known.setdefault(identity, set())
            if refusal.reason in known:
                return
            known.add(refusal.reason)
            self._counts[refusal.reason] += 1
        logs.log(logging.WARNING, f"refused: {refusal.message}", {"reason": refusal.reason, **fields})

    def forget(self, identity: str) -> None:
        """Drop what is known of a pod that is gone."""
        with self._lock:
            self._known.pop(identity, None)
