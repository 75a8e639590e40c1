"""Decoding by tokens: the same language as that of symbols, with any tokenizer, and any model."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from models import tiny

from decoding.given import graph, random_plan, tables
from neuraldb.decoding.automaton import Automaton, text_of
from neuraldb.decoding.graph_grammar import Limits, Mentioned, graph_automaton
from neuraldb.decoding.table_grammar import table_automaton
from neuraldb.decoding.tokens import TokenAutomaton, Vocabulary
from neuraldb.models import huggingface
from neuraldb.models.constrained import LanguageLogits, token_bytes, write

TEXTS = (
    "list ?a first 2",
    "[a] p ?a count ?a",
    "inverse is a",
    "?a size ?b ?b >= 2",
    "most ?a by ?b",
    "from makers where",
)


@pytest.fixture(scope="module", params=["bytes", "pieces"])
def vocabulary(request: pytest.FixtureRequest) -> tuple[Any, Vocabulary]:
    """A tokenizer and its tokens; the pieces cannot write every text."""
    made = tiny.tokenizer(TEXTS) if request.param == "bytes" else tiny.t5_tokenizer(TEXTS)
    return made, Vocabulary(token_bytes(made), made.eos_token_id)


@pytest.fixture(scope="module")
def automaton() -> Iterator[Automaton]:
    with graph(2) as (_, there):
        yield graph_automaton(there.view(), limits=Limits(clauses=2, variables=2))


def test_whatever_is_decoded_is_a_plan(automaton: Automaton, vocabulary: tuple[Any, Vocabulary]) -> None:
    _, tokens = vocabulary
    language, choose = TokenAutomaton(automaton, tokens), random.Random(0)
    for _ in range(15):
        places, written = language.start(), b""
        while (token := choose.choice(language.allowed(places))) != tokens.end:
            written += tokens.tokens[token]
            places = language.after(places, token)
        plans = [state.plan for _, state in automaton.read(written.decode().removeprefix(" "))]
        assert language.plan(places) in plans


def test_every_plan_is_admitted(automaton: Automaton) -> None:
    made = tiny.tokenizer(TEXTS)
    language = TokenAutomaton(automaton, Vocabulary(token_bytes(made), made.eos_token_id))
    choose = random.Random(1)
    for _ in range(20):
        prefix, plan = random_plan(automaton, choose)
        places = language.start()
        for token in made(text_of(prefix), add_special_tokens=False)["input_ids"]:
            assert token in language.allowed(places), text_of(prefix)
            places = language.after(places, token)
        assert made.eos_token_id in language.allowed(places)
        assert language.plan(places) == plan


def test_a_token_may_span_symbols(automaton: Automaton) -> None:
    """dottxt-ai/outlines#684: a token that ends one terminal and begins the next is no error."""
    first = automaton.start.steps[0][0].text
    tokens = {byte: bytes([byte]) for byte in range(256)} | {300: f"{first} ".encode()[-2:], 301: b" l", 302: b"st ?a"}
    language = TokenAutomaton(automaton, Vocabulary(tokens, 999))
    places = language.start()
    for byte in first.encode()[:-1]:
        places = language.after(places, byte)
    assert 300 in language.allowed(places)
    assert set(language.allowed(language.after(places, 300))) & set(range(256))


def test_where_nothing_is_admitted_there_is_no_plan(automaton: Automaton) -> None:
    """facebookresearch/GENRE#103: nothing that may come next is no crash, but no answer."""
    with graph(2) as (_, there):
        nothing = graph_automaton(there.view(), Mentioned(np.empty(0, np.int64)), Limits(unanchored=False))
    language = TokenAutomaton(nothing, Vocabulary({65: b"A"}, 0))
    assert language.allowed(language.start()) == []
    scores = LanguageLogits(language, 0, 1)(torch.tensor([[7]]), torch.zeros(1, 66))
    assert scores.isfinite().nonzero().tolist() == [[0, 0]]


def test_names_that_read_the_same_are_kept_apart() -> None:
    with tables(1) as (db, view):
        db.sql("CREATE TABLE twins (name VARCHAR, number INTEGER)")
        db.sql("INSERT INTO twins VALUES ('1', 1)")
        automaton = table_automaton(type(view)(db.session.stores.database.rows))
        assert [state.plan.text for _, state in automaton.read("from twins count") if state.plan] == [
            'SELECT COUNT(*) FROM "twins"'
        ]


@pytest.fixture(scope="module", params=["save_gpt2", "save_t5", "save_bart"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    folder: Path = getattr(tiny, request.param)(tmp_path_factory.mktemp("model"))
    kind = "AutoModelForCausalLM" if request.param == "save_gpt2" else "AutoModelForSeq2SeqLM"
    return huggingface.load(folder, kind)


def test_models_write_nothing_but_plans(model: tuple[Any, Any], automaton: Automaton) -> None:
    """A model with random weights, greedily and by beams; huggingface/transformers#28922: BART's forced token."""
    network, made = model
    language = TokenAutomaton(automaton, Vocabulary(token_bytes(made), made.eos_token_id))
    prompt = made("Who was born in Oslo?", return_tensors="pt")
    start = 1 if network.config.is_encoder_decoder else prompt["input_ids"].shape[1]
    for beams in (1, 3):
        processor = LanguageLogits(language, made.eos_token_id, start, made.all_special_ids)
        with huggingface.quiet():
            out = network.generate(
                **prompt, logits_processor=[processor], num_beams=beams, max_new_tokens=120, do_sample=False,
                pad_token_id=made.pad_token_id,
            )  # fmt: skip
        text = made.decode(out[0, start:], skip_special_tokens=True, clean_up_tokenization_spaces=False)
        assert list(automaton.read(text.removeprefix(" "))), text


def test_forced_tokens_cost_no_call(model: tuple[Any, Any], automaton: Automaton) -> None:
    network, made = model
    language = TokenAutomaton(automaton, Vocabulary(token_bytes(made), made.eos_token_id))
    written = write(network, made("Who was born in Oslo?")["input_ids"], language, made.eos_token_id)
    assert written.tokens is not None
    assert 0 < written.calls < len(written.tokens)
    text = made.decode(written.tokens, clean_up_tokenization_spaces=False)
    assert list(automaton.read(text.removeprefix(" "))), text
    assert written.score < 0


def test_what_is_not_ended_in_time_is_no_text(model: tuple[Any, Any], automaton: Automaton) -> None:
    network, made = model
    language = TokenAutomaton(automaton, Vocabulary(token_bytes(made), made.eos_token_id))
    assert write(network, made("Who?")["input_ids"], language, made.eos_token_id, most=2).tokens is None
