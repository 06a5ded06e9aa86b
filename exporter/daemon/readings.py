"""What Spark's dotted names mean: the metric, the labels and the scale, by the catalogue."""

from __future__ import annotations

import re
from collections import Counter
from fnmatch import translate
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from exporter.daemon.errors import CatalogueError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from exporter.daemon.catalogue import Catalogue, Entry, Origin

REMEMBERED = 20_000
LONGEST = 500
"""How many names are remembered, and how long ones: most are the same in all applications."""
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_ANYTHING = "_"
_PACKAGE = re.compile(r"^([a-z0-9]+[._])+(?=[A-Z])")
_NEVER_NEGATIVE = {"bytes", "seconds"}


class Meaning(NamedTuple):
    """What one dotted name is a measurement of."""

    entry: Entry
    labels: tuple[str | None, ...]
    """The own labels in their order; None is what only the caller knows."""
    scale: float
    rank: int
    """Position among the origins of the metric. Of two that give the same series the lower one counts."""

    @property
    def metric(self) -> str:
        """The published name."""
        return self.entry.family.sample_name

    @property
    def divisor(self) -> float:
        """What to divide by instead of multiplying by the scale.

        284 ms are 0.284 s; times 0.001 they would be 0.28400000000000003.
        """
        return float(round(1 / self.scale)) if self.scale < 1 else 1 / self.scale


class Vocabulary:
    """The meaning of all dotted names of one kind.

    Args:
        catalogue: says what they mean: ``{label}`` stands for a label's value, ``{_}`` for any text.
        kind: of the origins, reading or query.
        given: labels that the caller fills in.
        spell: how the names that will be asked for write a name of the catalogue.

    Raises:
        CatalogueError: an origin leaves a label open.

    """

    def __init__(
        self,
        catalogue: Catalogue,
        kind: str,
        given: frozenset[str] = frozenset(),
        spell: Callable[[str], str] = str,
    ) -> None:
        """Compile the origins; whoever has more literal text is asked first."""
        self._exact: dict[str, Meaning] = {}
        patterns = []
        for position, (metric, origin) in enumerate(catalogue.origins(kind)):
            entry = catalogue[metric]
            meaning, names = _open(entry, origin, position, given)
            if _PLACEHOLDER.search(origin.field):
                literal = len(_PLACEHOLDER.sub("", origin.field))
                patterns.append((literal, _regex(origin.field, spell), meaning, names))
            elif spell(origin.field) in self._exact:
                raise CatalogueError(f"{metric}: {origin.field} is the origin of another metric, too")
            else:
                self._exact[spell(origin.field)] = meaning
        patterns.sort(key=lambda item: -item[0])
        self._patterns = tuple([pattern[1:] for pattern in patterns])
        left_out = [
            translate("*".join(map(spell, item.field.split("*"))))
            for item in catalogue.left_out
            if item.kind == kind
        ]
        self._left_out = re.compile("|".join(left_out) or r"(?!)")
        self._known: dict[str, Meaning | None] = {}

    def meaning(self, name: str) -> Meaning | None:
        """Return what ``name`` means; None if the catalogue does not say, or leaves it out."""
        try:
            return self._known[name]
        except KeyError:
            pass
        if len(self._known) >= REMEMBERED:
            self._known = {}
        found = self._exact.get(name)
        if found is None and not self.left_out(name):
            found = self._match(name)
        if len(name) <= LONGEST:
            self._known[name] = found
        return found

    def left_out(self, name: str) -> bool:
        """Say whether the catalogue gives a reason why ``name`` is not published."""
        return self._left_out.fullmatch(name) is not None

    def _match(self, name: str) -> Meaning | None:
        for regex, meaning, names in self._patterns:
            found = regex.fullmatch(name)
            if found is not None:
                values = found.groupdict()
                labels = [
                    values.get(label, fixed) for label, fixed in zip(names, meaning.labels, strict=True)
                ]
                return meaning._replace(labels=tuple(labels))
        return None


@lru_cache(maxsize=8)
def vocabulary(
    catalogue: Catalogue,
    kind: str,
    given: frozenset[str] = frozenset(),
    spell: Callable[[str], str] = str,
) -> Vocabulary:
    """Return the vocabulary of a kind; one for all who ask, so that each name is looked up once."""
    return Vocabulary(catalogue, kind, given, spell)


def says_nothing(entry: Entry, value: float) -> bool:
    """Say whether a gauge has a value by which Spark or the JVM means that there is none.

    The JVM writes -1 for a size without a limit; Spark -1 or 0 for a time that has not come, and 0 for
    processes that it does not look at.
    """
    if entry.family.type != "gauge" or value > 0:
        return False
    if value < 0:
        return entry.family.unit in _NEVER_NEGATIVE
    return "process_tree" in entry.when or entry.family.name.endswith("_timestamp_seconds")


def simple_names(classes: Iterable[str]) -> Mapping[str, str]:
    """Return the name of each class without its package, where that is no other's, too."""
    names = {name: _PACKAGE.sub("", name) for name in classes}
    uses = Counter(names.values())
    return {name: short if uses[short] == 1 else name for name, short in names.items()}


def _open(
    entry: Entry, origin: Origin, position: int, given: frozenset[str]
) -> tuple[Meaning, tuple[str, ...]]:
    """Return the meaning of an origin before its placeholders are filled in, and the names of its labels."""
    fixed = dict(origin.labels)
    open_labels = {*entry.own_labels} - {*fixed} - {*_PLACEHOLDER.findall(origin.field)} - given
    if open_labels:
        name = entry.family.sample_name
        raise CatalogueError(
            f"{name}: {origin.field} does not say the label {', '.join(sorted(open_labels))}"
        )
    labels = tuple([fixed.get(label) for label in entry.own_labels])
    return Meaning(entry, labels, origin.scale, position), entry.own_labels


def _regex(field: str, spell: Callable[[str], str]) -> re.Pattern[str]:
    parts = _PLACEHOLDER.split(field)
    pieces = [re.escape(spell(part)) for part in parts]
    for index in range(1, len(parts), 2):
        pieces[index] = ".+" if parts[index] == _ANYTHING else f"(?P<{parts[index]}>.+)"
    return re.compile("".join(pieces), re.DOTALL)
