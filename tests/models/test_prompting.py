"""Instructions, data and replies: what they promise each other."""

from __future__ import annotations

import json
import re

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuraldb.models.prompting import instructions, payload, readings, schema, version
from neuraldb.models.protocols import Reading, ReadRequest
from neuraldb.models.tally import Tally

MODES = ("answer", "pair", "verdict")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("verbal", [True, False])
def test_the_example_of_the_instructions_is_read_as_it_is_meant(mode: str, verbal: bool) -> None:
    message, reply = re.findall(r"^\{.*\}$", instructions(mode, verbal), re.MULTILINE)
    jsonschema.validate(json.loads(reply), schema(verbal))
    asked = json.loads(message)
    requests = [
        ReadRequest(asked["question"], tuple(fact["text"] for fact in each["facts"]), mode) for each in asked["sets"]
    ]
    assert payload(requests) == message
    if not verbal:
        assert "confidence" not in instructions(mode, verbal)
        return
    tally = Tally()
    first, second = readings(reply, requests, tally)
    assert (tally.unreadable, tally.dropped, second.derivations, second.yes) == (0, 0, (), 0.0)
    found = [(d.key.text, d.value and d.value.text) for d in first.derivations]
    expected: dict[str, list[tuple[str, str | None]]] = {
        "answer": [("The Lune Bridge", None)],
        "pair": [("The Lune Bridge", "310 metres")],
        "verdict": [],
    }
    assert found == expected[mode]
    assert first.yes == (0.9 if mode == "verdict" else 0.0)


def test_the_version_changes_with_the_instructions(monkeypatch: pytest.MonkeyPatch) -> None:
    before = version(True)
    assert before == version(True) != version(False)
    monkeypatch.setattr("neuraldb.models.prompting._UNRELATED", "Ada Moe reads.")
    assert version(True) != before


@given(st.lists(st.text(), min_size=1, max_size=3), st.text())
def test_whatever_is_stored_arrives_as_it_is(facts: list[str], question: str) -> None:
    sent = payload([ReadRequest(question, tuple(facts), "answer")])
    told = json.loads(sent)
    assert told["question"] == question
    assert [fact["text"] for fact in told["sets"][0]["facts"]] == facts
    assert "<" not in sent


NAMES = st.sampled_from(["sets", "set", "verdict", "confidence", "derivations", "key", "value", "fact", "text"])
SCALARS = st.none() | st.booleans() | st.floats() | st.text()


@given(st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner), max_leaves=20))
def test_no_reply_breaks_the_reader(reply: object) -> None:
    request = ReadRequest("Who?", ("Anna Berg.",), "answer")
    assert readings(json.dumps(reply), [request], Tally()) == [Reading((), unreadable=True)]


def test_marks_of_a_tokenizer_are_no_marks_in_the_data() -> None:
    request = ReadRequest("Who?", ("Anna ▁SPECIAL▁ Berg.",), "answer")
    sent = payload([request], ["▁SPECIAL▁", "", "{", "An"])
    assert "▁SPECIAL▁" not in sent
    assert json.loads(sent)["sets"][0]["facts"][0]["text"] == request.facts[0]
