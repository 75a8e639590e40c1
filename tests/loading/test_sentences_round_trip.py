"""Sentences, exported as triples and loaded into an empty database: the same triples, but for what they rest on."""

from __future__ import annotations

from pathlib import Path

import hypothesis.strategies as st
import pytest
from doubles import World
from hypothesis import HealthCheck, given, settings

import neuraldb
from neuraldb.api import Connection
from neuraldb.core.errors import BindError

NAMES = ("Anna Berg", "A. Berg", "O'Brien & Søn", "<x>", 'the "Fram"', "C++", "東京", "anna berg")
VALUES = (*NAMES, "1982", "17 May 1814", "3,000 metres", "2.50", "-7 °C", "true", "http://x/a")
RELATIONS = ("visited", "born in", "is 5% of", "http", "type")
SEEN = "SELECT DISTINCT subject, relation, object, number, unit, date, date_to FROM triples ORDER BY ALL"
ENDS = "SELECT ?s ?r ?o (DATATYPE(?o) AS ?d) { ?s ?r ?o }"

said = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(RELATIONS), st.sampled_from(VALUES)), min_size=1, max_size=6
)


def told(triples: list[tuple[str, str, str]]) -> Connection:
    """A database of sentences, each of which states one triple."""
    world = World()
    texts = [world.tell(f"It is so that {s} {r} {o}.", (s, r, o)) for s, r, o in dict.fromkeys(triples)]
    db = neuraldb.connect(models=world.models())
    db.add_many(texts)
    return db


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["nq", "ttl", "jsonld"])
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(triples=said, merging=st.booleans())
def test_the_triples_of_sentences_come_back(
    tmp_path: Path, ending: str, triples: list[tuple[str, str, str]], merging: bool
) -> None:
    path = tmp_path / f"graph.{ending}"
    with told(triples) as db, neuraldb.connect(models=World().models()) as copy:
        if merging and len({s for s, _, _ in triples}) > 1:
            kept, other, *_ = dict.fromkeys(s for s, _, _ in triples)
            if db.entity(kept).id != db.entity(other).id:  # else they are forms of one name
                db.merge(kept, other)
        db.export(path)
        copy.load(path)
        assert copy.sql(SEEN).fetchall() == db.sql(SEEN).fetchall()
        assert sorted(copy.sparql(ENDS).fetchall(), key=repr) == sorted(db.sparql(ENDS).fetchall(), key=repr)
        assert copy.sql("SELECT count(*) FROM triples WHERE fact IS NOT NULL").scalar() == 0


def test_what_a_file_of_triples_does_not_carry_over(tmp_path: Path) -> None:
    world = World()
    texts = [
        world.tell("Anna visited Oslo.", ("Anna", "visited", "Oslo", 0.75)),
        world.tell("Annie B plays chess.", ("Annie B", "plays", "chess")),
    ]
    with neuraldb.connect(models=world.models()) as db, neuraldb.connect(models=world.models()) as copy:
        db.add_many(texts)
        db.merge("Anna", "Annie B")
        db.export(tmp_path / "graph.nt")
        copy.load(tmp_path / "graph.nt")
        assert copy.facts() == []
        (visited,) = [t for t in copy.entity("Anna").triples if t.relation.text == "visited"]
        assert (visited.confidence, visited.fact) == (1.0, None)
        assert {t.relation.text for t in copy.entity("Anna").triples} == {"visited", "plays"}
        with pytest.raises(BindError):
            copy.entity("Annie B")
        db.export(tmp_path / "all")
        copy.load(tmp_path / "all")
        assert copy.entity("Annie B").name == "Anna"
        assert [fact.text for fact in copy.facts()] == texts
