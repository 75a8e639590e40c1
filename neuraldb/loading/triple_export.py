"""Writing triples in the formats that hold them, page by page, and telling what a format could not hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol, TextIO

from neuraldb.core.progress import Report, silent
from neuraldb.loading import stored
from neuraldb.loading.edges_writer import EdgesWriter
from neuraldb.loading.export import STAGE
from neuraldb.loading.jsonld_writer import JsonLdWriter
from neuraldb.loading.rdfxml_writer import RdfXmlWriter
from neuraldb.loading.stored import Page, Selection
from neuraldb.loading.triples import lines
from neuraldb.loading.turtle_writer import TurtleWriter
from neuraldb.stores.database import Database

GRAPHS = frozenset({"nquads", "trig", "jsonld", "edges"})
"""The forms that keep the names of graphs."""


@dataclass
class Written:
    """How many triples were written, and in ``notes`` what could not be."""

    triples: int = 0
    notes: list[str] = field(default_factory=list)


class _Writer(Protocol):
    def page(self, page: Page) -> Iterator[str]:
        """The text of a page."""


class _LineWriter:
    def page(self, page: Page) -> Iterator[str]:
        return lines(page)


def write_triples(
    database: Database,
    out: TextIO,
    form: str,
    *,
    evidence: bool = False,
    imported: bool = False,
    delimiter: str = ",",
    report: Report = silent,
) -> Written:
    """Write the current triples.

    Args:
        database: which.
        out: where to.
        form: one of :data:`neuraldb.loading.export.TRIPLES`.
        evidence: what the triples rest on, too: as statements about them, or in further columns.
        imported: only the triples that were imported.
        delimiter: what separates the cells of an edge list.
        report: called after each page with the stage ``export``.
    """
    columns = evidence and form == "edges"
    selection = Selection(form in GRAPHS, imported, evidence, statements=not columns)
    named = stored.named_graphs(database, selection)
    writer = _writer(database, out, form, named > 0, columns, delimiter)
    done = Written()
    seen, total = 0, stored.count(database, selection)
    report(STAGE, 0, total)
    out.writelines(_part(writer, "head"))
    for page in stored.pages(database, selection):
        out.writelines(writer.page(page))
        done.triples += len(page.rows)
        seen = min(seen + len(page.rows), total)
        report(STAGE, seen, total)
    out.writelines(_part(writer, "foot"))
    if named and form not in GRAPHS:
        done.notes.append(f"the names of {_number(named, 'graph')} are lost; nquads, trig and jsonld keep them")
    if isinstance(writer, RdfXmlWriter) and writer.unwritten:
        done.triples -= writer.unwritten
        done.notes.append(
            f"{_number(writer.unwritten, 'triple')} left out: XML has no name for the relation, or forbids a character"
        )
    if isinstance(writer, EdgesWriter) and writer.changed:
        done.notes.append(f"{_number(writer.changed, 'triple')} would be read back as names alone: values, mostly")
    return done


def _writer(database: Database, out: TextIO, form: str, graphs: bool, columns: bool, delimiter: str) -> _Writer:
    make: dict[str, Callable[[], _Writer]] = {
        "turtle": lambda: TurtleWriter(stored.namespaces(database)),
        "trig": lambda: TurtleWriter(stored.namespaces(database)),
        "rdfxml": lambda: RdfXmlWriter(stored.namespaces(database, relations=True)),
        "jsonld": JsonLdWriter,
        "edges": lambda: EdgesWriter(out, graphs, columns, delimiter),
    }
    return make.get(form, _LineWriter)()


def _part(writer: _Writer, name: str) -> Iterator[str]:
    """The head or the foot of a document, where its form has one."""
    part: Callable[[], Iterator[str]] | None = getattr(writer, name, None)
    return iter(()) if part is None else part()


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
