"""Turtle and TriG, statement by statement: no more of a file is in memory than the statement being read and a buffer.

rdflib reads such a file as a whole, and turns ``01`` into ``1``; this reader keeps literals as they are written. It is
a recursive descent over the tokens of :mod:`~neuraldb.loading.turtle_tokens`; its methods are named as the grammar's
rules (https://www.w3.org/TR/turtle/#sec-grammar, https://www.w3.org/TR/trig/#sec-grammar).
"""

from __future__ import annotations

from collections.abc import Iterator

from neuraldb.core.errors import ImportFailed
from neuraldb.core.rdf import BOOLEAN, RDF, XSD
from neuraldb.language.sparql_terms import Prologue
from neuraldb.loading.items import Item, Quad
from neuraldb.loading.rdf import BlankLabels, iri_term, literal_term
from neuraldb.loading.source import Source
from neuraldb.loading.turtle_tokens import LOCAL_ESCAPE, Malformed, Token, Tokens, string_text, unescaped
from neuraldb.stores.terms import Term

TYPE = Term("iri", RDF + "type")
FIRST, REST, NIL = (Term("iri", RDF + name) for name in ("first", "rest", "nil"))
_NUMBERS = {"integer": XSD + "integer", "decimal": XSD + "decimal", "double": XSD + "double"}
_SUBJECTS = ("iri", "name", "blank", "[", "(")
_DEEPEST = 200
_REMEMBERED = 50_000


def read_turtle(source: Source, graphs: bool = False) -> Iterator[Item]:
    """The triples of a file of Turtle, or of TriG with ``graphs``, in the order in which they are complete.

    Raises:
        ImportFailed: the file is not of that format, with the line; the triples before have been given by then.
    """
    reader = _Reader(source, graphs)
    try:
        for number, quad in enumerate(reader.document(), 1):
            yield Item(f"triple {number}", quad)
    except Malformed as error:
        name = "trig" if graphs else "turtle"
        raise ImportFailed(f"{source.name}, line {error.line}: not {name}: {error.reason}") from error


