"""EXPLAIN: the plan of a statement after each stage, and, after running it, what each step did."""

from __future__ import annotations

from collections.abc import Iterator

from neuraldb.execution.engine import Run, Trace
from neuraldb.execution.physical import DuckDBStep, Physical
from neuraldb.execution.prepared import Prepared
from neuraldb.operators.context import Context
from neuraldb.plan.cost import Estimator
from neuraldb.plan.explain import bindings, explain
from neuraldb.plan.optimizer import optimise


def staged(prepared: Prepared, verbose: bool) -> str:
    """The optimised plan with its estimated cost and the physical plan; ``verbose`` adds every stage before."""
    parts = []
    if verbose:
        parts.append(("logical plan", explain(prepared.logical)))
        for step in optimise(prepared.logical).steps:
            parts.append((f"after {step.rule}", explain(step.plan)))
    parts.append((f"optimised plan ({Estimator().cost(prepared.optimised)})", explain(prepared.optimised)))
    if bound := bindings(prepared.logical):
        parts.append(("bindings", bound))
    parts.append(("physical plan", "\n".join(_lines(prepared.physical, None, verbose))))
    return "\n\n".join(f"-- {title}\n{text}" for title, text in parts)


def analysed(prepared: Prepared, ran: Run, context: Context) -> str:
    """The physical plan with the rows, milliseconds and model calls of each step, and the totals."""
    lines = list(_lines(prepared.physical, ran.traces, verbose=False))
    stages = ", ".join(f"{name} {ms:.1f} ms" for name, ms in prepared.timings.items())
    run = sum(trace.milliseconds for trace in ran.traces.values())
    calls = ", ".join(f"{count} {role}" for role, count in sorted(context.counters.calls.items())) or "none"
    totals = [
        f"stages: {stages}, run {run:.1f} ms",
        f"model calls: {calls}; readings remembered: {context.counters.cached}"
        + (f"; texts: {context.counters.texts}" if str(context.counters.texts) else ""),
    ]
    return "\n\n".join(
        (
            f"-- optimised plan\n{explain(prepared.optimised)}",
            *([f"-- bindings\n{bound}"] if (bound := bindings(prepared.logical)) else []),
            "-- physical plan, as it ran\n" + "\n".join(lines),
            "\n".join(totals),
        )
    )


def _lines(
    step: Physical, traces: dict[int, Trace] | None, verbose: bool, seen: set[int] | None = None
) -> Iterator[str]:
    seen = set() if seen is None else seen
    if id(step) in seen:
        yield f"{step.label}  [as above]"
        return
    seen.add(id(step))
    yield step.label + _measured(traces.get(id(step)) if traces is not None else None)
    if verbose and isinstance(step, DuckDBStep):
        yield f"   sql: {step.sql}"
    for i, child in enumerate(step.children):
        last = i + 1 == len(step.children)
        first, later = ("└─ ", "   ") if last else ("├─ ", "│  ")
        for j, line in enumerate(_lines(child, traces, verbose, seen)):
            yield (later if j else first) + line


def _measured(trace: Trace | None) -> str:
    if trace is None:
        return ""
    calls = "".join(f", {count} {role} calls" for role, count in sorted(trace.calls.items()))
    calls += f", {trace.spared} spared" if trace.spared else ""
    calls += f", texts: {trace.texts}" if str(trace.texts) else ""
    place = " from memory" if trace.in_memory else ""
    return f"  [{trace.rows} rows{place}, {trace.milliseconds:.1f} ms{calls}]"
