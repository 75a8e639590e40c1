"""Rows that rest on predicted edges: after those that are stored, and what their evidence says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa

from neuraldb.operators.context import Context
from neuraldb.operators.predicted import Predictions, predictions
from neuraldb.plan.nodes import Node, Sort, TopK, TriplePattern
from neuraldb.plan.provenance import CONFIDENCE, EVIDENCE
from neuraldb.plan.sparql_nodes import BasicPattern, PathClosure

Texts = Callable[[Sequence[int]], Mapping[int, str]]


def stored_first(table: pa.Table, plan: Node, context: Context) -> pa.Table:
    """Rows that rest on what is stored before those that a prediction made likely, the likeliest of these first.

    Rows that the statement has sorted stay as they are.
    """
    if not context.edges or EVIDENCE not in table.column_names or _is_sorted(plan):
        return table
    predicted = [context.predicted(ids) for ids in table.column(EVIDENCE).to_pylist()]
    sure = table.column(CONFIDENCE).to_pylist()
    order = sorted(range(table.num_rows), key=lambda i: (predicted[i], -sure[i] if predicted[i] else 0.0))
    return table.take(pa.array(order, pa.int64()))


def origins(table: pa.Table, plan: Node, context: Context) -> tuple[str, ...]:
    """Of each row whether what it rests on is ``stored``, ``predicted``, or both: ``mixed``."""
    if not context.edges or EVIDENCE not in table.column_names:
        return ("stored",) * int(table.num_rows)
    # imported triples are no evidence, but a row that they are part of is more than predicted
    matched = any(isinstance(node, TriplePattern | BasicPattern | PathClosure) for node in plan.below())
    found = []
    for ids in table.column(EVIDENCE).to_pylist():
        if not context.predicted(ids):
            found.append("stored")
        else:
            known = matched or any(fact > 0 or not context.edges[-1 - fact].predicted for fact in ids)
            found.append("mixed" if known else "predicted")
    return tuple(found)


def _is_sorted(plan: Node) -> bool:
    while len(plan.children) == 1 and not isinstance(plan, Sort | TopK):
        (plan,) = plan.children
    return isinstance(plan, Sort | TopK)


def telling(texts: Texts, context: Context) -> Texts:
    """What evidence says: facts by their texts, edges by their ends and, if predicted, how likely they are."""
    if not context.edges:
        return texts
    edges = list(context.edges)
    known = predictions(context)

    def told(ids: Sequence[int]) -> Mapping[int, str]:
        found = dict(texts([fact for fact in ids if fact > 0]))
        terms = sorted({term for fact in ids if fact < 0 for term in edges[-1 - fact].terms})
        names = {t: term.text for t, term in zip(terms, context.stores.graph.terms(terms), strict=True)}
        for fact in ids:
            if fact < 0:
                edge = edges[-1 - fact]
                said = f"predicted ({min(edge.chance, 0.99):.2f})" if edge.predicted else "stored"
                reason = _reason(edge.terms, known, context) if edge.predicted else ""
                found[fact] = f"{said}: {' - '.join(names[term] for term in edge.terms)}{reason}"
        return found

    return told


def _reason(edge: tuple[int, int, int], known: Predictions, context: Context) -> str:
    """The surest rule that speaks for an edge, in words; nothing where none does."""
    because = known.because(*edge)
    if not because:
        return ""
    steps, end = because[0].steps, because[0].end
    wanted = [int(known.relations[step // 2]) for step in steps] + ([] if end is None else [int(known.entities[end])])
    names = [term.text for term in context.stores.graph.terms(wanted)]
    path = "/".join(("^" if step % 2 else "") + name for step, name in zip(steps, names, strict=False))
    share = f"in {100 * because[0].confidence:.0f} of 100 such cases"
    if because[0].single:
        whose = "object" if because[0].far else "subject"
        return f", since its {whose} has {f'{path} {names[-1]}' if end is not None else f'some {path}'} ({share})"
    return f", since {path} leads there ({share})"
