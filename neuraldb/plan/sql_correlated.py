"""A subquery of one row that compares with the query around it: one row for each value that it is compared with.

``(SELECT max(b.x) FROM b WHERE b.k = a.k AND b.y > 1)`` is joined in as ``(SELECT max(b.x), b.k FROM b WHERE b.y > 1
GROUP BY b.k)`` on the equality, by an outer join; a count of nothing is 0.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from neuraldb.core.text import identifier
from neuraldb.plan.sql_context import Inexpressible
from neuraldb.plan.sql_scope import Scope
from neuraldb.plan.sql_tree import Tree, conjuncts, plain


@dataclass(frozen=True)
class Correlated:
    """A subquery without what it compares with the query around it.

    Attributes:
        query: gives its value, and then a column for each comparison.
        outer: what each of these columns is to be equal to, not bound yet.
        counts: whether its value is a count, which is 0 of nothing.
    """

    query: exp.Select
    outer: list[Tree]
    counts: bool


def correlated(query: Tree, scope: Scope) -> Correlated | None:
    """A subquery of one aggregate taken apart; None where it names no table of the query around it.

    Raises:
        Inexpressible: it compares with that query otherwise than by ``=``, or there is more to it.
    """
    if not isinstance(query, exp.Select) or not any(_outer(c, query, scope) for c in query.find_all(exp.Column)):
        return None
    if any(query.args.get(clause) for clause in ("group", "having", "qualify", "limit", "offset", "distinct", "order")):
        raise Inexpressible("a subquery with more than WHERE that names columns of the query around it", query)
    where = query.args.get("where")
    kept, inner, outer = [], [], []
    for part in conjuncts(where.this if where else None):
        pair = _equality(part, query, scope)
        if pair is None:
            kept.append(part)
        else:
            inner.append(pair[0])
            outer.append(pair[1])
    rest = [*query.expressions, *kept, *query.args.get("joins", [])]
    if not inner or any(_outer(c, query, scope) for tree in rest for c in tree.find_all(exp.Column)):
        raise Inexpressible("a subquery that names columns of the query around it otherwise than by =", query)
    value = plain(query.expressions[0].unalias())
    if not isinstance(value, exp.Count) and value.find(exp.Count):
        raise Inexpressible("a subquery that computes with a count and names columns of the query around it", query)
    made = query.copy()
    made.set("where", exp.Where(this=exp.and_(*(k.copy() for k in kept), copy=False)) if kept else None)
    made.set("expressions", [query.expressions[0].copy(), *(_named(t, i) for i, t in enumerate(inner))])
    made.set("group", exp.Group(expressions=[t.copy() for t in inner]))
    return Correlated(made, outer, isinstance(value, exp.Count))


def _named(tree: Tree, number: int) -> exp.Alias:
    return exp.Alias(this=tree.copy(), alias=exp.Identifier(this=f"__equal{number}", quoted=False))


def _equality(part: Tree, query: exp.Select, scope: Scope) -> tuple[Tree, Tree] | None:
    """The sides of ``inner = outer``, in this order."""
    tree = plain(part)
    if not isinstance(tree, exp.EQ):
        return None
    for inner, outer in ((tree.this, tree.expression), (tree.expression, tree.this)):
        names = list(outer.find_all(exp.Column))
        if (
            names
            and all(_outer(c, query, scope) for c in names)
            and not any(_outer(c, query, scope) for c in inner.find_all(exp.Column))
        ):
            return inner, outer
    return None


def _outer(name: exp.Column, query: exp.Select, scope: Scope) -> bool:
    """Whether a column is qualified by a table of the query around, and by none within."""
    own = {identifier(t.alias_or_name) for t in query.find_all(exp.Table, exp.Subquery, exp.CTE)}
    return bool(name.table) and identifier(name.table) not in own and scope.source(name.table) is not None
