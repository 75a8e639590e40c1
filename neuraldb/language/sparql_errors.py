"""What is wrong with a text that is not SPARQL: the place, the mistake in plain words, what could have stood there.

Common mistakes are recognised by example: a text that fails in the same parser state on the same kind of token as one
of :data:`~neuraldb.language.sparql_mistakes.MISTAKES` gets its message.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from lark import Lark, Token
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from lark.parsers.lalr_interactive_parser import InteractiveParser
from rapidfuzz import process

from neuraldb.core.errors import ParseError
from neuraldb.language.sparql_mistakes import MISTAKES

SPELLINGS = {
    "$END": "the end of the statement",
    "VAR": "a variable",
    "IRIREF": "a name",
    "PNAME_LN": "a name",
    "PNAME_NS": "a name",
    "TYPE": "a",
    "BLANK_NODE_LABEL": "a blank node",
    **dict.fromkeys(("STRING1", "STRING2", "STRING_LONG1", "STRING_LONG2"), "a string"),
    **dict.fromkeys(("INTEGER", "DECIMAL", "DOUBLE", "INTEGER_SIGNED", "DECIMAL_SIGNED", "DOUBLE_SIGNED"), "a number"),
    **dict.fromkeys(("TRUE", "FALSE"), "true or false"),
    "BUILTIN": "a function",
    "AGGREGATE": "an aggregate",
    "PARAMETER": "a parameter",
    "LANGTAG": "a language tag",
    "COMPARISON": "a comparison",
    "QUESTION": '"?"',
}
"""Terminals whose own spelling is not fixed, in the user's words; the others are shown as they are written."""

NO_WORD = frozenset({"VAR", "IRIREF", "PNAME_LN", "PNAME_NS", "BLANK_NODE_LABEL", "BUILTIN", "AGGREGATE"})
_WORD = re.compile(r"[^\W\d][\w\-]*")
_FUNCTION = re.compile(r"[A-Z][A-Z0-9_]+")
"""A name within the pattern of a terminal that is any of them."""
_LOOSE_STRING = re.compile(r"'(?:[^'\\\n\r]|\\.)*'|\"(?:[^\"\\\n\r]|\\.)*\"")
_BAD_ESCAPE = re.compile(r"\\(?![tbnrf\\\"']|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}).")
_BRACKETS = {"LBRACE": "RBRACE", "LPAR": "RPAR", "LSQB": "RSQB"}
_LOGIC = {"and": "&&", "or": "||", "not": "!"}
_OF_SQL = {
    "like": 'write CONTAINS(?x, "part") or REGEX(?x, "pattern")',
    "is": "BOUND(?x) says whether there is a value, !BOUND(?x) that there is none",
    "between": "write ?x >= 1 && ?x <= 9",
}
"""What stands for operators of SQL."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Where a parse stopped.

    Attributes:
        text: what was parsed.
        kind: the terminal found, or the single character that begins none.
        span: its place in ``text``.
        state: the parser's state.
        accepts: the terminals that could have stood there.
        open: brackets not closed yet, as (terminal, offset).
    """

    text: str
    kind: str
    span: tuple[int, int]
    state: object
    accepts: frozenset[str]
    open: tuple[tuple[str, int], ...]


def failure_of(text: str, error: UnexpectedInput, parser: InteractiveParser, tokens: list[Token]) -> Failure:
    """What happened, from Lark's error, the parser as it stood, and the tokens up to there."""
    state = parser.parser_state.position
    accepts = frozenset(parser.accepts())  # type: ignore[no-untyped-call]
    if isinstance(error, UnexpectedToken):
        token = error.token
        if token.type == "$END":
            span = (len(text.rstrip()), len(text.rstrip()) + 1)
        else:
            span = (token.start_pos or 0, token.end_pos or 0)
        kind = token.type
        word = _WORD.match(text, span[0])
        if word is not None and word.end() > span[1] and token.isalpha():  # IN is the beginning of INSERT only
            kind, span = word[0].upper(), word.span()
        return Failure(text, kind, span, state, accepts, _still_open(tokens, span[0]))
    assert isinstance(error, UnexpectedCharacters)
    at = error.pos_in_stream or 0
    return Failure(text, text[at], (at, at + 1), state, accepts, _still_open(tokens, at))


def _still_open(tokens: list[Token], end: int) -> tuple[tuple[str, int], ...]:
    """The brackets that tokens before ``end`` leave open."""
    opened: list[tuple[str, int]] = []
    for token in tokens:
        at = token.start_pos or 0
        if at < end and token.type in _BRACKETS:
            opened.append((token.type, at))
        elif at < end and token.type in _BRACKETS.values():
            opened.pop()
    return tuple(opened)


