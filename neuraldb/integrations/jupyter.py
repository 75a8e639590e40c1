"""A magic for notebooks: ``%load_ext neuraldb.integrations.jupyter``.

::

    %neuraldb family.ndb          open a database; %neuraldb alone gives the connection
    %%neuraldb                    the cell is statements in any language; the last result is shown
    %%neuraldb people             … and is the variable ``people``, too

Unlike ``%%sql`` of JupySQL, which splits its cell at every semicolon, it knows where a SPARQL text ends.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_cell_magic, magics_class

from neuraldb.api import Connection, connect
from neuraldb.core.errors import InterfaceError
from neuraldb.execution.result import Result
from neuraldb.language.split import split


@magics_class
class NeuralDBMagics(Magics):
    """The magic and the connection that it has open."""

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self.connection: Connection | None = None
        self._variables: dict[str, Any] = shell.user_ns

    @line_cell_magic
    def neuraldb(self, line: str, cell: str | None = None) -> Connection | Result | None:
        """Open a database (one line), or run the statements of a cell; see the module."""
        argument = line.strip()
        if cell is not None:
            return self._run(cell, argument)
        if argument:
            self._open(argument)
        return self._connection()

    def _open(self, path: str) -> None:
        # a connection that is a variable of the notebook can be used as well
        known = self._variables.get(path)
        opened = (
            known if isinstance(known, Connection) else connect(path if path == ":memory:" else Path(path).expanduser())
        )
        self.connection = opened

    def _connection(self) -> Connection:
        if self.connection is None or self.connection.closed:
            raise InterfaceError("no database is open", hint="open one with %neuraldb family.ndb")
        return self.connection

    def _run(self, cell: str, name: str) -> Result | None:
        if name and not name.isidentifier():
            raise InterfaceError(f"{name} cannot be the name of a variable")
        connection = self._connection()
        result: Result | None = None
        for piece in split(cell):
            result = connection.execute(piece.text)
        if name:
            self._variables[name] = result
        return result


def load_ipython_extension(shell: Any) -> None:
    """Called by ``%load_ext``."""
    shell.register_magics(NeuralDBMagics)
