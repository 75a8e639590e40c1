"""``?score`` and ``?evidence``: what a solution rests on, as variables that no pattern has to bind."""

from __future__ import annotations

from collections.abc import Collection

from neuraldb.plan.expressions import Column, Literal, Shown
from neuraldb.plan.nodes import Field
from neuraldb.plan.sparql_nodes import Extend, Provenance
from neuraldb.plan.sparql_scope import Solutions
from neuraldb.plan.sparql_values import RANKS, Number, Text, Typed

SCORE, FACTS = "score", "evidence"
"""The variables: the confidence, a number in [0, 1], and the ids of the facts, ascending."""
IDS = "ids"
"""The shape of a computed variable that holds ids of facts."""
DOUBLE = Literal(RANKS.index("double"))


def rests_on(name: str, score: str, facts: str) -> Typed:
    """The term that one of the two variables stands for, read from the columns that hold them."""
    return Number(Column(score), DOUBLE) if name == SCORE else Text(Column(facts))


def with_provenance(solutions: Solutions, names: Collection[str]) -> Solutions:
    """The solutions with those of the two variables bound that are among the names."""
    wanted = tuple(n for n in (SCORE, FACTS) if n in names and n not in solutions.variables)
    if not wanted:
        return solutions
    columns = tuple(f".{len(solutions.variables)}.{n}" for n in (SCORE, FACTS))
    outputs = tuple((Field(n, "VALUE"), Shown(f"?{n}", rests_on(n, *columns).pack())) for n in wanted)
    plan = Extend(Provenance(solutions.plan, *columns), outputs)
    shapes = {SCORE: "number", FACTS: IDS}
    return Solutions(plan, solutions.certain | set(wanted), {**solutions.shapes, **{n: shapes[n] for n in wanted}})
