"""``SET``, ``RESET`` and ``SHOW`` of NeuralDB's own settings: those under the name ``neuraldb``."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot.dialects.duckdb import DuckDB
from sqlglot.tokenizer_core import Token, TokenType

from neuraldb.core.accuracy import SETTINGS, check_name
from neuraldb.core.errors import Error, ParseError
from neuraldb.core.text import identifier
from neuraldb.language.sql import SqlStatement
from neuraldb.plan.nodes import Node
from neuraldb.plan.setting_nodes import ChangeSetting, ShowSettings

OWN = "neuraldb"
_SCOPES = ("session", "local", "global")
_BEFORE_NUMBERS = ("", "-", ".", "-.")  # to sqlglot these are tokens of their own
_FORMS = "SET neuraldb.accuracy = 0.95, RESET neuraldb.accuracy, SHOW neuraldb.settings"


def setting_command(statement: SqlStatement) -> Node | None:
    """The plan of a statement about one of the settings under ``neuraldb``; None for another statement.

    Raises:
        ParseError: it is not of one of the forms.
        ProgrammingError: there is no such setting.
    """
    if not statement.opaque or statement.expression.this not in ("SET", "RESET", "SHOW"):
        return None
    word = statement.expression.this
    # sqlglot's tokenizer takes what follows other words than SET for one text; the offsets stay
    begin = DuckDB().tokenize(statement.text)[0].end + 1
    _, *rest = DuckDB().tokenize("SET".rjust(begin) + statement.text[begin:])
    if rest and identifier(rest[0].text) in _SCOPES:
        rest = rest[1:]
    if len(rest) < 3 or identifier(rest[0].text) != OWN or rest[1].token_type != TokenType.DOT:
        return None
    name = identifier(rest[2].text)
    try:
        return _command(statement, word, name, rest[3:])
    except Error as error:
        error.span = error.span or statement.marked.original((rest[0].start, rest[2].end + 1))
        raise error.at(statement.source) from None


def _command(statement: SqlStatement, word: str, name: str, value: Sequence[Token]) -> Node:
    if word == "SHOW" and not value:
        if name != "settings":
            check_name(name)
        return ShowSettings(tuple(SETTINGS) if name == "settings" else (name,))
    check_name(name)
    if word == "RESET" and not value:
        return ChangeSetting(name, None)
    if word == "SET" and len(value) >= 2 and (value[0].token_type == TokenType.EQ or identifier(value[0].text) == "to"):
        return ChangeSetting(name, _value(statement, value[1:]))
    raise ParseError("this is no way to speak of a setting", hint=_FORMS)


def _value(statement: SqlStatement, tokens: Sequence[Token]) -> object:
    """What a setting is set to: a number, a text, a parameter, or None for DEFAULT."""
    *signs, last = tokens
    if len(signs) == 1 and signs[0].token_type == TokenType.PARAMETER:
        return dict(statement.parameters).get(last.text)
    if not signs and last.token_type == TokenType.DEFAULT:
        return None
    before = "".join(sign.text for sign in signs)
    if last.token_type == TokenType.NUMBER and before in _BEFORE_NUMBERS:
        return before + last.text
    if last.token_type == TokenType.STRING and not before:
        return last.text
    raise ParseError("one value is expected", span=statement.marked.original((tokens[0].start, last.end + 1)))
