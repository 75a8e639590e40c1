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
from neuraldb.models.extractor import (
    LONGEST,
    VECTORS,
    WEIGHTS,
    MiniLMExtractor,
    Words,
    is_value,
    joined,
    mentions,
    phrase,
    said,
    titled,
    whole,
    windows,
)
from neuraldb.models.extractor_network import BEGIN, INSIDE, OUTSIDE, Context, ExtractorNetwork
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
    """Tags each token as a test says by its word, and relates all mentions or none.

    Args:
        tags: logits of OUTSIDE, BEGIN and INSIDE (by their numbers) of the tokens that a word has.
        relation: of each mention to each other one, as a vector; None for no relation.
    """

    def __init__(self, tags: dict[str, tuple[float, float, float]], relation: Tensor | None = None) -> None:
        super().__init__()
        self.relation = relation
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

    def read(self, hidden: Tensor, mask: Tensor) -> Context:
        return Context(hidden, mask)

    def between(self, context: Context, rows: Tensor, subjects: Tensor, objects: Tensor) -> Tensor:
        return torch.zeros(len(rows), WIDTH)

    def joint(self, subjects: Tensor, objects: Tensor, between: Tensor) -> Tensor:
        return subjects

    def related(self, joint: Tensor) -> Tensor:
        return torch.full((len(joint), 1), -9.0 if self.relation is None else 9.0)

    def relations(self, joint: Tensor) -> Tensor:
        return torch.zeros(len(joint), WIDTH) if self.relation is None else self.relation.expand(len(joint), WIDTH)

    def names(self, vectors: Tensor) -> Tensor:
        return vectors


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


# ----------------------------------------------------------------------------------------------- from mentions to names


def test_names_are_whole_words_without_articles_and_marks() -> None:
    text = "The A.T. Håkonsen-Bakery, in the a"
    (window,) = windows([text])
    pieces = [text[a:b] for a, b in window.offsets]
    last = len(pieces) - 1

    def names(*spans: tuple[int, int]) -> list[str]:
        found = whole(text, spans, window)
        return [text[window.offsets[a][0] : window.offsets[b][1]] for a, b in found]

    part = next(i for i, piece in enumerate(pieces) if piece.startswith("H"))
    comma = pieces.index(",")
    assert names((0, part)) == ["A.T. Håkonsen"]
    assert names((part, comma)) == ["Håkonsen-Bakery"]
    # an initial is no article, an article alone is no name, and no word is in two names
    assert names((1, 2)) == ["A."]
    assert names((0, 0), (comma, comma), (last - 1, last - 1)) == []
    assert names((1, part), (part, comma)) == ["A.T. Håkonsen"]


@pytest.mark.parametrize(
    ("text", "name", "found"),
    [
        ("He saw The Wire.", "Wire", "The Wire"),
        ("The Wire is long.", "Wire", "Wire"),
        ("He saw the Wire.", "Wire", "Wire"),
        ("In 2010, A Study in Pink aired.", "Study in Pink", "A Study in Pink"),
        ("It ended. The Wire began.", "Wire", "Wire"),
    ],
)
def test_an_article_written_large_within_a_sentence_belongs_to_a_title(text: str, name: str, found: str) -> None:
    start = text.index(name)
    assert text[titled(text, start) : start + len(name)] == found


def test_words_between_two_mentions_name_their_relation() -> None:
    text = "Anna, who lives in Oslo, was seen by Nils. Kari sings."
    anna, oslo, nils, kari = (
        ExtractedMention(text.index(n), text.index(n) + len(n), n) for n in ("Anna", "Oslo", "Nils", "Kari")
    )
    every = (anna, oslo, nils, kari)
    assert phrase(text, every, anna, oslo) == "lives in"
    assert phrase(text, every, oslo, nils) == "was seen by"
    # another mention stands between them, they are in another order, or in two sentences
    assert phrase(text, every, anna, nils) == phrase(text, every, oslo, anna) == phrase(text, every, nils, kari) == ""


