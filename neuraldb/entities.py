"""Entities from a connection: listed, looked up, merged, split, and put back as they were."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from neuraldb.core import arguments
from neuraldb.operators import entities
from neuraldb.transactions import TransactionalSession

if TYPE_CHECKING:
    from neuraldb.operators.entities import Entity
    from neuraldb.stores.entities import Listed
    from neuraldb.stores.facts import Change


class EntitySession(TransactionalSession):
    """A session that can be asked for entities, and told which of them are one.

    What is merged or split is so for every language at once: in answers, in counts, in SQL and in SPARQL; and ``AS OF``
    a moment before, it is as it was then. The methods raise InterfaceError for an argument of the wrong kind.
    """

    def entities(self, pattern: str | None = None, limit: int | None = None) -> list[Listed]:
        """The entities of which something is known, by name: id, name, aliases, how many facts and triples.

        Args:
            pattern: only those that have it in their name or an alias, whatever the case and accents.
            limit: at most so many.

        Raises:
            InterfaceError: ``limit`` is negative.
        """
        arguments.text_or_none("pattern", pattern)
        arguments.whole_or_none("limit", limit)
        return self._read(lambda token: self.session.stores.entities.listed(pattern, limit))

    def entity(self, name: str) -> Entity:
        """The entity that a name means: its aliases, merged names, facts and triples.

        Args:
            name: its name, an alias, or an IRI; a typing error is forgiven where nothing is called so.

        Raises:
            BindError: nothing that is known is called so, or several things are; the candidates are names that will do.
        """
        arguments.text("name", name)
        return self._read(lambda token: entities.entity(name, self.session.stores))

    def merge(self, kept: str, other: str) -> Change:
        """Make two entities one, which goes by the first one's name; later facts that name the other tell of it, too.

        Args:
            kept: the name that stands for both from now on.
            other: the name that becomes one more of its names.

        Returns:
            The entry of the history, which :meth:`undo` takes.

        Raises:
            BindError: one of the names means nothing, or several things.
            ProgrammingError: both are one already, or the other is an IRI, which only stands for itself.
            ReadOnly: the database is open for reading only.
        """
        arguments.text("kept", kept)
        arguments.text("other", other)
        return self._change(lambda token: entities.merge(kept, other, self.session.stores))

    def split(self, entity: str, what: str | int | Sequence[int | str]) -> Change:
        """Take an entity apart again.

        Args:
            entity: its name.
            what: a name of it that is somebody else's, or the ids of the facts that tell of somebody else of the same
                name: then each of the two gets a number after its name, and the bare name is ambiguous.

        Returns:
            The entry of the history, which :meth:`undo` takes.

        Raises:
            BindError: the name means nothing, or several things; it is not known under the other name.
            ProgrammingError: nothing would be left of it, or a fact does not mention it.
            ReadOnly: the database is open for reading only.
        """
        arguments.text("entity", entity)
        parts = arguments.texts_or_ids("what", what, "a name, the ids of facts, or several names")
        return self._change(lambda token: entities.split(entity, parts, self.session.stores))

    def undo(self, change: Change | int | None = None) -> Change:
        """Take back a merge or a split.

        Args:
            change: what :meth:`merge` or :meth:`split` gave, or its id in the history; None is the last one that was
                not taken back yet.

        Returns:
            The entry of the history.

        Raises:
            ProgrammingError: there is no such merge or split, it was taken back already, or a later one changed the
                same names: that is to be taken back first.
            ReadOnly: the database is open for reading only.
        """
        number = arguments.whole_or_none("change", getattr(change, "id", change))
        return self._change(lambda token: entities.undo(number, self.session.stores))
