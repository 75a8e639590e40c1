"""Texts whose marks move along: joining, filling, tidying, and questions as people type them."""

from __future__ import annotations

import random
from collections import Counter

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from neuraldb.training import phrases
from neuraldb.training.phrases import PREFIXES, Phrase, fill, join, question, tidy

WORDS = st.sampled_from(("Anna Berg", "books", "not", "3,000 m", "x"))
PHRASES = st.builds(
    lambda text, kind: Phrase(text).marked(kind) if kind else Phrase(text),
    WORDS,
    st.sampled_from(("", "entity", "class", "value")),
)


def marked(phrase: Phrase) -> list[tuple[str, str]]:
    return [(kind, phrase.text[a:b]) for kind, a, b in phrase.marks]


def test_joining_moves_marks() -> None:
    made = join("which", Phrase("books").marked("class"), "", "by", Phrase("Anna Berg").marked("entity"))
    assert made.text == "which books by Anna Berg"
    assert marked(made) == [("class", "books"), ("entity", "Anna Berg")]
    assert join() == join("", Phrase("")) == Phrase("")


@given(st.lists(PHRASES | st.just(""), max_size=5), st.sampled_from((" ", "", ", ")))
@settings(max_examples=60, deadline=None)
def test_joining_keeps_what_is_marked(parts: list[Phrase | str], sep: str) -> None:
    made = join(*parts, sep=sep)
    whole = [part if isinstance(part, Phrase) else Phrase(part) for part in parts]
    assert made.text == sep.join(part.text for part in whole if part.text)
    assert marked(made) == [mark for part in whole for mark in marked(part)]


@given(PHRASES, PHRASES)
@settings(max_examples=60, deadline=None)
def test_filling_keeps_what_is_marked(x: Phrase, y: Phrase) -> None:
    made = fill("is  {x} , {none} of {y} ?", x=x, y=y, none="")
    assert made.text == f"is {x.text}, of {y.text}?"
    assert marked(made) == [*marked(x), *marked(y)]


def test_a_marked_phrase_can_be_marked_again() -> None:
    inner = join("the author of", Phrase("X").marked("entity")).marked("inner")
    assert marked(inner) == [("inner", "the author of X"), ("entity", "X")]
    assert inner.spans("inner") == [(0, 15)]
    assert inner.spans("class") == []
    assert inner.plain() == Phrase("the author of X")


@pytest.mark.parametrize(
    ("text", "tidied"),
    [("a  b", "a b"), (" a b ", "a b"), ("a , b .", "a, b."), ("a   ?", "a?"), ("a b", "a b"), ("", "")],
)
def test_tidying(text: str, tidied: str) -> None:
    made = tidy(Phrase(text, (("value", 0, len(text)),)))
    assert made == Phrase(tidied, (("value", 0, len(tidied)),))


# ------------------------------------------------------------------------------------------------- as people type them

PLAIN = join("which", Phrase("books").marked("class"), "did", Phrase("Anna McBerg").marked("entity"), "write before",
             Phrase("3 May 1990").marked("value"))  # fmt: skip


def test_questions_are_typed_in_many_ways() -> None:
    rng = random.Random(0)
    asked = [question(PLAIN, rng) for _ in range(2000)]
    shapes = Counter(
        (q.text[0].isupper(), q.text.endswith("?"), q.text == q.text.lower(), len(q.text) > len(PLAIN.text) + 1)
        for q in asked
    )
    assert len(shapes) >= 10
    assert {q.text.lower().startswith(tuple(p.lower() for p in PREFIXES)) for q in asked} == {True, False}
    for q in asked:
        (_, noun), (_, name), (_, date) = marked(q)
        assert (name.lower(), date.lower()) == ("anna mcberg", "3 may 1990")
        assert len(noun) == len("books")


def test_a_slip_never_is_in_a_name_or_a_value() -> None:
    rng = random.Random(0)
    texts = [question(PLAIN, rng, mark="").text.lower() for _ in range(2000)]
    slipped = [text for text in texts if PLAIN.text.lower() not in text]
    assert 50 < len(slipped) < 300
    assert all("anna mcberg" in text and "3 may 1990" in text for text in slipped)


def test_a_polite_beginning_is_part_of_a_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phrases, "_slip", lambda text, marks, rng: text)
    phrase = join(Phrase("which books").marked("prefix"), Phrase("are long").marked("first"))
    rng = random.Random(0)
    polite = 0
    for _ in range(500):
        made = question(phrase, rng)
        ((start, _),) = made.spans("prefix")
        assert start == 0
        prefix, first = (text.lower() for _, text in marked(made))
        assert prefix.endswith("which books")
        assert first == "are long"
        polite += prefix != "which books"
    assert polite > 10


def test_a_mark_at_the_end_is_not_doubled() -> None:
    rng = random.Random(0)
    for text in ("who?", "tell me.", "well!"):
        assert {question(Phrase(text), rng).text[-2:].strip("?.!") != "" for _ in range(200)} == {True}
    assert {question(Phrase("list books"), rng, mark=".").text[-1] for _ in range(200)} == {".", "s"}
