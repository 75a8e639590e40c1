"""Rules of SPARQL Update that its grammar does not express (SPARQL 1.1 Update, 3.1 and the notes of its grammar)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from neuraldb.core.errors import ParseError
from neuraldb.language import sparql_ast as ast
from neuraldb.language import sparql_update_ast as up
from neuraldb.language.sparql_check import check_blank_nodes, check_pattern


def check_update(update: up.Update) -> None:
    """Check a whole request.

    Raises:
        ParseError: a rule is broken; the error says which, and where.
    """
    labels: set[str] = set()
    for operation in update.operations:
        match operation:
            case up.DataChange(quads, insert):
                _no_variables(quads, insert)
                if not insert:
                    _no_blank_nodes(quads, "DELETE DATA names the triples that go")
                _known_subjects(quads)
                labels = _apart(quads, labels)
            case up.Modify(delete, insert_template, where):
                _no_blank_nodes(delete, "a template of DELETE names the triples that go")
                _known_subjects((*delete, *insert_template))
                check_blank_nodes(where)
                check_pattern(where)


def _no_variables(quads: Iterable[up.Quad], insert: bool) -> None:
    word = "INSERT" if insert else "DELETE"
    for quad in quads:
        for term in _terms(quad):
            if isinstance(term, ast.Var):
                raise ParseError(
                    f"{word} DATA takes no variables",
                    span=term.span,
                    hint=f"write {word} {{ … }} WHERE {{ … }}, with a pattern that binds {term}",
                )


def _no_blank_nodes(quads: Iterable[up.Quad], why: str) -> None:
    for quad in quads:
        for term in _terms(quad):
            if isinstance(term, ast.Blank):
                raise ParseError(
                    f"{why}, and a blank node has no name",
                    span=term.span,
                    hint="write DELETE { … } WHERE { … }, with a variable in its place",
                )


def _known_subjects(quads: Iterable[up.Quad]) -> None:
    """A plain string may name what a triple is about, as in queries; a number, a date and the like cannot."""
    for quad in quads:
        subject = quad.triple.subject
        if isinstance(subject, ast.RdfLiteral) and (subject.datatype or subject.language):
            raise ParseError(
                "a number, a date or a text with a language cannot be the subject of a triple",
                span=subject.span,
                hint="write a name, as in :Anna_Berg, or an IRI",
            )


def _apart(quads: Iterable[up.Quad], before: set[str]) -> set[str]:
    """The labels of blank nodes in data up to here: one that stood in earlier data would be another node now."""
    labels = {t.label: t for q in quads for t in _terms(q) if isinstance(t, ast.Blank) and not t.label.startswith(".")}
    for label, blank in labels.items():
        if label in before:
            raise ParseError(
                f"_:{label} stands in earlier data, and would be another node here",
                span=blank.span,
                hint="put both into one operation, or use another label",
            )
    return before | set(labels)


def _terms(quad: up.Quad) -> Iterator[object]:
    triple = quad.triple
    yield from (triple.subject, triple.verb, triple.object, quad.graph)
