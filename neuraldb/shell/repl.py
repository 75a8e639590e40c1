"""The interactive shell: reads what is typed, runs it, and comes back."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from neuraldb.core.errors import Error
from neuraldb.language.split import complete
from neuraldb.shell import arguments
from neuraldb.shell.endings import Leave
from neuraldb.shell.interpreter import Interpreter
from neuraldb.shell.script import entries_of
from neuraldb.shell.vocabulary import VocabularyKeeper

PROMPT = "neuraldb> "
IN_TRANSACTION = "neuraldb*> "
MORE = "...> "


class Prompt(Protocol):
    """Where texts come from."""

    def read(self, message: str) -> str:
        """The next text, of one statement or several.

        Raises:
            EOFError: there is none any more.
            KeyboardInterrupt: what was being typed is not to be run.
        """


class PlainPrompt:
    """Lines of the standard input, for a terminal that can do nothing more.

    Args:
        tables: gives the names of relations that exist.
    """

    def __init__(self, tables: Callable[[], frozenset[str]]) -> None:
        self._tables = tables

    def read(self, message: str) -> str:
        """The next text; as of :class:`Prompt`."""
        text = ""
        while True:
            sys.stderr.write(MORE if text else message)
            sys.stderr.flush()
            line = sys.stdin.buffer.readline()
            if not line:
                sys.stderr.write("\n")
                if text:
                    return text
                raise EOFError
            text += line.decode("utf-8", "surrogateescape")
            if complete(text, self._tables()) or (text.strip() and not line.strip()):
                return text


def capable(environment: Mapping[str, str]) -> bool:
    """Whether the terminal can move its cursor, and is there for both sides."""
    return environment.get("TERM", "") not in ("", "dumb") and sys.stdin.isatty() and sys.stdout.isatty()


class Repl:
    """The loop.

    Args:
        shell: runs what is typed.
        file: the database, for the greeting.
        fresh: the file was not there before.
        prompt: where texts come from; None takes the terminal.
        environment: decides what the terminal can do, and where the history is kept.
    """

    def __init__(
        self,
        shell: Interpreter,
        file: str,
        fresh: bool = False,
        prompt: Prompt | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._shell = shell
        self._file = file
        self._fresh = fresh
        self._environment = os.environ if environment is None else environment
        self.vocabulary = VocabularyKeeper(shell.connection)
        self._prompt = prompt or self._terminal()

    def _terminal(self) -> Prompt:
        if not capable(self._environment):
            return PlainPrompt(lambda: self.vocabulary.current.relation_names)
        from neuraldb.shell.prompting import FullPrompt

        settings = self._shell.settings
        prompt = FullPrompt(
            vocabulary=lambda: self.vocabulary.current,
            language=lambda: settings.language,
            environment=self._environment,
            colour=self._shell.console.colour,
        )
        if prompt.problem:
            self._shell.console.note(prompt.problem)
        return prompt

    def run(self) -> None:
        """Read and run until the user leaves."""
        self._greet()
        while True:
            self.vocabulary.refresh()
            self._tell_problem()
            try:
                text = self._prompt.read(IN_TRANSACTION if self._shell.connection.in_transaction else PROMPT)
                tables = self.vocabulary.current.relation_names
                self._shell.run_all(entries_of([text], tables=tables))
            except KeyboardInterrupt:
                continue
            except (EOFError, Leave):
                break
        self._part()
        # a thread that is still in the database when the process ends may break its end
        self.vocabulary.wait()

    def _greet(self) -> None:
        console = self._shell.console
        if self._file == arguments.MEMORY:
            place = "a database in memory, gone when you leave"
        else:
            count = self._count()
            facts = f"{count} fact{'' if count == 1 else 's'}"
            place = f"{self._file}, {'a new database' if self._fresh else facts}"
        console.tell(f"NeuralDB {arguments.version()}: {place}")
        console.note("\\help lists what can be typed, Ctrl-D leaves")

    def _tell_problem(self) -> None:
        """Tell what went wrong in the background, once."""
        problem, self.vocabulary.problem = self.vocabulary.problem, None
        if problem is not None:
            self._shell.console.error(problem)

    def _count(self) -> int:
        store: Any = self._shell.connection.session.stores.facts
        return int(store.count())

    def _part(self) -> None:
        try:
            if self._shell.connection.in_transaction:
                self._shell.connection.rollback()
                self._shell.console.tell("what was not committed is rolled back")
        except Error as error:
            self._shell.console.error(error)