class Diagnosis:
    """Turns failures into errors; one for a grammar, since it knows the examples' parser states.

    Args:
        lark: the parser.
        fail: where a text fails, None where it does not; used on the examples.
    """

    def __init__(self, lark: Lark, fail: Callable[[str], Failure | None]) -> None:
        patterns = {t.name: t.pattern.value for t in lark.terminals}
        self._spelling = {name: self._show(name, pattern) for name, pattern in patterns.items()}
        self.functions = sorted(_FUNCTION.findall(patterns["BUILTIN"]) + _FUNCTION.findall(patterns["AGGREGATE"]))
        self._known: dict[tuple[object, str], tuple[str, str]] = {}
        for message, hint, examples in MISTAKES:
            for example in examples:
                failure = fail(example)
                if failure is not None:
                    self._known.setdefault((failure.state, failure.kind), (message, hint))

    @staticmethod
    def _show(name: str, pattern: str) -> str:
        return SPELLINGS.get(name, pattern if pattern[0].isalpha() else f'"{pattern}"')

    def error(self, failure: Failure) -> ParseError:
        """The error to raise; its span is in the failure's text."""
        for rule in (self._quoted, self._word, self._known_mistake, self._open_bracket, self._relation):
            error = rule(failure)
            if error is not None:
                return error
        shown = self._spelling if failure.kind == "PARAMETER" else {}  # $__0 is nothing that the user has written
        found = shown.get(failure.kind, failure.text[slice(*failure.span)].strip())
        message = f"{found} cannot stand here" if found else "the statement is not complete"
        return ParseError(message, span=failure.span, expected=self.expected(failure.accepts))

    def expected(self, accepts: frozenset[str]) -> tuple[str, ...]:
        """What could have stood there, as the user would write it: kinds of terms first, then signs, then keywords."""
        # a signed number can stand where a number or a sign can, so it is not named
        hidden = {n for n in accepts if n.endswith("_SIGNED")}
        if "INSERT" in accepts:  # where a statement begins there may be none, but that is no advice
            hidden.add("$END")
        shown = {self._spelling.get(n, SPELLINGS.get(n, n)) for n in accepts - hidden}

        def rank(spelling: str) -> tuple[int, str]:
            return (0 if " " in spelling else 2 if spelling[0].isalpha() else 1, spelling)

        return tuple(sorted(shown, key=rank))

    def _quoted(self, failure: Failure) -> ParseError | None:
        text, at = failure.text, failure.span[0]
        line_end = min((i for i in (text.find("\n", at), len(text)) if i >= 0), default=len(text))
        if failure.kind in "'\"" and len(failure.kind) == 1:
            closed = _LOOSE_STRING.match(text, at)
            escape = _BAD_ESCAPE.search(closed[0]) if closed else None
            if escape:
                span = (at + escape.start(), at + escape.end())
                return ParseError(f"{escape[0]} is no escape", span=span, hint=f"write \\{escape[0]} for a backslash")
            return ParseError("this string is not closed", span=(at, line_end), hint=f"end it with {failure.kind}")
        if text.startswith("<", at) and failure.kind in ("<", "COMPARISON") and "IRIREF" in failure.accepts:
            return ParseError(
                "this IRI is not closed", span=(at, line_end), hint="an IRI ends with > and has no spaces"
            )
        return None

    def _word(self, failure: Failure) -> ParseError | None:
        """A bare word: a keyword misspelled, or a name without its colon or question mark."""
        match = _WORD.match(failure.text, failure.span[0])
        if match is None or failure.kind in NO_WORD or self._is_keyword(match[0]):
            return None
        word, span = match[0], match.span()
        if "BUILTIN" in failure.accepts and failure.text[span[1] :].lstrip().startswith("("):
            near = process.extract(word.upper(), self.functions, limit=3, score_cutoff=60)
            return ParseError(f"there is no function {word}", span=span, candidates=tuple(f for f, *_ in near))
        if word.lower() in _LOGIC:
            sign = _LOGIC[word.lower()]
            return ParseError(f"{word} is written {sign}", span=span, hint=f"write {sign} for {word}")
        if word.lower() in _OF_SQL and "PLUS_SIGN" in failure.accepts:
            return ParseError(f"there is no {word.upper()} in SPARQL", span=span, hint=_OF_SQL[word.lower()])
        keywords = [self._spelling[n] for n in failure.accepts if self._spelling.get(n, "").isalpha()]
        near = process.extract(word.upper(), sorted(k for k in keywords if len(k) > 1), limit=2, score_cutoff=75)
        candidates = tuple(k for k, *_ in near)
        if "VAR" in failure.accepts and "PNAME_LN" in failure.accepts:
            hint = f"a variable is written ?{word}, a name :{word}"
        elif "VAR" in failure.accepts:
            hint = f"a variable is written ?{word}"
        else:
            return ParseError(
                f"{word} cannot stand here", span=span, candidates=candidates, expected=self.expected(failure.accepts)
            )
        return ParseError(f"{word} is neither a keyword nor a name", span=span, candidates=candidates, hint=hint)

    def _is_keyword(self, word: str) -> bool:
        return any(word.upper() == s for s in self._spelling.values())

    def _known_mistake(self, failure: Failure) -> ParseError | None:
        known = self._known.get((failure.state, failure.kind))
        if known is None:
            return None
        message, hint = known
        return ParseError(message, span=failure.span, hint=hint or None, expected=self.expected(failure.accepts))

    def _open_bracket(self, failure: Failure) -> ParseError | None:
        """The text ends, or another bracket closes, while one is open."""
        closing = failure.kind == "$END" or failure.kind in _BRACKETS.values()
        if not closing:
            return None
        if not failure.open:
            sign = failure.text[slice(*failure.span)]
            return None if failure.kind == "$END" else ParseError(f"this {sign} closes nothing", span=failure.span)
        terminal, at = failure.open[-1]
        wanted = {"LBRACE": "}", "LPAR": ")", "LSQB": "]"}[terminal]
        if failure.kind == _BRACKETS[terminal] or _BRACKETS[terminal] not in failure.accepts:
            return None
        return ParseError(f"a closing {wanted} is missing", span=(at, at + 1), expected=self.expected(failure.accepts))

    def _relation(self, failure: Failure) -> ParseError | None:
        """A literal where only a relation can stand."""
        if failure.kind.startswith("STRING") and {"TYPE", "PNAME_LN"} <= failure.accepts:
            return ParseError(
                "a string cannot be a relation", span=failure.span, hint="write a name, as in :livesIn, or a variable"
            )
        return None
