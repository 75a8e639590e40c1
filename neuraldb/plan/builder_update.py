"""Updates of the SPARQL-like language as logical plans."""

from __future__ import annotations

from neuraldb.core.errors import Error
from neuraldb.language import sparql_ast as ast
from neuraldb.language import sparql_update_ast as up
from neuraldb.language.sparql_check import provenance_in
from neuraldb.plan.builder_sparql import Builder
from neuraldb.plan.nodes import Node
from neuraldb.plan.sparql_datasets import Dataset, dataset_of
from neuraldb.plan.sparql_names import Names, SparqlCatalogue
from neuraldb.plan.sparql_templates import Templates, template
from neuraldb.plan.template_nodes import GivenTriples
from neuraldb.plan.update_nodes import ChangeTriples, ClearGraphs, CreateGraph, LoadGraph, Request, TransferGraph

SCOPES = {"DEFAULT": "default", "NAMED": "named", "ALL": "all"}


def build_update(update: up.Update, catalogue: SparqlCatalogue, *, source: str) -> Node:
    """The logical plan of a request. Its names are bound to what is stored now, before any of it has happened.

    Args:
        update: what was parsed.
        catalogue: what is stored.
        source: the statement, for the errors' caret lines.

    Raises:
        BindError: a name stands for nothing, or for several things.
        NotSupportedError: the request asks for what is not built.
    """
    try:
        built = UpdateBuilder(catalogue)
        operations = tuple(built.operation(operation) for operation in update.operations)
    except Error as error:
        raise error.at(source) from error.__cause__
    return operations[0] if len(operations) == 1 else Request(operations)


class UpdateBuilder:
    """Builds the operations of one request.

    Args:
        catalogue: what is stored.
    """

    def __init__(self, catalogue: SparqlCatalogue) -> None:
        self._catalogue = catalogue
        self._names = Names(catalogue)
        self._templates = Templates(self._names)

    def operation(self, operation: up.Operation) -> Node:
        """The plan of one operation."""
        match operation:
            case up.DataChange(quads, insert):
                made = self._templates.made if insert else self._templates.meant
                return ChangeTriples(GivenTriples(tuple(made((q.triple, q.graph) for q in quads))))
            case up.Modify():
                return self._modify(operation)
            case up.Load(iri, graph, silent):
                return LoadGraph(iri.text, None if graph is None else self._templates.graph(graph), silent)
            case up.Clear(("DEFAULT" | "NAMED" | "ALL") as word):
                return ClearGraphs(None, SCOPES[word])  # type: ignore[arg-type]
            case up.Clear(target):
                assert not isinstance(target, str)
                return ClearGraphs(self._templates.graph(target))
            case up.Create(graph, silent):
                return CreateGraph(self._templates.graph(graph), silent)
            case up.Transfer(kind, source, target, silent):
                here, there = (None if g is None else self._templates.graph(g) for g in (source, target))
                return TransferGraph(kind, here, there, silent)

    def _modify(self, modify: up.Modify) -> Node:
        deleted = self._templates.meant(((q.triple, q.graph) for q in modify.delete), modify.graph)
        inserted = self._templates.made(((q.triple, q.graph) for q in modify.insert), modify.graph)
        dataset = dataset_of(modify.using, self._names)
        if not modify.using and modify.graph is not None:
            dataset = Dataset(self._names.node(modify.graph))
        provenance = provenance_in(ast.AskQuery(modify.where))
        solutions = Builder(self._catalogue).pattern(modify.where, dataset, provenance)
        return ChangeTriples(template(solutions, [*deleted, *inserted], provenance, change=True))
