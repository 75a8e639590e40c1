"""Running what is typed: statements of all languages and the shell's commands, one after the other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from neuraldb.core.errors import Cancelled
from neuraldb.shell import exits
from neuraldb.shell.commands import is_command, parse_command
from neuraldb.shell.console import Console
from neuraldb.shell.endings import Leave, Told
from neuraldb.shell.running import Runner
from neuraldb.shell.script import Entry
from neuraldb.shell.settings import Settings
from neuraldb.shell.showing import show

if TYPE_CHECKING:
    from neuraldb.api import Connection
    from neuraldb.execution.result import Result


class Interpreter:
    """Runs entries against a connection.

    Args:
        connection: the database.
        settings: as the user has set them; commands change them.
        console: where results and errors go.
        go_on: of several entries, run the others too when one has failed.

    Attributes:
        runner: makes the calls that can be stopped.
        last: the result of the last statement that gave rows.
        code: the exit code of the first entry that failed, or that of an interruption.
        depth: how many files are being read, one from within the other.
    """

    def __init__(self, connection: Connection, settings: Settings, console: Console, *, go_on: bool = False) -> None:
        self.connection = connection
        self.settings = settings
        self.console = console
        self.go_on = go_on
        self.runner = Runner(console)
        self.last: Result | None = None
        self.code = exits.OK
        self.depth = 0

    def tables(self) -> frozenset[str]:
        """The names of the relations that exist, by which statements are told from sentences."""
        from neuraldb.shell import catalogue

        return frozenset(name for name, _ in catalogue.tables(self.connection))

    def run_all(self, entries: Iterable[Entry]) -> bool:
        """Run entries in order; False where one has failed. One that was interrupted ends it in any case.

        Raises:
            Leave: the user wants to go.
        """
        well = True
        for entry in entries:
            well = self.run(entry) and well
            if self.runner.interrupted:
                # also where the statement came to its end all the same: the others are not wanted
                self.code = exits.INTERRUPTED
                return False
            if not well and not self.go_on:
                break
        return well

    def run(self, entry: Entry, *, commands: bool = True) -> bool:
        """Run one entry and show what comes of it; False where it has failed, of which the user is told.

        Args:
            entry: what to run.
            commands: the shell's commands are understood; else all is a statement.

        Raises:
            Leave: the user wants to go.
            BrokenPipeError: nobody reads the output any more.
        """
        self.runner.begin()
        try:
            self._run(entry, commands)
        except (Leave, BrokenPipeError):
            raise
        except Told:
            return False
        except Exception as error:  # noqa: BLE001 # whatever a statement does, the shell goes on
            self._failed(error, entry.place)
            return False
        return True

    def _run(self, entry: Entry, commands: bool) -> None:
        if entry.problem is not None:
            raise entry.problem
        if self.settings.echo:
            self.console.tell(f"> {entry.text}")
        if commands and is_command(entry.text):
            from neuraldb.shell.actions import act

            command, argument = parse_command(entry.text)
            act(self, command, argument)
        else:
            self.statement(entry.text)

    def statement(self, text: str) -> None:
        """Run a statement and show its result.

        Raises:
            Error: it has failed.
        """
        result = self.runner.run(lambda: self._execute(text), self.connection.interrupt)
        if result.columns:
            self.last = result
        show(result, self.settings, self.console)

    def _execute(self, text: str) -> Result:
        settings = self.settings
        language = None if settings.language == "auto" else settings.language
        ask = settings.min_confidence is not None or settings.budget is not None
        if ask or settings.strict:
            from neuraldb.language.detect import detect

            # other languages have no place for these
            meant = language or detect(text, tables=self.tables())
            if ask and meant == "question":
                return self.connection.ask(
                    text, min_confidence=settings.min_confidence, budget=settings.budget, timeout=settings.timeout
                )
            if settings.strict and meant == "sparql":
                return self.connection.sparql(text, timeout=settings.timeout, strict=True)
        return self.connection.execute(text, language=language, timeout=settings.timeout)

    def _failed(self, error: Exception, place: str) -> None:
        self.console.flush()
        if isinstance(error, Cancelled) and self.runner.interrupted:
            self.console.tell("cancelled")
        else:
            self.console.error(error, place)
        code = exits.exit_code(error)
        if self.code == exits.OK or code == exits.INTERRUPTED:
            self.code = code
