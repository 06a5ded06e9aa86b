"""Streaming queries as samples: what they add up to, and how the last batch went."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from exporter.daemon.frame import LIMIT, NOT_A_NUMBER
from exporter.daemon.progress import Identity, backlog, figure, identify, leaves, short_name, time_of
from exporter.daemon.readings import says_nothing, vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from exporter.daemon.catalogue import Catalogue
    from exporter.daemon.frame import FrameBuilder
    from exporter.daemon.measured import Query
    from exporter.daemon.readings import Meaning

MAX_QUERIES = 100
"""Queries of one application that are published: those that started last."""
MAX_DETAILS = 64
"""Samples of one metric and one query: sources, operators, and what they call metrics of their own."""
STOPPED, FAILED = "stopped", "failed"
RESULTS = (STOPPED, FAILED)
"""How a run of a query ends."""
_GIVEN = frozenset({"query_name", "query_id", "source_name", "operator_name"})
_FREE = {"metric", "column"}
"""Labels under which anybody may put anything, also what is no number."""


class _Ended(NamedTuple):
    """The end of one trigger, from which the next one was waited for."""

    batch: float
    time: float


class Queries:
    """Follows the streaming queries of one driver from answer to answer."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Know of no query."""
        self._vocabulary = vocabulary(catalogue, "query", _GIVEN)
        self._triggers: dict[str, _Ended] = {}
        self._idle: dict[str, float] = {}

    def add_to(self, builder: FrameBuilder, queries: Sequence[Query]) -> None:
        """Take in what the driver says now, and add the samples of all queries."""
        runs: dict[Identity, list[Query]] = {}
        for query in sorted(queries, key=_recent, reverse=True):
            runs.setdefault(identify(query.name, query.id), []).append(query)
        listed_runs = {query.run_id for query in queries}
        self._triggers = {run: last for run, last in self._triggers.items() if run in listed_runs}
        self._idle = {run: idle for run, idle in self._idle.items() if run in listed_runs}
        for identity, listed in list(runs.items())[:MAX_QUERIES]:
            self._add_query(builder, identity, listed)
        if len(runs) > MAX_QUERIES:
            builder.drop(LIMIT, len(runs) - MAX_QUERIES, "spark_streaming_query_info")

    def _add_query(self, builder: FrameBuilder, identity: Identity, runs: Sequence[Query]) -> None:
        query = runs[0]
        sink = query.progress.get("sink")
        sink_name = short_name(sink.get("description")) if isinstance(sink, dict) else ""
        builder.add("spark_streaming_query_info", 1, *identity, query.run_id, sink_name)
        builder.add("spark_streaming_query_active", query.terminated is None, *identity)
        builder.add("spark_streaming_query_failed", _has_failed(query), *identity)
        ends = {STOPPED: sum(run.stopped for run in runs), FAILED: sum(run.failed for run in runs)}
        for result, count in ends.items():
            builder.add("spark_streaming_query_terminations_total", count, *identity, result)
        totals: Counter[str] = Counter()
        for run in runs:
            totals.update(run.totals)
        said: list[tuple[str, Any]] = [("started", query.started), ("terminated", query.terminated)]
        tasks = [run.tasks for run in runs if run.tasks is not None]
        said += [("idle", query.idle), ("tasks", sum(tasks) if tasks else None)]
        said += [(f"totals.{name}", value) for name, value in totals.items()]
        if query.terminated is None:
            said.append(("jobs", query.jobs))
            found = leaves(query.progress, "progress", self._vocabulary.left_out)
            said += found.found
            if found.cut:
                builder.drop(LIMIT, found.cut)
            self._add_derived(builder, identity, query)
        self._add_named(builder, identity, _naming(runs), said)

    def _add_named(
        self,
        builder: FrameBuilder,
        identity: Identity,
        progress: Mapping[str, Any],
        said: Iterable[tuple[str, Any]],
    ) -> None:
        used: Counter[str] = Counter()
        for name, value in said:
            meaning = self._vocabulary.meaning(name) if value is not None else None
            if meaning is None:
                continue
            metric = meaning.metric
            number = figure(value)
            if number is None:
                if not _FREE & {*meaning.entry.own_labels}:
                    builder.drop(NOT_A_NUMBER, name=metric)
                continue
            number /= meaning.divisor
            # A sink that does not count says -1.
            unknown = name == "progress.sink.numOutputRows" and number < 0
            if unknown or says_nothing(meaning.entry, number):
                continue
            used[metric] += 1
            if used[metric] > MAX_DETAILS:
                builder.drop(LIMIT, name=metric)
                continue
            builder.add(metric, number, *_labels(meaning, identity, progress))

    def _add_derived(self, builder: FrameBuilder, identity: Identity, query: Query) -> None:
        progress = query.progress
        start = time_of(progress.get("timestamp"))
        event_time = progress.get("eventTime")
        watermark = time_of(event_time.get("watermark")) if isinstance(event_time, dict) else None
        if start is not None and watermark is not None and watermark > 0:
            builder.add("spark_streaming_watermark_lag_seconds", start - watermark, *identity)
        self._follow_trigger(query, start)
        builder.add("spark_streaming_last_trigger_idle_seconds", self._idle.get(query.run_id), *identity)
        sources = _parts(progress, "sources")
        if len(sources) > MAX_DETAILS:
            builder.drop(LIMIT, len(sources) - MAX_DETAILS, "spark_streaming_source_info")
        for index, source in enumerate(sources[:MAX_DETAILS]):
            description = source.get("description")
            labels = (*identity, str(index), short_name(description))
            if isinstance(description, str):
                builder.add("spark_streaming_source_info", 1, *labels, " ".join(description[:1000].split()))
            builder.add("spark_streaming_source_backlog_offsets", backlog(source), *labels)

    def _follow_trigger(self, query: Query, start: float | None) -> None:
        """Find out how long the query waited before its last trigger, if the one before was seen, too."""
        durations = query.progress.get("durationMs")
        took = figure(durations.get("triggerExecution")) if isinstance(durations, dict) else None
        batch = figure(query.progress.get("batchId"))
        if start is None or took is None or batch is None or not math.isfinite(took):
            return
        before = self._triggers.get(query.run_id)
        ended = _Ended(batch, start + took / 1000)
        if before == ended:
            return
        self._triggers[query.run_id] = ended
        self._idle.pop(query.run_id, None)
        if before is not None and batch - before.batch in (0, 1):
            self._idle[query.run_id] = max(0.0, start - before.time)


