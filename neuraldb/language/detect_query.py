"""Whether a text is SQL or SPARQL, by its keywords and its shape.

Both languages' keywords are English words, and sqlglot takes "hello world" for SQL, so neither a keyword nor a parser
decides alone. A statement with a mistake in it is still a statement.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from neuraldb.language.masking import after_comments, masked
from neuraldb.language.sql_shapes import CLAUSE, END, NAME, QUALIFIED, SHAPES

# words that begin a phrase of English, and are no names of columns or tables
_DETERMINERS = frozenset(
    """a an the my your his her its our their this that these those some any every each no all both either neither one
    me us him them it good best""".split()  # noqa: SIM905
)
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
    bare = masked(after_comments(text)).strip()
    if _PROLOGUE.match(bare):
        return True
    if (select := _SELECT_VARIABLES.match(bare)) is not None:
        return select["mark"] == "?" or ("{" in bare and "," not in bare.split("{")[0])
    return any(form.match(bare) for form in _SPARQL)


_IRI = r"(?:<[^<>\s]*>|[A-Za-z_][\w.-]*:[\w.-]+|:[\w.-]+)"
_PROLOGUE = re.compile(r"(?:prefix\s+[\w.-]*:\s*<|base\s+<)", re.IGNORECASE)
_SELECT_VARIABLES = re.compile(
    r"select\s+(?:(?:distinct|reduced)\s+)?(?:\([^{]*?\bas\s+)?(?P<mark>[?$])[A-Za-z_]\w*", re.IGNORECASE
)
_SPARQL = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        r"select\s+(?:(?:distinct|reduced)\s+)?\*\s*(?:from\s+(?:named\s+)?<[^{]*)?(?:where\s*)?\{",
        r"select\s+(?:(?:distinct|reduced)\s+)?\([^{]*\bas\s+[?$]\w+\s*\)[^{]*\{",
        r"ask\s*(?:from\s+[^{]*)?(?:where\s*)?\{",
        r"construct\s*(?:from\s+[^{]*)?(?:where\s*)?\{",
        rf"describe\s+(?:\*|[?$]\w+|{_IRI})[^{{;]*(?:\{{|$)",
        r"(?:insert|delete)\s+(?:data\s*|where\s*)?\{",
        rf"with\s+{_IRI}\s+(?:insert|delete)\b",
        r"load\s+(?:silent\s+)?<",
        rf"(?:clear|drop)\s+(?:silent\s+)?(?:graph\s+{_IRI}|default|named|all){END}",
        rf"create\s+(?:silent\s+)?graph\s+{_IRI}",
        rf"(?:add|move|copy)\s+(?:silent\s+)?(?:default|(?:graph\s+)?{_IRI})\s+to\s+(?:default|(?:graph\s+)?{_IRI}){END}",
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
    bare = masked(after_comments(text)).strip()
    while bare.startswith("("):
        bare = _within(bare)
    word = re.match(r"[A-Za-z]+", bare)
    if word is None:
        return False
    keyword = word[0].lower()
    if keyword in _JUDGES:
        return _JUDGES[keyword](bare, {t.lower() for t in tables})
    form = SHAPES.get(keyword)
    return form is not None and form.match(bare) is not None


def _within(bare: str) -> str:
    """What stands within the first brackets."""
    depth = 0
    for place, sign in enumerate(bare):
        depth += (sign == "(") - (sign == ")")
        if depth == 0:
            return bare[1:place].strip()
    return bare[1:].strip()


def _select(bare: str, tables: Collection[str]) -> bool:
    if re.match(r"select\s+.*[.?!]$", bare, re.IGNORECASE | re.DOTALL) and not _SIGN.search(bare):
        return False
    if re.match(r"SELECT\s+FROM\b", bare):
        return True
    match = re.match(
        r"select\s+(?P<quantity>(?:distinct|all)\s+)?(?P<list>.*?)(?:\s+from\s+(?P<from>.*))?$", bare, re.I | re.S
    )
    if match is None:
        return bare.strip("; \n").lower() == "select" and bare.startswith("SELECT")
    shouted = bare.startswith("SELECT")
    if match["from"] is None:
        # a mistyped FROM is left for the parser to find, where the rest is SQL
        return _computes(match["list"], shouted) or (shouted and bool(re.search(r"[=<>*]|\blimit\s+\d", bare, re.I)))
    if (match["quantity"] or "").strip().lower() == "all" and not shouted and not _SIGN.search(bare):
        return False
    return _lists(match["list"], shouted) and _reads(match["from"], shouted)


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
            return shouted
        if words[0].lower() in _DETERMINERS and len(words) > 1 and words[1].lower() not in ("as",):
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
    if words[0].lower() in _DETERMINERS:
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
    return shouted or ";" in match["end"] or what in tables or bool(re.search(r"[._\"']", match["what"]))


def _from_first(bare: str, tables: Collection[str]) -> bool:
    match = re.match(rf"from\s+(?P<table>{QUALIFIED}|'[^']*'|\()(?P<rest>.*)$", bare, re.I | re.S)
    if match is None or match["table"].lower() in _DETERMINERS:
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
    if re.match(rf"SHOW\s+TABLES\s+FROM\s+{QUALIFIED}{END}", bare):
        return True
    return _described(bare, tables)


_JUDGES: dict[str, Callable[[str, Collection[str]], bool]] = {
    "select": _select,
    "describe": _described,
    "desc": _described,
    "summarize": _described,
    "show": _show,
    "from": _from_first,
}
_FIRST_WORDS = frozenset({*SHAPES, *_JUDGES, "explain", "prefix", "base", "ask", "construct", "clear", "add", "move"})
