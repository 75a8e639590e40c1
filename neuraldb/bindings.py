"""What names of tables and columns mean, from a connection: said, listed, and taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuraldb.core import arguments
from neuraldb.operators import bindings
from neuraldb.transactions import TransactionalSession

if TYPE_CHECKING:
    from neuraldb.stores.bindings import Binding


class BindingSession(TransactionalSession):
    """A session that can be told what a name means, where it would find something else, or nothing.

    A binding is kept in the database, holds for every language, and is undone with the transaction that made it; only
    :meth:`bind` makes one, never a fact. The methods raise InterfaceError for an argument of the wrong kind.
    """

    def bind(self, name: str, meaning: str, *, kind: str = "column") -> None:
        """Say what the name of a column or of a table means; what it was bound to before holds no longer.

        Args:
            name: as statements write it (``boss``, ``birth_date``).
            meaning: the attribute, or the kind of thing, in words or as it is stored (``is managed by``).
            kind: ``column`` or ``table``.

        Raises:
            ProgrammingError: a name is blank, or means itself.
            ReadOnly: the database is open for reading only.
        """
        arguments.text("name", name)
        arguments.text("meaning", meaning)
        arguments.text("kind", kind)
        self._change(lambda token: bindings.bind(name, meaning, kind, self.session.stores))

    def unbind(self, name: str, *, kind: str = "column") -> None:
        """Take back what :meth:`bind` said of a name.

        Args:
            name: the name.
            kind: as of :meth:`bind`.

        Raises:
            BindError: it is bound to nothing.
            ReadOnly: the database is open for reading only.
        """
        arguments.text("name", name)
        arguments.text("kind", kind)
        self._change(lambda token: bindings.unbind(name, kind, self.session.stores))

    def bindings(self) -> list[Binding]:
        """What :meth:`bind` has said and holds, by kind and name: kind, name, meaning, and since when."""
        return self._read(lambda token: bindings.bindings(self.session.stores))
