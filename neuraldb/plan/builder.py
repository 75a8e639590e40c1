"""Statements of all three languages to the one algebra."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

from neuraldb.language import sparql_ast
from neuraldb.language.chosen import Chosen, NotChosen
from neuraldb.language.question import Atom, Bridge, Conjunction, Likely, Negation, Question, Restriction
from neuraldb.language.sparql_update_ast import Update
from neuraldb.language.sql import SqlStatement
from neuraldb.plan import builder_sparql
from neuraldb.plan.builder_chosen import build_chosen
from neuraldb.plan.builder_question import Ways, build_question
from neuraldb.plan.builder_sql import build_sql
from neuraldb.plan.builder_update import build_update
from neuraldb.plan.catalogue import GraphCatalogue
from neuraldb.plan.nodes import Node
from neuraldb.plan.path_nodes import PathSteps
from neuraldb.plan.sql_catalogue import SqlCatalogue

Statement: TypeAlias = Question | Likely | Chosen | NotChosen | SqlStatement | sparql_ast.Query | Update
ReadQuestion: TypeAlias = Callable[[str], Statement]


class Catalogue(GraphCatalogue, SqlCatalogue, Protocol):
    """All the names that statements bind against."""


def build(
    statement: Statement,
    catalogue: Catalogue,
    source: str,
    *,
    terms: bool = False,
    paths: PathSteps | None = None,
    predict: bool | None = None,
) -> Node:
    """The logical plan of a parsed statement.

    Args:
        statement: what was parsed.
        catalogue: the names that there are.
        source: the statement's text, for the errors' caret lines.
        terms: rows of SPARQL are whole terms instead of plain values.
        paths: questions are also read along paths of the graph that are found so.
        predict: questions are also answered by edges that are only likely; None: where they ask for what is likely.

    Raises:
        BindError: a name stands for nothing, or for several things equally well.
        NotSupportedError: what the statement asks for is not built.
    """
    if isinstance(statement, SqlStatement):
        return build_sql(statement, catalogue)
    if isinstance(statement, Atom | Bridge | Conjunction | Negation | Restriction):
        return build_question(statement, Ways(paths, bool(predict)))
    if isinstance(statement, Chosen | NotChosen):
        return build_chosen(statement, catalogue, Ways(paths, bool(predict)))
    if isinstance(statement, Likely):
        return build_question(statement.question, Ways(paths, predict is not False))
    if isinstance(statement, Update):
        return build_update(statement, catalogue, source=source)
    return builder_sparql.build(statement, catalogue, source=source, terms=terms)
