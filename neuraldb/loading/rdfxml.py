"""RDF/XML: rdflib's handler of XML events, fed with the file piece by piece: triples come while it is read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NoReturn
from xml.sax import SAXException, SAXParseException, handler
from xml.sax.expatreader import ExpatParser

import rdflib
from rdflib.plugins.parsers.rdfxml import RDFXMLHandler
from rdflib.term import URIRef

from neuraldb.core.errors import ImportFailed
from neuraldb.language.sparql_terms import Prologue
from neuraldb.loading.items import Item
from neuraldb.loading.rdf import BlankLabels, verbatim
from neuraldb.loading.sink import Sink
from neuraldb.loading.source import Source

_CHUNK = 1 << 16
_XML = "http://www.w3.org/XML/1998/namespace"
_MISPLACED = re.compile(r"^[^\n]*?:\d+:\d+: ")


def read_rdfxml(source: Source) -> Iterator[Item]:
    """The triples of a file of RDF/XML.

    Raises:
        ImportFailed: the file is not of that format, or takes a part of itself from elsewhere, with the line; the
            triples before have been given by then.
    """
    sink = Sink(BlankLabels(source.scan.digest))
    parser = _Parser(source, sink)
    with source.open() as file:
        while True:
            chunk = file.read(_CHUNK)
            parser.take(chunk)
            yield from sink.taken()
            if not chunk:
                return


class _Parser(ExpatParser):
    """The parser of XML, with a handler that makes triples of what it finds."""

    def __init__(self, source: Source, sink: Sink) -> None:
        super().__init__()
        self._file = source.name
        # what rdflib's own function does: expat would not know this prefix
        self.start_namespace_decl("xml", _XML)
        self.setFeature(handler.feature_namespaces, True)
        # without this, what an entity stands for that lies elsewhere would just be left out
        self.setFeature(handler.feature_external_ges, True)
        with verbatim():
            graph = rdflib.Graph(store=sink, identifier="urn:x-rdflib:default")
        self._triples = _Handler(graph)
        self._triples.setDocumentLocator(self)
        self.setContentHandler(self._triples)  # type: ignore[arg-type]  # of attributes it has a narrower idea
        self.setErrorHandler(handler.ErrorHandler())
        self._source.setSystemId(source.path.resolve().as_uri())  # type: ignore[attr-defined]

    def take(self, chunk: bytes) -> None:
        """Parse a piece of the file; none is its end.

        Raises:
            ImportFailed: the file is not RDF/XML.
        """
        try:
            with verbatim():
                if chunk:
                    self.feed(chunk)
                else:
                    self.close()
        except ImportFailed:
            raise
        except SAXParseException as error:
            raise self._failure(error.getLineNumber(), error.getMessage()) from error
        except Exception as error:  # rdflib's handler has exceptions of its own, down to bare ones
            reason = error.getMessage() if isinstance(error, SAXException) else str(error)
            raise self._failure(self.getLineNumber(), _MISPLACED.sub("", reason)) from error

    def external_entity_ref(self, context: str | None, base: str | None, place: str, name: str | None) -> int:
        """What expat calls where a part of the document lies elsewhere."""
        if context is None:
            return 1  # a document type: names of entities at most, of which skippedEntity is told if they are used
        raise self._failure(
            self.getLineNumber(), f"a part of it lies elsewhere ({place})", hint="put that part into the file"
        )

    def _failure(self, line: int | None, reason: str, hint: str | None = None) -> ImportFailed:
        lines = reason.strip().splitlines() or ["nothing that can be read"]
        return ImportFailed(f"{self._file}, line {line}: not rdfxml: {lines[0]}", hint=hint)


class _Handler(RDFXMLHandler):
    """rdflib's handler; IRIs that are not relative stay as they are written."""

    def __init__(self, graph: rdflib.Graph) -> None:
        super().__init__(graph)
        self._prologue = Prologue()

    def absolutize(self, uri: str) -> URIRef:
        """An IRI against the base of the element where it stands."""
        self._prologue.base = str(self.current.base or "")
        return URIRef(self._prologue.resolve(str(uri)))

    def skippedEntity(self, name: str) -> None:  # the name is that of xml.sax
        """Refuse an entity that is declared in a document type that lies elsewhere."""
        if name.startswith("%"):
            return
        raise SAXException(f"the entity &{name}; is declared elsewhere")

    def error(self, message: str) -> NoReturn:
        """Refuse what is XML, but not RDF."""
        raise SAXException(message)