class _Reader:
    """The parser: ``_token`` is the token that comes next.

    Args:
        source: the file.
        graphs: whether there may be named graphs.
    """

    def __init__(self, source: Source, graphs: bool) -> None:
        self._tokens = Tokens(source)
        self._graphs = graphs
        self._labels = BlankLabels(source.scan.digest)
        self._prologue = Prologue()
        self._prologue.base = source.path.resolve().as_uri()
        self._terms: dict[str, Term] = {}
        self._literals: dict[tuple[str, str, str], Term] = {}
        self._graph: Term | None = None
        self._found: list[Quad] = []
        self._depth = 0
        self._token = self._tokens.next()

    # ----------------------------------------------------------------------------------------------------- statements

    def document(self) -> Iterator[Quad]:
        """The triples of all statements."""
        while self._token.kind != "end":
            if not self._directive():
                yield from self._block() if self._graphs else self._statement()

    def _directive(self) -> bool:
        kind = self._token.kind
        if kind not in ("@prefix", "@base", "PREFIX", "BASE"):
            return False
        self._next()
        name = ""
        if kind.lower().endswith("prefix"):
            name = self._expect("name", "a prefix").text
            if name.partition(":")[2]:
                raise self._wrong("a prefix", name)
        iri = self._iri(self._expect("iri", "an IRI"))
        # what was made of names and relative IRIs does not hold any more
        self._terms.clear()
        if kind.lower().endswith("prefix"):
            self._prologue.prefixes[name[:-1]] = iri
        else:
            self._prologue.base = iri
        if kind.startswith("@"):
            self._expect(".", "a full stop")
        return True

    def _statement(self) -> Iterator[Quad]:
        self._triples()
        self._expect(".", "a full stop")
        yield from self._taken()

    def _block(self) -> Iterator[Quad]:
        """A statement of TriG: a graph, or triples of the default graph."""
        if self._token.kind == "GRAPH":
            self._next()
            yield from self._wrapped_graph(self._label())
        elif self._token.kind == "{":
            yield from self._wrapped_graph(None)
        else:
            first = self._token
            subject, complete = self._subject()
            if self._token.kind == "{" and first.kind != "(" and not self._found:
                yield from self._wrapped_graph(subject)
                return
            self._predicates(subject, complete)
            self._expect(".", "a full stop")
            yield from self._taken()

    def _label(self) -> Term:
        token = self._token
        if token.kind == "[":
            self._next()
            self._expect("]", "]")
            return Term("blank", self._labels.new())
        if token.kind not in ("iri", "name", "blank"):
            raise self._wrong("the name of a graph")
        return self._resource()

    def _wrapped_graph(self, name: Term | None) -> Iterator[Quad]:
        self._expect("{", "{")
        self._graph = name
        while self._token.kind != "}":
            self._triples()
            yield from self._taken()
            if self._token.kind != "}":
                self._expect(".", "a full stop or }")
        self._graph = None
        self._next()

    def _taken(self) -> list[Quad]:
        found, self._found = self._found, []
        return found

    # -------------------------------------------------------------------------------------------------------- triples

    def _triples(self) -> None:
        self._predicates(*self._subject())

    def _subject(self) -> tuple[Term, bool]:
        """The subject, and whether the statement may end after it, as one may after ``[ … ]`` with something in it."""
        kind = self._token.kind
        if kind not in _SUBJECTS:
            raise self._wrong("a subject")
        before = len(self._found)
        return self._node(), kind == "[" and len(self._found) > before

    def _predicates(self, subject: Term, complete: bool) -> None:
        if not (complete and self._token.kind in (".", "}")):
            self._predicate_objects(subject)

    def _predicate_objects(self, subject: Term) -> None:
        while True:
            verb = self._verb()
            while True:
                # triples in brackets come before the one that they stand in
                value = self._object()
                self._found.append(Quad(subject, verb, value, self._graph))
                if self._token.kind != ",":
                    break
                self._next()
            if self._token.kind != ";":
                return
            while self._token.kind == ";":
                self._next()
            if self._token.kind in (".", "]", "}"):
                return

    def _verb(self) -> Term:
        if self._token.kind == "a":
            self._next()
            return TYPE
        if self._token.kind not in ("iri", "name"):
            raise self._wrong("a relation")
        return self._resource()

    def _object(self) -> Term:
        kind = self._token.kind
        if kind in _SUBJECTS:
            return self._node()
        if kind == "string":
            return self._string()
        if kind in _NUMBERS:
            return self._literal(self._next().text, _NUMBERS[kind])
        if kind == "boolean":
            return self._literal(self._next().text, BOOLEAN)
        raise self._wrong("an object")

    def _node(self) -> Term:
        kind = self._token.kind
        if kind not in ("[", "("):
            return self._resource()
        self._depth += 1
        if self._depth > _DEEPEST:
            raise Malformed(self._token.line, f"brackets within brackets, more than {_DEEPEST} deep")
        self._next()
        node = self._property_list() if kind == "[" else self._collection()
        self._depth -= 1
        return node

    def _property_list(self) -> Term:
        node = Term("blank", self._labels.new())
        if self._token.kind != "]":
            self._predicate_objects(node)
        self._expect("]", "; or ]")
        return node

    def _collection(self) -> Term:
        head = last = NIL
        while self._token.kind != ")":
            value = self._object()
            cell = Term("blank", self._labels.new())
            if last is NIL:
                head = cell
            else:
                self._found.append(Quad(last, REST, cell, self._graph))
            self._found.append(Quad(cell, FIRST, value, self._graph))
            last = cell
        self._next()
        if last is not NIL:
            self._found.append(Quad(last, REST, NIL, self._graph))
        return head

    # ---------------------------------------------------------------------------------------------------------- terms

    def _resource(self) -> Term:
        token = self._token
        term = self._terms.get(token.text)
        if term is None:
            if token.kind == "blank":
                term = Term("blank", self._labels.get(token.text[2:]))
            else:
                term = iri_term(self._iri(token))
            if len(self._terms) >= _REMEMBERED:
                self._terms.clear()
            self._terms[token.text] = term
        self._next()
        return term

    def _iri(self, token: Token) -> str:
        """The IRI of ``<…>`` or of a name with a prefix."""
        if token.kind == "iri":
            return self._prologue.resolve(unescaped(token.text[1:-1], token.line))
        prefix, _, local = token.text.partition(":")
        beginning = self._prologue.prefixes.get(prefix)
        if beginning is None:
            raise Malformed(token.line, f"the prefix {prefix}: is not declared")
        return beginning + LOCAL_ESCAPE.sub(r"\1", local)

    def _string(self) -> Term:
        token = self._next()
        text = string_text(token)
        if self._token.kind == "language":
            return self._literal(text, language=self._next().text[1:])
        if self._token.kind != "^^":
            return self._literal(text)
        self._next()
        if self._token.kind not in ("iri", "name"):
            raise self._wrong("a datatype")
        return self._literal(text, self._iri(self._next()))

    def _literal(self, text: str, datatype: str = "", language: str = "") -> Term:
        key = (text, datatype, language)
        term = self._literals.get(key)
        if term is None:
            term = literal_term(text, datatype, language)
            if len(self._literals) >= _REMEMBERED:
                self._literals.clear()
            self._literals[key] = term
        return term

    # --------------------------------------------------------------------------------------------------------- tokens

    def _next(self) -> Token:
        """The token that came next, which is done with."""
        token = self._token
        self._token = self._tokens.next()
        return token

    def _expect(self, kind: str, what: str) -> Token:
        if self._token.kind != kind:
            raise self._wrong(what)
        return self._next()

    def _wrong(self, expected: str, found: str | None = None) -> Malformed:
        token = self._token
        text = found if found is not None else token.text
        shown = "the end of the file" if token.kind == "end" else text if len(text) <= 40 else text[:39] + "…"
        return Malformed(token.line, f"{expected} was expected, not {' '.join(shown.split())}")
