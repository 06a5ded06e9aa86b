"""Links between the dashboards; they keep the variables and the time range."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.models import dashboard as models

if TYPE_CHECKING:
    from collections.abc import Iterator

TITLES = {
    "fleet": "Spark fleet",
    "application": "Spark application",
    "streaming": "Spark streaming",
    "custom": "Spark custom metrics",
    "exporter": "Spark exporter",
}
"""The titles of the dashboards by the end of their uid."""

_TIME = "${__url_time_range}"
_KEPT = "${datasource:queryparam}&${namespace:queryparam}"


def uid(prefix: str, name: str) -> str:
    """Return a dashboard's uid, which never changes: links and bookmarks hold it."""
    return f"{prefix}-{name}"


def to_others(prefix: str, name: str) -> Iterator[builders.DashboardLink]:
    """Yield links at the top of the dashboard ``name`` to all others."""
    for other, title in TITLES.items():
        if other == name:
            continue
        link = builders.DashboardLink(title).type(models.DashboardLinkType.LINK).icon("dashboard")
        link = link.tooltip(f"{title}, with the same variables and time range")
        link = link.url(f"/d/{uid(prefix, other)}").include_vars(True).keep_time(True)
        yield link


def to_run(prefix: str, name: str = "application") -> str:
    """Return a URL for a table's cell: the dashboard ``name`` of the application in the same row."""
    name_of_run = "var-app_name=${__data.fields.Application:percentencode}"
    run = "var-app_id=${__data.fields.Run:percentencode}"
    return f"/d/{uid(prefix, name)}?{_KEPT}&{name_of_run}&{run}&{_TIME}"
