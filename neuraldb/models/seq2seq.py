"""Neural SPJ as the paper has it: a sequence-to-sequence model writes typed derivation strings.

Any T5- or BART-like model in a Hugging Face folder will do whose tokenizer has the tokens of
:mod:`neuraldb.models.serialisation`; ``neuraldb train seq2seq`` makes one. What it writes is kept only where it stands
in the facts.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from neuraldb.core.errors import ModelUnavailable
from neuraldb.core.progress import CancelToken
from neuraldb.models import folders, huggingface, serialisation
from neuraldb.models.alignment import UNKNOWN, locate_in
from neuraldb.models.confidence import scaled
from neuraldb.models.protocols import Derivation, Reading, ReadRequest
from neuraldb.models.runtime import groups, padded
from neuraldb.models.tally import Tally

SOURCE, TARGET = 1024, 64
"""Tokens of the longest source, of which the end is not read, and of the longest target."""


@dataclass(frozen=True, slots=True)
class Written:
    """A target as it was written, and its parts between ``[LIST]``, each with the probability of its tokens."""

    text: str
    parts: tuple[tuple[str, float], ...]


class Seq2SeqReader:
    """A reader over a sequence-to-sequence model; all requests of a call are read in batches of like length.

    Args:
        folder: the model and its tokenizer, as ``save_pretrained`` writes them.
        temperature: by which confidences are scaled; None for that of the folder's ``neuraldb_reader.json``, else 1.

    Raises:
        MissingExtra: transformers is not installed.
        ModelUnavailable: the folder has no such model, or its tokenizer has not the tokens of typed derivations.
    """

    def __init__(self, folder: str | os.PathLike[str], temperature: float | None = None) -> None:
        path = Path(folder)
        folders.check(path)
        self._temperature = folders.settings(path).get("temperature", 1.0) if temperature is None else temperature
        self._model, self._tokenizer = huggingface.load(path, "AutoModelForSeq2SeqLM")
        huggingface.write_plainly(self._model, TARGET)
        self._pad = self._tokenizer.pad_token_id or 0
        self._ids = token_ids(self._tokenizer, path)
        self._special = special_tokens(self._tokenizer)
        self.name = f"seq2seq-{path.resolve().name}-{folders.fingerprint(path)}-{self._temperature:g}"
        self.tally = Tally()

    @torch.inference_mode()
    def read(self, requests: Sequence[ReadRequest], token: CancelToken | None = None) -> list[Reading]:
        """One reading a request, in order.

        Raises:
            Cancelled, Timeout: when ``token`` says so, between batches.
        """
        found: list[Reading] = [Reading(())] * len(requests)
        for verdicts in (True, False):
            mine = [i for i, request in enumerate(requests) if (request.mode == "verdict") is verdicts]
            encoded = [self.encode(requests[i]) for i in mine]
            for group in groups([len(ids) for ids in encoded]):
                if token is not None:
                    token.check()
                batch = [requests[mine[i]] for i in group]
                ids = padded([encoded[i] for i in group], self._pad)
                mask = padded([[1] * len(encoded[i]) for i in group])
                readings = self._verdicts(ids, mask) if verdicts else self._derivations(batch, ids, mask)
                for i, reading in zip(group, readings, strict=True):
                    found[mine[i]] = reading
        self.tally.add(read=len(requests))
        return found

    def encode(self, request: ReadRequest) -> list[int]:
        """The source of a request as ids of tokens."""
        longest = min(SOURCE, huggingface.positions(self._model) or SOURCE)
        return source_ids(self._tokenizer, self._special, request.question, request.facts, longest)

    # ---------------------------------------------------------------------------------------------------------- truth

    def _verdicts(self, ids: Tensor, mask: Tensor) -> list[Reading]:
        """Yes and no, each by the probability of its target."""
        encoded = self._model.get_encoder()(input_ids=ids, attention_mask=mask)
        targets = [serialisation.target("bool", [words]) for words in (serialisation.TRUE, serialisation.FALSE)]
        scores = torch.stack([self._score(encoded, mask, target) for target in targets], 1)
        return [scaled(Reading((), yes, no, 1.0 - yes - no), self._temperature) for yes, no in scores.exp().tolist()]

    def _score(self, encoded: Any, mask: Tensor, target: str) -> Tensor:
        """The log-probability (n,) of one target after each of n encoded sources; ``mask`` is (n, T)."""
        labels = torch.tensor([self._tokenizer(text_target=target)["input_ids"]] * len(mask))
        logits: Tensor = self._model(encoder_outputs=encoded, attention_mask=mask, labels=labels).logits
        return logits.log_softmax(-1).gather(2, labels[..., None]).squeeze(2).sum(1)

    # ---------------------------------------------------------------------------------------------------- derivations

    def _derivations(self, batch: Sequence[ReadRequest], ids: Tensor, mask: Tensor) -> list[Reading]:
        out = self._model.generate(input_ids=ids, attention_mask=mask)
        scores = torch.stack(out.logits, 1).log_softmax(-1)  # (n, T, vocabulary)
        written = out.sequences[:, -scores.shape[1] :]
        logs = scores.gather(2, written[..., None]).squeeze(2)
        return [
            self._reading(request, self._written(row, log))
            for request, row, log in zip(batch, written.tolist(), logs.tolist(), strict=True)
        ]

    def _written(self, ids: Sequence[int], logs: Sequence[float]) -> Written:
        """What was written, and each derivation with the probability of the tokens since the derivation before."""
        ends = huggingface.ends_of(self._model.generation_config)
        length = next((i for i, each in enumerate(ids) if each in ends), len(ids) - 1) + 1
        parts: list[tuple[str, float]] = []
        begin = 0
        for place in range(length):
            if ids[place] == self._ids[serialisation.LIST] or place == length - 1:
                parts.append((self._decode(ids[begin : place + 1]), math.exp(sum(logs[begin : place + 1]))))
                begin = place + 1
        return Written(self._decode(ids[:length]), tuple(parts))

    def _decode(self, ids: Sequence[int]) -> str:
        # what is unknown to the tokenizer stays as such: the fact tells which characters they are
        unknown = self._tokenizer.unk_token
        skipped = set(self._tokenizer.all_special_ids) - {*self._ids.values(), self._tokenizer.unk_token_id}
        text = str(self._tokenizer.decode([i for i in ids if i not in skipped], clean_up_tokenization_spaces=False))
        return (text.replace(unknown, UNKNOWN) if unknown else text).strip()

    def _reading(self, request: ReadRequest, written: Written) -> Reading:
        typed = serialisation.parse(written.text)
        if typed is None or typed.kind == "bool":
            self.tally.add(unreadable=1)
            return Reading((), unreadable=True)
        if not typed.derivations:
            return Reading((), nothing=written.parts[0][1])
        found: dict[Any, Derivation] = {}
        for number, (text, probability) in enumerate(written.parts):
            head = serialisation.TYPES[typed.kind]
            text = (text.removeprefix(head) if number == 0 else text).replace(serialisation.LIST, "")
            for each in serialisation.fields(text.strip()):
                made = derivation(request, each, min(1.0, probability))
                if made is None:
                    self.tally.add(dropped=1)
                else:
                    found.setdefault((made.key, made.value), made)
        most = max((d.confidence for d in found.values()), default=0.0)
        return scaled(Reading(tuple(found.values()), nothing=1.0 - most), self._temperature)


def special_tokens(tokenizer: Any) -> tuple[str, ...]:
    """The tokens of a tokenizer that are more than text, the longest first."""
    return tuple(sorted(tokenizer.get_added_vocab(), key=len, reverse=True))


def source_ids(
    tokenizer: Any, special: Sequence[str], question: str, facts: Sequence[str], longest: int = SOURCE
) -> list[int]:
    """The source of a question and a support set as ids of tokens; what is too long is cut.

    Args:
        tokenizer: the model's.
        special: its :func:`special_tokens`, none of which a question or fact can write.
        question: the question.
        facts: the support set.
        longest: how many tokens there may be.
    """
    asked, *told = (serialisation.plain(text, special) for text in (question, *facts))
    encoded = tokenizer(asked, serialisation.source(told), truncation=True, max_length=longest)
    return list(encoded["input_ids"])


def derivation(request: ReadRequest, fields: Sequence[str], confidence: float) -> Derivation | None:
    """A derivation from its fields; None where one of them does not stand in the facts.

    A third field is what was asked for in the place of the key; a value alone, as of ``[MIN]``, is its own key.
    """
    spans = [locate_in(request.facts, field) for field in fields]
    if any(span is None for span in spans):
        return None
    key = spans[2] if len(spans) > 2 else spans[0]
    assert key is not None
    if request.mode != "pair":
        return Derivation(key, None, confidence)
    return Derivation(key, spans[1] if len(spans) > 1 else key, confidence)


def token_ids(tokenizer: Any, folder: Path) -> dict[str, int]:
    """The ids of the tokens of typed derivations.

    Raises:
        ModelUnavailable: the tokenizer lacks some of them.
    """
    known = tokenizer.get_vocab()
    missing = [token for token in serialisation.TOKENS if token not in known]
    if missing:
        raise ModelUnavailable(
            f"the tokenizer in {folder} has no token {missing[0]}",
            hint="neuraldb train seq2seq teaches a model typed derivations",
        )
    return {token: known[token] for token in serialisation.TOKENS}
