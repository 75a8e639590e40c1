"""``exact OR judged``: no model is asked of the rows for which the exact part is true."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from neuraldb.core.text import identifier
from neuraldb.plan.sql_tree import Tree, plain

MASKED = "masked"
"""Under this name it is noted in the tree that an argument was changed here."""
_JUDGING = frozenset({"means", "ask", "classify", "similarity"})
_UNSURE = (exp.Rand, exp.Uuid, exp.Query, exp.Exists, exp.Anonymous)
"""What may give another value each time, or is not computed where it stands."""


def sparing(condition: Tree) -> Tree:
    """A condition whose semantic functions read NULL in the place of a text where the rest of an OR is true anyway.

    >>> import sqlglot
    >>> print(sparing(sqlglot.parse_one("id = 1 OR means(body, 'x')", read="duckdb")).sql("duckdb"))
    id = 1 OR MEANS(CASE WHEN id = 1 THEN NULL ELSE body END, 'x')
    """
    parts = list(_disjuncts(condition))
    exact = [part for part in parts if not any(True for _ in part.find_all(*_UNSURE))]
    if not exact or len(exact) == len(parts):
        return condition
    known = exp.or_(*exact, copy=True)
    asking = [_masked(part.copy(), known) for part in parts if not any(part is each for each in exact)]
    return exp.or_(*exact, *asking, copy=False)


def _disjuncts(tree: Tree) -> Iterator[Tree]:
    tree = plain(tree)
    if isinstance(tree, exp.Or):
        yield from _disjuncts(tree.this)
        yield from _disjuncts(tree.expression)
    else:
        yield tree


def _masked(part: Tree, known: Tree) -> Tree:
    for call in [*part.find_all(exp.Anonymous)]:
        if identifier(call.name) in _JUDGING and len(call.expressions) == 2:
            text, words = call.expressions
            masked: Tree = exp.Case(ifs=[exp.If(this=known.copy(), true=exp.Null())], default=text)
            masked.meta[MASKED] = True
            call.set("expressions", [masked, words])
    return part
