"""What counters, gauges and histograms have in common: definition, labels, pickling, refusals."""

from __future__ import annotations

from exporter.client import attach
from exporter.client.definition import COUNTER, Definition
from exporter.client.naming import check_help, check_labels, check_unit, full_name
from exporter.client.refusals import DEFINITION_CONFLICT, INVALID_VALUE, local_cells, shown
from exporter.client.registry import REGISTRY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from typing_extensions import Self

# The class of each type of metric: a pickled metric travels as its definition.
CLASSES: dict[str, type[Metric]] = {}


class Metric:
    """A metric, or one series of it: a metric without labels is its own only series.

    Once constructed it never raises: what is wrong is counted, and logged once.
    """

    __slots__ = ("__weakref__", "_cells", "_children", "_definition", "_detached", "_label_values", "_sink")

    _definition: Definition
    # None for a metric with labels, which has series but is none.
    _label_values: tuple[str, ...] | None
    _children: dict[tuple[object, ...], Metric]
    # Where the values can be seen. None where there is no place (yet): recording then ends in a TypeError,
    # which costs the fast path nothing.
    _cells: memoryview[float] | None
    # Whether it is unknown to the registry: it works, and nobody sees it.
    _detached: bool
    # The series that stands in for all that are refused.
    _sink: Metric | None

    @classmethod
    def _make(cls, definition: Definition, label_values: tuple[str, ...] | None) -> Self:
        metric = object.__new__(cls)
        metric._definition = definition
        metric._label_values = label_values
        metric._children = {}
        metric._detached = False
        metric._sink = None
        metric._restart(None)
        return metric

    @classmethod
    def _of(cls, definition: Definition) -> Self:
        """Return a new metric of this definition, without cells and unknown to the registry."""
        return cls._make(definition, None if definition.labels else ())

    @classmethod
    def _defined(cls, definition: Definition) -> Self:
        """Return this process's metric of the definition; ValueError if another one has the name."""
        attach.ensure_started()
        return REGISTRY.define(definition, cls._of)

    def _unregistered(self) -> Self:
        """Let the object record where nobody sees it."""
        self._detached = True
        if self._label_values is not None:
            self._rebind(local_cells(self._definition.cell_count()))
        return self

    def _initial_cells(self) -> list[float]:
        """Return what new cells must hold at first."""
        raise NotImplementedError

    def _rebind(self, cells: memoryview[float]) -> None:
        """Record into these cells from now on, losing nothing that other threads record meanwhile."""
        raise NotImplementedError

    def _restart(self, cells: memoryview[float] | None) -> None:
        """Start from zero in these cells, but keep a gauge. With None forget everything, as a new process."""
        raise NotImplementedError

    def labels(self, *labelvalues: object, **labelkwargs: object) -> Self:
        """Return the series for these label values, given in the order of the label names or by name.

        Values are converted with ``str``. Keep the result if it is used often.
        What does not fit the label names is refused: the returned series is seen by nobody.
        """
        try:
            known = None if labelkwargs else self._children.get(labelvalues)
        except Exception:  # noqa: BLE001 - a value that cannot be hashed still has a text
            known = None
        if known is None:
            try:
                texts = self._label_texts(labelvalues, labelkwargs)
            except Exception as error:  # noqa: BLE001 - __str__ of a label value is the user's code
                self._refuse(f"labels() of {self._called()} cannot be used: {shown_error(error)}.")
                return self._unseen()
            known = self._children.get(texts) or self._new_series(texts)
        return known  # type: ignore[return-value] # the series of a metric have its type

    def _label_texts(self, values: tuple[object, ...], named: dict[str, object]) -> tuple[str, ...]:
        names = self._definition.labels
        if not names:
            raise ValueError(
                "the metric has no labels; record without labels(), or define it with labelnames"
            )
        if self._label_values is not None:
            raise ValueError("this is one series already; call labels() on the metric itself")
        if named and values:
            raise ValueError("give the values in their order or by name, not both")
        if named:
            if len(named) != len(names) or any(name not in named for name in names):
                raise ValueError(f"got the names {', '.join(named)}; expected {', '.join(names)}")
            values = tuple([named[name] for name in names])
        if len(values) != len(names):
            raise ValueError(f"got {len(values)} values; expected {len(names)}, for {', '.join(names)}")
        return tuple([_label_text(value) for value in values])

    def _new_series(self, texts: tuple[str, ...]) -> Metric:
        attach.ensure_started()
        series = None
        if not self._detached:
            cls, definition = type(self), self._definition
            series = REGISTRY.series(self, texts, lambda: cls._make(definition, texts))
        return self._unseen() if series is None else series

    def _unseen(self) -> Self:
        """Return the series that stands in for refused ones."""
        if self._sink is None:
            # No label values although there are label names: so it is known again after pickling.
            self._sink = type(self)._make(self._definition, ())._unregistered()
        return self._sink  # type: ignore[return-value] # as in labels()

    def _refuse(self, sentence: str, times: int = 1) -> None:
        REGISTRY.refuse(INVALID_VALUE, self._definition.name, sentence, times)

    def _refuse_value(self, value: object) -> None:
        rule = "give a finite number"
        if self._definition.type == COUNTER:
            rule += " that is not negative; a value that can fall is a Gauge"
        self._refuse(f"{self._called()} refused the value {shown(value)}: {rule}.")

    def _called(self) -> str:
        return f"{self._definition.type} {self._definition.name!r}"

    def _is_bound(self) -> bool:
        """See to it that there are cells; say no if there can be none, because a label is missing."""
        names = self._definition.labels
        if self._label_values is None:
            values = ", ".join(f"{name}=..." for name in names)
            self._refuse(
                f"{self._called()} has labels, so choose a series before recording: labels({values})."
            )
            return False
        if self._cells is None:
            REGISTRY.bind(self)
        return True

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        """Travel as the definition; the receiving process uses its own metric of that definition."""
        attach.ensure_started()
        return restore, (self._definition.parts(), self._label_values)

    def __repr__(self) -> str:
        """Show the definition, and the label values of a series."""
        text = repr(self._definition)
        return f"{text}.labels{self._label_values!r}" if self._label_values else text


