"""What an application runs on; whether the plugin is configured in it, and where it listens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exporter.daemon import fields
from exporter.daemon.decode import parse
from exporter.daemon.discovery.target import endpoint_of
from exporter.daemon.errors import SourceError
from exporter.daemon.frame import Frame, FrameBuilder
from exporter.daemon.sources import Update
from exporter.daemon.sources.rest import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exporter.daemon.catalogue import Catalogue
    from exporter.daemon.fetch import Fetcher
    from exporter.daemon.sources.rest import Api

PLUGIN_CLASS = "io.sparkexporter.ExporterPlugin"
ENDPOINT_KEY = "spark.exporter.endpoint"
_MANAGERS = {
    "local-cluster": "standalone",
    "local": "local",
    "spark:": "standalone",
    "yarn": "yarn",
    "k8s:": "kubernetes",
}
_LONGEST = 2_000
_GIVES = ("yarn", "kubernetes")
"""Those that give as many executors as spark.executor.instances says."""


@dataclass(frozen=True)
class Environment:
    """What Spark's configuration says about the plugin."""

    plugin_configured: bool
    endpoint: str | None
    """Where to ask the plugin, if it published an address."""


class EnvironmentSource:
    """Reads ``/api/v1/applications/<id>/environment``."""

    name = "environment"

    def __init__(self, fetcher: Fetcher, target: str, app_id: str) -> None:
        """Ask the UI at ``target``."""
        self._fetcher = fetcher
        self._target = target
        self._url = f"{target}/api/v1/applications/{app_id}/environment"

    def update(self) -> Update[Environment]:
        """Return what the driver's configuration says now."""
        try:
            document = parse(self._fetcher.get(self._url).body)
        except SourceError as error:
            if error.reason == "http_status":
                # The UI knows the application a moment before it knows its environment.
                raise SourceError(error.reason, str(error), transient=True) from error
            raise
        conf = _conf(document)
        plugins = [name.strip() for name in conf.get("spark.plugins", "").split(",")]
        return Update(Environment(PLUGIN_CLASS in plugins, self._endpoint(conf.get(ENDPOINT_KEY))))

    def _endpoint(self, published: str | None) -> str | None:
        try:
            return endpoint_of(self._target, published) if published else None
        except ValueError as error:
            raise SourceError("invalid", str(error)) from error


def begins_empty(conf: Mapping[str, str]) -> bool:
    """Say whether dynamic allocation begins without executors, and asks for them when there is work."""
    least = conf.get("spark.dynamicAllocation.minExecutors", "0")
    first = conf.get("spark.dynamicAllocation.initialExecutors", least)
    numbers = (least, first, conf.get("spark.executor.instances", "0"))
    return conf.get("spark.dynamicAllocation.enabled") == "true" and {*numbers} == {"0"}


def requested_executors(conf: Mapping[str, str]) -> int | None:
    """Return how many executors an application wants all the time; None where no number is fixed.

    Of the other cluster managers none takes it for more than a beginning.
    """
    instances = conf.get("spark.executor.instances", "").strip()
    fixed = conf.get("spark.dynamicAllocation.enabled", "false") != "true" and instances.isdecimal()
    return int(instances) if fixed and _manager(conf.get("spark.master", "")) in _GIVES else None


class RuntimeSource:
    """Reads ``/environment`` once. It is the largest of Spark's answers, and does not change."""

    name = "runtime"
    every = 0

    def __init__(self, api: Api, catalogue: Catalogue) -> None:
        """Ask ``api``."""
        self._api = api
        self._catalogue = catalogue
        self._conf: Mapping[str, str] | None = None

    def conf(self) -> Mapping[str, str]:
        """Return Spark's configuration, which is read if it was not yet.

        Raises:
            SourceError: the driver does not give it.

        """
        if self._conf is None:
            self._conf = _brief(_conf(self._api.mapping("environment")))
        return self._conf

    def update(self) -> Update[Frame]:
        """Return what the application runs on."""
        document = self._api.mapping("environment")
        conf = _conf(document)
        self._conf = _brief(conf)
        runtime = fields.mapping(document.get("runtime"), "environment.runtime")
        master = conf.get("spark.master", "")
        builder = FrameBuilder(self._catalogue)
        builder.add(
            "spark_app_environment_info",
            1,
            words(runtime, "javaVersion", builder),
            words(runtime, "scalaVersion", builder).removeprefix("version "),
            _manager(master),
            conf.get("spark.submit.deployMode", ""),
            master,
            conf.get("spark.dynamicAllocation.enabled", "false"),
        )
        wanted = requested_executors(self._conf)
        if wanted is not None:
            builder.add("spark_app_requested_executors", wanted)
        return Update(builder.frame())


def _conf(document: dict[str, Any]) -> dict[str, str]:
    conf = {}
    for item in fields.items(document.get("sparkProperties"), "environment.sparkProperties"):
        pair = fields.items(item, "environment.sparkProperties")
        if len(pair) != 2 or not all(type(part) is str for part in pair):  # noqa: PLR2004 - a pair
            raise fields.invalid("environment.sparkProperties", "pairs of strings", pair)
        conf[pair[0]] = pair[1]
    return conf


def _brief(conf: Mapping[str, str]) -> dict[str, str]:
    """Return the settings without values that are too long for anything that is asked of them."""
    return {key: value for key, value in conf.items() if len(key) + len(value) <= _LONGEST}


def _manager(master: str) -> str:
    """Return what gives the application its executors."""
    for prefix, manager in _MANAGERS.items():
        if master.startswith(prefix):
            return manager
    return "other"
