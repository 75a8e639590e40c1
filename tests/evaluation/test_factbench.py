"""factbench through the public API: predictions in the scorer's form, failures counted and named."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import neuraldb
from evaluation.bases import FACTS, QUERIES, SCORER, database, plain, world, written
from neuraldb.core.errors import ImportFailed
from neuraldb.evaluation import support_sets
from neuraldb.evaluation.factbench import Prediction, answers, confidences, databases, judged, predict, run, scorer
from neuraldb.evaluation.support_set_tables import Figures
from neuraldb.evaluation.support_sets import METHODS, Reply, compare

FACTBENCH = Path(__file__).parents[3] / "shared" / "factbench"


@pytest.fixture
def db() -> Iterator[neuraldb.Connection]:
    with neuraldb.connect(":memory:", models=world().models()) as connection:
        yield connection


# -------------------------------------------------------------------------------------------------------- predictions


@pytest.mark.parametrize("name", ["two.jsonl", "two.jsonl.gz"])
def test_databases_are_read_one_a_line(tmp_path: Path, name: str) -> None:
    path = written(tmp_path / name, database("a"), database("b"))
    assert [made["name"] for made in databases(path)] == ["a", "b"]
    assert list(databases(path)) == [database("a"), database("b")]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 'Anna' AS answer", ["Anna"]),
        ("SELECT unnest(['Anna', NULL, 'Nils']) AS answer", ["Anna", "Nils"]),
        ("SELECT 2 AS count", [2]),
        ("SELECT 3.5::DOUBLE AS answer, 'm' AS unit", ["3.5 m"]),
        ("SELECT 3.5::DOUBLE AS answer, '' AS unit", [3.5]),
        ("SELECT 3.5::DOUBLE AS answer, NULL AS unit", [3.5]),
        ("SELECT 'tall' AS answer, 'm' AS unit", ["tall"]),
        ("SELECT true AS answer", [True]),
        ("SELECT 1 AS answer WHERE false", []),
        ("SELECT '320' AS answer, 'Winter' AS \"of\"", ["320"]),
    ],
)
def test_answers_are_those_of_the_first_column(db: neuraldb.Connection, sql: str, expected: list[Any]) -> None:
    made = answers(db.sql(sql))
    assert made == expected
    assert [type(value) for value in made] == [type(value) for value in expected]
    json.loads(Prediction("d", "q", made, 1.0).to_json())


def test_a_line_of_the_predictions_file() -> None:
    line = Prediction("people", "people-1", ["Åse", 2], 12.345, None, (0.93761, 1.0)).to_json()
    assert "Åse" in line
    assert "\n" not in line
    assert json.loads(line) == {
        "db": "people", "id": "people-1", "answer": ["Åse", 2], "ms": 12.3, "confidence": [0.9376, 1.0],
    }  # fmt: skip


def test_confidences_are_parallel_to_the_answers(db: neuraldb.Connection) -> None:
    table = pa.table({"answer": ["Anna", None, "Nils"], "__evidence": [[1], [2], [3]], "__confidence": [0.9, 0.8, 0.7]})
    result = neuraldb.Result(table)
    assert (answers(result), confidences(result)) == (["Anna", "Nils"], (0.9, 0.7))
    whole = db.sql("SELECT unnest(['Anna', NULL, 'Nils']) AS answer")
    assert len(confidences(whole)) == len(answers(whole)) == 2
    for prediction in predict(database(), db):
        assert len(prediction.confidence) == len(prediction.answer) > 0
        assert all(0 < sure <= 1 for sure in prediction.confidence)


def test_every_query_is_answered_in_order(db: neuraldb.Connection) -> None:
    seen: list[tuple[str, int, int | None]] = []
    made = list(predict(database(), db, lambda *step: seen.append(step)))
    assert [p.query for p in made] == [f"people-{n}" for n in range(len(QUERIES))]
    assert [sorted(map(str, p.answer)) for p in made] == [["Anna", "Nils"], ["Ola"], ["2"], ["True"], ["300.0 m"]]
    assert all(p.error is None and p.milliseconds > 0 for p in made)
    assert seen == [("people", n + 1, len(QUERIES)) for n in range(len(QUERIES))]
    assert [fact.text for fact in db.facts()] == list(FACTS)


def test_a_query_that_fails_has_no_answer_and_the_rest_go_on(
    db: neuraldb.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = plain(QUERIES[1][0])
    real = db.ask

    def ask(question: str, **options: Any) -> neuraldb.Result:
        if question == failing:
            raise neuraldb.DataError("the question is too hard", hint="ask another")
        return real(question, **options)

    monkeypatch.setattr(db, "ask", ask)
    made = list(predict(database(), db))
    assert [p.error for p in made] == [None, "the question is too hard", None, None, None]
    assert (made[1].answer, made[1].confidence) == ([], ())
    # what is no error of ours is not taken for a wrong answer
    monkeypatch.setattr(db, "ask", lambda question: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        list(predict(database(), db))


# ---------------------------------------------------------------------------------------------------------- the run


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_run_writes_predictions_and_prints_the_scorers_table(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "score.py").write_text(SCORER)
    paths = [written(tmp_path / "a.jsonl", database("a")), written(tmp_path / "b.jsonl.gz", database("b"))]
    out = tmp_path / "predictions.jsonl"
    assert run(paths, out, models=world().models()) == 0
    assert [(row["db"], row["id"]) for row in rows(out)] == [
        (name, f"{name}-{n}") for name in ("a", "b") for n in range(len(QUERIES))
    ]
    told, narrated = capfd.readouterr()
    first, second, *calibration = told.splitlines()
    assert [first, second] == ["scored a.jsonl b.jsonl.gz predictions.jsonl", "10 predictions"]
    # of the small scorer: of three values of the sets each is right, and of the sum none
    assert calibration[0].split() == ["calibration", "answers", "mean", "confidence", "right", "ECE", "(%)"]
    assert {line.split()[0]: (line.split()[1], line.split()[3]) for line in calibration[1:6]} == {
        "bool": ("2", "1.000"), "count": ("2", "1.000"), "set": ("6", "1.000"), "sum": ("2", "0.000"),
        "overall": ("12", "0.833"),
    }  # fmt: skip
    assert sum(int(line.split()[3]) for line in calibration[7:]) == 12
    assert narrated == "a: 5 queries\nb: 5 queries\n"


def test_a_limit_is_of_databases_of_each_file(tmp_path: Path) -> None:
    paths = [written(tmp_path / f"{n}.jsonl", database(f"{n}a"), database(f"{n}b")) for n in "xy"]
    out = tmp_path / "predictions.jsonl"
    assert run(paths, out, models=world().models(), limit=1) == 0
    assert {row["db"] for row in rows(out)} == {"xa", "ya"}


def test_a_failure_is_named_and_changes_the_exit_code(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: object, question: str, **options: object) -> None:
        raise neuraldb.DataError("the question is too hard")

    monkeypatch.setattr(neuraldb.Connection, "ask", refuse)
    out = tmp_path / "predictions.jsonl"
    assert run([written(tmp_path / "a.jsonl", database("a"))], out, models=world().models()) == 1
    assert [row["answer"] for row in rows(out)] == [[]] * len(QUERIES)
    narrated = capfd.readouterr().err
    assert "a-0: the question is too hard\n" in narrated
    # and where no scorer stands beside the data, that is said
    assert f"no score.py beside {tmp_path}/a.jsonl: predictions are in {out}" in narrated


# ---------------------------------------------------------------------------------------------- the benchmark's scorer


def test_a_scorer_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match="there is no score"):
        scorer(tmp_path)


def test_a_value_is_right_if_it_scores_by_itself(tmp_path: Path) -> None:
    (tmp_path / "score.py").write_text(SCORER)
    query = {"type": "set", "answer": ["Anna", "Nils"]}
    made = Prediction("d", "q", ["Anna", "Ola"], 1.0, None, (0.9, 0.4))
    found = list(judged(query, made, scorer(tmp_path)))
    assert [(each.type, each.confidence, each.right) for each in found] == [("set", 0.9, True), ("set", 0.4, False)]
    assert list(judged(query, Prediction("d", "q", [], 1.0), scorer(tmp_path))) == []


def guess(query: dict[str, Any], rng: random.Random) -> list[Any]:
    """Right, wrong, half right, in another form or nothing at all."""
    gold = list(query["answer"])
    kind = rng.randrange(6)
    if kind == 0:
        return gold
    if kind == 1:
        return [*gold, "something else"]
    if kind == 2:
        return gold[: len(gold) // 2]
    if kind == 3:
        return [form for forms in query.get("accepted") or [] for form in forms[:1]]
    if kind == 4:
        return [rng.choice([True, False, 3, 2.5, "1990", "unknown"])]
    return []


@pytest.mark.data
def test_the_comparison_agrees_with_the_scorer_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not (FACTBENCH / "score.py").exists():
        pytest.skip(f"there is no {FACTBENCH / 'score.py'}")
    source = FACTBENCH / "dev_25.jsonl.gz"
    said: dict[str, list[Prediction]] = {method: [] for method in METHODS}

    def replies(
        session: object, made: dict[str, Any], ids: object, methods: Sequence[str], budget: object
    ) -> Iterator[tuple[str, dict[str, Any], Reply]]:
        for query in made["queries"]:
            for method in methods:
                answer = guess(query, random.Random(f"{method} {query['id']}"))
                said[method].append(Prediction(made["name"], query["id"], answer, 1.0))
                yield method, query, Reply(answer)

    monkeypatch.setattr(support_sets, "_replies", replies)
    asked = compare([source], limit=6, models=world().models())
    first = tmp_path / "first.jsonl"
    written(first, *(made for n, made in enumerate(databases(source)) if n < 6))
    for method in METHODS:
        predictions = tmp_path / f"{method}.jsonl"
        predictions.write_text("".join(p.to_json() + "\n" for p in said[method]), encoding="utf-8")
        command = [sys.executable, str(FACTBENCH / "score.py"), "--json", str(first), str(predictions)]
        report = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        mine = [each for each in asked if each.method == method]
        expected = {"overall": report["overall"], **report["by_type"]}
        assert {each.type for each in mine} == report["by_type"].keys()
        for kind, means in expected.items():
            figures = Figures.of([each for each in mine if kind in ("overall", each.type)])
            theirs = (means["n"], 100 * means["em"], 100 * means["f1"])
            assert (figures.queries, figures.exact, figures.overlap) == pytest.approx(theirs), (method, kind)
        assert 10 < Figures.of(mine).exact < 60
