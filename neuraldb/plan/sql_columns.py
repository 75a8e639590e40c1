"""The columns of a table that nobody made: which attribute each name stands for.

========================  =============================================================================================
the name                  what it stands for
========================  =============================================================================================
bound by ``db.bind``      the attribute that was said, whatever else is stored
in double quotes          the stored attribute of exactly this name, and what is stored of it; nothing is read
of a stored attribute     that one and other words for it, and what the reader finds in facts that state no triple of it
any other                 the stored attributes that mean the same, and the reader's finds; where there are none, what
                          the reader finds, if facts may tell of it
========================  =============================================================================================

A name that may mean several attributes equally well, or nothing of which facts tell, is an error with candidates.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from neuraldb.core.text import identifier, nearest, normalise, quoted
from neuraldb.plan.catalogue import ClassBinding, RelationBinding
from neuraldb.plan.semantic_nodes import Attribute, phrase
from neuraldb.plan.sql_catalogue import SqlCatalogue
from neuraldb.plan.sql_scope import UnknownName

SHOWN = 3
"""Attributes of a table's things that are shown in the place of a name that is like none of them."""


class ColumnNames:
    """Binds the columns of one virtual table.

    Args:
        type: the table's name as written.
        kind: what it stands for.
        attributes: the stored ones of its things, the most frequent first.
        catalogue: knows what is stored.
        quoted: the identifiers in double quotes, in lower case.
    """

    def __init__(
        self,
        type: str,
        kind: ClassBinding,
        attributes: tuple[str, ...],
        catalogue: SqlCatalogue,
        quoted: Collection[str],
    ) -> None:
        self.type = type
        self.kind = kind
        self.attributes = attributes
        self._catalogue = catalogue
        self._quoted = quoted
        self._known: dict[str, Attribute] = {}

    def bind(self, name: str) -> Attribute:
        """What a name that the statement uses stands for.

        Raises:
            UnknownName: it may mean several attributes, or none.
        """
        low = identifier(name)
        if low not in self._known:
            self._known[low] = self._said(name) or (self._exact(name) if low in self._quoted else self._meant(name))
        return self._known[low]

    def listed(self, name: str) -> Attribute:
        """The stored attribute of that name, of which ``*`` shows what is stored."""
        return Attribute(name, relation=self._stored(phrase(name)), reads=False)

    def holds(self, name: str) -> bool:
        """Whether a name stands for one of the stored attributes of the table's things."""
        own = {normalise(a) for a in self.attributes}
        if normalise(phrase(name)) in own or identifier(name) in {identifier(a) for a in self.attributes}:
            return True
        if not own or identifier(name) in self._quoted:
            return False
        found = self._catalogue.relation(phrase(name))
        return found is not None and any(normalise(label) in own for label, _ in _labels(found))

    def _said(self, name: str) -> Attribute | None:
        """What somebody has said that a name means."""
        said = self._catalogue.pinned("column", phrase(name))
        if said is None:
            return None
        return Attribute(name, relation=self._stored(said), reads=identifier(name) not in self._quoted, words=said)

    def _meant(self, name: str) -> Attribute:
        words = phrase(name)
        found = self._catalogue.relation(words)
        if found is not None and found.ambiguous:
            return Attribute(name, relation=self._own(name, found))
        if found is None and not self._catalogue.attribute_told(words):
            near = nearest(words, ("name", *self.attributes)), self._catalogue.misspelt(words)
            meant = tuple(label for label, _ in self._catalogue.attribute_candidates(words))
            raise UnknownName(f"no fact tells of {words}", dict.fromkeys((*near[1], *near[0], *meant)))
        return Attribute(name, relation=found and self._catalogue.same_relations(found))

    def _own(self, name: str, binding: RelationBinding) -> RelationBinding:
        """Of attributes that a name may mean equally well the only one that the table's things have."""
        own = {normalise(a) for a in self.attributes}
        fitting = [(label, score) for label, score in binding.ambiguous if normalise(label) in own]
        stored = self._stored(fitting[0][0]) if len(fitting) == 1 else None
        if stored is None:
            labels = [quoted(label) for label, _ in binding.ambiguous]
            raise UnknownName(f"{name} may mean several attributes equally well", labels)
        rest = tuple(other for other in binding.ambiguous if other not in fitting)
        return replace(stored, score=fitting[0][1], runners_up=rest)

    def _exact(self, name: str) -> Attribute:
        words = phrase(name) if self._stored(name) is None else name
        found = self._stored(words)
        if found is None and (stored := self._candidates(words)):
            raise UnknownName(f'no attribute is called exactly "{name}"', map(quoted, stored))
        return Attribute(name, relation=found, reads=False)

    def _candidates(self, words: str) -> tuple[str, ...]:
        meant = tuple(label for label, _ in self._catalogue.attribute_candidates(words))
        return tuple(dict.fromkeys((*nearest(words, self.attributes), *meant))) or self.attributes[:SHOWN]

    def _stored(self, words: str) -> RelationBinding | None:
        """The stored relation of exactly this name."""
        return self._catalogue.exact_relation(words)


def _labels(binding: RelationBinding) -> tuple[tuple[str, float], ...]:
    return ((binding.label, binding.score), *binding.more)
