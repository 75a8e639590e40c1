"""The command ``neuraldb``; what it can do is listed in :mod:`neuraldb.shell.arguments`.

Nothing but the parser of arguments is loaded before they are read: ``--help`` and ``--version`` answer at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from neuraldb.shell import arguments, exits
from neuraldb.shell.console import Console, silence

if TYPE_CHECKING:
    from neuraldb.api import Connection
    from neuraldb.models.registry import Models
    from neuraldb.shell.interpreter import Interpreter
    from neuraldb.shell.running import Runner


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and give its exit code (:mod:`neuraldb.shell.exits`).

    Args:
        argv: the arguments, without the name of the command; None takes those of the process.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    console = Console(colour="--no-color" not in words)
    try:
        try:
            code = _dispatch(words, console)
        finally:
            console.clear_status()
            console.close()
        console.flush()
    except BrokenPipeError:
        # who has read enough closes the pipe, as head does; nothing has failed
        silence(sys.stdout)
        return exits.OK
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else exits.OK
    except exits.UsageError as error:
        console.tell(f"neuraldb: {error}")
        return exits.USAGE
    except KeyboardInterrupt:
        # between two statements; within one it is the runner that hears it
        console.tell("cancelled")
        return exits.INTERRUPTED
    except Exception as error:  # noqa: BLE001 # a person gets a line, never a traceback
        console.error(error)
        return exits.exit_code(error)
    return code


def _dispatch(words: list[str], console: Console) -> int:
    command = words[0] if words else ""
    if command in ("bench", "train"):
        from neuraldb.shell.benches import BENCHES, RECIPES, run_tool

        return run_tool(command, BENCHES if command == "bench" else RECIPES, words[1:])
    if command in arguments.PARSERS:
        options = arguments.PARSERS[command]().parse_args(words[1:])
        for name in ("texts", "question", "statement"):
            _check_decoded(getattr(options, name, ()))
        return _run_command(command, options, console)
    return _run_shell(arguments.shell_options(words), console)


def _check_decoded(texts: Sequence[str]) -> None:
    """Refuse texts that were not UTF-8, of which Python has made half surrogate pairs.

    Raises:
        UsageError: there is one.
    """
    for text in texts:
        if any("\udc80" <= c <= "\udcff" for c in text):
            raise exits.UsageError(f"not UTF-8: {text.encode('utf-8', 'backslashreplace').decode()}")


# ------------------------------------------------------------------------------------------------------------- opening


class _CannotOpen(Exception):  # carries the error that it is about
    """The database cannot be opened, for the reason that is its cause."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


def _open(
    file: str, read_only: bool, runner: Runner, options: argparse.Namespace, *, must_exist: bool = False
) -> Connection:
    """The database, opened in a thread of its own so that Ctrl-C is heard."""
    models = _models(options)

    def connect() -> Connection:
        from neuraldb.api import connect
        from neuraldb.core.errors import OperationalError

        if must_exist and file != arguments.MEMORY and not Path(file).exists():
            raise OperationalError(f"there is no database at {file}")
        return connect(file, read_only and file != arguments.MEMORY, models=models)

    try:
        connection = runner.run(connect, lambda: None)
    except Exception as error:  # told of by the caller, whatever it is
        raise _CannotOpen(error) from error
    if runner.interrupted:
        # opening cannot be stopped half-way, but nothing is done with what was opened
        connection.close()
        raise KeyboardInterrupt
    return connection


def _models(options: argparse.Namespace) -> Models | None:
    """The models that the options ask for; None for the embedded ones.

    Raises:
        UsageError: --reader names none, or --token-budget has nothing to be the budget of.
        ModelUnavailable: its folder holds no model.
    """
    reader, budget = getattr(options, "reader", None), getattr(options, "token_budget", None)
    if reader is None:
        if budget is not None:
            raise exits.UsageError("--token-budget is of an endpoint, which --reader names")
        return None
    from neuraldb.core.errors import InterfaceError
    from neuraldb.models.registry import Models

    try:
        return Models(reader=reader, token_budget=budget)
    except InterfaceError as error:
        raise exits.UsageError(f"--reader: {error}") from error


def _run_command(command: str, options: argparse.Namespace, console: Console) -> int:
    """One of the commands that work on a database."""
    from neuraldb.shell.running import Runner

    runner = Runner(console)
    reads = command in ("ask", "export") or (command == "explain" and options.level != "analyze")
    try:
        connection = _open(options.file, reads, runner, options, must_exist=command not in ("add", "load"))
    except _CannotOpen as failure:
        console.error(failure.error)
        return _opening_code(failure.error)
    with closing(connection):
        return _COMMANDS[command](connection, options, console, runner)


