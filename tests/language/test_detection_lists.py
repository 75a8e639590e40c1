"""The language of texts in lists, a file for each language, a text a line: SQL of all kinds, wordings of all kinds."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

from neuraldb.language.detect import detect

FOLDER = Path(__file__).parent / "detection"
LANGUAGES = ("sql", "sparql", "question", "statement", "retraction")
MISSED = frozenset(
    {
        # that a noun is a verb's subject, or a name a noble's, shows by their meaning alone
        "Name recognition matters.",
        "Order matters",
        "Select Committee members voted on Monday",
        "Select committees meet on Mondays.",
        "Count von Count lives on Sesame Street",
        "Describe Me is a song.",
        "Delete files with care.",
        # a clause that is a subject, a title that is a question
        "Who was king is unknown.",
        "Who Dares Wins is a motto",
        "How he won is a mystery",
        "Whose Line Is It Anyway was a show.",
        # a table, if there is one of this name
        "describe v1",
    }
)
"""Texts whose language is not seen yet."""


def texts(language: str) -> list[str]:
    return (FOLDER / f"{language}.txt").read_text(encoding="utf-8").splitlines()


CASES = [
    pytest.param(language, text, marks=pytest.mark.xfail(strict=True) if text in MISSED else ())
    for language in LANGUAGES
    for text in texts(language)
]


@pytest.mark.parametrize(("language", "text"), CASES)
def test_detect(language: str, text: str) -> None:
    assert detect(text) == language


@pytest.mark.parametrize("language", ["sql", "sparql"])
def test_a_semicolon_comments_and_blanks_do_not_matter(language: str) -> None:
    for text in texts(language):
        if text not in MISSED and not text.endswith((";", "'Oslo")):
            assert detect(f"-- what is this?\n  {text} ;\n") == language, text


def test_no_text_is_in_two_lists_or_missed_without_being_in_one() -> None:
    listed = [text for language in LANGUAGES for text in texts(language)]
    assert len(listed) == len(set(listed))
    assert set(listed) >= MISSED


@pytest.mark.parametrize("verb", ["describe", "summarize", "show"])
def test_a_table_that_exists_decides(verb: str) -> None:
    assert detect(f"{verb} rivers") == "question"
    assert detect(f"{verb} rivers", tables={"rivers"}) == "sql"
    assert detect(f"{verb} K2") == "question"
    assert detect(f"{verb} z") == detect(f"{verb} my_table") == "sql"


def test_a_table_that_exists_makes_a_query_of_a_phrase() -> None:
    assert detect("select all cities from norway") == "question"
    assert detect("select all cities from norway", tables={"Norway"}) == "sql"
    assert detect("from norway") == "statement"
    assert detect("from norway", tables={"norway"}) == "sql"


def test_a_deep_query_is_read_too() -> None:
    assert detect("SELECT " + "(" * 3000 + "1" + ")" * 3000) == "sql"


@pytest.mark.parametrize(
    "name",
    ["core.replies", "language.detect_phrases", "language.detect_select", "language.parameters", "plan.sparql_names"],
)
def test_the_examples_in_the_docstrings_are_true(name: str) -> None:
    results = doctest.testmod(importlib.import_module(f"neuraldb.{name}"))
    assert results.attempted > 0
    assert results.failed == 0
