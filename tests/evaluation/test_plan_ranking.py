"""``neuraldb bench plans`` on data of our own, and the ranker that it trains."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from doubles.encoder import HashedWords
from doubles.marked import TableParser, marked

from neuraldb.evaluation.path_questions import Dataset, datasets
from neuraldb.evaluation.plan_ranking import PlanBench, table_row
from neuraldb.models import registry
from neuraldb.models.plan_ranker import SimilarityRanker
from neuraldb.models.registry import Models
from neuraldb.shell.cli import main
from neuraldb.training.plan_examples import fold
from neuraldb.training.plan_ranking import Example, learn

PEOPLE = [f"person_{number}" for number in range(30)]
KB = "".join(
    f"{name}\tspouse\t{name}_s\n{name}_s\tplace_of_birth\tcity_{name}\n{name}\tgender\tmale\n" for name in PEOPLE
)
QUESTIONS = "".join(
    f"where was {name} 's wife born ?\tcity_{name}(city_{name}/)\t"
    f"{name}#spouse#{name}_s#place_of_birth#city_{name}#<end>#city_{name}\n"
    for name in PEOPLE
)
PARSER = TableParser()
for person in PEOPLE:
    PARSER.know(marked(f"where was [entity:{person.replace('_', ' ')}] 's wife born ?", "set"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder like PathQuestion's."""
    monkeypatch.setattr(registry, "_encoder", lambda: HashedWords(256))
    monkeypatch.setattr(registry, "_parser", lambda: PARSER)
    monkeypatch.setattr(Models, "plan_ranker", SimilarityRanker(HashedWords(256)))
    (tmp_path / "2H-kb.txt").write_text(KB)
    (tmp_path / "PQ-2H.train.txt.gz").write_bytes(gzip.compress(QUESTIONS.encode()))
    return tmp_path


def bench(folder: Path) -> PlanBench:
    (dataset,) = datasets(folder)
    assert isinstance(dataset, Dataset)
    return PlanBench(dataset, 30, Models())


def test_topics_that_are_held_out_are_not_learned_from(folder: Path) -> None:
    made = bench(folder)
    assert made.held_out
    assert made.training
    assert not {question.topic for question in made.held_out} & {question.topic for question in made.training}
    assert {fold(question.topic) for question in made.held_out} == {0}
    made.close()


def test_what_is_learned_finds_the_path(folder: Path) -> None:
    made = bench(folder)
    outcomes = list(made.outcomes(made.learned(HashedWords(256))))
    assert len(outcomes) == len(made.held_out)
    assert all(outcome.hit and outcome.path and outcome.oracle and outcome.run for outcome in outcomes)
    made.close()


def test_the_command_shows_both_rankers(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "plans", str(folder)]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert [line.split(" | ")[1:3] for line in lines[2:8]] == [
        [topic, ranker] for topic in ("given", "own") for ranker in ("cosine", "shipped", "learned")
    ]
    assert lines[4].split(" | ")[4:8] == ["100.0"] * 4
    assert lines[7].split(" | ")[4:8] == ["100.0"] * 4


def test_a_data_set_that_is_not_there(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "plans", str(folder), "--sets", "PQ-9H"]) != 0
    assert "there is no data set PQ-9H" in capfd.readouterr().err


def test_words_that_have_nothing_in_common_are_learned_to_belong_together() -> None:
    examples = [
        Example(f"who married {name}", (f"{name} gender which", f"{name} spouse which"), frozenset({1}))
        for name in "abcd"
    ]
    ranker = learn([*examples, Example("nothing is right", ("a b",), frozenset())], HashedWords(128), epochs=20)
    gender, spouse = ranker.score("who married e", ["e gender which", "e spouse which"]).tolist()
    assert spouse > gender + 0.05
    again = learn(examples, HashedWords(128), epochs=20).score("who married e", ["e gender which", "e spouse which"])
    assert again.tolist() == [gender, spouse]
    assert ranker.score("who", []).shape == (0,)
    assert learn([], HashedWords(8)).score("a", ["a"]).tolist() == pytest.approx([1.0])


def test_nothing_found_is_no_share() -> None:
    assert table_row([]) == "0 | - | - | - | - | -"
