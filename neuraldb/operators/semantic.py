"""Semantic functions on text columns: filter, match, map, similarity, classification.

Each distinct text is judged once; NULL and blank texts are never shown to a model; what a model does not say clearly
is unknown, and unknown is kept by no filter. Judgements are remembered for the session, but for those of replies that
could not be read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
import pyarrow as pa

from neuraldb.core.replies import one_each
from neuraldb.core.values import parse_value
from neuraldb.models.protocols import Reading, ReadRequest, Vectors
from neuraldb.operators.context import ARROW_TYPES, Context, neural
from neuraldb.plan.nodes import Field, Node
from neuraldb.plan.provenance import CONFIDENCE, EVIDENCE
from neuraldb.plan.semantic_nodes import Classify, NameKey, SemanticFilter, SemanticMap, SemanticMatch, Similarity

CLEAR = 0.5
"""A verdict counts from this probability on."""
BATCH = 256
Judgement = tuple[object, float]
UNKNOWN: Judgement = (None, 1.0)
"""Of texts that say nothing, and of replies that cannot be read."""
T = TypeVar("T")


@neural(SemanticFilter)
def semantic_filter(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The rows that meet the criterion, in order; reading stops when there are enough."""
    assert isinstance(node, SemanticFilter)
    (rows,) = children
    texts = rows.column(node.column).to_pylist()
    kept: list[int] = []
    sure: list[float] = []
    for begin in range(0, len(texts), BATCH):
        judged = judge(texts[begin : begin + BATCH], verdicts(node.criterion), context, f"means {node.criterion}")
        for i, (verdict, confidence) in enumerate(judged, begin):
            if verdict is (not node.negated):
                kept.append(i)
                sure.append(confidence)
        if node.limit is not None and len(kept) >= node.limit:
            break
    return multiplied(rows.take(pa.array(kept, pa.int64())), sure)


