"""SQL text to a syntax tree: sqlglot's parser in DuckDB's dialect, its errors in our words.

sqlglot does not know all of DuckDB's SQL. A statement that only DuckDB's own parser accepts is kept as *opaque*: it
can be run, but not looked into.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NoReturn

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import ParseError as SqlglotParseError
from sqlglot.errors import TokenError

from neuraldb.core.errors import ParseError, ProgrammingError
from neuraldb.language.parameters import Bindable, Given, Marked, mark
from neuraldb.language.sql_dialect import trees
from neuraldb.language.sql_errors import refuse_near, refuse_syntax, refuse_tokens
from neuraldb.language.sql_views import refresh_command, without_materialized

if TYPE_CHECKING:
    import duckdb

# statements that DuckDB runs as they are; sqlglot would read most of them as "some command"
_UTILITY = frozenset(
    """alter analyze attach begin call checkpoint comment commit deallocate detach drop end execute export force
    import install load pragma prepare reset rollback set show start abort transaction truncate update_extensions
    use vacuum""".split()  # noqa: SIM905
)
_QUERIES = (exp.Select, exp.SetOperation, exp.Subquery, exp.Values)
# functions that read files, run text as SQL or tell about the machine; the stores have the full list of allowed ones
_REACHING_OUT = re.compile(r"read_|parquet_|sniff_|glob$|\w+_scan$|st_read|query(_table)?$|getenv$|duckdb_", re.I)
_ROW_FUNCTIONS = frozenset(
    "shortest_path paths neighbours pagerank components range generate_series unnest".split()  # noqa: SIM905
)
"""Table functions that read what is stored, or nothing."""
GUARD_HINT = "only a SELECT over what is stored is allowed here"


@dataclass(frozen=True, slots=True)
class SqlStatement:
    """One SQL statement.

    Attributes:
        expression: the syntax tree; an ``exp.Command`` where the statement is opaque. Not to be changed: copy it.
        text: the statement in DuckDB's dialect, without a final semicolon; placeholders are ``$__0``, ``$__1``, …
        parameters: (name, value) of each placeholder, the name without ``$``.
        marked: what leads from ``text`` back to what the user typed.
        materialized: whether it is about a materialized view, a word that ``text`` does not have.
    """

    expression: exp.Expr
    text: str
    parameters: tuple[tuple[str, Bindable], ...]
    marked: Marked
    materialized: bool = False

    @property
    def source(self) -> str:
        """The statement as the user typed it."""
        return self.marked.source

    @property
    def opaque(self) -> bool:
        """Whether only DuckDB understands it."""
        return isinstance(self.expression, exp.Command)

    def span(self, node: exp.Expr | None) -> tuple[int, int] | None:
        """Where a part of the tree stands in :attr:`source`; None where that is not known."""
        places = [] if node is None else [n.meta for n in node.walk() if "start" in n.meta]
        if not places:
            return None
        return self.marked.original((min(p["start"] for p in places), max(p["end"] for p in places) + 1))


def parse_sql(source: str, parameters: Given | None = None) -> SqlStatement:
    """Parse one SQL statement.

    Args:
        source: the text; comments and a final semicolon may stand in it.
        parameters: values of ``%s`` (a sequence) or ``%(name)s`` (a mapping).

    Raises:
        ParseError: the text is not one SQL statement; the error has the span.
        ParameterError: the parameters do not fit the placeholders.

    >>> statement = parse_sql("SELECT name FROM people WHERE birthplace = %s;", ["Oslo"])
    >>> statement.text, statement.parameters
    ('SELECT name FROM people WHERE birthplace = $__0', (('__0', 'Oslo'),))
    """
    marked = mark(source, parameters, "sql")
    named = tuple((f"__{i}", value) for i, value in enumerate(marked.values))
    text, word = _trimmed(marked)
    if word == "refresh":
        return SqlStatement(refresh_command(text, marked), text, named, marked, materialized=True)
    text, materialized = without_materialized(text)
    opaque = SqlStatement(exp.Command(this=word.upper()), text, named, marked, materialized)
    if word in _UTILITY:
        return opaque
    try:
        expressions = trees(text)
    except TokenError:
        refuse_tokens(text, marked)
    except SqlglotParseError as error:
        if _complaint(text) is not None:
            refuse_syntax(error, text, marked)
        return opaque
    if len(expressions) != 1 or expressions[0] is None:
        raise ParseError("one statement is expected", source=source)
    # sqlglot is lenient: it takes "SELECT a,, b" and bare expressions
    complaint = _complaint(text)
    if complaint is not None:
        refuse_near(complaint, text, marked)
    return SqlStatement(expressions[0], text, named, marked, materialized)


def _trimmed(marked: Marked) -> tuple[str, str]:
    """The text up to its last token but semicolons, which keeps all offsets, and its first word in lower case."""
    try:
        tokens = DuckDB().tokenize(marked.text)
    except TokenError:
        refuse_tokens(marked.text, marked)
    while tokens and tokens[-1].text == ";":
        tokens.pop()
    if not tokens:
        raise ParseError("the statement is empty", source=marked.source)
    return marked.text[: tokens[-1].end + 1], tokens[0].text.lower()


@lru_cache(maxsize=1)
def _judge() -> duckdb.DuckDBPyConnection:
    import duckdb

    return duckdb.connect(":memory:")


def _complaint(text: str) -> str | None:
    """What DuckDB's own parser says against a text as one statement, None if it takes it; nothing is run."""
    import duckdb

    try:
        count = len(_judge().cursor().extract_statements(text))
    except duckdb.Error as error:
        return str(error)
    return None if count == 1 else "it is not one statement"


# --------------------------------------------------------------------------------------------------------- the guard


def guard(statement: SqlStatement) -> None:
    """Refuse every statement but a query that reads stored relations: for SQL that a model has written.

    The stores check again (:func:`neuraldb.stores.guard.check_query`), against the list of what is allowed.

    Raises:
        ProgrammingError: it is no query, or it names a file, a table function, or a function that reaches outside.
    """
    root = statement.expression
    if not isinstance(root, _QUERIES):
        _refuse("the statement is not a query", statement, root)
    for node in root.walk():
        if isinstance(node, exp.DML | exp.DDL | exp.Command | exp.Into) and not isinstance(node, _QUERIES):
            _refuse("the statement changes data", statement, node)
        if isinstance(node, exp.Table):
            _check_table(node, statement)
        elif isinstance(node, exp.Func) and _REACHING_OUT.match(function_name(node)):
            _refuse(f"the function {function_name(node)} reaches outside the database", statement, node)


def _check_table(table: exp.Table, statement: SqlStatement) -> None:
    if not isinstance(table.this, exp.Identifier):
        name = function_name(table.this) if isinstance(table.this, exp.Func) else ""
        if name not in _ROW_FUNCTIONS or table.args.get("db"):
            _refuse(f"the table function {name} is not allowed".replace("  ", " "), statement, table)
        return
    if not all(re.fullmatch(r"\w*", part) for part in (table.name, table.db, table.catalog)):
        _refuse(f"{table.name!r} is not the name of a stored relation", statement, table)


def function_name(node: exp.Func) -> str:
    """What DuckDB calls a function, in lower case."""
    if isinstance(node, exp.Anonymous):
        return node.name.lower()
    return node.sql("duckdb").split("(", 1)[0].strip().lower()


def _refuse(message: str, statement: SqlStatement, node: exp.Expr) -> NoReturn:
    raise ProgrammingError(message, source=statement.source, span=statement.span(node), hint=GUARD_HINT)
