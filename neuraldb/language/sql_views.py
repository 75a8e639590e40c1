"""The statements about views that DuckDB has no words for: MATERIALIZED views, and REFRESH of their rows.

They are read as DuckDB's own statements about views with one word blanked out, so that every place in the text stays
where it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlglot import exp

from neuraldb.core.errors import ParseError
from neuraldb.language.parameters import Marked
from neuraldb.language.sql_targets import Word, name_at, words

_WORD = re.compile("materialized", re.IGNORECASE)
_ALTERNATIVES = ("or", "replace", "temp", "temporary")


@dataclass(frozen=True, slots=True)
class ViewText:
    """A CREATE VIEW as it is written.

    Attributes:
        query: the text of the query, to the end of the statement.
        start: where that begins.
    """

    query: str
    start: int


def without_materialized(text: str) -> tuple[str, bool]:
    """The text with MATERIALIZED blanked out where it stands before VIEW in a CREATE or DROP; and whether it does.

    >>> without_materialized("CREATE MATERIALIZED VIEW v AS SELECT 'materialized view'")
    ("CREATE              VIEW v AS SELECT 'materialized view'", True)
    """
    if not _WORD.search(text):
        return text, False
    found = list(words(text))
    at = 1
    while _bare(found, at) in _ALTERNATIVES:
        at += 1
    if _bare(found, 0) not in ("create", "drop") or (_bare(found, at), _bare(found, at + 1)) != (
        "materialized",
        "view",
    ):
        return text, False
    word = found[at]
    return text[: word.start] + " " * (word.end - word.start) + text[word.end :], True


def refresh_command(text: str, marked: Marked) -> exp.Command:
    """The tree of ``REFRESH MATERIALIZED VIEW name``, which is none of sqlglot's.

    Raises:
        ParseError: it is something else.
    """
    found = list(words(text))
    place = next((n for n, w in enumerate(("refresh", "materialized", "view")) if _bare(found, n) != w), 3)
    named = name_at(found, 3) if place == 3 else None
    if named is None or named[2] != len(found):
        wrong = found[min(place if named is None else named[2], len(found) - 1)]
        raise ParseError(
            "REFRESH takes the name of a materialized view",
            source=marked.source,
            span=marked.original((wrong.start, wrong.end)),
            hint="REFRESH MATERIALIZED VIEW name",
        )
    return exp.Command(this="REFRESH")


def view_text(text: str) -> ViewText:
    """The query of a CREATE VIEW, as it is written.

    >>> view_text('CREATE OR REPLACE VIEW "my as" (a) AS SELECT text AS a FROM facts').query
    'SELECT text AS a FROM facts'
    """
    found = list(words(text))
    at = next(n for n in range(len(found)) if _bare(found, n) == "view") + 1
    # after the name and the names of columns in brackets AS comes first
    while _bare(found, at) != "as":
        at += 1
    start = found[at + 1].start
    return ViewText(text[start:], start)


def _bare(found: list[Word], at: int) -> str:
    return found[at].text if at < len(found) and not found[at].quote else ""
