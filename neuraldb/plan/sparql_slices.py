"""Sorted solutions that are cut or made distinct where a plain Sort and Limit do not say it.

Sort keys become columns here, and places in the order are window functions over them.
"""

from __future__ import annotations

from collections.abc import Sequence

from neuraldb.core.text import quoted
from neuraldb.plan.expressions import Column, Literal, Raw
from neuraldb.plan.nodes import Field, Filter, Order, Window
from neuraldb.plan.sparql_nodes import Extend
from neuraldb.plan.sparql_scope import Solutions, distinct, keep
from neuraldb.plan.sparql_values import call

PLACE, FIRST = ".place", ".first"


def sorted_distinct(solutions: Solutions, selected: Sequence[str], keys: Sequence[Order]) -> tuple[Solutions, Order]:
    """Each solution once, reduced to ``selected``, with the key that sorts it where its first like would stand.

    ORDER BY may read what is not selected. Solutions that are the same when reduced then have several places; DISTINCT
    keeps the order (18.5), which the first of each has.
    """
    placed, order = _keyed(solutions, keys)
    names = ", ".join(quoted(v) for v in selected)
    rank = Raw(f"dense_rank() OVER (ORDER BY {_order(order)})", keys_of(order))
    placed = placed.over(Window(placed.plan, ((Field(PLACE, "BIGINT"), rank),)))
    first = Raw(f'min("{PLACE}") OVER (PARTITION BY {names})', (PLACE, *selected))
    placed = placed.over(Window(placed.plan, ((Field(FIRST, "BIGINT"), first),)))
    return distinct(keep(placed, (*selected, FIRST))), Order(Column(FIRST))


def cut_each(solutions: Solutions, group: str, keys: Sequence[Order], limit: int | None, offset: int) -> Solutions:
    """LIMIT and OFFSET within each value of a variable, the graph."""
    placed, order = _keyed(solutions, keys)
    ties = tuple(v for v in solutions.variables if v != group)
    by = ", ".join(filter(None, (_order(order), *map(quoted, ties)))) or quoted(group)
    number = Raw(f"row_number() OVER (PARTITION BY {quoted(group)} ORDER BY {by})", (group, *keys_of(order), *ties))
    plan = Window(placed.plan, ((Field(PLACE, "BIGINT"), number),))
    condition = call(">", Column(PLACE), Literal(offset))
    if limit is not None:
        condition = call("and", condition, call("<=", Column(PLACE), Literal(offset + limit)))
    return keep(placed.over(Filter(plan, condition)), solutions.variables)


Keyed = list[tuple[str, Order]]
"""Columns that hold sort keys, with the keys."""


def keys_of(order: Keyed) -> tuple[str, ...]:
    """The columns of sort keys."""
    return tuple(name for name, _ in order)


def _keyed(solutions: Solutions, keys: Sequence[Order]) -> tuple[Solutions, Keyed]:
    order = [(f".key{number}", key) for number, key in enumerate(keys)]
    outputs = tuple((Field(name, "KEY"), key.expression) for name, key in order)
    return (solutions.over(Extend(solutions.plan, outputs)) if outputs else solutions), order


def _order(order: Keyed) -> str:
    parts = []
    for name, key in order:
        nulls = "FIRST" if key.nulls_first else "LAST"
        parts.append(f"{quoted(name)} {'DESC' if key.descending else 'ASC'} NULLS {nulls}")
    return ", ".join(parts)
