"""Reads a daemon's exposition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from prometheus_client.parser import text_string_to_metric_families

from exporter.daemon.custom import APPLICATION_PREFIX
from exporter.daemon.errors import SourceError
from exporter.daemon.fetch import Fetcher
from exporter.overview import Sample, Samples, describe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exporter.daemon.login import Login
    from exporter.overview import Application

TIMEOUT = 30.0
"""Seconds; a scrape of very many series takes some."""
MAX_BODY = 1 << 30
"""Bytes of it."""
_OK, _UNAUTHORIZED = 200, 401
COUNTER, GAUGE, HISTOGRAM = "counter", "gauge", "histogram"
_INSTEAD = "expected them in --user and --password-file"
_IDENTITY = ("app_id", "app_name")


class ScrapeError(Exception):
    """There is no exposition; the text says why, and what to do."""


class Key(NamedTuple):
    """What tells one series of the user's from another."""

    name: str
    labels: tuple[tuple[str, str], ...]


class Custom(NamedTuple):
    """The value of one series of the user's."""

    type: str
    value: float
    """Of a histogram, how many observations there were."""


@dataclass(frozen=True)
class Seen:
    """One application in one scrape."""

    application: Application
    custom: Mapping[Key, Custom]


@dataclass(frozen=True)
class Scrape:
    """What one scrape said."""

    time: float
    """Seconds, by a clock that never goes back."""
    now: float
    """Unix seconds."""
    applications: Mapping[str, Seen]
    """By id."""
    targets: Mapping[str, bool]
    """Whether each target answered."""


def metrics_url(url: str) -> str:
    """Return where the metrics are: what was given, or its /metrics if that has no path.

    Raises:
        ValueError: it is no URL; the text says what is expected.

    """
    expected = "expected a daemon's URL, such as http://127.0.0.1:4060"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise ValueError(f"{url!r} is not a URL ({error}); {expected}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{url!r} is not an http or https URL; {expected}")
    if parts.username is not None or parts.password is not None:
        raise ValueError(f"the URL of {parts.hostname} carries a name or a password; {_INSTEAD}")
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") or "/metrics"))


class Daemon:
    """Where the metrics are.

    Args:
        url: of the metrics.
        login: what TLS and passwords need.

    """

    def __init__(self, url: str, login: Login) -> None:
        """Ask nothing yet."""
        self.url = url
        self._login = login
        self._fetcher = Fetcher(TIMEOUT, max_body=MAX_BODY, login=login)

    def fetch(self) -> str:
        """Return the exposition.

        Raises:
            ScrapeError: nothing answers, or something else does.

        """
        try:
            reply = self._fetcher.exchange("GET", self.url, headers={"Accept": "text/plain"})
        except SourceError as error:
            if error.transient:
                sentence = "Start a daemon with 'spark-exporter serve --target URL', or give the URL of one"
                raise ScrapeError(f"nothing answers at {self.url}. {sentence} that runs.") from error
            sentence = f"{error}{self._login.remedy(error)}"
            raise ScrapeError(sentence if sentence.endswith("?") else f"{sentence}.") from error
        if reply.status == _UNAUTHORIZED:
            raise ScrapeError(f"{self.url} answers 401: {self._login.refused}.")
        if reply.status != _OK:
            raise ScrapeError(f"{self.url} answers {reply.status}: is it a spark-exporter daemon?")
        return reply.body.decode("utf-8", "replace")


def parse(text: str, url: str, time: float, now: float) -> Scrape:
    """Return what an exposition says.

    Raises:
        ScrapeError: it is none of a daemon of ours.

    """
    builtin: dict[tuple[str, str], dict[str, list[Sample]]] = {}
    custom: dict[tuple[str, str], dict[Key, Custom]] = {}
    targets: dict[str, bool] = {}
    ours = False
    try:
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                ours = ours or sample.name == "spark_exporter_build_info"
                if sample.name == "spark_exporter_target_up":
                    targets[sample.labels["target"]] = sample.value == 1
                # What the daemon says of a target has the id, too, and is not about the application.
                if not sample.labels.keys() >= {*_IDENTITY}:
                    continue
                identity = (sample.labels["app_id"], sample.labels["app_name"])
                labels = {key: value for key, value in sample.labels.items() if key not in _IDENTITY}
                if sample.name.startswith(APPLICATION_PREFIX):
                    _add_custom(
                        custom.setdefault(identity, {}), family.type, sample.name, labels, sample.value
                    )
                else:
                    found = builtin.setdefault(identity, {})
                    found.setdefault(sample.name, []).append(Sample(labels, sample.value))
    except ValueError as error:
        raise ScrapeError(f"{url} gives no metrics that can be read ({error}).") from error
    if not ours:
        raise ScrapeError(
            f"{url} is not a spark-exporter daemon: spark_exporter_build_info is missing there."
        )
    applications = {
        app_id: Seen(describe(app_id, name, Samples(samples)), custom.get((app_id, name), {}))
        for (app_id, name), samples in builtin.items()
    }
    return Scrape(time, now, applications, targets)


def _add_custom(
    found: dict[Key, Custom], kind: str, sample_name: str, labels: Mapping[str, str], value: float
) -> None:
    name = sample_name.removeprefix(APPLICATION_PREFIX)
    if kind == HISTOGRAM:
        # The last bucket counts all observations, also where there is no _count.
        if not name.endswith("_bucket") or labels.get("le") != "+Inf":
            return
        name = name.removesuffix("_bucket")
        labels = {key: label for key, label in labels.items() if key != "le"}
    found[Key(name, tuple(sorted(labels.items())))] = Custom(kind, value)
