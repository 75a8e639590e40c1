"""The formats that can be read: their names, the endings of their files, what they hold."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePath

from neuraldb.core.errors import ImportFailed, InterfaceError
from neuraldb.loading import objects, plain, separated, wikinldb
from neuraldb.loading.edge_options import NONE, EdgeOptions
from neuraldb.loading.items import Item
from neuraldb.loading.source import Source


@dataclass(frozen=True, slots=True)
class Options:
    """What a user may say about a file.

    Attributes:
        column: the column of sentences of a CSV or TSV file; None finds it.
        database: the number, from 1, of the one database to read of a WikiNLDB file; None reads all.
        edges: of an edge list.
    """

    column: str | None = None
    database: int | None = None
    edges: EdgeOptions = NONE


@dataclass(frozen=True, slots=True)
class Format:
    """A format of files.

    Attributes:
        name: what ``--as`` takes.
        endings: of the names of its files, ``.gz`` apart.
        holds: what it is, for the help.
        read: gives the items of a file.
        table: whether a file may also be loaded as a table for SQL.
    """

    name: str
    endings: tuple[str, ...]
    holds: str
    read: Callable[[Source, Options], Iterator[Item]]
    table: bool = False


def _text(source: Source, options: Options) -> Iterator[Item]:
    return plain.read_lines(source)


def _documents(source: Source, options: Options) -> Iterator[Item]:
    return plain.read_documents(source)


def _json_lines(source: Source, options: Options) -> Iterator[Item]:
    return objects.read_lines(source, _triple_reader(source))


def _json(source: Source, options: Options) -> Iterator[Item]:
    return objects.read_array(source, _triple_reader(source))


def _triple_reader(source: Source) -> objects.ReadTriple:
    def read(place: str, line: str) -> Item:
        from neuraldb.loading.ntriples import read_statement

        return read_statement(place, line, source.scan.digest)

    return read


def _csv(source: Source, options: Options) -> Iterator[Item]:
    return separated.read_rows(source, None, options.column)


def _tsv(source: Source, options: Options) -> Iterator[Item]:
    return separated.read_rows(source, "\t", options.column)


def _wikinldb(source: Source, options: Options) -> Iterator[Item]:
    return wikinldb.read(source, options.database)


def _statements(graphs: bool) -> Callable[[Source, Options], Iterator[Item]]:
    def read(source: Source, options: Options) -> Iterator[Item]:
        from neuraldb.loading.ntriples import read_statements

        return read_statements(source, graphs)

    return read


def _turtle(graphs: bool) -> Callable[[Source, Options], Iterator[Item]]:
    def read(source: Source, options: Options) -> Iterator[Item]:
        from neuraldb.loading.turtle import read_turtle

        return read_turtle(source, graphs)

    return read


def _rdfxml(source: Source, options: Options) -> Iterator[Item]:
    from neuraldb.loading.rdfxml import read_rdfxml

    return read_rdfxml(source)


def _jsonld(source: Source, options: Options) -> Iterator[Item]:
    from neuraldb.loading.jsonld import read_jsonld

    return read_jsonld(source)


def _edges(source: Source, options: Options) -> Iterator[Item]:
    from neuraldb.loading.edges import read_edges

    return read_edges(source, options.edges)


_ALL = (
    Format("text", (".txt", ".text"), "one fact a line", _text),
    Format("documents", (".md",), "running text, split into sentences", _documents),
    Format("jsonl", (".jsonl", ".ndjson"), "one JSON object (or text) a line", _json_lines, table=True),
    Format("json", (".json",), "one JSON array of objects (or texts)", _json, table=True),
    Format("csv", (".csv",), "rows with a column of sentences, or a table", _csv, table=True),
    Format("tsv", (".tsv", ".tab"), "the same, separated by tabs", _tsv, table=True),
    Format("wikinldb", (), "databases of the Neural Databases papers", _wikinldb),
    Format("ntriples", (".nt",), "RDF, one triple a line", _statements(False)),
    Format("nquads", (".nq",), "RDF, one triple and its graph a line", _statements(True)),
    Format("turtle", (".ttl",), "RDF", _turtle(False)),
    Format("trig", (".trig",), "RDF with named graphs", _turtle(True)),
    Format("rdfxml", (".rdf", ".owl", ".xml"), "RDF", _rdfxml),
    Format("jsonld", (".jsonld",), "RDF; read as a whole", _jsonld),
    Format("edges", (".edges",), "triples of names: CSV or TSV with head, relation, tail", _edges),
)
FORMATS = {each.name: each for each in _ALL}
"""The formats by name."""


def format_of(source: Source, name: str | None = None, documents: bool = False) -> Format:
    """The format of a file.

    Args:
        source: the file.
        name: its name, where the user gives it; else the ending decides, and for JSON what is in the file.
        documents: text is running text.

    Raises:
        InterfaceError: there is no such format.
        ImportFailed: the ending is that of no format, or the file cannot be read.
    """
    if name is not None and name not in FORMATS:
        raise InterfaceError(f"there is no format {name}", candidates=tuple(FORMATS))
    found = FORMATS[name] if name is not None else _by_ending(source)
    if found.name == "text" and documents:
        return FORMATS["documents"]
    return found


def _by_ending(source: Source) -> Format:
    ending = ending_of(source.name)
    for each in _ALL:
        if ending in each.endings:
            return FORMATS["wikinldb"] if each.name in ("json", "jsonl") and _holds_databases(source) else each
    known = ", ".join(e for each in _ALL for e in each.endings)
    raise ImportFailed(f"the ending of {source.name} is not one of {known}", hint="--as FORMAT names the format")


def ending_of(name: str) -> str:
    """The ending of a file's name, in lower case, without ``.gz``.

    >>> ending_of("Facts.JSONL.gz")
    '.jsonl'
    """
    path = PurePath(name.lower())
    return path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix


def _holds_databases(source: Source) -> bool:
    first = next((line for line in source.lines() if line.strip()), "")
    try:
        return wikinldb.looks_like(json.loads(first))
    except (json.JSONDecodeError, RecursionError):
        return False


def signature(form: Format, options: Options) -> str:
    """What decides, besides the contents of a file, which items it has: those of one signature can be counted on."""
    given = [form.name, options.column and options.column.lower(), options.database]
    if options.edges != NONE:
        given.append(repr(options.edges))
    return ":".join(str(part or "") for part in given).rstrip(":")
