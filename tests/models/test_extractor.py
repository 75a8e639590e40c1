"""From tags to mentions, from windows to one extraction."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from models.bodies import token_ids
from neuraldb.models.extractor import LONGEST, joined, mentions, windows
from neuraldb.models.extractor_network import BEGIN, INSIDE, OUTSIDE
from neuraldb.models.minilm import CLS, SEP, load_tokenizer
from neuraldb.models.protocols import ExtractedMention, ExtractedTriple, Extraction

LETTERS = {"B": BEGIN, "I": INSIDE, "O": OUTSIDE}


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        ("", []),
        ("OOO", []),
        ("BIO", [(0, 1)]),
        ("BB", [(0, 0), (1, 1)]),
        ("OBIIBIO", [(1, 3), (4, 5)]),
        # a run that lacks its beginning counts too
        ("OIIO", [(1, 2)]),
        ("BOI", [(0, 0), (2, 2)]),
    ],
)
def test_mentions(tags: str, spans: list[tuple[int, int]]) -> None:
    assert mentions([LETTERS[tag] for tag in tags]) == spans


@given(st.lists(st.sampled_from((BEGIN, INSIDE, OUTSIDE)), max_size=30))
@settings(max_examples=100, deadline=None)
def test_mentions_hold_every_tagged_token_once(tags: list[int]) -> None:
    found = [i for first, last in mentions(tags) for i in range(first, last + 1)]
    assert found == [i for i, tag in enumerate(tags) if tag != OUTSIDE]
    assert len(mentions(tags)) >= tags.count(BEGIN)


def test_windows_hold_every_token_once_and_in_order() -> None:
    texts = ["", "oslo", "oslo " * LONGEST, "Anna lives in Oslo. " * 120]
    cut = windows(texts)
    assert [w.text for w in cut] == sorted(w.text for w in cut)
    for number, text in enumerate(texts):
        own = [w for w in cut if w.text == number]
        assert [i for w in own for i in w.ids[1:-1]] == token_ids(text)
        for window in own:
            assert (window.ids[0], window.ids[-1]) == (CLS, SEP)
            assert len(window.ids) <= LONGEST + 2
            assert len(window.offsets) == len(window.ids) - 2
        places = [place for w in own for place in w.offsets]
        assert places == sorted(places)
    assert [len([w for w in cut if w.text == n]) for n in range(3)] == [1, 1, 1]


def test_windows_are_cut_between_words() -> None:
    text = "oslo " * (LONGEST - 1) + "Håkonsen " * 10
    for window in windows([text]):
        first = load_tokenizer().id_to_token(window.ids[1])
        assert not first.startswith("##")


def test_extractions_of_windows_become_one() -> None:
    def mention(start: int) -> ExtractedMention:
        return ExtractedMention(start, start + 1, "x")

    one = Extraction((mention(0), mention(5)), (ExtractedTriple(0, "likes", 1, 0.9),))
    two = Extraction((mention(9), mention(12)), (ExtractedTriple(1, "knows", 0, 0.8),))
    made = joined([one, Extraction(), two])
    assert made.mentions == (*one.mentions, *two.mentions)
    assert made.triples == (ExtractedTriple(0, "likes", 1, 0.9), ExtractedTriple(3, "knows", 2, 0.8))
    assert joined([]) == joined([Extraction()]) == Extraction()


@pytest.mark.parametrize("text", ["", "x", "x" * 5000, "oslo " * (LONGEST + 1)])
def test_windows_are_the_whole_text_once(text: str) -> None:
    whole = load_tokenizer().encode(text, add_special_tokens=False)
    cut = windows([text])
    assert [i for w in cut for i in w.ids[1:-1]] == whole.ids
    assert [o for w in cut for o in w.offsets] == whole.offsets
    assert all(len(w.ids) <= LONGEST + 2 for w in cut)
