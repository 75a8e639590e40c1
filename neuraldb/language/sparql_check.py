"""Rules of SPARQL that its grammar does not express: scopes of variables, blank nodes and aggregates.

Section numbers are those of the SPARQL 1.1 recommendation.
"""

from __future__ import annotations

from collections.abc import Iterator

from neuraldb.core.errors import ParseError
from neuraldb.language import sparql_ast as ast


def check(query: ast.Query) -> None:
    """Check a whole query.

    Raises:
        ParseError: a rule is broken; the error says which, and where.
    """
    check_blank_nodes(query)
    _check_query(query)


# ----------------------------------------------------------------------------------------------------- variables


def visible(pattern: ast.Pattern) -> set[str]:
    """The variables that a pattern may bind for what stands around it (18.2.1)."""
    match pattern:
        case ast.TriplesBlock(triples):
            return {n.name for t in triples for n in (t.subject, t.verb, t.object) if isinstance(n, ast.Var)}
        case ast.Group(elements):
            return set().union(*(visible(e) for e in elements))
        case ast.UnionPattern(branches):
            return set().union(*(visible(b) for b in branches))
        case ast.OptionalPattern(group):
            return visible(group)
        case ast.PredictPattern(block, _):
            return visible(block)
        case ast.GraphPattern(name, group) | ast.ServicePattern(name, group, _):
            return visible(group) | ({name.name} if isinstance(name, ast.Var) else set())
        case ast.BindPattern(_, variable):
            return {variable.name}
        case ast.InlineData(variables, _):
            return {v.name for v in variables}
        case ast.SubSelect(query):
            return selected(query)
        case _:  # FILTER and MINUS bind nothing
            return set()


def selected(query: ast.SelectQuery) -> set[str]:
    """The variables that a query gives."""
    if query.items is not None:
        return {item.variable.name for item in query.items}
    return visible(query.where) | (visible(query.values) if query.values else set())


def variables_in(expression: ast.Expression | None) -> Iterator[ast.Var]:
    """The variables that an expression reads outside aggregates and EXISTS."""
    match expression:
        case ast.Var():
            yield expression
        case ast.Operation() | ast.Builtin() | ast.FunctionCall():
            for argument in expression.arguments:
                yield from variables_in(argument)


def aggregates_in(expression: ast.Expression | None) -> Iterator[ast.AggregateCall]:
    """The outermost aggregates of an expression."""
    match expression:
        case ast.AggregateCall():
            yield expression
        case ast.Operation() | ast.Builtin() | ast.FunctionCall():
            for argument in expression.arguments:
                yield from aggregates_in(argument)


PROVENANCE = frozenset({"score", "evidence"})
"""Variables that stand for what a solution rests on, where a query binds no variable of the name itself."""


def provenance_in(query: ast.Query) -> frozenset[str]:
    """Those of :data:`PROVENANCE` that the query does not bind anywhere: there, a user's own variable wins.

    >>> from neuraldb.language.sparql import parse
    >>> sorted(provenance_in(parse("SELECT ?score { ?x :p ?y FILTER(?score > 0.5) }")))
    ['evidence', 'score']
    >>> sorted(provenance_in(parse("SELECT ?score { ?match :score ?score }")))
    ['evidence']
    """
    return PROVENANCE - {name for part in (query.where, query.values) for name in _bound_in(part)} - _named_in(query)


def _bound_in(node: object) -> Iterator[str]:
    """The variables that are given a value anywhere within a piece of syntax."""
    match node:
        case tuple():
            for item in node:
                yield from _bound_in(item)
        case ast.TriplesBlock() | ast.InlineData():
            yield from visible(node)
        case ast.SelectQuery():
            yield from _named_in(node)
            for part in (node.where, node.values, node.modifiers):
                yield from _bound_in(part)
        case ast.Syntax():
            match node:
                case ast.BindPattern(_, variable) | ast.GraphPattern(ast.Var() as variable):
                    yield variable.name
            for name in node.__dataclass_fields__:
                yield from _bound_in(getattr(node, name))


def _named_in(query: ast.Query) -> frozenset[str]:
    """The variables that SELECT and GROUP BY give a value of their own."""
    items = (query.items or ()) if isinstance(query, ast.SelectQuery) else ()
    named = {i.variable.name for i in items if i.expression is not None}
    return frozenset(named | {k.variable.name for k in query.modifiers.group_by if k.variable is not None})


# ----------------------------------------------------------------------------------------------------- queries


def check_pattern(group: ast.Group) -> None:
    """Check the pattern of a statement: scopes of variables, and aggregates.

    Raises:
        ParseError: a rule is broken.
    """
    _check_group(group)


def _check_query(query: ast.Query) -> None:
    if query.where is not None:
        _check_group(query.where)
    if isinstance(query, ast.SelectQuery):
        _check_selection(query)
    for condition in (*query.modifiers.having, *(o.expression for o in query.modifiers.order_by)):
        _check_expression(condition, aggregates=True)


