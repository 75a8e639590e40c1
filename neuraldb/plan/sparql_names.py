"""Names of a query bound to the database: IRIs and literals exactly, ``:names`` and plain strings by what they name."""

from __future__ import annotations

import datetime
import re
from typing import Protocol

from neuraldb.core import rdf
from neuraldb.core.errors import BindError
from neuraldb.core.text import pluralizer
from neuraldb.language import sparql_ast as ast
from neuraldb.plan.catalogue import GraphCatalogue, RelationBinding
from neuraldb.plan.nodes import TermConstant

NAMED_KINDS = ("entity", "iri", "type", "relation")
"""What ``:name`` can stand for as a subject or an object."""

CLASS_KINDS = ("type", "iri")
"""What ``:name`` can stand for as a class."""
SAME_CLASS = 0.87
"""From this cosine on a class is taken for another: "footballer" and "football player" have 0.89, but "painter" and
"painting" 0.85."""

LIKE = 0.4
"""From this cosine on a class may be meant."""


class SparqlCatalogue(GraphCatalogue, Protocol):
    """The names of the graph, and of the types that facts give to entities."""

    def type_candidates(self, name: str) -> tuple[tuple[str, float], ...]:
        """The entity types nearest to a name, with scores in [0, 1], best first."""


class Names:
    """Binds the names of one query.

    Args:
        catalogue: knows what is stored.

    Attributes:
        moment: when the query is asked, as an ``xsd:dateTime``.
    """

    def __init__(self, catalogue: SparqlCatalogue) -> None:
        self.catalogue = catalogue
        self._bindings: dict[str, RelationBinding | None] = {}
        self._large: bool | None = None
        self.moment = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    @property
    def large_integers(self) -> bool:
        """Whether integers are stored that a double does not hold; looked up when it is first asked."""
        if self._large is None:
            self._large = self.catalogue.has_large_integers()
        return self._large

    def node(self, term: ast.Iri | ast.Name | ast.RdfLiteral) -> TermConstant:
        """The stored terms that a subject or object stands for.

        A plain string stands for the literal and for an entity of that name.

        Raises:
            BindError: a ``:name`` that names nothing, though something like it is stored; or a name of several
                entities.
        """
        if isinstance(term, ast.Iri):
            return _constant(term, self.catalogue.iri(term.text))
        if isinstance(term, ast.Name):
            return _constant(term, self.entity(term))
        ids = self.literal(term)
        if not term.datatype and not term.language:
            named = self.catalogue.terms(term.text, ("entity",))
            others = self.namesakes(named)
            if others and not ids:
                raise _several(term.text, term, tuple(f'"{name}"' for name in others))
            ids += () if others else tuple(i for i in named if i not in ids)
        return _constant(term, ids)

    def namesakes(self, ids: tuple[int, ...]) -> tuple[str, ...]:
        """The names of the entities among the terms of one name, where they are several."""
        names = self.catalogue.entities(ids) if len(ids) > 1 else ()
        return names if len(names) > 1 else ()

    def literal(self, term: ast.RdfLiteral) -> tuple[int, ...]:
        """The stored term of exactly this literal."""
        return self.catalogue.literal(rdf.literal(term.text, term.datatype, term.language))

    def entity(self, name: ast.Name) -> tuple[int, ...]:
        """The stored terms that ``:name`` stands for; errors as of :meth:`node`."""
        spelled = name.spelling.replace("_", " ")
        for text in dict.fromkeys((spelled, name.words)):
            if ids := self.catalogue.terms(text, NAMED_KINDS):
                if others := self.namesakes(ids):
                    raise _several(text, name, tuple(f":{spelling(other)}" for other in others))
                return ids
        near = self.catalogue.nearest(name.words, NAMED_KINDS)
        if near:
            raise BindError(f"nothing is called {name.words}", span=name.span, candidates=near)
        return ()

    def type(self, name: ast.Name) -> TermConstant:
        """The stored classes that ``:name`` stands for: of that name, in the singular too, else of that meaning.

        Raises:
            BindError: nothing is said to be of such a class, though other classes are stored.
        """
        spelled = name.spelling.replace("_", " ")
        for text in dict.fromkeys((spelled, name.words, singular(spelled), singular(name.words))):
            if ids := self.catalogue.terms(text, CLASS_KINDS):
                return _constant(name, ids)
        near = self.catalogue.type_candidates(name.words)
        if not near:
            return _constant(name, ())
        label, score = near[0]
        if score >= SAME_CLASS and not self.catalogue.strict:
            return TermConstant(f"{name}~{label} {score:.2f}", self.catalogue.terms(label, CLASS_KINDS))
        table = spelling(str(pluralizer().plural(name.words)))
        raise BindError(
            f"no class is called {name.words}",
            span=name.span,
            candidates=tuple(f":{spelling(label)}" for label, score in near if score >= LIKE),
            hint="SELECT DISTINCT ?class { ?x a ?class } gives the classes that facts tell of; "
            f"in SQL, SELECT name FROM {table} reads them from the facts",
        )

    def binding(self, name: ast.Name) -> RelationBinding | None:
        """What the catalogue says a relation's name stands for; it is asked once."""
        if name.words not in self._bindings:
            self._bindings[name.words] = self.catalogue.relation(name.words)
        return self._bindings[name.words]

    def meant(self, term: ast.Iri | ast.Name) -> list[tuple[TermConstant, float]]:
        """The relations that a name means which is stored in no form, each with its chance; none for any other name."""
        binding = self.binding(term) if isinstance(term, ast.Name) else None
        if binding is None or binding.score >= 1 or binding.ambiguous:
            return []
        labels = ((binding.label, binding.score), *binding.more)
        next_best = ", ".join(f"{label} {score:.2f}" for label, score in binding.runners_up)
        shown = [f"{term}~{label} {score:.2f}" for label, score in labels]
        shown[0] += f" (not {next_best})" if next_best else ""
        parts = binding.parts or (binding.ids,)
        return [(TermConstant(text, ids), score) for text, ids, (_, score) in zip(shown, parts, labels, strict=True)]

    def relation(self, term: ast.Iri | ast.Name, *, readable: bool = True) -> TermConstant | None:
        """The stored relations that a predicate stands for; None where it has to be read from the facts.

        Args:
            term: the predicate.
            readable: whether facts may tell of it; they do not where it is matched in a named graph.

        Raises:
            BindError: the name may mean several relations equally well, or none, and cannot be read either.
        """
        if isinstance(term, ast.Iri):
            return _constant(term, self.catalogue.iri(term.text))
        binding = self.binding(term)
        if binding is not None and not binding.ambiguous:
            labels = "|".join(label for label, _ in ((binding.label, binding.score), *binding.more))
            return TermConstant(str(term) if binding.score >= 1 else f"{term}~{labels}", binding.ids)
        if binding is not None:
            raise BindError(
                f"{term.words} may mean several relations equally well",
                span=term.span,
                candidates=tuple(f":{spelling(label)}" for label, _ in binding.ambiguous),
                hint="name one of them, or several as alternatives, :one|:other",
            )
        near = self.catalogue.misspelt(term.words)
        if readable and self.catalogue.tells() and not near:
            return None
        near = near or self.catalogue.nearest(term.words, ("relation",))
        if near or self.catalogue.sizes(None).triples:
            raise BindError(
                f"no relation is called {term.words}",
                span=term.span,
                candidates=tuple(f":{spelling(label)}" for label in near),
                hint="SELECT DISTINCT ?relation { ?x ?relation ?y } gives those that are stored",
            )
        return _constant(term, ())


def _several(text: str, term: ast.Name | ast.RdfLiteral, names: tuple[str, ...]) -> BindError:
    return BindError(
        f"{len(names)} entities may be meant by {text}",
        span=term.span,
        candidates=names,
        hint=f"name one of them, or several: VALUES ?x {{ {' '.join(names)} }}",
    )


def _constant(term: ast.Iri | ast.Name | ast.RdfLiteral, ids: tuple[int, ...]) -> TermConstant:
    return TermConstant(str(term) if ids else f"{term} (not stored)", ids)


def spelling(words: str) -> str:
    r"""Words as a name is written.

    >>> spelling("mountain range"), spelling("Anna Berg (1)")
    ('mountain_range', 'Anna_Berg_\\(1\\)')
    """
    return re.sub(r"([~!$&'()*+,;=/?#@%]|\.$)", r"\\\1", words.replace(" ", "_"))


def singular(words: str) -> str:
    """A noun phrase in the singular.

    >>> singular("people"), singular("TV channels"), singular("class")
    ('person', 'TV channel', 'class')
    """
    *first, last = words.split(" ")
    return " ".join((*first, str(pluralizer().singular(last))))
