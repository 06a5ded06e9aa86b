"""Alerts by group."""

from __future__ import annotations

from types import MappingProxyType

from dashboards.rules.alerts import application, discovery, executor, exporter, memory, stage, streaming

GROUPS = MappingProxyType(
    {
        "application": application.ALERTS,
        "executor": executor.ALERTS,
        "stage": stage.ALERTS,
        "streaming": streaming.ALERTS,
        "memory": memory.ALERTS,
        "exporter": exporter.ALERTS,
        "discovery": discovery.ALERTS,
    }
)
"""In the order in which they are written; symptoms first."""

OF_APPLICATIONS = frozenset({"application", "executor", "stage", "streaming", "memory"})
"""Groups whose alerts are about applications, whichever daemon tells of them."""
