"""Paths from something named: what they are called, and that the automaton offers the same."""

from __future__ import annotations

import numpy as np

from neuraldb.decoding.automaton import words_of
from neuraldb.decoding.chains import chain_words, chains
from neuraldb.decoding.graph_grammar import Limits, Mentioned, graph_automaton
from neuraldb.decoding.plain_graph import PlainGraph

FAMILY = PlainGraph(
    [
        ("Anna", "brother", "Nils"),
        ("Nils", "employer", "Equinor"),
        ("Tora", "employer", "Equinor"),
        ("Equinor", "seat", "Stavanger"),
    ]
)


def node(name: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([FAMILY.id(name)])


def test_chains_lead_where_their_relations_do() -> None:
    there = {chain_words(way): [FAMILY.names[i] for i in ends] for way, ends in chains(FAMILY, node("Anna"), 3)}
    assert there["it brother which"] == ["Nils"]
    assert there["it brother employer seat which"] == ["Stavanger"]
    assert there["it brother employer employer of which"] == ["Nils", "Tora"]
    assert "it seat which" not in there
    assert "it brother brother of which" not in there


def test_the_automaton_offers_the_same_paths() -> None:
    limits = Limits(3, 3, unanchored=False, chains=True, detours=False, forms=frozenset({"list"}))
    automaton = graph_automaton(FAMILY, Mentioned(node("Anna"), (), ()), limits)
    offered = [words_of(prefix) for prefix, _ in automaton.plans()]
    assert sorted(offered) == sorted(chain_words(way, named="Anna") for way, _ in chains(FAMILY, node("Anna"), 3))
