"""JSON-LD: rdflib reads it, from the whole document in memory; contexts are never fetched.

A name may come to mean something at the end of a JSON object, and a context is valid wherever it stands in one: there
is no reading it piece by piece. Its nodes are made triples of one by one, so that at least those are not in memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import rdflib
from rdflib.plugins.parsers.jsonld import Parser
from rdflib.plugins.shared.jsonld.context import Context

from neuraldb.core.errors import ImportFailed
from neuraldb.language.sparql_terms import Prologue
from neuraldb.loading.items import Item
from neuraldb.loading.rdf import BlankLabels, verbatim
from neuraldb.loading.sink import Sink
from neuraldb.loading.source import Source

LARGEST = 256
"""Megabytes of a document at most: reading it takes about ten times its size in memory."""
_MEGABYTE = 1_000_000
_NODES = 100


def read_jsonld(source: Source) -> Iterator[Item]:
    """The triples of a document of JSON-LD.

    Raises:
        ImportFailed: it is not of that format, takes a context from elsewhere, or is too large to be read as a whole.
    """
    document = _document(source)
    _refuse_remote_context(source, document)
    sink = Sink(BlankLabels(source.scan.digest))
    try:
        with verbatim():
            dataset = rdflib.Dataset(store=sink)
            context = _Context(base=source.path.resolve().as_uri(), version=1.1)
            parser = Parser()
            nodes = _nodes(document, context)
        for start in range(0, len(nodes), _NODES):
            with verbatim():
                parser.parse(nodes[start : start + _NODES], context, dataset)
            yield from sink.taken()
    except ImportFailed:
        raise
    except RecursionError as error:
        raise ImportFailed(f"{source.name}: not read: nested too deeply") from error
    except Exception as error:  # rdflib's parser has exceptions of its own, down to bare ones
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise ImportFailed(f"{source.name}: not jsonld: {lines[0]}") from error


class _Context(Context):
    """rdflib's context; IRIs that are not relative stay as they are written, where rdflib drops or mends some."""

    def resolve(self, curie_or_iri: str) -> str:
        """The IRI of a node's name."""
        iri = self.expand(curie_or_iri, False) or ""
        return iri if self.isblank(iri) else self.resolve_iri(iri)

    def resolve_iri(self, iri: str) -> str:
        """An IRI against the base."""
        prologue = Prologue()
        prologue.base = self._base or ""
        return prologue.resolve(iri)

    def _subcontext(self, source: Any, propagate: bool) -> Context:
        context = super()._subcontext(source, propagate)
        context.__class__ = _Context
        return context


def _document(source: Source) -> Any:
    size = 0
    with source.open() as file:
        while chunk := file.read(_MEGABYTE):
            size += len(chunk)
            if size > LARGEST * _MEGABYTE:
                raise ImportFailed(
                    f"{source.name} has more than {LARGEST} MB, and JSON-LD can only be read as a whole",
                    hint="make N-Quads of it, which are read line by line",
                )
    try:
        return json.loads(source.text())
    except json.JSONDecodeError as error:
        raise ImportFailed(f"{source.name}, line {error.lineno}: not JSON: {error.msg}") from error
    except RecursionError as error:
        raise ImportFailed(f"{source.name}: not read: nested too deeply") from error


def _nodes(document: Any, context: Context) -> list[Any]:
    """The nodes of a document, with what its outermost context says in ``context``."""
    if isinstance(document, list):
        return document
    if not isinstance(document, dict):
        return []
    if set(document) == {"@context", "@graph"} and isinstance(document["@graph"], list):
        context.load(document["@context"] or [], context.base)
        return document["@graph"]
    return [document]


def _refuse_remote_context(source: Source, document: Any) -> None:
    """Rdflib would fetch it from the network."""
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if "@context" in value and _remote(value["@context"]):
                raise ImportFailed(
                    f"{source.name} takes its @context from the network", hint="put the context itself into the file"
                )
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


def _remote(context: Any) -> bool:
    if isinstance(context, list):
        return any(map(_remote, context))
    return isinstance(context, str) or (isinstance(context, dict) and "@import" in context)
