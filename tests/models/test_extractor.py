"""From tags to mentions, from windows to one extraction."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import hypothesis.strategies as st
import pytest
import torch
from doubles import HashedWords
from hypothesis import given, settings
from torch import Tensor, nn

from models.bodies import token_ids
from neuraldb.core.errors import ModelUnavailable
from neuraldb.models import packing
from neuraldb.models.encoder import MiniLMEncoder
from neuraldb.models.extractor import LONGEST, VECTORS, WEIGHTS, MiniLMExtractor, Words, joined, mentions, windows
from neuraldb.models.extractor_network import BEGIN, INSIDE, OUTSIDE
from neuraldb.models.minilm import CLS, SEP, WIDTH, load_tokenizer
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


# ---------------------------------------------------------------------------------------------- from logits to mentions


class Out(NamedTuple):
    mentions: Tensor
    hidden: Tensor


class Tagging(nn.Module):
    """Tags each token as a test says by its word, and relates nothing.

    Args:
        tags: logits of OUTSIDE, BEGIN and INSIDE (by their numbers) of the tokens that a word has.
    """

    def __init__(self, tags: dict[str, tuple[float, float, float]]) -> None:
        super().__init__()
        self.tags = {i: logits for word, logits in tags.items() for i in token_ids(word)}

    def forward(self, ids: Tensor, mask: Tensor) -> Out:
        outside = tuple(9.0 if tag == OUTSIDE else 0.0 for tag in range(3))
        logits = torch.tensor([[self.tags.get(i, outside) for i in row] for row in ids.tolist()])
        return Out(logits, torch.zeros(*ids.shape, WIDTH))

    def types(self, states: Tensor) -> Tensor:
        return torch.zeros(len(states), WIDTH)

    def ends(self, hidden: Tensor, rows: Tensor, spans: Tensor) -> Tensor:
        return torch.zeros(len(rows), 2 * WIDTH)

    def sides(self, states: Tensor) -> tuple[Tensor, Tensor]:
        return states, states

    def joint(self, subjects: Tensor, objects: Tensor) -> Tensor:
        return subjects

    def related(self, joint: Tensor) -> Tensor:
        return torch.full((len(joint), 1), -9.0)

    def relations(self, joint: Tensor) -> Tensor:
        return torch.zeros(len(joint), WIDTH)


def logits(tag: int, sure: float = 9.0) -> tuple[float, float, float]:
    """Logits of a token that is most likely of a tag."""
    one, two, three = (sure if t == tag else 0.0 for t in range(3))
    return one, two, three


def tagged(text: str, **tags: tuple[float, float, float]) -> tuple[ExtractedMention, ...]:
    """The mentions of a text whose words are tagged so."""
    encoder = HashedWords(WIDTH)
    words = Words.encoded(("person", "city"), encoder)
    (made,) = MiniLMExtractor(Tagging(tags), "tagging", words, words).extract([text])  # type: ignore[arg-type]
    assert made.triples == ()
    return made.mentions


@pytest.mark.parametrize("tag", [BEGIN, INSIDE])
def test_a_mention_is_as_sure_as_the_tag_that_it_begins_with(tag: int) -> None:
    (made,) = tagged("anna sings", anna=logits(tag, 2.0))
    expected = torch.tensor([2.0, 0.0, 0.0]).softmax(-1)[0]
    assert (made.text, made.confidence) == ("anna", pytest.approx(float(expected)))


@pytest.mark.parametrize("name", ["Zoe\u0308", "Zo\u00eb", "Zoe\u0308\u0301", "Zo\u0308e", "Zoe"])
@pytest.mark.parametrize("rest", ["", " sings", ", who sings"])
def test_a_mention_keeps_its_accents(name: str, rest: str) -> None:
    text = f"Here is {name}{rest}"
    (made,) = tagged(text, zoe=logits(BEGIN))
    assert made.text == name
    assert text[made.start : made.end] == name


# ------------------------------------------------------------------------------------------------- vectors of the words


@pytest.mark.parametrize("kind", ["relations", "classes"])
def test_the_vectors_that_ship_are_those_of_the_encoder(kind: str) -> None:
    kept = Words.kept(kind, *packing.load(WEIGHTS))
    some = slice(0, None, 16)
    anew = Words.encoded(kept.words[some], MiniLMEncoder())
    assert len(anew.words) > 20
    assert torch.allclose(kept.vectors[some], anew.vectors, atol=2e-4)
    assert torch.allclose(kept.vectors.norm(dim=-1), torch.ones(len(kept.words)))
    # each is nearest to its own word, but where two words are the same to the encoder
    own = (anew.vectors * kept.vectors[some]).sum(-1)
    assert torch.all(own >= (anew.vectors @ kept.vectors.T).max(-1).values - 1e-3)


@pytest.mark.parametrize("vectors", [None, torch.zeros(2, WIDTH), torch.zeros(3, WIDTH + 1)])
def test_weights_without_a_vector_for_each_word_are_refused(vectors: Tensor | None, tmp_path: Path) -> None:
    state = {} if vectors is None else {f"{VECTORS}relations": vectors}
    packing.save(tmp_path / "x.safetensors", {"other": torch.ones(2), **state}, {"relations": ["a", "b", "c"]})
    with pytest.raises(ModelUnavailable, match="one vector for each of their relations"):
        MiniLMExtractor.load(tmp_path / "x.safetensors")
