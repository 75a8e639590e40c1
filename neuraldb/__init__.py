"""NeuralDB: a database that needs no schema.

    >>> import neuraldb
    >>> db = neuraldb.connect()                                     # doctest: +SKIP
    >>> db.add("Anna Berg was born in Oslo and works for Equinor.") # doctest: +SKIP
    >>> db.ask("Who works for Equinor?").fetchall()                 # doctest: +SKIP
    [('Anna Berg',)]

The life of a query, from the text to the rows; each stage can be called, printed and tested alone:

1. ``api.Connection.execute``, or ``dbapi.Cursor.execute``, takes the text and its parameters.
2. ``transactions.may_change`` decides whether it has to wait for its turn to change something, and
   ``execution.worker.Worker.run`` runs it so that it can be stopped.
3. ``session.Session.run`` is the pipeline of what follows.
4. ``language.detect.detect`` decides what the text is: a question, SQL, SPARQL, or a statement in plain language.
5. ``language.parameters.mark`` puts markers in the place of parameters, whose values stay beside the text.
6. ``language.question.parse``, ``language.sql.parse_sql`` or ``language.sparql.parse`` makes the text a syntax tree.
7. ``plan.builder.build`` makes it a logical plan, the same for all three languages, and binds names to what is stored.
8. ``plan.optimizer.optimise`` applies the rules that make the plan cheaper.
9. ``execution.physical.lower`` makes exact parts one DuckDB query each, and every neural node an operator.
10. ``execution.engine.run`` runs the steps bottom-up; each row carries its evidence and its confidence.
11. ``execution.result.Result`` gives the rows as tuples, Arrow or a table on the screen, and says why they are there.

Everything here is loaded when it is first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuraldb.api import Connection, connect
    from neuraldb.bulk import AddReport, Refused
    from neuraldb.core.errors import (
        BindError,
        Cancelled,
        CorruptDatabase,
        DatabaseError,
        DatabaseLocked,
        DataError,
        Error,
        ImportFailed,
        IntegrityError,
        InterfaceError,
        InternalError,
        MissingExtra,
        ModelUnavailable,
        NoResultSet,
        NotSupportedError,
        OperationalError,
        ParameterError,
        ParseError,
        ProgrammingError,
        ReadOnly,
        Timeout,
        Warning,
    )
    from neuraldb.dbapi import (
        BINARY,
        DATETIME,
        NUMBER,
        ROWID,
        STRING,
        Binary,
        Cursor,
        Date,
        DateFromTicks,
        Time,
        TimeFromTicks,
        Timestamp,
        TimestampFromTicks,
        apilevel,
        paramstyle,
        threadsafety,
    )
    from neuraldb.execution.columns import Column
    from neuraldb.execution.result import Evidence, Result
    from neuraldb.stores.facts import Fact, NewFact

_HOMES = {
    "neuraldb.api": ("Connection", "connect"),
    "neuraldb.bulk": ("AddReport", "Refused"),
    "neuraldb.core.errors": (
        *("BindError", "Cancelled", "CorruptDatabase", "DatabaseError", "DatabaseLocked", "DataError", "Error"),
        *("ImportFailed", "IntegrityError", "InterfaceError", "InternalError", "MissingExtra", "ModelUnavailable"),
        *("NoResultSet", "NotSupportedError", "OperationalError", "ParameterError", "ParseError", "ProgrammingError"),
        *("ReadOnly", "Timeout", "Warning"),
    ),
    "neuraldb.dbapi": (
        *("BINARY", "DATETIME", "NUMBER", "ROWID", "STRING", "Binary", "Cursor", "Date", "DateFromTicks", "Time"),
        *("TimeFromTicks", "Timestamp", "TimestampFromTicks", "apilevel", "paramstyle", "threadsafety"),
    ),
    "neuraldb.execution.columns": ("Column",),
    "neuraldb.execution.result": ("Evidence", "Result"),
    "neuraldb.stores.facts": ("Fact", "NewFact"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "BINARY",
    "DATETIME",
    "NUMBER",
    "ROWID",
    "STRING",
    "AddReport",
    "Binary",
    "BindError",
    "Cancelled",
    "Column",
    "Connection",
    "CorruptDatabase",
    "Cursor",
    "DataError",
    "DatabaseError",
    "DatabaseLocked",
    "Date",
    "DateFromTicks",
    "Error",
    "Evidence",
    "Fact",
    "ImportFailed",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "MissingExtra",
    "ModelUnavailable",
    "NewFact",
    "NoResultSet",
    "NotSupportedError",
    "OperationalError",
    "ParameterError",
    "ParseError",
    "ProgrammingError",
    "ReadOnly",
    "Refused",
    "Result",
    "Time",
    "TimeFromTicks",
    "Timeout",
    "Timestamp",
    "TimestampFromTicks",
    "Warning",
    "apilevel",
    "connect",
    "paramstyle",
    "threadsafety",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
