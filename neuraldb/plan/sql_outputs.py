"""The list of a SELECT: stars spelled out, expressions bound, names for all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from neuraldb.core.text import identifier
from neuraldb.plan.sql_bind import Binder
from neuraldb.plan.sql_context import SEMANTIC, Building, Inexpressible
from neuraldb.plan.sql_convert import display
from neuraldb.plan.sql_scope import BoundColumn, Scope
from neuraldb.plan.sql_tree import Tree, bound, column, plain


@dataclass
class Output:
    """One column of a SELECT: what it is called, what it is (bound), its type, and how it was written."""

    label: str
    tree: Tree
    type: str
    written: Tree


def output_list(select: exp.Select, scope: Scope, binder: Binder) -> list[Output]:
    """The outputs of a SELECT, in order; their names are made known to the binder as they come."""
    outputs: list[Output] = []
    for item in select.expressions:
        for label, tree, written in _item(item, scope, binder):
            found = bound(tree)
            outputs.append(Output(label, tree, found.type if found else "VARCHAR", written))
            binder.aliases.setdefault(identifier(label), tree)
    return outputs


def unique(names: list[str]) -> list[str]:
    """The names, those that come again with a number after them, as DuckDB names the columns of subqueries.

    >>> unique(["a", "b", "A", "a"])
    ['a', 'b', 'A_1', 'a_2']
    """
    taken: set[str] = set()
    result = []
    for name in names:
        candidate, number = name, 0
        while identifier(candidate) in taken:
            number += 1
            candidate = f"{name}_{number}"
        taken.add(identifier(candidate))
        result.append(candidate)
    return result


def _item(item: Tree, scope: Scope, binder: Binder) -> Iterator[tuple[str, Tree, Tree]]:
    star = item.this if isinstance(item, exp.Column) else item
    if isinstance(star, exp.Star):
        yield from _star(star, item, scope, binder)
        return
    if isinstance(item, exp.Aliases):
        raise Inexpressible("several names for one column", item)
    written = item.this if isinstance(item, exp.Alias) else item
    tree = binder.bind(written)
    yield (item.alias if isinstance(item, exp.Alias) else _label(written, tree)), tree, written


def _label(written: Tree, tree: Tree) -> str:
    """The name of a column that was given none."""
    found, inner = bound(tree), plain(written)
    while isinstance(inner, exp.Cast | exp.TryCast):
        inner = plain(inner.this)
    if isinstance(inner, exp.Anonymous) and identifier(inner.name) in SEMANTIC:
        return identifier(inner.name)
    if isinstance(inner, exp.Column) and (inner is plain(written) or found is None):
        return inner.name
    if isinstance(inner, exp.Count) and isinstance(inner.this, exp.Star):
        return "count_star()"
    return display(written)


def _star(star: exp.Star, item: Tree, scope: Scope, binder: Binder) -> Iterator[tuple[str, Tree, Tree]]:
    if item.args.get("table"):
        columns = list(_source_star(item, scope, binder.building))
    elif not scope.sources:
        binder.building.wrong("* needs a FROM clause", item)
    else:
        columns = list(scope.star())
    left_out = {identifier(c.name) for c in star.args.get("except_") or []}
    renamed = {identifier(a.this.name): a.alias for a in star.args.get("rename") or []}
    instead = {identifier(a.alias): a.this for a in star.args.get("replace") or []}
    if unknown := (left_out | set(renamed) | set(instead)) - {identifier(c.label) for c in columns}:
        binder.building.wrong(f"* has no column {sorted(unknown)[0]}", item)
    for found in columns:
        name = identifier(found.label)
        if name in left_out:
            continue
        tree = binder.bind(instead[name]) if name in instead else column(found)
        yield renamed.get(name, found.label), tree, item


def _source_star(item: Tree, scope: Scope, building: Building) -> tuple[BoundColumn, ...]:
    source = scope.source(item.args["table"].name)
    if source is None:
        building.wrong(f"no table is called {item.args['table'].name} here", item)
    return source.star()
