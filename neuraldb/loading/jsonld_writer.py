"""Triples in JSON-LD: an array of nodes in expanded form, one on a line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from neuraldb.loading.stored import Page, Row
from neuraldb.loading.triples import datatype_of, iri_of, label_of
from neuraldb.stores.terms import Term


class JsonLdWriter:
    """The text of a document, in parts."""

    def __init__(self) -> None:
        self._before = "[\n"

    def page(self, page: Page) -> Iterator[str]:
        """The nodes of a page; those of a named graph within that graph's."""
        names = {place: _name(term) for place, term in page.terms.items()}
        values = {place: _value(term, names[place]) for place, term in page.terms.items()}
        for graph, rows in groupby(page.rows, key=lambda row: row.graph):
            nodes = [_node(own, names, values) for _, own in groupby(rows, key=lambda row: row.subject)]
            for node in nodes if graph is None else [{"@id": names[graph], "@graph": nodes}]:
                yield self._before + json.dumps(node, ensure_ascii=False)
                self._before = ",\n"

    def foot(self) -> Iterator[str]:
        """The end of the array."""
        yield "[]\n" if self._before == "[\n" else "\n]\n"


def _node(rows: Iterable[Row], names: dict[int, str], values: dict[int, dict[str, str]]) -> dict[str, Any]:
    node: dict[str, Any] = {}
    for row in rows:
        node.setdefault("@id", names[row.subject])
        node.setdefault(names[row.relation], []).append(values[row.object])
    return node


def _name(term: Term) -> str:
    """How a node or a relation is called; empty for a literal."""
    return "_:" + label_of(term.text) if term.kind == "blank" else iri_of(term) or ""


def _value(term: Term, name: str) -> dict[str, str]:
    if name:
        return {"@id": name}
    if term.language:
        return {"@value": term.text, "@language": term.language}
    datatype = datatype_of(term)
    return {"@value": term.text, "@type": datatype} if datatype else {"@value": term.text}
