"""WikiNLDB: questions at their height, predictions in the original's form, both scores, the command."""

from __future__ import annotations

import dataclasses
import doctest
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from doubles import World

import neuraldb
from neuraldb.evaluation import wikinldb, wikinldb_original, wikinldb_strict
from neuraldb.evaluation.wikinldb import Prediction, Showing, predict, run, scored
from neuraldb.evaluation.wikinldb_original import NotAggregated, aggregated, comparable, in_original_form
from neuraldb.evaluation.wikinldb_tables import Scored, supporting, table
from neuraldb.loading.wikinldb_databases import Database, Query
from neuraldb.loading.wikinldb_writing import write_databases
from neuraldb.models import registry
from neuraldb.shell.cli import main

FACTS = ("Anna lives in Oslo.", "Ola lives in Bergen.", "Nils lives in Oslo.")
WHO = "Who lives in [entity:Oslo]?"
MANY = "How many people live in [entity:Oslo]?"
IS = "Does [entity:Ola] live in [entity:Bergen]?"


def world() -> World:
    made = World()
    for text in FACTS:
        name, _, city = text.rstrip(".").partition(" lives in ")
        made.tell(text, (name, "lives in", city))
    made.question(WHO, "set", "? | lives in | Oslo")
    made.question(MANY, "count", "? | lives in | Oslo")
    made.question(IS, "bool", "Ola | lives in | Bergen")
    return made


def plain(text: str) -> str:
    return World().question(text, "set")


def query(text: str, kind: str, height: int, answer: tuple[Any, ...], **more: Any) -> Query:
    facts, derivations = more.pop("facts", ()), more.pop("derivations", ())
    name = more.pop("id", f"{kind}_P551_{height}")
    return Query(name, plain(text), kind, "P551", height, facts, derivations, answer, **more)


QUERIES = (
    query(WHO, "set", 3, ("Anna", "Nils"), facts=((0,), (2,)), derivations=("Anna", "Nils")),
    query(WHO, "set", 2, ("Anna",), facts=((0,),), derivations=("Anna",)),
    query(MANY, "count", 3, (2,), facts=((0,), (2,)), derivations=("Anna", "Nils"), id="count_join"),
    query(IS, "bool", 1, (None,)),
    query(IS, "bool", 2, ("TRUE",), facts=((1,),), derivations=("TRUE",)),
)
DATABASE = Database("towns", FACTS, QUERIES)


@pytest.fixture
def db() -> Iterator[neuraldb.Connection]:
    with neuraldb.connect(":memory:", models=world().models()) as connection:
        yield connection


# ----------------------------------------------------------------------------------------------------------- asking


def test_a_query_sees_the_facts_before_its_height(db: neuraldb.Connection) -> None:
    made = {each.position: each for each in predict(DATABASE, db, 7)}
    assert [sorted(made[n].answer) for n in range(5)] == [["Anna", "Nils"], ["Anna"], [2], [], [True]]
    assert [made[n].type for n in range(5)] == ["set", "set", "count", "bool", "bool"]
    assert {each.database for each in made.values()} == {7}
    assert [fact.text for fact in db.facts()] == list(FACTS)


def test_the_original_shows_the_fact_at_the_height(db: neuraldb.Connection) -> None:
    made = {each.position: each for each in predict(DATABASE, db, showing=Showing(through_height=True))}
    assert sorted(made[1].answer) == ["Anna", "Nils"]
    assert made[3].answer == (True,)


