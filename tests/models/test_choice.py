"""Readers that are chosen by a text: which there are, and that nothing is loaded before it is needed."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest
from doubles import OracleReader, World

import neuraldb
from models import tiny
from models.stub_endpoint import message, one_set, reply, serving
from neuraldb.core.errors import InterfaceError, ModelUnavailable
from neuraldb.models.causal import CausalReader
from neuraldb.models.choice import loader, parse
from neuraldb.models.endpoint import EndpointReader
from neuraldb.models.protocols import ReadRequest
from neuraldb.models.registry import Models
from neuraldb.models.seq2seq import Seq2SeqReader

MODULES = ("alignment", "chat", "choice", "confidence", "prompting", "serialisation")


@pytest.mark.parametrize("module", MODULES)
def test_docstrings(module: str) -> None:
    results = doctest.testmod(import_module(f"neuraldb.models.{module}"))
    assert results.failed == 0


@pytest.mark.parametrize(
    ("text", "kind", "where", "model"),
    [
        ("causal:/models/a:b", "causal", "/models/a:b", ""),
        ("https://example.org/v1#org/model:7b", "endpoint", "https://example.org/v1", "org/model:7b"),
        ("http://127.0.0.1:8000/v1?api-version=2#m", "endpoint", "http://127.0.0.1:8000/v1?api-version=2", "m"),
    ],
)
def test_what_a_text_names(text: str, kind: str, where: str, model: str) -> None:
    choice = parse(text)
    assert (choice.kind, choice.where, choice.model) == (kind, where, model)


@pytest.mark.parametrize(
    "text", ["", "t5", "seq2seq", "seq2seq:", "http://x/v1", "http://x/v1#", "ftp://x#m", "openai:m"]
)
def test_a_text_that_names_none_is_told_the_forms(text: str) -> None:
    with pytest.raises(InterfaceError) as caught:
        Models(reader=text)
    assert "URL#MODEL" in str(caught.value)


def test_a_folder_that_is_missing_is_told_of_at_once(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="no folder"):
        neuraldb.connect(tmp_path / "a.ndb", reader=f"seq2seq:{tmp_path / 'gone'}")
    assert list(tmp_path.iterdir()) == []


def test_a_reader_is_loaded_when_it_is_needed_and_once(tmp_path: Path) -> None:
    models = Models(reader=f"seq2seq:{tiny.save_t5(tmp_path / 't5')}")
    assert "reader" not in models._loaded
    assert isinstance(models.reader, Seq2SeqReader)
    assert models.reader is models.reader
    assert isinstance(Models(reader=f"causal:{tiny.save_gpt2(tmp_path / 'gpt2')}").reader, CausalReader)
    assert isinstance(Models(reader="http://localhost/v1#m").reader, EndpointReader)


def test_a_budget_is_of_an_endpoint(tmp_path: Path) -> None:
    reader = loader("http://localhost/v1#m", 10)()
    with pytest.raises(ModelUnavailable, match="10 of 10 are left"):
        reader.read([ReadRequest("Who?", ("Anna.",), "answer")])
    with pytest.raises(InterfaceError, match="endpoint"):
        loader(f"seq2seq:{tiny.save_t5(tmp_path / 't5')}", 10)


def test_connect_takes_a_reader_and_no_other_thing() -> None:
    reader = OracleReader(World())
    with neuraldb.connect(reader=reader) as db:
        assert db.session.models.reader is reader
    with pytest.raises(InterfaceError, match="int has not"):
        neuraldb.connect(reader=5)  # type: ignore[arg-type]
    with pytest.raises(InterfaceError, match="models has a reader"):
        neuraldb.connect(reader=reader, models=Models())


def test_questions_are_answered_by_the_reader_of_an_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEURALDB_API_KEY", raising=False)

    def names(body: dict[str, object], number: int) -> str:
        sets = message(body)["sets"]  # type: ignore[arg-type]
        texts = {each["set"]: each["facts"][0]["text"] for each in sets}
        return reply([one_set(n, *([(t[:9], None, 0.95)] if "Oslo" in t else [])) for n, t in texts.items()])

    with serving(names) as stub, neuraldb.connect(reader=f"{stub.url}#small") as db:
        db.add_many(["Anna Berg was born in Oslo.", "Nils Berg was born in Bergen."])
        result = db.ask("Who was born in Oslo?")
        assert result.fetchall() == [("Anna Berg",)]
        assert stub.bodies[0]["model"] == "small"
        asked = len(stub.bodies)
        assert db.ask("Who was born in Oslo?").fetchall() == [("Anna Berg",)]
        assert len(stub.bodies) == asked
        db.session.models.reader.close()  # type: ignore[attr-defined]


def test_a_question_fails_where_the_endpoint_is_gone_and_is_answered_when_it_is_back() -> None:
    with serving(lambda body, number: reply([one_set(1, ("Anna Berg", None, 0.95))])) as stub:
        url = stub.url
        with neuraldb.connect(reader=EndpointReader("http://127.0.0.1:9/v1", "small", attempts=1)) as db:
            db.add("Anna Berg was born in Oslo.")
            with pytest.raises(ModelUnavailable, match="cannot be reached"):
                db.ask("Who was born in Oslo?")
            db.session.models = Models(reader=f"{url}#small")
            assert db.ask("Who was born in Oslo?").fetchall() == [("Anna Berg",)]
            db.session.models.reader.close()  # type: ignore[attr-defined]
