"""The SPARQL-like language: text to syntax tree."""

from __future__ import annotations

import functools
from importlib import resources
from pathlib import Path
from typing import cast

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput, VisitError

from neuraldb.core.errors import Error
from neuraldb.language.nesting import too_deep
from neuraldb.language.parameters import Given, Marked, mark
from neuraldb.language.sparql_ast import Query
from neuraldb.language.sparql_check import check
from neuraldb.language.sparql_errors import Diagnosis, Failure, failure_of
from neuraldb.language.sparql_tree import TreeBuilder
from neuraldb.language.sparql_update_ast import Update
from neuraldb.language.sparql_update_check import check_update
from neuraldb.language.strict import strict


def parse(source: str, parameters: Given | None = None) -> Query | Update:
    """The syntax tree of a query or an update, its parameters in place.

    Args:
        source: the text.
        parameters: values for ``%s`` or ``%(name)s``.

    Raises:
        ParseError: the text is neither; it has the place, what was expected, and a hint.
        BindError: a prefix is not declared.
        ParameterError: parameters and placeholders do not fit.
    """
    return _parsed_once(source) if parameters is None else _parsed(source, parameters)


@functools.lru_cache(maxsize=256)
def _parsed_once(source: str) -> Query | Update:
    """A statement without parameters: trees never change, so those of the last ones are kept."""
    return _parsed(source, None)


def _parsed(source: str, parameters: Given | None) -> Query | Update:
    marked = mark(strict(source)[1], parameters, "sparql")
    try:
        return _parse(marked)
    except Error as error:
        raise error.at(source) from None
    except RecursionError:
        raise too_deep(source) from None


def _parse(marked: Marked) -> Query | Update:
    outcome = _tree(marked.text)
    if isinstance(outcome, Failure):
        error = diagnosis().error(outcome)
        error.span = marked.original(error.span) if error.span else None
        raise error
    try:
        statement = cast("Query | Update", TreeBuilder(marked).transform(outcome))
    except VisitError as error:
        raise error.orig_exc from None
    if isinstance(statement, Update):
        check_update(statement)
    else:
        check(statement)
    return statement


def _tree(text: str) -> Tree[Token] | Failure:
    """The parse tree, or where the parse stopped."""
    parser = grammar().parse_interactive(text)
    tokens: list[Token] = []
    try:
        for token in parser.iter_parse():
            tokens.append(token)
        return cast("Tree[Token]", parser.feed_eof())  # type: ignore[no-untyped-call]
    except UnexpectedInput as error:
        return failure_of(text, error, parser, tokens)


@functools.cache
def grammar() -> Lark:
    """The parser, built once."""
    return Lark(
        grammar_text(),
        start="query",
        parser="lalr",
        lexer="contextual",
        propagate_positions=True,
        maybe_placeholders=True,
    )


def grammar_text() -> str:
    """The grammar as it is installed, or as it lies beside the package in a checkout."""
    try:
        return resources.files("neuraldb.grammar").joinpath("sparql.lark").read_text(encoding="utf-8")
    except ModuleNotFoundError:
        folder = Path(__file__).parents[2] / "grammar"
        return (folder / "sparql.lark").read_text(encoding="utf-8")


@functools.cache
def diagnosis() -> Diagnosis:
    """What explains failures; built when the first one occurs."""

    def fail(example: str) -> Failure | None:
        outcome = _tree(example)
        return outcome if isinstance(outcome, Failure) else None

    return Diagnosis(grammar(), fail)
