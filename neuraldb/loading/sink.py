"""Where rdflib's parsers put what they find: a store that hands it on instead of keeping it."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

import rdflib
from rdflib.store import Store
from rdflib.term import BNode, Node, URIRef

from neuraldb.loading.items import Item, Quad
from neuraldb.loading.rdf import BlankLabels, half_pair, term_of

_DEFAULT_GRAPH = URIRef("urn:x-rdflib:default")


class Sink(Store):
    """A store that holds what came in since it was last emptied, as items in the order in which it came.

    Args:
        labels: for blank nodes.
    """

    context_aware = True
    graph_aware = True

    def __init__(self, labels: BlankLabels) -> None:
        super().__init__()
        self._labels = labels
        # by what rdflib calls them: its labels for those without one are made up anew each time
        self._blank: dict[str, BNode] = {}
        self._items: list[Item] = []
        self._count = 0

    def taken(self) -> list[Item]:
        """The items that have come in; they are gone here then."""
        items, self._items = self._items, []
        return items

    def add(self, triple: Any, context: Any, quoted: bool = False) -> None:
        """Take a triple in."""
        self._count += 1
        subject, relation, target = triple
        graph = None if context.identifier == _DEFAULT_GRAPH else context.identifier
        self._items.append(self._item(f"triple {self._count}", subject, relation, target, graph))

    def addN(self, quads: Any) -> None:  # the name is rdflib's
        """Take several triples in."""
        for subject, relation, target, context in quads:
            self.add((subject, relation, target), context)

    def _item(self, place: str, subject: Node, relation: Node, target: Node, graph: Node | None) -> Item:
        if not isinstance(subject, URIRef | BNode) or not isinstance(relation, URIRef):
            return Item(place, problem="a literal can only be an object, and a relation is an IRI")
        s, p, o = (term_of(self._labelled(node)) for node in (subject, relation, target))
        g = None if graph is None else term_of(self._labelled(graph))
        if problem := half_pair(s, p, o, g):
            return Item(place, problem=problem)
        return Item(place, Quad(s, p, o, g))

    def _labelled(self, node: Node) -> Node:
        if not isinstance(node, BNode):
            return node
        known = self._blank.get(node)
        if known is None:
            known = self._blank[node] = BNode(self._labels.new())
        return known

    # -------------------------------------------------------------------------- what else parsers want of a store

    def add_graph(self, graph: Any) -> None:
        """A graph without triples leaves nothing to hand on."""

    def remove(self, triple: Any, context: Any = None) -> None:
        """Parsers clear the graph that they are about to fill; nothing is in it."""

    def triples(self, triple_pattern: Any, context: Any = None) -> Iterator[Any]:
        """Nothing is kept."""
        return iter(())

    def contexts(self, triple: Any = None) -> Generator[rdflib.Graph, None, None]:
        """Nothing is kept."""
        yield from ()

    def bind(self, prefix: str, namespace: URIRef, override: bool = True) -> None:
        """Prefixes are spelling, and are not kept."""

    def namespace(self, prefix: str) -> None:
        """Prefixes are not kept."""
        return

    def prefix(self, namespace: URIRef) -> None:
        """Prefixes are not kept."""
        return

    def namespaces(self) -> Iterator[Any]:
        """Prefixes are not kept."""
        return iter(())

    def __len__(self, context: Any = None) -> int:
        return self._count
