"""Scripts into statements, and when a shell may send."""

# ruff: noqa: E501 - tables of cases are read by the row
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuraldb.language import masking
from neuraldb.language import split as splitting
from neuraldb.language.split import complete, split

SCRIPTS: list[tuple[str, list[str]]] = [
    ("", []),
    ("  \n\n", []),
    ("-- only a comment", []),
    ("/* nothing */\n-- here\n# either", []),
    (";;\n;", []),
    ("SELECT 1", ["SELECT 1"]),
    ("SELECT 1;", ["SELECT 1"]),
    ("SELECT 1; SELECT 2;", ["SELECT 1", "SELECT 2"]),
    ("SELECT ';' AS a; SELECT \"x;y\" FROM t", ["SELECT ';' AS a", 'SELECT "x;y" FROM t']),
    ("SELECT $$a;b$$; SELECT $q$ ; $$ $q$;", ["SELECT $$a;b$$", "SELECT $q$ ; $$ $q$"]),
    ("SELECT 1 -- not; here\n, 2;\nSELECT 3;", ["SELECT 1 -- not; here\n, 2", "SELECT 3"]),
    ("SELECT /* ; */ 1; SELECT 2", ["SELECT /* ; */ 1", "SELECT 2"]),
    ("SELECT name\n\nFROM rivers\nWHERE x = 'it''s; so';\nSELECT 2;", ["SELECT name\n\nFROM rivers\nWHERE x = 'it''s; so'", "SELECT 2"]),
    ("SELECT 1\n\nWho lives in Oslo?", ["SELECT 1", "Who lives in Oslo?"]),
    ("Anna lives in Oslo.\nNils lives in Bergen.", ["Anna lives in Oslo.", "Nils lives in Bergen."]),
    ("Anna lives in Oslo; Nils doesn't.\nWho lives in Oslo?", ["Anna lives in Oslo; Nils doesn't.", "Who lives in Oslo?"]),
    ("Who lives in Oslo?\nSELECT count(*) FROM facts;\n\\facts\nForget that Anna lives in Oslo.",
     ["Who lives in Oslo?", "SELECT count(*) FROM facts", "\\facts", "Forget that Anna lives in Oslo."]),
    ("Select a good wine for fish\nSELECT 1;", ["Select a good wine for fish", "SELECT 1"]),
    ("\\explain SELECT 1; SELECT 2\nSELECT 3", ["\\explain SELECT 1; SELECT 2", "SELECT 3"]),
    ("SELECT ?x WHERE { ?x :p ?y ; :q ?z . }\nSELECT 1;", ["SELECT ?x WHERE { ?x :p ?y ; :q ?z . }", "SELECT 1"]),
    ("SELECT ?x WHERE {\n  ?x :p ?y .\n\n  ?y :q '}' . # }\n}\nORDER BY ?x\nLIMIT 3\nWho lives in Oslo?",
     ["SELECT ?x WHERE {\n  ?x :p ?y .\n\n  ?y :q '}' . # }\n}\nORDER BY ?x\nLIMIT 3", "Who lives in Oslo?"]),
    ("PREFIX : <http://e.org/#a>\nSELECT * { ?s ?p ?o }\nASK { :a :b :c }", ["PREFIX : <http://e.org/#a>\nSELECT * { ?s ?p ?o }", "ASK { :a :b :c }"]),
    ("SELECT ?x { ?x :p ?y } GROUP BY ?x VALUES ?x { :a };\nSELECT 1", ["SELECT ?x { ?x :p ?y } GROUP BY ?x VALUES ?x { :a }", "SELECT 1"]),
    ("CONSTRUCT { ?a :q ?b }\nWHERE { ?a :p ?b }\nAnna sings.", ["CONSTRUCT { ?a :q ?b }\nWHERE { ?a :p ?b }", "Anna sings."]),
    ("DELETE { ?a :p ?b }\nINSERT { ?a :q ?b }\nWHERE { ?a :p ?b }\nINSERT INTO t VALUES (1);", ["DELETE { ?a :p ?b }\nINSERT { ?a :q ?b }\nWHERE { ?a :p ?b }", "INSERT INTO t VALUES (1)"]),
    ("PREFIX : <http://e.org/>\nINSERT DATA { :a :p :b } ;\nDELETE DATA { :a :p :c }\nWho?", ["PREFIX : <http://e.org/>\nINSERT DATA { :a :p :b } ;\nDELETE DATA { :a :p :c }", "Who?"]),
    ("INSERT DATA { :a :p :b };\nINSERT INTO facts (text) VALUES ('x');", ["INSERT DATA { :a :p :b }", "INSERT INTO facts (text) VALUES ('x')"]),
    ("CLEAR ALL\nAnna sings.", ["CLEAR ALL", "Anna sings."]),
    ("DESCRIBE <http://e.org/a>\nDESCRIBE facts;", ["DESCRIBE <http://e.org/a>", "DESCRIBE facts"]),
    ("EXPLAIN SELECT 1; EXPLAIN ANALYZE ASK { :a :b :c }\nEXPLAIN Who sings?", ["EXPLAIN SELECT 1", "EXPLAIN ANALYZE ASK { :a :b :c }", "EXPLAIN Who sings?"]),
    ("-- first\nSELECT 1; # second\n/* third */ ASK { ?x :p 1 }", ["SELECT 1", "ASK { ?x :p 1 }"]),
    ("BEGIN; INSERT INTO t VALUES (1); COMMIT;", ["BEGIN", "INSERT INTO t VALUES (1)", "COMMIT"]),
    ("CREATE TABLE t (a INT);\nAnna said \"hi; there\".\nFROM facts SELECT text;", ["CREATE TABLE t (a INT)", 'Anna said "hi; there".', "FROM facts SELECT text"]),
    ("It's Anna's; isn't it?\nSELECT 'it''s';", ["It's Anna's; isn't it?", "SELECT 'it''s'"]),
    ("help\nquit\n", ["help", "quit"]),
    ("SELECT 'open", ["SELECT 'open"]),
    (r"""SELECT 'C:\'; SELECT '' ';'; SELECT 'a'';'; SELECT e'\';' || "b"";c"; SELECT 4""",
     [r"SELECT 'C:\'", "SELECT '' ';'", "SELECT 'a'';'", r"""SELECT e'\';' || "b"";c" """.strip(), "SELECT 4"]),
    ("ASK { ?x :p 'it\\'s }' } ASK { :a :b :c }", ["ASK { ?x :p 'it\\'s }' }", "ASK { :a :b :c }"]),
    ("ASK { ?x :p", ["ASK { ?x :p"]),
]  # fmt: skip


