"""Loading and exporting from the command line and the shell: progress, refusals, the summary."""

from __future__ import annotations

import argparse
import shutil
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from neuraldb.core.errors import Cancelled
from neuraldb.core.progress import Report, silent
from neuraldb.loading.source import STDIN, Source, spooled
from neuraldb.shell import exits
from neuraldb.shell.console import Console
from neuraldb.shell.running import PATIENCE, Runner

if TYPE_CHECKING:
    from neuraldb.api import Connection
    from neuraldb.loading.edge_options import EdgeOptions
    from neuraldb.loading.export import Exported
    from neuraldb.loading.load import LoadReport, Refusal

T = TypeVar("T")

REFUSALS = 50
"""Refused entries of a file that are told of one by one; the others are counted."""


def load_files(connection: Connection, runner: Runner, console: Console, options: argparse.Namespace) -> int:
    """Load the files that the options name; gives the exit code.

    Raises:
        Error: a file cannot be read, or the database cannot be changed.
    """
    with ExitStack() as stack:
        sources = [_source(stack, path) for path in options.paths]
        if options.table is not None:
            _load_table(connection, runner, console, sources, options)
            return exits.OK
        refused = 0
        for source in sources:
            report = _Transfer(connection, runner, console).load(source, options)
            refused += len(report.refused)
            if runner.interrupted:
                # the file came to its end all the same, but the others are not wanted
                raise Cancelled("the load was stopped")
    return exits.FAILED if options.strict and refused else exits.OK


def _source(stack: ExitStack, path: str) -> Source:
    if path == "-":
        return stack.enter_context(spooled(sys.stdin.buffer, STDIN))
    return Source(Path(path), path)


def _load_table(
    connection: Connection, runner: Runner, console: Console, sources: list[Source], options: argparse.Namespace
) -> None:
    from neuraldb.loading.formats import format_of
    from neuraldb.loading.tables import load_table

    form = format_of(sources[0], options.form)
    rows = runner.run(lambda: load_table(connection, options.table, sources, form), connection.interrupt)
    console.tell(f"table {options.table}: {rows} row{'' if rows == 1 else 's'}")


class _Transfer:
    """One file on its way into the database, in the worker thread."""

    def __init__(self, connection: Connection, runner: Runner, console: Console) -> None:
        self._connection = connection
        self._runner = runner
        self._console = console
        self._stopped = threading.Event()
        self._told = 0

    def load(self, source: Source, options: argparse.Namespace) -> LoadReport:
        """Load it, and tell what has become of it."""
        folder = source.path.is_dir()
        report = _until(
            self._stopped,
            _progress(self._console, source.name),
            "the load was stopped",
            "the same command goes on where it stopped",
        )
        work = self._folder if folder else self._file
        outcome = self._run(lambda: work(source, options, report))
        if len(outcome.refused) > REFUSALS:
            self._console.tell(f"{source.name}: {len(outcome.refused) - REFUSALS} more entries refused")
        self._console.tell(f"{source.name}: {outcome}")
        if outcome.before and not (outcome.added or outcome.duplicates or outcome.triples):
            self._console.tell("all of it was loaded before; --restart loads it again")
        return outcome

    def _file(self, source: Source, options: argparse.Namespace, report: Report) -> LoadReport:
        from neuraldb.loading.formats import FORMATS, Options, format_of
        from neuraldb.loading.load import load

        plain = source.name == STDIN and options.form is None
        form = format_of(source, FORMATS["text"].name if plain else options.form, options.documents)
        return load(
            self._connection,
            source,
            form=form,
            options=Options(options.column, options.database, _edges(options)),
            restart=options.restart,
            report=report,
            on_refusal=lambda refusal: self._refused(source, refusal),
        )

    def _folder(self, source: Source, options: argparse.Namespace, report: Report) -> LoadReport:
        from neuraldb.loading.folder import load_folder

        outcome, tables = load_folder(
            self._connection,
            source.path,
            restart=options.restart,
            report=report,
            on_refusal=lambda refusal: self._refused(source, refusal),
        )
        if tables:
            self._console.tell(f"{source.name}: tables {', '.join(tables)}")
        return outcome

    def _run(self, work: Callable[[], T]) -> T:
        def stop() -> None:
            self._stopped.set()
            self._connection.interrupt()

        return self._runner.run(work, stop, quiet=True)

    def _refused(self, source: Source, refusal: Refusal) -> None:
        self._told += 1
        if self._told <= REFUSALS:
            self._console.tell(f"{source.name}, {refusal.place}: {refusal.reason}")


def _until(stopped: threading.Event, report: Report, told: str, hint: str | None = None) -> Report:
    """A report, which is called now and then, as the place to stop at."""

    def check(stage: str, done: int, total: int | None) -> None:
        report(stage, done, total)
        if stopped.is_set():
            raise Cancelled(told, hint=hint)

    return check


def _edges(options: argparse.Namespace) -> EdgeOptions:
    """What the options say of an edge list.

    Raises:
        UsageError: the columns are not three or four.
    """
    from neuraldb.loading.edge_options import EdgeOptions

    columns = None if options.columns is None else tuple(part.strip() for part in options.columns.split(","))
    if columns is not None and (len(columns) not in (3, 4) or not all(columns)):
        raise exits.UsageError("--columns takes three or four: HEAD,RELATION,TAIL or HEAD,RELATION,TAIL,GRAPH")
    return EdgeOptions(columns, options.header, options.base)


def _progress(console: Console, name: str) -> Report:
    """A report that shows a bar on a terminal, once the work has taken a while."""
    if not console.err.isatty():
        return silent
    from tqdm import tqdm

    started = time.monotonic()
    label = Path(name).name

    def show(stage: str, done: int, total: int | None) -> None:
        elapsed = time.monotonic() - started
        if elapsed >= PATIENCE:
            width = shutil.get_terminal_size().columns - 1
            console.status(tqdm.format_meter(done, total, elapsed, ncols=width, prefix=label, unit=" entries"))

    return show


def export_to(connection: Connection, runner: Runner, console: Console, options: argparse.Namespace) -> None:
    """Export to where the options say.

    Raises:
        Error: there is no such form, or it cannot be written.
    """
    from neuraldb.loading.export import export, form_of, write

    stopped = threading.Event()
    to_file = options.path is not None and options.path != "-"
    show = _progress(console, options.path) if to_file else silent
    report = _until(stopped, show, "the export was stopped")

    def stop() -> None:
        stopped.set()
        connection.interrupt()

    def work() -> Exported:
        if to_file:
            return export(connection, options.path, options.form, evidence=options.evidence, report=report)
        form = options.form or form_of(None)
        return write(connection, console.out, form, evidence=options.evidence, report=report)

    done = runner.run(work, stop, quiet=to_file)
    console.flush()
    for note in done.notes:
        console.tell(note)
    console.tell(str(done))


def add_texts(connection: Connection, runner: Runner, console: Console, options: argparse.Namespace) -> int:
    """Remember the sentences of the options, and write the ids of their facts; gives the exit code.

    Raises:
        Error: one of them cannot be stored; then none is.
    """

    def add() -> list[int]:
        with connection.transaction():
            return [
                connection.add(
                    text,
                    about=options.about,
                    source=options.source,
                    labels=options.label,
                    at=options.at,
                    valid_from=options.valid_from,
                    valid_to=options.valid_to,
                )
                for text in options.texts
            ]

    console.data(str(fact) for fact in runner.run(add, connection.interrupt))
    return exits.OK
