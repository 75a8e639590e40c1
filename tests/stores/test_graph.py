"""Terms, triples, mentions."""

from __future__ import annotations

import datetime
from itertools import pairwise

import pytest

from neuraldb.core.errors import DataError, IntegrityError
from neuraldb.core.value import Value
from neuraldb.stores.database import Database
from neuraldb.stores.facts import FactStore, NewFact
from neuraldb.stores.graph import GraphStore, Mention, NewTriple
from neuraldb.stores.network import network
from neuraldb.stores.terms import Alias, Term

INTEGER = "http://www.w3.org/2001/XMLSchema#integer"


@pytest.fixture
def graph(database: Database) -> GraphStore:
    FactStore(database).add([NewFact("Anna lives in Oslo."), NewFact("Nils lives in Oslo."), NewFact("Nils bakes.")])
    return GraphStore(database)


def test_terms_are_stored_once(graph: GraphStore, database: Database) -> None:
    anna, oslo = Term("entity", "Anna"), Term("entity", "Oslo")
    first = graph.ensure_terms([anna, oslo, anna])
    assert first[0] == first[2] != first[1]
    assert graph.ensure_terms([oslo, anna]) == [first[1], first[0]]
    assert graph.ensure_terms([]) == []
    assert graph.terms([first[1], first[0], first[1]]) == [oslo, anna, oslo]
    assert database.rows("SELECT count(*) FROM store.terms") == [(2,)]
    with pytest.raises(DataError, match="no term 99"):
        graph.terms([99])


def test_terms_that_look_alike_are_not_merged(graph: GraphStore) -> None:
    # a known fault of such systems: "01", "+1" and "1" became one term
    different = [
        *(Term("number", text, INTEGER, number=1.0) for text in ("01", "+1", "1", "1.0", " 1")),
        Term("number", "1"),
        *(Term("text", "chat", language=language) for language in ("", "en", "fr")),
        *(Term("entity", text) for text in ("Anna", "anna", "ÅSE", "Åse", "A\u030ase", "", "a\x00b", "🎉")),
        Term("text", "Anna"),
        Term("iri", "Anna"),
    ]
    ids = graph.ensure_terms(different)
    assert len(set(ids)) == len(different)
    assert graph.ensure_terms(different) == ids
    assert graph.terms(ids) == different


def test_values_are_kept_with_their_meaning(graph: GraphStore) -> None:
    height = Value("number", "1.2 km", number=1200.0, unit="m")
    day = datetime.date(1982, 5, 1)
    born = Value("date", "May 1982", start=day, end=datetime.date(1982, 5, 31), precision="month")
    yes = Value("boolean", "yes", number=1.0)
    ids = graph.ensure_terms([Term.of_value(value) for value in (height, born, yes, Value("text", "red"))])
    read = graph.terms(ids)
    assert [(term.kind, term.text, term.number, term.unit) for term in read] == [
        ("number", "1.2 km", 1200.0, "m"),
        ("date", "May 1982", None, None),
        ("boolean", "yes", 1.0, ""),
        ("text", "red", None, None),
    ]
    assert (read[1].date_from, read[1].date_to) == (day, datetime.date(1982, 5, 31))


def test_half_characters_are_refused(graph: GraphStore, database: Database) -> None:
    with pytest.raises(DataError):
        graph.ensure_terms([Term("entity", "Anna"), Term("entity", "\ud800")])
    assert database.rows("SELECT count(*) FROM store.terms") == [(0,)]


