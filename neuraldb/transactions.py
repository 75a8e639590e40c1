"""One session that threads share, and the rule by which its changes become permanent.

*A change is permanent when the call that makes it returns, unless a transaction is open.* A transaction is opened by
``begin()``, by ``with db.transaction():``, by the statement ``BEGIN``, and, as PEP 249 wants it, by the first change
that is made through a cursor (unless ``autocommit`` is set). It ends with ``commit()``, ``rollback()`` or ``close()``,
which rolls back. While it is open every change belongs to it, also those of the embedded methods and of other threads.
Reading opens no transaction, so a reader never holds others up, nor makes their changes wait for a commit.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeAlias, TypeVar

from neuraldb.core import arguments
from neuraldb.core.errors import Error, InterfaceError, ProgrammingError, Timeout
from neuraldb.core.progress import CancelToken
from neuraldb.execution.result import Result
from neuraldb.execution.worker import Worker
from neuraldb.language.as_of import as_of
from neuraldb.language.detect import STORE_VIEWS, detect, explain_prefix
from neuraldb.language.detect_query import may_be_query
from neuraldb.language.filling import filled
from neuraldb.language.masking import after_comments
from neuraldb.language.parameters import Given
from neuraldb.language.strict import strict
from neuraldb.operators.context import Options
from neuraldb.stores.facts import NewFact

if TYPE_CHECKING:
    from neuraldb.session import Session

_Value = TypeVar("_Value")
_Scope: TypeAlias = Callable[[], AbstractContextManager[None]]


class TransactionalSession:
    """A session whose statements can be stopped, and whose changes take turns.

    Used as a context manager it is closed at the end; an open transaction is committed first, or rolled back if the
    block has failed.

    Attributes:
        session: the pipeline below, for tools that need its stores or models.
    """

    def __init__(self, session: Session, autocommit: bool) -> None:
        self.session = session
        self._autocommit = autocommit
        self._worker = Worker()
        # held by the thread that changes something, or that is in a block of transaction()
        self._turn = threading.RLock()

    # --------------------------------------------------------------------------------------------------- transactions

    @property
    def autocommit(self) -> bool:
        """Whether changes through cursors are permanent at once.

        Raises:
            ProgrammingError: it is set while a transaction is open.
        """
        return self._autocommit

    @autocommit.setter
    def autocommit(self, value: bool) -> None:
        if self.in_transaction:
            raise ProgrammingError("a transaction is open", hint="commit it or roll it back first")
        self._autocommit = bool(value)

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return not self.closed and self.session.in_transaction

    def begin(self) -> None:
        """Open a transaction.

        Raises:
            ProgrammingError: one is open already.
        """
        self._control(self.session.begin)

    def commit(self) -> None:
        """Make the changes of the open transaction permanent; where none is open, nothing happens."""
        self._control(self.session.commit)

    def rollback(self) -> None:
        """Undo the changes of the open transaction; where none is open, nothing happens."""
        self._control(self.session.rollback)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """A block whose changes happen together or, if it fails, not at all; changes of other threads wait meanwhile.

        Raises:
            ProgrammingError: a transaction is open already.
        """
        with self._turn:
            self.begin()
            try:
                yield
            except BaseException:
                self.rollback()
                raise
            self.commit()

    # ---------------------------------------------------------------------------------------------- cursors' statements

    def run_statement(self, text: str, parameters: Given | None) -> Result:
        """Run a cursor's statement; the first change opens a transaction, unless ``autocommit`` is set."""
        return self._run(text, None, parameters, scope=nullcontext if self._autocommit else self._implicit_transaction)

    def run_many(self, text: str, parameters: Iterable[Given]) -> Result:
        """Run a cursor's statement once for each of the parameters in one transaction; sentences go in as one batch."""
        check_text(text)
        self._check_open()
        language, changes = self._looked_at(text)
        if control_of(text) or not changes:
            raise ProgrammingError("executemany is for statements that change something", source=text)
        given = list(parameters)
        return self._change(lambda token: self._run_each(text, language, given, token), scope=self._one_transaction)

    def _run_each(self, text: str, language: str, parameters: Sequence[Given], token: CancelToken) -> Result:
        results: list[Result] = []
        for place, one in enumerate(parameters):
            result = self.session.run(text, language, one, token=token)
            results.append(result)
            if language == "statement" and result.lastrowid is not None:
                # the sentence tells something: the others can be encoded in batches
                facts = [NewFact(filled(text, other)) for other in parameters[place + 1 :]]
                added = self.session.add(facts, token=token)
                last = added[-1].id if added else result.lastrowid
                return Result(None, statement=text, language=language, rowcount=len(parameters), lastrowid=last)
        known = all(result.rowcount >= 0 for result in results)
        return Result(
            None,
            statement=text,
            language=language,
            rowcount=sum(result.rowcount for result in results) if known else -1,
            lastrowid=results[-1].lastrowid if results else None,
        )

    # -------------------------------------------------------------------------------------------------------- running

    def _run(
        self,
        text: str,
        language: str | None,
        parameters: Given | None,
        timeout: float | None = None,
        scope: _Scope = nullcontext,
        options: Options | None = None,
    ) -> Result:
        check_text(text)
        self._check_open()
        control = control_of(text)
        if control is not None and language in (None, "sql") and (options is None or options.trusted):
            {"begin": self.begin, "commit": self.commit, "rollback": self.rollback}[control]()
            return Result(None, statement=text, language="sql")

        known, changes = (
            (language, may_change(as_of(text)[1], language)) if language else self._looked_at(text, timeout)
        )

        def run(token: CancelToken) -> Result:
            return self.session.run(text, known, parameters, options, token)

        return self._change(run, timeout, scope) if changes else self._read(run, timeout)

    def _looked_at(self, text: str, timeout: float | None = None) -> tuple[str, bool]:
        """The language of a statement, and whether it may change something; which tables there are may decide."""
        moment, text = as_of(text)

        def tables(token: CancelToken) -> Collection[str]:
            with self.session.stores.database.stoppable() as stop, token.calling(stop):
                return self.session.relation_names()

        # sentences rest on no tables, and are told the quicker
        there = self._read(tables, timeout) if may_be_query(after_comments(text)) else STORE_VIEWS
        language = detect(text, tables=there)
        return language, moment is None and may_change(text, language, there)

    def _read(self, work: Callable[[CancelToken], _Value], timeout: float | None = None) -> _Value:
        self._check_open()
        return self._worker.run(work, arguments.seconds("timeout", timeout))

    def _change(
        self, work: Callable[[CancelToken], _Value], timeout: float | None = None, scope: _Scope = nullcontext
    ) -> _Value:
        arguments.seconds("timeout", timeout)
        # the turn and the transaction belong to the calling thread, not to the worker
        if not self._turn.acquire(timeout=-1 if timeout is None else max(timeout, 0)):
            raise Timeout(f"another thread was changing the database for longer than {timeout:g} seconds")
        try:
            self._check_open()
            with scope():
                return self._worker.run(work, timeout)
        finally:
            self._turn.release()

    @contextmanager
    def _implicit_transaction(self) -> Iterator[None]:
        """What a cursor's statement happens in: a transaction, which stays open if something was changed."""
        if self.session.in_transaction:
            yield
            return
        self.session.begin()
        try:
            yield
        except BaseException:
            self.session.rollback()
            raise
        if not self.session.stores.database.changing:
            self.session.rollback()

    @contextmanager
    def _one_transaction(self) -> Iterator[None]:
        """What ``executemany`` happens in, also in autocommit mode."""
        alone = self._autocommit and not self.session.in_transaction
        with self.transaction() if alone else self._implicit_transaction():
            yield

    def _control(self, what: Callable[[], object]) -> None:
        with self._turn:
            self._check_open()
            what()

    def _check_open(self) -> None:
        if self.closed:
            raise InterfaceError("the connection is closed")

    # -------------------------------------------------------------------------------------------------------- closing

    def interrupt(self) -> None:
        """Stop the statements that run now, from another thread: they raise Cancelled and have changed nothing."""
        self._worker.interrupt()

    @property
    def closed(self) -> bool:
        """Whether the connection has been closed."""
        return self.session.closed

    def close(self) -> None:
        """Roll back what is not committed and let go of the file. Closing twice is allowed.

        A change that another thread is making is finished first; :meth:`interrupt` cuts it short.
        """
        with self._turn:
            self.session.close()
            self._worker.close()

    def __enter__(self) -> Self:
        self._check_open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            try:
                if not self.closed:
                    self.commit()
            finally:
                self.close()
            return
        try:
            self.close()
        except Error as second:
            # the first error is the one to know about
            error.add_note(f"closing the database failed too: {second}")


