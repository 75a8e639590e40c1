"""The reader's windows and spans, with a network that points where it is told."""

from __future__ import annotations

import math

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from models.bodies import token_ids
from models.scripted import scripted
from neuraldb.core.errors import Cancelled
from neuraldb.core.progress import CancelToken
from neuraldb.models.protocols import Derivation, Reader, Reading, ReadRequest, SpanText
from neuraldb.models.reader import FURTHER, QUESTION_TOKENS, STRIDE, WINDOW, MiniLMReader, combine, windows
from neuraldb.models.reader_network import LONGEST_SPAN

ANNA = "Anna Berg was born in Oslo."
NILS = "Nils lives in Bergen."


def ask(reader: MiniLMReader, *facts: str, mode: str = "answer", question: str = "Who?") -> Reading:
    (reading,) = reader.read([ReadRequest(question, facts, mode)])
    return reading


def keys(reading: Reading) -> list[str]:
    return [d.key.text for d in reading.derivations]


# ------------------------------------------------------------------------------------------------------------- spans


def test_a_span_is_the_facts_own_characters() -> None:
    reader = scripted({"anna": 1.0}, {"anna": "berg"})
    assert isinstance(reader, Reader)
    (derivation,) = ask(reader, NILS, ANNA).derivations
    assert derivation.key == SpanText(1, 0, 9, "Anna Berg")
    assert derivation.value is None


@pytest.mark.parametrize(
    ("fact", "start", "end", "text"),
    [
        ("  José   Berg sings.", "jose", "berg", "José   Berg"),
        ("🥖 JOSÉ's bakery", "jose", "s", "JOSÉ's"),
        ("(José)", "jose", "jose", "José"),
        ("Anna-José Berg", "jose", "berg", "José Berg"),
        ("Jose\u0301 Berg", "jose", "jose", "Jose\u0301"),
    ],
)  # fmt: skip
def test_offsets_are_those_of_the_text_as_it_was_written(fact: str, start: str, end: str, text: str) -> None:
    (derivation,) = ask(scripted({start: 1.0}, {start: end}), fact).derivations
    key = derivation.key
    assert key.text == text
    assert fact[key.start : key.end] == text


def test_several_spans_come_in_order_of_their_share() -> None:
    reader = scripted({"oslo": 0.3, "anna": 0.5, "bergen": 0.2}, {"anna": "berg"})
    assert keys(ask(reader, ANNA, NILS)) == ["Anna Berg", "Oslo", "Bergen"]
    assert keys(ask(reader, NILS, ANNA)) == ["Anna Berg", "Oslo", "Bergen"]


@pytest.mark.parametrize(("sure", "found"), [(FURTHER + 0.01, ["Anna", "Oslo"]), (FURTHER - 0.01, ["Anna"])])
def test_a_further_span_needs_to_be_likely_beside_the_best_one(sure: float, found: list[str]) -> None:
    assert keys(ask(scripted({"anna": 0.5, "oslo": 0.4}, further={"oslo": sure}), ANNA)) == found


def test_an_unlikely_span_does_not_hide_one_after_it() -> None:
    reader = scripted({"anna": 0.5, "berg": 0.3, "oslo": 0.2}, further={"berg": 0.01, "anna": 0.01})
    assert keys(ask(reader, ANNA)) == ["Anna", "Oslo"]


def test_spans_do_not_overlap() -> None:
    # both "Anna Berg" and "Berg" are pointed at
    reader = scripted({"anna": 0.5, "berg": 0.4}, {"anna": "berg"})
    assert keys(ask(reader, ANNA)) == ["Anna Berg"]
    # the same place of another fact is no overlap
    twice = scripted({"anna": 1.0}, {"anna": "berg"})
    assert [d.key.fact for d in ask(twice, ANNA, ANNA).derivations] == [0, 1]


