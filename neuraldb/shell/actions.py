"""What the shell's commands do."""

from __future__ import annotations

import csv
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from neuraldb.core.errors import InterfaceError, OperationalError, ProgrammingError
from neuraldb.core.text import written
from neuraldb.shell import exits, showing
from neuraldb.shell.commands import COMMANDS, Command, help_text, parse_command
from neuraldb.shell.endings import Leave, Told
from neuraldb.shell.script import blocks_of, entries_of
from neuraldb.shell.settings import LANGUAGES

if TYPE_CHECKING:
    from neuraldb.shell.interpreter import Interpreter
    from neuraldb.stores.journal import Change

T = TypeVar("T")

DEPTH = 16
"""Files that may be read one from within the other."""
HISTORY = 50
"""Entries of the history that are shown where nobody asks for a single fact's."""


def act(shell: Interpreter, command: Command, argument: str) -> None:
    """Carry out a command.

    Raises:
        Error: its argument is wrong, or what it does has failed.
        Leave: it was the command to leave.
    """
    ACTIONS[command.name](shell, argument)


def _call(shell: Interpreter, work: Callable[[], T]) -> T:
    return shell.runner.run(work, shell.connection.interrupt)


def _grid(shell: Interpreter, columns: Sequence[str], rows: Sequence[Sequence[Any]], nothing: str) -> None:
    """Show rows as a statement's rows are shown, or say that there is nothing."""
    from neuraldb.execution.rendering import Grid

    if not rows:
        shell.console.tell(nothing)
        return
    limit = shell.settings.limit_for(shell.console.interactive)
    shown = rows if limit is None else rows[:limit]
    showing.show_grid(Grid(columns, shown, more=len(rows) - len(shown)), shell.settings, shell.console)


def _number(argument: str, what: str, least: int) -> int:
    if not argument.removeprefix("-").isdigit() or int(argument) < least:
        raise InterfaceError(f"{argument or 'nothing'} is no {what}")
    return int(argument)


def _chosen(argument: str, words: Sequence[str], what: str) -> str:
    if argument.lower() not in words:
        raise InterfaceError(f"there is no {what} {argument}", candidates=tuple(words))
    return argument.lower()


# ------------------------------------------------------------------------------------------------------- what is there


def _help(shell: Interpreter, argument: str) -> None:
    name = argument if argument.startswith(("\\", ".")) else f"\\{argument}"
    shell.console.text(help_text(parse_command(name)[0] if argument else None))


def _facts(shell: Interpreter, argument: str) -> None:
    facts = _call(shell, lambda: shell.connection.facts(argument or None))
    rows = [(fact.id, fact.text, fact.subject, ", ".join(filter(None, fact.sources)) or None) for fact in facts]
    _grid(shell, ("id", "text", "about", "sources"), rows, "no fact contains that" if argument else "no facts yet")


def _entity(shell: Interpreter, argument: str) -> None:
    if not argument:
        raise InterfaceError("\\entity needs a name", hint=COMMANDS["entity"].usage)
    from neuraldb.shell import catalogue

    described = _call(shell, lambda: catalogue.describe(shell.connection, argument))
    if not described:
        raise ProgrammingError(
            f"nothing is known about {argument}",
            candidates=_call(shell, lambda: catalogue.similar(shell.connection, argument)),
        )
    shell.console.text("\n".join(described))


def _entities(shell: Interpreter, argument: str) -> None:
    found = _call(shell, lambda: shell.connection.entities(argument or None))
    rows = [(each.name, ", ".join(each.aliases) or None, each.facts, each.triples) for each in found]
    _grid(shell, ("name", "aliases", "facts", "triples"), rows, "nobody is called so" if argument else "nothing yet")


def _merge(shell: Interpreter, argument: str) -> None:
    names = _names(argument)
    if len(names) != 2:
        raise InterfaceError(
            "\\merge takes two names", hint='a name with a comma in it needs quotes: "Gary, Indiana", Gary'
        )
    _changed(shell, lambda: shell.connection.merge(*names))


