"""Materialized views brought up to date before a statement reads them."""

from __future__ import annotations

from dataclasses import replace

from neuraldb.execution.engine import run
from neuraldb.execution.physical import lower
from neuraldb.language.sql import SqlStatement
from neuraldb.operators.context import Context, Options
from neuraldb.plan.builder import Statement
from neuraldb.plan.optimizer import optimise
from neuraldb.plan.sql_catalogue import SqlCatalogue
from neuraldb.plan.sql_views import read_views, refilled


def bring_up_to_date(statement: Statement, catalogue: SqlCatalogue, context: Context) -> None:
    """Bring the rows of the materialized views that a statement reads up to date with the facts.

    Nothing is done for another statement, for views that are up to date, and where the database is open for reading
    only: there a view that is behind is asked anew. What is read counts as the statement's own.
    """
    if not isinstance(statement, SqlStatement) or context.stores.database.read_only:
        return
    for name in [view.name for view in read_views(statement, catalogue)]:
        # one that was just brought up to date may be read by the next
        view = next(v for v in catalogue.views().values() if v.name == name)
        if view.behind:
            run(lower(optimise(refilled(view, catalogue)).plan), replace(context, options=Options()))
