"""RDF files as SPARQL's LOAD reads them: triples only, and all of the file or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from neuraldb.core.errors import ImportFailed
from neuraldb.loading.formats import FORMATS, Options, ending_of
from neuraldb.loading.items import Quad
from neuraldb.loading.source import Source

RDF = ("ntriples", "nquads", "turtle", "trig", "rdfxml", "jsonld")
"""The formats that hold nothing but triples."""


def read_rdf(path: Path) -> Iterator[Quad]:
    """The triples of a file, each with the graph that the file says it is in (None: the default graph).

    Args:
        path: the file; the ending of its name says which format it has.

    Raises:
        ImportFailed: the file cannot be read, holds something else than triples, or has a mistake in it.
    """
    source = Source(path, path.name)
    ending = ending_of(path.name)
    form = next((FORMATS[name] for name in RDF if ending in FORMATS[name].endings), None)
    if form is None:
        known = ", ".join(ending for name in RDF for ending in FORMATS[name].endings)
        raise ImportFailed(f"{path.name} is no file of triples", hint=f"LOAD reads {known}")
    for item in form.read(source, Options()):
        if not isinstance(item.content, Quad):
            raise ImportFailed(f"{path.name}, {item.place}: {item.problem}")
        yield item.content