def _split(shell: Interpreter, argument: str) -> None:
    name, *what = _names(argument) or [""]
    if not name or not what:
        raise InterfaceError("\\split takes a name, and facts or names to split off", hint=COMMANDS["split"].usage)
    parts = [int(part) if part.isdigit() else part for part in what]
    _changed(shell, lambda: shell.connection.split(name, parts))


def _undo(shell: Interpreter, argument: str) -> None:
    change = _number(argument, "id of a change", 1) if argument else None
    _changed(shell, lambda: shell.connection.undo(change))


def _changed(shell: Interpreter, work: Callable[[], Change]) -> None:
    change = _call(shell, work)
    undone = change.action == "undo"
    shell.console.tell(f"taken back: {change.text}" if undone else f"{change.text}; \\undo {change.id} takes it back")


def _names(argument: str) -> list[str]:
    """What stands between commas; a name with a comma in it stands in double quotes."""
    (names,) = csv.reader([argument], skipinitialspace=True) if argument else ([],)
    return [name.strip() for name in names if name.strip()]


def _relations(shell: Interpreter, argument: str) -> None:
    from neuraldb.shell import catalogue

    rows = _call(shell, lambda: catalogue.relations(shell.connection))
    _grid(shell, ("relation", "triples"), rows, "no relations yet")


def _tables(shell: Interpreter, argument: str) -> None:
    from neuraldb.shell import catalogue

    real = _call(shell, lambda: catalogue.tables(shell.connection))
    rows: list[tuple[str, str, int | None]] = [(name, ", ".join(columns), None) for name, columns in real]
    virtual = _call(shell, lambda: catalogue.virtual_tables(shell.connection))
    rows += [(name, ", ".join(columns), things) for name, columns, things in virtual]
    _grid(shell, ("table", "columns", "things"), rows, "no tables")


def _columns(shell: Interpreter, argument: str) -> None:
    if not argument:
        raise InterfaceError("\\columns needs the name of a table", hint="\\tables lists them")
    name = argument.strip('"')
    # a plain name may also be bound by what it means, one in quotes only as it is
    result = _call(shell, lambda: shell.connection.sql(f"DESCRIBE {written(name)}"))
    _grid(shell, result.columns, result.rows, f"{name} has no columns")


def _history(shell: Interpreter, argument: str) -> None:
    fact = _number(argument, "id of a fact", 1) if argument else None
    changes = _call(shell, lambda: shell.connection.history(fact))
    shown = changes if fact is not None else changes[-HISTORY:]
    rows = [
        (change.recorded_at.strftime("%Y-%m-%d %H:%M:%S"), change.action, change.fact, change.related, change.text)
        for change in shown
    ]
    _grid(shell, ("when", "action", "fact", "replaced by", "text"), rows, "nothing was done yet")
    if len(shown) < len(changes):
        shell.console.tell(f"{len(changes) - len(shown)} older entries; SELECT * FROM history; has them all")


# ----------------------------------------------------------------------------------------------------------- statements


def _explain(shell: Interpreter, argument: str) -> None:
    first, _, rest = argument.partition(" ")
    level, text = (first.lower(), rest.strip()) if first.lower() in ("analyze", "verbose") else ("plan", argument)
    if not text:
        raise InterfaceError("\\explain needs a statement", hint=COMMANDS["explain"].usage)
    language = None if shell.settings.language == "auto" else shell.settings.language
    plan = _call(shell, lambda: shell.connection.explain(text, language=language, level=level))
    shell.console.text(plan)


def _why(shell: Interpreter, argument: str) -> None:
    result = shell.last
    if result is None:
        raise InterfaceError("there is no result yet to tell the facts of")
    row = _number(argument, "number of a row", 1) if argument else 1
    if len(result) and row > len(result):
        raise InterfaceError(f"there is no row {row}: the last result has {len(result)}")
    shell.console.text(_call(shell, lambda: result.why(row - 1)))


def _read(shell: Interpreter, argument: str) -> None:
    path = _path(argument, "i")
    if shell.depth >= DEPTH:
        raise InterfaceError(f"{path} is read from within {DEPTH} other files")
    try:
        with path.open("rb") as stream:
            shell.depth += 1
            try:
                well = shell.run_all(entries_of(blocks_of(stream), str(path), shell.tables()))
            finally:
                shell.depth -= 1
    except OSError as error:
        raise OperationalError(f"cannot read {path}: {error.strerror or error}") from error
    if not well:
        raise Told


