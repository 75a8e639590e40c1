"""Templates of CONSTRUCT and of updates: their terms bound, and the triples that they make of solutions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product

from neuraldb.core import rdf
from neuraldb.core.errors import BindError
from neuraldb.language import sparql_ast as ast
from neuraldb.plan.nodes import TermConstant, Variable
from neuraldb.plan.sparql_names import Names, spelling
from neuraldb.plan.sparql_provenance import with_provenance
from neuraldb.plan.sparql_scope import Solutions, as_values, keep
from neuraldb.plan.sparql_triples import TYPE, parts_of
from neuraldb.plan.template_nodes import Fresh, Given, Template, TemplateQuad, TemplateTerm

Parts = tuple[ast.Triple, ast.Var | ast.Iri | ast.Name | None]
"""A triple as written, and its graph."""


class Templates:
    """Binds the names of templates.

    Args:
        names: binds the names of the statement's patterns.
    """

    def __init__(self, names: Names) -> None:
        self._names = names

    def made(self, parts: Iterable[Parts], graph: ast.Iri | ast.Name | None = None) -> list[TemplateQuad]:
        """Triples that are to be made; ``graph`` is that of those that name none.

        A ``:name`` is the one stored thing of that name, else a new one.

        Raises:
            BindError: a name stands for several things.
        """
        quads = []
        for triple, named in parts:
            within = named or graph
            ends = self._subject(triple.subject), self._relation(triple.verb), self._object(triple)
            quads.append(TemplateQuad(*ends, None if within is None else self._made(within)))
        return quads

    def meant(self, parts: Iterable[Parts], graph: ast.Iri | ast.Name | None = None) -> list[TemplateQuad]:
        """Triples that are to be deleted: a name stands for all that it means in a pattern.

        Raises:
            BindError: a name means nothing.
        """
        quads: list[TemplateQuad] = []
        for triple, named in parts:
            subject = triple.subject
            if isinstance(subject, ast.RdfLiteral):
                subject = ast.Name(subject.text, subject.text, span=subject.span)
            relation = triple.verb
            assert isinstance(relation, ast.Var | ast.Iri | ast.Name)
            within = named or graph
            choices = (
                self._meant(subject),
                self._meant(relation, relation=True),
                self._meant(triple.object, is_class=_is_class(triple)),
                [None] if within is None else self._meant(within),
            )
            quads += [TemplateQuad(*terms, insert=False) for terms in product(*choices)]
        return quads

    def graph(self, name: ast.Iri | ast.Name) -> TermConstant | Given:
        """The name of a graph.

        Raises:
            BindError: it stands for several things.
        """
        term = self._made(name)
        assert isinstance(term, TermConstant | Given)
        return term

    # ------------------------------------------------------------------------------------------------ terms

    def _subject(self, term: ast.Term) -> TemplateTerm:
        if isinstance(term, ast.RdfLiteral) and not term.datatype and not term.language:
            return self._made(ast.Name(term.text, term.text, span=term.span))  # as in patterns
        return self._made(term)

    def _object(self, triple: ast.Triple) -> TemplateTerm:
        if _is_class(triple) and isinstance(triple.object, ast.Name):
            return self._named(triple.object, (("type",), ("iri",)), "type")
        return self._made(triple.object)

    def _made(self, term: ast.Term) -> TemplateTerm:
        match term:
            case ast.Var(name):
                return Variable(name)
            case ast.Blank(label):
                return Fresh(label)
            case ast.Name():
                return self._named(term, (("entity",), ("iri",), ("type", "relation")), "entity")
            case _:
                return Given(str(term), parts_of(term))

    def _relation(self, term: ast.Var | ast.Path) -> TemplateTerm:
        if isinstance(term, ast.Name):
            return self._named(term, (("relation",), ("iri",)), "relation")
        assert isinstance(term, ast.Var | ast.Iri)
        return self._made(term)

    def _named(self, name: ast.Name, kinds: Sequence[tuple[str, ...]], new: str) -> TemplateTerm:
        """The stored thing of a name, the first kind first, else a new one of the kind ``new``."""
        spelled = name.spelling.replace("_", " ")
        for kind in kinds:
            for text in dict.fromkeys((spelled, name.words)):
                found = self._names.catalogue.terms(text, kind)
                if len(found) > 1:
                    raise BindError(
                        f"{name} stands for {len(found)} things",
                        span=name.span,
                        candidates=tuple(f":{spelling(other)}" for other in self._names.namesakes(found)),
                        hint="name one of them, or write which as an IRI, <…>",
                    )
                if found:
                    return TermConstant(str(name), found)
        return Given(str(name), rdf.Literal(new, name.words))

    def _meant(self, term: ast.Term, *, relation: bool = False, is_class: bool = False) -> list[TemplateTerm]:
        if not isinstance(term, ast.Name):
            return [self._made(term)]
        if is_class:
            return [TermConstant(str(term), (i,)) for i in self._names.type(term).ids]
        if not relation:
            return [TermConstant(str(term), (i,)) for i in self._names.entity(term)]
        catalogue = self._names.catalogue
        if known := catalogue.terms(term.words, ("relation",)):
            return [TermConstant(str(term), (i,)) for i in known]
        found = catalogue.relation(term.words)
        if found is None or found.score < 1:
            near = catalogue.nearest(term.words, ("relation",))
            raise BindError(f"no relation is called {term.words}", span=term.span, candidates=near)
        return [TermConstant(str(term), (i,)) for i in found.ids]


def _is_class(triple: ast.Triple) -> bool:
    """Whether the object of a triple is a class."""
    return isinstance(triple.verb, ast.Iri) and triple.verb.text == TYPE


def template(
    solutions: Solutions, quads: Sequence[TemplateQuad], provenance: frozenset[str], *, change: bool = False
) -> Template:
    """The plan of the triples that a template makes of solutions.

    Args:
        solutions: what the template is filled in with.
        quads: the template.
        provenance: which of ``?score`` and ``?evidence`` stand for what a solution rests on.
        change: for an update.
    """
    named = {t.name for quad in quads for t in quad.terms if isinstance(t, Variable)}
    solutions = with_provenance(solutions, provenance & named)
    # a triple with a variable that nothing binds is never made
    known = [q for q in quads if {t.name for t in q.terms if isinstance(t, Variable)} <= set(solutions.variables)]
    values = as_values(keep(solutions, sorted(named)), named)
    return Template(values.plan, tuple(known), change)
