"""The upper bounds of histograms, and the code that finds the right bucket."""

from __future__ import annotations

from exporter.client.doubles import LARGEST, LARGEST_INT
from exporter.client.locking import LOCK, LOCK_FREE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

# Those of prometheus_client, in seconds: right for requests and tasks.
DEFAULT_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
MAX_BUCKETS = 100


def check_buckets(buckets: object) -> tuple[float, ...]:
    """Return the finite upper bounds, ascending; a final +Inf is implied and may be given."""
    try:
        candidates: Iterable[Any] = iter(buckets)  # type: ignore[call-overload]
        bounds = [float(bound) for bound in candidates]
    except (TypeError, ValueError, OverflowError):
        raise TypeError(
            f"buckets must be a list of numbers, such as [0.1, 1, 10], not {buckets!r:.100}"
        ) from None
    if bounds and bounds[-1] == float("inf"):
        bounds.pop()
    if not bounds:
        raise ValueError("buckets must hold at least one finite upper bound, such as [0.1, 1, 10]")
    if len(bounds) > MAX_BUCKETS:
        raise ValueError(
            f"a histogram may have at most {MAX_BUCKETS} buckets, not {len(bounds)}: use wider ones"
        )
    for bound in bounds:
        if not -LARGEST <= bound <= LARGEST:
            raise ValueError(f"bucket bound {bound!r} is not finite; only the last bound may be +Inf")
    for low, high in zip(bounds, bounds[1:]):
        if low >= high:
            raise ValueError(
                f"buckets must ascend, but {high!r} follows {low!r}; use {sorted(set(bounds))!r:.300}"
            )
    return tuple(bounds)


def _tree(bounds: tuple[float, ...], low: int, high: int, indent: str) -> list[str]:
    """Return lines that set ``i`` to the first index in ``low..high`` whose bound is not below ``value``."""
    if low == high:
        # Whatever is not finite arrives at an end: comparing NaN with any bound is false.
        last = low == len(bounds)
        guard = []
        if low == 0:
            guard = [f"{indent}if value < {-LARGEST!r}:", f"{indent}    return self._refuse_value(value)"]
        elif last:
            guard = [
                f"{indent}if not value <= {LARGEST!r}:",
                f"{indent}    return self._refuse_value(value)",
            ]
        return [*guard, f"{indent}i = {low}"]
    middle = (low + high) // 2
    return [
        f"{indent}if value <= {bounds[middle]!r}:",
        *_tree(bounds, low, middle, indent + "    "),
        f"{indent}else:",
        *_tree(bounds, middle + 1, high, indent + "    "),
    ]


def make_observe(bounds: tuple[float, ...]) -> Callable[[Any, float], None]:
    """Return an ``observe`` method for histograms with these bounds: a tree of comparisons with constants.

    It is twice as fast as ``bisect``. The statements after the tree hold no call and no backward jump, so
    no other thread can come between (see :mod:`exporter.client.locking`).
    """
    total = len(bounds) + 1
    store = [
        "shadow = self._shadow",
        "cells = self._cells",
        "cells[i] = shadow[i] = shadow[i] + 1.0",
        f"cells[{total}] = shadow[{total}] = shadow[{total}] + value",
    ]
    guarded = store if LOCK_FREE else ["with LOCK:", *("    " + line for line in store)]
    lines = [
        "def observe(self, value):",
        "    if type(value) is not float:",
        f"        if type(value) is not int or not {-LARGEST_INT} <= value <= {LARGEST_INT}:",
        "            return self._observe_other(value)",
        "        value = value + 0.0",
        *_tree(bounds, 0, len(bounds), "    "),
        "    try:",
        *("        " + line for line in guarded),
        "    except TypeError:",
        "        self._observe_unbound(value)",
    ]
    scope: dict[str, Any] = {"LOCK": LOCK}
    exec(compile("\n".join(lines), "<exporter histogram>", "exec"), scope)  # noqa: S102 - made of checked doubles only
    observe: Callable[[Any, float], None] = scope["observe"]
    return observe