def _recent(query: Query) -> tuple[bool, float]:
    return (query.terminated is None, query.started or 0.0)


def _has_failed(query: Query) -> bool:
    return query.terminated is not None and query.exception is not None


def _naming(runs: Iterable[Query]) -> Mapping[str, Any]:
    """Return the newest progress that tells what the sources are: a run has none until its first trigger."""
    return next((run.progress for run in runs if _parts(run.progress, "sources")), {})


def _labels(meaning: Meaning, identity: Identity, progress: Mapping[str, Any]) -> list[str]:
    given = {"query_name": identity.name, "query_id": identity.id}
    labels = []
    for name, label in zip(meaning.entry.own_labels, meaning.labels, strict=True):
        if name in ("source", "operator"):
            given |= _named(name, label or "", progress)
        labels.append(given.get(name, "") if label is None else label)
    return labels


def _named(name: str, index: str, progress: Mapping[str, Any]) -> dict[str, str]:
    parts = _parts(progress, "sources" if name == "source" else "stateOperators")
    part = parts[int(index)] if len(index) < 5 and index.isdecimal() and int(index) < len(parts) else {}  # noqa: PLR2004 - digits
    if name == "source":
        return {"source_name": short_name(part.get("description"))}
    operator = part.get("operatorName")
    return {"operator_name": operator if isinstance(operator, str) else ""}


def _parts(progress: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    parts = progress.get(key)
    return [part if isinstance(part, dict) else {} for part in parts] if isinstance(parts, list) else []
