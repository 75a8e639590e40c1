"""The recipe of the paper's operator: its examples and their noise, its batches, and a model that learns from it."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch
from models import tiny

import neuraldb
from neuraldb.core.errors import ImportFailed, ModelUnavailable, OperationalError
from neuraldb.loading.wikinldb_databases import Database, Query
from neuraldb.models import folders
from neuraldb.models.protocols import Derivation, Reading, ReadRequest, SpanText
from neuraldb.models.seq2seq import Seq2SeqReader
from neuraldb.models.serialisation import parse
from neuraldb.shell.cli import main
from neuraldb.training import seq2seq_calibration, seq2seq_recipe
from neuraldb.training.seq2seq_calibration import calibrate_folder, exact, measured, request
from neuraldb.training.seq2seq_examples import TypedExample, examples, read_files
from neuraldb.training.seq2seq_recipe import Batches, Settings, run, taught

FACTS = [
    "Anna Berg was born in Oslo.",
    "Nils Berg was born in Bergen.",
    "The Glomma is 621 km long.",
    "Anna Berg works for Equinor.",
    "Nils Berg works for Statkraft.",
    "Eva Vik was born in Oslo.",
]


def query(question: str, kind: str, facts: list[list[int]], derivations: list[str], height: int = 6) -> dict[str, Any]:
    return {
        "id": f"{kind}_P19_x", "query": question, "type": kind, "relation": "P19", "height": height, "facts": facts,
        "derivations": derivations, "answer": [], "hard_negatives": None,
    }  # fmt: skip


QUERIES = [
    query("Who was born in Oslo?", "set", [[0], [5]], ["Anna Berg", "Eva Vik"]),
    query("Which river is longest?", "argmax", [[2]], ["The Glomma [SEP] 621 km"]),
    query("Was Anna Berg born in Oslo?", "bool", [[0]], ["TRUE"]),
    query("Was Anna Berg born in Bergen?", "bool", [[0]], ["FALSE"]),
    query("Who is named?", "set", [[0, 1], [0, 1]], ["Anna Berg", "Nils Berg"]),
    query("Who was born in Rome?", "set", [], []),
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A WikiNLDB file of version 2.4 with one database."""
    path = tmp_path / "train.jsonl"
    path.write_text(json.dumps({"facts": FACTS, "queries": QUERIES, "metadata": {"raw": []}}) + "\n")
    return path


@pytest.fixture
def databases(file: Path) -> list[Database]:
    return read_files([file])


# ------------------------------------------------------------------------------------------------------------ examples


def test_a_support_set_is_an_example_with_all_that_follows(databases: list[Database]) -> None:
    made = {(e.question, e.facts): e.target for e in examples(databases, random.Random(1), noise=False)}
    assert made == {
        ("Who was born in Oslo?", (FACTS[0],)): "[SET] Anna Berg",
        ("Who was born in Oslo?", (FACTS[5],)): "[SET] Eva Vik",
        ("Which river is longest?", (FACTS[2],)): "[ARGMAX] The Glomma [SEP] 621 km",
        ("Was Anna Berg born in Oslo?", (FACTS[0],)): "[BOOL] TRUE",
        ("Was Anna Berg born in Bergen?", (FACTS[0],)): "[BOOL] FALSE",
        ("Who is named?", (FACTS[0], FACTS[1])): "[SET] Anna Berg [LIST] Nils Berg",
    }


def test_noise_is_the_originals(databases: list[Database]) -> None:
    rng, counts = random.Random(1), Counter[str]()
    for _ in range(500):
        for example in examples(databases, rng):
            if example.question == "Which river is longest?":
                assert parse(example.target) is not None
                extra = set(example.facts) - {FACTS[2]}
                alone = FACTS[2] not in example.facts
                counts["alone" if alone else "mixed" if extra else "clean"] += 1
                assert len(extra) <= 3
                assert (example.target == "[ARGMAX] [NULL_ANSWER]") == alone
                assert len(set(example.facts)) == len(example.facts)
                counts["shuffled"] += not alone and example.facts[0] != FACTS[2]
    assert counts["clean"] == 500
    assert 250 < counts["mixed"] < 350
    assert 60 < counts["alone"] < 140
    assert counts["shuffled"] > 100


def test_no_noise_is_what_the_question_rests_on_or_what_is_not_told_yet() -> None:
    late = query("Who was born in Oslo?", "set", [[0], [1]], ["Anna Berg", "Nils Berg"], height=4)
    made = _database(late, Database("d", tuple(FACTS), ()))
    seen = {
        fact
        for seed in range(200)
        for e in examples([made], random.Random(seed))
        for fact in e.facts
        if e.target != "[SET] Anna Berg" and e.target != "[SET] Nils Berg"
    }
    assert seen == {FACTS[2], FACTS[3]}


def _database(asked: dict[str, Any], like: Database) -> Database:
    made = Query(
        asked["id"], asked["query"], asked["type"], "P19", asked["height"],
        tuple(tuple(s) for s in asked["facts"]), tuple(asked["derivations"]), (),
    )  # fmt: skip
    return Database(like.name, like.facts, (made,))