def test_triples_are_a_set(graph: GraphStore) -> None:
    anna, oslo, lives, home = graph.ensure_terms(
        [Term("entity", "Anna"), Term("entity", "Oslo"), Term("relation", "lives in"), Term("iri", "http://x/g")]
    )
    told = [
        NewTriple(anna, lives, oslo, 0.5),
        NewTriple(anna, lives, oslo, 0.9),
        NewTriple(anna, lives, oslo, 0.9, fact=1),
        NewTriple(anna, lives, oslo, 0.9, fact=2),
        NewTriple(anna, lives, oslo, 0.9, graph=home),
        NewTriple(oslo, lives, anna),
    ]
    ids = graph.add_triples(told)
    assert ids == [1, 1, 2, 3, 4, 5]
    assert graph.add_triples(told[::-1]) == ids[::-1]
    assert graph.add_triples([]) == []
    triples = graph.triples_of(anna)
    assert [(triple.id, triple.confidence, triple.fact) for triple in triples] == [
        (1, 0.5, None),
        (2, pytest.approx(0.9), 1),
        (3, pytest.approx(0.9), 2),
        (4, pytest.approx(0.9), None),
        (5, 1.0, None),
    ]
    assert triples[3].graph == Term("iri", "http://x/g")
    assert triples[0].graph is None
    assert (triples[4].subject.text, triples[4].relation.text, triples[4].object.text) == ("Oslo", "lives in", "Anna")


def test_triples_that_end_may_come_again(graph: GraphStore, database: Database) -> None:
    anna, lives, oslo = graph.ensure_terms([Term("entity", "Anna"), Term("relation", "lives"), Term("entity", "Oslo")])
    graph.add_triples([NewTriple(anna, lives, oslo)])
    assert graph.end_triples([1, 1, 7]) == [1]
    assert graph.end_triples([1]) == []
    assert graph.end_triples([]) == []
    assert graph.triples_of(anna) == []
    assert graph.add_triples([NewTriple(anna, lives, oslo)]) == [2]
    assert database.rows("SELECT id FROM triples") == [(2,)]


def test_triples_that_cannot_be(graph: GraphStore, database: Database) -> None:
    anna, lives = graph.ensure_terms([Term("entity", "Anna"), Term("relation", "lives in")])
    for confidence in (-0.1, 1.1, float("nan")):
        with pytest.raises(DataError):
            graph.add_triples([NewTriple(anna, lives, anna, confidence)])
    with pytest.raises(IntegrityError, match="term 77"):
        graph.add_triples([NewTriple(anna, lives, anna), NewTriple(anna, lives, 77)])
    FactStore(database).forget([2])
    for fact in (2, 55):
        with pytest.raises(IntegrityError, match=f"fact {fact} is not current"):
            graph.add_triples([NewTriple(anna, lives, anna, fact=fact)])
    assert database.rows("SELECT count(*) FROM store.triples") == [(0,)]


def test_mentions(graph: GraphStore, database: Database) -> None:
    nils, oslo = graph.ensure_terms([Term("entity", "Nils"), Term("entity", "Oslo")])
    told = [Mention(2, 14, 18, "Oslo", oslo, 0.5), Mention(2, 0, 4, "Nils", nils), Mention(3, 0, 4, "Nils", nils)]
    graph.add_mentions(told)
    assert graph.mentions([3, 2]) == [told[1], told[0], told[2]]
    assert graph.facts_mentioning([nils]).tolist() == [2, 3]
    assert graph.facts_mentioning([oslo, nils]).tolist() == [2, 3]
    assert graph.facts_mentioning([]).tolist() == []
    FactStore(database).forget([3])
    assert graph.facts_mentioning([nils]).tolist() == [2]
    for start, end, confidence in ((4, 4, 1.0), (5, 4, 1.0), (-1, 4, 1.0), (0, 4, 2.0)):
        with pytest.raises(DataError):
            graph.add_mentions([Mention(1, start, end, "Anna", nils, confidence)])


def test_triples_know_where_their_ends_stand(graph: GraphStore, database: Database) -> None:
    nils, lives, oslo = graph.ensure_terms([Term("entity", "Nils"), Term("relation", "lives"), Term("entity", "Oslo")])
    graph.add_triples([NewTriple(nils, lives, oslo, fact=2, subject_span=None, object_span=(14, 18))])
    told = database.rows("SELECT subject_start, subject_end, object_start, object_end FROM triples WHERE fact = 2")
    assert told == [(None, None, 14, 18)]


