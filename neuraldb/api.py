"""The connection: the embedded API and PEP 249 in one object."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from neuraldb import bulk
from neuraldb.asking import GraphQuestions
from neuraldb.bindings import BindingSession
from neuraldb.core import arguments, errors
from neuraldb.core.errors import InterfaceError
from neuraldb.core.progress import Report
from neuraldb.dbapi import Cursor, Parameters
from neuraldb.entities import EntitySession
from neuraldb.execution.result import Result
from neuraldb.frames import FrameSession
from neuraldb.links import LinkSession
from neuraldb.operators.context import Options
from neuraldb.plan.path_nodes import PathSteps
from neuraldb.transactions import check_text
from neuraldb.traversal import TraversableSession

if TYPE_CHECKING:
    from neuraldb.loading.export import Exported
    from neuraldb.loading.load import LoadReport
    from neuraldb.models.protocols import PlainReader, Reader
    from neuraldb.models.registry import Models
    from neuraldb.session import Session
    from neuraldb.stores.facts import Added, Change, Fact, NewFact
    from neuraldb.stores.importing import Quad

EXPLAIN_LEVELS = ("plan", "verbose", "analyze")


def connect(
    path: str | os.PathLike[str] = ":memory:",
    read_only: bool = False,
    *,
    models: Models | None = None,
    reader: Reader | PlainReader | str | None = None,
    autocommit: bool = False,
) -> Connection:
    """Open a database, or create it where there is none.

    Args:
        path: the file, or ``":memory:"`` for one that is gone when it is closed.
        read_only: refuse changes. Several processes may read one file together.
        models: other models than the embedded ones.
        reader: another reader than the embedded one: an object that reads
            (:class:`neuraldb.models.protocols.Reader`), or a text that names one: ``seq2seq:FOLDER``,
            ``causal:FOLDER``, or ``URL#MODEL`` for an OpenAI-compatible endpoint. It is loaded when it is first needed.
        autocommit: changes through cursors are permanent at once, too; see :mod:`neuraldb.transactions`.

    Raises:
        DatabaseLocked: another process has the file open.
        CorruptDatabase: the file is something else, damaged, or of another format version.
        ReadOnly: the file or its folder cannot be written.
        OperationalError: there is no such file or folder.
        InterfaceError: ``reader`` names none, or is given beside ``models``.
        ModelUnavailable: the folder that ``reader`` names holds no model.
    """
    from neuraldb.session import Session

    if reader is not None:
        from neuraldb.models.protocols import Reader
        from neuraldb.models.registry import Models

        if not isinstance(reader, str | Reader):
            raise InterfaceError(f"a reader has a name and the method read, which {type(reader).__name__} has not")
        if models is not None:
            raise InterfaceError("models has a reader already", hint="give models the reader: Models(reader=...)")
        models = Models(reader=reader)

    return Connection(Session(os.fspath(path), read_only, models), autocommit=autocommit)


class Connection(TraversableSession, EntitySession, LinkSession, BindingSession, FrameSession):
    """An open database, made by :func:`connect`. Threads may share it.

    Used as a context manager it is closed at the end; an open transaction is committed first, or rolled back if the
    block has failed. How changes become permanent is told in :mod:`neuraldb.transactions`.
    """

    Warning = errors.Warning
    Error = errors.Error
    InterfaceError = errors.InterfaceError
    DatabaseError = errors.DatabaseError
    DataError = errors.DataError
    OperationalError = errors.OperationalError
    IntegrityError = errors.IntegrityError
    InternalError = errors.InternalError
    ProgrammingError = errors.ProgrammingError
    NotSupportedError = errors.NotSupportedError

    def __init__(self, session: Session, *, autocommit: bool = False) -> None:
        super().__init__(session, autocommit)
        session.read_rdf, session.read_question = _read_rdf, GraphQuestions(session)

    # --------------------------------------------------------------------------------------------------------- asking

    def ask(
        self,
        question: str,
        *,
        min_confidence: float | None = None,
        budget: int | None = None,
        paths: str | None = None,
        predict: bool | None = None,
        timeout: float | None = None,
    ) -> Result:
        """Answer a question in plain language.

        Args:
            question: a question, or what is wanted ("list the cities of Norway").
            min_confidence: leave out rows that are right with a smaller chance, in [0, 1]; see ``Result.confidence``.
            budget: how many facts the reader may look at for one step; by default as many as may matter.
            paths: read what two facts answer along paths of the graph, too. The text names the steps that find them,
                such as ``khop+beam+none`` (see :class:`neuraldb.plan.path_nodes.PathSteps`); None: do not.
            predict: answer by edges that are missing but likely, too; ``origin`` tells which rows rest on them. None:
                where the question asks for what is likely ("Where does Anna probably live?").
            timeout: seconds after which to give up.

        Raises:
            ParseError: the question is not understood.
            Timeout: the time is up.
            Cancelled: :meth:`interrupt` was called.
            InterfaceError: an argument is out of range, or the connection is closed.
        """
        if min_confidence is not None:
            arguments.share("min_confidence", min_confidence)
        if budget is not None:
            arguments.count("budget", budget)
        steps = None if paths is None else PathSteps.parse(arguments.text("paths", paths))
        options = Options(min_confidence=min_confidence or 0.0, budget=budget, paths=steps, predict=predict)
        return self._read(lambda token: self.session.run(question, "question", options=options, token=token), timeout)

    def sql(
        self, text: str, parameters: Parameters | None = None, *, timeout: float | None = None, trusted: bool = True
    ) -> Result:
        """Run SQL, which may only query what is stored unless it is ``trusted``; else as of :meth:`execute`."""
        return self._run(text, "sql", parameters, timeout, options=Options(trusted=trusted))

    def sparql(
        self, text: str, parameters: Parameters | None = None, *, timeout: float | None = None, strict: bool = False
    ) -> Result:
        """Run SPARQL; ``strict`` binds only names that exist, as ``STRICT`` in front of it does.

        Other arguments, and errors, as of :meth:`execute`.
        """
        return self._run(text, "sparql", parameters, timeout, options=Options(strict=strict))

    def execute(
        self,
        text: str,
        parameters: Parameters | None = None,
        *,
        language: str | None = None,
        timeout: float | None = None,
    ) -> Result:
        """Run a statement of any language: a question, SQL, SPARQL, a sentence to be remembered or to be forgotten.

        Args:
            text: one statement.
            parameters: a sequence for ``%s``, a mapping for ``%(name)s``. Values are bound, never spliced into the
                text; where they are given, ``%%`` is a percent sign.
            language: question, sql, sparql or statement; None detects it.
            timeout: seconds after which to give up.

        Raises:
            ProgrammingError: (ParseError, BindError, ParameterError) the statement is wrong.
            DataError: a value does not convert or is out of range.
            IntegrityError: a constraint forbids the change.
            OperationalError: (Cancelled, Timeout, DatabaseLocked, …) it could not be carried out.
            InterfaceError: the connection is closed.
        """
        return self._run(text, language, parameters, timeout)

    def explain(
        self,
        text: str,
        *,
        language: str | None = None,
        parameters: Parameters | None = None,
        level: str = "plan",
    ) -> str:
        """How a statement would be carried out.

        Args:
            text: the statement.
            language: as of :meth:`execute`.
            parameters: as of :meth:`execute`.
            level: ``plan``, ``verbose`` (after each stage) or ``analyze`` (run it, with what each operator took).

        Raises:
            ProgrammingError: the statement is wrong.
            InterfaceError: there is no such level, or the connection is closed.
        """
        check_text(text)
        if level not in EXPLAIN_LEVELS:
            raise InterfaceError(f"there is no level {level} of explanation", candidates=EXPLAIN_LEVELS)
        return self._read(lambda token: self.session.explain(text, language, parameters, level))

    # ---------------------------------------------------------------------------------------------------------- facts

    def add(
        self,
        text: str,
        *,
        about: str | None = None,
        source: str | None = None,
        labels: Sequence[str] = (),
        at: bulk.Time | None = None,
        valid_from: bulk.Time | None = None,
        valid_to: bulk.Time | None = None,
    ) -> int:
        """Remember a sentence. One that is known already gets one more source.

        Args:
            text: kept as it is.
            about: whom or what it is about, where the text does not say so.
            source: who or what says it.
            labels: free words to group facts by.
            at: when it was said; relative dates ("yesterday") count from there. A datetime, date or ISO text.
            valid_from: when it begins to hold in the world; None where that is unknown or was always so.
            valid_to: when it ceases to hold.

        Returns:
            The id under which the fact is stored.

        Raises:
            DataError: the text is blank, or an argument is of the wrong kind.
            ReadOnly: the database is open for reading only.
        """
        fact = bulk.new_fact(
            text, about=about, source=source, labels=labels, at=at, valid_from=valid_from, valid_to=valid_to
        )
        (added,) = self._change(lambda token: self.session.add([fact], token=token))
        return added.id

    def add_many(
        self,
        facts: Iterable[bulk.Item],
        *,
        progress: bool | Report = False,
        batch: int = bulk.BATCH,
    ) -> bulk.AddReport:
        """Remember many sentences. What cannot be stored is refused and reported; the rest is stored.

        Args:
            facts: sentences, mappings with the arguments of :meth:`add`, or ``NewFact`` objects; read as needed.
            progress: True shows a bar on the standard error stream; a function gets the stage, how many facts are
                done, and how many there are (None where that is not known).
            batch: facts in one transaction (where none is open).

        Raises:
            InterfaceError: ``facts`` is a single text.
            ReadOnly: the database is open for reading only.
            OperationalError: it was interrupted, or the disk is full, …; a note says how many facts are in by then.
        """

        def add(batch_of_facts: Sequence[NewFact]) -> Sequence[Added]:
            return self._change(lambda token: self.session.add(batch_of_facts, token=token))

        self._check_open()
        with bulk.reporting(progress) as report:
            return bulk.add_many(facts, add, batch=batch, report=report)

    def forget(self, target: str | int | Sequence[int]) -> int:
        """Make facts past; they stay in the history.

        Args:
            target: the id of a fact, several ids, or the words of a fact.

        Returns:
            How many facts that were current are no longer.
        """
        wanted = arguments.texts_or_ids("target", target, "the words of a fact, its id, or several ids")
        ids = [each for each in wanted if not isinstance(each, str)]
        if len(ids) < len(wanted) and not isinstance(target, str):
            raise InterfaceError("target must be the words of one fact, or ids, not several texts")
        return self._change(lambda token: self.session.forget(target if isinstance(target, str) else ids))

    def facts(self, pattern: str | None = None, limit: int | None = None) -> list[Fact]:
        """The current facts in order of id.

        Args:
            pattern: only those that contain it, whatever the case and accents.
            limit: at most so many.
        """
        arguments.text_or_none("pattern", pattern)
        arguments.whole_or_none("limit", limit)
        return self._read(lambda token: self.session.facts(pattern, limit))

    def history(self, fact: int | None = None) -> list[Change]:
        """What was done, oldest first; only what concerns one fact if its id is given."""
        arguments.whole_or_none("fact", fact)
        return self._read(lambda token: list(self.session.history(fact)))

    # ---------------------------------------------------------------------------------------------------------- files

    def load(
        self,
        path: str | os.PathLike[str],
        form: str | None = None,
        *,
        column: str | None = None,
        restart: bool = False,
        progress: bool | Report = False,
    ) -> LoadReport:
        """Store what a file holds: sentences or triples, or all of an exported folder.

        What is there already is not stored twice. A load that was interrupted goes on where it stopped.

        Args:
            path: the file, packed or not, or the folder.
            form: the format, as ``neuraldb load --as`` takes it; None goes by the file's name.
            column: which column of a CSV or TSV file has the sentences; None finds it.
            restart: begin at the beginning, whatever was loaded before.
            progress: as of :meth:`~neuraldb.api.Connection.add_many`.

        Returns:
            What became of it: how much is new, and what was refused, and why.

        Raises:
            ImportFailed: the file cannot be read, or not in this format; what came before is stored.
            InterfaceError: there is no such format, or an argument is of the wrong kind.
            ReadOnly: the database is open for reading only.
        """
        from neuraldb.loading.folder import load_folder
        from neuraldb.loading.formats import Options, format_of
        from neuraldb.loading.load import load
        from neuraldb.loading.source import Source

        place = arguments.path("path", path)
        arguments.text_or_none("column", column)
        name = arguments.text_or_none("form", form)
        self._check_open()
        with bulk.reporting(progress) as report:
            if Path(place).is_dir():
                outcome, _ = load_folder(self, Path(place), restart=restart, report=report)
                return outcome
            source = Source(Path(place), place)
            options = Options(column)
            return load(self, source, form=format_of(source, name), options=options, restart=restart, report=report)

    def export(
        self,
        path: str | os.PathLike[str],
        form: str | None = None,
        *,
        evidence: bool = False,
        progress: bool | Report = False,
    ) -> Exported:
        """Write what is stored to a file, which is there as a whole or not at all, or to a folder.

        Args:
            path: the file, packed if its name ends in ``.gz``; or for everything a new or empty folder.
            form: as ``neuraldb export --as`` takes it; None goes by the file's name.
            evidence: of triples, also what they rest on.
            progress: as of :meth:`~neuraldb.api.Connection.add_many`.

        Returns:
            How much was written, and in ``notes`` what could not be.

        Raises:
            InterfaceError: there is no such form, or an argument is of the wrong kind.
            OperationalError: it cannot be written there.
        """
        from neuraldb.loading.export import export

        place = arguments.path("path", path)
        name = arguments.text_or_none("form", form)
        self._check_open()
        with bulk.reporting(progress) as report:
            return export(self, place, name, evidence=arguments.flag("evidence", evidence), report=report)

    # ------------------------------------------------------------------------------------------------------ PEP 249

    def cursor(self) -> Cursor:
        """A new cursor."""
        self._check_open()
        return Cursor(self)

    def __repr__(self) -> str:
        state = "closed" if self.closed else "in a transaction" if self.in_transaction else "open"
        return f"<neuraldb.Connection {state}>"


def _read_rdf(path: Path) -> Iterable[Quad]:
    """The triples of an RDF file, for LOAD."""
    from neuraldb.loading.graphs import read_rdf

    return read_rdf(path)