@pytest.mark.parametrize(("script", "texts"), SCRIPTS)
def test_split(script: str, texts: list[str]) -> None:
    pieces = split(script)
    assert [p.text for p in pieces] == texts
    assert all(script[p.start : p.end] == p.text for p in pieces)


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("", True),
        ("-- comment", True),
        ("/* comment", False),
        ("SELECT 1", False),
        ("SELECT 1;", True),
        ("SELECT 1 ; -- done", True),
        ("SELECT ';", False),
        ("SELECT ';'", False),
        ("SELECT 1 -- ;", False),
        ("SELECT", False),
        ("SELECT name", False),
        ("select name, length", False),
        ("SELECT name\nFROM rivers", False),
        ("SELECT name\nFROM rivers;", True),
        ("UPDATE facts", False),
        ("INSERT INTO facts (text)", False),
        ("WITH t AS (", False),
        ("CREATE TABLE t", False),
        ("BEGIN;", True),
        ("EXPLAIN SELECT 1", False),
        ("EXPLAIN SELECT 1;", True),
        ("select a good wine for fish", True),
        ("Who lives in Oslo", True),
        ("Anna lives in Oslo.", True),
        ("EXPLAIN Who lives in Oslo?", True),
        ("\\facts", True),
        ("help", True),
        ("SELECT ?x", False),
        ("SELECT ?x WHERE {", False),
        ("SELECT ?x WHERE { ?x :p 1 }", True),
        ("SELECT ?x WHERE { ?x :p '}'", False),
        ("SELECT ?x WHERE { ?x :p 1 . # }", False),
        ("SELECT ?x WHERE { { ?x :p 1 } UNION { ?x :q 1 }", False),
        ("PREFIX : <http://e.org/>", False),
        ("PREFIX : <http://e.org/#x>\nASK { :a :b :c }", True),
        ("CLEAR ALL", True),
        ("DESCRIBE <http://e.org/a>", True),
        ("INSERT DATA {\n :a :b :c", False),
        ("INSERT DATA {\n :a :b :c }", True),
        ("ASK { ?x :p '''a", False),
    ],
)
def test_complete(text: str, whole: bool) -> None:
    assert complete(text) is whole