def test_a_span_does_not_reach_into_another_fact() -> None:
    reader = scripted({"oslo": 0.6, "anna": 0.4}, {"oslo": "bergen"})
    further = "Nils and his sister live in Bergen."
    assert len(further) > len(ANNA)
    assert keys(ask(reader, ANNA, further)) == ["Anna"]


def test_the_question_is_never_an_answer() -> None:
    reader = scripted({"anna": 1.0})
    assert "Anna" not in keys(ask(reader, NILS, question="Where was Anna born?"))


@pytest.mark.parametrize("facts", [(), ("",), ("   ",), ("", ANNA[:0])])
@pytest.mark.parametrize("mode", ["answer", "pair", "verdict"])
def test_nothing_is_found_where_there_is_nothing(facts: tuple[str, ...], mode: str) -> None:
    reading = ask(scripted({"anna": 1.0}), *facts, mode=mode)
    assert reading.derivations == ()
    assert all(math.isfinite(p) for p in (reading.yes, reading.no, reading.nothing))


# ------------------------------------------------------------------------------------------------------ probabilities


def test_an_answers_probabilities() -> None:
    reading = ask(scripted({"anna": 1.0}, verdict=(0.2, 0.6, 0.1, 0.1)), ANNA)
    assert reading.nothing == pytest.approx(0.2 / 0.8, abs=1e-4)
    assert (reading.yes, reading.no) == (0.0, 0.0)
    # the pointers are sure, so that the confidence is that of there being an answer
    assert reading.derivations[0].confidence == pytest.approx(0.6 / 0.8, abs=1e-3)


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        ((0.2, 0.2, 0.5, 0.1), (0.625, 0.125, 0.25)),
        ((0.1, 0.0, 0.1, 0.8), (0.1, 0.8, 0.1)),
        ((1.0, 0.0, 0.0, 0.0), (0.0, 0.0, 1.0)),
    ],
)
def test_a_verdict_is_yes_no_or_neither(
    verdict: tuple[float, float, float, float], expected: tuple[float, float, float]
) -> None:
    reading = ask(scripted({"anna": 1.0}, verdict=verdict), ANNA, mode="verdict")
    assert reading.derivations == ()
    assert (reading.yes, reading.no, reading.nothing) == pytest.approx(expected, abs=1e-4)


def test_a_temperature_makes_less_sure() -> None:
    cold, warm = (
        ask(scripted({"anna": 1.0}, verdict=(0.1, 0.9, 0.0, 0.0), temperature=t), ANNA).nothing for t in (1.0, 2.0)
    )
    assert cold == pytest.approx(0.1, abs=1e-4)
    # the square root of the odds
    assert warm == pytest.approx(1 / (1 + math.sqrt(9)), abs=1e-4)


# -------------------------------------------------------------------------------------------------------------- pairs


def test_a_key_comes_with_its_values() -> None:
    fact = "The Long Winter has 320 pages and Blue has 12 pages."
    reader = scripted(
        {"the": 0.6, "blue": 0.4}, {"the": "winter", "320": "pages"}, {"the": {"320": 1.0}, "blue": {"12": 1.0}}
    )
    found = [(d.key.text, d.value and d.value.text) for d in ask(reader, fact, mode="pair").derivations]
    assert found == [("The Long Winter", "320 pages"), ("Blue", "12")]
    # only in a pair
    assert all(d.value is None for d in ask(reader, fact).derivations)


def test_a_key_with_several_values_and_one_with_none() -> None:
    fact = "Anna wrote Winter, Moon and Door; Nils wrote nothing."
    reader = scripted(
        {"anna": 0.5, "nils": 0.5},
        values={"anna": {"winter": 0.5, "moon": 0.4, "door": 0.1, "": 0.01}, "nils": {"": 0.9, "moon": 0.1}},
    )
    found = [(d.key.text, d.value and d.value.text) for d in ask(reader, fact, mode="pair").derivations]
    assert sorted(found, key=str) == [("Anna", "Moon"), ("Anna", "Winter"), ("Nils", None)]


# ------------------------------------------------------------------------------------------------------------ windows


