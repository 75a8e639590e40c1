"""Complex logical queries with one free variable (EFO-1; Ren et al. 2023, section 3) as trees over numbered graphs.

Projection is an edge whose near end is bound by what is inside it, and whose far end is the free variable of what is
outside: existential variables are the ends in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Anchor:
    """One entity."""

    entity: int


@dataclass(frozen=True, slots=True)
class Projection:
    """The far ends of a relation's edges from the entities of ``of``; with ``inverse``, edges from tail to head."""

    relation: int
    of: LogicalQuery
    inverse: bool = False


@dataclass(frozen=True, slots=True)
class Conjunction:
    """The entities of all parts."""

    parts: tuple[LogicalQuery, ...]


@dataclass(frozen=True, slots=True)
class Disjunction:
    """The entities of any part."""

    parts: tuple[LogicalQuery, ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """All entities but those of ``of``."""

    of: LogicalQuery


LogicalQuery: TypeAlias = Anchor | Projection | Conjunction | Disjunction | Negation
