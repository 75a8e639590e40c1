"""Data frames in SQL: shown to the statements of a connection under a name, and stored nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from neuraldb.core import arguments
from neuraldb.core.errors import BindError, DataError, InterfaceError, ProgrammingError
from neuraldb.core.text import identifier, nearest
from neuraldb.transactions import TransactionalSession

if TYPE_CHECKING:
    import pyarrow as pa


class FrameSession(TransactionalSession):
    """A session to whose SQL data frames can be shown as tables.

    They belong to the connection, not to the file, and cannot be changed by SQL. What is done to a frame afterwards
    shows only when it is registered again.
    """

    def register(self, name: str, frame: Any) -> None:
        """Show a data frame to SQL as a table; one of the same name that was registered before goes.

        Args:
            name: of the table.
            frame: a ``pandas.DataFrame``, a ``polars.DataFrame``, a ``pyarrow.Table`` (or what gives one by
                ``to_arrow()``), or a mapping from names of columns to their values.

        Raises:
            InterfaceError: ``frame`` is something else.
            DataError: its columns cannot be converted.
            ProgrammingError: a stored table, a view or a file's table has the name, or a transaction is open.
        """
        arguments.text("name", name)
        rows = _arrow(frame)
        known = self._registered()

        def show(_: object) -> None:
            if identifier(name) not in known and self.session.catalogue.table(name) is not None:
                raise ProgrammingError(f"there is a table {name} already", hint="register the frame by another name")
            self.session.stores.database.show(name, rows)
            known[identifier(name)] = name

        self._refuse_in_transaction()
        self._change(show)

    def unregister(self, name: str) -> None:
        """Show a data frame no longer.

        Raises:
            BindError: none is registered by that name.
            ProgrammingError: a transaction is open.
        """
        arguments.text("name", name)
        known = self._registered()
        if identifier(name) not in known:
            raise BindError(f"no frame is registered as {name}", candidates=nearest(name, known.values()))
        self._refuse_in_transaction()
        self._change(lambda _: self.session.stores.database.show(known.pop(identifier(name)), None))

    def _registered(self) -> dict[str, str]:
        """The names that are registered, by lower-case name."""
        known: dict[str, str] = self.__dict__.setdefault("_frames", {})
        return known

    def _refuse_in_transaction(self) -> None:
        if self.in_transaction:
            raise ProgrammingError("a transaction is open", hint="commit it or roll it back first")


def _arrow(frame: Any) -> pa.Table:
    import pyarrow as pa

    try:
        if isinstance(frame, Mapping):
            return pa.table(dict(frame))
        if type(frame).__module__.partition(".")[0] == "pandas" and hasattr(frame, "columns"):
            return pa.Table.from_pandas(frame, preserve_index=False)
        made = frame.to_arrow() if hasattr(frame, "to_arrow") else frame
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise DataError(f"the frame cannot be converted: {error}") from error
    if not isinstance(made, pa.Table):
        raise InterfaceError(
            f"a {type(frame).__name__} is no data frame", hint="give one of pandas, polars or pyarrow, or a mapping"
        )
    return made
