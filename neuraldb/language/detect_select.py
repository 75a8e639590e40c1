"""Whether a SELECT, or a query that begins with FROM, is SQL or English that begins with the same word.

What does not parse is no such statement, and what parses may still be English: sqlglot reads "select three ships" as a
column with an alias. So the tree decides: a computed column, a clause or a known table is SQL's; a phrase where SQL has
a name and its alias, or nothing but bare words, is English's.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot import exp

# words that begin a phrase of English, and are no names of columns or tables
DETERMINERS = frozenset(
    """a an the my your his her its our their this that these those some any every each no all both either neither one
    me us him them it good best""".split()  # noqa: SIM905
)
_CLAUSES = ("where", "group", "having", "order", "limit", "offset", "joins", "qualify", "sample", "distinct", "windows")
_PLACEHOLDER = re.compile(r"%(?:\(\w+\))?s\b")


def is_select(text: str, bare: str, tables: Collection[str]) -> bool | None:
    """Whether a text that begins with SELECT or FROM is SQL; None where it does not parse.

    Args:
        text: the statement.
        bare: the same with quotations and comments blanked out (:func:`~neuraldb.language.masking.masked`).
        tables: the names of relations that exist, in lower case.

    >>> is_select("select a % 2 from t", "select a % 2 from t", ()), is_select("select 3 ships", "select 3 ships", ())
    (True, False)
    """
    code = _bound(text, bare)
    tree = parsed(code)
    return None if tree is None else _Reading(code, tree, tables).is_sql()


@lru_cache(maxsize=64)
def parsed(text: str) -> exp.Select | None:
    """The first SELECT of a query in DuckDB's SQL; None where it is none."""
    # imported late: only what begins like a query needs it
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    from neuraldb.language.sql_dialect import trees

    try:
        found = trees(text)
    except (SqlglotError, RecursionError):  # too deep to be read here may still be a statement with a mistake
        return None
    tree = next((t for t in found if t is not None), None)
    while isinstance(tree, exp.SetOperation | exp.Subquery):
        tree = tree.this
    return tree if isinstance(tree, exp.Select) else None


def _bound(text: str, bare: str) -> str:
    """The text with the placeholders of pyformat as sqlglot knows them."""
    pieces, at = [], 0
    for match in _PLACEHOLDER.finditer(bare):
        pieces += [text[at : match.start()], "$p"]
        at = match.end()
    return "".join((*pieces, text[at:]))


def is_code(name: str) -> bool:
    """Whether a name is no word of English: a single letter, or one with a digit or an underscore in it.

    >>> is_code("z"), is_code("t1"), is_code("my_table"), is_code("rivers")
    (True, True, True, False)
    """
    return len(name) == 1 or re.search(r"[\d_]", name) is not None


