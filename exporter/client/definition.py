"""What a metric is: its type, name and everything else that two processes must agree on."""

from __future__ import annotations

COUNTER = "counter"
GAUGE = "gauge"
HISTOGRAM = "histogram"

MULTIPROCESS_MODES = ("sum", "max", "min", "mean", "mostrecent")


class Definition:
    """The definition of one metric, already checked. Two are equal if all but their help texts are."""

    __slots__ = ("buckets", "help", "labels", "mode", "name", "type", "unit")

    def __init__(  # noqa: PLR0913 - these are the seven parts of a definition
        self,
        type: str,  # noqa: A002 - Prometheus calls it the type
        name: str,
        help: str,  # noqa: A002 - Prometheus calls it the help
        unit: str = "",
        labels: tuple[str, ...] = (),
        buckets: tuple[float, ...] = (),
        mode: str = "",
    ) -> None:
        """Keep the parts.

        Args:
            type: ``counter``, ``gauge`` or ``histogram``.
            name: full name with namespace and unit, without ``_total``.
            help: one sentence for the reader of a dashboard.
            unit: base unit in the plural, such as ``seconds``, or nothing.
            labels: label names in their order.
            buckets: finite upper bounds of a histogram, ascending.
            mode: how the values of several processes combine; gauges only.

        """
        self.type = type
        self.name = name
        self.help = help
        self.unit = unit
        self.labels = labels
        self.buckets = buckets
        self.mode = mode

    def parts(self) -> tuple[str, str, str, str, tuple[str, ...], tuple[float, ...], str]:
        """Return the arguments that make an equal definition."""
        return self.type, self.name, self.help, self.unit, self.labels, self.buckets, self.mode

    def agrees_with(self, other: Definition) -> bool:
        """Say whether both describe the same series. Help texts may differ: the first one stays."""
        return (self.type, self.name, *self.parts()[3:]) == (other.type, other.name, *other.parts()[3:])

    def cell_count(self) -> int:
        """Return how many doubles one series of this metric has in a segment."""
        if self.type == HISTOGRAM:
            return len(self.buckets) + 2
        return 2 if self.mode == "mostrecent" else 1

    def __repr__(self) -> str:
        """Show the definition as the call that makes it."""
        shown = [f"{self.type.capitalize()}({self.name!r}"]
        if self.labels:
            shown.append(f"labelnames={list(self.labels)!r}")
        if self.unit:
            shown.append(f"unit={self.unit!r}")
        if self.mode:
            shown.append(f"multiprocess_mode={self.mode!r}")
        if self.buckets:
            shown.append(f"buckets={list(self.buckets)!r}")
        return ", ".join(shown) + ")"
