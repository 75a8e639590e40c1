"""A reader over any Hugging Face causal model: instructed, it writes JSON, which is held against the facts."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import torch

from neuraldb.core.progress import CancelToken
from neuraldb.models import folders, huggingface, prompting
from neuraldb.models.confidence import TokenScores, scaled
from neuraldb.models.protocols import Reading, ReadRequest
from neuraldb.models.runtime import groups, padded
from neuraldb.models.tally import Tally

REPLY = 400
"""Tokens of the longest reply to one support set."""


class CausalReader:
    """A reader over a causal model; one support set a prompt, prompts of like length in one batch.

    Where the tokenizer has a chat template, the prompt is a chat; else it is plain text.

    Args:
        folder: the model and its tokenizer, as ``save_pretrained`` writes them.
        temperature: by which confidences are scaled; None for that of the folder's ``neuraldb_reader.json``, else 1.
        reply_tokens: tokens of the longest reply; one that is cut short is unknown.

    Raises:
        MissingExtra: transformers is not installed.
        ModelUnavailable: the folder has no such model.
    """

    def __init__(
        self, folder: str | os.PathLike[str], temperature: float | None = None, reply_tokens: int = REPLY
    ) -> None:
        path = Path(folder)
        folders.check(path)
        self._temperature = folders.settings(path).get("temperature", 1.0) if temperature is None else temperature
        self._model, self._tokenizer = huggingface.load(path, "AutoModelForCausalLM")
        self._reply_tokens = reply_tokens
        huggingface.write_plainly(self._model, reply_tokens)
        self._has_system = has_system(self._tokenizer)
        self._ends = huggingface.ends_of(self._model.generation_config) | {self._tokenizer.eos_token_id} - {None}
        fill = self._tokenizer.pad_token_id
        self._fill = min(self._ends, default=0) if fill is None else fill
        self._model.generation_config.pad_token_id = self._fill
        version = f"{folders.fingerprint(path)}-{prompting.version(False)}"
        self.name = f"causal-{path.resolve().name}-{version}-{self._temperature:g}-{reply_tokens}"
        self.tally = Tally()

    @torch.inference_mode()
    def read(self, requests: Sequence[ReadRequest], token: CancelToken | None = None) -> list[Reading]:
        """One reading a request, in order; unreadable where the reply is of another form, or the prompt too long.

        Raises:
            Cancelled, Timeout: when ``token`` says so, between batches.
        """
        found = [Reading((), unreadable=True)] * len(requests)
        encoded = [self.encode(request) for request in requests]
        longest = huggingface.positions(self._model)
        fit = [i for i, ids in enumerate(encoded) if longest is None or len(ids) + self._reply_tokens <= longest]
        self.tally.add(read=len(requests), unreadable=len(requests) - len(fit))
        for group in groups([len(encoded[i]) for i in fit]):
            if token is not None:
                token.check()
            batch = [fit[i] for i in group]
            replies = self._replies([encoded[i] for i in batch])
            for i, (reply, scores) in zip(batch, replies, strict=True):
                (reading,) = prompting.readings(reply, [requests[i]], self.tally, scores)
                found[i] = scaled(reading, self._temperature)
        return found

    def encode(self, request: ReadRequest) -> list[int]:
        """The prompt of a request as ids of tokens."""
        told = prompting.instructions(request.mode, False)
        message = prompting.payload([request], self._tokenizer.all_special_tokens)
        if self._tokenizer.chat_template is None:
            return list(self._tokenizer(f"{told}\n\nMessage:\n{message}\n\nReply:\n", verbose=False)["input_ids"])
        chat = [{"role": "system", "content": told}, {"role": "user", "content": message}]
        if not self._has_system:
            chat = [{"role": "user", "content": f"{told}\n\n{message}"}]
        text = self._tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
        return list(self._tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])

    def _replies(self, prompts: Sequence[Sequence[int]]) -> list[tuple[str, TokenScores]]:
        width = max(map(len, prompts))
        # a causal model goes on at the right end, so what fills up a batch is at the left
        ids = padded([[self._fill] * (width - len(prompt)) + list(prompt) for prompt in prompts])
        mask = padded([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts])
        out = self._model.generate(input_ids=ids, attention_mask=mask)
        scores = torch.stack(out.logits, 1).log_softmax(-1)
        written = out.sequences[:, width:]
        logs = scores.gather(2, written[..., None]).squeeze(2)
        return [self._reply(row, log) for row, log in zip(written.tolist(), logs.tolist(), strict=True)]

    def _reply(self, ids: list[int], logs: list[float]) -> tuple[str, TokenScores]:
        length = next((i for i, each in enumerate(ids) if each in self._ends), len(ids))
        text = self._decode(ids[:length])
        # a character of several tokens is there only after the last of them
        ends = accumulate((min(len(self._decode(ids[: i + 1])), len(text)) for i in range(length)), max)
        return text, TokenScores(list(ends), logs[:length])

    def _decode(self, ids: list[int]) -> str:
        decoded: Any = self._tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return str(decoded)


def has_system(tokenizer: Any) -> bool:
    """Whether a chat may begin with a message of the system; some templates refuse it."""
    if tokenizer.chat_template is None:
        return False
    chat = [{"role": "system", "content": "-"}, {"role": "user", "content": "-"}]
    try:
        tokenizer.apply_chat_template(chat, tokenize=False)
    except Exception:  # noqa: BLE001 # a template refuses with an error of its own, of any kind
        return False
    return True