class _Reading:
    """One parsed query, looked at for signs of SQL and of English."""

    def __init__(self, text: str, tree: exp.Select, tables: Collection[str]) -> None:
        from sqlglot import exp

        self.exp = exp
        self.text = text
        self.tree = tree
        self.tables = tables
        first = re.search(r"[A-Za-z]+", text)
        self.shouted = first is not None and first[0].isupper()

    def is_sql(self) -> bool:
        source = self.tree.args.get("from_") or self.tree.args.get("from")
        items = list(self.tree.expressions)
        computed = any(map(self._computed, items))
        if source is None:
            # bare words alone are no SQL: there is nothing to take them from
            return computed and (self.shouted or not any(map(self._phrase, items)))
        table = source.this
        name = table.name.lower() if isinstance(table, self.exp.Table) else ""
        if self.shouted or name in self.tables or not isinstance(table, self.exp.Table):
            return True
        return not self._english(items, table, computed or any(self.tree.args.get(c) for c in _CLAUSES))

    def from_first(self) -> bool:
        """The same for a query that begins with FROM."""
        source = self.tree.args.get("from_") or self.tree.args.get("from")
        if source is None:
            return False
        if not isinstance(source.this, self.exp.Table) or not isinstance(source.this.this, self.exp.Identifier):
            return True
        name = source.this.name.lower()
        selected = re.search(r"\bselect\b", self.text, re.IGNORECASE)
        clause = selected or any(self.tree.args.get(c) for c in _CLAUSES)
        if name in DETERMINERS and not is_code(name):
            return False
        return bool(self.shouted or clause or name in self.tables or is_code(name) or self._quoted(source.this))

    def _english(self, items: list[exp.Expr], table: exp.Table, strong: bool) -> bool:
        """Whether a query over an unknown table is a phrase: "select ten cities from norway"."""
        if any(self._measured(item) for item in items):
            return True
        every = re.match(r"\s*select\s+all\s+[a-z]", self.text, re.IGNORECASE)
        if every and not strong and not any(is_code(item.alias_or_name) for item in items):
            return True
        if not strong and any(map(self._phrase, items)):
            return True
        return self._named_by_phrase(table, strong)

    def _named_by_phrase(self, table: exp.Table, strong: bool) -> bool:
        """Whether what follows FROM is more than one word of English: "from the list", "from new york"."""
        alias = table.args.get("alias")
        if alias is None or not alias.this:
            return False
        if not isinstance(alias.this, self.exp.Identifier):
            return not strong
        if self._explicit(alias.this) or is_code(alias.name):
            return False
        used = any(c.table.lower() == alias.name.lower() for c in self.tree.find_all(self.exp.Column))
        return table.name.lower() in DETERMINERS or not (strong or used)

    def _phrase(self, item: exp.Expr) -> bool:
        """Whether an item has an alias without AS after what is no call: "three ships", "ships in norway boats"."""
        if not isinstance(item, self.exp.Alias) or self._explicit(item.args["alias"]):
            return False
        plain = isinstance(item.this, self.exp.Column | self.exp.Literal | self.exp.Boolean | self.exp.Null)
        code = is_code(item.alias) or self._quoted(item)
        return (plain or self._wordy(item.this)) and not (code and isinstance(item.this, self.exp.Column))

    def _measured(self, item: exp.Expr) -> bool:
        """Whether an item is a number or a determiner with its noun: "10 cities", "the name"."""
        if not self._phrase(item):
            return False
        value = item.this
        if isinstance(value, self.exp.Column):
            return value.name.lower() in DETERMINERS and not value.table
        return isinstance(value, self.exp.Literal) and not value.is_string

    def _computed(self, item: exp.Expr) -> bool:
        """Whether an item is more than words that English has too."""
        value = item.this if isinstance(item, self.exp.Alias) else item
        if isinstance(value, self.exp.Column):
            return bool(value.table) or self._quoted(value)
        return not self._wordy(value)

    def _wordy(self, value: exp.Expr) -> bool:
        """Whether an expression has only names and operators that are words: "ships and boats", "cities in norway"."""
        words = (self.exp.And, self.exp.Or, self.exp.Not, self.exp.In, self.exp.Is, self.exp.Like)
        kinds = (*words, self.exp.Column, self.exp.Identifier)
        return isinstance(value, words) and all(isinstance(node, kinds) for node in value.walk())

    def _quoted(self, node: exp.Expr) -> bool:
        return any(i.args.get("quoted") for i in self._identifiers(node))

    def _identifiers(self, node: exp.Expr) -> Iterator[exp.Identifier]:
        yield from node.find_all(self.exp.Identifier)

    def _explicit(self, alias: exp.Expr) -> bool:
        """Whether AS stands before an alias, or it is no word by itself, as in ``0x1F``."""
        start = alias.meta.get("start")
        return start is not None and re.search(r"\bas\s*$|\w$", self.text[:start], re.IGNORECASE) is not None


def is_from_first(text: str, bare: str, tables: Collection[str]) -> bool | None:
    """Whether a text that begins with FROM is SQL; None where it does not parse.

    >>> is_from_first("from t limit 3", "from t limit 3", ()), is_from_first("from oslo", "from oslo", ())
    (True, False)
    """
    code = _bound(text, bare)
    tree = parsed(code)
    return None if tree is None else _Reading(code, tree, tables).from_first()
