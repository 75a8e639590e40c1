"""Results of SPARQL as the session gives them: whole terms, and rows without columns."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import neuraldb
from neuraldb.api import Connection
from neuraldb.core.rdf import XSD


@pytest.fixture
def db() -> Iterator[Connection]:
    with neuraldb.connect() as connection:
        yield connection


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT * {}", [()]),
        ("SELECT * { <http://x/a> <http://x/p>* <http://x/a> }", [()]),
        ("SELECT * { <http://x/a> <http://x/p>* <http://x/b> }", []),
        ("SELECT * { {} UNION {} } LIMIT 5", [(), ()]),
    ],
)
def test_solutions_that_bind_nothing_are_counted(db: Connection, query: str, rows: list[tuple[()]]) -> None:
    result = db.sparql(query)
    assert (result.fetchall(), len(result), result.columns) == (rows, len(rows), ())
    assert result.to_arrow().num_columns == 0
    assert "without columns" in repr(result)


def test_whole_terms(db: Connection) -> None:
    query = "SELECT ?a ?b ?c { BIND(1 + 1 AS ?a) BIND('x'@en AS ?b) BIND(?d AS ?c) }"
    ((a, b, c),) = db.session.run(query, "sparql", terms=True)
    assert (a["kind"], a["text"], a["datatype"]) == ("number", "2", XSD + "integer")
    assert (b["kind"], b["text"], b["language"]) == ("text", "x", "en")
    assert c is None