def test_with_gold_support_sets_nothing_else_is_shown(
    db: neuraldb.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    db.add("It rains.")  # what was known before shifts the ids
    refused = dataclasses.replace(DATABASE, facts=(FACTS[0], " ", *FACTS[2:]))
    half = [dataclasses.replace(each, facts=((2,), (1,))) for each in QUERIES if each.height == 3]
    made = list(predict(dataclasses.replace(refused, queries=tuple(half)), db, showing=Showing(gold=True)))
    assert [each.answer for each in made] == [("Nils",), (1,)]
    assert capsys.readouterr().err.startswith("towns: fact 1 was refused: the text is blank")
    nothing = list(predict(DATABASE, db, showing=Showing(gold=True)))
    assert {each.answer for each in nothing if each.query.answer == (None,)} == {()}


def test_a_query_that_fails_has_no_answer(db: neuraldb.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(question: str, **options: Any) -> neuraldb.Result:
        raise neuraldb.DataError("too hard")

    monkeypatch.setattr(db, "ask", ask)
    made = list(predict(DATABASE, db))
    assert [(each.answer, each.error, each.type) for each in made] == [((), "too hard", "")] * 5


def test_a_line_of_the_predictions_file() -> None:
    made = json.loads(Prediction(3, 4, QUERIES[4], "bool", (True,), 12.34).to_json())
    assert made == {
        "prediction": ["TRUE"], "actual": ["TRUE"], "predicted_type": "bool", "answer": [True], "ms": 12.3,
        "metadata": {
            "relation": "P551", "id": "bool_P551_2", "type": "bool", "question": plain(IS),
            "database_idx": 3, "question_idx": 4,
        },
    }  # fmt: skip


# ------------------------------------------------------------------------------------------------ the original's score


@pytest.mark.parametrize(
    ("kind", "derivations", "expected"),
    [
        ("set", ["Oslo", "Bergen", "Oslo"], ["Oslo", "Bergen"]),
        ("set", ["Oslo [LIST] Bergen"], ["Oslo", "Bergen"]),
        ("set", [], []),
        ("count", ["Oslo", "Bergen", "Oslo"], [2]),
        ("count", [], [0]),
        ("bool", ["TRUE", "TRUE"], ["TRUE"]),
        ("bool", [], [None]),
        ("min", ["12", "9 metre"], [9.0]),
        ("max", ["A [SEP] 12", "B [SEP] 9"], [12.0]),
        ("max", [], [None]),
        ("argmax", ["A [SEP] x", "A [SEP] y", "B [SEP] z"], ["A"]),
        ("argmin", ["A [SEP] x", "B [SEP] y"], ["A", "B"]),
        ("argmin", [], [None]),
        ("argmax", ["A [SEP] x [SEP] Norway", "A [SEP] y [SEP] Norway", "B [SEP] z"], ["Norway"]),
        # only the first of numbers that tie
        ("argmax", ["A [SEP] 12", "B [SEP] 12", "C [SEP] 9"], ["A"]),
        ("argmin", ["A [SEP] 12", "B [SEP] 9", "C [SEP] 9"], ["B"]),
        # only the first value of a key
        ("argmax", ["A [SEP] 9", "A [SEP] 99", "B [SEP] 12"], ["B"]),
        # digits with commas are no numbers, so derivations are counted
        ("argmax", ["A [SEP] 1,200", "B [SEP] 1,100"], ["A", "B"]),
    ],
)
def test_the_original_aggregates(kind: str, derivations: list[str], expected: list[Any]) -> None:
    assert aggregated(kind, "P1", derivations) == expected


def test_both_ends_of_a_border_are_keys() -> None:
    assert aggregated("argmax", "P47", ["A [SEP] B", "A [SYM] C", "B [SEP] D"]) == ["A", "B"]
    assert aggregated("argmax", "P1", ["A [SEP] B", "A [SYM] C", "B [SEP] D"]) == ["A"]


@pytest.mark.parametrize(
    ("kind", "derivations"),
    [
        ("set", ["A [SEP] B"]), ("bool", ["yes"]), ("min", ["long"]), ("max", ["12", "long"]), ("argmin", ["A"]),
        ("argmax", ["A [SEP] 12", "B [SEP] many"]), ("sum", ["1"]),
    ],
)  # fmt: skip
def test_what_the_original_cannot_aggregate_it_leaves_out(kind: str, derivations: list[str]) -> None:
    with pytest.raises(NotAggregated):
        aggregated(kind, "P1", derivations)
    left_out = Query("q", "?", kind, "P1", 1, ((0,),) * len(derivations), tuple(derivations), ("x",))
    made = Prediction(0, 0, left_out, kind, ("x",), 1.0)
    assert scored(made, 5) == Scored(left_out, 5, None, (1.0, 1.0))
    assert json.loads(made.to_json())["actual"] == ["x"]


def test_units_are_cut_off_in_an_order_of_its_own() -> None:
    assert [comparable(text) for text in ("5 percent", "5 kg", "5 kilometre", "5 kilogramme", "5 pound")] == [
        5.0, 5.0, "5 kilometre", "5 kilogramme", 5.0,
    ]  # fmt: skip


def test_answers_in_the_original_form() -> None:
    assert in_original_form("set", ["Oslo", None, "12 percent"]) == ["Oslo", 12.0]
    assert in_original_form("bool", [False]) == ["FALSE"]
    assert in_original_form("max", ["1,200 people"]) == [1200.0]
    assert in_original_form("max", ["many"]) == ["many"]
    assert in_original_form("count", [2]) == [2]
    assert [in_original_form(kind, []) for kind in ("set", "count", "bool", "argmin")] == [[], [], [None], [None]]


@pytest.mark.parametrize(
    ("actual", "predicted", "expected"),
    [
        (["A", "B"], ["A", "B"], (1.0, 1.0)),
        (["A", "B"], ["B", "A"], (0.0, 1.0)),
        (["A", "B"], ["A"], (0.0, 2 / 3)),
        (["A"], ["a"], (0.0, 0.0)),
        ([], [], (1.0, 1.0)),
        ([], ["A"], (0.0, 0.0)),
        ([None], [None], (1.0, 1.0)),
    ],
)
def test_the_score_of_the_original(actual: list[Any], predicted: list[Any], expected: tuple[float, float]) -> None:
    assert wikinldb_original.score(actual, predicted) == pytest.approx(expected)


# ---------------------------------------------------------------------------------------------------------- our score


@pytest.mark.parametrize(
    ("gold", "answer", "expected"),
    [
        (("Anna", "Nils"), ["nils", "Anna"], (1.0, 1.0)),
        (("Anna", "Nils"), ["Anna", "Anna"], (0.0, 2 / 3)),
        (("Anna", "Nils"), ["Anna", "Nils", "Ola"], (0.0, 0.8)),
        (("Anna",), [], (0.0, 0.0)),
        ((), [], (1.0, 1.0)),
        ((None,), [None], (1.0, 1.0)),
        ((None,), ["Anna"], (0.0, 0.0)),
        ((0,), [0], (1.0, 1.0)),
        ((0,), [], (0.0, 0.0)),
        ((1200.0,), ["1,200 people"], (1.0, 1.0)),
        ((1200.0,), [1201], (0.0, 0.0)),
        (("4.3 percent",), ["4.3 %"], (1.0, 1.0)),
        (("4.3 percent",), ["4.3 km"], (0.0, 0.0)),
        (("12 Monkeys",), ["12 people"], (0.0, 0.0)),
        (("TRUE",), [True], (1.0, 1.0)),
        (("TRUE",), [False], (0.0, 0.0)),
        (("FALSE",), [False], (1.0, 1.0)),
        (("true north",), [True], (0.0, 0.0)),
    ],
)
def test_the_strict_score(gold: tuple[Any, ...], answer: list[Any], expected: tuple[float, float]) -> None:
    asked = Query("q", "?", "set", "P1", 1, (), (), gold)
    assert wikinldb_strict.score(asked, answer) == pytest.approx(expected)


def test_ties_count_strictly_and_not_as_the_original_has_it() -> None:
    tie = Query("q", "?", "argmax", "P1", 2, ((0,), (1,)), ("A [SEP] 9", "B [SEP] 9"), ("A", "B"))
    both = scored(Prediction(0, 0, tie, "argmax", ("A", "B"), 1.0), 2)
    first = scored(Prediction(0, 0, tie, "argmax", ("A",), 1.0), 2)
    assert (both.strict, both.compatible) == ((1.0, 1.0), (0.0, pytest.approx(2 / 3)))
    assert (first.strict, first.compatible) == ((0.0, pytest.approx(2 / 3)), (1.0, 1.0))


@pytest.mark.parametrize("module", [wikinldb_original, wikinldb_strict, wikinldb])
def test_examples(module: Any) -> None:
    assert doctest.testmod(module).failed == 0


# ------------------------------------------------------------------------------------------------------------ figures


@pytest.mark.parametrize(("count", "name"), [(0, "0"), (1, "1"), (2, "2-4"), (9, "5-9"), (19, "10-19"), (20, "20+")])
def test_queries_are_grouped_by_their_support(count: int, name: str) -> None:
    asked = dataclasses.replace(QUERIES[0], facts=tuple((n, 0) for n in range(count)))
    assert supporting(asked) == name


def test_the_table() -> None:
    right, half = (1.0, 1.0), (0.0, 0.5)
    lines = table(
        [Scored(QUERIES[0], 3, half, right), Scored(QUERIES[2], 3, None, half), Scored(QUERIES[3], 25, right, half)]
    ).splitlines()
    assert lines[1].split() == ["queries", "scored", "F1", "exact", "exact", "F1"]
    figures = {line.strip().split("  ")[0]: line.split()[-6:] for line in lines[2:] if line.split()[-1][0].isdigit()}
    assert figures == {
        "set": ["1", "1", "50.0", "0.0", "100.0", "100.0"],
        "count": ["1", "0", "-", "-", "0.0", "50.0"],
        "bool": ["1", "1", "100.0", "100.0", "0.0", "50.0"],
        "3": ["2", "1", "50.0", "0.0", "50.0", "75.0"],
        "25": ["1", "1", "100.0", "100.0", "0.0", "50.0"],
        "0": ["1", "1", "100.0", "100.0", "0.0", "50.0"],
        "2-4": ["2", "1", "50.0", "0.0", "50.0", "75.0"],
        "with": ["1", "0", "-", "-", "0.0", "50.0"],
        "without": ["2", "2", "75.0", "50.0", "50.0", "75.0"],
        "all": ["3", "2", "75.0", "50.0", "33.3", "66.7"],
    }


# -------------------------------------------------------------------------------------------------------- the command


@pytest.fixture
def modelled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    models = world().models()
    for role in ("encoder", "reader", "parser", "extractor"):
        monkeypatch.setattr(registry, f"_{role}", lambda role=role: getattr(models, role))
    monkeypatch.chdir(tmp_path)
    write_databases(tmp_path / "two.jsonl", [DATABASE, dataclasses.replace(DATABASE, name="again")])
    return tmp_path


def test_the_command(modelled: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "wikinldb", "two.jsonl", "--limit", "1", "--out", "out.jsonl"]) == 0
    out, err = capfd.readouterr()
    assert out.splitlines()[-2].split() == ["all", "5", "5", "100.0", "100.0", "100.0", "100.0"]
    assert out.splitlines()[-1] == "type of question recognised: 100.0"
    assert err == "towns: 3 facts, 5 queries\n"
    lines = [json.loads(line) for line in (modelled / "out.jsonl").read_text("utf-8").splitlines()]
    assert [line["metadata"]["question_idx"] for line in lines] == list(range(5))


def test_the_command_as_the_original_reads(modelled: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "wikinldb", "two.jsonl", "--through-height"]) == 0
    assert capfd.readouterr().out.splitlines()[-2].split()[:2] == ["all", "10"]
    lines = [json.loads(line) for line in (modelled / "predictions.jsonl").read_text("utf-8").splitlines()]
    assert [line["metadata"]["database_idx"] for line in lines] == [0] * 5 + [1] * 5
    assert lines[3]["prediction"] == ["TRUE"]
    assert lines[3]["actual"] == [None]


