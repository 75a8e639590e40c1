"""Faults with triples: unbound values that are counted, and relations that go round in circles."""

import pytest

import neuraldb
from neuraldb.loading.load import load
from neuraldb.loading.source import Source

N = "http://example.org/"
TRIPLES = [
    *(f'<{N}ann> <{N}name> "Ann" .', f'<{N}bob> <{N}name> "Bob" .'),
    *(f'<{N}ann> <{N}mbox> "{box}@example.org" .' for box in "ab"),
    *(f"<{N}{one}> <{N}knows> <{N}{other}> ." for one, other in ("AB", "BA", "CC")),
]


@pytest.fixture
def db(tmp_path):
    path = tmp_path / "x.nt"
    path.write_text("\n".join(TRIPLES), encoding="utf-8")
    with neuraldb.connect() as connection:
        assert load(connection, Source(path, path.name)).triples == 7
        yield connection


def test_22_unbound_values_are_not_counted(db):
    query = f"""SELECT ?name (COUNT(?box) AS ?n) WHERE {{
        ?who <{N}name> ?name OPTIONAL {{ ?who <{N}mbox> ?box }} }} GROUP BY ?name ORDER BY ?name"""
    assert db.sparql(query).fetchall() == [("Ann", 2), ("Bob", 0)]


@pytest.mark.parametrize(("start", "reached"), [("A", {"A", "B"}), ("B", {"A", "B"}), ("C", {"C"})])
def test_24_circles_end(db, start, reached):
    rows = db.sparql(f"SELECT ?x WHERE {{ <{N}{start}> <{N}knows>+ ?x }}", timeout=20).fetchall()
    assert sorted(x for (x,) in rows) == sorted(N + name for name in reached)
