"""Faults with triples: unbound values that are counted, relations that go round in circles, and graphs of their own.

Numbers with ``graph`` are those of the list of graph and query faults; its other cases of SPARQL stand in
``tests/golden/sparql/faults.golden`` and ``faults_nearby.golden`` under the name of their issue.
"""

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


def test_graph_9_groups_of_optionals_alone_are_evaluated_by_themselves():
    """oxigraph/oxigraph#1200: each GRAPH binds ?y by itself, so rows that do not agree on it are no answers."""
    data = f"""INSERT DATA {{ GRAPH <{N}g1> {{ <{N}a> <{N}knows> <{N}b> }}
                             GRAPH <{N}g2> {{ <{N}c> <{N}likes> <{N}d> }} }}"""
    alone = f"""SELECT ?x ?y ?z {{ GRAPH <{N}g1> {{ OPTIONAL {{ ?x <{N}knows> ?y }} }}
                                  GRAPH <{N}g2> {{ OPTIONAL {{ ?y <{N}likes> ?z }} }} }}"""
    with neuraldb.connect() as connection:
        connection.sparql(data)
        assert connection.sparql(alone).fetchall() == []
        assert any("nothing but OPTIONAL" in note for note in connection.sparql(alone).notes)
        # what was meant: the second pattern only where the first one has bound ?y
        meant = alone.replace(f"GRAPH <{N}g2> {{ OPTIONAL", f"OPTIONAL {{ GRAPH <{N}g2>")
        assert connection.sparql(meant).fetchall() == [(f"{N}a", f"{N}b", None)]
        assert connection.sparql(meant).notes == ()
        assert connection.sparql(f"SELECT ?x {{ OPTIONAL {{ ?x <{N}knows> ?y }} }}").notes == ()


@pytest.mark.parametrize("ends", ["AD", "DA"])
def test_graph_20_a_path_lists_its_nodes_from_start_to_end(ends):
    """kuzudb/kuzu#3785, in whatever direction the edges were matched."""
    edges = " . ".join(f"<{N}{one}> <{N}next> <{N}{other}>" for one, other in ("AB", "BC", "CD"))
    with neuraldb.connect() as connection:
        connection.sparql(f"INSERT DATA {{ {edges} }}")
        ((_, nodes, *_),) = connection.paths(*(N + end for end in ends)).fetchall()
    assert [node.removeprefix(N) for node in nodes] == (list("ABCD") if ends == "AD" else list("DCBA"))
