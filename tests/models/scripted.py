"""A reader's network that points where a test says, by words; everything around it is the real thing."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from neuraldb.models.minilm import load_tokenizer
from neuraldb.models.reader import MiniLMReader
from neuraldb.models.reader_network import VERDICTS, Reading

LOW = -30.0
NOTHING = (1.0, 0.0, 0.0, 0.0)


class Scripted(nn.Module):
    """Points at tokens by what they are.

    Args:
        starts: how much of the start pointer each word gets, wherever it stands in the facts.
        ends: for the word that a span begins with, the word that it ends with; itself where it is not named.
        values: for the word that a key begins with, shares of words that values begin with; "" for no value.
        further: the probability that a further span begins with a word; near 1 for all that starts name.
        verdict: the probabilities of none, span, yes and no where one of the words stands; nothing follows elsewhere.
    """

    def __init__(
        self,
        starts: Mapping[str, float],
        ends: Mapping[str, str] | None = None,
        values: Mapping[str, Mapping[str, float]] | None = None,
        further: Mapping[str, float] | None = None,
        verdict: tuple[float, float, float, float] = (0.1, 0.9, 0.0, 0.0),
    ) -> None:
        super().__init__()
        assert len(verdict) == len(VERDICTS)
        self.starts = {token(word): math.log(share) for word, share in starts.items()}
        self.last = {token(a): token(b) for a, b in (ends or {}).items()}
        self.told = {
            token(key): {token(word) if word else None: math.log(share) for word, share in shares.items()}
            for key, shares in (values or {}).items()
        }
        sure = dict.fromkeys(starts, 0.99) | dict(further or {})
        self.also = {token(word): math.log(p / (1 - p)) for word, p in sure.items()}
        self.probabilities = verdict
        self.batches: list[tuple[int, ...]] = []
        self.ids = torch.zeros(0, 0)

    def forward(self, ids: Tensor, segments: Tensor, mask: Tensor, mode: Tensor) -> Reading:
        self.ids = ids
        self.batches.append(tuple(ids.shape))
        start = torch.full(ids.shape, LOW)
        for word, logit in self.starts.items():
            start[ids == word] = logit
        here = (start > LOW).any(1, keepdim=True)
        verdict = torch.where(here, torch.tensor([self.probabilities]), torch.tensor([NOTHING])).log().clamp(min=LOW)
        return Reading(torch.zeros(*ids.shape, 1), verdict, start.masked_fill(~(segments == 1), float("-inf")))

    def ends(self, reading: Reading, starts: Tensor, mask: Tensor) -> Tensor:
        out = torch.full((*starts.shape, self.ids.shape[1]), LOW)
        for row, places in enumerate(starts.tolist()):
            words = self.ids[row].tolist()
            for number, place in enumerate(places):
                wanted = self.last.get(words[place], words[place])
                at = next((i for i in range(place, len(words)) if words[i] == wanted), place)
                out[row, number, at] = 0.0
        return out.masked_fill(~mask[:, None], float("-inf"))

    def others(self, reading: Reading, starts: Tensor, mask: Tensor) -> Tensor:
        out = torch.full((*starts.shape, self.ids.shape[1]), LOW)
        for word, logit in self.also.items():
            out[(self.ids == word)[:, None].expand_as(out)] = logit
        return out.masked_fill(~mask[:, None], float("-inf"))

    def values(self, reading: Reading, keys: Tensor, mask: Tensor) -> Tensor:
        out = torch.full((*keys.shape, self.ids.shape[1]), LOW)
        for row, places in enumerate(keys.tolist()):
            words = self.ids[row].tolist()
            for number, place in enumerate(places):
                for word, logit in self.told.get(words[place], {}).items():
                    out[row, number, 0 if word is None else words.index(word)] = logit
        return out


def scripted(
    starts: Mapping[str, float],
    ends: Mapping[str, str] | None = None,
    values: Mapping[str, Mapping[str, float]] | None = None,
    further: Mapping[str, float] | None = None,
    verdict: tuple[float, float, float, float] = (0.1, 0.9, 0.0, 0.0),
    temperature: float = 1.0,
) -> MiniLMReader:
    """A reader over a scripted network."""
    return MiniLMReader(Scripted(starts, ends, values, further, verdict), "scripted", temperature)  # type: ignore[arg-type]


def token(word: str) -> int:
    """The id of a word that is one token."""
    (only,) = load_tokenizer().encode(word, add_special_tokens=False).ids
    return int(only)
