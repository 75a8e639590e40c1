"""Semantic functions on text columns: filter, match, map, similarity, classification (see :mod:`.judging`).

What a model does not say clearly is unknown, and unknown is kept by no filter.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from neuraldb.core.values import parse_value
from neuraldb.operators.context import ARROW_TYPES, Context, neural
from neuraldb.operators.judging import BATCH, Prompt, judge
from neuraldb.plan.nodes import Field, Node
from neuraldb.plan.provenance import CONFIDENCE, EVIDENCE
from neuraldb.plan.semantic_nodes import Classify, NameKey, SemanticFilter, SemanticMap, SemanticMatch, Similarity


@neural(SemanticFilter)
def semantic_filter(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The rows that meet the criterion, in order; judging stops when there are enough."""
    assert isinstance(node, SemanticFilter)
    (rows,) = children
    texts = rows.column(node.column).to_pylist()
    kept: list[int] = []
    sure: list[float] = []
    for begin in range(0, len(texts), BATCH):
        judged = judge(texts[begin : begin + BATCH], Prompt("means", node.criterion), context)
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
    return mapped(children[0], node.column, node.output, Prompt("means", node.criterion), context)


@neural(SemanticMap)
def semantic_map(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """What each text says in answer to the question, typed as the output is."""
    assert isinstance(node, SemanticMap)
    # whether something is so is a verdict, whatever words the text has for it
    prompt = Prompt("means" if node.output.type == "BOOLEAN" else "ask", node.question)
    return mapped(children[0], node.column, node.output, prompt, context)


@neural(Similarity)
def similarity(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The cosine of each text with the query."""
    assert isinstance(node, Similarity)
    return mapped(children[0], node.column, node.output, Prompt("similarity", node.query), context)


@neural(Classify)
def classify(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The label whose words are nearest to each text."""
    assert isinstance(node, Classify)
    return mapped(children[0], node.column, node.output, Prompt("classify", labels=node.labels), context)


@neural(NameKey)
def name_key(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The identity of each name."""
    assert isinstance(node, NameKey)
    (rows,) = children
    texts = rows.column(node.column).to_pylist()
    keys = context.stores.identities({t for t in texts if t is not None})
    column = pa.array([None if t is None else keys[t] for t in texts], pa.string())
    return rows.append_column(node.columns[-1].name, column)


def typed(value: object, kind: str) -> object:
    """An answer's words as a value of the output's type; None where they are none."""
    if not isinstance(value, str):
        return value
    if kind == "DOUBLE":
        return parse_value(value, prefer="number").number
    if kind == "DATE":
        return parse_value(value, prefer="date").start
    return value


def mapped(rows: pa.Table, column: str, output: Field, prompt: Prompt, context: Context) -> pa.Table:
    """The rows with the judgements of a column as one more; a clear judgement weighs on the row's confidence."""
    judged = judge(rows.column(column).to_pylist(), prompt, context)
    values = [typed(value, output.type) for value, _ in judged]
    weights = [sure if value is not None else 1.0 for value, (_, sure) in zip(values, judged, strict=True)]
    return multiplied(rows, weights).append_column(output.name, pa.array(values, ARROW_TYPES[output.type]))


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