def test_older_files_are_read_or_told_of(tmp_path: Path) -> None:
    old = tmp_path / "v1.json"
    asked = {"question": "Who?", "type": "set", "height": 2, "facts": [0, 1], "deriations": ["Anna Berg", "Nils Berg"]}
    old.write_text(json.dumps({"facts": FACTS[:2], "queries": [asked]}))
    made = list(examples(read_files([old]), random.Random(1), noise=False))
    assert [(e.facts, e.target) for e in made] == [((FACTS[0],), "[SET] Anna Berg"), ((FACTS[1],), "[SET] Nils Berg")]
    older = tmp_path / "v0.5.json"
    older.write_text(
        json.dumps([{"updates": [["x", "y", FACTS[0]]], "queries": [[1, [0], "P19", "set", "Who?", "Anna"]]}])
    )
    with pytest.raises(ImportFailed, match="derivations"):
        read_files([older])


# ------------------------------------------------------------------------------------------------------------- batches


def test_batches_come_again_in_the_same_order(databases: list[Database], tmp_path: Path) -> None:
    _, tokenizer = taught(tiny.save_t5(tmp_path / "t5"))
    first, again = (Batches(databases, tokenizer, Settings(batch=3)) for _ in range(2))
    assert first.epoch(0) == again.epoch(0)
    assert first.epoch(0) != first.epoch(1)
    assert {e.question for batch in first.epoch(5) for e in batch} == {q["query"] for q in QUERIES[:5]}


def test_tensors_of_a_batch(tmp_path: Path, databases: list[Database]) -> None:
    _, tokenizer = taught(tiny.save_t5(tmp_path / "t5"))
    short, long = (
        TypedExample("Who?", facts, "set", follows) for facts, follows in ((("A.",), ()), (("A. " * 9,), ("A",) * 5))
    )
    batch = Batches(databases, tokenizer, Settings()).tensors([short, long])
    assert batch.mask.sum(1).tolist() == [(batch.ids[i] != 0).sum() for i in range(2)]
    kept = batch.labels[0][batch.labels[0] != -100]
    assert tokenizer.decode(kept) == "[SET] [NULL_ANSWER]</s>"
    assert (batch.labels[1] != -100).all()


def test_a_plain_model_is_given_the_tokens(tmp_path: Path) -> None:
    folder = tiny.save_t5(tmp_path / "plain", tiny.tokenizer(added=()))
    model, tokenizer = taught(folder)
    assert model.get_input_embeddings().weight.shape[0] >= len(tokenizer)
    assert tokenizer.tokenize("[SET] [NULL_ANSWER]")[0] == "[SET]"
    with pytest.raises(ModelUnavailable, match="no token"):
        Seq2SeqReader(folder)


# -------------------------------------------------------------------------------------------------- from end to end


def test_a_tiny_model_learns_and_answers_through_the_engine(tmp_path: Path, file: Path) -> None:
    base = tiny.save_t5(tmp_path / "base", tiny.tokenizer([*FACTS, *(q["query"] for q in QUERIES)], added=()))
    settings = Settings(minutes=600, epochs=120, rate=1e-2, batch=16, noise=False)
    out = tmp_path / "trained"
    figures = run([file], base, out, tmp_path / "checkpoints" / "seq2seq.pt", [file], settings)
    assert set(figures) >= {"all", "set", "argmax", "bool", "nothing", "temperature"}
    card = folders.settings(out)
    assert card["card"]["data"] == ["train.jsonl"]
    assert card["temperature"] == figures["temperature"]
    reader = Seq2SeqReader(out)
    answer, pair, yes, no = reader.read(
        [
            ReadRequest("Who was born in Oslo?", (FACTS[0],), "answer"),
            ReadRequest("Which river is longest?", (FACTS[2],), "pair"),
            ReadRequest("Was Anna Berg born in Oslo?", (FACTS[0],), "verdict"),
            ReadRequest("Was Anna Berg born in Bergen?", (FACTS[0],), "verdict"),
        ]
    )
    assert [d.key for d in answer.derivations] == [SpanText(0, 0, 9, "Anna Berg")]
    assert [(d.key.text, d.value and d.value.text) for d in pair.derivations] == [("The Glomma", "621 km")]
    assert yes.yes > 0.5 > yes.no
    assert no.no > 0.5 > no.yes
    with neuraldb.connect(reader=f"seq2seq:{out}") as db:
        db.add_many([FACTS[0], FACTS[2]])
        assert db.ask("Was Anna Berg born in Oslo?").fetchall() == [(True,)]
        assert db.ask("Who was born in Oslo?").fetchall() == [("Anna Berg",)]
        assert db.ask("Which river is longest?").fetchall() == [("The Glomma", "621 km")]


