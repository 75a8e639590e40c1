"""What a filter's condition is made of: the parts of a conjunction, EXISTS, and what it reads of the group outside."""

from __future__ import annotations

from collections.abc import Iterator

from neuraldb.language import sparql_ast as ast
from neuraldb.plan.sparql_correlation import exists_in, mentioned


def conjuncts_of(condition: ast.Expression) -> Iterator[ast.Expression]:
    """The parts of a conjunction."""
    if isinstance(condition, ast.Operation) and condition.operator == "&&":
        for argument in condition.arguments:
            yield from conjuncts_of(argument)
    else:
        yield condition


def exists_of(condition: ast.Expression) -> tuple[ast.Exists | None, bool]:
    """The EXISTS that a condition consists of, and whether it is negated."""
    match condition:
        case ast.Exists(_, negated):
            return condition, negated
        case ast.Operation("!", (ast.Exists(_, negated) as exists,)):
            return exists, not negated
    return None, False


def only_outside(condition: ast.Expression, outer: set[str], inside: set[str]) -> bool:
    """Whether a filter reads variables that its own group does not bind, and nothing that has to be evaluated there."""
    read = set(mentioned(condition))
    return bool((read & outer) - inside) and not any(exists_in(condition))