def checked_definition(  # noqa: PLR0913 - what the three constructors have in common
    kind: str,
    name: object,
    documentation: object,
    labelnames: object,
    namespace: object,
    subsystem: object,
    unit: object,
    *,
    buckets: tuple[float, ...] = (),
    mode: str = "",
) -> Definition:
    """Return the definition if every part of it is valid, else raise ValueError or TypeError."""
    base_unit = check_unit(unit)
    full = full_name(kind, name, namespace, subsystem, base_unit)
    return Definition(
        kind, full, check_help(documentation), base_unit, check_labels(labelnames), buckets, mode
    )


def shown_error(error: Exception) -> str:
    """Return the message of an exception: ours as it is, somebody's with its type."""
    return str(error) if type(error) is ValueError else shown(error)


def _label_text(value: object) -> str:
    # str.__str__: of a string that is also an enum member the value, not the name of the member.
    text = str.__str__(value) if isinstance(value, str) else str(value)
    return text.encode("utf-8", "replace").decode()


def restore(parts: tuple[Any, ...], label_values: tuple[str, ...] | None) -> Metric:
    """Return this process's metric, or series, for what arrives pickled. It never raises."""
    definition = Definition(*parts)
    cls = CLASSES[definition.type]
    try:
        metric = cls._defined(definition)
    except ValueError as error:
        REGISTRY.refuse(
            DEFINITION_CONFLICT, definition.name, f"{error}. What arrived pickled is not recorded."
        )
        metric = cls._of(definition)._unregistered()
    if not definition.labels or label_values is None:
        return metric
    return metric.labels(*label_values) if label_values else metric._unseen()
