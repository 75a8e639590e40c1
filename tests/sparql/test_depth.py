"""Long statements work, and what is nested too deeply is an error that says so, and never the end of Python's stack."""

from __future__ import annotations

import pytest

from neuraldb.core.errors import NotSupportedError
from neuraldb.language.nesting import deepest
from neuraldb.language.sparql import parse
from neuraldb.plan.optimizer import optimise

from .memory import MemoryGraph

MANY = 1000
PREFIX = "PREFIX : <http://x/> "


@pytest.fixture(scope="module")
def graph() -> MemoryGraph:
    graph = MemoryGraph()
    graph.read_turtle(":a :v 1 . :b :v 2 .")
    return graph


LONG = {
    "or": "SELECT ?n { ?x :v ?n FILTER(" + " || ".join(f"?n = {i}" for i in range(2, 252)) + ") }",
    "and": "SELECT ?n { ?x :v ?n FILTER(" + " && ".join(f"?n != {i * i}" for i in range(250)) + ") }",
    "filters": "SELECT ?n { ?x :v ?n " + " ".join(f"FILTER(?n != {i * i})" for i in range(250)) + " }",
    "in": "SELECT ?n { ?x :v ?n FILTER(?n IN (" + ", ".join(map(str, range(2, 250))) + ")) }",
    "sum of constants": f"SELECT (({' + '.join(['1'] * 250)}) - 248 AS ?n) {{}}",
    "union": "SELECT ?n { " + " UNION ".join(f"{{ ?x :v {i}, ?n }}" for i in range(2, 252)) + " }",
    "braces": f"SELECT ?n {'{' * MANY} ?x :v ?n FILTER(?n > 1) {'}' * MANY}",
    "brackets": f"SELECT ?n {{ ?x :v ?n FILTER({'(' * MANY}?n > 1{')' * MANY}) }}",
}


@pytest.mark.parametrize("query", LONG.values(), ids=LONG)
def test_long_statements_are_answered(graph: MemoryGraph, query: str) -> None:
    assert [int(r["n"]) for r in graph.ask(PREFIX + query)] == [2]


@pytest.mark.parametrize("operator", ["+", "-", "*", "/"])
def test_long_arithmetic(graph: MemoryGraph, operator: str) -> None:
    values = graph.ask(f"{PREFIX} SELECT ({f' {operator} '.join(['?n'] * 40)} AS ?v) {{ :a :v ?n }}")
    assert [r["v"] for r in values] == [{"+": 40, "-": -38, "*": 1, "/": 1.0}[operator]]


DEEP = {
    "functions": "SELECT (" + "CONCAT(" * MANY + "'a'" + ")" * MANY + " AS ?s) {}",
    "exists": "SELECT ?x { " + "?x :v ?n FILTER EXISTS { " * 300 + "?x :v ?n" + " }" * 301,
    "subqueries": "SELECT ?x { " + "{ SELECT ?x { " * 300 + "?x :v ?n" + " }}" * 300 + "}",
}


@pytest.mark.parametrize("query", DEEP.values(), ids=DEEP)
def test_what_is_too_deep_is_an_error_of_ours(graph: MemoryGraph, query: str) -> None:
    with pytest.raises(NotSupportedError, match=r"nested too deeply: \d+ brackets") as raised:
        optimise(graph.plan(PREFIX + query))
    error = raised.value
    assert error.span is not None
    assert error.source is not None
    assert error.source[error.span[0]] in "({"


def test_the_innermost_bracket() -> None:
    assert deepest("SELECT ?x { ?x :p '((((' FILTER(?x) }") == (2, 31)


def test_a_group_within_a_group_is_the_group() -> None:
    assert parse("SELECT * {{{ ?x ?y ?z }}}") == parse("SELECT * { ?x ?y ?z }")
    one, two, three = (
        parse(f"SELECT * {{ ?x ?y ?z OPTIONAL {'{' * n} ?z ?y ?a FILTER(?x) {'}' * n} }}") for n in (1, 2, 3)
    )
    assert one != two == three