@given(st.lists(st.integers(0, 260), max_size=4), st.integers(0, 150))
@settings(max_examples=40, deadline=None)
def test_windows_hold_every_token_and_every_short_span(sizes: list[int], asked: int) -> None:
    request = ReadRequest("who " * asked, tuple("oslo " * size for size in sizes), "answer")
    cut = windows(5, request)
    places: list[set[tuple[int, int, int]]] = []
    for window in cut:
        assert window.request == 5
        assert len(window.ids) == len(window.tokens) <= window.question_length + WINDOW
        assert window.question_length <= QUESTION_TOKENS + 2
        assert window.tokens[: window.question_length] == [None] * window.question_length
        places.append({t for t in window.tokens if t is not None})
    everything = {(fact, 5 * i, 5 * i + 4) for fact, size in enumerate(sizes) for i in range(size)}
    assert set().union(*places) == everything
    # what is no longer than two windows share lies in one of them whole, and so does all that can be pointed at
    shared = WINDOW - STRIDE
    assert shared >= LONGEST_SPAN
    for fact, size in enumerate(sizes):
        for i in range(0, max(0, size - shared) + 1):
            span = {(fact, 5 * j, 5 * j + 4) for j in range(i, min(size, i + shared))}
            assert any(span <= held for held in places)


def test_a_fact_that_fits_is_one_window() -> None:
    exactly = " ".join(["oslo"] * (WINDOW - 1))
    assert len(token_ids(exactly)) == WINDOW - 1
    assert len(windows(0, ReadRequest("Who?", (exactly,), "answer"))) == 1
    assert len(windows(0, ReadRequest("Who?", (exactly + " oslo",), "answer"))) == 2


@pytest.mark.parametrize("before", [0, 100, STRIDE, STRIDE + 30, 500])
def test_what_stands_far_back_is_found_once_and_in_its_place(before: int) -> None:
    fact = "oslo " * before + "Anna Berg " + "bergen " * 300
    (derivation,) = ask(scripted({"anna": 1.0}, {"anna": "berg"}), fact).derivations
    assert derivation.key == SpanText(0, 5 * before, 5 * before + 9, "Anna Berg")


def span(start: int, fact: int = 0) -> SpanText:
    return SpanText(fact, start, start + 1, "x")


def test_readings_of_windows_become_one() -> None:
    weak, strong = Derivation(span(3), None, 0.5), Derivation(span(3), None, 0.9)
    other, faint = Derivation(span(7), None, 0.4), Derivation(span(9), None, 0.1)
    made = combine(
        [
            Reading((weak, faint), 0.1, 0.2, 0.7),
            Reading((strong, other), 0.6, 0.1, 0.3),
            Reading((), 0.0, 0.0, 1.0),
        ]
    )
    assert set(made.derivations) == {strong, other}
    assert (made.yes, made.no, made.nothing) == (0.6, 0.1, 0.3)
    alone = Reading((faint,), 0.0, 0.0, 0.9)
    assert combine([alone]) is alone


def test_pairs_with_different_values_stay_apart() -> None:
    pairs = tuple(Derivation(span(3), value, 0.5) for value in (span(5), span(7), None))
    assert set(combine([Reading(pairs[:2]), Reading(pairs[1:])]).derivations) == set(pairs)


# ------------------------------------------------------------------------------------------------------------ batches


def test_requests_are_answered_in_order_whatever_their_length() -> None:
    words = ["oslo", "bergen", "paris", "london", "rome"]
    requests = [ReadRequest("Who?", (f"{'x ' * (60 * (5 - n))} {word}",), "answer") for n, word in enumerate(words)]
    reader = scripted(dict.fromkeys(words, 1.0))
    assert [keys(reading) for reading in reader.read(requests)] == [[word] for word in words]
    assert reader.read([]) == []


def test_it_can_be_stopped() -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        scripted({"anna": 1.0}).read([ReadRequest("Who?", (ANNA,), "answer")], token)
