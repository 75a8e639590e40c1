"""Trains the paper's sequence-to-sequence operator: any T5- or BART-like model, on typed derivations of WikiNLDB.

The settings are the original's (Thorne et al. 2021): AdamW at 1e-4, batches of 8, three epochs, sources of 1024 tokens
and targets of 64, the noise of ``spj_rand``; only the noise is drawn anew for each epoch.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from neuraldb.core.errors import OperationalError
from neuraldb.loading.wikinldb_databases import Database
from neuraldb.models import folders, huggingface
from neuraldb.models.runtime import padded
from neuraldb.models.seq2seq import SOURCE, TARGET, Seq2SeqReader, source_ids, special_tokens
from neuraldb.models.serialisation import TOKENS
from neuraldb.training.loop import Schedule, train
from neuraldb.training.seq2seq_calibration import development, measured
from neuraldb.training.seq2seq_examples import TypedExample, examples, read_files

IGNORED = -100
"""The label of what fills up a batch."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How the operator is trained; the defaults are the original's."""

    minutes: float = 120.0
    epochs: int = 3
    rate: float = 1e-4
    batch: int = 8
    noise: bool = True
    seed: int = 1


def taught(folder: Path) -> tuple[Any, Any]:
    """A folder's model and tokenizer, with the tokens of typed derivations.

    Raises:
        MissingExtra: transformers is not installed.
        ModelUnavailable: the folder has no such model.
    """
    model, tokenizer = huggingface.load(folder, "AutoModelForSeq2SeqLM")
    known = tokenizer.get_vocab()
    tokenizer.add_tokens([token for token in TOKENS if token not in known])
    # T5's vocabulary has room to spare
    if len(tokenizer) > model.get_input_embeddings().weight.shape[0]:
        with huggingface.quiet():
            model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    return model, tokenizer


@dataclass(frozen=True, slots=True)
class Batch:
    """Sources and targets of some examples, padded: ids and mask (n, T), labels (n, L)."""

    ids: Tensor
    mask: Tensor
    labels: Tensor


class Batches:
    """The batches of databases, epoch after epoch, the same ones in the same order at each start."""

    def __init__(
        self, databases: Sequence[Database], tokenizer: Any, settings: Settings, longest: int = SOURCE
    ) -> None:
        self._databases, self._tokenizer, self._settings = databases, tokenizer, settings
        self._special, self._longest = special_tokens(tokenizer), longest

    def epoch(self, number: int) -> list[list[TypedExample]]:
        """The examples of an epoch, in their batches."""
        rng = random.Random(f"{self._settings.seed} {number}")
        made = list(examples(self._databases, rng, self._settings.noise))
        rng.shuffle(made)
        size = self._settings.batch
        return [made[begin : begin + size] for begin in range(0, len(made), size)]

    def __iter__(self) -> Iterator[Batch]:
        for number in itertools.count():
            for batch in self.epoch(number):
                yield self.tensors(batch)

    def tensors(self, batch: Sequence[TypedExample]) -> Batch:
        """Examples as tensors."""
        sources = [source_ids(self._tokenizer, self._special, e.question, e.facts, self._longest) for e in batch]
        targets = [
            self._tokenizer(text_target=e.target, truncation=True, max_length=TARGET)["input_ids"] for e in batch
        ]
        return Batch(
            padded(sources, self._tokenizer.pad_token_id),
            padded([[1] * len(each) for each in sources]),
            padded(targets, IGNORED),
        )


def run(
    data: Sequence[Path],
    model: Path,
    out: Path,
    checkpoint: Path,
    dev: Sequence[Path] = (),
    settings: Settings | None = None,
) -> dict[str, float]:
    """Train a model, and write it with its tokenizer, its temperature and its card.

    Args:
        data: WikiNLDB files to train on.
        model: the folder of the model to begin with; it stays as it is.
        out: the folder of the trained one.
        checkpoint: a file from which an interrupted run goes on.
        dev: WikiNLDB files for the temperature and the figures; without them the temperature is 1.
        settings: how to train; None for the original's.

    Returns:
        The percentages of development examples read exactly, by type.

    Raises:
        ImportFailed: a file is no WikiNLDB file, or has no derivations.
        MissingExtra: transformers is not installed.
        ModelUnavailable: the folder has no such model.
        OperationalError: ``out`` cannot be written, or is the folder of the model to begin with.
    """
    settings = settings or Settings()
    if out.resolve() == model.resolve():
        raise OperationalError(f"the trained model would replace the one in {model}", hint="name another --out")
    databases = read_files(data)
    held_out = development(dev, settings.seed) if dev else []
    torch.manual_seed(settings.seed)
    network, tokenizer = taught(model)
    batches = Batches(databases, tokenizer, settings, min(SOURCE, huggingface.positions(network) or SOURCE))
    schedule = Schedule(settings.epochs * len(batches.epoch(0)), settings.rate, settings.minutes)

    def loss(batch: Batch) -> tuple[Tensor, dict[str, float]]:
        value: Tensor = network(input_ids=batch.ids, attention_mask=batch.mask, labels=batch.labels).loss
        return value, {"loss": float(value.detach())}

    train(network, iter(batches), loss, schedule, checkpoint)
    try:
        out.mkdir(parents=True, exist_ok=True)
        with huggingface.quiet():
            network.save_pretrained(out)
            tokenizer.save_pretrained(out)
        (out / folders.SETTINGS).unlink(missing_ok=True)
    except OSError as error:
        raise OperationalError(f"cannot write the model into {out}: {error.strerror or error}") from error
    figures, temperature = measured(Seq2SeqReader(out, temperature=1.0), held_out) if held_out else ({}, 1.0)
    card = {
        "data": [path.name for path in data],
        "begun with": model.resolve().name,
        "noise": "spj_rand" if settings.noise else "none",
        "figures": figures,
    }
    folders.save_settings(out, temperature=temperature, card=card)
    return {**figures, "temperature": temperature}
