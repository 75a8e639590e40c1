"""Judging texts: what models say of each, for a prompt. Semantic functions and whatever decides for them stand on this.

:func:`judge` takes texts and gives one judgement each, in order: a value and how sure it is. Each distinct text is
shown to a model once for a prompt; NULL and blank texts never are; what was said before, in this session or an earlier
one, is not asked again. Where a reply could not be read, the text is unknown this time, and nothing is remembered.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import numpy as np

from neuraldb.core.progress import Texts
from neuraldb.core.replies import one_each
from neuraldb.models.protocols import Reading, ReadRequest, Vectors
from neuraldb.operators.context import Context
from neuraldb.stores.judgements import Asked, Judgement

CLEAR = 0.5
"""A verdict or an answer counts from this probability on."""
BATCH = 256
"""Texts that a model is shown at once; between batches the statement can be stopped."""
FEWEST = 16
"""Texts that are judged before it is looked whether there are enough."""
SHARPNESS = 0.1
"""Turns cosines into shares: differences of this size matter."""
UNKNOWN = Judgement(None, 1.0)
"""Of texts that say nothing, and of replies that cannot be read."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is asked of a text.

    Attributes:
        function: ``means`` (true or false), ``ask`` (the words of the answer), ``similarity`` (a cosine) or
            ``classify`` (a label).
        words: the criterion, the question, or the text to compare with.
        labels: of ``classify``.
    """

    function: str
    words: str = ""
    labels: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What a judgement is remembered under."""
        return f"{self.function}\n{json.dumps(self.labels) if self.function == 'classify' else self.words}"


def judge(texts: Sequence[str | None], prompt: Prompt | Sequence[Prompt | None], context: Context) -> list[Judgement]:
    """A judgement for each text, in order.

    Args:
        texts: NULL and blank ones are :data:`UNKNOWN`.
        prompt: what is asked of all of them, or one for each; where it is None, nothing is asked.
        context: the statement's.

    Raises:
        ModelUnavailable: a model does not say one thing of each text.
        Cancelled, Timeout: the statement is to stop.
    """
    pairs = asked_of(texts, prompt)
    asked = [None if pair is None else Asked(pair[1].key, pair[0]) for pair in pairs]
    wanted = {each: pair[1] for each, pair in zip(asked, pairs, strict=True) if each is not None and pair is not None}
    said = _said(wanted, context)
    blank = asked.count(None)
    context.counters.texts += Texts(repeated=len(asked) - blank - len(wanted), blank=blank)
    return [UNKNOWN if each is None else said.get(each, UNKNOWN) for each in asked]


def asked_of(texts: Sequence[str | None], prompt: Prompt | Sequence[Prompt | None]) -> list[tuple[str, Prompt] | None]:
    """Each text with what is asked of it; None where the text says nothing or nothing is asked."""
    prompts = [prompt] * len(texts) if isinstance(prompt, Prompt) else prompt
    return [(t, p) if p is not None and t and t.strip() else None for t, p in zip(texts, prompts, strict=True)]


def _said(wanted: dict[Asked, Prompt], context: Context) -> dict[Asked, Judgement]:
    """What is known of each, and what a model says of the others."""
    said: dict[Asked, Judgement] = {}
    for run, some in _by_model(wanted, context):
        memory = context.stores.judgements
        known = run.at_hand(some, context)
        known |= memory.known(run.model, [each for each in some if each not in known])
        context.counters.texts += Texts(remembered=len(known))
        said |= known
        rest = [(each, prompt) for each, prompt in some.items() if each not in known]
        for done, part in batches(rest, BATCH):
            context.token.check()
            made = zip(part, run.work([(each.text, prompt) for each, prompt in part], context), strict=True)
            fresh = {each: judgement for (each, _), judgement in made if judgement is not None}
            memory.remember(run.model, fresh)
            said |= fresh
            context.report("judging", done, len(rest))
    return said


def batches(items: Iterable[T], size: int) -> Iterator[tuple[int, list[T]]]:
    """Parts of at most ``size`` items, each with the number of items up to its end.

    >>> list(batches("abc", 2))
    [(2, ['a', 'b']), (3, ['c'])]
    """
    rest, done = iter(items), 0
    while part := list(islice(rest, size)):
        done += len(part)
        yield done, part


def worth_judging(limit: int, found: int, judged: int) -> int:
    """How many rows more are judged before counting again, so that about as many as needed are kept of them."""
    share = (found + 1) / (judged + 3)
    return min(BATCH, max(FEWEST, int((limit - found) / share)))


# ---------------------------------------------------------------------------------------------------------- by model


@dataclass(frozen=True, slots=True)
class _Run:
    """How texts are judged.

    Attributes:
        model: name and version of the model.
        work: asks it of texts, in order; None for a reply that could not be read.
        at_hand: what is known without the model and without having been remembered.
    """

    model: str
    work: Callable[[Sequence[tuple[str, Prompt]], Context], Sequence[Judgement | None]]
    at_hand: Callable[[Mapping[Asked, Prompt], Context], dict[Asked, Judgement]] = lambda asked, context: {}


def _by_model(wanted: dict[Asked, Prompt], context: Context) -> Iterator[tuple[_Run, dict[Asked, Prompt]]]:
    """What the reader is to judge, together; what the encoder is to judge."""
    reader = {each: prompt for each, prompt in wanted.items() if prompt.function in ("means", "ask")}
    if reader:
        yield _Run(context.models.reader.name, _by_reader), reader
    # what is asked of one text stands together, so that it is encoded once
    encoder = {each: wanted[each] for each in sorted(wanted.keys() - reader.keys(), key=lambda each: each.text)}
    if encoder:
        encoded = _Encoded()
        yield _Run(context.models.encoder.name, encoded, encoded.at_hand), encoder


