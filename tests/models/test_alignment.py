"""Words of a model found again in a fact, or not at all; serialised derivations; confidences."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuraldb.models.alignment import locate, locate_in
from neuraldb.models.confidence import TokenScores, fitted, scaled, tempered
from neuraldb.models.protocols import Derivation, Reading, SpanText
from neuraldb.models.serialisation import TOKENS, TYPES, Typed, parse, plain, source, target
from neuraldb.models.tally import Tally

WORDS = st.text(st.sampled_from("abÅé 1.,\u0308東"), min_size=1, max_size=12)

# ----------------------------------------------------------------------------------------------------------- alignment


@pytest.mark.parametrize(
    ("fact", "words", "found"),
    [
        ("Anna lives in Oslo.", "Oslo", "Oslo"),
        ("Anna lives in Oslo.", "oslo", "Oslo"),
        ("The Osloer left Oslo.", "Oslo", "Oslo"),
        ("Annapolis is a city.", "Anna", None),
        ("It cost $1,057 then.", "$1,057", "$1,057"),
        ("It cost 21,057 then.", "1,057", None),
        ("It cost 1,057,000 then.", "1,057", None),
        ("It cost 1,057,000 then.", "057,000", None),
        ("In 1990, 12.", "1990", "1990"),
        ("São Paulo is large.", "Sao Paulo", "São Paulo"),
        ("Sa\u0303o Paulo is large.", "São Paulo", "Sa\u0303o Paulo"),
        ("He moved to New\u00a0 York.", "New York", "New\u00a0 York"),
        ("The ﬁsh is ２ cm long.", "fish", "ﬁsh"),
        ("The ﬁsh is ２ cm long.", "2 cm", "２ cm"),
        ("私は東京に住む", "東京", "東京"),
        ("Anna lives in Oslo.", "", None),
        ("Anna lives in Oslo.", "  ", None),
        ("Anna lives in Oslo.", "Oslo lives", None),
        ("Anna lives in Oslo.", "\ud800", None),
        ("", "Oslo", None),
        ("Åse lives in Łódź.", "\ufffdódź", "Łódź"),
        ("Åse lives in Łódź.", "\ufffdód\ufffd", "Łódź"),
        ("Åse lives in Łódź.", "\ufffd", None),
        ("Åse lives in Łódź.", "\ufffde", None),
        ("Åse lives in Łódź.", "\ufffdse lives", "Åse lives"),
        ("Tromsdalen is near Tromsø.", "Troms\ufffd", "Tromsø"),
    ],
)
def test_words_are_found_whole(fact: str, words: str, found: str | None) -> None:
    span = locate(3, fact, words)
    assert (span.text if span else None) == found
    if span is not None:
        assert span.fact == 3
        assert fact[span.start : span.end] == span.text


@given(WORDS, WORDS)
def test_whatever_is_found_stands_there(fact: str, words: str) -> None:
    span = locate(0, fact, words)
    if span is not None:
        assert fact[span.start : span.end] == span.text
        assert span.text.strip()


@given(st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1), min_size=1, max_size=4), st.data())
def test_every_word_of_a_fact_is_found(words: list[str], data: st.DataObject) -> None:
    wanted = data.draw(st.sampled_from(words))
    assert locate(0, " ".join(words), wanted) is not None


def test_the_first_fact_that_has_the_words() -> None:
    assert locate_in(("Bergen", "in Oslo", "Oslo"), "Oslo") == SpanText(1, 3, 7, "Oslo")
    assert locate_in((), "Oslo") is None


# ------------------------------------------------------------------------------------------------------- serialisation


FIELDS = st.lists(st.text("abc 1", min_size=1).map(str.strip).filter(bool), min_size=1, max_size=3).map(tuple)


@given(st.sampled_from(sorted(TYPES)), st.lists(FIELDS, max_size=3))
def test_what_is_written_is_read(kind: str, derivations: list[tuple[str, ...]]) -> None:
    written = target(kind, [" [SEP] ".join(each) for each in derivations])
    assert parse(written) == Typed(kind, tuple(derivations))


def test_facts_stand_apart() -> None:
    assert source(["One.", "Two."]) == "One. [CONTEXT] Two."
    assert source([]) == ""


@given(st.lists(st.sampled_from([*TOKENS, "</s>", "Oslo", " ", "["])).map("".join))
def test_nothing_told_is_a_token(text: str) -> None:
    made = plain(text, [*TOKENS, "</s>"])
    assert not any(token in made for token in (*TOKENS, "</s>"))
    assert made.replace(" ", "") == text.replace(" ", "")


# ---------------------------------------------------------------------------------------------------------- confidence


@given(st.floats(0, 1), st.floats(0.25, 8))
def test_a_temperature_keeps_the_order(probability: float, temperature: float) -> None:
    made = tempered(probability, temperature)
    assert 0 <= made <= 1
    assert (made > 0.5) == (probability > 0.5) or math.isclose(made, 0.5)


def test_the_temperature_that_fits() -> None:
    too_sure = [(0.99, True)] * 80 + [(0.99, False)] * 20
    temperature = fitted(too_sure)
    assert tempered(0.99, temperature) == pytest.approx(0.8, abs=0.03)
    assert fitted([(0.8, True)] * 80 + [(0.8, False)] * 20) == 1.0
    assert fitted([]) == 1.0


def test_readings_are_scaled_as_a_whole() -> None:
    span = SpanText(0, 0, 4, "Oslo")
    found = scaled(Reading((Derivation(span, None, 0.9),), nothing=0.1), 2.0)
    assert found.derivations[0].confidence == pytest.approx(0.75)
    assert found.nothing == pytest.approx(0.25)
    verdict = scaled(Reading((), 0.1, 0.9, 0.0), 2.0)
    assert (verdict.no, verdict.yes) == (pytest.approx(0.75), 0.1)
    assert scaled(Reading(()), 2.0) == Reading(())


def test_probabilities_of_stretches() -> None:
    scores = TokenScores([2, 5, 5, 9], [math.log(p) for p in (0.5, 0.25, 0.5, 0.1)])
    assert scores.between(0, 2) == pytest.approx(0.5)
    assert scores.between(2, 4) == pytest.approx(0.25)
    assert scores.between(2, 5) == pytest.approx(0.125)
    assert scores.between(0, 9) == pytest.approx(0.00625)
    assert scores.between(5, 5) == pytest.approx(1.0)


def test_a_tally_adds_up() -> None:
    tally = Tally()
    tally.add(read=3, dropped=1)
    tally.add(read=2)
    assert tally.as_dict() == {
        "read": 5, "cached": 0, "unreadable": 0, "dropped": 1, "calls": 0, "retries": 0, "tokens": 0
    }  # fmt: skip
