"""The sources that are polled while an application runs, in the order in which they are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.daemon.sources.connect import ConnectSource
from exporter.daemon.sources.dstreams import DStreamsSource
from exporter.daemon.sources.environment import RuntimeSource, begins_empty
from exporter.daemon.sources.executors import ExecutorsSource
from exporter.daemon.sources.jobs import JobsSource
from exporter.daemon.sources.process import ProcessSource
from exporter.daemon.sources.rest import Api
from exporter.daemon.sources.sink import SinkSource
from exporter.daemon.sources.sql import SqlSource
from exporter.daemon.sources.stages import StagesSource
from exporter.daemon.sources.storage import StorageSource

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from exporter.daemon.catalogue import Catalogue
    from exporter.daemon.fetch import Fetcher
    from exporter.daemon.frame import Frame
    from exporter.daemon.model import Application
    from exporter.daemon.sources import PolledSource, Update

_REST: tuple[Callable[[Api, Catalogue], PolledSource], ...] = (
    StorageSource,
    DStreamsSource,
    ConnectSource,
)


class _Late:
    """A source that is made when it is asked first, because what it is made of has to be asked for, too."""

    def __init__(self, name: str, make: Callable[[], PolledSource]) -> None:
        self.name = name
        self._make = make
        self._made: PolledSource | None = None

    @property
    def every(self) -> int:
        return self._made.every if self._made is not None else 1

    def update(self) -> Update[Frame]:
        if self._made is None:
            self._made = self._make()
        return self._made.update()


def rest_sources(api: Api, catalogue: Catalogue, disabled: Collection[str] = ()) -> list[PolledSource]:
    """Return the sources that read Spark's REST API of one application."""
    runtime = RuntimeSource(api, catalogue)
    return _wanted([runtime, *_rest(api, catalogue, runtime)], disabled)


def polled_sources(  # noqa: PLR0913 - what the sources are made of
    fetcher: Fetcher,
    target: str,
    application: Application,
    catalogue: Catalogue,
    *,
    disabled: Collection[str] = (),
    served: Callable[[], bool] = lambda: False,
) -> list[PolledSource]:
    """Return the sources of an application that runs.

    Args:
        fetcher: asks the driver's UI.
        target: where that is.
        application: which.
        catalogue: says what is published.
        disabled: names of sources that are not wanted.
        served: whether the application's plugin is there, which gives what the sink would, and exact totals.

    """
    api = Api(fetcher, target, application.id)
    runtime = RuntimeSource(api, catalogue)
    made: list[PolledSource] = [
        runtime,
        *_rest(api, catalogue, runtime, served),
        _Late(
            SinkSource.name,
            lambda: SinkSource(
                fetcher,
                target,
                application,
                catalogue,
                runtime.conf(),
                executors=ExecutorsSource.name in disabled,
                served=served,
            ),
        ),
        ProcessSource(target, application.id, catalogue),
    ]
    return _wanted(made, disabled)


def _rest(
    api: Api, catalogue: Catalogue, runtime: RuntimeSource, served: Callable[[], bool] = lambda: False
) -> list[PolledSource]:
    jobs = JobsSource(api, catalogue, served)
    stages = StagesSource(api, catalogue, served, lambda: jobs.skipped)
    sql = SqlSource(api, catalogue, served)
    executors = ExecutorsSource(api, catalogue, lambda: jobs.busy or not begins_empty(runtime.conf()))
    # What Spark forgets comes first, while there is time; jobs say which stages they have skipped.
    return [jobs, stages, sql, executors, *(make(api, catalogue) for make in _REST)]


def _wanted(sources: list[PolledSource], disabled: Collection[str]) -> list[PolledSource]:
    return [source for source in sources if source.name not in disabled]
