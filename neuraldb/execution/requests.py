"""Several operations that make one statement: their plans and runs together."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from neuraldb.execution.engine import Run, Trace
from neuraldb.execution.physical import NeuralStep
from neuraldb.execution.prepared import Prepared
from neuraldb.operators.changes import counted
from neuraldb.plan.statement_nodes import COUNT
from neuraldb.plan.update_nodes import Request


def together(text: str, language: str, parts: Sequence[tuple[Prepared, Run]]) -> tuple[Prepared, Run]:
    """The operations of an update as one statement, whose table says what all of them have changed.

    Args:
        text: the statement.
        language: of the statement.
        parts: each operation's plans and what came of it, in order.
    """
    if len(parts) == 1:
        return parts[0]
    logical, optimised = (
        Request(tuple(getattr(prepared, stage) for prepared, _ in parts)) for stage in ("logical", "optimised")
    )
    step = NeuralStep(optimised, tuple(prepared.physical for prepared, _ in parts))
    timings: dict[str, float] = {}
    traces = {id(step): Trace(1, 0.0, {})}
    for prepared, ran in parts:
        traces |= ran.traces
        for stage, milliseconds in prepared.timings.items():
            timings[stage] = timings.get(stage, 0.0) + milliseconds
    table = counted(sum(_changed(ran.table) for _, ran in parts))
    return Prepared(text, language, logical, optimised, step, timings), Run(table, traces)


def _changed(table: pa.Table) -> int:
    return int(table.column(COUNT[0].name)[0].as_py())
