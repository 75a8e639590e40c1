"""How many rows a statement changed, as told by its plan and by what DuckDB gives for it."""

from __future__ import annotations

import re

import pyarrow as pa

from neuraldb.plan.nodes import Node
from neuraldb.plan.setting_nodes import ChangeSetting
from neuraldb.plan.statement_nodes import COUNT, ExactStatement, ForgetFacts, InsertFacts, UpdateFacts
from neuraldb.plan.update_nodes import Change
from neuraldb.plan.view_nodes import CreateView, DropView, FillView

_COUNTED = pa.schema([("Count", pa.int64())])
_DONE = pa.schema([("Success", pa.bool_())])
_RETURNING = re.compile(r"\breturning\b", re.IGNORECASE)


def changed_rows(plan: Node | None, table: pa.Table) -> int | None:
    """How many rows a statement changed, -1 where it does not count them; None for one that gives rows."""
    if isinstance(plan, ChangeSetting):
        return -1
    if isinstance(plan, InsertFacts | UpdateFacts | ForgetFacts) and plan.returning:
        return None
    if isinstance(plan, DropView) or (isinstance(plan, CreateView) and plan.child is None):
        return -1
    if isinstance(plan, InsertFacts | UpdateFacts | ForgetFacts | Change | CreateView | FillView):
        return int(table.column(COUNT[0].name)[0].as_py())
    if not isinstance(plan, ExactStatement) or _RETURNING.search(plan.sql):
        return None
    # this is how DuckDB tells what came of a statement that has no rows of its own
    if table.schema.equals(_COUNTED) and table.num_rows == 1:
        return int(table.column(0)[0].as_py())
    silent = table.num_rows == 0 and table.schema in (_COUNTED, _DONE)
    return -1 if silent else None