def grouped(query: ast.SelectQuery) -> bool:
    """Whether a query aggregates, with GROUP BY or without."""
    expressions = [i.expression for i in query.items or ()] + list(query.modifiers.having)
    expressions += [o.expression for o in query.modifiers.order_by]
    return bool(query.modifiers.group_by) or any(any(aggregates_in(e)) for e in expressions)


def _check_selection(query: ast.SelectQuery) -> None:
    inside = visible(query.where)
    keys = _keys(query)
    if query.items is None:
        if grouped(query):
            raise ParseError("* cannot be selected from groups; name the variables", span=query.span)
        return
    given: set[str] = set()
    for item in query.items:
        name = item.variable.name
        taken = given | inside if item.expression is not None else set()
        if name in taken:
            raise ParseError(f"?{name} has a value already; choose another name", span=item.variable.span)
        _check_expression(item.expression, aggregates=True)
        if grouped(query):
            read = [item.variable] if item.expression is None else list(variables_in(item.expression))
            _check_grouped(read, keys | given | provenance_in(query))
        given.add(name)


def _keys(query: ast.SelectQuery) -> set[str]:
    keys = {k.variable.name for k in query.modifiers.group_by if k.variable is not None}
    for condition in query.modifiers.group_by:
        _check_expression(condition.expression, aggregates=False)
        if isinstance(condition.expression, ast.Var):
            keys.add(condition.expression.name)
    return keys


def _check_grouped(read: list[ast.Var], allowed: set[str]) -> None:
    for variable in read:
        if variable.name not in allowed:
            raise ParseError(
                f"?{variable.name} has no single value in a group",
                span=variable.span,
                hint=f"add it to GROUP BY, or take one with SAMPLE(?{variable.name})",
            )


def _check_expression(expression: ast.Expression | None, aggregates: bool) -> None:
    """Check the patterns within an expression, and that aggregates stand where they may."""
    match expression:
        case ast.Exists(group, _):
            _check_group(group)
        case ast.AggregateCall():
            if not aggregates:
                raise ParseError(
                    f"{expression.name} needs groups, which exist in SELECT, HAVING and ORDER BY only",
                    span=expression.span,
                    hint="write HAVING(…) after the pattern for a condition on groups",
                )
            _check_expression(expression.argument, aggregates=False)
        case ast.Operation() | ast.Builtin() | ast.FunctionCall():
            for argument in expression.arguments:
                _check_expression(argument, aggregates)


# ----------------------------------------------------------------------------------------------------- patterns


def _check_group(group: ast.Group) -> None:
    before: set[str] = set()
    for element in group.elements:
        match element:
            case ast.BindPattern(expression, variable):
                _check_expression(expression, aggregates=False)
                if variable.name in before:
                    raise ParseError(
                        f"?{variable.name} has a value already in this group",
                        span=variable.span,
                        hint="choose another name, or compare with FILTER",
                    )
            case ast.FilterPattern(condition):
                _check_expression(condition, aggregates=False)
            case ast.SubSelect(query):
                _check_query(query)
            case ast.Group():
                _check_group(element)
            case ast.UnionPattern(branches):
                for branch in branches:
                    _check_group(branch)
            case ast.OptionalPattern(inner) | ast.MinusPattern(inner):
                _check_group(inner)
            case ast.GraphPattern(_, inner) | ast.ServicePattern(_, inner, _):
                _check_group(inner)
        before |= visible(element)


def check_blank_nodes(statement: ast.Syntax) -> None:
    """A label stands for one node within one basic graph pattern, and in no other (4.1.4).

    Raises:
        ParseError: it stands in two.
    """
    owner: dict[str, int] = {}
    for number, block in enumerate(_basic_patterns(statement)):
        for blank in block:
            if owner.setdefault(blank.label, number) != number:
                raise ParseError(
                    f"_:{blank.label} is used in two patterns, and a blank node is known in one only",
                    span=blank.span,
                    hint=f"use a variable, ?{blank.label}, to join them",
                )


def _basic_patterns(node: object) -> Iterator[list[ast.Blank]]:
    """The blank nodes of each basic graph pattern; triples with only FILTERs between them are one pattern."""
    if isinstance(node, ast.Group):
        blanks: list[ast.Blank] = []
        for element in node.elements:
            if isinstance(element, ast.TriplesBlock):
                blanks += [n for t in element.triples for n in (t.subject, t.object) if isinstance(n, ast.Blank)]
            elif isinstance(element, ast.FilterPattern):
                yield from _basic_patterns(element)
            else:
                yield blanks
                blanks = []
                yield from _basic_patterns(element)
        yield blanks
    elif isinstance(node, tuple):
        for item in node:
            yield from _basic_patterns(item)
    elif isinstance(node, ast.Syntax):
        for name in node.__dataclass_fields__:
            yield from _basic_patterns(getattr(node, name))
