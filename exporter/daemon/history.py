"""Reads applications that have ended from a Spark history server, each of them once."""

from __future__ import annotations

import math
import re
import time
from collections import Counter
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from exporter.daemon import logs
from exporter.daemon.asking import Budget
from exporter.daemon.decode import parse_array
from exporter.daemon.errors import SourceError
from exporter.daemon.model import COMPLETED, FAILED, NOWHERE
from exporter.daemon.polled import rest_sources
from exporter.daemon.sources import Update
from exporter.daemon.sources.application import application_of
from exporter.daemon.sources.rest import Api

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from exporter.daemon.asking import Asking
    from exporter.daemon.catalogue import Catalogue
    from exporter.daemon.fetch import Fetcher
    from exporter.daemon.frame import Frame
    from exporter.daemon.model import Application, Place
    from exporter.daemon.sources import PolledSource
    from exporter.daemon.sources.runner import Runner
    from exporter.daemon.status import Status
    from exporter.daemon.store import Store

LOOK_AGAIN = 30.0
"""Seconds between two looks at the list, when all of it was read."""
PATIENCE = 5
"""So often an application is tried: the server may take long to load it, and goes on with it meanwhile."""
MAX_ROUNDS = 100
"""So often a source may say that there is more."""
_SCRIPT = re.compile(rb'<script\b[^>]*\bsrc="[^"]*/static/historypage-common\.js"')
"""What the first page loads, whatever spark.history.ui.title and the path of a proxy are."""
_ID_LENGTH = 100
_TRANSIENT = ("connect", "timeout")


def is_history_server(fetcher: Fetcher, target: str) -> bool:
    """Say whether a history server is at ``target``. A driver's UI leads from there to its jobs."""
    try:
        return _SCRIPT.search(fetcher.get(f"{target}/").body) is not None
    except SourceError:
        return False


class Listing:
    """Reads which applications ended in the window.

    Args:
        fetcher: asks the history server.
        target: its URL.
        window: how long ago an application may have ended, in seconds.
        limit: how many applications are wanted.
        now: Unix seconds.

    """

    name = "application"

    def __init__(
        self, fetcher: Fetcher, target: str, window: float, limit: int, now: Callable[[], float] = time.time
    ) -> None:
        """Ask nothing yet."""
        self.malformed: Counter[str] = Counter()
        """What was no application in the last answer, and how often, in words that stay the same."""
        self._fetcher = fetcher
        self._url = f"{target}/api/v1/applications"
        self._window = window
        self._limit = limit
        self._now = now

    def update(self) -> Update[list[Application]]:
        """Return those that ended last, in that order, and one more than wanted if there are more.

        An entry that is no application hides no other one.
        """
        since = datetime.fromtimestamp(max(0.0, self._now() - self._window), timezone.utc)
        query: dict[str, str | int | float | Sequence[str]] = {
            "status": "completed",
            "minEndDate": since.strftime("%Y-%m-%dT%H:%M:%S.000GMT"),
            "limit": self._limit + 1,
        }
        ended, malformed = [], Counter[str]()
        for item in parse_array(self._fetcher.get(self._url, query).body):
            try:
                application = application_of(item)
            except SourceError as error:
                malformed[_about(item, error)] += 1
                continue
            if application.completed:
                ended.append(application)
        self.malformed = malformed
        ended.sort(key=lambda application: application.end_time or 0.0, reverse=True)
        return Update(ended[: self._limit + 1])


def malformed_entries(malformed: Counter[str]) -> str:
    """Say how many there are, and what is wrong with one of them."""
    return f"entries of the list that are no applications: {malformed.total()}, such as {min(malformed)}"


def _about(item: Any, error: SourceError) -> str:
    """Return what is wrong with an entry of the list, and with which, if it has an id."""
    app_id = item.get("id") if type(item) is dict else None
    return f"{app_id[:_ID_LENGTH]}: {error}" if type(app_id) is str else str(error)


