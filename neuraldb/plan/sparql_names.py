"""Names of a query bound to the database: IRIs and literals exactly, ``:names`` and plain strings by what they name."""

from __future__ import annotations

from neuraldb.core import rdf
from neuraldb.core.errors import BindError
from neuraldb.language import sparql_ast as ast
from neuraldb.plan.catalogue import GraphCatalogue
from neuraldb.plan.nodes import TermConstant

NAMED_KINDS = ("entity", "iri", "type", "relation")
"""What ``:name`` can stand for as a subject or an object."""


class Names:
    """Binds the names of one query.

    Args:
        catalogue: knows what is stored.
    """

    def __init__(self, catalogue: GraphCatalogue) -> None:
        self.catalogue = catalogue

    def node(self, term: ast.Iri | ast.Name | ast.RdfLiteral) -> TermConstant:
        """The stored terms that a subject or object stands for.

        A plain string stands for the literal and for an entity of that name.

        Raises:
            BindError: a ``:name`` that names nothing, though something like it is stored.
        """
        if isinstance(term, ast.Iri):
            return _constant(term, self.catalogue.iri(term.text))
        if isinstance(term, ast.Name):
            return _constant(term, self.entity(term))
        ids = self.literal(term)
        if not term.datatype and not term.language:
            ids += tuple(i for i in self.catalogue.terms(term.text, ("entity",)) if i not in ids)
        return _constant(term, ids)

    def literal(self, term: ast.RdfLiteral) -> tuple[int, ...]:
        """The stored term of exactly this literal."""
        return self.catalogue.literal(rdf.literal(term.text, term.datatype, term.language))

    def entity(self, name: ast.Name) -> tuple[int, ...]:
        """The stored terms that ``:name`` stands for."""
        spelled = name.spelling.replace("_", " ")
        for text in dict.fromkeys((spelled, name.words)):
            if ids := self.catalogue.terms(text, NAMED_KINDS):
                return ids
        near = self.catalogue.nearest(name.words, NAMED_KINDS)
        if near:
            raise BindError(f"nothing is called {name.words}", span=name.span, candidates=near)
        return ()

    def relation(self, term: ast.Iri | ast.Name) -> TermConstant | None:
        """The stored relation that a predicate stands for; None where it has to be read from the facts."""
        if isinstance(term, ast.Iri):
            return _constant(term, self.catalogue.iri(term.text))
        binding = self.catalogue.relation(term.words)
        if binding is None:
            return None
        exact = binding.score >= 1
        return TermConstant(str(term) if exact else f"{term}~{binding.label} {binding.score:.2f}", binding.ids)


def _constant(term: ast.Iri | ast.Name | ast.RdfLiteral, ids: tuple[int, ...]) -> TermConstant:
    return TermConstant(str(term) if ids else f"{term} (not stored)", ids)
