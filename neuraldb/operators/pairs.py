"""Joins whose pairs a model has judged: numbers of rows, and the rows without a partner."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from neuraldb.operators.context import Context, neural
from neuraldb.operators.judging import Prompt, judge, vectors_of
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
    asked = prompts(rows, "means", node.criterion)
    each = [asked] * len(texts) if isinstance(asked, Prompt) else asked
    waiting = _by_number(rows.column(node.number).to_pylist(), _nearness(texts, each, context), node.negated)
    kept: dict[int, float] = {}
    some = 1
    while waiting:
        now = [place for places in waiting.values() for place in places[:some]]
        judgements = judge([texts[i] for i in now], [each[i] for i in now], context)
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


def _by_number(numbers: list[int], near: list[float], negated: bool) -> dict[int, list[int]]:
    """The places of each number's pairs, those first that are likeliest to be kept."""
    sign = 1.0 if negated else -1.0
    places: dict[int, list[int]] = {}
    for place in sorted(range(len(numbers)), key=lambda i: (sign * near[i], i)):
        places.setdefault(numbers[place], []).append(place)
    return {number: places[number] for number in sorted(places)}


def _nearness(texts: list[str | None], asked: Sequence[Prompt | None], context: Context) -> list[float]:
    """The cosine of each text with what is asked of it; 0 where one of them says nothing, or all pairs are alike."""
    pairs = [(t, p.words) if t and t.strip() and p is not None else None for t, p in zip(texts, asked, strict=True)]
    distinct = {pair for pair in pairs if pair is not None}
    if len(distinct) < 2:
        return [0.0] * len(texts)
    words = sorted({text for pair in distinct for text in pair})
    vectors = dict(zip(words, vectors_of(words, context), strict=True))
    return [0.0 if pair is None else float(vectors[pair[0]] @ vectors[pair[1]]) for pair in pairs]
