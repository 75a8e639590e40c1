"""``docs/languages.md`` tells of the views, functions and refusals that there are, and of no other."""

from __future__ import annotations

import re

import pytest

from docs.commands import ROOT
from docs.test_shell_reference import rows, sections, spelt
from neuraldb.core.errors import NotSupportedError
from neuraldb.language.sparql import grammar_text, parse
from neuraldb.plan.builder import build
from neuraldb.plan.sql_context import SEMANTIC
from neuraldb.plan.sql_traversal import FUNCTIONS, WALK
from neuraldb.stores.database import Database
from neuraldb.stores.schema import USER_VIEWS

TEXT = (ROOT / "docs" / "languages.md").read_text("utf-8")
SECTIONS = sections(re.sub(r"^```python\n.*?^```$", "", TEXT, flags=re.MULTILINE | re.DOTALL))


def test_views() -> None:
    told = {spelt(row[0])[0]: tuple(spelt(row[1])) for row in rows(SECTIONS["SQL"], "table")}
    database = Database.open(":memory:")
    try:
        there = {
            view: tuple(
                name
                for (name,) in database.rows(
                    "SELECT column_name FROM duckdb_columns() WHERE schema_name = 'main' AND table_name = ? "
                    "ORDER BY column_index",
                    [view],
                )
            )
            for view in USER_VIEWS
        }
    finally:
        database.close()
    assert told == there


def test_walks() -> None:
    told = {spelt(row[0])[0] for row in rows(SECTIONS["Walks through the graph"], "function")}
    assert told == {f"{name}({', '.join(signature.names)})" for name, signature in FUNCTIONS.items()}
    assert all(f"{name} := " in SECTIONS["Walks through the graph"] for name in WALK)


def test_operations_of_updates() -> None:
    table = rows(SECTIONS["Changing the graph"], "operation")
    told = set(re.findall(r"\b[A-Z]{3,}\b", " ".join(cell for row in table for cell in row)))
    update = re.search(r"// -+ updates\n(.*?)// -+ graph patterns", grammar_text(), re.DOTALL)
    assert update is not None
    known = set(re.findall(r"\b[A-Z]{3,}\b", update[1]))
    assert known - {"SILENT"} <= told


def test_functions() -> None:
    told = {spelt(row[0])[0].partition("(")[0] for row in rows(SECTIONS["Text in SQL"], "function")}
    assert told == set(SEMANTIC)


def test_what_is_not_built() -> None:
    statement = "SELECT ?s WHERE { SERVICE <http://x> { ?s ?p ?o } }"
    (told,) = re.findall(r"Not built, and refused .*?\n\n", SECTIONS["SPARQL"], re.DOTALL)
    assert all(form in statement for form in spelt(told))
    with pytest.raises(NotSupportedError):
        build(parse(statement), None, statement)  # type: ignore[arg-type] # refused before anything is looked up
