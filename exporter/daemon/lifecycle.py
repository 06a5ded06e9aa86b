"""The course of an application: waiting, running, and how it ended."""

from __future__ import annotations

import math
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from exporter.daemon.catalogue import DROP, KEEP
from exporter.daemon.frame import Column, Frame, FrameBuilder
from exporter.daemon.model import COMPLETED, FAILED, LOST, RUNNING, STATES, WAITING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exporter.daemon.catalogue import Catalogue
    from exporter.daemon.model import Application, Record, Snapshot

_MAX_DIGITS = 9


class Word(NamedTuple):
    """What the sources say together."""

    state: str
    end_time: float | None
    """Unix seconds; None unless the application has ended."""


def judge(
    application: Application, snapshot: Snapshot | None, waiting: bool | None, failed: bool | None
) -> Word:
    """Return the state of an application whose driver is there.

    Args:
        application: as a source saw it last.
        snapshot: the last answer of its plugin.
        waiting: whether other sources say that it waits for executors.
        failed: whether other sources say that it looks failed.

    """
    final = snapshot is not None and snapshot.final
    if snapshot is not None and final:
        return Word(_outcome(snapshot.application, failed), application.end_time or snapshot.time)
    if application.completed:
        known = snapshot.application if snapshot is not None else application
        return Word(_outcome(known, failed), application.end_time)
    if snapshot is not None:
        waiting = snapshot.application.waiting
    return Word(WAITING if waiting or (waiting is None and application.waiting) else RUNNING, None)


def _outcome(application: Application, failed: bool | None) -> str:
    if application.outcome:
        return application.outcome
    return FAILED if failed else COMPLETED


def began(before: Record | None, word: Word, application: Application, now: float) -> float:
    """Return when a state began, in Unix seconds, as far as is known.

    Args:
        before: the same run as it was; None if it is new.
        word: what it is now.
        application: the same run.
        now: Unix seconds.

    """
    if before is not None and before.state == word.state and before.since is not None:
        return before.since
    if word.state in (COMPLETED, FAILED):
        return word.end_time if word.end_time is not None else now
    if before is None or word.state == WAITING:
        return application.start_time if application.start_time is not None else now
    return now


def as_lost(record: Record, now: float, clock: float) -> Record:
    """Return an application whose driver is gone without a word.

    Args:
        record: how it was.
        now: Unix seconds.
        clock: monotonic seconds.

    """
    application = replace(record.application, end_time=record.heard)
    return replace(record, application=application, state=LOST, since=now, ended_at=clock)


def as_told(record: Record, outcome: str) -> Record:
    """Return a lost application after somebody else than its driver said how it has ended."""
    return replace(record, state=outcome, told=True, since=record.application.end_time)


def first_ended(known: Mapping[str, Record], newcomer: Application) -> str | None:
    """Return the application that ended first, by its own clock; None if none did before the newcomer."""
    ended = [
        (record.application.end_time or record.since or 0.0, record.ended_at, app_id)
        for app_id, record in known.items()
        if record.ended_at is not None
    ]
    end, _, app_id = min(ended, default=(math.inf, 0.0, None))
    return None if newcomer.completed and (newcomer.end_time or 0.0) <= end else app_id


def attempts(application: Application) -> int:
    """Return how many attempts there have been: as many as are listed, or as the number of this one says."""
    number = application.attempt_id
    counts = number.isascii() and number.isdigit() and len(number) <= _MAX_DIGITS
    return max(application.attempts, int(number) if counts else 1)


def about(catalogue: Catalogue, record: Record, last: Frame | None) -> FrameBuilder:
    """Return a builder that holds what the store itself knows of an application."""
    builder = FrameBuilder(catalogue, last)
    application = record.application
    info = (application.spark_version, application.user, application.attempt_id, application.name)
    builder.add("spark_app_info", 1, *info)
    builder.add("spark_app_up", record.up)
    for state in STATES:
        builder.add("spark_app_state", record.state == state, state)
    builder.add("spark_app_state_timestamp_seconds", record.since)
    builder.add("spark_app_start_timestamp_seconds", application.start_time)
    builder.add("spark_app_end_timestamp_seconds", application.end_time)
    builder.add("spark_app_attempts", attempts(application))
    return builder


def after_the_end(catalogue: Catalogue, columns: Mapping[str, Column]) -> dict[str, Column]:
    """Return what is left of a driver's samples when it is gone, as the catalogue says for each metric."""
    left = {}
    for name, column in columns.items():
        ended = catalogue[name].ended
        if ended == KEEP:
            left[name] = column
        elif ended != DROP:
            left[name] = Column(column.keys, (0.0,) * len(column.keys))
    return left


def without_levels(catalogue: Catalogue, frame: Frame) -> Frame:
    """Return what is left of a frame when its source has failed for long: how things stood is no news."""
    kept = {name: column for name, column in frame.columns.items() if catalogue[name].ended == KEEP}
    return frame if len(kept) == len(frame.columns) else Frame(MappingProxyType(kept))
