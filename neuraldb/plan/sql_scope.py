"""Names of SQL: which columns a FROM clause gives, and what an identifier stands for.

A name that no real relation has belongs to a virtual table, if one is there: an unknown table is an entity type, its
unknown columns are attributes. The entity itself is called

1. ``name``, or the type in singular or plural, or ``<singular>_name`` (``person``, ``people``, ``person_name``);
2. ``title`` or ``label``, where none of those is used and the type is not known to have such an attribute.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from rapidfuzz.distance import DamerauLevenshtein

from neuraldb.core.text import identifier, nearest, pluralizer
from neuraldb.plan.nodes import Field
from neuraldb.plan.semantic_nodes import READINGS, Attribute, phrase, reading

if TYPE_CHECKING:
    from neuraldb.plan.sql_columns import ColumnNames

NAME = "name"
"""The column of a virtual table that holds the entity's name, under whatever name the statement uses it."""
_TITLES = frozenset({"title", "label"})
SYNTHETIC = ":"
"""Is in every name that the builder makes up, and so keeps them apart from the user's."""


class UnknownName(Exception):
    """An identifier that stands for nothing, or for several columns; becomes a BindError with the place."""

    def __init__(self, message: str, candidates: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.candidates = tuple(candidates)


@dataclass(frozen=True, slots=True)
class BoundColumn:
    """A column that an identifier stands for.

    Attributes:
        name: as the plan's nodes call it (``people.name``).
        type: its DuckDB type.
        label: what it is called in a result.
        readings: what else its text can be read as; not empty for cells of virtual tables, whose type is VARCHAR.
    """

    name: str
    type: str
    label: str
    readings: frozenset[str] = frozenset()

    @property
    def fields(self) -> tuple[Field, ...]:
        """The column and its readings."""
        known = [r for r in READINGS if r in self.readings]
        return Field(self.name, self.type), *(Field(reading(self.name, r), READINGS[r]) for r in known)


class Source:
    """An item of a FROM clause under its alias; ``known`` are its columns in order."""

    def __init__(self, alias: str, known: Iterable[BoundColumn]) -> None:
        self.alias = alias
        self.known = tuple(known)
        self._by_name: dict[str, BoundColumn] = {}
        for column in self.known:
            self._by_name.setdefault(identifier(column.label), column)

    def column(self, name: str) -> BoundColumn | None:
        """The column of that name; case does not count."""
        return self._by_name.get(identifier(name))

    def star(self) -> tuple[BoundColumn, ...]:
        """The columns that ``*`` stands for."""
        return self.known

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(c.label for c in self.known)


class VirtualSource(Source):
    """A virtual table: every name is a column of it; the ones that are used are learnt as they come.

    Args:
        alias: what the statement calls it.
        columns: what its names stand for.
        names: the identifiers that the statement uses as columns, of which (2) above depends.

    Attributes:
        used: the attributes that the statement uses, by the lower-case name of their columns.
    """

    def __init__(self, alias: str, columns: ColumnNames, names: frozenset[str]) -> None:
        super().__init__(alias, ())
        self.type = type = columns.type
        self.columns = columns
        self.attributes = columns.attributes
        self.used: dict[str, Attribute] = {}
        self.key = BoundColumn(f"{alias}.{NAME}", "VARCHAR", NAME, frozenset({"key"}))
        self._keys = key_names(type, alias)
        if not self._keys & names:
            self._keys |= _TITLES - {identifier(a) for a in self.attributes}

    def column(self, name: str) -> BoundColumn:
        """The column of that name: the entity's own name, or one of its attributes.

        Raises:
            UnknownName: it may mean several attributes, or none.
        """
        if identifier(name) in self._keys:
            return BoundColumn(self.key.name, self.key.type, name, self.key.readings)
        attribute, known = self.columns.bind(name), self.used.get(identifier(name))
        if known is None or not known.reads:
            # what * has listed is the same column, but where it is named more may be read
            self.used[identifier(name)] = replace(attribute, name=known.name if known else name)
        return self._cell(self.used[identifier(name)].name)

    def _cell(self, name: str) -> BoundColumn:
        return BoundColumn(f"{self.alias}.{name}", "VARCHAR", name, frozenset(READINGS))

    def knows(self, name: str) -> bool:
        """Whether the name surely is a column here: the entity's name, or an attribute that some fact tells."""
        return identifier(name) in self._keys or self.columns.holds(name)

    def star(self) -> tuple[BoundColumn, ...]:
        """The entity's name and all known attributes."""
        rest = [a for a in self.attributes if identifier(a) not in self._keys]
        for name in rest:
            self.used.setdefault(identifier(name), self.columns.listed(name))
        return self.key, *(self._cell(self.used[identifier(name)].name) for name in rest)

    @property
    def labels(self) -> tuple[str, ...]:
        """The names that are known."""
        return NAME, *self.attributes


@dataclass
class Scope:
    """What the names of a SELECT can stand for.

    Attributes:
        sources: what it reads, in order.
        merged: what USING made one, by lower-case name.
        stand_ins: for columns that USING merged, by the plan's name: what ``*`` gives in their place, None for nothing.
        outer: the SELECT around it, whose columns it may name.
    """

    sources: list[Source] = field(default_factory=list)
    merged: dict[str, BoundColumn] = field(default_factory=dict)
    stand_ins: dict[str, BoundColumn | None] = field(default_factory=dict)
    outer: Scope | None = None

    def resolve(self, name: str, qualifier: str = "") -> BoundColumn:
        """The column that a name stands for.

        Raises:
            UnknownName: it stands for none or for several.
        """
        return self._qualified(name, qualifier) if qualifier else self._unqualified(name)

    def source(self, alias: str) -> Source | None:
        """The source of that alias, here or further out."""
        found = next((s for s in self.sources if identifier(s.alias) == identifier(alias)), None)
        return found or (self.outer.source(alias) if self.outer else None)

    def star(self) -> Iterator[BoundColumn]:
        """The columns of ``*``: of all sources, those of USING once and where they come first."""
        for source in self.sources:
            for column in source.star():
                shown = self.stand_ins.get(column.name, column)
                if shown is not None:
                    yield shown

    def finds(self, name: str) -> bool:
        """Whether a real column has this name."""
        return identifier(name) in self.merged or any(
            s.column(name) for s in self.sources if not isinstance(s, VirtualSource)
        )

    def knows(self, name: str) -> bool:
        """Whether a name surely is a column here or further out."""
        virtual = (s for s in self.sources if isinstance(s, VirtualSource))
        if self.finds(name) or any(s.knows(name) for s in virtual):
            return True
        return self.outer is not None and self.outer.knows(name)

    @property
    def names(self) -> frozenset[str]:
        """The plan's names of all real columns here."""
        return frozenset(f.name for s in self.sources for c in s.known for f in c.fields)

    def _qualified(self, name: str, qualifier: str) -> BoundColumn:
        source = self.source(qualifier)
        if source is None:
            aliases = [s.alias for s in self.sources]
            raise UnknownName(f"no table is called {qualifier} here", nearest(qualifier, aliases) or aliases)
        column = source.column(name)
        if column is None:
            raise UnknownName(f"{qualifier} has no column {name}", nearest(name, source.labels))
        return column

    def _unqualified(self, name: str) -> BoundColumn:
        if merged := self.merged.get(identifier(name)):
            return merged
        real = [s for s in self.sources if not isinstance(s, VirtualSource)]
        virtual = [s for s in self.sources if isinstance(s, VirtualSource)]
        found = [(s, c) for s in real if (c := s.column(name)) is not None]
        if len(found) > 1:
            raise UnknownName(f"{name} is ambiguous", [f"{s.alias}.{c.label}" for s, c in found])
        if found:
            return found[0][1]
        if virtual and self.outer is not None and not any(s.knows(name) for s in virtual) and self.outer.knows(name):
            # a virtual table could have any column, the one around it surely has this one
            return self.outer.resolve(name)
        if virtual:
            return self._attribute(name, virtual, real)
        if self.outer is not None:
            return self.outer.resolve(name)
        labels = [label for s in real for label in s.labels]
        raise UnknownName(f"there is no column {name}", nearest(name, labels))

    def _attribute(self, name: str, virtual: list[VirtualSource], real: list[Source]) -> BoundColumn:
        knowing = [s for s in virtual if s.knows(name)]
        if len(knowing) == 1:
            return knowing[0].column(name)
        meant = [f"{s.alias}.{label}" for s in real for label in s.labels if near_miss(name, label)]
        if not knowing and meant:
            raise UnknownName(f"there is no column {name}", meant)
        if len(virtual) == 1:
            return virtual[0].column(name)
        raise UnknownName(f"{name} is ambiguous", [f"{s.alias}.{name}" for s in knowing or virtual])


def near_miss(name: str, other: str) -> bool:
    """Whether a name is so like another that it must be a slip.

    >>> near_miss("tex", "text"), near_miss("fatcs", "facts"), near_miss("age", "name")
    (True, True, False)
    """
    shorter = min(len(name), len(other))
    allowed = 0 if shorter < 3 else 1 if shorter < 8 else 2
    return DamerauLevenshtein.distance(identifier(name), identifier(other)) <= allowed


def key_names(type: str, alias: str) -> frozenset[str]:
    """The column names that stand for an entity of a type itself, in lower case.

    >>> sorted(key_names("people", "p"))
    ['name', 'p', 'people', 'people_name', 'person', 'person_name']
    """
    plural, singular = identifier(type), str(pluralizer().singular(identifier(type)))
    return frozenset({NAME, plural, singular, f"{plural}_name", f"{singular}_name", identifier(alias)})


def forms(type: str) -> tuple[str, ...]:
    """A type in words: as written, in singular, in plural.

    >>> forms("space_people")
    ('space people', 'space person')
    """
    written = phrase(type)
    both = str(pluralizer().singular(identifier(written))), str(pluralizer().plural(identifier(written)))
    return tuple(dict.fromkeys((written, *both)))
