"""Triples in Turtle and TriG: grouped by subject and relation, with prefixes for what many IRIs begin with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from neuraldb.core.rdf import RDF
from neuraldb.language.sparql_terms import WELL_KNOWN
from neuraldb.loading.stored import Page, Row
from neuraldb.loading.triples import datatype_of, escaped_iri, iri_of, label_of, quoted_text
from neuraldb.stores.terms import Term

# the local names that need no escape in any version of Turtle
_LOCAL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
_SPLIT = re.compile(r"(.*[/#:])([^/#:]*)", re.DOTALL)
_NAMES = {beginning: prefix for prefix, beginning in WELL_KNOWN.items()}
_PREFIX = re.compile(r"([a-z][a-z0-9]*)[/#:]?$")


class TurtleWriter:
    """The text of a document, in parts.

    Args:
        namespaces: beginnings of IRIs that get prefixes.
    """

    def __init__(self, namespaces: Sequence[str]) -> None:
        self._prefixes: dict[str, str] = {}
        for namespace in namespaces:
            self._prefixes[namespace] = self._prefix(namespace)

    def _prefix(self, namespace: str) -> str:
        found = _PREFIX.search(namespace.lower())
        wanted = _NAMES.get(namespace) or (found[1] if found else "ns")
        taken = set(self._prefixes.values())
        numbered = (f"{wanted}{number}" for number in range(2, len(taken) + 3))
        return next(name for name in (wanted, *numbered) if name not in taken)

    def head(self) -> Iterator[str]:
        """The declarations."""
        for namespace, prefix in self._prefixes.items():
            yield f"@prefix {prefix}: <{escaped_iri(namespace)}> .\n"
        if self._prefixes:
            yield "\n"

    def page(self, page: Page) -> Iterator[str]:
        """The statements of a page; those of a named graph in TriG's braces."""
        known = {place: self._written(term) for place, term in page.terms.items()}
        for graph, rows in groupby(page.rows, key=lambda row: row.graph):
            indent = "" if graph is None else "  "
            if graph is not None:
                yield f"{known[graph]} {{\n"
            for subject, own in groupby(rows, key=lambda row: row.subject):
                yield f"{indent}{known[subject]} {_predicates(own, page, known, indent)} .\n"
            if graph is not None:
                yield "}\n"

    def _written(self, term: Term) -> str:
        if term.kind == "blank":
            return "_:" + label_of(term.text)
        iri = iri_of(term)
        if iri is not None:
            return self._iri(iri)
        text = quoted_text(term.text)
        if term.language:
            return f"{text}@{term.language}"
        datatype = datatype_of(term)
        return f"{text}^^{self._iri(datatype)}" if datatype else text

    def _iri(self, iri: str) -> str:
        parts = _SPLIT.fullmatch(iri)
        if parts is not None and parts[1] in self._prefixes and _LOCAL.fullmatch(parts[2]):
            return f"{self._prefixes[parts[1]]}:{parts[2]}"
        return f"<{escaped_iri(iri)}>"


def _predicates(rows: Iterator[Row], page: Page, known: dict[int, str], indent: str) -> str:
    parts = []
    for relation, same in groupby(rows, key=lambda row: row.relation):
        verb = "a" if page.terms[relation].text == RDF + "type" else known[relation]
        parts.append(f"{verb} {', '.join(known[row.object] for row in same)}")
    return f" ;\n{indent}    ".join(parts)
