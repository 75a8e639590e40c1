"""A process that is killed: what it has acknowledged is there, and nothing is there by half."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

from neuraldb.stores.database import Database
from neuraldb.stores.derivations import Derivation, DerivationStore
from neuraldb.stores.embeddings import EmbeddingStore
from neuraldb.stores.facts import FactStore, NewFact
from neuraldb.stores.graph import GraphStore, Mention, NewTriple
from neuraldb.stores.lexical import LexicalIndex
from neuraldb.stores.terms import Term

BATCH = 3
MODEL, WIDTH = "test-1", 8


def add_batch(database: Database) -> int:
    """One small transaction that touches every table; gives the number of facts added so far."""
    facts, graph = FactStore(database), GraphStore(database)
    with database.transaction():
        before = facts.count()
        added = facts.add([NewFact(f"Person {before + n} lives in Oslo.") for n in range(BATCH)])
        ids = [fact.id for fact in added]
        EmbeddingStore(database, MODEL, WIDTH).put(ids, [[float(fact)] * WIDTH for fact in ids])
        lives, oslo, *persons = graph.ensure_terms(
            [Term("relation", "lives in"), Term("entity", "Oslo"), *(Term("entity", f"Person {fact}") for fact in ids)]
        )
        graph.add_mentions([Mention(fact, 0, 6, "Person", term) for fact, term in zip(ids, persons, strict=True)])
        graph.add_triples([NewTriple(term, lives, oslo, 1.0, fact) for fact, term in zip(ids, persons, strict=True)])
        DerivationStore(database).put("reader", "who?", ids, [Derivation(fact, "Person") for fact in ids])
    return before + BATCH


def check(database: Database, at_least: int) -> int:
    """Every table tells the same story; gives the number of facts."""
    ids = FactStore(database).ids().tolist()
    assert ids == list(range(1, len(ids) + 1))
    assert len(ids) % BATCH == 0
    # the last transaction may have been written but not acknowledged
    assert at_least <= len(ids) <= at_least + BATCH
    for table, column in (("sources", "fact"), ("embeddings", "fact"), ("mentions", "fact"), ("derivations", "fact")):
        assert database.rows(f"SELECT {column} FROM store.{table} ORDER BY 1") == [(fact,) for fact in ids], table
    assert [change.fact for change in FactStore(database).history()] == ids
    assert database.rows("SELECT fact FROM triples ORDER BY id") == [(fact,) for fact in ids]
    held, vectors = EmbeddingStore(database, MODEL, WIDTH).matrix()
    assert held.tolist() == ids
    assert vectors[:, 0].tolist() == [float(fact) for fact in ids]
    assert LexicalIndex(database).containing(["oslo"]).tolist() == ids
    names = database.rows("SELECT name FROM entities WHERE name LIKE 'Person%' ORDER BY id")
    assert names == [(f"Person {fact}",) for fact in ids]
    return len(ids)


WRITER = """if True:
    import sys
    from neuraldb.stores.database import Database
    from stores.test_crash import add_batch
    database = Database.open(sys.argv[1])
    while True:
        print(add_batch(database), flush=True)"""


def test_kill_at_random_moments(path: Path) -> None:
    chance = random.Random(7)
    Database.open(path).close()
    acknowledged = 0
    for _ in range(4):
        folder = Path(__file__).parent.parent
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)],
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": str(folder)},
        ) as writer:
            assert writer.stdout is not None
            lines = [writer.stdout.readline()]
            time.sleep(chance.uniform(0.0, 0.3))
            writer.kill()
            lines += writer.stdout.read().splitlines()
        # a line that was cut short in the pipe acknowledges nothing
        acknowledged = max([acknowledged, *(int(line) for line in lines if line.strip())])
        with Database.open(path) as database:
            acknowledged = check(database, acknowledged)
    assert acknowledged >= 4 * BATCH
