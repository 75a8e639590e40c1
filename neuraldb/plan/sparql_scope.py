"""Solutions: a plan whose columns are variables, with what is known of them, and how solutions are combined.

The operations are those of SPARQL's algebra (18.3 to 18.5). Columns whose names hold a dot or a colon are not
variables of the user: parts of terms, keys of substituted rows, blank nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from neuraldb.plan.expressions import Column, Expression, all_of
from neuraldb.plan.nodes import Distinct, Field, Filter, Join, Node, Project, Union, Values
from neuraldb.plan.sparql_nodes import Extend, TermParts
from neuraldb.plan.sparql_values import Stored, any_of, call


@dataclass(frozen=True)
class Solutions:
    """A multiset of solutions.

    Attributes:
        plan: gives them; a column for each variable, of type TERM or VALUE.
        certain: the variables that are bound in every solution.
        shapes: what is known of computed variables (:attr:`neuraldb.plan.sparql_values.Typed.shape`).
    """

    plan: Node
    certain: frozenset[str] = frozenset()
    shapes: Mapping[str, str] = field(default_factory=dict)

    @property
    def variables(self) -> tuple[str, ...]:
        """The columns, in order."""
        return tuple(c.name for c in self.plan.columns)

    @property
    def visible(self) -> tuple[str, ...]:
        """The variables that can be selected."""
        return tuple(v for v in self.variables if "." not in v and ":" not in v)

    def type(self, variable: str) -> str:
        """TERM or VALUE."""
        return next(c.type for c in self.plan.columns if c.name == variable)

    def over(self, plan: Node) -> Solutions:
        """The same variables over a plan that has them all."""
        return replace(self, plan=plan)


UNIT = Solutions(Values((), ((),)))
"""One solution that binds nothing."""


def keep(solutions: Solutions, variables: Iterable[str]) -> Solutions:
    """Only these of the columns."""
    wanted = tuple(dict.fromkeys(v for v in variables if v in solutions.variables))
    if wanted == solutions.variables:
        return solutions
    outputs = tuple((Field(v, solutions.type(v)), Column(v)) for v in wanted)
    return Solutions(
        Project(solutions.plan, outputs),
        solutions.certain & set(wanted),
        {v: s for v, s in solutions.shapes.items() if v in wanted},
    )


def extend(
    solutions: Solutions, variable: str, expression: Expression, type: str, bound: bool, shape: str
) -> Solutions:
    """Each solution with one variable more."""
    plan = Extend(solutions.plan, ((Field(variable, type), expression),))
    certain = solutions.certain | {variable} if bound else solutions.certain
    return Solutions(plan, certain, {**solutions.shapes, variable: shape})


def as_values(solutions: Solutions, variables: Iterable[str]) -> Solutions:
    """The solutions with these columns as VALUEs: stored terms are looked up."""
    terms = tuple(v for v in solutions.variables if v in set(variables) and solutions.type(v) == "TERM")
    if not terms:
        return solutions
    looked_up = TermParts(solutions.plan, terms, solutions.certain & set(terms))
    outputs: list[tuple[Field, Expression]] = []
    for column in solutions.plan.columns:
        if column.name in terms:
            outputs.append((Field(column.name, "VALUE"), Stored(column.name).pack()))
        else:
            outputs.append((column, Column(column.name)))
    return solutions.over(Project(looked_up, tuple(outputs)))


def aligned(left: Solutions, right: Solutions) -> tuple[Solutions, Solutions]:
    """Both with the same type for each variable that they share."""
    shared = set(left.variables) & set(right.variables)
    mixed = {v for v in shared if left.type(v) != right.type(v)}
    return as_values(left, mixed), as_values(right, mixed)


def shapes_of(left: Solutions, right: Solutions, *, either: bool) -> dict[str, str]:
    """What is known of the variables of a combination; ``either``: a solution comes from one of the sides alone."""
    merged = {**right.shapes, **left.shapes}
    for variable in set(left.variables) & set(right.variables):
        shapes = [s.shapes.get(variable, "term") for s in (left, right)]
        if not either and variable in left.certain:
            merged[variable] = shapes[0]
        elif not either and variable in right.certain:
            merged[variable] = shapes[1]
        else:
            merged[variable] = shapes[0] if shapes[0] == shapes[1] else "term"
    return merged


def join(left: Solutions, right: Solutions) -> Solutions:
    """Pairs of compatible solutions."""
    if left == UNIT or right == UNIT:
        return right if left == UNIT else left
    left, right = aligned(left, right)
    on = tuple(v for v in left.variables if v in right.variables)
    nullable = frozenset(on) - (left.certain & right.certain)
    kind = "inner" if on else "cross"
    plan = Join(left.plan, right.plan, kind, on, nullable=nullable)
    return Solutions(plan, left.certain | right.certain, shapes_of(left, right, either=False))


def left_join(left: Solutions, right: Solutions, condition: Expression | None) -> Solutions:
    """The solutions of the left side, extended where a compatible solution of the right fulfils the condition.

    Columns that the condition alone reads stay in the plan; keep those that are wanted.
    """
    left, right = aligned(left, right)
    on = tuple(v for v in left.variables if v in right.variables)
    nullable = frozenset(on) - (left.certain & right.certain)
    plan = Join(left.plan, right.plan, "left", on, condition, nullable)
    return Solutions(plan, left.certain, shapes_of(left, right, either=False))


def union(left: Solutions, right: Solutions) -> Solutions:
    """The solutions of both."""
    left, right = aligned(left, right)
    return Solutions(Union(left.plan, right.plan), left.certain & right.certain, shapes_of(left, right, either=True))


def unions(sides: Sequence[Solutions]) -> Solutions:
    """The solutions of all sides, of which there is at least one; many make a tree of little depth."""
    if len(sides) == 1:
        return sides[0]
    half = (len(sides) + 1) // 2
    return union(unions(sides[:half]), unions(sides[half:]))


def filtered(solutions: Solutions, condition: Expression) -> Solutions:
    """The solutions for which the condition is true."""
    return solutions.over(Filter(solutions.plan, condition))


def distinct(solutions: Solutions) -> Solutions:
    """Each solution once."""
    return solutions.over(Distinct(solutions.plan))


def renamed(solutions: Solutions, names: Mapping[str, str]) -> Solutions:
    """The solutions with other names for some columns."""
    outputs = tuple((Field(names.get(c.name, c.name), c.type), Column(c.name)) for c in solutions.plan.columns)
    return Solutions(
        Project(solutions.plan, outputs),
        frozenset(names.get(v, v) for v in solutions.certain),
        {names.get(v, v): s for v, s in solutions.shapes.items()},
    )


def partner(
    left: Solutions,
    right: Solutions,
    exact: Iterable[str],
    compatible: Iterable[str],
    *,
    anti: bool,
    meeting: bool = False,
    condition: Expression | None = None,
) -> Solutions:
    """Left solutions that have a partner on the right (or, ``anti``, that have none).

    Args:
        left: gives the rows.
        right: the possible partners.
        exact: variables that both sides have, which must be the same; unbound is the same as unbound.
        compatible: variables that both sides have, which must be the same where both are bound.
        anti: keep those without a partner.
        meeting: a partner must share at least one bound variable of ``compatible`` (MINUS, 18.3).
        condition: what must hold besides; the columns of the right side are called :func:`there` in it.
    """
    left, right = aligned(left, right)
    other = renamed(right, {v: there(v) for v in right.variables})
    conditions = [_same(left, right, v) for v in exact]
    shared = list(compatible)
    conditions += [_agree(left, right, v) for v in shared]
    if meeting and not any(v in left.certain and v in right.certain for v in shared):
        conditions.append(any_of([call("=", Column(v), Column(there(v))) for v in shared]))
    if condition is not None:
        conditions.append(condition)
    return left.over(Join(left.plan, other.plan, "anti" if anti else "semi", condition=all_of(conditions)))


def there(variable: str) -> str:
    """The name of a right column in the condition of :func:`partner`."""
    return f"right.{variable}"


def _same(left: Solutions, right: Solutions, variable: str) -> Expression:
    certain = variable in left.certain and variable in right.certain
    return call("=" if certain else "is not distinct from", Column(variable), Column(there(variable)))


def _agree(left: Solutions, right: Solutions, variable: str) -> Expression:
    agree = call("=", Column(variable), Column(there(variable)))
    for side, name in ((left, variable), (right, there(variable))):
        if variable not in side.certain:
            agree = call("or", agree, call("is null", Column(name)))
    return agree
