"""Faults of programs that turn questions into queries; the numbers are those of the list of graph and query faults.

29 and 30 (no token allowed, a token that is not) and more of 32 stand in ``tests/decoding/test_tokens.py``.
"""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import numpy as np
import pytest
from decoding.given import random_plan, tables
from doubles.marked import TableParser, marked

from neuraldb.core.errors import ProgrammingError
from neuraldb.decoding.automaton import text_of
from neuraldb.decoding.graph_grammar import Limits, Mentioned, graph_automaton
from neuraldb.decoding.plain_graph import PlainGraph
from neuraldb.decoding.table_grammar import TableLimits, table_automaton
from neuraldb.decoding.tokens import TokenAutomaton, Vocabulary
from neuraldb.training import plan_examples

END = 999


def test_32_a_token_over_two_symbols_and_words_that_are_not_ascii() -> None:
    """dottxt-ai/outlines#684, #1312: neither forbids what may be said, nor hangs."""
    graph = PlainGraph([("Åse", "født i", "Ørsta"), ("Ørsta", "ligger i", "Noreg")])
    limits = Limits(2, 2, unanchored=False, chains=True, forms=frozenset({"list"}))
    automaton = graph_automaton(graph, Mentioned(np.array([graph.id("Åse")]), (), ()), limits)
    spanning = "] født".encode()
    tokens = {byte: bytes([byte]) for byte in range(256)} | {300: spanning}
    language = TokenAutomaton(automaton, Vocabulary(tokens, END))
    places = language.start()
    for byte in "[Åse".encode():
        assert byte in language.allowed(places)
        places = language.after(places, byte)
    assert 300 in language.allowed(places)
    places = language.after(places, 300)
    for byte in b" i ?a list ?a":
        assert byte in language.allowed(places)
        places = language.after(places, byte)
    assert END in language.allowed(places)
    assert language.plan(places) is not None


def test_33_a_simple_question_asks_from_its_subject(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """askplatypus/wikidata-simplequestions#8: of the columns the subject is what is named, the object the answer."""
    (tmp_path / "simplequestions-wikidata").mkdir()
    rows = "Q1\tP19\tQ2\twhere was Anna Berg born\nQ2\tR19\tQ1\twho was born in Oslo\n"
    (tmp_path / "simplequestions-wikidata" / "train.txt.gz").write_bytes(gzip.compress(rows.encode()))
    monkeypatch.setattr(plan_examples, "property_names", lambda _: {"P19": "place of birth"})
    parser = TableParser()
    parser.know(marked("where was [entity:Anna Berg] born", "set"))
    parser.know(marked("who was born in [entity:Oslo]", "set"))
    made = plan_examples.simple_questions(tmp_path, parser, 9, random.Random(0))
    right = {example.question: [example.plans[i] for i in example.right] for example in made}
    assert right == {
        "where was it born": ["it place of birth which"],
        "who was born in it": ["it place of birth of which"],
    }


def test_37_no_column_is_made_up() -> None:
    """microsoft/vscode#317355: the schema is in the automaton, so a column that is not there cannot be said."""
    with tables(1) as (db, view):
        automaton = table_automaton(view, limits=TableLimits(clauses=1, columns=1))
        prefix, plan = random_plan(automaton, random.Random(5))
        db.sql(plan.text)
        assert next(automaton.read(text_of(prefix)))
        assert list(automaton.read("from makers list salary")) == []
        with pytest.raises(ProgrammingError, match="cannot stand there"):
            automaton.state((*prefix[:1], prefix[0]))
