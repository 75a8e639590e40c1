"""Functions whose value does not follow from their arguments: one a solution, and the same wherever it is read."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from typing import Any

import pytest

import neuraldb
from neuraldb.api import Connection

UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@pytest.fixture
def db() -> Iterator[Connection]:
    with neuraldb.connect() as connection:
        yield connection


def terms(db: Connection, query: str) -> list[tuple[Any, ...]]:
    return db.session.run(query, "sparql", terms=True).fetchall()


THREE = "VALUES ?x { 1 2 3 }"


def test_random_numbers(db: Connection) -> None:
    rows = db.sparql(f"SELECT ?r ?s {{ {THREE} BIND(RAND() AS ?r) BIND(RAND() AS ?s) }}").fetchall()
    numbers = [number for row in rows for number in row]
    assert len(set(numbers)) == 6
    assert all(0 <= number < 1 for number in numbers)


def test_uuids(db: Connection) -> None:
    rows = terms(db, f"SELECT (UUID() AS ?u) (STRUUID() AS ?s) {{ {THREE} }}")
    assert len({cell["text"] for row in rows for cell in row}) == 6
    for iri, text in rows:
        assert iri["kind"] == "iri"
        assert re.fullmatch(f"urn:uuid:{UUID}", iri["text"])
        assert text["kind"] == "text"
        assert re.fullmatch(UUID, text["text"])


@pytest.mark.parametrize(
    "pattern",
    [
        "BIND(RAND() AS ?r) OPTIONAL { VALUES ?x { 2 } FILTER(BOUND(?r) && EXISTS {}) }",
        "BIND(RAND() AS ?r) FILTER EXISTS { VALUES ?x { 1 2 3 } FILTER(?r >= 0) }",
        "BIND(RAND() AS ?r) BIND(EXISTS { VALUES ?x { 1 2 3 } FILTER(?r >= 0) } AS ?y)",
        "BIND(RAND() AS ?r) FILTER(?r = ?r && ?r + 1 - ?r < 1.5)",
        "BIND(BNODE() AS ?r) MINUS { VALUES ?x { 7 } }",
    ],
)
def test_a_value_is_the_same_wherever_a_pattern_reads_it(db: Connection, pattern: str) -> None:
    rows = db.sparql(f"SELECT ?x ?r {{ {THREE} {pattern} }} ORDER BY ?x").fetchall()
    assert [x for x, _ in rows] == [1, 2, 3]
    assert len({r for _, r in rows}) == 3


def test_now_is_one_moment_in_a_query(db: Connection) -> None:
    (row,) = terms(db, "SELECT ?n { BIND(NOW() AS ?n) BIND(NOW() AS ?m) FILTER(?n = ?m) }")
    moment = datetime.datetime.fromisoformat(row[0]["text"])
    assert row[0]["datatype"].endswith("#dateTime")
    assert abs(datetime.datetime.now(datetime.UTC) - moment) < datetime.timedelta(minutes=5)


def test_blank_nodes(db: Connection) -> None:
    rows = terms(db, f"SELECT (BNODE() AS ?a) (BNODE('k') AS ?b) (BNODE('k') AS ?c) (BNODE('l') AS ?d) {{ {THREE} }}")
    assert {cell["kind"] for row in rows for cell in row} == {"blank"}
    assert all(b == c for _, b, c, _ in rows)
    assert len({cell["text"] for row in rows for cell in row}) == 9


def test_a_label_means_one_blank_node_in_adjacent_binds(db: Connection) -> None:
    query = f"SELECT ?x {{ {THREE} BIND(BNODE('k') AS ?a) BIND(BNODE('k') AS ?b) FILTER(sameTerm(?a, ?b)) }}"
    assert len(db.sparql(query)) == 3


def test_an_error_has_no_label(db: Connection) -> None:
    assert db.sparql("SELECT (BNODE(1) AS ?a) {}").fetchall() == [(None,)]
