"""What decides the language besides the words: comments, known tables, a classifier, EXPLAIN before it."""

from __future__ import annotations

import pytest

from neuraldb.language.detect import detect, explain_prefix


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("-- all facts\nSELECT * FROM facts", "sql"),
        ("/* two\n lines */ select 1", "sql"),
        ("# who\nSELECT ?x WHERE { ?x :p ?y }", "sparql"),
        ("-- who\n# really\nSELECT ?x { ?x :p ?y }", "sparql"),
        ("SELECT name\nFROM rivers\nWHERE length > 3\nORDER BY name", "sql"),
        ("SELECT ?a\nWHERE {\n  ?a :p 'x;y' .\n}", "sparql"),
        ("", "statement"),
    ],
)
def test_several_lines(text: str, language: str) -> None:
    assert detect(text) == language


def test_known_tables_decide() -> None:
    assert detect("describe rivers") == "question"
    assert detect("describe rivers", tables={"Rivers"}) == "sql"
    assert detect("from rivers", tables={"rivers"}) == "sql"
    assert detect("summarize rivers", tables={"rivers"}) == "sql"


def test_a_classifier_decides_unclear_cases_only() -> None:
    asked: list[str] = []

    def classifier(text: str) -> float:
        asked.append(text)
        return 0.9 if "capital" in text else 0.1

    assert detect("capital cities", classifier) == "question"
    assert detect("anna lives in oslo", classifier) == "statement"
    assert detect("Who lives in Oslo?", classifier) == "question"
    assert detect("Anna lives in Oslo.", classifier) == "statement"
    assert asked == ["capital cities", "anna lives in oslo"]


@pytest.mark.parametrize(
    ("text", "level", "rest"),
    [
        ("EXPLAIN SELECT 1", "plan", "SELECT 1"),
        ("explain analyze SELECT 1", "analyze", "SELECT 1"),
        ("EXPLAIN VERBOSE SELECT ?x { ?x :p 1 }", "verbose", "SELECT ?x { ?x :p 1 }"),
        ("-- why\nEXPLAIN SELECT 1", "plan", "SELECT 1"),
        ("EXPLAIN (ANALYZE) SELECT 1", "analyze", "SELECT 1"),
        ("EXPLAIN Who lives in Bergen?", "plan", "Who lives in Bergen?"),
        ("explain Who lives in Bergen?", "plan", "Who lives in Bergen?"),
        ("EXPLAIN ANALYZE who lives in bergen", "analyze", "who lives in bergen"),
        ("explain analyze who lives in bergen", "analyze", "who lives in bergen"),
        ("Explain why Anna moved.", None, "Explain why Anna moved."),
        ("explain", None, "explain"),
        ("Explaining is hard.", None, "Explaining is hard."),
        ("SELECT 1", None, "SELECT 1"),
    ],
)
def test_explain_prefix(text: str, level: str | None, rest: str) -> None:
    assert explain_prefix(text) == (level, rest)