# ----------------------------------------------------------------------------------------------------------- statements

_CONTROL = {
    "begin": re.compile(r"(?:begin|start)(?:\s+(?:transaction|work))?\s*;?", re.IGNORECASE),
    "commit": re.compile(r"(?:commit|end)(?:\s+(?:transaction|work))?\s*;?", re.IGNORECASE),
    "rollback": re.compile(r"(?:rollback|abort)(?:\s+(?:transaction|work))?\s*;?", re.IGNORECASE),
}
# quotations and comments: what stands in them says nothing of the statement
_OPAQUE = {
    "sql": re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\$(\w*)\$.*?\$\1\$", re.DOTALL),
    "sparql": re.compile(r"#[^\n]*|<[^<>\s]*>|'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\""),
}
_PROLOGUE = re.compile(r"(?:\bprefix\s+[^\s:]*:|\bbase\b)", re.IGNORECASE)
_FIRST_WORD = re.compile(r"[\s(;]*(\w*)")
# CHECKPOINT and the like change nothing that a transaction could undo, and some refuse to run in one
_READING = {
    "sql": frozenset(
        """select with from values table pivot unpivot show describe desc summarize
        set reset pragma use attach detach load install checkpoint force vacuum""".split()  # noqa: SIM905
    ),
    "sparql": frozenset(("select", "ask", "construct", "describe")),
}
# a query may hold a change in, or after, its common table expressions; EXPLAIN ANALYZE runs what it explains
_CHANGE = re.compile(
    r"\binsert\s+(?:or\s+\w+\s+)?into\b|\bdelete\s+from\b|\bmerge\s+into\b|\bupdate\s.*?\bset\b", re.I | re.S
)


