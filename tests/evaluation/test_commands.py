"""``neuraldb bench``: arguments, exit codes, and what is printed where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evaluation.bases import QUERIES, SCORER, database, world, written
from neuraldb.evaluation import factbench, support_set_tables, support_sets
from neuraldb.models import registry
from neuraldb.models.retriever import MiniLMRetriever
from neuraldb.shell.cli import main


@pytest.fixture(autouse=True)
def modelled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The embedded models are those of the small world, and a database lies in the folder that we are in."""
    models = world().models()
    for role in ("encoder", "reader", "parser", "extractor"):
        monkeypatch.setattr(registry, f"_{role}", lambda role=role: getattr(models, role))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "score.py").write_text(SCORER)
    written(tmp_path / "two.jsonl", database("a"), database("b"))


def test_factbench(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["bench", "factbench", "two.jsonl", "--limit", "1", "--out", "out.jsonl"]) == 0
    out, err = capfd.readouterr()
    assert out.startswith("scored two.jsonl out.jsonl\n5 predictions\ncalibration ")
    assert err == "a: 5 queries\n"
    lines = (tmp_path / "out.jsonl").read_text().splitlines()
    assert [json.loads(line)["id"] for line in lines] == [f"a-{n}" for n in range(len(QUERIES))]


def test_predictions_go_to_a_file_of_their_own(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["bench", "factbench", "two.jsonl"]) == 0
    assert len((tmp_path / "predictions.jsonl").read_text().splitlines()) == 2 * len(QUERIES)
    assert "10 predictions" in capfd.readouterr().out


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_support_sets(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "support-sets", "two.jsonl", "--limit", "1"]) == 0
    out, err = capfd.readouterr()
    assert err == "a\n"
    first, *others = out.split("\n\nBy ")
    assert [cells(line)[:2] for line in first.splitlines()[4:]] == [[m, "5"] for m in support_sets.METHODS]
    assert [text.split(":")[0] for text in others[::2]] == ["type", "supporting facts", "join", "facts in the database"]
    head, _, *rest = others[0].splitlines()[2:]
    assert cells(head) == ["type", "queries", *support_sets.METHODS]
    assert [cells(line)[:2] for line in rest] == [["bool", "1"], ["count", "1"], ["set", "2"], ["sum", "1"]]
    assert cells(rest[0])[2:] == ["100.0 / 100.0"] * len(support_sets.METHODS)


def test_methods_are_chosen(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "support-sets", "two.jsonl", "--limit", "1", "--methods", "gold", "bm25"]) == 0
    first = capfd.readouterr().out.split("\n\nBy ")[0]
    assert [cells(line)[0] for line in first.splitlines()[4:]] == ["bm25", "gold"]
    assert main(["bench", "support-sets", "two.jsonl", "--methods", "luck"]) == 2
    assert "invalid choice: 'luck'" in capfd.readouterr().err


def test_arguments_are_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    monkeypatch.setattr(factbench, "run", lambda *a, **k: seen.append((a, k)) or 3)
    monkeypatch.setattr(support_sets, "compare", lambda *a: seen.append(a[:-1]) or [])
    monkeypatch.setattr(support_set_tables, "tables", lambda asked: f"tables of {asked}")
    two = Path("two.jsonl")
    assert main(["bench", "factbench", "two.jsonl", "two.jsonl"]) == 3
    assert main(["bench", "support-sets", "two.jsonl", "--budget", "9", "--methods", "trained"]) == 0
    assert seen == [
        (([two, two], Path("predictions.jsonl")), {"limit": None}),
        ([two], ["trained"], 9, None),
    ]


def test_other_weights_of_the_retriever(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    loaded: list[Path] = []
    stand_in = object()
    monkeypatch.setattr(MiniLMRetriever, "load", lambda path: loaded.append(path) or stand_in)
    monkeypatch.setattr(support_sets, "compare", lambda *a: loaded.append(a[-1].retriever) or [])
    monkeypatch.setattr(support_set_tables, "tables", lambda asked: "tables")
    weights = Path("distant.safetensors")
    assert main(["bench", "support-sets", "two.jsonl", "--retriever", str(weights)]) == 2
    assert "there is no file distant.safetensors" in capfd.readouterr().err
    weights.write_bytes(b"weights")
    assert main(["bench", "support-sets", "two.jsonl", "--retriever", str(weights)]) == 0
    assert loaded == [weights, stand_in]


@pytest.mark.parametrize("name", ["factbench", "support-sets"])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: FILE"),
        (["gone.jsonl"], "there is no file gone.jsonl"),
        (["two.jsonl", "--limit", "few"], "invalid int value: 'few'"),
        (["two.jsonl", "--nonsense"], "unrecognized arguments: --nonsense"),
    ],
)
def test_wrong_arguments(capfd: pytest.CaptureFixture[str], name: str, arguments: list[str], message: str) -> None:
    assert main(["bench", name, *arguments]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert message in err
    assert "Traceback" not in err


def test_a_folder_without_a_scorer(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "score.py").unlink()
    assert main(["bench", "support-sets", "two.jsonl"]) != 0
    assert "there is no score.py" in capfd.readouterr().err


@pytest.mark.parametrize("name", ["factbench", "support-sets"])
@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (b"Anna lives in Oslo.\n", "notes.txt, line 1: not JSON: Expecting value"),
        (b'\n{"name": "a", "facts": [], "queries": []}\n{"name": ', "notes.txt, line 3: not JSON"),
        (b"[1, 2]", "notes.txt, line 1: a database is an object"),
        (b'{"facts": [], "queries": []}', "notes.txt, line 1: the database has no name"),
        (b'{"name": "a", "facts": [1], "queries": []}', "notes.txt, line 1: its facts are no list of texts"),
        (b'{"name": "a", "facts": []}', "notes.txt, line 1: its queries are no list of questions"),
        (b'{"name": "a", "facts": [], "queries": ["Who?"]}', "notes.txt, line 1: its queries are no list of questions"),
        (b'{"name": "a", "facts": [], "queries": [{"query": "Who?"}]}', "line 1: one of its queries has no id"),
        (b'{"name": "caf\xe9"}', "notes.txt, line 1: byte 0xe9 is not UTF-8"),
        (b"\x1f\x8bnothing", "notes.txt is not a whole gzip file"),
    ],
)
def test_a_file_that_is_no_benchmark(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, name: str, contents: bytes, message: str
) -> None:
    (tmp_path / "notes.txt").write_bytes(contents)
    assert main(["bench", name, "notes.txt"]) == 1
    out, err = capfd.readouterr()
    assert out == ""
    # databases before it may have been answered
    assert "\nerror: " in f"\n{err}"
    assert message in err
    assert "Traceback" not in err


def test_a_folder_is_no_benchmark(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["bench", "factbench", str(tmp_path)]) == 1
    assert "cannot read" in capfd.readouterr().err


def test_predictions_that_cannot_be_written(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "factbench", "two.jsonl", "--out", "gone/out.jsonl"]) == 1
    err = capfd.readouterr().err
    assert err.startswith("error: cannot write gone/out.jsonl: ")
