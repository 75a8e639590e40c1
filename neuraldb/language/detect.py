r"""Which language a text is: decided by our own rules before any parser runs.

``command`` is for the shell (``\\facts``), ``sql`` and ``sparql`` are recognised by keywords and shape
(:mod:`~neuraldb.language.detect_query`), and the rest is plain language: a ``question``, a ``statement`` to be stored
or a ``retraction`` (:mod:`~neuraldb.language.detect_english`).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Protocol

from neuraldb.language.detect_english import asks, is_retraction
from neuraldb.language.detect_query import is_sparql, is_sql
from neuraldb.language.masking import after_comments

LANGUAGES = ("question", "statement", "retraction", "sql", "sparql", "command")
STORE_VIEWS = frozenset({"facts", "triples", "entities", "history"})

COMMAND = re.compile(r"\\(?:[A-Za-z?!]|$)|\.[A-Za-z]+(?:\s|$)")
_COMMAND_WORDS = frozenset({"help", "quit", "exit", "?"})
_EXPLAIN = re.compile(
    r"(?P<word>explain)\s+(?:\(\s*(?P<options>[^)]*)\)\s*|(?P<level>analyze|analyse|verbose)\s+)?", re.IGNORECASE
)


class StatementClassifier(Protocol):
    """A model that tells questions from statements where grammar alone does not."""

    def __call__(self, text: str) -> float:
        """The probability that the text asks for something, in [0, 1]."""


def detect(text: str, classifier: StatementClassifier | None = None, tables: Collection[str] = STORE_VIEWS) -> str:
    """The language of one statement.

    Args:
        text: the statement; comments may come first.
        classifier: decides unclear cases; without one they are statements.
        tables: the names of relations that exist, for texts such as ``describe rivers``.

    Returns:
        One of :data:`LANGUAGES`. Of ``EXPLAIN …`` it is the language of what is to be explained.

    >>> detect("SELECT name FROM rivers"), detect("show me all rivers"), detect("The Rhine is a river.")
    ('sql', 'question', 'statement')
    """
    if COMMAND.match(text.strip()) or text.strip().lower().rstrip(";") in _COMMAND_WORDS:
        return "command"
    _, rest = explain_prefix(text, tables)
    if is_sparql(rest):
        return "sparql"
    if is_sql(rest, tables):
        return "sql"
    sentence = rest.strip()
    if is_retraction(sentence):
        return "retraction"
    verdict = asks(sentence)
    if verdict is None:
        verdict = classifier is not None and classifier(sentence) >= 0.5
    return "question" if verdict else "statement"


def explain_prefix(text: str, tables: Collection[str] = STORE_VIEWS) -> tuple[str | None, str]:
    """The level of an EXPLAIN in front of a statement, and the statement.

    Returns:
        ``plan``, ``analyze`` or ``verbose`` and the rest; None and the text where it does not ask for a plan: in plain
        language "Explain why Anna moved" is a question, EXPLAIN in capitals (or before a whole question) is not.

    >>> explain_prefix("EXPLAIN ANALYZE SELECT 1"), explain_prefix("Explain the rules to me.")
    (('analyze', 'SELECT 1'), (None, 'Explain the rules to me.'))
    """
    start = after_comments(text)
    match = _EXPLAIN.match(start)
    if match is None or not start[match.end() :].strip():
        return None, text
    rest = start[match.end() :]
    options = (match["options"] or "").lower()
    level = (match["level"] or next((o for o in ("analyze", "verbose") if o in options), "plan")).lower()
    level = level.replace("analyse", "analyze")
    if is_sparql(rest) or is_sql(rest, tables):
        return level, rest
    whole_question = rest.rstrip().endswith("?") and rest[:1].isupper()
    meant = match["word"].isupper() or ((whole_question or match["level"]) and asks(rest))
    return (level, rest) if meant else (None, text)
