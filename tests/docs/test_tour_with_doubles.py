"""The SPARQL of the tour over its own sentences, with doubles of the models: quick, and whatever the weights are.

The extractor's double calls one relation by several names, as the extractor does: where somebody was born is a "place
of birth", a "birthplace" and a "placeOfBirth". That was why ``ASK { ?who :birthplace :Ireland }`` once said false.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from doubles import World

from docs.commands import ROOT
from docs.test_tour import EXPECTED
from neuraldb.language.detect import detect
from neuraldb.language.split import split
from neuraldb.session import Session
from neuraldb.stores.facts import NewFact

SENTENCES = (ROOT / "examples" / "expeditions.txt").read_text("utf-8").splitlines()
TOUR = [piece.text for piece in split((ROOT / "examples" / "tour.ndbs").read_text("utf-8"))]
GRAPH = [statement for statement in TOUR if detect(statement) == "sparql"]
FOUND = (
    ("Ernest Shackleton", "place of birth", "Ireland"),
    ("Tom Crean", "placeOfBirth", "Ireland"),
    ("Frank Hurley", "birthplace", "Sydney"),
    ("Roald Amundsen", "birthplace", "Norway"),
    ("Roald Amundsen", "born", "16 July 1872"),
    ("Fridtjof Nansen", "place of birth", "Norway"),
    ("Otto Sverdrup", "place of birth", "Norway"),
    ("Hjalmar Johansen", "birthplace", "Norway"),
    ("Liv Arnesen", "placeOfBirth", "Norway"),
    ("Fram", "designer", "Colin Archer"),
    ("Mount Everest", "height", "8,849 metres"),
    ("K2", "elevation", "8,611 metres"),
    ("Kangchenjunga", "height", "8,586 metres"),
    ("Lhotse", "height", "8,516 metres"),
    ("Nanga Parbat", "height", "8,126 metres"),
    ("Nepal", "capital", "Kathmandu"),
)
"""What the double finds, in the first sentence with both ends."""


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    world = World()
    texts = [text for text in SENTENCES if text and not text.startswith("#")]
    for subject, relation, object_ in FOUND:
        text = next(t for t in texts if subject in t and object_ in t)
        world.tell(text, *world.said.get(text, ()), (subject, relation, object_))
    made = Session(":memory:", models=world.models())
    made.add([NewFact(text) for text in texts])
    yield made
    made.close()


def test_the_tour_has_graph_queries() -> None:
    assert len(GRAPH) >= 5
    assert set(GRAPH) <= set(EXPECTED)


@pytest.mark.parametrize("statement", GRAPH)
def test_answer(session: Session, statement: str) -> None:
    result = session.run(statement)
    expected = EXPECTED[statement].splitlines()[1:]
    shown = [str(row[0]).lower() if isinstance(row[0], bool) else str(row[0]) for row in result.fetchall()]
    assert shown == [line.split(",")[0] for line in expected]


def test_no_name_of_a_relation_is_missed(session: Session) -> None:
    for name in ("birthplace", "placeOfBirth", "place_of_birth"):
        rows = session.run(f"SELECT ?who {{ ?who :{name} :Ireland }}", "sparql").fetchall()
        assert sorted(rows) == [("Ernest Shackleton",), ("Tom Crean",)]