PARTS = st.sampled_from(
    ["SELECT 1;", "SELECT ';', \"a;b\";", "ASK { ?x :p '};' }", "Anna lives in Oslo.", "Who sings?", "\\facts", "-- ;\n",
     "INSERT DATA { :a :b :c };", "FROM facts SELECT text;", "SELECT $$;$$;"]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(PARTS, max_size=6))
def test_lines_come_apart_again(parts: list[str]) -> None:
    # two updates in a row are one request
    update = "INSERT DATA { :a :b :c };"
    spaced = [p for part in parts for p in ((part, "Who sings?") if part == update else (part,))]
    script = "\n".join(spaced)
    expected = [p.removesuffix(";") for p in script.split("\n") if p and not p.startswith("--")]
    assert [p.text for p in split(script)] == expected


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="SELECT {}?x;'\"\\\n-#/*$ aé:", max_size=40))
def test_any_text_is_split_and_lies_where_it_says(text: str) -> None:
    end = 0
    for piece in split(text):
        assert text[piece.start : piece.end] == piece.text
        assert piece.text.strip()
        assert piece.start >= end
        end = piece.end
    assert complete(text) in (True, False)


@pytest.mark.parametrize(
    "line",
    [
        "Anna lives in Oslo, doesn't she; really?\n",
        "SELECT count(*) FROM facts WHERE text = 'a;b';\n",
        "SELECT ?x WHERE { ?x :p ?y ; :q 'a;b' }\n",
        "INSERT DATA { :a :b :c };\nWho sings?\n",
        "show me all rivers\n",
        "SELECT count(*)\nFROM facts\n\n",
    ],
)
def test_the_work_grows_in_proportion_to_the_script(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    visited = 0

    def counting(function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, with the characters that it looks at counted."""

        def counted(text: str, *arguments: Any, **named: Any) -> Any:
            nonlocal visited
            result = function(text, *arguments, **named)
            if function is masking.find_bare:
                start = arguments[1] if len(arguments) > 1 else 0
                visited += (result.end() if result else len(text)) - start
            else:
                visited += len(text)
            return result

        return counted

    for name in ("find_bare", "masked", "after_comments", "explain_prefix", "is_sparql", "is_sql", "may_be_query"):
        monkeypatch.setattr(splitting, name, counting(getattr(splitting, name)))

    def work(count: int) -> int:
        nonlocal visited
        visited = 0
        assert len(split(line * count)) == count * pieces
        return visited

    pieces = len(split(line))
    few = work(300)
    assert few > 300 * len(line)  # the counting sees the work
    # eight times the text: quadratic work would be 64 times as much
    assert work(2400) < 16 * few


def test_a_blank_line_far_on_ends_a_statement() -> None:
    names = "',\n'".join(f"name{n}" for n in range(2000))
    long = f"SELECT * FROM rivers WHERE name IN ('{names}')"
    assert [piece.text for piece in split(f"{long}\n\nSELECT 2")] == [long, "SELECT 2"]
    quoted = "SELECT '" + "x\n\n" * 3000 + "'"
    assert [piece.text for piece in split(f"{quoted}\n\nSELECT 2")] == [quoted, "SELECT 2"]
