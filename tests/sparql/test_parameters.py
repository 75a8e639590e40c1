from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuraldb.core.errors import InterfaceError, ParameterError, ParseError
from neuraldb.language.parameters import mark
from neuraldb.language.sparql import parse

from .memory import MemoryGraph


@pytest.mark.parametrize(
    ("language", "source", "parameters", "text", "values"),
    [
        ("sql", "SELECT %s, %s", (1, "a"), "SELECT $__0 , $__1", (1, "a")),
        ("sql", "SELECT %(a)s, %(b)s, %(a)s", {"a": 1, "b": None, "c": 3}, "SELECT $__0 , $__1 , $__0", (1, None)),
        ("sql", "SELECT '%s', \"%s\", %s -- %s", (1,), "SELECT '%s', \"%s\", $__0 -- %s", (1,)),
        ("sql", "SELECT /* %s */ $$ %s $$, E'\\'%s', %s", (1,), "SELECT /* %s */ $$ %s $$, E'\\'%s', $__0", (1,)),
        ("sql", "SELECT 'it''s %s' || %s", (1,), "SELECT 'it''s %s' || $__0", (1,)),
        ("sql", "SELECT a LIKE '5%%' , b %% 2, %s", (1,), "SELECT a LIKE '5%' , b % 2, $__0", (1,)),
        ("sql", "SELECT a % 2, 5 %3", (), "SELECT a % 2, 5 %3", ()),
        ("sql", "SELECT '%%s' %% %s", None, "SELECT '%%s' %% %s", ()),
        ("sparql", "ASK { ?x <a%s> %s } # %s", (1,), "ASK { ?x <a%s> $__0 } # %s", (1,)),
        ("sparql", "ASK { FILTER(?a < %s && ?b > %s) }", (1, 2), "ASK { FILTER(?a < $__0 && ?b > $__1) }", (1, 2)),
        ("sparql", "ASK { ?x :p '''%s ' ''', \"\"\"%s\"\"\", 'a\\'%s', %s }", (1,), "ASK { ?x :p '''%s ' ''', \"\"\"%s\"\"\", 'a\\'%s', $__0 }", (1,)),  # noqa: E501
        ("question", "Who is %s's mother, isn't %s?", ("A", "B"), "Who is $__0's mother, isn't $__1?", ("A", "B")),
    ],
)  # fmt: skip
def test_placeholders_become_markers(
    language: str, source: str, parameters: Any, text: str, values: tuple[Any, ...]
) -> None:
    marked = mark(source, parameters, language)
    assert (marked.text, marked.values) == (text, values)


@pytest.mark.parametrize(
    ("source", "parameters", "message"),
    [
        ("%s %s", (1,), "more placeholders than the 1 parameters"),
        ("%s", (1, 2), "2 parameters were given for 1 placeholders"),
        ("%(a)s", {"b": 1}, "no parameter named a"),
        ("%(a)s", (1,), "needs a mapping"),
        ("%s", {"a": 1}, "needs a sequence"),
        ("%d", (1,), "%d is no placeholder"),
        ("%(a", {"a": 1}, "is no placeholder"),
        ("%s", ([1],), "a list, which cannot be bound"),
    ],
)
def test_what_does_not_fit_is_refused(source: str, parameters: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        mark(source, parameters, "sql")


@pytest.mark.parametrize("parameters", ["abc", b"abc", 5, {1, 2}])
def test_parameters_are_a_sequence_or_a_mapping(parameters: Any) -> None:
    with pytest.raises(InterfaceError):
        mark("%s", parameters, "sql")


def test_the_reserved_spelling_is_refused() -> None:
    with pytest.raises(ParseError, match="reserved"):
        mark("SELECT $__0", None, "sparql")
    assert mark("SELECT '$__0'", None, "sql").text == "SELECT '$__0'"


@given(st.lists(st.sampled_from(["a ", "%s ", "%% ", "'x%%y' ", "'%s' ", "\n"]), max_size=8))
def test_every_offset_leads_back_to_the_same_character(pieces: list[str]) -> None:
    source = "".join(pieces)
    marked = mark(source, [1] * pieces.count("%s "), "sql")
    at = 0
    for piece in pieces:
        start = source.index(piece, at)
        shown = {"%s ": "$__", "%% ": "% ", "'x%%y' ": "'x%y' "}.get(piece, piece)
        before = source[:start]
        found = marked.text.index(shown, len(mark(before, [1] * before.replace("'%s'", "").count("%s"), "sql").text))
        assert marked.original((found, found))[0] == start
        at = start + len(piece)
    assert marked.original((len(marked.text),) * 2) == (len(source),) * 2


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "x"),
        ('"; DROP } %s ?x \\', '"; DROP } %s ?x \\'),
        (5, "5"),
        (True, "true"),
        (1.5, "1.5"),
        (Decimal("1.10"), "1.10"),
        (datetime.date(2020, 1, 2), "2020-01-02"),
        (datetime.datetime(2020, 1, 2, 3, 4, tzinfo=datetime.UTC), "2020-01-02T03:04:00Z"),
    ],
)
def test_a_value_is_a_term_whatever_is_in_it(value: Any, text: str) -> None:
    graph = MemoryGraph()
    assert graph.ask("SELECT ?x { BIND(STR(%s) AS ?x) }", (value,)) == [{"x": text}]


def test_a_string_parameter_stands_for_what_the_string_would() -> None:
    graph = MemoryGraph()
    graph.say("Nils", "lives in", "Bergen")
    assert graph.ask("SELECT ?x { ?x :livesIn %(city)s }", {"city": "Bergen"}) == [{"x": "Nils"}]
    assert graph.ask("SELECT ?x { ?x :livesIn %(city)s }", {"city": "Bergen' } #"}) == []


def test_none_is_undef_in_values_and_nowhere_else() -> None:
    graph = MemoryGraph()
    assert graph.ask("SELECT ?x { VALUES ?x { %s 1 } }", (None,)) == [{"x": 1}, {"x": None}]
    with pytest.raises(ParameterError, match="UNDEF"):
        parse("ASK { ?x :p %s }", (None,))


def test_limit_and_offset() -> None:
    graph = MemoryGraph()
    query = "SELECT ?x { VALUES ?x { 1 2 3 } } ORDER BY ?x LIMIT %s OFFSET %s"
    assert graph.ask(query, (1, 1)) == [{"x": 2}]
    for wrong in (-1, "a", 1.5, True):
        with pytest.raises(ParameterError, match="whole number"):
            parse(query, (wrong, 0))
