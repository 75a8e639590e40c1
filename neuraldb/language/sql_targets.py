"""What a SQL statement makes, changes or removes, read from its words.

sqlglot does not know all of DuckDB's SQL, and DuckDB shows the tree of queries only. But every change names its target
right after a few fixed words, wherever in a statement it stands (within EXPLAIN ANALYZE, PREPARE, a common table, a
trigger), and DuckDB's own tokenizer tells words from quotations and comments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

Span = tuple[int, int]

_KINDS = frozenset(
    "table view schema index sequence macro function type database trigger secret column materialized".split()  # noqa: SIM905
)
_MODIFIERS = frozenset("or replace temp temporary local global persistent unique recursive unlogged".split())  # noqa: SIM905
_QUERIES = frozenset("select with from values table pivot unpivot (".split())  # noqa: SIM905
# a query holds changes in common tables only, and after them: INSERT, UPDATE, DELETE, MERGE
_AROUND_COMMON_TABLES = frozenset({"(", ")"})
# before the name of a column that looks like a command
_BEFORE_COLUMNS = frozenset({"select", "distinct", "all", ",", ".", "by"})
_NO_NAMES = frozenset("from to into set where select as on with values using".split())  # noqa: SIM905
_SCOPES = frozenset({"global", "session", "local"})
# DuckDB's parser takes all of these for a space, its tokenizer only those of ASCII
_SPACES = re.compile(r"[\s\u00a0\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f\u2060\u3000\ufeff]+")


@dataclass(frozen=True, slots=True)
class Target:
    """Something that a statement makes, changes or removes.

    Attributes:
        action: the command in upper case: INSERT, UPDATE, DELETE, MERGE, TRUNCATE, COPY, CREATE, DROP, ALTER, COMMENT,
            ATTACH, DETACH, IMPORT, SET, REFRESH.
        kind: what it is, in lower case: table, view, schema, macro, type, …, database, setting.
        name: the parts of its name, without quotes, in lower case; empty where the statement does not say it.
        span: where the name stands in the text.
        lenient: whether the statement has an IF [NOT] EXISTS.
    """

    action: str
    kind: str
    name: tuple[str, ...]
    span: Span
    lenient: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """A token: a bare word or sign in lower case, or what a quotation stands for."""

    text: str
    quote: str
    start: int
    end: int


def targets(text: str) -> tuple[Target, ...]:
    """The targets of a statement in DuckDB's dialect, in order; none for a query.

    >>> [(t.action, t.kind, t.name) for t in targets('DROP VIEW IF EXISTS main."Facts"')]
    [('DROP', 'view', ('main', 'facts'))]
    >>> [t.action for t in targets("WITH gone AS (DELETE FROM t RETURNING a) INSERT INTO u FROM gone")]
    ['DELETE', 'INSERT']
    """
    return tuple(_Targets(list(words(text))).find())


class _Targets:
    """Finds the targets in the words of a statement."""

    def __init__(self, words: list[Word]) -> None:
        self.words = words

    def find(self) -> Iterator[Target]:
        """The targets, in order."""
        rows = {"insert": self._insert, "update": self._update, "delete": self._delete, "merge": self._insert}
        if self._bare(0) in _QUERIES:
            for at in range(1, len(self.words)):
                if self._bare(at) in rows and self._bare(at - 1) in _AROUND_COMMON_TABLES:
                    yield from rows[self._bare(at)](at)
            return
        anywhere = rows | {"truncate": self._truncate, "copy": self._copy, "comment": self._comment}
        anywhere |= {"create": self._create, "drop": self._drop, "alter": self._alter}
        first = {"attach": self._attach, "detach": self._detach, "import": self._import}
        first |= {"refresh": self._refresh}
        first |= dict.fromkeys(("set", "reset", "pragma"), self._setting)
        for at in range(len(self.words)):
            finder = first.get(self._bare(at)) if at == 0 else None
            finder = finder or anywhere.get(self._bare(at))
            if finder is not None and self._bare(at - 1) not in _BEFORE_COLUMNS:
                yield from finder(at)

    # -------------------------------------------------------------------------------------------------------- reading

    def _bare(self, at: int) -> str:
        """The word or sign at a place; empty for a quotation, and beyond the ends."""
        return self.words[at].text if 0 <= at < len(self.words) and not self.words[at].quote else ""

    def _skip(self, at: int, *words: str) -> int:
        """The place after those of the words that stand here in their order."""
        for word in words:
            at += self._bare(at) == word
        return at

    def _lenient(self, at: int) -> tuple[int, bool]:
        """The place after IF [NOT] EXISTS, and whether that stands here."""
        after = self._skip(at, "if", "not", "exists")
        return after, after != at

    def _name(self, at: int) -> tuple[tuple[str, ...], Span, int] | None:
        return name_at(self.words, at)

    def _target(self, at: int, action: str, kind: str = "table", lenient: bool = False) -> Iterator[Target]:
        found = self._name(at)
        if found is not None:
            yield Target(action, kind, found[0], found[1], lenient)

    # ----------------------------------------------------------------------------------------------------------- rows

    def _insert(self, at: int) -> Iterator[Target]:
        into = self._skip(at + 1, "or")
        into += self._bare(into) in ("replace", "ignore", "abort", "fail", "rollback") and into > at + 1
        if self._bare(into) == "into":
            yield from self._target(into + 1, self._bare(at).upper())

    def _update(self, at: int) -> Iterator[Target]:
        # not the UPDATE SET of ON CONFLICT or MERGE, nor a column of that name
        found = self._name(at + 1)
        if found is None:
            return
        alias = self._skip(found[2], "as")
        if "set" in (self._bare(found[2]), self._bare(alias + 1)):
            yield Target("UPDATE", "table", found[0], found[1])

    def _delete(self, at: int) -> Iterator[Target]:
        if self._bare(at + 1) == "from":
            yield from self._target(at + 2, "DELETE")

    def _truncate(self, at: int) -> Iterator[Target]:
        yield from self._target(self._skip(at + 1, "table"), "TRUNCATE")

    def _copy(self, at: int) -> Iterator[Target]:
        if (self._bare(at + 1), self._bare(at + 2)) == ("from", "database"):
            source = self._name(at + 3)
            if source is not None and self._bare(source[2]) == "to":
                yield from self._target(source[2] + 1, "COPY", "database")
            return
        found = self._name(at + 1)
        if found is None:
            return
        after = found[2]
        if self._bare(after) == "(":
            while after < len(self.words) and self._bare(after) != ")":
                after += 1
            after += 1
        if self._bare(after) == "from":
            yield Target("COPY", "table", found[0], found[1])

    # ---------------------------------------------------------------------------------------------------- definitions

    def _kind(self, at: int) -> tuple[str, int]:
        """The kind of object at a place, and the place after it; empty where there is none."""
        kind = self._bare(at)
        if kind not in _KINDS:
            return "", at
        if kind == "materialized":
            return "view", self._skip(at + 1, "view")
        if kind in ("macro", "function"):
            return "macro", self._skip(at + 1, "table")
        return kind, at + 1

    def _create(self, at: int) -> Iterator[Target]:
        at += 1
        while self._bare(at) in _MODIFIERS:
            at += 1
        kind, at = self._kind(at)
        at, lenient = self._lenient(at)
        if kind in ("index", "trigger"):
            # what matters is the table that it is put on
            while at < len(self.words) and self._bare(at) != "on":
                at += 1
            yield from self._target(at + 1, "CREATE", kind)
        elif kind:
            yield from self._target(at, "CREATE", kind, lenient)

    def _drop(self, at: int) -> Iterator[Target]:
        kind, at = self._kind(self._skip(at + 1, "persistent", "temporary"))
        if not kind or kind == "column":
            return
        at, lenient = self._lenient(at)
        while (found := self._name(at)) is not None:
            yield Target("DROP", kind, found[0], found[1], lenient)
            at = found[2]
            if self._bare(at) == "on":
                yield from self._target(at + 1, "DROP", kind, lenient)
            if self._bare(at) != ",":
                return
            at += 1

    def _alter(self, at: int) -> Iterator[Target]:
        kind, after = self._kind(at + 1)
        if not kind or kind == "column":
            return
        after, lenient = self._lenient(after)
        found = self._name(after)
        if found is None:
            return
        yield Target("ALTER", kind, found[0], found[1], lenient)
        if (self._bare(found[2]), self._bare(found[2] + 1)) == ("rename", "to"):
            new = self._name(found[2] + 2)
            if new is not None:
                yield Target("CREATE", kind, found[0][:-1] + new[0], new[1])

    def _comment(self, at: int) -> Iterator[Target]:
        if self._bare(at + 1) != "on":
            return
        kind, after = self._kind(at + 2)
        found = self._name(after)
        if kind and found is not None:
            name = found[0][:-1] if kind == "column" else found[0]
            yield Target("COMMENT", "table" if kind == "column" else kind, name, found[1])

    # ------------------------------------------------------------------------------------------ databases and settings

    def _attach(self, at: int) -> Iterator[Target]:
        at = self._skip(at + 1, "or", "replace")
        at, lenient = self._lenient(self._skip(at, "database"))
        if at >= len(self.words):
            return
        path = self.words[at]
        after = at + 1 if path.quote else at + 2  # a placeholder is two words
        if self._bare(after) == "as":
            yield from self._target(after + 1, "ATTACH", "database", lenient)
            return
        # the name that DuckDB makes of a file's
        stem = re.split(r"[/\\:]", path.text)[-1].split(".", 1)[0].split("?", 1)[0].lower()
        yield Target("ATTACH", "database", (stem,) if path.quote else (), (path.start, path.end), lenient)

    def _detach(self, at: int) -> Iterator[Target]:
        at, lenient = self._lenient(self._skip(at + 1, "database"))
        yield from self._target(at, "DETACH", "database", lenient)

    def _refresh(self, at: int) -> Iterator[Target]:
        kind, at = self._kind(at + 1)
        if kind:
            yield from self._target(at, "REFRESH", kind)

    def _import(self, at: int) -> Iterator[Target]:
        word = self.words[at]
        if self._bare(at + 1) == "database":
            yield Target("IMPORT", "database", (), (word.start, self.words[at + 1].end))

    def _setting(self, at: int) -> Iterator[Target]:
        at += 1
        if self._bare(at) in _SCOPES:
            at += 1
        if self._bare(at) != "variable" or not self.words[at + 1 :] or not _is_name(self.words[at + 1]):
            yield from self._target(at, "SET", "setting")


def name_at(found: list[Word], at: int) -> tuple[tuple[str, ...], Span, int] | None:
    """The name at a place among words, where it stands in the text, and the place after it."""
    parts: list[str] = []
    begin = at
    while at < len(found) and _is_name(found[at]):
        parts.append(found[at].text.lower())
        at += 1
        if at == len(found) or found[at].quote or found[at].text != ".":
            return tuple(parts), (found[begin].start, found[at - 1].end), at
        at += 1
    return None


def _is_name(word: Word) -> bool:
    return bool(word.quote) or (word.text not in _NO_NAMES and bool(re.match(r"[^\W\d]", word.text)))


def words(text: str) -> Iterator[Word]:
    """The tokens of a text without its comments; offsets in characters."""
    import duckdb

    raw = text.encode()
    tokens = duckdb.tokenize(text)
    ends = [start for start, _ in tokens[1:]] + [len(raw)]
    comment = duckdb.token_type.comment
    place, passed = 0, 0
    for (start, kind), end in zip(tokens, ends, strict=True):
        place += len(raw[passed:start].decode(errors="replace"))
        passed = start
        if kind != comment:
            yield from _parts(raw[start:end].decode(errors="replace"), place)


def _parts(token: str, start: int) -> Iterator[Word]:
    """The words of one token with the space after it."""
    bare = token.rstrip()
    if bare[:1] in ('"', "'"):
        quote = bare[0]
        inner = bare[1:-1] if len(bare) > 1 and bare.endswith(quote) else bare[1:]
        yield Word(inner.replace(quote * 2, quote), quote, start, start + len(bare))
        return
    at = 0
    for gap in (*_SPACES.finditer(bare), None):
        end = gap.start() if gap else len(bare)
        if end > at:
            yield Word(bare[at:end].lower(), "", start + at, start + end)
        at = gap.end() if gap else end