def test_the_command_with_gold_support_sets(modelled: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "wikinldb", "two.jsonl", "--gold", "--limit", "1"]) == 0
    assert capfd.readouterr().out.splitlines()[-2].split()[-2:] == ["100.0", "100.0"]


def test_a_failure_is_named_and_told_by_the_exit_code(
    modelled: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def answers(result: object) -> list[Any]:
        raise neuraldb.DataError("too hard")

    monkeypatch.setattr(wikinldb, "answers", answers)
    assert run([modelled / "two.jsonl"], modelled / "out.jsonl", models=world().models(), limit=1) == 1
    assert "bool_P551_2: too hard" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message", "code"),
    [
        (["gone.jsonl"], "there is no file gone.jsonl", 2),
        (["two.jsonl", "--out", "gone/out.jsonl"], "cannot write gone/out.jsonl", 1),
        (["two.jsonl", "--reader", "parrot"], "there is no reader parrot", 1),
        (["other.jsonl"], "other.jsonl: database 1 has no list of facts", 1),
    ],
)
def test_what_is_wrong_is_told(
    modelled: Path, capfd: pytest.CaptureFixture[str], arguments: list[str], message: str, code: int
) -> None:
    (modelled / "other.jsonl").write_text("{}", encoding="utf-8")
    assert main(["bench", "wikinldb", *arguments]) == code
    err = capfd.readouterr().err
    assert message in err
    assert "Traceback" not in err
