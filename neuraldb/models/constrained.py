"""Any Hugging Face model, held to a language while it writes.

The language says which tokens may come next. What can only go on in one way is written without asking the model.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import torch

_BYTE = re.compile(r"<0x([0-9A-F]{2})>")
Place = TypeVar("Place")


class TokenLanguage(Protocol[Place]):
    """Texts as sequences of tokens; a place is where a beginning of one has led to."""

    def start(self) -> Place:
        """Before the first token."""
        ...

    def allowed(self, places: Place) -> Sequence[int]:
        """The tokens that may come next, the end among them where a text is whole."""
        ...

    def after(self, places: Place, token: int) -> Place:
        """Where an allowed token leads."""
        ...

    def forced(self, places: Place) -> int | None:
        """The token that must come next, if there is no choice."""
        ...


class LanguageLogits(Generic[Place]):
    """A logits processor for ``generate``: what the language does not allow gets no chance.

    Where nothing is allowed a text ends at once. A token that another processor insists on, as BART's first one, is let
    through if it writes nothing.

    Args:
        language: says what may be written.
        end: the token that ends a text.
        prompt: how many tokens stand before what is written; 1 for a model with an encoder.
        silent: tokens that write nothing.
    """

    def __init__(self, language: TokenLanguage[Place], end: int, prompt: int, silent: Iterable[int] = ()) -> None:
        self._language, self._end, self._prompt = language, end, prompt
        self._silent = frozenset(silent)
        self._places: dict[tuple[int, ...], Place] = {(): language.start()}

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """The scores (texts, tokens) with everything forbidden at minus infinity."""
        out = torch.full_like(scores, -torch.inf)
        for row, ids in enumerate(input_ids[:, self._prompt :].tolist()):
            written = [token for token in ids if token not in self._silent or token == self._end]
            allowed = [self._end] if self._end in written else self._allowed(tuple(written))
            finite = scores[row].isfinite().nonzero().flatten().tolist()
            if len(finite) == 1 and finite[0] in self._silent - {self._end}:
                allowed = finite
            out[row, allowed] = scores[row, allowed]
            if not out[row].isfinite().any():
                out[row, allowed] = 0.0
        return out

    def _allowed(self, written: tuple[int, ...]) -> list[int]:
        return list(self._language.allowed(self._place(written))) or [self._end]

    def _place(self, written: tuple[int, ...]) -> Place:
        if written not in self._places:
            self._places[written] = self._language.after(self._place(written[:-1]), written[-1])
        return self._places[written]


@dataclass(frozen=True, slots=True)
class Written:
    """A text.

    Attributes:
        tokens: its tokens without the end; None where the language has no text, or none was ended in time.
        score: the mean logarithm of the chances of the tokens that were chosen; 0 where there was no choice.
        calls: how often the model was asked.
    """

    tokens: tuple[int, ...] | None
    score: float
    calls: int


@torch.inference_mode()
def write(model: Any, prompt: Sequence[int], language: TokenLanguage[Any], end: int, most: int = 256) -> Written:
    """The text of a language that a model finds likeliest token by token.

    Args:
        model: causal, or with an encoder.
        prompt: tokens of what it is asked.
        language: says what may be written.
        end: the token that ends a text.
        most: tokens after which it is given up.
    """
    asked = _Asked(model, prompt)
    places, written, logs = language.start(), list[int](), list[float]()
    while len(written) < most:
        allowed = language.allowed(places)
        if not allowed:
            break
        token = language.forced(places)
        if token is None:
            chances = asked.chances(written)
            token = max(allowed, key=lambda each: float(chances[each]))
            logs.append(float(chances[token]))
        if token == end:
            return Written(tuple(written), sum(logs) / len(logs) if logs else 0.0, asked.calls)
        written.append(token)
        places = language.after(places, token)
    return Written(None, -torch.inf, asked.calls)


class _Asked:
    """A model with its memory of what was written so far."""

    def __init__(self, model: Any, prompt: Sequence[int]) -> None:
        self._model, self.calls = model, 0
        self._past: Any = None
        # the name of a model's memory is another one from some version of the library on
        self._memory = "cache" if "cache" in inspect.signature(model.forward).parameters else "past_key_values"
        self._seen = 0
        self._fixed: dict[str, Any] = {}
        self._first = list(prompt)
        if model.config.is_encoder_decoder:
            ids = torch.tensor([self._first])
            self._fixed = {"encoder_outputs": model.get_encoder()(ids), "attention_mask": torch.ones_like(ids)}
            forced = getattr(model.generation_config, "forced_bos_token_id", None)
            start = model.generation_config.decoder_start_token_id
            self._first = [start if start is not None else model.config.decoder_start_token_id]
            self._first += [forced] if forced is not None else []

    def chances(self, written: Sequence[int]) -> torch.Tensor:
        """The logarithms of the chances of each token after what is written."""
        ids = [*self._first, *written]
        name = "decoder_input_ids" if self._fixed else "input_ids"
        new = torch.tensor([ids[self._seen :]])
        out = self._model(**self._fixed, **{name: new, self._memory: self._past}, use_cache=True)
        self._past, self._seen = out[self._memory], len(ids)
        self.calls += 1
        logits: torch.Tensor = out.logits[0, -1]
        return logits.float().log_softmax(-1)


def token_bytes(tokenizer: Any) -> dict[int, bytes]:
    """What each token of a fast tokenizer adds to a text; special ones, which add nothing, are left out.

    Byte-level tokenizers (GPT-2, BART) write bytes as letters of their own; others a space as a low line (T5, Llama).
    """
    special = {*tokenizer.all_special_ids, *tokenizer.added_tokens_decoder}
    tokens = {id: token for token, id in tokenizer.get_vocab().items() if id not in special}
    letters = _letters()
    if set(letters) <= set(tokens.values()):
        return {id: bytes(letters[letter] for letter in token) for id, token in tokens.items()}
    found = {id: _BYTE.fullmatch(token) for id, token in tokens.items()}
    return {
        id: bytes([int(match[1], 16)]) if match is not None else tokens[id].replace("▁", " ").encode()
        for id, match in found.items()
    }


def _letters() -> dict[str, int]:
    """The letters that byte-level tokenizers write bytes as (Radford et al. 2019)."""
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(256 + place): byte for place, byte in enumerate(others)}
