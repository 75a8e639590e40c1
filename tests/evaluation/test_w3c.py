"""The W3C's tests: how a suite is run and results are compared, on small ones; and, with the data, what passes."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest
from rdflib import BNode, Literal, URIRef
from rdflib.namespace import XSD
from rdflib.term import Node

from neuraldb.core.errors import InterfaceError
from neuraldb.evaluation.w3c import FOLDER, QUERY_GROUPS, failures, run, table
from neuraldb.evaluation.w3c_results import Expected, difference, expected
from neuraldb.shell.cli import main

MANIFEST = """
@prefix mf: <http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#> .
@prefix qt: <http://www.w3.org/2001/sw/DataAccess/tests/test-query#> .
@prefix : <http://x/manifest#> .
<> a mf:Manifest ; mf:entries (:right :wrong :error :graph :ask :made :good :bad :accepted :strange) .
:right a mf:QueryEvaluationTest ; mf:action [ qt:query <people.rq> ; qt:data <people.ttl> ] ; mf:result <right.srj> .
:wrong a mf:QueryEvaluationTest ; mf:action [ qt:query <people.rq> ; qt:data <people.ttl> ] ; mf:result <wrong.tsv> .
:error a mf:QueryEvaluationTest ; mf:action [ qt:query <service.rq> ; qt:data <people.ttl> ] ; mf:result <right.srj> .
:graph a mf:QueryEvaluationTest ; mf:action [ qt:query <graph.rq> ; qt:graphData <people.ttl> ] ; mf:result <rs.ttl> .
:ask a mf:QueryEvaluationTest ; mf:action [ qt:query <ask.rq> ; qt:data <people.ttl> ] ; mf:result <ask.srx> .
:made a mf:QueryEvaluationTest ; mf:action [ qt:query <made.rq> ; qt:data <people.ttl> ] ; mf:result <made.ttl> .
:good a mf:PositiveSyntaxTest11 ; mf:action <people.rq> .
:bad a mf:NegativeSyntaxTest11 ; mf:action <bad.rq> .
:accepted a mf:NegativeSyntaxTest11 ; mf:action <people.rq> .
:strange a mf:ProtocolTest ; mf:action <people.rq> .
"""
RESULT_SET = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"
FILES = {
    "manifest.ttl": MANIFEST,
    "people.ttl": '@prefix : <http://x/> . :a :name "Ann" ; :knows [ :name "Bo"@en ] .',
    "people.rq": "PREFIX : <http://x/> SELECT ?x ?name { ?x :name ?name }",
    "right.srj": """{"head": {"vars": ["x", "name"]}, "results": {"bindings": [
        {"x": {"type": "bnode", "value": "z"}, "name": {"type": "literal", "value": "Bo", "xml:lang": "en"}},
        {"x": {"type": "uri", "value": "http://x/a"}, "name": {"type": "literal", "value": "Ann"}}]}}""",
    "wrong.tsv": '?x\t?name\n<http://x/a>\t"Ann"@en\n_:b\t"Bo"@en\n',
    "service.rq": "SELECT ?x { SERVICE <http://x/> { ?x ?y ?z } }",
    "graph.rq": "PREFIX : <http://x/> SELECT ?g { GRAPH ?g { :a :name ?n } }",
    "rs.ttl": f"""@prefix rs: <{RESULT_SET}> .
        [] a rs:ResultSet ; rs:resultVariable "g" ;
           rs:solution [ rs:binding [ rs:variable "g" ; rs:value <people.ttl> ] ] .""",
    "ask.rq": "ASK { ?x ?y ?z }",
    "ask.srx": """<?xml version="1.0"?><sparql xmlns="http://www.w3.org/2005/sparql-results#"><head/>
        <boolean>true</boolean></sparql>""",
    "made.rq": "PREFIX : <http://x/> CONSTRUCT { [] :of ?x } { ?x :name ?n }",
    "made.ttl": "@prefix : <http://x/> . [] :of :a . [] :of [] .",
    "bad.rq": "SELECT ?x WHERE { ?x ?y }",
}


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """The folder of an archive with one small group."""
    group = tmp_path / "sparql" / "sparql11" / "mini"
    group.mkdir(parents=True)
    for name, text in FILES.items():
        (group / name).write_text(text)
    with tarfile.open(tmp_path / "sparql-tests.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "sparql", "sparql")
    return tmp_path


def test_a_suite_is_run(suite: Path) -> None:
    outcomes = run(suite, ["mini"])
    failed = dict(line.split(": ", 1) for line in failures(outcomes).splitlines())
    assert list(failed) == ["mini/wrong", "mini/error", "mini/accepted", "mini/strange"]
    assert "other rows: got ?x=http://x/a ?name=Ann" in failed["mini/wrong"]
    assert failed["mini/error"].startswith("NotSupportedError: ")
    assert failed["mini/accepted"] == "it is accepted though it is no query"
    assert failed["mini/strange"] == "there is nothing to run a ProtocolTest with"
    assert table(outcomes).splitlines()[-1] == "| mini | 10 | 6 | 4 |"


def test_what_is_not_there_is_said(tmp_path: Path, suite: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InterfaceError, match="the suite has no group bind"):
        run(suite, ["bind"])
    assert main(["bench", "w3c", str(tmp_path / "nowhere")]) != 0
    assert "there is no " in capfd.readouterr().err


A, B = URIRef("http://x/a"), URIRef("http://x/b")
ONE, TWO = Literal("1", datatype=XSD.integer), Literal("2", datatype=XSD.integer)


def solutions(*rows: tuple[Node | None, ...]) -> Expected:
    cells = [{v: term for v, term in zip("xy", row, strict=False) if term is not None} for row in rows]
    return Expected(("x", "y"), cells, None)


@pytest.mark.parametrize(
    ("found", "wanted", "ordered", "same"),
    [
        ([(A, ONE), (B, TWO)], [(B, TWO), (A, ONE)], False, True),
        ([(A, ONE), (B, TWO)], [(B, TWO), (A, ONE)], True, False),
        ([(A, ONE), (A, ONE)], [(A, ONE)], False, False),
        ([(A, ONE), (A, ONE), (B, TWO)], [(A, ONE), (B, TWO), (B, TWO)], False, False),
        ([(A, None)], [(A, ONE)], False, False),
        # numbers by value within a datatype, and all else by its form
        ([(A, Literal("01", datatype=XSD.integer, normalize=False))], [(A, ONE)], False, True),
        ([(A, Literal("1.0", datatype=XSD.decimal))], [(A, ONE)], False, False),
        ([(A, Literal("1.5E0", datatype=XSD.double))], [(A, Literal("1.5", datatype=XSD.double))], False, True),
        ([(A, Literal("x", lang="en"))], [(A, Literal("x", lang="EN"))], False, True),
        ([(A, Literal("x", lang="en"))], [(A, Literal("x"))], False, False),
        ([(A, Literal("x", datatype=XSD.string))], [(A, Literal("x"))], False, True),
        # blank nodes one to one, throughout a result
        ([(BNode("p"), BNode("p"))], [(BNode("q"), BNode("q"))], False, True),
        ([(BNode("p"), BNode("p"))], [(BNode("q"), BNode("r"))], False, False),
        ([(BNode("p"), BNode("o"))], [(BNode("q"), BNode("q"))], False, False),
        ([(BNode("p"), ONE), (BNode("p"), TWO)], [(BNode("q"), TWO), (BNode("q"), ONE)], False, True),
        ([(BNode("p"), ONE), (BNode("o"), TWO)], [(BNode("q"), TWO), (BNode("q"), ONE)], False, False),
        ([(BNode("p"), ONE)], [(A, ONE)], False, False),
    ],
)
def test_results_are_compared(
    found: list[tuple[Node | None, ...]], wanted: list[tuple[Node | None, ...]], ordered: bool, same: bool
) -> None:
    assert (difference(solutions(*found), solutions(*wanted), ordered=ordered) == "") is same


def test_literals_of_expected_results_keep_their_form(tmp_path: Path) -> None:
    path = tmp_path / "one.tsv"
    path.write_text('?x\n"01"^^<http://www.w3.org/2001/XMLSchema#integer>\n')
    assert [str(row["x"]) for row in expected(path).rows] == ["01"]


@pytest.mark.data
def test_every_query_test_of_the_w3c_passes() -> None:
    if not FOLDER.exists():
        pytest.skip(f"there is no {FOLDER}")
    outcomes = run(FOLDER, QUERY_GROUPS)
    assert {group: len(results) for group, results in outcomes.items()} == dict(QUERY_GROUPS)
    assert failures(outcomes) == ""
