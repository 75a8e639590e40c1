"""The tour of the examples gives the answers that ``tour.txt`` has; a person has checked those against the sentences.

``tour.txt`` is what the shell shows under ``--echo``: each statement after ``>``, then its rows as CSV.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.commands import ROOT, run

pytestmark = pytest.mark.slow

EXAMPLES = ROOT / "examples"
PLAN = "\\explain"


def answers(transcript: str) -> dict[str, str]:
    """What each statement of a transcript gives."""
    parts = re.split(r"^> (.*)\n", transcript, flags=re.MULTILINE)
    assert parts[0] == "", parts[0]
    statements = parts[1::2]
    assert len(set(statements)) == len(statements), "a statement stands in the tour twice"
    return dict(zip(statements, parts[2::2], strict=True))


EXPECTED = answers(Path(__file__).with_name("tour.txt").read_text("utf-8"))


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("tour")
    loaded = run(f"neuraldb load tour.ndb {EXAMPLES}/expeditions.txt {EXAMPLES}/portraits.md", folder)
    assert re.findall(r"(\d+) refused", loaded) == ["0", "0"]
    return answers(run(f"neuraldb tour.ndb --echo -f {EXAMPLES}/tour.ndbs", folder))


@pytest.mark.parametrize("statement", EXPECTED)
def test_answer(given: dict[str, str], statement: str) -> None:
    assert given.get(statement, "the tour does not ask that") == EXPECTED[statement]


def test_nothing_is_asked_that_nobody_has_checked(given: dict[str, str]) -> None:
    assert [statement for statement in given if not statement.startswith(PLAN)] == list(EXPECTED)


def test_the_plan_of_a_join(given: dict[str, str]) -> None:
    (plan,) = [text for statement, text in given.items() if statement.startswith(PLAN)]
    assert [name for name in ("NeuralJoin", "NeuralSPJ", "Retrieve") if name not in plan] == []


def test_the_tour_is_in_all_languages_and_long_enough() -> None:
    kinds = {"SELECT ?": "sparql", "ASK": "sparql", "SELECT": "sql"}
    languages = [next((kinds[start] for start in kinds if s.startswith(start)), "question") for s in EXPECTED]
    assert {name: languages.count(name) >= least for name, least in (("question", 12), ("sql", 4), ("sparql", 4))} == {
        "question": True,
        "sql": True,
        "sparql": True,
    }
