from __future__ import annotations

import datetime
import math
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import neuraldb
from neuraldb.core.errors import InterfaceError, ParameterError, ParseError
from neuraldb.core.rdf import XSD
from neuraldb.language.parameters import mark
from neuraldb.language.sparql import parse
from neuraldb.stores.terms import Term

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
        ("%s", ({"a": 1},), "parameter 1 is of type dict, which cannot be bound"),
        ("%s, %s", (1, {1}), "parameter 2 is of type set, which cannot be bound"),
        ("%(a)s", {"a": object()}, "parameter a is of type object, which cannot be bound"),
        ("%s", (np.zeros(2),), r"of type numpy\.ndarray, which cannot be bound"),
        ("%s", (1 + 2j,), "of type complex, which cannot be bound"),
        ("%s", ([1, object()],), "of type object, which cannot be bound"),
        ("%s", ([1, "a"],), "a list of numbers and texts, and a list has items of one kind"),
        ("%s", ((True, 2),), "a tuple of truth values and numbers"),
    ],
)
def test_what_does_not_fit_is_refused(source: str, parameters: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        mark(source, parameters, "sql")


@pytest.mark.parametrize("language", ["sparql", "question"])
@pytest.mark.parametrize("value", [[1, 2], (), ("a",)])
def test_a_list_is_for_sql_only(language: str, value: Any) -> None:
    with pytest.raises(ParameterError, match="which can be bound in SQL only") as caught:
        mark("Who is %s?", (value,), language)
    assert caught.value.hint is not None
    assert "its own placeholder" in caught.value.hint


def test_no_sentence_tells_bytes() -> None:
    with pytest.raises(ParameterError, match="of type bytes, which no sentence can tell"):
        mark("Who is %s?", (b"x",), "question")


@pytest.mark.parametrize(
    ("value", "bound"),
    [
        (np.int64(3), 3),
        (np.float32(1.5), 1.5),
        (np.bool_(True), True),
        (bytearray(b"ab"), b"ab"),
        (memoryview(b"ab"), b"ab"),
        ([1, None, np.int8(2)], (1, None, 2)),
        ([[1], []], ((1,), ())),
        (UUID(int=7), UUID(int=7)),
    ],
)
def test_values_of_like_kinds_are_bound_as_python_s_own(value: Any, bound: Any) -> None:
    (given,) = mark("SELECT %s", (value,), "sql").values
    assert (type(given), given) == (type(bound), bound)


def test_sql_takes_uuids_and_lists() -> None:
    with neuraldb.connect() as db:
        db.sql("CREATE TABLE t (id UUID, n INTEGER, l INTEGER[])")
        for n in range(4):
            db.sql("INSERT INTO t VALUES (%s, %s, %s)", (UUID(int=n), n, [n, None]))
        assert db.sql("SELECT n FROM t WHERE id = %s", (UUID(int=2),)).fetchall() == [(2,)]
        assert db.sql("SELECT n FROM t WHERE n IN %s ORDER BY n", ([1, 3, 9],)).fetchall() == [(1,), (3,)]
        assert db.sql("SELECT n FROM t WHERE n = ANY(%(some)s)", {"some": (0,)}).fetchall() == [(0,)]
        assert db.sql("SELECT l FROM t WHERE l = %s", ([3, None],)).fetchall() == [([3, None],)]
        assert db.sql("SELECT n FROM t WHERE n IN %s", ([],)).fetchall() == []
        assert db.sql("SELECT n FROM t WHERE id IN %s", ([UUID(int=1)],)).fetchall() == [(1,)]


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
        (datetime.time(3, 4, 5), "03:04:05"),
        (datetime.time(3, 4, tzinfo=datetime.UTC), "03:04:00Z"),
        (datetime.timedelta(days=1, hours=2, minutes=3, seconds=4.5), "P1DT2H3M4.5S"),
        (datetime.timedelta(), "PT0S"),
        (-datetime.timedelta(minutes=90), "-PT1H30M"),
        (datetime.timedelta(microseconds=1), "PT0.000001S"),
        (b"\x01\xff", "01FF"),
        (UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        (np.int64(3), "3"),
    ],
)
def test_a_value_is_a_term_whatever_is_in_it(value: Any, text: str) -> None:
    graph = MemoryGraph()
    assert graph.ask("SELECT ?x { BIND(STR(%s) AS ?x) }", (value,)) == [{"x": text}]


@pytest.mark.parametrize(
    ("value", "datatype"),
    [
        ("x", "string"),
        (UUID(int=7), "string"),
        (True, "boolean"),
        (5, "integer"),
        (1.5, "decimal"),
        (1e300, "double"),
        (math.inf, "double"),
        (Decimal("1.10"), "decimal"),
        (Decimal("1E+5"), "decimal"),
        (Decimal("NaN"), "double"),
        (Decimal("-Infinity"), "double"),
        (datetime.date(2020, 1, 2), "date"),
        (datetime.datetime(2020, 1, 2), "dateTime"),
        (datetime.time(1, 2), "time"),
        (datetime.timedelta(1), "dayTimeDuration"),
        (b"x", "hexBinary"),
    ],
)
def test_a_value_has_the_datatype_of_its_kind(value: Any, datatype: str) -> None:
    graph = MemoryGraph()
    (row,) = graph.ask("SELECT ?x { BIND(DATATYPE(%s) AS ?x) }", (value,))
    assert str(row["x"]) == XSD + datatype


def test_a_decimal_matches_the_decimal_that_is_stored() -> None:
    with neuraldb.connect() as db:
        price = Term("number", "1.10", XSD + "decimal", number=1.1)
        thing, relation = Term("entity", "tea"), Term("relation", "price")
        db.session.import_triples([(thing, relation, price, None)])
        query = "SELECT ?x { ?x :price %s }"
        assert db.sparql(query, (Decimal("1.10"),)).fetchall() == [("tea",)]
        assert db.sparql(query, (Decimal("1.11"),)).fetchall() == []
        assert db.sparql("SELECT ?x { ?x :price ?p FILTER(?p = %s) }", (Decimal("1.1"),)).fetchall() == [("tea",)]


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


@pytest.mark.parametrize(
    "query",
    [
        "SELECT %s { ?x ?y ?z }",
        "SELECT (1 AS %s) { }",
        "ASK { ?x %s ?y }",
        "ASK { GRAPH %s { ?x ?y ?z } }",
        "DESCRIBE %s",
    ],
)
def test_no_parameter_is_taken_for_a_variable(query: str) -> None:
    with pytest.raises(ParseError, match="a parameter cannot stand here") as raised:
        parse(query, ("a",))
    assert raised.value.span == (query.index("%s"), query.index("%s") + 2)
