"""``neuraldb bench subgraphs`` and ``neuraldb bench path-sets`` on data of our own."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from doubles import World

from evaluation.bases import SCORER
from neuraldb.core.errors import ImportFailed
from neuraldb.evaluation.path_questions import datasets, metaqa, pathquestion
from neuraldb.evaluation.subgraphs import Outcome, combinations, table
from neuraldb.models import registry
from neuraldb.shell.cli import main

KB = "a_b\tspouse\tc\nc\tplace_of_birth\toslo\na_b\tplace_of_birth\trome\nd\tspouse\te\n"
QUESTIONS = (
    "where is the birth place of a_b 's spouse ?\toslo(oslo/)\ta_b#spouse#c#place_of_birth#oslo#<end>#oslo\n"
    "where is the birth place of x 's spouse ?\ty(y/)\tx#spouse#c#place_of_birth#y#<end>#y\n"
)
JOIN = "Where is the head office of the employer of Anna?"


@pytest.fixture(autouse=True)
def modelled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    world = World()
    world.tell("Anna works for Equinor.", ("Anna", "employer", "Equinor"))
    world.tell("Equinor has its head office in Stavanger.", ("Equinor", "head office", "Stavanger"))
    world.question("Where is the head office of [inner:the employer of [entity:Anna]]?", "set", "_ | head office | ?")
    world.question("the employer of [entity:Anna]", "set")
    models = world.models()
    for role in ("encoder", "reader", "parser", "extractor"):
        monkeypatch.setattr(registry, f"_{role}", lambda role=role: getattr(models, role))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "score.py").write_text(SCORER)
    query = {"id": "q", "query": JOIN, "type": "join", "answer": ["Stavanger"], "facts": [[0, 1]]}
    other = {"id": "p", "query": "Who?", "type": "set", "answer": [], "facts": []}
    base = {"name": "a", "facts": list(world.said), "queries": [query, other, query]}
    (tmp_path / "joins.jsonl").write_text(json.dumps(base) + "\n")
    (tmp_path / "2H-kb.txt").write_text(KB)
    (tmp_path / "PQ-2H.train.txt.gz").write_bytes(gzip.compress(QUESTIONS.encode()))
    (tmp_path / "kb.txt.gz").write_bytes(gzip.compress(b"Emma|starred_actors|Ann Lee\n"))
    (tmp_path / "1hop_dev.txt.gz").write_bytes(gzip.compress(b"what films did [Ann Lee] act in\tEmma\n"))


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_subgraphs(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "subgraphs", ".", "--sets", "PQ-2H", "--filtering", "beam", "--extraction", "khop"]) == 0
    head, _, *lines = capfd.readouterr().out.strip().splitlines()
    assert head == "PQ-2H: 1 questions, 6 nodes, 4 edges"  # the other's topic is not in the graph
    for line, refinement in zip(lines[2:], ("none", "cosine", "reader"), strict=True):
        steps, held, nodes, edges, reached, traced, paths, *_ = cells(line)
        assert (steps, held, reached, traced) == (f"khop+beam+{refinement}", "100.0", "100.0", "100.0")
        assert (nodes, edges, paths) == ("4", "3", "3")


def test_all_data_sets_of_a_folder(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "subgraphs", ".", "--refinement", "none"]) == 0
    heads = [line.split(":")[0] for line in capfd.readouterr().out.splitlines() if "questions" in line]
    assert heads == ["PQ-2H", "MetaQA 1-hop"]


def test_a_data_set_that_is_not_there(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["bench", "subgraphs", ".", "--sets", "PQ-9H"]) == 1
    assert "there is no data set PQ-9H" in capfd.readouterr().err
    (tmp_path / "empty").mkdir()
    with pytest.raises(ImportFailed, match="neither PathQuestion nor MetaQA"):
        datasets(tmp_path / "empty")


def test_join_questions(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "path-sets", "joins.jsonl"]) == 0
    _, _, without, along = capfd.readouterr().out.strip().splitlines()
    assert cells(without)[:6] == ["none", "2", "0.0", "0.0", "0.0", "0.0"]
    assert cells(along)[:6] == ["khop+beam+none", "2", "100.0", "100.0", "100.0", "100.0"]
    assert main(["bench", "path-sets", "joins.jsonl", "--limit", "1", "--steps", "pagerank+shortest+none"]) == 0
    assert [cells(line)[:2] for line in capfd.readouterr().out.strip().splitlines()[2:]] == [
        ["none", "1"],
        ["pagerank+shortest+none", "1"],
    ]
    assert main(["bench", "path-sets", "joins.jsonl", "--steps", "luck"]) == 1


def test_questions_are_read() -> None:
    made = pathquestion("who is a_(b) 's son ?\tc_(d)(c_(d)/e/)\ta_(b)#son#c_(d)#<end>#c_(d)")
    assert (made.text, made.topic) == ("who is a (b) 's son ?", "a_(b)")
    assert (made.answers, made.path) == ({"c_(d)", "e"}, ("a_(b)", "son", "c_(d)"))
    with pytest.raises(ImportFailed, match="topic in brackets"):
        metaqa("what films did Ann Lee act in\tEmma")


def test_the_table_has_the_means() -> None:
    (steps,) = combinations(["khop"], ["beam"], ["none"])
    outcomes = [
        Outcome(steps, 1.0, 10, 20, 0.5, 4, True, True, 2.0),
        Outcome(steps, 0.0, 20, 40, 0.0, 0, None, False, 4.0),
    ]
    line = table(outcomes).splitlines()[-1]
    assert cells(line) == [
        "khop+beam+none",
        "50.0",
        "15",
        "30",
        "25.0",
        "100.0",
        "2",
        "50.0",
        "3",
    ]
