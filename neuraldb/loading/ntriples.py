"""N-Triples and N-Quads: line by line, whatever the size of the file; a bad line is reported and passed over.

A line in its usual form is split by one expression, and each of its terms is made once as long as it is remembered.
What that expression does not take is left to rdflib, which decides whether it is a triple.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from rdflib.exceptions import ParserError as ParseError
from rdflib.plugins.parsers.ntriples import W3CNTriplesParser
from rdflib.term import Node

from neuraldb.loading.escapes import unescaped
from neuraldb.loading.items import Item, Quad
from neuraldb.loading.rdf import BlankLabels, half_pair, iri_term, literal_term, term_of, verbatim
from neuraldb.loading.source import Source, undecoded
from neuraldb.stores.terms import Term

_REMEMBERED = 50_000
_IRI = r'<[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>"{}|^`]*>'
_BLANK = r"_:[\w:](?:[\w:.\-]*[\w:\-])?"
_LITERAL = rf'"(?:[^"\\\r\n]++|\\.)*+"(?:@[a-zA-Z]+(?:-[a-zA-Z0-9]+)*|\^\^{_IRI})?'
_LINE = re.compile(
    rf"({_IRI}|{_BLANK})[ \t]*({_IRI})[ \t]*({_IRI}|{_BLANK}|{_LITERAL})[ \t]*({_IRI}|{_BLANK})?[ \t]*\.[ \t]*(?:\#.*)?"
)


def read_statements(source: Source, graphs: bool = False) -> Iterator[Item]:
    """The triples of a file of N-Triples, or of N-Quads with ``graphs``; comments and blank lines are passed over."""
    reader = _Reader(source.scan.digest, graphs)
    for number, line in enumerate(source.lines(), 1):
        item = reader.item(f"line {number}", line.strip(" \t"))
        if item is not None:
            yield item


def read_statement(place: str, line: str, digest: str) -> Item:
    """The triple of one line of N-Quads."""
    return _Reader(digest, True).item(place, line.strip()) or Item(place, problem="there is no triple")


class _Reader:
    """What lines say.

    Args:
        digest: of the file.
        graphs: whether a line may name a graph.
    """

    def __init__(self, digest: str, graphs: bool) -> None:
        self._labels = BlankLabels(digest)
        self._graphs = graphs
        self._terms: dict[str, Term] = {}

    def item(self, place: str, line: str) -> Item | None:
        """The item of a line without blanks at its ends; None where it says nothing."""
        match = _LINE.fullmatch(line)
        if match is None:
            return self._unusual(place, line)
        first, second, third, fourth = match.groups()
        if fourth is not None and not self._graphs:
            return self._unusual(place, line)
        known = self._terms.get
        try:
            return Item(
                place,
                Quad(
                    known(first) or self._made(first),
                    known(second) or self._made(second),
                    known(third) or self._made(third),
                    None if fourth is None else known(fourth) or self._made(fourth),
                ),
            )
        except ValueError as error:
            return Item(place, problem=str(error))

    def _made(self, token: str) -> Term:
        """The term of a token, remembered.

        Raises:
            ValueError: it has an escape that is none.
        """
        if token[0] == "<":
            term = iri_term(unescaped(token[1:-1]))
        elif token[0] == "_":
            term = Term("blank", self._labels.get(token[2:]))
        else:
            end = token.rindex('"')
            text, rest = unescaped(token[1:end], strings=True), token[end + 1 :]
            if rest.startswith("@"):
                term = literal_term(text, "", rest[1:])
            else:
                term = literal_term(text, unescaped(rest[3:-1]))
        if problem := undecoded(token):
            raise ValueError(problem)
        if len(self._terms) >= _REMEMBERED:
            self._terms.clear()
        self._terms[token] = term
        return term

    def _unusual(self, place: str, line: str) -> Item | None:
        if not line or line.startswith("#"):
            return None
        if problem := undecoded(line):
            return Item(place, problem=problem)
        try:
            with verbatim():
                nodes = _LineParser(self._labels).quad(line, self._graphs)
            s, p, o, g = (None if node is None else term_of(node) for node in nodes)
        except ValueError as error:
            shape = "subject, relation, object" + (", graph" if self._graphs else "")
            stop = str(error) if "full stop" in str(error) else f"not {shape} and a full stop"
            return Item(place, problem=stop)
        assert s is not None
        assert p is not None
        assert o is not None
        if problem := half_pair(s, p, o, g):
            return Item(place, problem=problem)
        return Item(place, Quad(s, p, o, g))


class _LineParser(W3CNTriplesParser):
    """rdflib's parser of the terms of one line."""

    __slots__ = ("_labels",)

    def __init__(self, labels: BlankLabels) -> None:
        super().__init__()
        self._labels = labels

    def quad(self, line: str, graphs: bool) -> tuple[Node, Node, Node, Node | None]:
        """The terms of a line.

        Raises:
            ValueError: the line is not of the format.
        """
        self.line = line
        try:
            terms = (self._term(self.subject), self._term(self.predicate), self._term(self.object))
            graph = self._graph() if graphs and not self.line.startswith(".") else None
        except (ParseError, IndexError) as error:
            raise ValueError(str(error)) from error
        end, _, comment = self.line.partition("#")
        if end.strip() != "." or (comment and not end.rstrip().endswith(".")):
            raise ValueError("a full stop is missing at the end")
        return *terms, graph

    def _term(self, read: Callable[..., Any]) -> Any:
        term = read() if read == self.predicate else read(self._labels)
        self.line = (self.line or "").lstrip(" \t")
        return term

    def _graph(self) -> Any:
        graph = self.uriref() or self.nodeid(self._labels)  # type: ignore[arg-type]
        if not graph:
            raise ParseError("no graph")
        self.line = (self.line or "").lstrip(" \t")
        return graph