@neural(SemanticMatch)
def semantic_match(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """Whether each text meets the criterion."""
    assert isinstance(node, SemanticMatch)
    return mapped(children[0], node.column, node.output, verdicts(node.criterion), context, f"means {node.criterion}")


@neural(SemanticMap)
def semantic_map(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """What each text says in answer to the question, typed as the output is."""
    assert isinstance(node, SemanticMap)
    key = f"ask {node.output.type} {node.question}"
    return mapped(children[0], node.column, node.output, answers(node.question, node.output.type), context, key)


@neural(Similarity)
def similarity(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The cosine of each text with the query."""
    assert isinstance(node, Similarity)
    query = node.query

    def near(texts: Sequence[str], context: Context) -> list[Judgement]:
        vectors = encode([query, *texts], context)
        return [(float(v @ vectors[0]), 1.0) for v in vectors[1:]]

    return mapped(children[0], node.column, node.output, near, context, f"similarity {query}")


@neural(Classify)
def classify(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The label whose words are nearest to each text."""
    assert isinstance(node, Classify)
    labels = node.labels

    def best(texts: Sequence[str], context: Context) -> list[Judgement]:
        vectors = encode([*labels, *texts], context)
        scores = vectors[len(labels) :] @ vectors[: len(labels)].T
        shares = np.exp(scores / SHARPNESS - (scores / SHARPNESS).max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        return [(labels[int(s.argmax())], float(s.max())) for s in shares]

    return mapped(children[0], node.column, node.output, best, context, f"classify {labels}")


SHARPNESS = 0.1
"""Turns cosines into shares: differences of this size matter."""


@neural(NameKey)
def name_key(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The identity of each name."""
    assert isinstance(node, NameKey)
    (rows,) = children
    texts = rows.column(node.column).to_pylist()
    keys = context.stores.identities({t for t in texts if t is not None})
    column = pa.array([None if t is None else keys[t] for t in texts], pa.string())
    return rows.append_column(node.columns[-1].name, column)


Judge = Callable[[Sequence[str], Context], Sequence[Judgement | None]]
"""One judgement a text, in order; None where a reply could not be read."""


def verdicts(criterion: str) -> Judge:
    """Judges texts by the reader's verdict on a criterion."""

    def run(texts: Sequence[str], context: Context) -> list[Judgement | None]:
        return [verdict(reading) for reading in read(asked(criterion), "verdict", texts, context)]

    return run


def asked(criterion: str) -> str:
    """A criterion as a yes-no question, which is what readers know; a question stays as it is.

    >>> asked("somebody won a prize."), asked("Did somebody win a prize?")
    ('Is it true that somebody won a prize?', 'Did somebody win a prize?')
    """
    words = criterion.strip()
    return words if words.endswith("?") else f"Is it true that {words.rstrip('.')}?"


def answers(question: str, kind: str) -> Judge:
    """Judges texts by the reader's best answer to a question, read as a type."""
    if kind == "BOOLEAN":
        return verdicts(question)

    def run(texts: Sequence[str], context: Context) -> list[Judgement | None]:
        return [answer(reading, kind) for reading in read(question, "answer", texts, context)]

    return run


def verdict(reading: Reading) -> Judgement | None:
    """Yes or no, if the reader is clear; None where its reply could not be read."""
    if reading.unreadable:
        return None
    sure = max(reading.yes, reading.no)
    return (reading.yes >= reading.no, sure) if sure >= CLEAR else (None, 1.0 - sure)


def answer(reading: Reading, kind: str) -> Judgement | None:
    """The best answer as a value of the output's type; None where the reader's reply could not be read."""
    if reading.unreadable:
        return None
    best = max(reading.derivations, key=lambda d: d.confidence, default=None)
    return UNKNOWN if best is None or best.confidence < CLEAR else (typed(best.key.text, kind), best.confidence)


def read(question: str, mode: str, texts: Sequence[str], context: Context) -> Sequence[Reading]:
    """What the reader says of each text, counted.

    Raises:
        ModelUnavailable: it does not say one thing of each.
        Cancelled, Timeout: the statement is to stop.
    """
    readings = context.models.read([ReadRequest(question, (t,), mode) for t in texts], context.token)
    context.counters.count("reader", len(texts))
    return readings


def typed(text: str, kind: str) -> object:
    """An answer's words as a value of the output's type; None where they are none."""
    if kind == "DOUBLE":
        return parse_value(text, prefer="number").number
    if kind == "DATE":
        return parse_value(text, prefer="date").start
    return text


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


def judge(texts: Sequence[str | None], run: Judge, context: Context, prompt: str) -> list[Judgement]:
    """A judgement for each text, in order; each distinct one is asked for once, and not again in this session."""
    memory = context.judgements.setdefault(prompt, {})
    unknown = list(dict.fromkeys(t for t in texts if t is not None and t.strip() and t not in memory))
    for begin in range(0, len(unknown), BATCH):
        context.token.check()
        part = unknown[begin : begin + BATCH]
        made = zip(part, run(part, context), strict=True)
        memory.update({text: judgement for text, judgement in made if judgement is not None})
        context.report("judging", begin + len(part), len(unknown))
    return [UNKNOWN if t is None else memory.get(t, UNKNOWN) for t in texts]


def mapped(rows: pa.Table, column: str, output: Field, run: Judge, context: Context, prompt: str) -> pa.Table:
    """The rows with the judgements of a column as one more; a clear judgement weighs on the row's confidence."""
    judged = judge(rows.column(column).to_pylist(), run, context, prompt)
    values = pa.array([value for value, _ in judged], ARROW_TYPES[output.type])
    weights = [sure if value is not None else 1.0 for value, sure in judged]
    return multiplied(rows, weights).append_column(output.name, values)


def multiplied(rows: pa.Table, weights: Sequence[float]) -> pa.Table:
    """The rows with their confidence multiplied; rows of a user's own table are certain before, and rest on no fact."""
    if CONFIDENCE not in rows.column_names:
        if EVIDENCE not in rows.column_names:
            rows = rows.append_column(EVIDENCE, pa.array([[]] * rows.num_rows, pa.list_(pa.int64())))
        return rows.append_column(CONFIDENCE, pa.array(weights, pa.float64()))
    index = rows.column_names.index(CONFIDENCE)
    before = rows.column(CONFIDENCE).to_pylist()
    # a row that an outer join filled up has none
    after = [(1.0 if b is None else b) * w for b, w in zip(before, weights, strict=True)]
    return rows.set_column(index, CONFIDENCE, pa.array(after, pa.float64()))
