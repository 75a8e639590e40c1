"""Triples as an edge list: CSV with the columns head, relation, tail, and graph where there are named graphs.

Names stand as they are, IRIs in ``<…>``, blank nodes as ``_:label``, literals by their text alone: they are read back
as names, which is said.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

from neuraldb.core.rdf import RDF
from neuraldb.loading.edges import COLUMNS, EVIDENCE, term_of
from neuraldb.loading.stored import Page
from neuraldb.loading.triples import label_of
from neuraldb.stores.terms import Term

_TYPE = RDF + "type"


@dataclass
class EdgesWriter:
    """The text of a list, in parts.

    Attributes:
        out: where it goes.
        graphs: whether there is a column for graphs.
        evidence: whether there are columns for confidence and facts.
        delimiter: what separates the cells.
        changed: how many triples would be read back as others.
    """

    out: TextIO
    graphs: bool = False
    evidence: bool = False
    delimiter: str = ","
    changed: int = 0

    def __post_init__(self) -> None:
        self._rows = csv.writer(self.out, delimiter=self.delimiter, lineterminator="\n")

    def head(self) -> Iterator[str]:
        """The header."""
        self._rows.writerow([*COLUMNS[:3], *COLUMNS[3:] * self.graphs, *EVIDENCE * self.evidence])
        yield ""

    def page(self, page: Page) -> Iterator[str]:
        """The triples of a page."""
        cells = {place: _cell(term) for place, term in page.terms.items()}
        for row in page.rows:
            tail = "type" if page.terms[row.relation].text == _TYPE else "entity"
            wanted = [(row.subject, "entity"), (row.relation, "relation"), (row.object, tail)]
            wanted += [(row.graph, "entity")] if row.graph is not None else []
            self.changed += not all(_comes_back(page.terms[place], cells[place], kind) for place, kind in wanted)
            graph = [cells[row.graph] if row.graph is not None else ""] * self.graphs
            stated = [f"{row.confidence:.4g}", " ".join(map(str, row.facts))] if self.evidence else []
            self._rows.writerow([cells[row.subject], cells[row.relation], cells[row.object], *graph, *stated])
        yield ""


def _comes_back(term: Term, cell: str, kind: str) -> bool:
    """Whether the cell is read as the term in a column of names of a kind."""
    if term.kind == "blank":
        return True
    return cell == cell.strip() != "" and term_of(cell, kind) == term


def _cell(term: Term) -> str:
    if term.kind == "iri":
        return f"<{term.text}>"
    return "_:" + label_of(term.text) if term.kind == "blank" else term.text