def _opening_code(error: Exception) -> int:
    code = exits.exit_code(error)
    return exits.UNAVAILABLE if code == exits.FAILED else code


def _ask(connection: Connection, options: argparse.Namespace, console: Console, runner: Runner) -> int:
    from neuraldb.shell.interpreter import Interpreter
    from neuraldb.shell.script import Entry

    settings = arguments.settings_of(options)
    settings.language = "question"
    shell = Interpreter(connection, settings, console)
    console.redirect(options.output)
    shell.run(Entry(" ".join(options.question)), commands=False)
    return shell.code


def _explain(connection: Connection, options: argparse.Namespace, console: Console, runner: Runner) -> int:
    language = None if options.lang == "auto" else options.lang
    text = " ".join(options.statement)
    plan = runner.run(lambda: connection.explain(text, language=language, level=options.level), connection.interrupt)
    console.text(plan)
    return exits.OK


def _add(connection: Connection, options: argparse.Namespace, console: Console, runner: Runner) -> int:
    from neuraldb.shell.transfer import add_texts

    return add_texts(connection, runner, console, options)


def _load(connection: Connection, options: argparse.Namespace, console: Console, runner: Runner) -> int:
    from neuraldb.shell.transfer import load_files

    return load_files(connection, runner, console, options)


def _export(connection: Connection, options: argparse.Namespace, console: Console, runner: Runner) -> int:
    from neuraldb.shell.transfer import export_to

    export_to(connection, runner, console, options)
    return exits.OK


_COMMANDS = {"ask": _ask, "add": _add, "load": _load, "export": _export, "explain": _explain}


# --------------------------------------------------------------------------------------------------- shell and scripts


def _run_shell(options: argparse.Namespace, console: Console) -> int:
    """``neuraldb [FILE]``: what -c and -f name, else what comes on the standard input, else the shell."""
    from neuraldb.shell.running import Runner

    scripts = _scripts(options)
    file = options.file or arguments.MEMORY
    fresh = file != arguments.MEMORY and not Path(file).exists()
    try:
        connection = _open(file, options.read_only, Runner(console), options)
    except _CannotOpen as failure:
        console.error(failure.error)
        return _opening_code(failure.error)
    from neuraldb.shell.interpreter import Interpreter

    # what is not committed is rolled back
    with closing(connection):
        console.redirect(options.output)
        typed = not scripts and sys.stdin is not None and sys.stdin.isatty()
        go_on = typed or options.on_error == "continue"
        shell = Interpreter(connection, arguments.settings_of(options), console, go_on=go_on)
        if typed:
            from neuraldb.shell.repl import Repl

            Repl(shell, file, fresh).run()
            return exits.OK
        return _run_scripts(shell, scripts or [("file", "-")])


def _run_scripts(shell: Interpreter, scripts: Sequence[tuple[str, str]]) -> int:
    from neuraldb.shell.endings import Leave

    try:
        for kind, what in scripts:
            if not _run_script(shell, kind, what) and (not shell.go_on or shell.runner.interrupted):
                break
    except Leave:
        pass
    return shell.code


def _run_script(shell: Interpreter, kind: str, what: str) -> bool:
    """Run one of what -c and -f name; False where something in it has failed."""
    from neuraldb.shell.script import blocks_of, entries_of

    if kind == "statement":
        return shell.run_all(entries_of([what], tables=shell.tables()))
    if what == "-":
        return sys.stdin is None or shell.run_all(entries_of(blocks_of(sys.stdin.buffer), tables=shell.tables()))
    with Path(what).open("rb") as stream:
        return shell.run_all(entries_of(blocks_of(stream), what, shell.tables()))


def _scripts(options: argparse.Namespace) -> list[tuple[str, str]]:
    """What -c and -f name, in order.

    Raises:
        UsageError: a script cannot be read.
    """
    scripts: list[tuple[str, str]] = options.scripts
    for kind, what in scripts:
        if kind == "file" and what != "-" and not os.access(what, os.R_OK):
            raise exits.UsageError(f"cannot read the script {what}")
        if kind == "file" and Path(what).is_dir():
            raise exits.UsageError(f"{what} is a folder, not a script")
    return scripts
