"""Class patterns: ``?x a :person`` matches what extraction says that entities are."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from doubles import HashedWords, OracleReader, World

import neuraldb
from neuraldb.core.errors import BindError
from neuraldb.models.protocols import ExtractedMention, Extraction
from neuraldb.models.registry import Models
from neuraldb.plan.explain import explain

from .memory import MemoryGraph


@pytest.fixture
def graph() -> MemoryGraph:
    graph = MemoryGraph(types={"footballer": ("football player", 0.89), "painter": ("painting", 0.85)})
    for name, type in [
        ("Anna", "person"),
        ("Nils", "person"),
        ("Rhine", "river"),
        ("Tordal", "mountain range"),
        ("Ada", "football player"),
        ("Sunrise", "painting"),
    ]:
        graph.of_type(name, type)
    # an entity and a relation of the same name are no classes
    graph.say("River", "person", "Anna")
    return graph


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("?x a :person", ["Anna", "Nils"]),
        ("?x a :Person", ["Anna", "Nils"]),
        ("?x a :people", ["Anna", "Nils"]),
        ("?x a :persons", ["Anna", "Nils"]),
        ("?x a :river", ["Rhine"]),
        ("?x a :mountain_range", ["Tordal"]),
        ("?x a :mountainRange", ["Tordal"]),
        ("?x a :mountain_ranges", ["Tordal"]),
        ("?x <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> :person", ["Anna", "Nils"]),
        ("?x a :person . FILTER(?x != :Nils)", ["Anna"]),
        ("{ ?x a :river } UNION { ?x a :person }", ["Anna", "Nils", "Rhine"]),
        (":person ^a ?x", ["Anna", "Nils"]),
        ("?x a|:person :person", ["Anna", "Nils"]),
        ("?x a [] MINUS { ?x a :person }", ["Ada", "Rhine", "Sunrise", "Tordal"]),
    ],
)
def test_a_class_is_matched_by_its_name(graph: MemoryGraph, pattern: str, names: list[str]) -> None:
    rows = graph.ask(f"SELECT DISTINCT ?x {{ {pattern} }}")
    assert sorted(row["x"] for row in rows) == names


def test_a_class_of_the_same_meaning_shows_in_the_plan(graph: MemoryGraph) -> None:
    query = "SELECT ?x { ?x a :footballer }"
    assert graph.ask(query) == [{"x": "Ada"}]
    assert ":footballer~football player 0.89" in explain(graph.plan(query))


@pytest.mark.parametrize(("name", "candidates"), [("painter", (":painting",)), ("planet", ())])
def test_a_class_that_nothing_is_of_is_an_error_with_those_like_it(
    graph: MemoryGraph, name: str, candidates: tuple[str, ...]
) -> None:
    query = f"ASK {{ ?x a :{name} }}"
    with pytest.raises(BindError, match=f"no class is called {name}") as caught:
        graph.ask(query)
    assert caught.value.candidates == candidates
    assert caught.value.span == (query.index(":"), query.index(":") + 1 + len(name))
    assert f"SELECT name FROM {name}s " in str(caught.value.hint)


def test_without_any_class_nothing_is_of_one() -> None:
    graph = MemoryGraph()
    graph.say("Anna", "knows", "Nils")
    assert graph.ask("SELECT ?x { ?x a :person }") == []


class Typing:
    """An extractor that says of each first word what it is."""

    name = "typing"

    def extract(self, texts: Sequence[str]) -> list[Extraction]:
        return [Extraction((ExtractedMention(0, len(w), w, "city" if "city" in t else "person", 0.8),))
                for t in texts for w in t.split()[:1]]  # fmt: skip


def test_classes_that_extraction_stores_are_matched_with_their_evidence() -> None:
    world = World()
    with neuraldb.connect(models=Models(HashedWords(), OracleReader(world), world.parser, Typing())) as db:
        fact = db.add("Oslo is a city in Norway.")
        db.add("Anna lives in Oslo.")
        result = db.sparql("SELECT ?x { ?x a :city }")
        assert result.fetchall() == [("Oslo",)]
        assert result.evidence_ids == ((fact,),)
        assert result.confidence == pytest.approx((0.8,))
        assert db.sparql("ASK { :Anna a :person }").fetchall() == [(True,)]
        assert db.sparql("ASK { :Anna a :cities }").fetchall() == [(False,)]
