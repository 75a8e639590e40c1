"""ORDER BY: its keys bound, cells of virtual tables ordered as most of their values are to be read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from neuraldb.core.text import identifier
from neuraldb.plan.expressions import Expression
from neuraldb.plan.nodes import Field, Node, Window
from neuraldb.plan.semantic_nodes import READINGS, reading
from neuraldb.plan.sql_context import Building
from neuraldb.plan.sql_convert import raw
from neuraldb.plan.sql_outputs import Output
from neuraldb.plan.sql_scope import BoundColumn
from neuraldb.plan.sql_tree import Tree, attribute, column, read
from neuraldb.plan.sql_typed import common, measure, mostly_known


@dataclass(frozen=True)
class SortKey:
    """A key of ORDER BY, bound."""

    tree: Tree
    descending: bool
    nulls_first: bool


def sort_keys(
    order: exp.Order | None, outputs: Sequence[Output], bind: Callable[[Tree], Tree], building: Building
) -> list[SortKey]:
    """The keys of ORDER BY: numbers count the outputs, names of outputs come before those of columns."""
    keys: list[SortKey] = []
    for part in order.expressions if order else []:
        if isinstance(part.this, exp.Var) and part.this.name.upper() == "ALL":
            trees = [o.tree.copy() for o in outputs]
        else:
            trees = [positional(part.this, outputs, building) or _named(part.this, outputs) or bind(part.this)]
        keys += [SortKey(t, bool(part.args.get("desc")), bool(part.args.get("nulls_first"))) for t in trees]
    return keys


def positional(tree: Tree, outputs: Sequence[Output], building: Building) -> Tree | None:
    """The output that a number in GROUP BY or ORDER BY counts to; None for what is no number."""
    if not (isinstance(tree, exp.Literal) and not tree.is_string and tree.name.isdigit()):
        return None
    place = int(tree.name)
    if not 1 <= place <= len(outputs):
        building.wrong(f"there is no output column {place}", tree)
    return outputs[place - 1].tree.copy()


def spread(node: Node, keys: list[SortKey], building: Building) -> tuple[Node, list[SortKey]]:
    """Each key that is a cell as three: its number if most have one, its date if most have one, its text."""
    result: list[SortKey] = []
    majorities: list[tuple[Field, Expression]] = []
    for key in keys:
        cell = attribute(key.tree)
        if cell is not None and {reading(cell.name, r) for r in ("number", "date")} <= node.names:
            measured = common(cell).name in node.names
            for kind in ("number", "date"):
                part = read(cell, kind)
                by = measure(cell) if measured and kind == "number" else part.copy()
                name = BoundColumn(building.fresh("order"), READINGS[kind], "")
                mostly = exp.Case().when(mostly_known(part, cell, over=True), by)
                majorities.append((Field(name.name, name.type), raw(mostly, building)))
                result.append(replace(key, tree=column(name)))
        result.append(key)
    return (Window(node, tuple(majorities)) if majorities else node), result


def _named(tree: Tree, outputs: Sequence[Output]) -> Tree | None:
    if not isinstance(tree, exp.Column) or tree.table:
        return None
    return next((o.tree.copy() for o in outputs if identifier(o.label) == identifier(tree.name)), None)
