"""Running a physical plan: traces, counters, provenance columns, stopping."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from execution.given import Given, context, found
from neuraldb.core.errors import Cancelled, Timeout
from neuraldb.core.progress import CancelToken
from neuraldb.execution import engine
from neuraldb.execution.physical import DuckDBStep, lower
from neuraldb.operators.context import OPERATORS, Context
from neuraldb.plan import nodes as n
from neuraldb.plan.expressions import Column
from neuraldb.plan.provenance import CONFIDENCE, EVIDENCE
from neuraldb.stores.bundle import Stores

ROWS = found("a", (1, [1], 0.5), (1, [2], 0.9), (2, [3], 1.0))


@dataclass(frozen=True, slots=True)
class Does(n.Distinct):
    """A neural node that does what the test says, and gives its child's rows."""


@pytest.fixture
def doing(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Context], object]], None]:
    """Says what :class:`Does` does."""

    def say(what: Callable[[Context], object]) -> None:
        def operator(node: n.Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
            what(context)
            return children[0]

        monkeypatch.setitem(OPERATORS, Does, operator)

    return say


def test_each_step_is_traced_with_its_rows(stores: Stores) -> None:
    step = lower(n.Distinct(ROWS))
    ran = engine.run(step, context(stores))
    assert ran.table.num_rows == 2
    assert ran.traces[id(step)].rows == 2
    assert ran.traces[id(step.children[0])].rows == 3
    assert all(trace.milliseconds >= 0 for trace in ran.traces.values())


def test_model_calls_are_told_of_the_step_that_made_them(stores: Stores) -> None:
    step = lower(n.Union(ROWS, n.Distinct(found("a", (1, [1], 1.0)))))
    around = context(stores)
    ran = engine.run(step, around)
    assert ran.traces[id(step)].calls == {}
    assert [ran.traces[id(child)].calls for child in step.children] == [{"given": 3}, {"given": 1}]
    assert around.counters.calls == {"given": 4}


def test_children_run_once_each_and_before_their_parent(
    stores: Stores, doing: Callable[[Callable[[Context], object]], None]
) -> None:
    seen: list[int] = []
    doing(lambda c: seen.append(c.counters.calls["given"]))
    engine.run(lower(n.Distinct(Does(ROWS))), context(stores))
    assert seen == [3]


def test_a_table_without_provenance_gets_it_as_an_input(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(OPERATORS, Given, lambda node, children, context: pa.table({"a": [4, 4]}))
    table = engine.run(lower(n.Distinct(ROWS)), context(stores)).table
    assert table.to_pylist() == [{"a": 4, EVIDENCE: [], CONFIDENCE: 1.0}]


# ------------------------------------------------------------------------------------------------------------ stopping


def test_a_cancelled_statement_computes_nothing(
    stores: Stores, doing: Callable[[Callable[[Context], object]], None]
) -> None:
    done: list[Context] = []
    doing(done.append)
    around = context(stores)
    around.token.cancel()
    with pytest.raises(Cancelled):
        engine.run(lower(Does(n.Values((n.Field("a", "BIGINT"),), ()))), around)
    assert done == []


def test_what_is_cancelled_within_a_step_ends_before_the_next(
    stores: Stores, doing: Callable[[Callable[[Context], object]], None]
) -> None:
    doing(lambda c: c.token.cancel())
    around = context(stores)
    with pytest.raises(Cancelled):
        engine.run(lower(n.Union(Does(ROWS), found("a", (1, [1], 1.0)))), around)
    # only the rows of the first side were asked for
    assert around.counters.calls == {"given": 3}


def test_what_is_cancelled_within_the_last_input_is_not_carried_on(
    stores: Stores, doing: Callable[[Callable[[Context], object]], None]
) -> None:
    doing(lambda c: c.token.cancel())
    with pytest.raises(Cancelled):
        engine.run(lower(n.Distinct(Does(ROWS))), context(stores))


def test_a_statement_whose_time_is_up_stops(stores: Stores) -> None:
    around = context(stores)
    around.token = CancelToken(-1.0)
    with pytest.raises(Timeout):
        engine.run(lower(n.Distinct(ROWS)), around)


def test_cancelling_reaches_duckdb_only_while_the_statement_runs(
    stores: Stores, doing: Callable[[Callable[[Context], object]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupts: list[str] = []
    moment = "within"
    monkeypatch.setattr(stores.database, "stoppable", lambda: nullcontext(lambda: interrupts.append(moment)))
    doing(lambda c: c.token.cancel())
    around = context(stores)
    with pytest.raises(Cancelled):
        engine.run(lower(n.Union(Does(ROWS), ROWS)), around)
    moment = "after"
    around.token.cancel()
    assert interrupts == ["within"]


def test_what_an_operator_raises_is_raised(
    stores: Stores, doing: Callable[[Callable[[Context], object]], None]
) -> None:
    doing(lambda c: {}["missing"])
    with pytest.raises(KeyError, match="missing"):
        engine.run(lower(n.Distinct(Does(ROWS))), context(stores))
    assert stores.database.rows("SELECT 1") == [(1,)]


# ---------------------------------------------------------------------------------------------------------- confidence


@given(sure=st.lists(st.floats(0, 1)), least=st.floats(0, 1))
def test_rows_below_the_least_confidence_are_left_out_and_the_others_keep_their_order(
    sure: list[float], least: float
) -> None:
    rows = pa.table({"row": list(range(len(sure))), CONFIDENCE: pa.array(sure, pa.float64())})
    kept = engine.confident(rows, least).column("row").to_pylist()
    assert kept == [row for row, c in enumerate(sure) if c >= least]


def test_rows_of_stored_tables_are_certain() -> None:
    rows = pa.table({"a": [1, 2]})
    assert engine.confident(rows, 1.0) is rows


def test_provenance_that_is_there_stays() -> None:
    rows = pa.table({"a": [1], EVIDENCE: [[3]], CONFIDENCE: [0.5]})
    assert engine.traced(rows).equals(rows)


def test_the_steps_of_one_query_run_in_it(stores: Stores) -> None:
    step = lower(n.Sort(n.Distinct(ROWS), (n.Order(Column("a"), descending=True),)))
    assert isinstance(step, DuckDBStep)
    ran = engine.run(step, context(stores))
    assert len(ran.traces) == 2
    assert ran.table.column("a").to_pylist() == [2, 1]
