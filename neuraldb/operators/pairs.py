"""Joins whose pairs a model has judged: numbers of rows, and the rows without a partner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from neuraldb.operators.context import Context, neural
from neuraldb.operators.judging import Prompt, asked_of, judge, vectors_of
from neuraldb.operators.semantic import multiplied, prompts
from neuraldb.plan.nodes import Node
from neuraldb.plan.pair_nodes import AnyPartner, Numbered, Partners
from neuraldb.plan.provenance import CONFIDENCE, EVIDENCE


@neural(Numbered)
def numbered(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The rows with their numbers."""
    assert isinstance(node, Numbered)
    (rows,) = children
    return rows.append_column(node.output, pa.array(np.arange(rows.num_rows), pa.int64()))


@neural(Partners)
def partners(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The pairs, and the rows that are in none."""
    assert isinstance(node, Partners)
    pairs, side = (multiplied(rows, [1.0] * rows.num_rows) for rows in children)
    paired = pairs.column(node.number).drop_null()
    alone = side.filter(pa.array(~np.isin(side.column(node.number).to_numpy(), paired.to_numpy())))
    names = [*(f.name for f in node.outputs), EVIDENCE, CONFIDENCE]
    if node.alone:
        return alone.select(names)
    filled = [
        alone.column(name) if name in alone.column_names else pa.nulls(alone.num_rows, pairs.schema.field(name).type)
        for name in names
    ]
    unpaired = pa.table(filled, schema=pairs.select(names).schema)
    return pa.concat_tables([pairs.select(names), unpaired])


@neural(AnyPartner)
def any_partner(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """For each number the likeliest of its pairs that meets the criterion."""
    assert isinstance(node, AnyPartner)
    (rows,) = children
    texts = rows.column(node.column).to_pylist()
    asked = asked_of(texts, prompts(rows, "means", node.criterion))
    numbers = rows.column(node.number).to_pylist()
    pairs = {place: pair for place, pair in enumerate(asked) if pair is not None}
    near = _nearness(pairs, context)
    likeliest = sorted(pairs, key=lambda place: (near[place] if node.negated else -near[place], place))
    waiting = _by_number(numbers, likeliest)
    kept: dict[int, float] = {}
    some = 1
    while waiting:
        now = [place for places in waiting.values() for place in places[:some]]
        judgements = judge([pairs[i][0] for i in now], [pairs[i][1] for i in now], context)
        said = dict(zip(now, judgements, strict=True))
        left: dict[int, list[int]] = {}
        for number, places in waiting.items():
            found = next((i for i in places[:some] if said[i].value is (not node.negated)), None)
            if found is not None:
                kept[found] = said[found].confidence
            elif places[some:]:
                left[number] = places[some:]
        waiting, some = left, 2 * some
    chosen = sorted(kept)
    return multiplied(rows.take(pa.array(chosen, pa.int64())), [kept[i] for i in chosen])


def _by_number(numbers: Sequence[int], places: Sequence[int]) -> dict[int, list[int]]:
    """The places of each number, in their order."""
    found: dict[int, list[int]] = {}
    for place in places:
        found.setdefault(numbers[place], []).append(place)
    return {number: found[number] for number in sorted(found)}


def _nearness(pairs: Mapping[int, tuple[str, Prompt]], context: Context) -> dict[int, float]:
    """The cosine of each text with what is asked of it; 0 where all pairs are alike."""
    if len(set(pairs.values())) < 2:
        return dict.fromkeys(pairs, 0.0)
    words = sorted({word for text, prompt in pairs.values() for word in (text, prompt.words)})
    vectors = dict(zip(words, vectors_of(words, context), strict=True))
    return {place: float(vectors[text] @ vectors[prompt.words]) for place, (text, prompt) in pairs.items()}
