"""RDF: triples with their terms as they are written, in the order of the file.

N-Triples and N-Quads are read line by line, whatever their size, and a bad line is reported and passed over. The other
formats are parsed as a whole before anything is stored. Labels of blank nodes get the beginning of the file's digest in
front, so that two files never mean one node, and the same file always does.
"""

from __future__ import annotations

import json
import logging
import threading
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any
from urllib.parse import quote, unquote
from xml.sax import SAXException, SAXParseException

import rdflib
from rdflib.exceptions import ParserError as ParseError
from rdflib.plugins.parsers.ntriples import W3CNTriplesParser
from rdflib.store import Store
from rdflib.term import BNode, Node, URIRef
from rdflib.term import Literal as RdfLiteral

from neuraldb.core.errors import ImportFailed
from neuraldb.core.rdf import literal
from neuraldb.loading.items import Item, Quad
from neuraldb.loading.source import Source, undecoded
from neuraldb.stores.terms import Term

NAMES = {kind: f"urn:neuraldb:{kind}:" for kind in ("entity", "relation", "type")}
"""How the IRIs begin that stand for names in words when triples are exported; what follows is the name, %-escaped."""

_DEFAULT_GRAPH = URIRef("urn:x-rdflib:default")
_LINES = 1000
_rdflib_lock = threading.Lock()


class BlankLabels:
    """Labels for the blank nodes of a file.

    Args:
        digest: of the file's contents.
    """

    def __init__(self, digest: str) -> None:
        self._digest = digest[:12]
        self._numbers: dict[str, int] = {}

    def get(self, label: str, default: object = None) -> str:
        """The label of a node that has one in the file; the signature is that of a mapping, as rdflib wants it."""
        return f"{self._digest}.{label}"

    def numbered(self, node: str) -> str:
        """The label of a node whose own label rdflib has made up: the number of its first appearance."""
        return f"{self._digest}-{self._numbers.setdefault(node, len(self._numbers) + 1)}"


# --------------------------------------------------------------------------------------------------------- line by line


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


def read_statements(source: Source, graphs: bool = False) -> Iterator[Item]:
    """The triples of a file of N-Triples, or of N-Quads with ``graphs``; comments and blank lines are passed over."""
    parser = _LineParser(BlankLabels(source.scan.digest))
    lines = enumerate(source.lines(), 1)
    while chunk := list(islice(lines, _LINES)):
        with verbatim():
            items = [_statement(parser, f"line {n}", line.strip(" \t"), graphs) for n, line in chunk]
        yield from (item for item in items if item is not None)


def read_statement(place: str, line: str, digest: str) -> Item:
    """The triple of one line of N-Quads."""
    with verbatim():
        item = _statement(_LineParser(BlankLabels(digest)), place, line.strip(), True)
    return item or Item(place, problem="there is no triple")


def _statement(parser: _LineParser, place: str, line: str, graphs: bool) -> Item | None:
    if not line or line.startswith("#"):
        return None
    if problem := undecoded(line):
        return Item(place, problem=problem)
    try:
        s, p, o, g = parser.quad(line, graphs)
        return Item(place, Quad(_resource(s), _resource(p), _term(o), None if g is None else _resource(g)))
    except ValueError as error:
        shape = "subject, relation, object" + (", graph" if graphs else "")
        stop = str(error) if "full stop" in str(error) else f"not {shape} and a full stop"
        return Item(place, problem=stop)


# --------------------------------------------------------------------------------------------------------- as a whole


class _Recorder(Store):
    """A store that only notes down what a parser finds, in order."""

    context_aware = True
    graph_aware = True

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[Node, Node, Node, Node]] = []

    def add(self, triple: Any, context: Any, quoted: bool = False) -> None:
        self.found.append((*triple, context.identifier))

    def addN(self, quads: Any) -> None:
        self.found.extend((s, p, o, context.identifier) for s, p, o, context in quads)

    def add_graph(self, graph: Any) -> None:
        """A graph without triples leaves nothing to note."""

    def remove(self, triple: Any, context: Any = None) -> None:
        """Parsers clear the graph that they are about to fill; nothing is in it."""

    def triples(self, triple_pattern: Any, context: Any = None) -> Iterator[Any]:
        return iter(())

    def contexts(self, triple: Any = None) -> Generator[rdflib.Graph, None, None]:
        yield from ()

    def bind(self, prefix: str, namespace: URIRef, override: bool = True) -> None:
        """Prefixes are spelling, and are not kept."""

    def namespace(self, prefix: str) -> None:
        return None

    def prefix(self, namespace: URIRef) -> None:
        return None

    def namespaces(self) -> Iterator[Any]:
        return iter(())

    def __len__(self, context: Any = None) -> int:
        return len(self.found)


