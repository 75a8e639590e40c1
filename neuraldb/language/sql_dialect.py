"""The dialect of SQL: DuckDB's, as sqlglot reads it, but for names that are functions of ours."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.parsers.duckdb import DuckDBParser


class Parser(DuckDBParser):
    """DuckDB's dialect without sqlglot's remarks in the log: what it does not know, DuckDB itself will judge."""

    # PREDICT is a function of ours, and to sqlglot a clause of another database's
    FUNCTIONS = {name: build for name, build in DuckDBParser.FUNCTIONS.items() if name != "PREDICT"}  # noqa: RUF012

    def _warn_unsupported(self) -> None:
        """Stay silent."""


def trees(text: str) -> list[exp.Expr | None]:
    """The statements of a text; None for an empty one.

    Raises:
        TokenError, ParseError: of sqlglot's, if it is none.
    """
    dialect = DuckDB()
    return list(Parser(dialect=dialect).parse(dialect.tokenize(text), text))