def _by_reader(asked: Sequence[tuple[str, Prompt]], context: Context) -> list[Judgement | None]:
    requests = [
        ReadRequest(prompt.words, (text,), "answer")
        if prompt.function == "ask"
        else ReadRequest(as_question(prompt.words), (text,), "verdict")
        for text, prompt in asked
    ]
    readings = context.models.read(requests, context.token)
    context.counters.count("reader", len(requests))
    return [
        answer(reading) if request.mode == "answer" else verdict(reading)
        for request, reading in zip(requests, readings, strict=True)
    ]


def as_question(criterion: str) -> str:
    """A criterion as a yes-no question, which is what readers know; a question stays as it is.

    >>> as_question("somebody won a prize."), as_question("Did somebody win a prize?")
    ('Is it true that somebody won a prize?', 'Did somebody win a prize?')
    """
    words = criterion.strip()
    return words if words.endswith("?") else f"Is it true that {words.rstrip('.')}?"


def verdict(reading: Reading) -> Judgement | None:
    """Yes or no, if the reader is clear; None where its reply could not be read."""
    if reading.unreadable:
        return None
    sure = max(reading.yes, reading.no)
    return Judgement(reading.yes >= reading.no, sure) if sure >= CLEAR else Judgement(None, 1.0 - sure)


def answer(reading: Reading) -> Judgement | None:
    """The words of the best answer; None where the reader's reply could not be read."""
    if reading.unreadable:
        return None
    best = max(reading.derivations, key=lambda d: d.confidence, default=None)
    return UNKNOWN if best is None or best.confidence < CLEAR else Judgement(best.key.text, best.confidence)


class _Encoded:
    """Judges texts by the encoder's vectors, each text encoded once for all prompts that stand together."""

    def __init__(self) -> None:
        self._of_prompt: dict[Prompt, Vectors] = {}

    def at_hand(self, wanted: Mapping[Asked, Prompt], context: Context) -> dict[Asked, Judgement]:
        """What the vectors that are stored say, of texts that are facts; it is no more to compute than to remember."""
        vectors = _stored(list({each.text for each in wanted}), context)
        told = {each: prompt for each, prompt in wanted.items() if each.text in vectors}
        judgements = self._judged([(each.text, prompt) for each, prompt in told.items()], vectors, context)
        return dict(zip(told, judgements, strict=True))

    def __call__(self, asked: Sequence[tuple[str, Prompt]], context: Context) -> list[Judgement | None]:
        texts = list(dict.fromkeys(text for text, _ in asked))
        vectors = dict(zip(texts, encode(texts, context), strict=True))
        return [*self._judged(asked, vectors, context)]

    def _judged(
        self, asked: Sequence[tuple[str, Prompt]], vectors: Mapping[str, Vectors], context: Context
    ) -> list[Judgement]:
        places: dict[Prompt, list[int]] = {}
        for place, (_, prompt) in enumerate(asked):
            places.setdefault(prompt, []).append(place)
        self._encode_prompts([prompt for prompt in places if prompt not in self._of_prompt], context)
        found: dict[int, Judgement] = {}
        for prompt, those in places.items():
            cosines = np.stack([vectors[asked[place][0]] for place in those]) @ self._of_prompt[prompt].T
            found |= zip(those, _by_cosines(cosines, prompt), strict=True)
        return [found[place] for place in range(len(asked))]

    def _encode_prompts(self, prompts: Sequence[Prompt], context: Context) -> None:
        words = list(dict.fromkeys(word for prompt in prompts for word in prompt.labels or [prompt.words]))
        vectors = {
            word: v for _, part in batches(words, BATCH) for word, v in zip(part, encode(part, context), strict=True)
        }
        for prompt in prompts:
            self._of_prompt[prompt] = np.stack([vectors[word] for word in prompt.labels or [prompt.words]])


def _by_cosines(cosines: Vectors, prompt: Prompt) -> list[Judgement]:
    """The judgements of texts by their cosines (n, words) with the words of a prompt."""
    if prompt.function == "similarity":
        return [Judgement(cosine, 1.0) for cosine in cosines[:, 0].tolist()]
    shares = np.exp((cosines - cosines.max(axis=1, keepdims=True)) / SHARPNESS)
    shares /= shares.sum(axis=1, keepdims=True)
    return [Judgement(prompt.labels[int(s.argmax())], float(s.max())) for s in shares]


def vectors_of(texts: Sequence[str], context: Context) -> Vectors:
    """Unit vectors of distinct texts (n, width): those of facts as they are stored, of others encoded now.

    Raises:
        Cancelled, Timeout: the statement is to stop.
    """
    found = _stored(texts, context)
    missing = [text for text in texts if text not in found]
    for done, part in batches(missing, BATCH):
        found |= dict(zip(part, encode(part, context), strict=True))
        context.report("encoding", done, len(missing))
    return np.stack([found[text] for text in texts])


def _stored(texts: Sequence[str], context: Context) -> dict[str, Vectors]:
    """The vectors of those texts that have been told as facts."""
    encoder = context.models.encoder
    return context.stores.embeddings(encoder.name, encoder.width).of_texts(texts)


def encode(texts: Sequence[str], context: Context) -> Vectors:
    """Vectors of texts, counted.

    Raises:
        ModelUnavailable: the encoder does not give one for each text.
    """
    context.token.check()
    context.counters.count("encoder", len(texts))
    encoder = context.models.encoder
    vectors = encoder.encode(list(texts))
    one_each(vectors, len(texts), "encoder", encoder)
    return vectors
