"""Questions that were understood as queries to logical plans: the query's own, under the columns of a question's."""

from __future__ import annotations

from typing import Protocol

from neuraldb.language.chosen import Chosen, NotChosen
from neuraldb.language.sql import SqlStatement
from neuraldb.plan import builder_sparql
from neuraldb.plan.builder_question import Ways, build_question
from neuraldb.plan.builder_sql import build_sql
from neuraldb.plan.catalogue import GraphCatalogue
from neuraldb.plan.expressions import Column
from neuraldb.plan.meant_nodes import Meant
from neuraldb.plan.nodes import Field, Node, Project
from neuraldb.plan.predict_nodes import Noted
from neuraldb.plan.sql_catalogue import SqlCatalogue

COUNT = "count"


class Catalogue(GraphCatalogue, SqlCatalogue, Protocol):
    """The names that queries bind against."""


def build_chosen(statement: Chosen | NotChosen, catalogue: Catalogue, ways: Ways) -> Node:
    """The plan of the query that was chosen; where paths or predictions are asked for, that of the question itself."""
    if isinstance(statement, NotChosen):
        return Noted(build_question(statement.question, ways), statement.note)
    if ways.likely or ways.paths is not None:
        return build_question(statement.instead, ways)
    if isinstance(statement.query, SqlStatement):
        return Meant(build_sql(statement.query, catalogue), statement.meaning, statement.others)
    found = builder_sparql.build(statement.query, catalogue, source=statement.meaning.text)
    return Meant(_answering(found), statement.meaning, statement.others)


def _answering(found: Node) -> Node:
    """The rows with the columns of a question's answer: ``answer``, or ``count``."""
    (column,) = found.columns
    if column.name == COUNT:
        return Project(found, ((Field(COUNT, "BIGINT"), Column(COUNT)),))
    return Project(found, ((Field("answer", column.type), Column(column.name)),))
