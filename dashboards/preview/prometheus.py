"""Asks a Prometheus."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import requests

_TIMEOUT_SECONDS = 60


class QueryError(Exception):
    """A query that Prometheus did not answer; its text is Prometheus' own, or says why there is none."""


class Series(NamedTuple):
    """Samples of one set of labels."""

    labels: dict[str, str]
    times: list[float]
    """Unix seconds."""
    values: list[float]


class Prometheus:
    """A Prometheus and the range of time to look at."""

    def __init__(self, url: str, start: float, end: float, points: int = 300) -> None:
        """Ask at ``url`` for ``start`` to ``end``, both in Unix seconds, in about ``points`` steps."""
        self._url = url.rstrip("/")
        self._session = requests.Session()
        self.start, self.end = start, end
        self.step = max(1, math.ceil((end - start) / points))

    def range(self, expression: str) -> list[Series]:
        """Return the series of a query over the range.

        Raises:
            QueryError: there is no answer, or it is an error.

        """
        answer = self._ask("query_range", query=expression, start=self.start, end=self.end, step=self.step)
        return [_series(one["metric"], one["values"]) for one in answer["result"]]

    def instant(self, expression: str) -> list[Series]:
        """Return the series of a query at the range's end, each with one sample.

        Raises:
            QueryError: as of ``range``; or the answer is no vector.

        """
        answer = self._ask("query", query=expression, time=self.end)
        if answer["resultType"] == "scalar":
            return [_series({}, [answer["result"]])]
        if answer["resultType"] != "vector":
            raise QueryError(f"the query gives a {answer['resultType']}, not a vector")
        return [_series(one["metric"], [one["value"]]) for one in answer["result"]]

    def series(self, selector: str) -> list[dict[str, str]]:
        """Return the labels of all series that a selector finds in the range.

        Raises:
            QueryError: as of ``range``.

        """
        found: list[dict[str, str]] = self._ask(
            "series", **{"match[]": selector, "start": self.start, "end": self.end}
        )
        return found

    def scrape_interval(self) -> float:
        """Return how many seconds lie between two samples, as far as the daemon's own metrics show.

        Raises:
            QueryError: as of ``range``.

        """
        span = max(1, math.ceil(self.end - self.start))
        found = self.instant(f"max(count_over_time(spark_exporter_build_info[{span}s]))")
        samples = found[0].values[0] if found else 0
        return span / samples if samples > 1 else 15.0

    def _ask(self, path: str, **parameters: Any) -> Any:
        try:
            answer = self._session.post(
                f"{self._url}/api/v1/{path}", data=parameters, timeout=_TIMEOUT_SECONDS
            ).json()
        except requests.RequestException as error:
            raise QueryError(f"{self._url} does not answer as a Prometheus does: {error}") from error
        if not isinstance(answer, dict) or answer.get("status") != "success":
            text = answer.get("error") if isinstance(answer, dict) else None
            raise QueryError(text or f"{self._url} does not answer as a Prometheus does")
        return answer["data"]


def _series(labels: dict[str, str], samples: list[tuple[float, str]]) -> Series:
    return Series(labels, [float(time) for time, _ in samples], [float(value) for _, value in samples])
