"""What is counted of each relation, and that what is remembered of a database is forgotten when it changes."""

from __future__ import annotations

import pytest

from neuraldb.stores.database import Database
from neuraldb.stores.facts import FactStore, NewFact
from neuraldb.stores.graph import GraphStore, NewTriple
from neuraldb.stores.graph_sizes import RelationCounts, count_relations
from neuraldb.stores.remembered import Remembered
from neuraldb.stores.terms import Term


@pytest.fixture
def graph(database: Database) -> GraphStore:
    FactStore(database).add([NewFact("Anna lives in Oslo.")])
    return GraphStore(database)


def test_relations_are_counted_by_what_is_current(graph: GraphStore, database: Database) -> None:
    anna, nils, oslo, lives, knows = graph.ensure_terms(
        [
            *(Term("entity", name) for name in ("Anna", "Nils", "Oslo")),
            Term("relation", "lives in"),
            Term("iri", "http://x/knows"),
        ]
    )
    assert count_relations(database) == {}
    graph.add_triples([NewTriple(anna, knows, nils), NewTriple(anna, knows, oslo), NewTriple(nils, knows, oslo)])
    (stated,) = graph.add_triples([NewTriple(anna, lives, oslo, 0.9, fact=1)])
    assert count_relations(database) == {
        knows: RelationCounts(3, 2, 2, stated=False, merged=False, certain=True),
        lives: RelationCounts(1, 1, 1, stated=True, merged=False, certain=False),
    }
    graph.end_triples([stated])
    assert set(count_relations(database)) == {knows}


def test_what_is_remembered_is_forgotten_after_a_change(people: Database) -> None:
    asked: list[str] = []

    def born(name: str) -> list[tuple[int]]:
        asked.append(name)
        return people.rows("SELECT born FROM people WHERE name = ?", [name])

    remembered = Remembered(people, born)
    assert [remembered.get("Anna"), remembered.get("Nils"), remembered.get("Anna")] == [[(1982,)], [(1985,)], [(1982,)]]
    assert asked == ["Anna", "Nils"]
    people.execute("UPDATE people SET born = 1983 WHERE name = 'Anna'")
    assert remembered.get("Anna") == [(1983,)]
    assert asked == ["Anna", "Nils", "Anna"]


def test_a_change_that_is_rolled_back_is_not_remembered(people: Database) -> None:
    remembered = Remembered(people, lambda name: people.rows("SELECT born FROM people WHERE name = ?", [name]))
    people.begin()
    people.execute("UPDATE people SET born = 1983 WHERE name = 'Anna'")
    assert remembered.get("Anna") == [(1983,)]
    people.rollback()
    assert remembered.get("Anna") == [(1982,)]


def test_no_more_than_so_many_are_remembered(people: Database) -> None:
    asked: list[int] = []
    remembered = Remembered(people, lambda key: asked.append(key), most=2)
    for key in (1, 2, 3, 3, 4, 1):
        remembered.get(key)
    assert asked == [1, 2, 3, 4, 1]