class History:
    """Reads one history server.

    Args:
        target: URL of the history server.
        fetcher: asks it.
        asking: how.
        catalogue: knows the metrics.
        store: where applications go.
        status: where the target's state goes.
        runner: runs the sources.
        place: where on Kubernetes its applications are said to be.
        now: Unix seconds.

    """

    def __init__(  # noqa: PLR0913 - the parts of a watcher
        self,
        target: str,
        *,
        fetcher: Fetcher,
        asking: Asking,
        catalogue: Catalogue,
        store: Store,
        status: Status,
        runner: Runner,
        place: Place = NOWHERE,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Ask nothing yet."""
        self._target = target
        self._fetcher = fetcher
        self._asking = asking
        self._catalogue = catalogue
        self._store = store
        self._status = status
        self._runner = runner
        self._place = place
        self._budget = Budget(runner.clock)
        self._limit = store.capacity
        self._listing = Listing(fetcher, target, asking.window, self._limit, now)
        self._listed: list[Application] = []
        self._looked = -math.inf
        self._repeats = logs.Repeats()
        self._left_out: set[tuple[str, str, float | None]] = set()
        self._malformed: Counter[str] = Counter()
        self._done: set[tuple[str, str, float | None]] = set()
        self._tries: dict[tuple[str, str, float | None], int] = {}

    def step(self) -> float:
        """Read the next application; return the seconds until there may be another one.

        Raises:
            SourceError: the server does not answer; counted and logged.

        """
        if self._runner.clock() - self._looked >= LOOK_AGAIN:
            self._look()
        left = [application for application in self._listed if application.run not in self._done]
        # If there is no room for the one that ended last, there is none for the others.
        room = not left or self._store.admits(left[0])
        self._leave_out([] if room else left)
        self._describe(len(left))
        if not left or not room:
            return LOOK_AGAIN
        start = self._runner.clock()
        self._read(left[0])
        return self._budget.spend(self._runner.clock() - start)

    def _look(self) -> None:
        self._listed = self._runner.run(self._listing)
        self._looked = self._runner.clock()
        self._refuse(self._listing.malformed)
        runs = {application.run for application in self._listed}
        self._done &= runs
        self._left_out &= runs
        self._tries = {run: tries for run, tries in self._tries.items() if run in runs}
        self._store.hold(self._target, [application.id for application in self._listed])

    def _refuse(self, malformed: Counter[str]) -> None:
        """Count each entry of the list that is no application once, and name one."""
        if new := malformed - self._malformed:
            self._store.refused(new.total())
        self._malformed = malformed
        if malformed:
            self._repeats.fault("malformed", malformed_entries(malformed), target=self._target)
        else:
            self._repeats.cleared(
                "malformed", "all entries of the list are applications", target=self._target
            )

    def _leave_out(self, applications: list[Application]) -> None:
        """Count and name what is not read for want of room."""
        runs = {application.run for application in applications}
        if runs - self._left_out:
            self._store.left_out(len(runs - self._left_out))
            self._left_out |= runs
        if runs:
            message = (
                f"the window has more applications than there is room for: of {self._limit} in all "
                "those that ended last are kept; raise --limits.applications or shorten --history.window"
            )
            self._repeats.fault("window", message, target=self._target)
        else:
            message = "there is room for all applications in the window"
            self._repeats.cleared("window", message, target=self._target)

    def _describe(self, left: int) -> None:
        listed = len(self._listed)
        total = f"{'at least ' if listed > self._limit else ''}{listed}"
        sentence = f"a history server: {listed - left} of {total} applications in the window are read"
        self._status.describe(self._target, sentence, up=True)

    def _read(self, application: Application) -> None:
        tries = self._tries.get(application.run, 0) + 1
        self._tries[application.run] = tries
        api = Api(self._fetcher, self._target, application.id, application.attempt_id)
        frames: dict[str, Frame] = {}
        failed: bool | None = None
        for source in rest_sources(api, self._catalogue, self._asking.disabled):
            try:
                update = self._exhaust(source)
            except SourceError as error:
                if error.reason in _TRANSIENT and tries < PATIENCE:
                    raise
                continue
            frames[source.name] = update.value
            failed = failed if update.facts.failed is None else update.facts.failed
        self._done.add(application.run)
        self._publish(replace(application, outcome=FAILED if failed else COMPLETED), frames)

    def _exhaust(self, source: PolledSource) -> Update[Frame]:
        """Return the last of a source's updates: what it has is bounded, and so is each update."""
        update = self._runner.ask(source)
        for _ in range(MAX_ROUNDS):
            if not getattr(source, "behind", False):
                break
            update = self._runner.ask(source)
        return update

    def _publish(self, application: Application, frames: dict[str, Frame]) -> None:
        try:
            self._store.publish(self._target, application, None, self._place)
        except SourceError as error:
            # Somebody watches it alive, or there is no room: nothing that another try would change.
            self._runner.failed("application", error, 0.0, key=application.id)
            return
        for name, frame in frames.items():
            self._store.put(self._target, application, name, frame)
        fields = {"app_id": application.id, "app_name": application.name}
        logs.info("read an application from its history", target=self._target, **fields)
