"""What rows of the stores' own views rest on, whatever columns a statement shows."""

# ruff: noqa: E501 - statements are read by the line
from __future__ import annotations

import pytest

from neuraldb.plan.nodes import ExactQuery
from neuraldb.plan.optimizer import optimise
from neuraldb.plan.provenance import CONFIDENCE, EVIDENCE
from sql.world import World


@pytest.fixture
def told(own_world: World) -> World:
    """Fact 1 says that Anna likes jazz, with confidence 0.5; that Oslo is a city is imported."""
    database = own_world.database
    for number, (kind, text) in enumerate(
        [
            ("entity", "Anna"),
            ("relation", "likes"),
            ("entity", "jazz"),
            ("entity", "Oslo"),
            ("relation", "is"),
            ("entity", "city"),
        ],
        1,
    ):
        database.execute(
            f"INSERT INTO store.terms VALUES ({number}, '{kind}', '{text}', '', '', '{text.lower()}', NULL, NULL, NULL, NULL)"
        )
    moment = "TIMESTAMP '2024-01-01'"
    database.execute(
        f"""INSERT INTO store.triples (id, subject, relation, object, graph, confidence, fact, recorded_from, recorded_to)
            VALUES (1, 1, 2, 3, NULL, 0.5, 1, {moment}, NULL), (2, 4, 5, 6, NULL, 1, NULL, {moment}, NULL)"""
    )
    return own_world


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT id FROM facts WHERE id < 3 ORDER BY id", [([1], 1.0), ([2], 1.0)]),
        ("SELECT 'x' FROM facts WHERE id = 5", [([5], 1.0)]),
        ("SELECT subject FROM triples ORDER BY subject", [([1], 0.5), ([], 1.0)]),
        ("SELECT count(*) FROM triples", [([1], 0.5)]),
        ("SELECT t.object, f.text FROM triples t JOIN facts f ON f.id = t.fact", [([1], 0.5)]),
        ("SELECT a.id FROM facts a JOIN facts b ON b.id = a.id + 1 WHERE a.id = 2", [([2, 3], 1.0)]),
        ("SELECT DISTINCT length(text) > 0 FROM facts", [([1, 2, 3, 4, 5], 1.0)]),
        ("SELECT id FROM facts WHERE id = 1 UNION SELECT id FROM facts WHERE id = 1", [([1], 1.0)]),
        ("SELECT id FROM facts WHERE id < 3 INTERSECT SELECT id FROM facts WHERE id > 1", [([2], 1.0)]),
        ("WITH f AS (SELECT id AS n FROM facts) SELECT n FROM f WHERE n = 4", [([4], 1.0)]),
        ("SELECT c.name, f.id FROM cities c LEFT JOIN facts f ON f.text LIKE '%' || c.name || '%' WHERE c.name IN ('Bergen', 'Paris') ORDER BY 1", [([5], 1.0), ([], 1.0)]),
        ("SELECT rank() OVER (ORDER BY id) AS r FROM facts ORDER BY r LIMIT 1", [([1], 1.0)]),
        ("SELECT id FROM facts ORDER BY (SELECT max(id) FROM facts) - id LIMIT 1", [([5], 1.0)]),
        ("SELECT action FROM history", []),
    ],
)  # fmt: skip
def test_evidence(told: World, sql: str, expected: list[tuple[list[int], float]]) -> None:
    assert told.evidence(sql) == expected
    table = told.table(optimise(told.plan(sql)).plan)
    confidences = [round(c, 6) for c in table.column(CONFIDENCE).to_pylist()]
    assert list(zip(table.column(EVIDENCE).to_pylist(), confidences, strict=True)) == expected


def test_a_users_table_rests_on_nothing(own_world: World) -> None:
    assert EVIDENCE not in own_world.table(own_world.plan("SELECT * FROM cities")).column_names


def test_what_duckdb_runs_whole_has_its_columns(own_world: World) -> None:
    plan = own_world.plan("SELECT count(*) AS n, grouping(subject) AS g FROM facts GROUP BY CUBE (subject)")
    assert isinstance(plan, ExactQuery)
    assert [(c.name, c.type) for c in plan.columns] == [("n", "BIGINT"), ("g", "BIGINT")]
