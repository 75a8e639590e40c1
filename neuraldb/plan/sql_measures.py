"""The columns that tell which numbers of a column are of its dimension, put beside the rows that they are about."""

from __future__ import annotations

from collections.abc import Iterable

from neuraldb.plan.nodes import Field, Node, Window
from neuraldb.plan.sql_context import Building
from neuraldb.plan.sql_convert import raw
from neuraldb.plan.sql_scope import BoundColumn
from neuraldb.plan.sql_tree import Tree, columns
from neuraldb.plan.sql_typed import alike, common, of_most


def uses_measures(tree: Tree, cells: Iterable[BoundColumn]) -> bool:
    """Whether a tree reads one of the cells as a number of its column's dimension."""
    names = {common(cell).name for cell in cells}
    return any(c.name in names for c in columns(tree))


def with_measures(node: Node, cells: Iterable[BoundColumn], building: Building) -> Node:
    """The rows with, for each of the cells, whether it is of the dimension that most of them are of."""
    counts, answers = [], []
    for cell in cells:
        count, counted = alike(cell)
        counts.append((Field(count.name, count.type), raw(counted, building)))
        answers.append((Field(common(cell).name, common(cell).type), raw(of_most(cell), building)))
    return Window(Window(node, tuple(counts)), tuple(answers)) if counts else node