def may_change(text: str, language: str | None = None, tables: Collection[str] = STORE_VIEWS) -> bool:
    """Whether a statement may change something that can be rolled back; True where its words alone do not tell.

    Args:
        text: the statement.
        language: None decides.
        tables: the names of relations that exist (see :func:`neuraldb.language.detect.detect`).

    >>> may_change("Who lives in Oslo?"), may_change("WITH t AS (SELECT 1) INSERT INTO u FROM t")
    (False, True)
    """
    language = language or detect(text, tables=tables)
    if language not in _READING:
        return language in ("statement", "retraction")
    level, text = explain_prefix(text, tables)
    if level is not None and level != "analyze":
        return False
    bare = _OPAQUE[language].sub(" ", strict(text)[1])
    if language == "sparql":
        bare = _PROLOGUE.sub(" ", bare)
    first = _FIRST_WORD.match(bare)
    if first is None or first[1].lower() not in _READING[language]:
        return True
    return language == "sql" and _CHANGE.search(bare) is not None


def control_of(text: str) -> str | None:
    """``begin``, ``commit`` or ``rollback`` where the statement is that, in one of its spellings.

    >>> control_of("START TRANSACTION;"), control_of("Begin with chapter one.")
    ('begin', None)
    """
    return next((control for control, form in _CONTROL.items() if form.fullmatch(text.strip())), None)


def check_text(text: object) -> None:
    """Refuse a statement that is no text.

    Raises:
        InterfaceError: it is of another type.
    """
    if not isinstance(text, str):
        raise InterfaceError(f"a statement must be a string, not {type(text).__name__}")
