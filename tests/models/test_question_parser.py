"""From logits to frames: which span is pointed at, which tokens are tagged, and when a conjunction is one."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import torch

from neuraldb.core.frames import QuestionFrame
from neuraldb.models.minilm import load_tokenizer
from neuraldb.models.parser_network import OPS, SPANS, TAGS, TYPES, Understanding
from neuraldb.models.question_parser import frame

YES, NO = 10.0, -10.0
QUESTION = "Which books by Anna Berg have more than 300 pages?"
Words = tuple[int, int]
"""The first and the last of a run of tokens, counted from 0."""


def understood(
    question: str = QUESTION,
    type: str = "set",
    op: str = "none",
    spans: Mapping[str, Words] | None = None,
    tags: Mapping[str, list[Words]] | None = None,
    sure: float = YES,
) -> QuestionFrame:
    """The frame of logits that say so."""
    encoding = load_tokenizer().encode(question, add_special_tokens=False)
    width = len(encoding.ids) + 2
    kinds, ops = torch.zeros(len(TYPES)), torch.zeros(len(OPS))
    kinds[TYPES.index(type)] = ops[OPS.index(op)] = sure
    starts, ends = torch.zeros(len(SPANS), width), torch.zeros(len(SPANS), width)
    for number, name in enumerate(SPANS):
        first, last = (place + 1 for place in (spans or {}).get(name, (-1, -1)))
        starts[number, first], ends[number, last] = YES, YES
    marks = torch.full((len(TAGS), width), NO)
    for name, runs in (tags or {}).items():
        for first, last in runs:
            marks[TAGS.index(name), first + 1 : last + 2] = YES
    return frame(question, Understanding(kinds, ops, starts, ends, marks), list(encoding.offsets))


@pytest.mark.parametrize("type", TYPES)
def test_every_type(type: str) -> None:
    made = understood(type=type)
    assert (made.type, made.op, made.question) == (type, "none", QUESTION)
    assert (made.inner, made.within, made.parts, made.class_noun, made.count) == (None,) * 5
    assert (made.entities, made.values, made.negations) == ((),) * 3


@pytest.mark.parametrize("op", OPS)
def test_every_comparison(op: str) -> None:
    assert understood(op=op).op == op


def test_confidence_is_that_of_both_choices() -> None:
    assert understood(sure=40.0).confidence == pytest.approx(1.0)
    undecided = understood(sure=0.0).confidence
    assert undecided == pytest.approx(1 / (len(TYPES) * len(OPS)), rel=1e-4)


@pytest.mark.parametrize("name", ["inner", "within"])
def test_a_description_is_pointed_at(name: str) -> None:
    made = understood(spans={name: (1, 4)})
    span = getattr(made, name)
    assert made.text(span) == "books by Anna Berg"
    assert getattr(made, {"inner": "within", "within": "inner"}[name]) is None


def test_a_span_does_not_end_before_it_begins() -> None:
    # the likeliest start lies behind the likeliest end: the best span in order is taken
    made = understood(spans={"inner": (4, 1)})
    assert made.inner is not None
    assert made.inner[0] < made.inner[1]


def test_a_span_that_is_less_likely_than_none_is_none() -> None:
    encoding = load_tokenizer().encode(QUESTION, add_special_tokens=False)
    width = len(encoding.ids) + 2
    for none, expected in ((3.9, True), (4.1, False)):
        starts, ends = torch.zeros(len(SPANS), width), torch.zeros(len(SPANS), width)
        starts[0, [0, 2]], ends[0, [0, 3]] = torch.tensor([none, 4.0]), torch.tensor([none, 4.0])
        starts[1:, 0] = ends[1:, 0] = YES
        scores = Understanding(
            torch.zeros(len(TYPES)), torch.zeros(len(OPS)), starts, ends, torch.full((len(TAGS), width), NO)
        )
        assert (frame(QUESTION, scores, list(encoding.offsets)).inner is not None) is expected


def test_tags_are_runs_of_tokens() -> None:
    made = understood(tags={"class": [(1, 1)], "entity": [(3, 4)], "value": [(8, 8)], "negation": [(0, 0), (2, 2)]})
    assert made.class_noun is not None
    assert made.text(made.class_noun) == "books"
    assert [made.text(span) for span in made.entities] == ["Anna Berg"]
    assert [made.text(span) for span in made.values] == ["300"]
    assert [made.text(span) for span in made.negations] == ["Which", "by"]


def test_what_there_is_one_of_is_the_first() -> None:
    made = understood(tags={"class": [(1, 1), (9, 9)], "count": [(8, 8), (0, 0)]})
    assert made.class_noun is not None
    assert made.count is not None
    assert (made.text(made.class_noun), made.text(made.count)) == ("books", "Which")


def test_words_of_several_tokens_are_whole() -> None:
    question = "Where does Håkonsen live?"
    encoding = load_tokenizer().encode(question, add_special_tokens=False)
    name = [i for i, (a, b) in enumerate(encoding.offsets) if a >= 11 and b <= 19]
    assert len(name) > 1
    made = understood(question, tags={"entity": [(name[0], name[-1])]})
    assert [made.text(span) for span in made.entities] == ["Håkonsen"]


@pytest.mark.parametrize(
    ("spans", "parts"),
    [
        ({"prefix": (0, 0), "first": (1, 2), "second": (4, 5)}, ["Who", "sings well", "lives here"]),
        # a part that is missing, or in the wrong place, makes no conjunction
        ({"prefix": (0, 0), "first": (1, 2)}, None),
        ({"prefix": (0, 0), "first": (4, 5), "second": (1, 2)}, None),
        ({"prefix": (0, 1), "first": (1, 2), "second": (4, 5)}, None),
    ],
)
def test_a_conjunction_has_three_parts_in_order(spans: dict[str, Words], parts: list[str] | None) -> None:
    made = understood("Who sings well and lives here", spans=spans)
    assert (None if made.parts is None else [made.text(part) for part in made.parts]) == parts


def test_a_question_of_no_words() -> None:
    assert understood("   ") == QuestionFrame("   ", "set", confidence=understood("   ").confidence)


@pytest.mark.parametrize("name", ["Zoe\u0308", "Zo\u00eb", "Zo\u0308e", "Zoe"])
def test_spans_keep_their_accents(name: str) -> None:
    question = f"Who knows {name}?"
    made = understood(question, spans={"inner": (1, 2)}, tags={"entity": [(2, 2)]})
    assert made.inner is not None
    assert made.text(made.inner) == f"knows {name}"
    assert [made.text(span) for span in made.entities] == [name]