def test_a_bart_learns_too(tmp_path: Path, file: Path) -> None:
    base, out = tiny.save_bart(tmp_path / "base"), tmp_path / "trained"
    run([file], base, out, tmp_path / "seq2seq.pt", settings=Settings(epochs=60, rate=1e-2, batch=16, noise=False))
    request = ReadRequest("Was Anna Berg born in Oslo?", (FACTS[0],), "verdict")
    ((before,), (after,)) = (Seq2SeqReader(folder).read([request]) for folder in (base, out))
    # one layer does not tell yes from no so soon, but has learned that it is one of them
    assert after.yes + after.no > 0.1 > 10 * (before.yes + before.no)


def test_an_interrupted_run_goes_on(tmp_path: Path, file: Path) -> None:
    base = tiny.save_t5(tmp_path / "base")
    checkpoint = tmp_path / "seq2seq.pt"
    run([file], base, tmp_path / "whole", tmp_path / "other.pt", settings=Settings(epochs=4, batch=4))
    run([file], base, tmp_path / "half", checkpoint, settings=Settings(epochs=2, batch=4))
    half = torch.load(checkpoint, weights_only=True)["step"]
    run([file], base, tmp_path / "rest", checkpoint, settings=Settings(epochs=4, batch=4))
    assert torch.load(checkpoint, weights_only=True)["step"] == 2 * half
    assert folders.settings(tmp_path / "rest")["temperature"] == 1.0


def test_the_model_to_begin_with_is_never_replaced(tmp_path: Path, file: Path) -> None:
    base = tiny.save_t5(tmp_path / "base")
    before = folders.fingerprint(base)
    with pytest.raises(OperationalError, match="replace"):
        run([file], base, base, tmp_path / "seq2seq.pt")
    assert folders.fingerprint(base) == before


def test_the_command(
    tmp_path: Path, file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, Any] = {}

    def note(
        data: list[Path], model: Path, out: Path, checkpoint: Path, dev: Any, settings: Settings
    ) -> dict[str, float]:
        seen.update(data=data, model=model, out=out, checkpoint=checkpoint, dev=dev, settings=settings)
        return {"all": 50.0}

    monkeypatch.setattr(seq2seq_recipe, "run", note)
    words = ["train", "seq2seq", "--data", file, "--model", "m", "--out", "o", "--noise", "none", "--epochs", "2"]
    assert main([*map(str, words), "--checkpoints", str(tmp_path)]) == 0
    assert seen["settings"] == Settings(epochs=2, noise=False)
    assert seen["checkpoint"] == tmp_path / "seq2seq.pt"
    assert (seen["data"], seen["dev"]) == ([file], ())
    assert "all" in capsys.readouterr().out
    assert main(["train", "seq2seq", "--data", "gone.jsonl", "--model", "m", "--out", "o"]) == 2
    assert main([*map(str, words), "--epochs", "0"]) == 2


# --------------------------------------------------------------------------------------------------------- calibration


def derived(key: str, value: str | None, confidence: float) -> Derivation:
    spans = [None if text is None else SpanText(0, 0, len(text), text) for text in (key, value)]
    assert spans[0] is not None
    return Derivation(spans[0], spans[1], confidence)


def test_what_is_exact() -> None:
    example = TypedExample("Who?", ("x",), "set", ("Anna", "Bo"))
    both = Reading((derived("anna", None, 0.9), derived("Bo", None, 0.6)))
    assert exact(example, both)
    assert not exact(example, Reading((derived("Anna", None, 0.9), derived("Bo", None, 0.4))))
    assert not exact(example, Reading((*both.derivations, derived("Cy", None, 0.9))))
    assert exact(TypedExample("Who?", ("x",), "set", ()), Reading((derived("Cy", None, 0.1),)))
    pair = TypedExample("Which?", ("x",), "argmax", ("Anna [SEP] 3",))
    assert exact(pair, Reading((derived("Anna", "3", 0.9),)))
    assert not exact(pair, Reading((derived("Anna", "4", 0.9),)))
    truth = TypedExample("Is it?", ("x",), "bool", ("FALSE",))
    assert exact(truth, Reading((), no=0.9))
    assert not exact(truth, Reading((), yes=0.9))
    assert [request(e).mode for e in (example, pair, truth)] == ["answer", "pair", "verdict"]


class TooSure:
    """A reader that is always sure, and right in three of four cases."""

    name = "too-sure"

    def __init__(self) -> None:
        self.count = 0

    def read(self, requests: Any) -> list[Reading]:
        out = []
        for each in requests:
            self.count += 1
            wrong = self.count % 4 == 0
            out.append(Reading((derived("Nobody" if wrong else each.facts[0].split()[0], None, 0.99),)))
        return out


def test_the_temperature_is_found_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held_out = [TypedExample("Who?", (f"P{i} was born.",), "set", (f"P{i}",)) for i in range(200)]
    figures, temperature = measured(TooSure(), held_out)
    assert figures["all"] == 75.0
    assert temperature > 2
    monkeypatch.setattr(seq2seq_calibration, "development", lambda paths: held_out)
    assert calibrate_folder(TooSure(), tmp_path, []) == temperature
    assert folders.settings(tmp_path)["temperature"] == temperature
