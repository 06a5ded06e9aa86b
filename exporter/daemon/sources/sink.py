"""What Spark's own endpoints say of its metrics, for applications that run without the plugin."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from exporter.daemon.columns import DRIVER, Bearer, ReadingPlan, take_over
from exporter.daemon.decode import parse
from exporter.daemon.dropwizard import Registry, lines, parse_value, read_json, read_text, sanitized, strip
from exporter.daemon.errors import SourceError
from exporter.daemon.frame import NOT_A_NUMBER, Frame, FrameBuilder
from exporter.daemon.readings import vocabulary
from exporter.daemon.sources import Update
from exporter.daemon.sources.executors import NOT_OF_TASKS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from exporter.daemon.catalogue import Catalogue, Origin
    from exporter.daemon.fetch import Fetcher
    from exporter.daemon.model import Application

_NAMESPACE = "spark.metrics.namespace"
_REFERENCE = re.compile(r"\$\{([^}]+)\}")
# The last one: Spark does not escape the application's name, which stands before it.
_EXECUTOR = re.compile(r'.*executor_id="([^"]*)"', re.DOTALL)
_FIELD = re.compile(r"metrics_executor_(?P<field>[A-Za-z]+?)(?P<unit>_bytes|_seconds)?(?:_total)?")
_RESOURCE = "allexecutors."
_MILLISECONDS = 1000.0


class SinkSource:
    """Reads ``/metrics/json/`` of a driver's UI, or else ``/metrics/prometheus/``, which shows the same.

    Args:
        fetcher: asks.
        target: URL of the driver's UI.
        application: whose driver it is.
        catalogue: says what is published.
        conf: the application's configuration, as far as it is known.
        executors: whether to read ``/metrics/executors/prometheus``, too. It shows a part of what REST says
            of executors, and forgets those that were removed: it is for drivers whose REST API is closed.
        served: whether the plugin gives all this already, and better.

    """

    name = "sink"
    every = 1

    def __init__(  # noqa: PLR0913 - the last three have defaults that are right for most
        self,
        fetcher: Fetcher,
        target: str,
        application: Application,
        catalogue: Catalogue,
        conf: Mapping[str, str] = MappingProxyType({}),
        *,
        executors: bool = False,
        served: Callable[[], bool] = lambda: False,
    ) -> None:
        """Ask nothing yet."""
        self._fetcher = fetcher
        self._target = target
        self._namespace = namespace_of(conf, application.id)
        self._catalogue = catalogue
        self._fields = _executor_fields(catalogue) if executors else None
        self._served = served
        self._plan: ReadingPlan | None = None
        self._names: tuple[str, ...] = ()
        self._textual = False
        self._last = Frame()

    def update(self) -> Update[Frame]:
        """Return what the driver's registry holds now.

        Raises:
            SourceError: neither of the two endpoints can be read.

        """
        if self._served():
            self._last = Frame()
            return Update(self._last)
        try:
            registry, textual = read_json(parse(self._get("/metrics/json/"))), False
        except SourceError as error:
            if error.reason not in ("http_status", "redirect", "invalid"):
                raise
            registry, textual = self._read_text(error), True
        frames = [self._driver(registry, textual)]
        if self._fields is not None:
            frames.append(self._executors(self._fields))
        self._last = _merge(frames, self._last)
        return Update(self._last)

    def _get(self, path: str) -> bytes:
        return self._fetcher.get(self._target + path).body

    def _read_text(self, first: SourceError) -> Registry:
        """Read the text, which most drivers do not serve: then the first error says what is wrong."""
        try:
            text = self._get("/metrics/prometheus/").decode("utf-8", "replace")
        except SourceError:
            raise first from None
        registry = read_text(text)
        if not registry.readings:
            raise first
        return registry

    def _driver(self, registry: Registry, textual: bool) -> Frame:
        namespace, separator = self._namespace, "."
        if textual:
            namespace, separator = f"metrics_{sanitized(namespace)}", "_"
        readings = strip(registry.readings, namespace, separator)
        names = tuple(readings)
        if self._plan is None or (names, textual) != (self._names, self._textual):
            words = vocabulary(self._catalogue, "reading", spell=sanitized if textual else str)
            bearer = Bearer(DRIVER, True, tuple(range(len(names))))
            self._plan = ReadingPlan(self._catalogue, words, names, [bearer])
            self._names, self._textual = names, textual
        frame = self._plan.frame(list(readings.values()), self._last.columns)
        return _with_drops(frame, registry)

    def _executors(self, known: Mapping[str, tuple[str, Origin]]) -> Frame:
        try:
            text = self._get("/metrics/executors/prometheus").decode("utf-8", "replace")
        except SourceError as error:
            # Switched off by spark.ui.prometheus.enabled, as it is by default before Spark 4.
            if error.reason != "http_status":
                raise
            return Frame()
        registry = Registry()
        builder = FrameBuilder(self._catalogue, self._last)
        for line in lines(text, registry):
            found, executor = _FIELD.fullmatch(line.name), _EXECUTOR.match(line.labels)
            if found is None or executor is None or found["field"] not in known:
                continue
            if executor[1] == DRIVER and found["field"] in NOT_OF_TASKS:
                continue
            metric, origin = known[found["field"]]
            value = parse_value(line.value)
            if isinstance(value, str):
                builder.drop(NOT_A_NUMBER, name=metric)
                continue
            scale = origin.scale * (_MILLISECONDS if found["unit"] == "_seconds" else 1.0)
            fixed = dict(origin.labels)
            labels = [fixed[label] for label in self._catalogue[metric].own_labels]
            builder.add(metric, value * scale, executor[1], *labels)
        return _with_drops(builder.frame(), registry)


def namespace_of(conf: Mapping[str, str], app_id: str) -> str:
    """Return what Spark puts before the names of its metrics.

    Args:
        conf: the application's configuration; ``${key}`` in the setting stands for another one's value.
        app_id: the default.

    """
    namespace = conf.get(_NAMESPACE, "${spark.app.id}")
    known = {"spark.app.id": app_id, **conf}
    return _REFERENCE.sub(lambda found: known.get(found[1], found[0]), namespace)


def _executor_fields(catalogue: Catalogue) -> Mapping[str, tuple[str, Origin]]:
    """Return the metrics of REST's ``allexecutors`` by the last part of the field, as the text calls it."""
    return {
        origin.field.rpartition(".")[2]: (metric, origin)
        for metric, origin in catalogue.origins("rest")
        if origin.field.startswith(_RESOURCE) and {*dict(origin.labels)} == {*catalogue[metric].own_labels}
    }


def _with_drops(frame: Frame, registry: Registry) -> Frame:
    drops = {reason: frame.drops.get(reason, 0) + registry.drops[reason]
             for reason in (*frame.drops, *registry.drops)}  # fmt: skip
    culprits = {**registry.culprits, **frame.culprits}
    return frame._replace(drops=MappingProxyType(drops), culprits=MappingProxyType(culprits))


def _merge(frames: Sequence[Frame], last: Frame) -> Frame:
    """Return one frame for all; they have no metric in common."""
    columns = {
        name: take_over(last.columns.get(name), *column)
        for frame in frames
        for name, column in frame.columns.items()
    }
    drops: dict[str, int] = {}
    culprits: dict[str, str] = {}
    for frame in frames:
        for reason, count in frame.drops.items():
            drops[reason] = drops.get(reason, 0) + count
        culprits |= frame.culprits
    return Frame(MappingProxyType(columns), MappingProxyType(drops), MappingProxyType(culprits))
