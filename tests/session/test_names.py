"""Names in SPARQL over a whole database: bound by meaning, completed from the facts, strict, mistyped, injected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from doubles import OracleReader, Triple, World

from neuraldb.core.errors import BindError
from neuraldb.models.protocols import Vectors
from neuraldb.models.registry import Models
from neuraldb.operators.context import Options
from neuraldb.session import Session
from neuraldb.stores.facts import NewFact

TOLD = (
    ("Anna was born in Oslo.", [("Anna", "place of birth", "Oslo", 0.9)]),
    ("Nils was born in Bergen.", [("Nils", "birthplace", "Bergen", 0.8)]),
    ("Carla came into the world in Rome.", []),  # the extractor has missed it
    ("Nils was born in 1975.", [("Nils", "born", "1975")]),
    ("Anna lives in Bergen.", [("Anna", "lives in", "Bergen")]),
)


class Same:
    """An encoder for which any two names have the cosine 0.5: only the reader can tell."""

    name, width = "same", 64

    def __init__(self) -> None:
        self._own: dict[str, int] = {}

    def encode(self, texts: Sequence[str]) -> Vectors:
        out = np.zeros((len(texts), self.width), dtype=np.float32)
        out[:, 0] = np.sqrt(0.5)
        for row, text in zip(out, texts, strict=True):
            row[1 + self._own.setdefault(text, len(self._own)) % (self.width - 1)] = np.sqrt(0.5)
        return out


@pytest.fixture
def session() -> Iterator[Session]:
    world = World()
    for text, triples in TOLD:
        world.tell(text, *triples)
    models = world.models()
    session = Session(":memory:", models=Models(Same(), models.reader, models.parser, models.extractor))
    session.add([NewFact(text) for text, _ in TOLD])
    # what the reader finds for the name: all that the sentences say of it, in whatever words
    for text, triple in (
        ("Anna was born in Oslo.", ("Anna", "came from", "Oslo", 0.95)),
        ("Nils was born in Bergen.", ("Nils", "came from", "Bergen", 0.9)),
        ("Carla came into the world in Rome.", ("Carla", "came from", "Rome", 0.7)),
    ):
        world.tell(text, *[*world.said[text], triple])
    world.mean("hailing from", "? | came from | ?v")
    yield session
    session.close()


def test_a_name_is_bound_to_all_that_the_reader_takes_for_it(session: Session) -> None:
    binding = session.catalogue.relation("hailing from")
    assert binding is not None
    assert {binding.label, *(label for label, _ in binding.more)} == {"place of birth", "birthplace"}
    assert {"born", "lives in"} <= {label for label, _ in binding.runners_up}


def test_what_the_extractor_missed_is_read(session: Session) -> None:
    result = session.run("SELECT ?x ?y ?evidence { ?x :hailingFrom ?y } ORDER BY ?x", "sparql")
    assert result.fetchall() == [("Anna", "Oslo", [1]), ("Carla", "Rome", [3]), ("Nils", "Bergen", [2])]
    assert session.run("SELECT ?score { :Carla :hailingFrom ?y }", "sparql").scalar() == pytest.approx(0.7)


def test_a_row_is_no_surer_than_the_binding(session: Session) -> None:
    binding = session.catalogue.relation("hailing from")
    assert binding is not None
    chances = {binding.label: binding.score, **dict(binding.more)}
    result = session.run("SELECT ?x { ?x :hailingFrom :Oslo }", "sparql")
    assert result.confidence == (pytest.approx(0.9 * chances["place of birth"]),)


def test_explain_shows_the_binding(session: Session) -> None:
    plan = session.explain("SELECT ?x { ?x :hailingFrom :Oslo }", "sparql")
    assert "?x :hailingFrom~place of birth 0." in plan
    assert "?x :hailingFrom~birthplace 0." in plan
    assert " (not " in plan
    assert "Weighted 0." in plan
    assert "AttributeScan ?x 'hailing from' 'Oslo' where no triple says it" in plan


@pytest.mark.parametrize("strictly", ["keyword", "option"])
def test_strict_binds_names_that_exist_and_no_others(session: Session, strictly: str) -> None:
    def run(query: str) -> list[tuple[object, ...]]:
        if strictly == "keyword":
            return session.run(f"# a comment\nSTRICT {query}").fetchall()
        return session.run(query, "sparql", options=Options(strict=True)).fetchall()

    assert run("SELECT ?x { ?x :placeOfBirth ?y }") == [("Anna",), ("Nils",)]
    with pytest.raises(BindError, match="no relation is called hailing from"):
        run("SELECT ?x { ?x :hailingFrom ?y }")


def test_strict_is_for_the_statement_alone(session: Session) -> None:
    with pytest.raises(BindError) as raised:
        session.run("STRICT SELECT ?x { ?x :livesInn ?y }")
    assert raised.value.candidates == (":lives_in",)
    assert "  STRICT SELECT ?x { ?x :livesInn ?y }\n                        ^^^^^^^^^" in raised.value.render()
    assert session.run("SELECT ?x { ?x :hailingFrom :Oslo }").fetchall() == [("Anna",)]
    assert "STRICT" not in session.explain("EXPLAIN STRICT ASK { ?x :livesIn ?y }".removeprefix("EXPLAIN "))


@pytest.mark.parametrize(
    ("query", "candidate"),
    [
        ("SELECT ?x { ?x :brithplace ?y }", ":birthplace"),
        ("SELECT ?x { ?x :plaecOfBirth ?y }", ":place_of_birth"),
        ("SELECT ?x { ?x :livesIn :Begren }", "Bergen"),
    ],
)
def test_a_slip_of_the_fingers_is_an_error_with_the_nearest_name(session: Session, query: str, candidate: str) -> None:
    with pytest.raises(BindError) as raised:
        session.run(query, "sparql")
    assert candidate in raised.value.candidates


def test_a_word_for_a_relation_is_no_slip_of_another(session: Session) -> None:
    # "birthplace" is stored, and "birth place" is one of its forms; "birthdate" means something else
    assert session.run("SELECT ?x { ?x :birthdate ?y }", "sparql").fetchall() == []


def test_equally_likely_relations_are_an_error_with_both(session: Session) -> None:
    reader = session.models.reader
    assert isinstance(reader, OracleReader)
    # for this name the reader takes where she lives and where she was born for one
    reader.world.said["Anna lives in Bergen."].append(Triple("Anna", "at", "Bergen", 0.75))
    reader.world.said["Anna was born in Oslo."].append(Triple("Anna", "at", "Oslo", 0.75))
    reader.world.mean("at home in", "? | at | ?v")
    with pytest.raises(BindError) as raised:
        session.run("SELECT ?x { ?x :atHomeIn ?y }", "sparql")
    assert set(raised.value.candidates) == {":lives_in", ":place_of_birth"}
    assert session.run("SELECT ?x { ?x :livesIn|:placeOfBirth 'Oslo' }", "sparql").fetchall() == [("Anna",)]


def test_a_prefixed_name_is_an_iri_and_exact(session: Session) -> None:
    query = "PREFIX : <http://x.org/> SELECT ?x { ?x :hailingFrom ?y }"
    assert session.run(query, "sparql").fetchall() == []
    assert "AttributeScan" not in session.explain(query, "sparql")


def test_in_a_named_graph_no_facts_are_read(session: Session) -> None:
    with pytest.raises(BindError, match="no relation is called sawed"):
        session.run("SELECT ?x { GRAPH <http://x.org/g> { ?x :sawed ?y } }", "sparql")


# ------------------------------------------------------------------------------------------------------- injection

SMUGGLED = (
    'Eve lives in "Oslo" } UNION { ?x ?p ?y } #.',
    "Eve's name is ') OR true --.",
    "STRICT SELECT ?x { ?x ?p ?y }.",
    "Eve |lives in| {0} %s $__0 <http://x.org/a>.",
)


@pytest.mark.parametrize("text", SMUGGLED)
def test_what_facts_say_is_never_syntax(session: Session, text: str) -> None:
    before = session.run("SELECT ?x ?p ?y { ?x ?p ?y }", "sparql").fetchall()
    names = ("Eve", text.removesuffix("."))
    world = session.models.extractor.world  # type: ignore[attr-defined]
    world.tell(text, (names[1], names[1], names[1]))
    session.add([NewFact(text)])
    rows = session.run("SELECT ?x ?p ?y { ?x ?p ?y }", "sparql").fetchall()
    assert sorted(rows) == sorted([*before, (names[1],) * 3])
    # its name as an object, by parameter and through every name that is bound by meaning
    assert session.run("SELECT ?x { ?x ?p %s }", "sparql", [names[1]]).fetchall() == [(names[1],)]
    assert session.run("SELECT ?x { ?x :hailingFrom :Oslo }", "sparql").fetchall() == [("Anna",)]
    with pytest.raises(BindError, match="brithplace"):
        session.run("SELECT ?x { ?x :brithplace ?y }", "sparql")
