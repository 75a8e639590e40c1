"""Edge lists: CSV or TSV whose rows are triples of names, as the knowledge graphs of benchmarks come.

What a cell stands for:

======================  ==============================================================================================
``<http://x/a>``        the IRI; so does one that begins with ``http://``, ``https://`` or ``urn:`` and has no blanks
``_:a``                 a blank node of this file
anything else           a name: in the column of relations a relation, in the others an entity (as a type's name, where
                        the relation is ``rdf:type``); with a base, the IRI that the base and the %-escaped name make
======================  ==============================================================================================

Nothing is taken for a number or a date: the names in such files are often numbers.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import chain
from urllib.parse import quote

from neuraldb.core.errors import ImportFailed
from neuraldb.core.rdf import RDF
from neuraldb.loading.edge_options import EdgeOptions
from neuraldb.loading.items import Item, Quad
from neuraldb.loading.rdf import BlankLabels, iri_term
from neuraldb.loading.source import Source, undecoded
from neuraldb.stores.terms import Term

COLUMNS = ("head", "relation", "tail", "graph")
"""The columns of an edge list; the last one may be absent, and is the default graph where it is empty."""
EVIDENCE = ("confidence", "facts")
"""Further columns of a list that was exported with evidence; they are passed over."""

_TITLES = {
    "head": ("head", "subject", "source", "from", "h", "s"),
    "relation": ("relation", "predicate", "property", "edge", "r", "p"),
    "tail": ("tail", "object", "target", "to", "t", "o"),
    "graph": ("graph", "context", "g"),
}
_DELIMITERS = "\t,;|"
_IRI = re.compile(r"<([^<>\s]+)>|((?:https?://|urn:)[^<>\s]+)")
_TYPE = Term("iri", RDF + "type")
_REMEMBERED = 50_000


def read_edges(source: Source, options: EdgeOptions | None = None) -> Iterator[Item]:
    """The triples of an edge list.

    Args:
        source: the file; tab, comma, semicolon or bar, what its first row has most of, separates the cells, which may
            be quoted as in CSV.
        options: what else is known of it.

    Raises:
        ImportFailed: there is no such column, or there are fewer than three.
    """
    options = options or EdgeOptions()
    lines = source.lines(ends=True)
    first = next(lines, None)
    if first is None:
        return
    rows = csv.reader(chain([first], lines), delimiter=max(_DELIMITERS, key=first.count), strict=True)
    reader = _Reader(source, options)
    header = True
    while True:
        place = f"line {rows.line_num + 1}"
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield Item(place, problem=str(error))
            continue
        if header:
            header = False
            if reader.is_header(row):
                continue
        if any(cell.strip() for cell in row):
            yield reader.item(place, row)


class _Reader:
    """What rows say.

    Args:
        source: the file.
        options: of it.
    """

    def __init__(self, source: Source, options: EdgeOptions) -> None:
        self._source = source
        self._options = options
        self._labels = BlankLabels(source.scan.digest)
        self._places: tuple[int, ...] = (0, 1, 2)
        self._terms: dict[tuple[str, str], Term] = {}

    def is_header(self, row: Sequence[str]) -> bool:
        """Find the columns by the first row; gives whether it is a header.

        Raises:
            ImportFailed: there is no such column, or there are fewer than three.
        """
        titles = [title.strip().lower() for title in row]
        known = [next((i for i, t in enumerate(titles) if t in _TITLES[column]), None) for column in COLUMNS]
        found = [place for place in known if place is not None]
        header = self._options.header
        columns = self._options.columns
        if columns is not None:
            self._places = tuple(self._place(column, titles) for column in columns)
            named = not all(column.isdigit() for column in columns)
            return header if header is not None else named or None not in known[:3]
        if len(row) < 3:
            raise ImportFailed(
                f"{self._source.name} has {len(row)} column{'' if len(row) == 1 else 's'}, and an edge list has three",
                hint="head, relation and tail, separated by tabs, commas, semicolons or bars",
            )
        if header is not False and None not in known[:3]:
            self._places = tuple(found)
            return True
        return header is True

    def _place(self, column: str, titles: Sequence[str]) -> int:
        if column.isdigit():
            if not 1 <= int(column) <= len(titles):
                raise ImportFailed(f"{self._source.name} has no column {column}, but {len(titles)} columns")
            return int(column) - 1
        if column.lower() not in titles:
            raise ImportFailed(f"{self._source.name} has no column {column}", candidates=tuple(titles))
        return titles.index(column.lower())

    def item(self, place: str, row: Sequence[str]) -> Item:
        """The item of a row."""
        if len(row) <= max(self._places[:3]):
            return Item(place, problem=f"{len(row)} cells, and the tail is in cell {self._places[2] + 1}")
        cells = [row[position].strip() if position < len(row) else "" for position in self._places]
        if problem := next(filter(None, map(undecoded, cells)), ""):
            return Item(place, problem=problem)
        if not all(cells[:3]):
            empty = next(column for column, cell in zip(COLUMNS, cells, strict=False) if not cell)
            return Item(place, problem=f"the {empty} is empty")
        relation = self._term(cells[1], "relation")
        if relation.kind == "blank":
            return Item(place, problem="a relation cannot be a blank node")
        tail = self._term(cells[2], "type" if relation == _TYPE else "entity")
        graph = self._term(cells[3], "entity") if len(cells) > 3 and cells[3] else None
        return Item(place, Quad(self._term(cells[0], "entity"), relation, tail, graph))

    def _term(self, cell: str, kind: str) -> Term:
        term = self._terms.get((cell, kind))
        if term is None:
            term = term_of(cell, kind, self._options.base)
            if term.kind == "blank":
                term = Term("blank", self._labels.get(term.text))
            if len(self._terms) >= _REMEMBERED:
                self._terms.clear()
            self._terms[cell, kind] = term
        return term


def term_of(cell: str, kind: str, base: str | None = None) -> Term:
    """What a cell stands for.

    Args:
        cell: without blanks at its ends, not empty.
        kind: of a name: entity, relation, type.
        base: makes an IRI of a name.

    >>> term_of("<http://x/a>", "entity").kind, term_of("born in", "relation").kind
    ('iri', 'relation')
    >>> term_of("Anna Berg", "entity", "http://x/").text
    'http://x/Anna%20Berg'
    """
    match = _IRI.fullmatch(cell)
    if match is not None:
        return iri_term(match[1] or match[2])
    if cell.startswith("_:") and len(cell) > 2:
        return Term("blank", cell[2:])
    return Term(kind, cell) if base is None else Term("iri", base + quote(cell, safe=""))
