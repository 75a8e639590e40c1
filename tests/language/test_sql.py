"""SQL text to a tree: what is kept, and what is said about mistakes."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from neuraldb.core.errors import Error, ParameterError, ParseError
from neuraldb.language.sql import parse_sql


@pytest.mark.parametrize(
    ("source", "kind", "text"),
    [
        ("SELECT 1", exp.Select, "SELECT 1"),
        ("SELECT 1 ;; ", exp.Select, "SELECT 1"),
        ("-- why\nSELECT 1 -- end\n;", exp.Select, "-- why\nSELECT 1"),
        ("FROM t", exp.Select, "FROM t"),
        ("INSERT INTO t VALUES (1)", exp.Insert, "INSERT INTO t VALUES (1)"),
        ("VACUUM", exp.Command, "VACUUM"),
        ("SET threads = 2;", exp.Command, "SET threads = 2"),
        # sqlglot does not know it, DuckDB does
        ("CREATE SECRET s (TYPE s3)", exp.Command, "CREATE SECRET s (TYPE s3)"),
    ],
)
def test_statement(source: str, kind: type[exp.Expr], text: str) -> None:
    statement = parse_sql(source)
    assert isinstance(statement.expression, kind)
    assert statement.text == text
    assert statement.source == source
    assert statement.opaque == (kind is exp.Command)


@pytest.mark.parametrize(
    ("source", "message", "span", "extra"),
    [
        ("", "the statement is empty", None, ""),
        ("-- nothing", "the statement is empty", None, ""),
        (";", "the statement is empty", None, ""),
        ("SELECT 1; SELECT 2", "one statement is expected", None, ""),
        ("SELECT a,, b FROM t", "syntax error at ','", (9, 10), ""),
        ("*", "syntax error at '*'", (0, 1), ""),
        ("a = 1", "syntax error at 'a'", (0, 1), ""),
        ("DELETE facts WHERE id = 1", "syntax error at 'facts'", (7, 12), ""),
        ("SELECT a b c FROM t", "syntax error at 'c'", (11, 12), ""),
        ("SELECT a FORM t", "syntax error at 'FORM'", (9, 13), "FROM"),
        ("SELCT a FROM t", "syntax error at 'SELCT'", (0, 5), "SELECT"),
        ("SELECT a FROM t GRUP BY a", "syntax error at 'GRUP'", (16, 20), "GROUP"),
        ("INSERT INTO t VALUS (1)", "syntax error at 'VALUS'", (14, 19), "VALUES"),
        ("SELECT (1", "the statement ends too early", (9, 10), ")"),
        ("SELECT a FROM", "the statement ends too early", (13, 14), "table name"),
        ("SELECT a FROM t WHERE a = 1 AND", "the statement ends too early", (31, 32), ""),
        ("SELECT 'abc", "the text that begins here is not closed", (7, 11), ""),
        ('SELECT "abc FROM t', "the quoted name that begins here is not closed", (7, 18), ""),
        ("SELECT 1 /* abc", "the comment that begins here is not closed", (9, 15), ""),
        ("SELECT 'it''s' || 'x", "the text that begins here is not closed", (18, 20), ""),
    ],
)
def test_mistakes(source: str, message: str, span: tuple[int, int] | None, extra: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_sql(source)
    error = caught.value
    assert (error.message, error.span) == (message, span)
    assert error.source == source
    assert extra in error.render()


def test_parameters_are_markers_and_spans_count_in_the_source() -> None:
    statement = parse_sql("SELECT %(a)s || '%%' AS x, %(b)s FROM people", {"a": "'; --", "b": 3})
    assert statement.text == "SELECT $__0 || '%' AS x, $__1 FROM people"
    assert statement.parameters == (("__0", "'; --"), ("__1", 3))
    (table,) = statement.expression.find_all(exp.Table)
    span = statement.span(table)
    assert span is not None
    assert statement.source[slice(*span)] == "people"
    with pytest.raises(ParseError) as caught:
        parse_sql("SELECT %s FORM t", [1])
    assert caught.value.span == (10, 14)
    with pytest.raises(ParameterError):
        parse_sql("SELECT %s", [])


def test_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        parse_sql("CREATE MACRO add(a, b) AS a + b")
        parse_sql("ALTER TABLE t SET SCHEMA x")
        with pytest.raises(ParseError):
            parse_sql("SELECT FROM WHERE")
    assert caplog.text == ""


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="SELECT FROM*('\",;-/$%ab1.= \n", max_size=40))
def test_any_text_is_a_statement_or_an_error_of_ours(source: str) -> None:
    failed: Error | None = None
    try:
        assert parse_sql(source).source == source
    except Error as error:
        failed = error
    said = failed.render() if failed is not None else ""
    assert not any(word in said.lower() for word in ("\x1b", "<class", "sqlglot"))
    assert failed is None or failed.span is None or 0 <= failed.span[0] <= len(source)