def _quit(shell: Interpreter, argument: str) -> None:
    raise Leave


# ------------------------------------------------------------------------------------------------------------ settings


def _lang(shell: Interpreter, argument: str) -> None:
    if argument:
        shell.settings.language = _chosen(argument, LANGUAGES, "language")
    shell.console.tell(f"language: {shell.settings.language}")


def _format(shell: Interpreter, argument: str) -> None:
    if argument:
        shell.settings.form = _chosen(argument, COMMANDS["format"].words, "output format")
    shell.console.tell(f"format: {shell.settings.form_for(shell.console.interactive)}")


def _timing(shell: Interpreter, argument: str) -> None:
    chosen = _chosen(argument, ("on", "off"), "setting") if argument else "off" if shell.settings.timing else "on"
    shell.settings.timing = chosen == "on"
    shell.console.tell(f"timing: {chosen}")


def _strict(shell: Interpreter, argument: str) -> None:
    chosen = _chosen(argument, ("on", "off"), "setting") if argument else "off" if shell.settings.strict else "on"
    shell.settings.strict = chosen == "on"
    shell.console.tell(f"strict: {chosen}")


def _limit(shell: Interpreter, argument: str) -> None:
    if argument:
        shell.settings.limit = _number(argument, "number of rows", 0)
    limit = shell.settings.limit_for(shell.console.interactive)
    shell.console.tell(f"limit: {'no limit' if limit is None else f'{limit} rows'}")


def _output(shell: Interpreter, argument: str) -> None:
    shell.console.redirect(str(_path(argument, "o")) if argument else None)
    shell.console.tell(f"results go to {argument or 'the screen'}")


# --------------------------------------------------------------------------------------------------------------- files


def _path(argument: str, command: str) -> Path:
    if not argument:
        raise InterfaceError(f"\\{command} needs a file", hint=COMMANDS[command].usage)
    return Path(_words(argument)[0] if argument[0] in "\"'" else argument).expanduser()


def _words(argument: str) -> list[str]:
    try:
        return shlex.split(argument)
    except ValueError as error:
        raise InterfaceError(f"the quotes do not match: {argument}") from error


def _import(shell: Interpreter, argument: str) -> None:
    from neuraldb.shell.arguments import load_parser
    from neuraldb.shell.transfer import load_files

    options = _options(load_parser(for_shell=True), argument, "import")
    if options is not None and load_files(shell.connection, shell.runner, shell.console, options) != exits.OK:
        raise Told


def _export(shell: Interpreter, argument: str) -> None:
    from neuraldb.shell.arguments import export_parser
    from neuraldb.shell.transfer import export_to

    options = _options(export_parser(for_shell=True), argument, "export")
    if options is not None:
        export_to(shell.connection, shell.runner, shell.console, options)


def _options(parser: Any, argument: str, command: str) -> Any:
    """The options of a command that has those of the command line; None where the user wanted its help only."""
    try:
        words = [str(Path(word).expanduser()) if word.startswith("~") else word for word in _words(argument)]
        return parser.parse_args(words)
    except exits.UsageError as error:
        raise InterfaceError(str(error), hint=f"\\{command} --help") from error
    except SystemExit:
        return None


ACTIONS: dict[str, Callable[[Interpreter, str], None]] = {
    "help": _help,
    "facts": _facts,
    "entity": _entity,
    "entities": _entities,
    "merge": _merge,
    "split": _split,
    "undo": _undo,
    "relations": _relations,
    "tables": _tables,
    "columns": _columns,
    "explain": _explain,
    "why": _why,
    "history": _history,
    "lang": _lang,
    "format": _format,
    "strict": _strict,
    "timing": _timing,
    "limit": _limit,
    "import": _import,
    "export": _export,
    "o": _output,
    "i": _read,
    "quit": _quit,
}
"""What each command of :data:`neuraldb.shell.commands.COMMANDS` does."""
