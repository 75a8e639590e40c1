from __future__ import annotations

import logging

import lark
import pytest

from neuraldb.core.errors import NotSupportedError, ParseError
from neuraldb.language import sparql_ast as ast
from neuraldb.language.sparql import diagnosis, grammar, grammar_text, parse
from neuraldb.language.sparql_text import written
from neuraldb.plan.sparql_functions import BUILTINS
from neuraldb.plan.sparql_scalars import BY_SCOPE

from .memory import MemoryGraph


def conflicts(text: str, caplog: pytest.LogCaptureFixture) -> list[str]:
    """What Lark has to say about a grammar: conflicts that it resolves by itself are logged only."""
    lark.logger.addHandler(caplog.handler)
    try:
        with caplog.at_level(logging.DEBUG, logger=lark.logger.name):
            lark.Lark(text, start="query", parser="lalr", lexer="contextual", debug=True)
    finally:
        lark.logger.removeHandler(caplog.handler)
    return [r.getMessage() for r in caplog.records if "onflict" in r.getMessage()]


def test_the_grammar_has_no_conflicts(caplog: pytest.LogCaptureFixture) -> None:
    assert conflicts(grammar_text(), caplog) == []


def test_a_conflict_would_be_seen(caplog: pytest.LogCaptureFixture) -> None:
    assert conflicts('query: query "+" query | "x"', caplog)


def test_the_grammar_is_lalr_with_a_contextual_lexer() -> None:
    options = grammar().options
    assert (options.parser, options.lexer, options.propagate_positions) == ("lalr", "contextual", True)


FORMS = (
    """
SELECT * WHERE { ?s ?p ?o }
select distinct ?s ?o where { ?s ?p ?o } order by desc(?s) ?o limit 3 offset 2
SELECT REDUCED (COUNT(DISTINCT ?s) AS ?n) { ?s ?p ?o } GROUP BY ?p HAVING (COUNT(?s) > 1) OFFSET 1 LIMIT 2
PREFIX a: <http://a/> PREFIX : <http://b/> BASE <http://c/> SELECT ?s { ?s a:b :c ; a <d> , [ :e ( 1 2.0 3e1 ) ] . }
SELECT ?s { ?s (:a|^:b/:c)*/!(:d|^:e|a)? ?o }
SELECT ?s { { ?s :a ?o } UNION { ?s :b ?o } MINUS { ?s :c ?o } OPTIONAL { ?s :d ?o FILTER(?o > -1) } }
SELECT ?s { GRAPH ?g { ?s ?p ?o } GRAPH <g> { ?s ?p ?o } SERVICE SILENT <x> { ?s ?p ?o } }
SELECT ?s { BIND(?a - 1 * -2 + +3 AS ?b) VALUES (?x ?y) { (UNDEF "x"@en) (1 'y'^^<t>) } VALUES ?z { } }
SELECT ?s { FILTER NOT EXISTS { ?s ?p ?o } FILTER(?a IN (1, 2) || ?a NOT IN () && !BOUND(?b)) }
SELECT ?s { { SELECT ?s (SUM(?o) AS ?t) { ?s ?p ?o } GROUP BY ?s (STR(?p) AS ?q) } } VALUES ?s { <a> }
ASK { ?s ?p '''long 'text' ''' . # a remark
 }
ASK FROM <a> FROM NAMED <b> { }
CONSTRUCT { ?s ?p [] } WHERE { ?s ?p ?o } ORDER BY ?s
CONSTRUCT WHERE { ?s ?p ?o }
DESCRIBE <a> ?b WHERE { ?b ?p ?o }
DESCRIBE *  { ?s ?p ?o }
SELECT (GROUP_CONCAT(DISTINCT ?x; SEPARATOR = ", ") AS ?l) (SAMPLE(?y) AS ?m) { ?x ?y ?z }
""".strip()
    .replace("# a remark\n", "# a remark ¶")
    .split("\n")
)


