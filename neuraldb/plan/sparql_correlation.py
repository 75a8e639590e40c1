"""Which variables of EXISTS must be substituted before its pattern is evaluated (SPARQL 1.1, 18.6).

The recommendation replaces the variables of the pattern by their values, row by row, and then evaluates. Evaluating
the pattern once and joining gives the same for most patterns, and is what databases are fast at. It does not where a
value is needed within the pattern before the join: those variables are found here. Only they are then substituted.
"""

from __future__ import annotations

from collections.abc import Iterator

from neuraldb.language import sparql_ast as ast
from neuraldb.language.sparql_check import selected, variables_in, visible


def mentioned(node: object) -> Iterator[str]:
    """The variables that occur in a piece of syntax and mean what they mean outside of it, the same one repeatedly."""
    match node:
        case ast.Var(name):
            yield name
        case ast.SubSelect(query):
            yield from selected(query)
        case tuple():
            for item in node:
                yield from mentioned(item)
        case ast.Syntax():
            for name in node.__dataclass_fields__:
                yield from mentioned(getattr(node, name))


def certain(group: ast.Group) -> set[str]:
    """The variables that every solution of a group binds."""
    bound: set[str] = set()
    for element in group.elements:
        bound |= _certain(element)
    return bound


def _certain(element: ast.Pattern) -> set[str]:
    match element:
        case ast.TriplesBlock() | ast.PredictPattern():
            return visible(element)
        case ast.Group():
            return certain(element)
        case ast.UnionPattern(branches):
            return set.intersection(*(certain(b) for b in branches))
        case ast.GraphPattern(name, group):
            return certain(group) | ({name.name} if isinstance(name, ast.Var) else set())
        case ast.InlineData(variables, rows):
            return {v.name for i, v in enumerate(variables) if all(row[i] is not None for row in rows)}
        case _:
            return set()


def needed(group: ast.Group, outer: set[str]) -> set[str]:
    """The variables of ``outer`` whose values must be known within the group."""
    here = certain(group)
    before: set[str] = set()
    found: set[str] = set()
    assigned: set[str] = set()
    for element in group.elements:
        match element:
            case ast.FilterPattern(condition):
                found |= _read(condition, outer, here)
            case ast.BindPattern(expression, variable):
                found |= _read(expression, outer, before)
                assigned.add(variable.name)
            case ast.OptionalPattern(inner):
                found |= (set(mentioned(inner)) & outer) - before
                found |= needed(_without_filters(inner), outer)
            case ast.MinusPattern(inner):
                found |= set(mentioned(inner)) & outer
            case ast.UnionPattern(branches):
                for branch in branches:
                    found |= needed(branch, outer)
            case ast.Group():
                found |= needed(element, outer)
            case ast.GraphPattern(_, inner):
                found |= needed(inner, outer)
        before |= _certain(element)
    return found - assigned


def _without_filters(group: ast.Group) -> ast.Group:
    return ast.Group(tuple(e for e in group.elements if not isinstance(e, ast.FilterPattern)), span=group.span)


def _read(expression: ast.Expression, outer: set[str], bound: set[str]) -> set[str]:
    """What an expression reads that is not bound where it stands."""
    names = {v.name for v in variables_in(expression)}
    for exists in exists_in(expression):
        names |= set(mentioned(exists.group))
        # what a nested pattern needs must be the outer value itself only where this group does not bind it
    return (names & outer) - bound


def exists_in(expression: ast.Expression | None) -> Iterator[ast.Exists]:
    """The EXISTS of an expression, not those nested in them."""
    match expression:
        case ast.Exists():
            yield expression
        case ast.Operation() | ast.Builtin() | ast.FunctionCall():
            for argument in expression.arguments:
                yield from exists_in(argument)
