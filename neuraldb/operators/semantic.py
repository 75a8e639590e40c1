"""Semantic functions on text columns: filter, match, map, similarity, classification (see :mod:`.judging`).

What a model does not say clearly is unknown, and unknown is kept by no filter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Literal

import pyarrow as pa

from neuraldb.core.countries import country
from neuraldb.core.person_names import without_titles
from neuraldb.core.text import normalise
from neuraldb.core.values import parse_value
from neuraldb.operators.context import ARROW_TYPES, Context, neural
from neuraldb.operators.judging import Prompt, judge, worth_judging
from neuraldb.plan.expressions import Column
from neuraldb.plan.nodes import Field, Node
from neuraldb.plan.provenance import CONFIDENCE, EVIDENCE
from neuraldb.plan.semantic_nodes import NameKey
from neuraldb.plan.text_nodes import Classify, EntityKey, SemanticFilter, SemanticMap, SemanticMatch, Similarity, Words
from neuraldb.stores.judgements import Judgement


@neural(SemanticFilter)
def semantic_filter(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The rows that meet the criterion, in order; judging stops when there are enough."""
    assert isinstance(node, SemanticFilter)
    (rows,) = children
    texts = rows.column(node.column).to_pylist()
    asked = prompts(rows, "means", node.criterion)
    kept: list[int] = []
    sure: list[float] = []
    begin = 0
    while begin < len(texts) and (node.limit is None or len(kept) < node.limit):
        end = begin + (len(texts) if node.limit is None else worth_judging(node.limit, len(kept), begin))
        some = asked if isinstance(asked, Prompt) else asked[begin:end]
        for i, (verdict, confidence) in enumerate(judge(texts[begin:end], some, context), begin):
            if verdict is (not node.negated):
                kept.append(i)
                sure.append(confidence)
        begin = end
    return multiplied(rows.take(pa.array(kept, pa.int64())), sure)


@neural(SemanticMatch)
def semantic_match(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """Whether each text meets the criterion."""
    assert isinstance(node, SemanticMatch)
    return with_judgements(children[0], node.output, judged(children[0], node.column, "means", node.criterion, context))


@neural(SemanticMap)
def semantic_map(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """What each text says in answer to the question, typed as the output is."""
    assert isinstance(node, SemanticMap)
    # whether something is so is a verdict, whatever words the text has for it
    function = "means" if node.output.type == "BOOLEAN" else "ask"
    answers = judged(children[0], node.column, function, node.question, context)
    return with_judgements(children[0], node.output, typed(answers, node.output.type))


@neural(Similarity)
def similarity(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The cosine of each text with the query."""
    assert isinstance(node, Similarity)
    near = judged(children[0], node.column, "similarity", node.query, context)
    return with_judgements(children[0], node.output, near)


@neural(Classify)
def classify(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The label whose words are nearest to each text."""
    assert isinstance(node, Classify)
    best = judged(children[0], node.column, "classify", node.labels, context)
    return with_judgements(children[0], node.output, best)


@neural(NameKey)
def name_key(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The identity of each name."""
    assert isinstance(node, NameKey)
    (rows,) = children
    texts = rows.column(node.column).to_pylist()
    keys = context.stores.identities({t for t in texts if t is not None})
    column = pa.array([None if t is None else keys[t] for t in texts], pa.string())
    return rows.append_column(node.columns[-1].name, column)


@neural(EntityKey)
def entity_key(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The identity of what each text names."""
    assert isinstance(node, EntityKey)
    (rows,) = children
    texts = rows.column(node.column).to_pylist()
    keys = entity_keys({text for text in texts if text is not None and text.strip()}, context)
    return rows.append_column(node.output.name, pa.array([keys.get(text) for text in texts], pa.string()))


def entity_keys(names: Collection[str], context: Context) -> dict[str, str]:
    """For each name what is the same for all names that are surely of one thing.

    What somebody has said, or the database has linked, comes before what names have in common.
    """
    plain = {name: country(name) or without_titles(name) for name in names}
    keys = context.stores.identities({*names, *plain.values()})
    return {name: keys[name] if keys[name] != normalise(name) else keys[alike] for name, alike in plain.items()}


def judged(
    rows: pa.Table, column: str, function: str, words: Words | tuple[str, ...], context: Context
) -> list[Judgement]:
    """The judgements of a column, one a row."""
    return judge(rows.column(column).to_pylist(), prompts(rows, function, words), context)


def prompts(rows: pa.Table, function: str, words: Words | tuple[str, ...]) -> Prompt | list[Prompt | None]:
    """What is asked of all rows, or of each what a column says; nothing where that is NULL, blank or empty."""
    if not isinstance(words, Column):
        return _prompt(function, words)
    said = rows.column(words.name).to_pylist()
    return [_prompt(function, each) if _says(each) else None for each in said]


def _prompt(function: str, words: str | Sequence[str]) -> Prompt:
    if isinstance(words, str):
        return Prompt(function, words)
    labels = (label for label in words if label is not None and label.strip())
    return Prompt(function, labels=tuple(dict.fromkeys(labels)))


def _says(words: str | Sequence[str | None] | None) -> bool:
    if words is None or isinstance(words, str):
        return bool(words and words.strip())
    return any(map(_says, words))


def typed(answers: Sequence[Judgement], kind: str) -> list[tuple[object, float]]:
    """Answers with their words read as the output's type, and how sure they are; None where they cannot be so read.

    Numbers are of one dimension, that of most of them (of the first of several that most have): what is measured
    otherwise has no number beside them. A bare number is taken to be of that dimension.
    """
    if kind not in ("DOUBLE", "DATE"):
        return list(answers)
    wanted: Literal["number", "date"] = "number" if kind == "DOUBLE" else "date"
    values = [None if words is None else parse_value(str(words), prefer=wanted) for words, _ in answers]
    if kind == "DATE":
        read: list[object] = [None if value is None else value.start for value in values]
    else:
        units = Counter(value.unit for value in values if value is not None and value.number is not None and value.unit)
        common = {"", *(unit for unit, _ in units.most_common(1))}
        read = [None if value is None or value.unit not in common else value.number for value in values]
    return [(value, sure) for value, (_, sure) in zip(read, answers, strict=True)]


def with_judgements(rows: pa.Table, output: Field, judgements: Sequence[tuple[object, float]]) -> pa.Table:
    """The rows with what was judged as one more column; where it is known, it weighs on the row's confidence."""
    values = pa.array([value for value, _ in judgements], ARROW_TYPES[output.type])
    weights = [sure if value is not None else 1.0 for value, sure in judgements]
    return multiplied(rows, weights).append_column(output.name, values)


def multiplied(rows: pa.Table, weights: Sequence[float]) -> pa.Table:
    """The rows with their confidence multiplied; rows of a user's own table are certain before, and rest on no fact."""
    if EVIDENCE not in rows.column_names:
        rows = rows.append_column(EVIDENCE, pa.array([[]] * rows.num_rows, pa.list_(pa.int64())))
    if CONFIDENCE not in rows.column_names:
        return rows.append_column(CONFIDENCE, pa.array(weights, pa.float64()))
    index = rows.column_names.index(CONFIDENCE)
    before = rows.column(CONFIDENCE).to_pylist()
    # a row that an outer join filled up has none
    after = [(1.0 if b is None else b) * w for b, w in zip(before, weights, strict=True)]
    return rows.set_column(index, CONFIDENCE, pa.array(after, pa.float64()))
