"""SELECTs in other words, where the plan's nodes have none for what is written.

``count(*) OVER w … WINDOW w AS (…)`` has the definition where the name stood. ``DISTINCT ON (k) … ORDER BY o`` is the
first row of each ``k``: ``QUALIFY row_number() OVER (PARTITION BY k ORDER BY o) = 1``. ``x = ANY (SELECT …)`` is
``x IN (SELECT …)``, and ``x <> ALL (SELECT …)`` is ``x NOT IN (SELECT …)``.
"""

from __future__ import annotations

from sqlglot import exp

from neuraldb.core.text import identifier
from neuraldb.plan.sql_context import Inexpressible
from neuraldb.plan.sql_tree import Tree


def in_other_words(select: exp.Select) -> exp.Select:
    """A SELECT that says the same with fewer forms; itself where there is nothing to say otherwise.

    Raises:
        Inexpressible: a window is named that is defined nowhere.
    """
    distinct = select.args.get("distinct")
    first_of = distinct.args.get("on") if distinct is not None else None
    if not (select.args.get("windows") or first_of or select.find(exp.Any, exp.All)):
        return select
    made = select.copy()
    _name_windows(made)
    if first_of is not None:
        _first_of_each(made)
    for tree in list(made.find_all(exp.EQ, exp.NEQ)):
        _members(tree)
    return made


def _name_windows(select: exp.Select) -> None:
    known = {identifier(window.name): window for window in select.args.get("windows") or []}
    if not known:
        return
    select.set("windows", None)
    for window in select.find_all(exp.Window):
        if not window.alias:
            continue
        definition = known.get(identifier(window.alias))
        if definition is None:
            raise Inexpressible(f"the window {window.alias}, which is not defined", window)
        for part in ("partition_by", "order", "spec"):
            given = definition.args.get(part)
            if given and not window.args.get(part):
                window.set(part, [p.copy() for p in given] if isinstance(given, list) else given.copy())
        window.set("alias", None)


def _first_of_each(select: exp.Select) -> None:
    keys = select.args["distinct"].args["on"].expressions
    order = select.args.get("order")
    number = exp.Window(
        this=exp.RowNumber(),
        partition_by=[_meant(key, select).copy() for key in keys],
        order=None if order is None else exp.Order(expressions=[_ordered(o, select) for o in order.expressions]),
        over="OVER",
    )
    first: Tree = exp.EQ(this=number, expression=exp.Literal.number(1))
    qualify = select.args.get("qualify")
    if qualify is not None:
        first = exp.And(this=exp.Paren(this=qualify.this.copy()), expression=first)
    select.set("qualify", exp.Qualify(this=first))
    select.set("distinct", None)


def _ordered(order: exp.Ordered, select: exp.Select) -> exp.Ordered:
    made = order.copy()
    made.set("this", _meant(order.this, select).copy())
    return made


def _meant(tree: Tree, select: exp.Select) -> Tree:
    """What a key is: a number stands for a column of the list."""
    if isinstance(tree, exp.Literal) and not tree.is_string and 0 < int(tree.name) <= len(select.expressions):
        listed: Tree = select.expressions[int(tree.name) - 1].unalias()
        return listed
    return tree


def _members(tree: Tree) -> None:
    quantified = exp.Any if isinstance(tree, exp.EQ) else exp.All
    for this, other in ((tree.this, tree.expression), (tree.expression, tree.this)):
        query = other.this if isinstance(other, quantified) else None
        if isinstance(query, exp.Subquery | exp.Query):
            inner = query if isinstance(query, exp.Subquery) else exp.Subquery(this=query)
            member: Tree = exp.In(this=this.copy(), query=inner.copy())
            tree.replace(member if quantified is exp.Any else exp.Not(this=member))
            return
