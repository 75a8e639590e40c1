"""The confidence with which an answer leaves the engine: the chance that it is right, not what the reader thinks.

Only what is given to the user is changed: which derivations count, and which rows are best, is decided by the reader's
own probabilities before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import pyarrow as pa

from neuraldb.execution.engine import Run, Trace
from neuraldb.execution.physical import NeuralStep, Physical
from neuraldb.execution.prepared import Prepared
from neuraldb.models.calibration import Answered
from neuraldb.operators.context import Context
from neuraldb.plan import nodes as n
from neuraldb.plan.meant_nodes import meant_in
from neuraldb.plan.provenance import CONFIDENCE, EVIDENCE


def with_chances(prepared: Prepared, ran: Run, context: Context) -> pa.Table:
    """The rows of a statement, those of a question as confident as they are likely to be right.

    SQL and SPARQL compare and sort by the confidences that their plans compute, so theirs stay; and so do those of a
    question that was read by a model for which there is no calibration, or that was understood as a query, and of rows
    that rest on predicted edges.
    """
    table = ran.table
    if prepared.language != "question" or CONFIDENCE not in table.column_names or not table.num_rows:
        return table
    calibrator = context.models.calibrator
    if calibrator is None or any(meant_in(prepared.optimised)):
        return table
    chances = [
        calibrator.chance(answered) if all(fact > 0 for fact in ids or ()) else answered.confidence
        for ids, answered in zip(table.column(EVIDENCE).to_pylist(), answered_rows(prepared, ran, context), strict=True)
    ]
    place = table.column_names.index(CONFIDENCE)
    return table.set_column(place, CONFIDENCE, pa.array(chances, pa.float64()))


def answered_rows(prepared: Prepared, ran: Run, context: Context) -> Iterator[Answered]:
    """How each row of a question's answer came about."""
    plan = prepared.optimised
    every = list(_walk(plan))
    evidence = ran.table.column(EVIDENCE).to_pylist()
    for ids, sure in zip(evidence, ran.table.column(CONFIDENCE).to_pylist(), strict=True):
        yield Answered(
            kind_of(plan),
            1.0 if sure is None else float(sure),
            read=len(context.counters.support),
            found=sum(_derivations(prepared.physical, ran.traces)),
            rows=ran.table.num_rows,
            evidence=len(ids or ()),
            open=_is_open(every),
            joined=any(isinstance(node, n.NeuralJoin) for node in every),
        )


def kind_of(plan: n.Node) -> str:
    """What a question's plan does with what was read: one of :data:`neuraldb.models.calibration.KINDS`."""
    every = list(_walk(plan))
    aggregates = [node for node in every if isinstance(node, n.Aggregate)]
    ranked = any(isinstance(node, n.TopK) for node in every)
    if any(isinstance(node, n.Exists) for node in every):
        return "exists"
    if aggregates:
        functions = {a.function for _, a in aggregates[0].aggregations if isinstance(a, n.Aggregation)}
        measured = bool(functions & {"sum", "avg"})
        return "group" if ranked else "total" if measured else "count"
    if ranked:
        return "extreme"
    joins = {node.kind for node in every if isinstance(node, n.Join)}
    if joins:
        return "compare" if "cross" in joins else "both"
    if plan.columns[0].type == "BOOLEAN":
        return "truth"
    if any(isinstance(node, n.Corroborate) for node in every):
        return "filter"
    return "members" if _is_open(every) else "set"


def _is_open(every: Iterable[n.Node]) -> bool:
    """Whether a step reads facts that name nothing in particular."""
    return any(isinstance(node, n.Retrieve) and not node.anchors for node in every)


def _walk(plan: n.Node) -> Iterator[n.Node]:
    yield plan
    for child in plan.children:
        yield from _walk(child)


def _derivations(step: Physical, traces: Mapping[int, Trace]) -> Iterator[int]:
    """How many derivations each step of reading gave."""
    if isinstance(step, NeuralStep) and isinstance(step.logical, n.NeuralSPJ | n.NeuralJoin):
        yield traces[id(step)].rows
    for child in step.children:
        yield from _derivations(child, traces)
