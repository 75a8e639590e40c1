"""That a question was understood as a query, in a plan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from neuraldb.language.chosen import Meaning
from neuraldb.plan.base_nodes import Field, Node


@dataclass(frozen=True, slots=True)
class Meant(Node):
    """The child's rows, as sure as it is that the child is what a question means.

    Attributes:
        child: the plan of a query.
        meaning: what the query says.
        others: what else the question may mean, likeliest first.
    """

    child: Node
    meaning: Meaning
    others: tuple[Meaning, ...] = ()

    @property
    def columns(self) -> tuple[Field, ...]:
        return self.child.columns

    @property
    def label(self) -> str:
        return f"Meant: {self.meaning}"


def meant_in(plan: Node | None) -> Iterator[Meant]:
    """The nodes of a plan that tell what a question was understood as."""
    if plan is not None:
        if isinstance(plan, Meant):
            yield plan
        for child in plan.children:
            yield from meant_in(child)


def told_of(plan: Node | None) -> list[str]:
    """What a plan's question was understood as, and as what else it may be, in lines."""
    lines: list[str] = []
    for node in meant_in(plan):
        lines += [f"understood as: {node.meaning}", f"  {node.meaning.text}"]
        lines += ["or else:"] if node.others else []
        lines += [f"  {other}" for other in node.others]
    return lines