def related(
    text: str, relation: Tensor, names: Words, **tags: tuple[float, float, float]
) -> list[tuple[str, str, str]]:
    """The triples of a text in which each mention is related to each other one."""
    words = Words.encoded(("person",), HashedWords(WIDTH))
    (made,) = MiniLMExtractor(Tagging(tags, relation), "tagging", names, words).extract([text])  # type: ignore[arg-type]
    texts = [m.text for m in made.mentions]
    return [(texts[t.subject], t.relation, texts[t.object]) for t in made.triples]


def test_a_relation_is_called_by_the_nearest_known_name_or_by_the_words_of_the_text() -> None:
    names = Words.encoded(("knows", "employer"), HashedWords(WIDTH))
    tags = {"anna": logits(BEGIN), "1982": logits(BEGIN), "oslo": logits(BEGIN)}
    near = related("anna sings in oslo", names.vectors[1], names, **tags)
    assert near == [("anna", "employer", "oslo")]
    far = related("anna sings in oslo", -names.vectors[1], names, **tags)
    assert far == [("anna", "sings in", "oslo")]


def test_of_names_about_equally_near_the_text_decides() -> None:
    text = "The Fram was designed by Colin Archer, an engineer, in 1892 and has a length of 39 metres."
    fram, archer = ExtractedMention(4, 8, "Fram"), ExtractedMention(25, 37, "Colin Archer")
    assert said(text, fram, archer, ["maker", "designed by", "designer"]) == "designer"
    assert said(text, fram, archer, ["maker", "by"]) == "maker"
    assert said(text, fram, archer, ["maker"]) == "maker"
    # what stands far from both says nothing
    assert said(text, fram, archer, ["maker", "length"]) == "maker"


def test_a_name_that_is_read_from_the_other_end_is_turned() -> None:
    names = Words.encoded(("capital of", "capital", "part of"), HashedWords(WIDTH))
    tags = {"oslo": logits(BEGIN), "norway": logits(BEGIN)}
    assert related("oslo , norway", names.vectors[0], names, **tags) == [("norway", "capital", "oslo")]
    assert related("oslo , norway", names.vectors[2], names, **tags) == [("oslo", "part of", "norway")]


def test_nothing_is_said_of_values_nor_of_a_thing_and_itself_and_all_once() -> None:
    names = Words.encoded(("knows",), HashedWords(WIDTH))
    tags = {"anna": logits(BEGIN), "1982": logits(BEGIN), "oslo": logits(BEGIN)}
    assert [is_value(text) for text in ("1982", "159 m", "Oslo")] == [True, True, False]
    assert related("1982 , anna", names.vectors[0], names, **tags) == [("anna", "knows", "1982")]
    assert related("anna or anna", names.vectors[0], names, **tags) == []
    assert related("anna oslo anna oslo", names.vectors[0], names, **tags) == [("anna", "knows", "oslo")]
    assert related("1982", names.vectors[0], names, **tags) == []


def test_what_stands_between_is_a_mean_over_the_words_around_both_mentions() -> None:
    torch.manual_seed(0)
    network = ExtractorNetwork(rank=1).eval()
    torch.nn.init.zeros_(network.share.weight)  # all words count the same
    hidden = torch.randn(1, 20, WIDTH)
    mask = torch.ones(1, 20, dtype=torch.bool)
    mask[0, 15:] = False
    subjects, objects = torch.tensor([[10, 11], [1, 1]]), torch.tensor([[7, 7], [13, 14]])
    made = network.between(network.read(hidden, mask), torch.zeros(2, dtype=torch.long), subjects, objects)
    expected = torch.stack([hidden[0, 3:15].mean(0), hidden[0, 0:15].mean(0)])
    assert torch.allclose(made, torch.nn.functional.gelu(network.context(expected)), atol=1e-5)


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