@pytest.mark.parametrize("text", FORMS)
def test_all_query_forms_are_sentences(text: str) -> None:
    assert parse(text.replace("¶", "\n"))


def test_names_in_words() -> None:
    query = parse("SELECT ?x { :Anna_Berg :livesIn ?x }")
    assert isinstance(query, ast.SelectQuery)
    (block,) = query.where.elements
    assert isinstance(block, ast.TriplesBlock)
    assert block.triples == (
        ast.Triple(ast.Name("Anna_Berg", "Anna Berg"), ast.Name("livesIn", "lives in"), ast.Var("x")),
    )


def test_spans_are_offsets_into_the_statement_as_typed() -> None:
    text = "SELECT ?x { ?x :p %s . ?x :q ?y FILTER(?y > %s) }"
    query = parse(text, ["a longer value", 3])
    assert isinstance(query, ast.SelectQuery)
    block, condition = query.where.elements
    assert isinstance(block, ast.TriplesBlock)
    assert isinstance(condition, ast.FilterPattern)
    assert [text[slice(*t.object.span)] for t in block.triples] == ["%s", "?y"]
    assert text[slice(*condition.condition.span)] == "?y > %s"


@pytest.mark.parametrize(
    ("written_as", "text"),
    [
        (r"'a\tb\\\'\"'", "a\tb\\'\""),
        (r'"""a "quoted" \u00e9"""', 'a "quoted" é'),
        ("'''a\nb'''", "a\nb"),
        (r"'\U0001F600'", "😀"),
        ("'é#x'", "é#x"),
    ],
)
def test_strings(written_as: str, text: str) -> None:
    query = parse(f"SELECT ?x {{ ?x :p {written_as} }}")
    assert isinstance(query.where, ast.Group)
    (block,) = query.where.elements
    assert isinstance(block, ast.TriplesBlock)
    assert block.triples[0].object == ast.RdfLiteral(text)


@pytest.mark.parametrize(
    "text",
    [
        "?x + 1 * 2 - ?y / 3",
        "(?x + 1) * (2 - ?y)",
        "!(?x = 1 && ?y = 2 || ?z)",
        "?x IN (1, 'a')",
        "?x - (?y - ?z)",
        "STR(?x) = 'a' && (?y || ?z)",
        "-?x < 5",
    ],
)
def test_expressions_are_written_as_they_were_read(text: str) -> None:
    def expression(source: str) -> ast.Expression:
        query = parse(f"ASK {{ FILTER({source}) }}")
        assert isinstance(query.where, ast.Group)
        (element,) = query.where.elements
        assert isinstance(element, ast.FilterPattern)
        return element.condition

    assert written(expression(text)) == text
    assert expression(written(expression(text))) == expression(text)


def test_the_grammar_knows_the_functions_that_are_built() -> None:
    for name in {*BUILTINS, *BY_SCOPE}:
        assert name in diagnosis().functions
        with pytest.raises(ParseError, match=r"takes|DISTINCT"):
            parse(f"ASK {{ FILTER({name}(DISTINCT 1, 2, 3, 4, 5, 6)) }}")


def test_what_is_not_built_says_so_with_its_place() -> None:
    text = "SELECT ?x { ?x ?y ?z SERVICE <http://x/> { ?x ?y ?z } }"
    with pytest.raises(NotSupportedError) as caught:
        MemoryGraph().plan(text)
    assert text[slice(*(caught.value.span or (0, 0)))] == "SERVICE <http://x/> { ?x ?y ?z }"


def test_deep_and_long_queries_are_read() -> None:
    depth = 60
    assert parse("ASK " + "{" * depth + "}" * depth)
    assert parse("ASK {" + " . ".join(f"?x :p{i} {i}" for i in range(2000)) + "}")
    assert parse("ASK { FILTER(" + " + ".join(["?x"] * 300) + " > 1) }")
