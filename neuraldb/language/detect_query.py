"""Whether a text is SQL or SPARQL, by its keywords and its shape.

Both languages' keywords are English words, and sqlglot takes "hello world" for SQL, so neither a keyword nor a parser
decides alone. A statement with a mistake in it is still a statement.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from rapidfuzz.distance import DamerauLevenshtein

from neuraldb.language.detect_select import DETERMINERS, is_from_first, is_select
from neuraldb.language.masking import after_comments, masked
from neuraldb.language.sql_shapes import CLAUSE, END, NAME, QUALIFIED, SHAPES
from neuraldb.language.strict import strict

_SIGN = re.compile(r"[*(=<>|:%]|\|\||'|\"")


def may_be_query(text: str) -> bool:
    """Whether a text begins with a word with which SQL or SPARQL can begin, and so is worth a closer look."""
    word = re.match(r"[\s(]*([A-Za-z]+)", text)
    return word is not None and word[1].lower() in _FIRST_WORDS


def is_sparql(text: str) -> bool:
    """Whether a text is SPARQL, query or update.

    >>> is_sparql("SELECT ?who WHERE { ?who :livesIn 'Bergen' }"), is_sparql("SELECT who FROM people")
    (True, False)
    """
    bare = masked(after_comments(strict(text)[1])).strip()
    if _PROLOGUE.match(bare):
        return True
    if (select := _SELECT_VARIABLES.match(bare)) is not None:
        return select["mark"] == "?" or ("{" in bare and "," not in bare.split("{")[0])
    return any(form.match(bare) for form in _SPARQL)


_IRI = r"(?:<[^<>\s]*>|[A-Za-z_][\w.-]*:[\w.-]+|:[\w.-]+)"
_TERM = r"(?:<[^<>\s]+>|:[A-Za-z_]|[?$][A-Za-z_]|_:\w)"
_PROLOGUE = re.compile(r"(?:prefix\s+[\w.-]*:\s*<|base\s+<)", re.IGNORECASE)
_SELECT_VARIABLES = re.compile(
    r"select\s+(?:(?:distinct|reduced)\s+)?(?:\([^{]*?\bas\s+)?(?P<mark>[?$])[A-Za-z_]\w*", re.IGNORECASE
)
_SPARQL = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        r"select\s+(?:(?:distinct|reduced)\s+)?\*\s*(?:from\s+(?:named\s+)?<[^{]*)?(?:where\s*)?\{",
        # ?name is no SQL, wherever it stands before the pattern
        r"select\b[^{]*[\s(,]\?[A-Za-z_]\w*[^{]*\{",
        r"select\s+(?:(?:distinct|reduced)\s+)?\([^{]*\bas\s+[?$]\w+\s*\)[^{]*\{",
        r"ask\s*(?:from\s+[^{]*)?(?:where\s*)?\{",
        r"construct\s*(?:from\s+[^{]*)?(?:where\s*)?\{",
        rf"describe\s+(?:\*|[?$]\w+|{_IRI})[^{{;]*(?:\{{|;?\s*$)",
        r"(?:insert|delete)\s+(?:data\s*|where\s*)?\{",
        rf"with\s+{_IRI}\s+(?:insert|delete)\b",
        r"load\s+(?:silent\s+)?<",
        rf"(?:clear|drop)\s+(?:silent\s+)?(?:graph\s+{_IRI}|default|named|all)(?:{END}|\s*;)",
        rf"create\s+(?:silent\s+)?graph\s+{_IRI}",
        rf"(?:add|move|copy)\s+(?:silent\s+)?(?:default|(?:graph\s+)?{_IRI})\s+to\s+(?:default|(?:graph\s+)?{_IRI})"
        rf"(?:{END}|\s*;)",
        # updates with a mistake in them: a term that is no English where something else must stand
        rf"(?:insert|delete)\s+(?:data\s+|where\s+|into\s+|from\s+)?(?:graph\s+)?{_TERM}",
        r"(?:add|clear|copy|create|drop|move)\s+(?:silent\s+)?(?:graph\s+)?<[^<>\s]+>",
    )
)


def is_sql(text: str, tables: Collection[str] = ()) -> bool:
    """Whether a text is SQL.

    Args:
        text: one statement.
        tables: names of relations that exist; they decide about texts like ``describe rivers``.

    >>> is_sql("select name from rivers"), is_sql("Select a good wine for fish"), is_sql("Update: Anna has moved.")
    (True, False, False)
    """
    statement = after_comments(text)
    bare = masked(statement)
    start, end = _inner(bare)
    statement, bare = statement[start:end], bare[start:end]
    word = re.match(r"[A-Za-z]+", bare)
    if word is None:
        return False
    keyword = word[0].lower()
    known = {t.lower() for t in tables}
    if keyword in ("select", "from"):
        judge = is_select if keyword == "select" else is_from_first
        verdict = judge(statement, bare, known)
        if verdict is not None:
            return verdict
    if keyword in _JUDGES:
        return _JUDGES[keyword](bare, known)
    form = SHAPES.get(keyword)
    return form is not None and form.match(bare) is not None


def _inner(bare: str) -> tuple[int, int]:
    """Where a statement begins and ends without the blanks and brackets around its first part."""
    start, end = 0, len(bare)
    while True:
        start += len(bare[start:end]) - len(bare[start:end].lstrip())
        end -= len(bare[start:end]) - len(bare[start:end].rstrip())
        if bare[start:end][:1] != "(":
            return start, end
        end = start + 1 + _bracketed(bare[start:end])
        start += 1


def _bracketed(bare: str) -> int:
    """The length of what stands within the first brackets."""
    depth = 0
    for place, sign in enumerate(bare):
        depth += (sign == "(") - (sign == ")")
        if depth == 0:
            return place - 1
    return len(bare) - 1


def _select(bare: str, tables: Collection[str]) -> bool:
    """Whether a text that does not parse is a SELECT with a mistake in it."""
    if not re.search(r"[A-Za-z]", bare[len("select") :]):
        # without a word it is no English
        return bool(re.search(r"\S", bare[len("select") :].rstrip(";"))) or bare.startswith("SELECT")
    if re.match(r"select\s+.*[.?!]$", bare, re.IGNORECASE | re.DOTALL) and not _SIGN.search(bare):
        return False
    if re.match(r"SELECT\s+FROM\b", bare):
        return True
    match = re.match(
        r"select\s+(?P<quantity>(?:distinct|all)\s+)?(?P<list>.*?)(?:\s+from\s+(?P<from>.*))?$", bare, re.I | re.S
    )
    if match is None:
        return False
    shouted = bare.startswith("SELECT")
    if match["from"] is None:
        # a mistyped FROM is left for the parser to find, where the rest is SQL
        signs = re.search(r"[=<>*]|\blimit\s+\d", bare, re.I) is not None
        return _computes(match["list"], shouted) or (signs and (shouted or _mistyped(match["list"], "from")))
    if (match["quantity"] or "").strip().lower() == "all" and not shouted and not _SIGN.search(bare):
        return False
    return _lists(match["list"], shouted) and _reads(match["from"], shouted)


def _mistyped(bare: str, keyword: str) -> bool:
    """Whether one of the words is a keyword with one slip of the fingers."""
    return any(
        len(word) > 2 and DamerauLevenshtein.distance(word, keyword) == 1
        for word in re.findall(r"[a-z]+", bare.lower())
    )


def lists_columns(text: str) -> bool:
    """Whether a text may be the list of a SELECT that is still being typed."""
    return bool(text) and _lists(text, False)


def _computes(items: str, shouted: bool) -> bool:
    """Whether a SELECT list needs no table: constants, calls, operators."""
    bare = items.strip().rstrip(";").strip()
    if re.fullmatch(r"[+-]?\d[\d.]*(?:\s*,\s*[+-]?\d[\d.]*)*(?:\s+as\s+\w+)?|current_\w+|true|false|null", bare, re.I):
        return True
    if re.match(r"[+-]?\d[\d.]*\s+[A-Za-z]", bare):
        return bool(re.match(r"\d\S*\s+as\s", bare, re.I))
    return bool(re.match(r"[eE]?'|\w+\s*\(|\(|[$%]|\[|\{|\w+\s*(?:\+|\*|/|=|<|>|\|\|)", bare)) and _lists(bare, shouted)


def _lists(items: str, shouted: bool) -> bool:
    """Whether what stands between SELECT and FROM is a list of columns, not a phrase."""
    for item in _at_commas(items):
        words = item.split()
        if not words:
            # a comma too many
            return shouted or len(items.split(",")) > 1
        if words[0].lower() in DETERMINERS and len(words) > 1 and words[1].lower() not in ("as",):
            return False
        plain = not _SIGN.search(item) and not re.search(r"[+/-]", item)
        keyword = {w.lower() for w in words} & {"as", "case", "over", "not", "and", "or", "is", "in", "like", "exclude"}
        if plain and len(words) > (2 if not shouted else 3) and not keyword:
            return False
    return True


def _reads(clause: str, shouted: bool) -> bool:
    """Whether what follows FROM begins with a table, and goes on as a clause."""
    words = clause.split()
    if not words:
        return shouted
    if words[0].lower() in DETERMINERS:
        return False
    if clause.lstrip()[:1] in "('\"$[{%":
        return True
    match = re.match(
        rf"{QUALIFIED}(?P<call>\s*\()?(?:\s+(?:as\s+)?(?!(?:{CLAUSE})\b){NAME})?\s*(?P<rest>.*)$", clause, re.I | re.S
    )
    if match is None:
        return shouted
    if match["call"] or not match["rest"]:
        return True
    return bool(re.match(rf"[,;(]|(?:{CLAUSE})\b", match["rest"], re.I)) or shouted


def _at_commas(items: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for place, sign in enumerate(items):
        depth += (sign in "([{") - (sign in ")]}")
        if sign == "," and depth == 0:
            parts.append(items[start:place])
            start = place + 1
    return [*parts, items[start:]]


def _described(bare: str, tables: Collection[str]) -> bool:
    """``DESCRIBE x``, ``SUMMARIZE x``, ``SHOW x``: SQL if x is a query, a table, or written as one."""
    match = re.match(rf"(?P<verb>\w+)\s+(?:table\s+)?(?P<what>{QUALIFIED}|'[^']*')(?P<end>{END})", bare, re.I)
    if match is None:
        return bool(re.match(r"\w+\s+(?:\(\s*)?(?:select|with|from)\s+\S", bare, re.I)) and is_sql(
            bare.split(None, 1)[1]
        )
    what = match["what"].lower().strip('"')
    shouted = match["verb"].isupper() and len(match["verb"]) > 1
    return (
        shouted
        or re.fullmatch(r"[a-z]", match["what"]) is not None
        or ";" in match["end"]
        or what in tables
        or bool(re.search(r"[._\"']", match["what"]))
    )


def _from_first(bare: str, tables: Collection[str]) -> bool:
    match = re.match(rf"from\s+(?P<table>{QUALIFIED}|'[^']*'|\()(?P<rest>.*)$", bare, re.I | re.S)
    if match is None or match["table"].lower() in DETERMINERS:
        return False
    rest = match["rest"].strip()
    if re.search(r"\bselect\b", rest, re.I):
        return True
    if bare.startswith("FROM") and re.match(
        rf"(?:;|$|,|\(|(?:{CLAUSE})\b|{NAME}\s*(?:;|$|(?:{CLAUSE})\b))", rest, re.I
    ):
        return True
    known = match["table"].lower() in tables or match["table"].startswith("'")
    return known and re.match(rf"(?:;|$|,|(?:{CLAUSE})\b)", rest, re.I) is not None


def _show(bare: str, tables: Collection[str]) -> bool:
    if re.match(rf"show\s+(?:all\s+)?(?:tables|databases|schemas|views){END}", bare, re.I):
        return True
    if re.match(rf"show\s+tables\s+from\s+{QUALIFIED}{END}", bare, re.I):
        return True
    return _described(bare, tables)


def _insert(bare: str, tables: Collection[str]) -> bool:
    """INSERT, with its VALUES mistyped too."""
    if SHAPES["insert"].match(bare):
        return True
    match = re.match(rf"insert\s+into\s+(?P<table>{QUALIFIED})\s+(?P<word>[a-z]+)\s*\(", bare, re.I)
    return match is not None and _mistyped(match["word"], "values")


def _update(bare: str, tables: Collection[str]) -> bool:
    """UPDATE, with its = forgotten too where the rest shows that it is SQL."""
    if SHAPES["update"].match(bare):
        return True
    return re.match(rf"update\s+{QUALIFIED}\s+set\s+{QUALIFIED}\s.*\bwhere\b.*[=<>]", bare, re.I | re.S) is not None


def _force(bare: str, tables: Collection[str]) -> bool:
    return SHAPES["force"].match(bare) is not None or re.match(rf"force\s+checkpoint{END}", bare, re.I) is not None


_JUDGES: dict[str, Callable[[str, Collection[str]], bool]] = {
    "select": _select,
    "describe": _described,
    "desc": _described,
    "summarize": _described,
    "show": _show,
    "from": _from_first,
    "insert": _insert,
    "update": _update,
    "force": _force,
}
_FIRST_WORDS = frozenset(
    {*SHAPES, *_JUDGES, "explain", "strict", "prefix", "base", "ask", "construct", "clear", "add", "move"}
)
