"""Which applications there are, and where the plugins in their drivers listen."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from exporter.daemon.control.refusal import CONTROL_OFF, Refusal
from exporter.daemon.control.relay import Endpoint
from exporter.daemon.discovery.target import host_of

if TYPE_CHECKING:
    from exporter.daemon.model import Record
    from exporter.daemon.status import Status
    from exporter.daemon.store import Store

NO_CONTROL = (
    "control is off in {}: its plugin has no token (spark.exporter.token), or is older than this daemon"
)


class Listed(NamedTuple):
    """One application, as the API shows it."""

    app_id: str
    app_name: str
    original_name: str
    state: str
    control: bool


class Directory:
    """Looks applications up in what the watchers have found.

    Args:
        store: of applications.
        status: of targets.

    """

    def __init__(self, store: Store, status: Status) -> None:
        """Keep nothing else."""
        self._store = store
        self._status = status

    def listed(self) -> list[Listed]:
        """Return all applications."""
        return [self._listed(published.record) for published in self._store.view().applications]

    def endpoint(self, app_id: str) -> Endpoint:
        """Return the address of an application's plugin.

        Raises:
            Refusal: there is no such application, or it cannot be steered; the sentence says why.

        """
        record = self._store.find(app_id)
        if record is None:
            raise Refusal(404, f"no application {app_id[:200]} is known here")
        shown = f"{record.name} ({app_id})"
        if record.ended:
            raise Refusal(409, f"{shown} has ended: it has {record.state}")
        if not record.up:
            raise Refusal(409, f"{shown} is lost: its driver does not answer any more")
        endpoint = self._endpoint(record)
        if endpoint is None:
            raise self._without(shown, record)
        if record.snapshot is not None and not record.snapshot.control:
            raise Refusal(403, NO_CONTROL.format(shown), reason=CONTROL_OFF)
        return endpoint

    def _without(self, shown: str, record: Record) -> Refusal:
        target = self._status.get(record.target)
        if target is not None and target.up and target.app_id == record.application.id:
            return Refusal(409, target.state)
        # A daemon that was just started finds it in a moment, and whoever waits for something waits on.
        return Refusal(503, f"the plugin of {shown} has not been found yet", {"Retry-After": "1"})

    def _listed(self, record: Record) -> Listed:
        application, snapshot = record.application, record.snapshot
        answers = record.up and snapshot is not None and snapshot.control
        control = answers and self._endpoint(record) is not None
        return Listed(application.id, record.name, application.name, record.state, control)

    def _endpoint(self, record: Record) -> Endpoint | None:
        target = self._status.get(record.target)
        # A target may have gone on to its next application.
        if target is None or target.app_id != record.application.id or not target.endpoint:
            return None
        return Endpoint(target.endpoint, None if target.claimed else host_of(record.target))
