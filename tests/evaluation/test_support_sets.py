"""Support sets found in different ways, and the right ones: what each lets the reader see."""

from __future__ import annotations

from pathlib import Path

import pytest
from doubles import OracleReader

from evaluation.bases import FACTS, QUERIES, SCORER, database, plain, world, written
from neuraldb.core.errors import DataError
from neuraldb.evaluation import support_sets
from neuraldb.evaluation.support_sets import METHODS, compare, options, table
from neuraldb.models.registry import Models
from neuraldb.session import Session
from neuraldb.stores.facts import NewFact

QUERY = database()["queries"][0]


@pytest.fixture
def bench(tmp_path: Path) -> Path:
    """A file of two databases with a scorer beside it; the second lacks a fact that its gold answers rest on."""
    (tmp_path / "score.py").write_text(SCORER)
    less = [fact for fact in FACTS if not fact.startswith("Nils")]
    less.insert(1, "It rains.")
    return written(tmp_path / "two.jsonl", database("whole"), database("less", less))


@pytest.mark.parametrize("method", [m for m in METHODS if m != "gold"])
def test_a_method_is_a_way_to_retrieve(method: str) -> None:
    made = options(method, QUERY, [11, 12, 13, 14, 15], 7)
    assert (made.retrieval, made.budget, made.visible) == (method, 7, None)


def test_gold_shows_the_facts_of_the_support_sets_and_no_others() -> None:
    query = {**QUERY, "facts": [[0, 1], [4], [1]]}
    made = options("gold", query, [11, 12, 13, 14, 15], 7)
    assert made.visible == frozenset({11, 12, 15})
    assert made.budget is None
    assert options("gold", {**QUERY, "facts": []}, [11], None).visible == frozenset()


def test_a_reader_that_is_always_right_finds_everything(bench: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures = compare([bench], limit=1, models=world().models())
    assert set(figures) == set(METHODS)
    counts = {kind: sum(k == kind for _, k, *_ in QUERIES) for kind in ("set", "count", "bool", "sum")}
    for by_type in figures.values():
        assert {kind: n for kind, (n, _, _) in by_type.items()} == {**counts, "all": len(QUERIES)}
        # the small scorer here takes "300.0 m" for another answer than "300 m"
        assert {kind: exact for kind, (_, exact, _) in by_type.items() if kind in ("set", "count", "bool")} == {
            "set": 100.0, "count": 100.0, "bool": 100.0,
        }  # fmt: skip
    assert capsys.readouterr().err == "whole\n"


def test_a_fact_that_is_missing_costs_what_rests_on_it(bench: Path) -> None:
    figures = compare([bench], models=world().models())
    for by_type in figures.values():
        # of four sets one lacks a member, and overlaps
        assert by_type["set"] == (4, 75.0, 87.5)
        assert by_type["count"] == (2, 50.0, 50.0)
        assert by_type["bool"] == (2, 100.0, 100.0)


def test_gold_is_read_in_the_order_of_the_database() -> None:
    session = Session(":memory:", models=world().models())
    # what was known before shifts the ids
    session.add([NewFact("It rains.")])
    ids = [added.id for added in session.add([NewFact(text) for text in FACTS])]
    query = {**QUERY, "facts": [[1]]}
    result = session.run(plain(QUERIES[0][0]), "question", options=options("gold", query, ids, None))
    assert result.fetchall() == [("Nils",)]
    session.close()


def test_under_gold_the_reader_sees_no_other_fact(bench: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(support_sets, "METHODS", ("gold",))
    made = world()
    whole = made.models()
    reader = OracleReader(made)
    compare([bench], limit=1, models=Models(whole.encoder, reader, whole.parser, whole.extractor))
    support = {plain(text): {FACTS[i] for each in sets for i in each} for text, *_, sets in QUERIES}
    assert reader.requests
    for request in reader.requests:
        assert set(request.facts) <= support[request.question]


def test_a_question_that_fails_is_named_and_scores_nothing(
    bench: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Session.run
    failing = plain(QUERIES[1][0])

    def run(self: Session, text: str, *arguments: object, **more: object) -> object:
        if text == failing:
            raise DataError("too hard")
        return real(self, text, *arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Session, "run", run)
    figures = compare([bench], limit=1, models=world().models())
    assert all(by_type["set"] == (2, 50.0, 50.0) for by_type in figures.values())
    told = capsys.readouterr().err.splitlines()
    assert [line for line in told if line != "whole"] == [f"whole-1 ({method}): too hard" for method in METHODS]


def test_the_table() -> None:
    figures = {
        "bm25": {"set": (3, 66.666, 70.0), "all": (4, 50.0, 60.0)},
        "gold": {"set": (3, 100.0, 100.0), "count": (1, 0.0, 0.0), "all": (4, 75.0, 75.0)},
    }
    assert table(figures).splitlines() == [
        "type         queries      bm25      gold",
        "count              1                 0.0",
        "set                3      66.7     100.0",
        "all                4      50.0      75.0",
    ]
