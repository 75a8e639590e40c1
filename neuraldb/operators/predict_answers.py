"""Answers of questions by edges: those of the relation that is asked for, stored ones and likely ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import pyarrow as pa

from neuraldb.core.frames import SLOT
from neuraldb.core.text import normalise
from neuraldb.operators.asked_relation import Asked, asked_relation
from neuraldb.operators.context import Context, neural
from neuraldb.operators.predict import EdgeFinder
from neuraldb.operators.predicted import Predictions, predictions
from neuraldb.operators.spj import measures
from neuraldb.operators.tables import table
from neuraldb.plan.graph_nodes import TermConstant
from neuraldb.plan.nodes import Node
from neuraldb.plan.predict_nodes import ASKED, PredictAnswers, PreferStored
from neuraldb.plan.provenance import CONFIDENCE, EVIDENCE
from neuraldb.plan.text_nodes import PredictCell
from neuraldb.stores.terms import Term

UNASKED = "the question asks for no relation that is stored, so nothing is predicted"


@neural(PredictAnswers)
def predict_answers(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The other ends of the edges that the question asks for, or that there is such an edge."""
    assert isinstance(node, PredictAnswers)
    (rows,) = children
    names: list[str] = []
    evidence: list[list[int]] = []
    confidence: list[float] = []
    asked = asked_relation(node.question, node.mode, context) if rows.num_rows else None
    if asked is None:
        context.notes.update({UNASKED: None} if rows.num_rows else {})
    else:
        predicting = predictions(context)
        finder = EdgeFinder(TermConstant(asked.label, asked.ids), node.least, predicting, context)
        given = [rows.column(name).to_pylist() for name in ASKED[: node.question.count(SLOT)]]
        for ends, facts, sure in zip(zip(*given, strict=True), *provenance(rows), strict=True):
            context.token.check()
            near, *far = (_things(name, context) for name in ends)
            if not near or (far and not far[0]):
                continue
            known = (near, far[0] if far else None)
            inverse = asked.inverse if asked.inverse is not None else _backwards(asked, near, predicting)
            for edge in finder.edges(*(reversed(known) if inverse else known)):
                if edge.evidence[0] > 0:
                    continue  # a fact states it, and has been read
                (other,) = context.stores.graph.terms([edge.subject if inverse else edge.object])
                names.append(other.text)
                evidence.append(sorted({*facts, *edge.evidence}))
                confidence.append(sure * edge.confidence * asked.score)
        context.notes.update(dict.fromkeys(finder.notes()))
    columns: list[Sequence[object]] = [[True] * len(names)] if node.mode == "verdict" else [names]
    if node.mode == "value":
        columns += measures(names, [None] * len(names))
    return table(node.columns, columns, evidence, confidence)


def _backwards(asked: Asked, near: tuple[int, ...], known: Predictions) -> bool:
    """Whether the thing that is named first is the kind of thing that edges of the relation lead to, and not from."""
    numbers = {known.number(term) for term in near}
    relations = known.relation_numbers(asked.ids)
    begins, ends = (any(numbers & set(known.alike(r, back)) for r in relations) for back in (False, True))
    return ends and not begins


@neural(PredictCell)
def predict_cell(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The likeliest other end of an edge of each thing; one that is stored comes first."""
    assert isinstance(node, PredictCell)
    (rows,) = children
    finder = EdgeFinder(node.relation, node.least, predictions(context), context)
    values: list[str | None] = []
    evidence, confidence = [], []
    for name, facts, sure in zip(rows.column(node.column).to_pylist(), *provenance(rows), strict=True):
        context.token.check()
        near = _things(name, context)
        edge = next(iter(finder.edges(near, None)), None) if near else None
        values.append(None if edge is None else context.stores.graph.terms([edge.object])[0].text)
        evidence.append(sorted({*(facts or ()), *(edge.evidence if edge else ())}))
        confidence.append((1.0 if sure is None else sure) * (edge.confidence if edge else 1.0))
    context.notes.update(dict.fromkeys(finder.notes()))
    made = rows.select([c.name for c in node.child.columns])
    made = made.append_column(node.output.name, pa.array(values, pa.string()))
    made = made.append_column(EVIDENCE, pa.array(evidence, pa.list_(pa.int64())))
    return made.append_column(CONFIDENCE, pa.array(confidence, pa.float64()))


def _things(name: str | None, context: Context) -> tuple[int, ...]:
    """The terms of the things that a name or an IRI names; that it names none is noted."""
    if not name:
        return ()
    found = context.stores.entities.aliases.terms(normalise(name))
    found = found or tuple(context.stores.graph.find_terms([Term("iri", name)]).values())
    if not found:
        context.notes[f"{name} is not stored, so nothing is predicted of it"] = None
    return found


def provenance(rows: pa.Table) -> tuple[list[Sequence[int]], list[float]]:
    """The evidence and the confidence of each row; of rows without them none, and 1."""
    if EVIDENCE not in rows.column_names:
        return [()] * rows.num_rows, [1.0] * rows.num_rows
    return rows.column(EVIDENCE).to_pylist(), rows.column(CONFIDENCE).to_pylist()


@neural(PreferStored)
def prefer_stored(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The rows that no stored one makes needless."""
    assert isinstance(node, PreferStored)
    (rows,) = children
    # a value of SPARQL is a dictionary, which has no hash
    keys = zip(*(map(str, rows.column(key).to_pylist()) for key in node.keys), strict=True)
    values: list[tuple[str, ...]] = list(keys) if node.keys else [()] * rows.num_rows
    stored: dict[tuple[str, ...], bool] = defaultdict(bool)
    likely = [context.predicted(ids) for ids in provenance(rows)[0]]
    for value, guessed in zip(values, likely, strict=True):
        stored[value] |= not guessed
    kept = [i for i, (value, guessed) in enumerate(zip(values, likely, strict=True)) if not (guessed and stored[value])]
    return rows.take(pa.array(kept, pa.int64()))
