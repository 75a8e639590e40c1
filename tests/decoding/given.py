"""Random graphs and tables to decode over, and random ways through an automaton."""

from __future__ import annotations

import functools
import random
from collections.abc import Iterator
from contextlib import contextmanager

import neuraldb
from neuraldb.api import Connection
from neuraldb.decoding.automaton import Automaton, Plan, Symbol
from neuraldb.decoding.graph_catalogue import GraphViews
from neuraldb.decoding.table_catalogue import StoredTables

NODES = ("a", "b", "c", "d")
RELATIONS = ("p", "q")
NUMBERS = (1, 2, 3)
CLASSES = ("C", "D")
PREFIX = "PREFIX : <http://x/> "


def triples(seed: int) -> list[tuple[str, str, str]]:
    """Up to ten triples as SPARQL writes them, with a class and a number among them."""
    choose = random.Random(seed)
    made = {(f":{choose.choice(NODES)}", "a", f":{choose.choice(CLASSES)}") for _ in range(2)}
    made |= {(f":{choose.choice(NODES)}", ":size", str(choose.choice(NUMBERS))) for _ in range(3)}
    made |= {(f":{choose.choice(NODES)}", f":{choose.choice(RELATIONS)}", f":{choose.choice(NODES)}") for _ in range(5)}
    return sorted(made)


@contextmanager
def graph(seed: int) -> Iterator[tuple[Connection, GraphViews]]:
    """A database with random triples, and the views on its graph; opening one takes longer than most tests."""
    db = _shared()
    db.sparql("DELETE WHERE { ?s ?p ?o }")
    insert(db, *triples(seed))
    yield db, views(db)


@functools.cache
def _shared() -> Connection:
    return neuraldb.connect(":memory:")


def insert(db: Connection, *added: tuple[str, str, str]) -> None:
    """Add triples."""
    db.sparql(f"{PREFIX}INSERT DATA {{ {' . '.join(' '.join(each) for each in added)} }}")


def views(db: Connection) -> GraphViews:
    """The views on a database's graph."""
    return GraphViews(db.session.stores.database, db.session.catalogue)


@contextmanager
def tables(seed: int) -> Iterator[tuple[Connection, StoredTables]]:
    """A database with three tables, some cells NULL, some rows without a partner."""
    choose = random.Random(seed)
    with neuraldb.connect(":memory:") as db:
        db.sql("CREATE TABLE makers (id INTEGER PRIMARY KEY, name VARCHAR, founded DATE)")
        db.sql("CREATE TABLE cars (id INTEGER PRIMARY KEY, maker INTEGER REFERENCES makers (id), power DOUBLE)")
        db.sql('CREATE TABLE "race day" (car INTEGER REFERENCES cars (id), "first place" BOOLEAN)')
        for id in range(1, choose.randint(2, 4)):
            founded = choose.choice((None, "1950-01-01", "1960-05-06"))
            db.sql("INSERT INTO makers VALUES (%s, %s, %s)", [id, choose.choice(("O'Neil", 'A "B"', "Åse")), founded])
        makers = [id for (id,) in db.sql("SELECT id FROM makers").fetchall()]
        for id in range(1, choose.randint(1, 4)):
            db.sql(
                "INSERT INTO cars VALUES (%s, %s, %s)", [id, choose.choice(makers), choose.choice((None, 0.1, 70.0))]
            )
        for (car,) in db.sql("SELECT id FROM cars").fetchall()[: choose.randint(0, 2)]:
            db.sql('INSERT INTO "race day" VALUES (%s, %s)', [car, choose.choice((True, False))])
        yield db, StoredTables(db.session.stores.database.rows)


def random_plan(automaton: Automaton, choose: random.Random) -> tuple[list[Symbol], Plan]:
    """A plan as a model without any idea would decode it."""
    state, prefix = automaton.start, list[Symbol]()
    while state.plan is None or (state.steps and choose.random() < 0.5):
        assert state.steps, f"{prefix} leads nowhere"
        symbol, state = choose.choice(state.steps)
        prefix.append(symbol)
    return prefix, state.plan


def said(automaton: Automaton, text: str) -> Plan:
    """The only plan that a text reads as."""
    ((_, state),) = automaton.read(text)
    assert state.plan is not None
    return state.plan
