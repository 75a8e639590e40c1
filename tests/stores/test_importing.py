"""Imported triples: each once, by graph; a failed import leaves nothing, and the indexes as they were."""

import pytest

from neuraldb.core.errors import Cancelled, DataError
from neuraldb.stores.database import Database
from neuraldb.stores.graph import GraphStore, NewTriple
from neuraldb.stores.importing import import_quads
from neuraldb.stores.terms import Term


def term(name):
    return Term("iri", f"http://x/{name}")


def quads(first, last, graph=None):
    return [(term(n), term("p"), term(n + 1), graph) for n in range(first, last)]


def held(database):
    """How many terms and triples there are, and whether every term is found by each of its indexes."""
    ((terms, by_text, by_key),) = database.rows(
        """SELECT count(*),
                  count(*) FILTER (EXISTS (SELECT 1 FROM store.terms o WHERE o.text = t.text AND o.id = t.id)),
                  count(*) FILTER (EXISTS (SELECT 1 FROM store.terms o WHERE o.key = t.key AND o.id = t.id))
           FROM store.terms t"""
    )
    assert terms == by_text == by_key
    ((triples, ids),) = database.rows("SELECT count(*), count(DISTINCT id) FROM store.triples")
    assert triples == ids
    return terms, triples


@pytest.fixture
def database():
    with Database.open() as opened:
        yield opened


def test_a_triple_is_stored_once_in_each_graph(database):
    assert import_quads(database, quads(0, 5) + quads(0, 5) + quads(0, 5, term("g"))) == 10
    assert import_quads(database, quads(3, 8) + quads(0, 5, term("g"))) == 3
    assert held(database) == (11, 13)
    rows = database.rows("SELECT id, confidence, fact, recorded_to FROM store.triples ORDER BY id")
    assert rows == [(number, 1.0, None, None) for number in range(1, 14)]
    assert import_quads(database, []) == 0


def test_what_a_fact_states_or_is_past_is_imported_all_the_same(database):
    graph = GraphStore(database)
    import_quads(database, quads(0, 1))
    assert graph.end_triples([1]) == [1]
    assert import_quads(database, quads(0, 1)) == 1
    assert import_quads(database, quads(0, 1)) == 0


def test_more_terms_than_are_looked_up_one_by_one(database):
    many = quads(0, 1000)
    assert import_quads(database, many) == 1000
    assert import_quads(database, [*many, *quads(1000, 1200)]) == 200
    assert held(database) == (1202, 1200)
    ids = GraphStore(database).find_terms([term(7), term(1200), term("none")])
    assert set(ids) == {term(7), term(1200)}


@pytest.mark.parametrize("statement", ['INSERT INTO "store"."terms"', "INSERT INTO store.triples"])
def test_an_import_that_fails_half_way_leaves_nothing(database, monkeypatch, statement):
    import_quads(database, quads(0, 3))
    before = held(database)
    execute = database.execute

    def fail(sql, *rest, **more):
        done = execute(sql, *rest, **more)
        if sql.startswith(statement):
            raise Cancelled("stopped")
        return done

    monkeypatch.setattr(database, "execute", fail)
    with pytest.raises(Cancelled):
        import_quads(database, quads(0, 700))
    monkeypatch.undo()
    assert held(database) == before
    assert import_quads(database, quads(0, 700)) == 697
    assert held(database) == (702, 700)


def test_a_term_that_cannot_be_stored_takes_its_batch_with_it(database):
    import_quads(database, quads(0, 3))
    with pytest.raises(DataError, match="half a surrogate pair"):
        import_quads(database, [*quads(0, 700), (term("a"), term("p"), Term("text", "\ud800"), None)])
    assert held(database) == (5, 3)


def test_within_a_transaction_it_becomes_part_of_it(database):
    database.begin()
    import_quads(database, quads(0, 600))
    GraphStore(database).add_triples([NewTriple(1, 2, 3)])
    database.rollback()
    assert held(database) == (0, 0)
    assert import_quads(database, quads(0, 600)) == 600