def test_facts_that_gave_a_triple_of_an_entity_mention_it(graph: GraphStore) -> None:
    anna, lives, oslo = graph.ensure_terms([Term("entity", "Anna"), Term("relation", "lives"), Term("entity", "Oslo")])
    graph.add_triples([NewTriple(anna, lives, oslo, fact=1), NewTriple(anna, lives, oslo)])
    assert graph.facts_mentioning([oslo]).tolist() == [1]


def test_the_views_of_users(graph: GraphStore, database: Database) -> None:
    anna, nils, lives, oslo, height = graph.ensure_terms(
        [
            *(Term("entity", "Anna"), Term("entity", "Nils"), Term("relation", "lives in"), Term("entity", "Oslo")),
            Term("number", "170 cm", number=1.7, unit="m"),
        ]
    )
    graph.add_aliases([Alias(oslo, "Kristiania"), Alias(oslo, "Kristiania"), Alias(oslo, "Tigerstaden")])
    graph.add_triples(
        [NewTriple(anna, lives, oslo, 0.5, fact=1), NewTriple(anna, lives, height), NewTriple(oslo, lives, oslo)]
    )
    graph.add_mentions([Mention(2, 0, 4, "Nils", nils), Mention(2, 5, 6, "l", nils), Mention(1, 0, 4, "Anna", anna)])
    assert database.query("SELECT * FROM entities ORDER BY id").to_pylist() == [
        {"id": anna, "name": "Anna", "aliases": [], "facts": 1, "triples": 2},
        {"id": nils, "name": "Nils", "aliases": [], "facts": 1, "triples": 0},
        {"id": oslo, "name": "Oslo", "aliases": ["Kristiania", "Tigerstaden"], "facts": 0, "triples": 2},
    ]
    assert database.query("SELECT * FROM triples WHERE id = 2").to_pylist() == [
        {
            **{"id": 2, "subject": "Anna", "relation": "lives in", "object": "170 cm", "number": 1.7, "unit": "m"},
            **{"date": None, "date_to": None, "confidence": 1.0, "fact": None},
            **dict.fromkeys(("subject_start", "subject_end", "object_start", "object_end")),
        }
    ]
    assert graph.names() == ["Anna", "Nils", "Oslo"]
    # an entity of which all is forgotten is no longer shown
    FactStore(database).forget([2])
    assert graph.names() == ["Anna", "Oslo"]


def test_networkx_view(graph: GraphStore, database: Database) -> None:
    anna, nils, knows, likes = graph.ensure_terms(
        [Term("entity", "Anna"), Term("entity", "Nils"), Term("relation", "knows"), Term("relation", "likes")]
    )
    graph.add_triples(
        [NewTriple(anna, knows, nils), NewTriple(anna, likes, nils, 0.5, fact=1), NewTriple(nils, knows, anna)]
    )
    graph.end_triples([3])
    view = network(database)
    assert dict(view.nodes(data=True)) == {
        anna: {"name": "Anna", "kind": "entity"},
        nils: {"name": "Nils", "kind": "entity"},
    }
    assert list(view.edges(keys=True, data=True)) == [
        (anna, nils, 1, {"relation": "knows", "confidence": 1.0, "fact": None, "evidence": (), "graph": None}),
        (anna, nils, 2, {"relation": "likes", "confidence": 0.5, "fact": 1, "evidence": (1,), "graph": None}),
    ]


def test_many_at_once(graph: GraphStore, database: Database) -> None:
    terms = [Term("entity", f"Name {n}") for n in range(5000)]
    ids = graph.ensure_terms([*terms, *terms[::-1]])
    assert ids[:5000] == ids[:4999:-1]
    (knows,) = graph.ensure_terms([Term("relation", "knows")])
    chain = [NewTriple(a, knows, b) for a, b in pairwise(ids[:5000])]
    assert graph.add_triples(chain) == list(range(1, 5000))
    assert graph.add_triples(chain[::-1]) == list(range(4999, 0, -1))
