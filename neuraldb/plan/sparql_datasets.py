"""The dataset of a statement: which graphs its pattern is matched in (SPARQL 1.1, 13.2; Update, 3.1.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from neuraldb.language import sparql_ast as ast
from neuraldb.plan.nodes import PatternTerm, TermConstant
from neuraldb.plan.sparql_names import Names


@dataclass(frozen=True, slots=True)
class Dataset:
    """A default graph and named ones.

    Attributes:
        default: the graph of triples outside GRAPH; None is the stored default graph, several ids are their merge.
        named: the ids of the graphs that GRAPH reaches; None is all that are stored.
    """

    default: PatternTerm | None = None
    named: tuple[int, ...] | None = None

    @property
    def graphs(self) -> tuple[int, ...] | None:
        """The ids of all graphs; None where they are all that are stored."""
        if self.named is None:
            return None
        return (*(self.default.ids if isinstance(self.default, TermConstant) else ()), *self.named)


def dataset_of(clauses: Sequence[ast.DatasetClause], names: Names) -> Dataset:
    """The dataset that FROM or USING describe; without either, it is all that is stored.

    A graph that is not stored is an empty one.

    Raises:
        BindError: a ``:name`` names nothing.
    """
    if not clauses:
        return Dataset()
    graphs = [(clause.named, names.node(clause.graph)) for clause in clauses]
    merged = tuple(dict.fromkeys(i for named, graph in graphs if not named for i in graph.ids))
    text = " and ".join(str(graph) for named, graph in graphs if not named)
    return Dataset(
        TermConstant(text or "no graph", merged),
        tuple(dict.fromkeys(i for named, graph in graphs if named for i in graph.ids)),
    )
