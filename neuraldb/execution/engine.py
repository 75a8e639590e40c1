"""Runs a physical plan bottom-up: operators and DuckDB queries in turn, each timed and counted for EXPLAIN ANALYZE."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.compute as pc

from neuraldb.core.progress import Texts
from neuraldb.execution.graph import IMPORTED, PASSING
from neuraldb.execution.graph_numbers import with_numbers
from neuraldb.execution.graph_small import answer
from neuraldb.execution.physical import BatchStep, DuckDBStep, Physical, repeated
from neuraldb.operators.context import OPERATORS, Context
from neuraldb.operators.judging import worth_judging
from neuraldb.plan.provenance import CONFIDENCE, EVIDENCE
from neuraldb.stores.clustered import STORED
from neuraldb.stores.terms import term_table


@dataclass
class Trace:
    """What one step did: rows given, its own milliseconds, and the model calls it made; DuckDB may have been spared.

    ``texts`` are those of which no model was asked. ``spared`` are the calls of the reader that it would have made if
    it were no cascade.
    """

    rows: int
    milliseconds: float
    calls: Mapping[str, int]
    in_memory: bool = False
    spared: int = 0
    texts: Texts = field(default_factory=Texts)


@dataclass
class Run:
    """A physical plan's rows and, by step, what happened."""

    table: pa.Table
    traces: dict[int, Trace] = field(default_factory=dict)


def run(step: Physical, context: Context) -> Run:
    """Run a physical plan.

    Raises:
        Cancelled, Timeout: between steps and batches, when the context's token says so.
    """
    traces: dict[int, Trace] = {}
    tables: dict[int, pa.Table | None] = dict.fromkeys(repeated(step))
    with context.stores.database.stoppable() as stop, context.token.calling(stop):
        table = _run(step, context, traces, tables)
    return Run(table, traces)


def _run(step: Physical, context: Context, traces: dict[int, Trace], tables: dict[int, pa.Table | None]) -> pa.Table:
    """The rows of a step; of one that stands in several places (``tables`` has a place for it) from its first run."""
    known = tables.get(id(step))
    if known is not None:
        return known
    context.token.check()
    if isinstance(step, BatchStep):
        return _in_batches(step, context, traces, tables)
    children = [_run(child, context, traces, tables) for child in step.children]
    if children:
        context.token.check()
    texts = context.counters.texts
    begun, before, spared = time.perf_counter(), dict(context.counters.calls), context.counters.spared
    small = _small(step, context)
    if small is not None:
        table = small
    elif isinstance(step, DuckDBStep):
        inputs = {name: traced(table) for (name, _), table in zip(step.inputs, children, strict=True)}
        if PASSING in step.sql:
            inputs[PASSING] = term_table({id: term for term, id in context.passing.items()})
        table = with_numbers(_queried(step, context, inputs), step.logical)
    else:
        table = OPERATORS[type(step.logical)](step.logical, tuple(children), context)
    calls = {k: v - before.get(k, 0) for k, v in context.counters.calls.items() if v != before.get(k, 0)}
    if id(step) in tables:
        tables[id(step)] = table
    taken, spared = (time.perf_counter() - begun) * 1000, context.counters.spared - spared
    traces[id(step)] = Trace(table.num_rows, taken, calls, small is not None, spared, context.counters.texts - texts)
    return table


def _in_batches(
    step: BatchStep, context: Context, traces: dict[int, Trace], tables: dict[int, pa.Table | None]
) -> pa.Table:
    """The rows that a chain of steps makes of those of a source, of so many of these as it takes."""
    source = _run(step.source, context, traces, tables)
    done: list[pa.Table] = []
    begin = found = 0
    while not done or (begin < source.num_rows and found < step.logical.count):
        size = worth_judging(step.logical.count, found, begin)
        own: dict[int, Trace] = {}
        done.append(_run(step.chain, context, own, {id(step.batch): traced(source.slice(begin, size))}))
        begin, found = begin + size, found + done[-1].num_rows
        traces.update({key: _together(traces.get(key), trace) for key, trace in own.items()})
    traces[id(step)] = Trace(found, 0.0, {})
    return pa.concat_tables(done)


def _together(one: Trace | None, other: Trace) -> Trace:
    """What a step did in several runs."""
    if one is None:
        return other
    calls = Counter(one.calls) + Counter(other.calls)
    return replace(
        other,
        rows=one.rows + other.rows,
        milliseconds=one.milliseconds + other.milliseconds,
        calls=calls,
        texts=one.texts + other.texts,
    )


def _small(step: Physical, context: Context) -> pa.Table | None:
    """The rows of a small answer, if it can be read from memory."""
    if not isinstance(step, DuckDBStep) or step.inputs or step.traced:
        return None
    return answer(step.logical, lambda: context.stores.graph.images.image())


def _queried(step: DuckDBStep, context: Context, inputs: Mapping[str, pa.Table]) -> pa.Table:
    if IMPORTED not in step.sql:
        return context.stores.database.query(step.sql, step.parameters, inputs)
    source = context.stores.graph.clustered.source()
    sql = step.sql if source == STORED else step.sql.replace(IMPORTED, source)
    return context.stores.database.query(sql, step.parameters, inputs)


def traced(table: pa.Table) -> pa.Table:
    """The table with both provenance columns."""
    if EVIDENCE not in table.column_names:
        empty = pa.array([[]] * table.num_rows, pa.list_(pa.int64()))
        table = table.append_column(EVIDENCE, empty)
    if CONFIDENCE not in table.column_names:
        table = table.append_column(CONFIDENCE, pa.array([1.0] * table.num_rows, pa.float64()))
    return table


def confident(table: pa.Table, least: float) -> pa.Table:
    """The rows whose confidence is at least ``least``; tables without evidence are all of them certain."""
    if least <= 0.0 or CONFIDENCE not in table.column_names:
        return table
    return table.filter(pc.greater_equal(table.column(CONFIDENCE), least))
