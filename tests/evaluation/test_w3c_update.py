"""The W3C's update tests: how one is run and judged, on small ones; and, with the data, what passes."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from neuraldb.evaluation.w3c import FOLDER, UPDATE_GROUPS, failures, run

MANIFEST = """
@prefix mf: <http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#> .
@prefix ut: <http://www.w3.org/2009/sparql/tests/test-update#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix : <http://x/manifest#> .
<> a mf:Manifest ; mf:entries (:right :named :wrong :missing :good :bad :accepted) .
:right a mf:UpdateEvaluationTest ; mf:action [ ut:request <rename.ru> ; ut:data <people.ttl> ] ;
    mf:result [ ut:data <renamed.ttl> ] .
:named a mf:UpdateEvaluationTest ; mf:result [ ut:graphData [ ut:graph <people.ttl> ; rdfs:label "http://x/h" ] ] ;
    mf:action [ ut:request <move.ru> ; ut:graphData [ ut:graph <people.ttl> ; rdfs:label "http://x/g" ] ] .
:wrong a mf:UpdateEvaluationTest ; mf:action [ ut:request <rename.ru> ; ut:data <people.ttl> ] ;
    mf:result [ ut:data <people.ttl> ] .
:missing a mf:UpdateEvaluationTest ; mf:action [ ut:request <move.ru> ] ; mf:result [] .
:good a mf:PositiveUpdateSyntaxTest11 ; mf:action <move.ru> .
:bad a mf:NegativeUpdateSyntaxTest11 ; mf:action <bad.ru> .
:accepted a mf:NegativeUpdateSyntaxTest11 ; mf:action <move.ru> .
"""
FILES = {
    "manifest.ttl": MANIFEST,
    "people.ttl": '@prefix : <http://x/> . :a :name "Ann" ; :knows [ :name "Bo"@en ] .',
    "renamed.ttl": '@prefix : <http://x/> . :a :called "Ann" ; :knows [ :called "Bo"@en ] .',
    "rename.ru": "PREFIX : <http://x/> DELETE { ?x :name ?n } INSERT { ?x :called ?n } WHERE { ?x :name ?n }",
    "move.ru": "MOVE <http://x/g> TO <http://x/h>",
    "bad.ru": "INSERT DATA { ?x <p> 1 }",
}


def test_updates_are_run_and_judged(tmp_path: Path) -> None:
    group = tmp_path / "sparql" / "sparql11" / "mini"
    group.mkdir(parents=True)
    for name, text in FILES.items():
        (group / name).write_text(text, encoding="utf-8")
    with tarfile.open(tmp_path / "sparql-tests.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "sparql", "sparql")
    outcomes = {outcome.entry.name: outcome.failure for outcome in run(tmp_path, ["mini"])["mini"]}
    assert outcomes == {
        "right": "",
        "named": "",
        "wrong": "the default graph has 3 triples that are not the 3 expected ones",
        "missing": "ProgrammingError: there is no graph <http://x/g>",
        "good": "",
        "bad": "",
        "accepted": "it is accepted though it is no update",
    }


@pytest.mark.data
def test_every_update_test_of_the_w3c_passes() -> None:
    if not FOLDER.exists():
        pytest.skip(f"there is no {FOLDER}")
    outcomes = run(FOLDER, UPDATE_GROUPS)
    assert {group: len(results) for group, results in outcomes.items()} == dict(UPDATE_GROUPS)
    assert failures(outcomes) == ""
