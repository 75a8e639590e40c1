"""Statements that nobody vouches for, such as those that a model has written: they may query what is stored, no more.

What a user types may do whatever DuckDB can. A text that came out of a model was perhaps put into it by somebody else,
through a fact that it has read. So there is a list of what such a text may do, and all else is refused before anything
of it is planned: a change, a file, the network, an extension, a setting, a macro, another database.
"""

from __future__ import annotations

from neuraldb.core.errors import ProgrammingError
from neuraldb.language import sparql
from neuraldb.language.parameters import Given
from neuraldb.language.sparql_update_ast import Update
from neuraldb.language.sql import GUARD_HINT, guard, parse_sql
from neuraldb.operators.context import Options
from neuraldb.plan.sql_catalogue import SqlCatalogue
from neuraldb.plan.sql_context import SEMANTIC, TRAVERSALS, plain_tables
from neuraldb.stores.database import Database


def check_trust(
    text: str,
    language: str,
    parameters: Given | None,
    options: Options | None,
    catalogue: SqlCatalogue,
    database: Database,
) -> None:
    """Refuse a statement that its options do not trust, unless it is a query over what is stored.

    Raises:
        ProgrammingError: it is something else, or reads something else; with the place.
        ParseError: it is no statement.
    """
    if options is None or options.trusted:
        return
    if language == "sql":
        _check_sql(text, parameters, catalogue, database)
    elif language in ("statement", "retraction") or isinstance(
        sparql.parse(text, parameters) if language == "sparql" else None, Update
    ):
        raise ProgrammingError("the statement changes data", source=text, hint=GUARD_HINT)


def _check_sql(text: str, parameters: Given | None, catalogue: SqlCatalogue, database: Database) -> None:
    statement = parse_sql(text, parameters)
    guard(statement)
    # a name that DuckDB knows is a stored relation, or is refused; one that it does not know is read from the facts
    told = [name for low, name in plain_tables(statement.expression).items() if catalogue.table(low) is None]
    try:
        database.check(statement.text, told, SEMANTIC, TRAVERSALS)
    except ProgrammingError as error:
        error.source = statement.source
        error.span = error.span and statement.marked.original(error.span)
        raise