def read_document(source: Source, syntax: str) -> Iterator[Item]:
    """The triples of a file that has to be parsed as a whole.

    Args:
        source: the file.
        syntax: rdflib's name of the format: turtle, xml, json-ld, trig.

    Raises:
        ImportFailed: the file is not of that format.
    """
    text = source.text()
    if syntax == "json-ld":
        _refuse_remote_context(source, text)
    recorder = _Recorder()
    try:
        with verbatim(), warnings.catch_warnings():
            # rdflib's parsers use what rdflib has deprecated
            warnings.simplefilter("ignore", DeprecationWarning)
            dataset = rdflib.Dataset(store=recorder)
            dataset.parse(data=text, format=syntax, publicID=source.path.resolve().as_uri())
    except Exception as error:  # each of rdflib's parsers has exceptions of its own, down to bare ones
        raise _failure(source, syntax, text, error) from error
    labels = BlankLabels(source.scan.digest)
    for number, quad in enumerate(recorder.found, 1):
        yield _item(f"triple {number}", quad, labels)


def _item(place: str, quad: tuple[Node, Node, Node, Node], labels: BlankLabels) -> Item:
    s, p, o, g = (BNode(labels.numbered(term)) if isinstance(term, BNode) else term for term in quad)
    if not isinstance(s, URIRef | BNode) or not isinstance(p, URIRef | BNode):
        return Item(place, problem="a literal can only be an object")
    return Item(place, Quad(_resource(s), _resource(p), _term(o), None if g == _DEFAULT_GRAPH else _resource(g)))


def _refuse_remote_context(source: Source, text: str) -> None:
    """Rdflib would fetch it from the network."""

    def contexts(value: Any) -> Iterator[Any]:
        if isinstance(value, dict):
            if "@context" in value:
                yield value["@context"]
            for part in value.values():
                yield from contexts(part)
        elif isinstance(value, list):
            for part in value:
                yield from contexts(part)

    def remote(context: Any) -> bool:
        if isinstance(context, list):
            return any(map(remote, context))
        return isinstance(context, str) or (isinstance(context, dict) and "@import" in context)

    try:
        if any(map(remote, contexts(json.loads(text)))):
            raise ImportFailed(
                f"{source.name} takes its @context from the network", hint="put the context itself into the file"
            )
    except json.JSONDecodeError as error:
        raise ImportFailed(f"{source.name}, line {error.lineno}: not JSON: {error.msg}") from error


def _failure(source: Source, syntax: str, text: str, error: Exception) -> ImportFailed:
    line = ""
    if (offset := getattr(error, "_i", None)) is not None:  # of notation3's BadSyntax, whose count of lines is wrong
        line = f", line {text.count(chr(10), 0, offset) + 1}"
    elif isinstance(error, SAXParseException):
        line = f", line {error.getLineNumber()}"
    reason = getattr(error, "_why", None) or (error.getMessage() if isinstance(error, SAXException) else str(error))
    lines = str(reason).strip().splitlines() or [type(error).__name__]
    return ImportFailed(f"{source.name}{line}: not {syntax}: {lines[0]}")


# --------------------------------------------------------------------------------------------------------------- terms


def _resource(term: Node) -> Term:
    if isinstance(term, BNode):
        return Term("blank", str(term))
    text = str(term)
    for kind, beginning in NAMES.items():
        if text.startswith(beginning) and len(text) > len(beginning):
            return Term(kind, unquote(text[len(beginning) :]))
    return Term("iri", text)


def _term(term: Node) -> Term:
    if not isinstance(term, RdfLiteral):
        return _resource(term)
    value = literal(str(term), str(term.datatype or ""), term.language or "")
    unit = None if value.number is None else ""
    return Term(
        value.kind, value.text, value.datatype, value.language, value.number, unit, value.date_from, value.date_to
    )


def name_iri(kind: str, name: str) -> str:
    """The IRI that stands for a name in words when triples are exported.

    >>> name_iri("entity", "Anna Berg")
    'urn:neuraldb:entity:Anna%20Berg'
    """
    return NAMES[kind] + quote(name, safe="")


@contextmanager
def verbatim() -> Iterator[None]:
    """Rdflib without its two habits: to rewrite literals ("01" as "1"), and to log what it thinks of them."""
    logger = logging.getLogger("rdflib.term")
    with _rdflib_lock:
        normalise, disabled = rdflib.NORMALIZE_LITERALS, logger.disabled
        rdflib.NORMALIZE_LITERALS, logger.disabled = False, True
        try:
            yield
        finally:
            rdflib.NORMALIZE_LITERALS, logger.disabled = normalise, disabled
