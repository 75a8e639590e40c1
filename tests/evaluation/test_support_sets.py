"""Support sets found in different ways, and the right ones: what each lets the reader see, and what it comes to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from doubles import OracleReader

from evaluation.bases import FACTS, QUERIES, SCORER, database, plain, world, written
from neuraldb.core.errors import DataError
from neuraldb.evaluation.support_set_tables import Figures, joined, markdown, supported_by, tables
from neuraldb.evaluation.support_sets import METHODS, Asked, compare, gold_facts, options
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


def figures(asked: Sequence[Asked], kind: str, method: str) -> tuple[int, float, float]:
    made = Figures.of([each for each in asked if (each.type, each.method) == (kind, method)])
    return made.queries, made.exact, made.overlap


def one(
    method: str = "gold", kind: str = "set", size: int = 5, support: int = 2, exact: float = 1.0, overlap: float = 1.0,
    hits: int = 2, facts: int = 4, readings: int = 4,
) -> Asked:  # fmt: skip
    return Asked(method, kind, size, support, exact, overlap, hits, facts, readings)


# ------------------------------------------------------------------------------------------------------ the comparison


@pytest.mark.parametrize("method", [m for m in METHODS if m != "gold"])
def test_a_method_is_a_way_to_retrieve(method: str) -> None:
    made = options(method, QUERY, [11, 12, 13, 14, 15], 7)
    assert (made.retrieval, made.budget, made.visible) == (method, 7, None)


def test_gold_reads_the_facts_of_the_support_sets_and_no_others() -> None:
    query = {**QUERY, "facts": [[0, 1], [4], [1]]}
    made = options("gold", query, [11, 12, 13, 14, 15], 1)
    assert made.visible == gold_facts(query, [11, 12, 13, 14, 15]) == frozenset({11, 12, 15})
    # all of them, however many there are
    assert (made.retrieval, made.budget) == ("all", None)
    assert options("gold", {**QUERY, "facts": []}, [11], None).visible == frozenset()


def test_a_reader_that_is_always_right_finds_everything(bench: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = compare([bench], limit=1, models=world().models())
    assert [each.method for each in asked] == [*METHODS] * len(QUERIES)
    for method in METHODS:
        assert [figures(asked, kind, method) for kind in ("set", "count", "bool")] == [
            (2, 100.0, 100.0), (1, 100.0, 100.0), (1, 100.0, 100.0),
        ]  # fmt: skip
        # the small scorer here takes "300.0 m" for another answer than "300 m"
        assert figures(asked, "sum", method)[0] == 1
    assert capsys.readouterr().err == "whole\n"


def test_a_fact_that_is_missing_costs_what_rests_on_it(bench: Path) -> None:
    asked = compare([bench], models=world().models())
    for method in METHODS:
        # of four sets one lacks a member, and overlaps
        assert figures(asked, "set", method) == (4, 75.0, 87.5)
        assert figures(asked, "count", method) == (2, 50.0, 50.0)
        assert figures(asked, "bool", method) == (2, 100.0, 100.0)


def test_what_is_retrieved_is_set_against_the_support_sets(bench: Path) -> None:
    asked = compare([bench], ["all", "gold"], limit=1, models=world().models())
    whole = [each for each in asked if each.method == "all"]
    right = [each for each in asked if each.method == "gold"]
    support = [len({fact for some in sets for fact in some}) for *_, sets in QUERIES]
    assert [each.support for each in whole] == [each.support for each in right] == support
    assert {(each.facts, each.recall, each.size) for each in whole} == {(len(FACTS), 1.0, len(FACTS))}
    assert [each.precision for each in whole] == [count / len(FACTS) for count in support]
    assert [(each.precision, each.recall, each.facts) for each in right] == [(1.0, 1.0, count) for count in support]
    # what another method has read before counts as read
    assert all(each.readings >= each.facts for each in asked)


def test_a_budget_holds_what_is_retrieved(bench: Path) -> None:
    asked = compare([bench], ["hybrid", "gold"], budget=1, limit=1, models=world().models())
    assert {each.facts for each in asked if each.method == "hybrid"} == {1}
    assert max(each.facts for each in asked if each.method == "gold") == 2


def test_gold_is_read_in_the_order_of_the_database() -> None:
    session = Session(":memory:", models=world().models())
    # what was known before shifts the ids
    session.add([NewFact("It rains.")])
    ids = [added.id for added in session.add([NewFact(text) for text in FACTS])]
    query = {**QUERY, "facts": [[1]]}
    result = session.run(plain(QUERIES[0][0]), "question", options=options("gold", query, ids, None))
    assert result.fetchall() == [("Nils",)]
    session.close()


def test_under_gold_the_reader_sees_no_other_fact(bench: Path) -> None:
    made = world()
    whole = made.models()
    reader = OracleReader(made)
    compare([bench], ["gold"], limit=1, models=Models(whole.encoder, reader, whole.parser, whole.extractor))
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
    asked = compare([bench], limit=1, models=world().models())
    for method in METHODS:
        assert figures(asked, "set", method) == (2, 50.0, 50.0)
        failed = [each for each in asked if each.method == method][1]
        assert (failed.facts, failed.recall, failed.precision) == (0, 0.0, 0.0)
    told = capsys.readouterr().err.splitlines()
    assert [line for line in told if line != "whole"] == [f"whole-1 ({method}): too hard" for method in METHODS]


# --------------------------------------------------------------------------------------------------------- the tables


def test_the_means() -> None:
    made = Figures.of([one(), one(exact=0.0, overlap=0.5, support=4, hits=1, facts=2, readings=6)])
    assert made == Figures(2, 50.0, 75.0, 50.0, 62.5, 3.0, 5.0)


def test_questions_without_an_answer_have_no_support_to_find() -> None:
    nothing = one(support=0, hits=0, facts=8, readings=8)
    made = Figures.of([one(hits=1), nothing])
    assert (made.precision, made.recall, made.facts) == (25.0, 50.0, 6.0)
    alone = Figures.of([nothing])
    assert (alone.precision, alone.recall, alone.exact) == (None, None, 100.0)


@pytest.mark.parametrize(
    ("support", "name"),
    [(0, "0"), (1, "1"), (2, "2-5"), (5, "2-5"), (6, "6-20"), (20, "6-20"), (21, "more"), (400, "more")],
)
def test_groups_by_support(support: int, name: str) -> None:
    assert supported_by(one(support=support)) == name


@pytest.mark.parametrize(("kind", "several"), [("join", True), ("conj", True), ("neg", True), ("set", False)])
def test_groups_by_joins(kind: str, several: bool) -> None:
    assert joined(one(kind=kind)) == ("several questions" if several else "one question")


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_tables() -> None:
    made = [
        one("gold", "set", size=100, facts=2, readings=2),
        one("bm25", "set", size=100, exact=0.0, overlap=2 / 3, hits=1, facts=4),
        one("gold", "unans", size=25, support=0, hits=0, facts=0, readings=0),
        one("gold", "join", size=1000, support=30, hits=30, facts=30, readings=31),
    ]
    first, *others = tables(made).split("\n\nBy ")
    assert first.splitlines() == [
        "By method (%; facts retrieved and readings a question)",
        "",
        "| method | queries | exact match |    F1 | precision | recall | facts | readings |",
        "| ------ | ------: | ----------: | ----: | --------: | -----: | ----: | -------: |",
        "| bm25   |       1 |         0.0 |  66.7 |      25.0 |   50.0 |   4.0 |      4.0 |",
        "| gold   |       3 |       100.0 | 100.0 |     100.0 |  100.0 |  10.7 |     11.0 |",
    ]
    assert others[0].splitlines() == [
        "type: exact match / F1 (%)",
        "",
        "| type  | queries |       bm25 |          gold |",
        "| ----- | ------: | ---------: | ------------: |",
        "| join  |       1 |            | 100.0 / 100.0 |",
        "| set   |       1 | 0.0 / 66.7 | 100.0 / 100.0 |",
        "| unans |       1 |            | 100.0 / 100.0 |",
    ]
    assert cells(others[1].splitlines()[-1]) == ["unans", "1", "", "- / - / 0.0"]
    columns = [[cells(line)[0] for line in text.splitlines()[4:]] for text in others[::2]]
    assert columns == [
        ["join", "set", "unans"], ["0", "2-5", "more"], ["one question", "several questions"], ["25", "100", "1000"],
    ]  # fmt: skip


def test_a_markdown_table() -> None:
    assert markdown(["what", "n"], [["a", "10"], ["longer", "2"]]).splitlines() == [
        "| what   |  n |", "| ------ | -: |", "| a      | 10 |", "| longer |  2 |",
    ]  # fmt: skip
