"""What belongs to the database itself: SQL reads it, but changes it by its own ways only.

The user's SQL may do whatever DuckDB can, beside what is here: the tables of the schema ``store``, the four views over
them, the names on which the stores' own statements rest, and the settings under which these mean what they say. Facts
change through INSERT, UPDATE and DELETE of ``facts`` as a statement of its own, which go through the fact store.
"""

from __future__ import annotations

from typing import NoReturn

from neuraldb.core.errors import BindError, NotSupportedError
from neuraldb.core.text import nearest
from neuraldb.language.sql import SqlStatement
from neuraldb.language.sql_targets import Target, targets
from neuraldb.plan.sql_catalogue import SqlCatalogue
from neuraldb.plan.sql_context import SEMANTIC, TRAVERSALS
from neuraldb.plan.sql_from import STORE_VIEWS

STORE = "store"
"""The schema of the database's own tables."""
_MAIN, _TEMPORARY = "main", "temp"
_NAMED = frozenset({"table", "view", "index", "trigger"})
"""Kinds of which a view's name can be one, or on which something is put."""
_ROWS = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE", "COPY"})
_DONE = {
    "INSERT": "inserted into",
    "UPDATE": "updated",
    "DELETE": "deleted from",
    "MERGE": "merged into",
    "TRUNCATE": "truncated",
    "COPY": "filled by COPY",
    "DROP": "dropped",
    "ALTER": "altered",
    "CREATE": "made anew",
    "COMMENT": "commented on",
    "REFRESH": "refreshed",
}
_OWN_FUNCTIONS = frozenset({*SEMANTIC, *TRAVERSALS})
SETTINGS = frozenset(
    """schema search_path timezone calendar default_collation default_order default_null_order null_order
    integer_division ieee_floating_point_ops order_by_non_integer_literal scalar_subquery_error_on_multiple_rows
    preserve_identifier_case preserve_insertion_order disable_timestamptz_casts dialect_compatibility_mode
    current_dialect active_grammar_extensions allow_parser_override_extension python_enable_replacements
    python_scan_all_frames arrow_large_buffer_size arrow_lossless_conversion arrow_output_list_view
    arrow_output_version errors_as_json warnings_as_errors disable_database_invalidation
    current_transaction_invalidation_policy default_transaction_invalidation_policy immediate_transaction_mode
    lock_configuration""".split()  # noqa: SIM905
)
"""Settings that change what a statement means, what its errors say, or what becomes of a transaction."""

_ADD = "INSERT INTO facts (text) VALUES ('…') or add() adds facts"
_FORGET = "DELETE FROM facts WHERE … or forget() takes facts back, and keeps them in the history"
_OTHER_NAME = "give a table or view of your own another name"


def protect(statement: SqlStatement, catalogue: SqlCatalogue, changed: str | None = None) -> None:
    """Refuse a statement that would change what belongs to the database itself, before anything of it is run.

    Args:
        statement: the statement.
        catalogue: the names that there are.
        changed: the view that the statement as a whole changes, by way of the stores.

    Raises:
        NotSupportedError: it would; with the place, and what to use instead.
        BindError: what it changes does not exist.
    """
    found = targets(statement.text)
    if not found:
        return
    protection = _Protection(statement, catalogue)
    for target in found:
        if changed is not None and target.action in ("INSERT", "UPDATE", "DELETE") and target.name[-1] == changed:
            changed = None
        else:
            protection.check(target)


class _Protection:
    """Checks the targets of one statement."""

    def __init__(self, statement: SqlStatement, catalogue: SqlCatalogue) -> None:
        self.statement = statement
        self.catalogue = catalogue
        self.databases = catalogue.databases()

    def check(self, target: Target) -> None:
        """Refuse the target if it is the database's own, or is to be changed and is not there."""
        if target.kind == "database":
            self._database(target)
        elif target.kind == "setting":
            self._setting(target)
        elif target.kind == "schema":
            self._schema(target)
        elif target.kind == "macro":
            self._macro(target)
        else:
            self._relation(target)

    # ------------------------------------------------------------------------------------------------------ relations

    def _relation(self, target: Target) -> None:
        schema, name = self._place(target.name)
        shown = ".".join(target.name)
        if schema == STORE:
            self._refuse(
                f"{shown} holds the database's own state, and cannot be {_DONE[target.action]} in SQL",
                target,
                f"{_ADD}; {_FORGET}" if target.action in _ROWS else "make what is yours in a schema of your own",
            )
        if schema == _MAIN and name in STORE_VIEWS and target.kind in _NAMED:
            self._refuse(
                f"{name} is the database's own view, and cannot be {_DONE[target.action]}",
                target,
                _view_hint(name, target.action),
            )
        if len(target.name) == 1 and self._must_be_there(target) and self.catalogue.table(name) is None:
            raise BindError(
                f"there is no table {name}",
                source=self.statement.source,
                span=self._span(target),
                candidates=nearest(name, self.catalogue.tables()),
                hint="what is not stored as a table is read from the facts: add facts, or forget some",
            )

    def _place(self, name: tuple[str, ...]) -> tuple[str, str]:
        """The schema of a NeuralDB database that a name stands in, and the name there; no schema for any other."""
        if len(name) == 1:
            return _MAIN, name[0]
        *around, last = name
        if len(around) == 1:
            if around[0] in (STORE, _MAIN):
                return around[0], last
            return (_MAIN, last) if self._ours(around[0]) else ("", last)
        return (around[-1], last) if self._ours(around[-2]) else ("", last)

    def _ours(self, database: str) -> bool:
        return database == _TEMPORARY or database in self.databases

    def _must_be_there(self, target: Target) -> bool:
        changes = target.action in _ROWS or (target.action in ("DROP", "ALTER") and target.kind in ("table", "view"))
        return changes and not target.lenient

    # ---------------------------------------------------------------------------------- schemas, databases, functions

    def _schema(self, target: Target) -> None:
        around = target.name[:-1]
        if target.name[-1] == STORE and (not around or self._ours(around[0])):
            self._refuse(
                f"the schema store is the database's own, and cannot be {_DONE[target.action]}",
                target,
                "make what is yours in a schema of your own",
            )

    def _database(self, target: Target) -> None:
        name = target.name[-1] if target.name else None
        if target.action == "IMPORT":
            hint = "IMPORT runs statements that are not seen here; CREATE TABLE … AS FROM 'file' reads each table"
            self._refuse("a database cannot be imported into this one", target, hint)
        if target.action == "ATTACH" and (name is None or name == STORE):
            what = "the attached database needs a name" if name is None else "the name store is taken by a schema"
            self._refuse(what, target, "ATTACH '…' AS name")
        if target.action == "COPY" and name is not None and self.databases.get(name):
            hint = "attach it and copy table by table: CREATE TABLE … AS FROM other.name"
            self._refuse("a database cannot be copied into this one", target, hint)

    def _macro(self, target: Target) -> None:
        *around, name = target.name
        seen = not around or around[-1] == _MAIN or self._ours(around[0])
        if target.action == "CREATE" and seen and (name in _OWN_FUNCTIONS or self.catalogue.built_in(name)):
            self._refuse(f"{name} is a built-in function", target, "give a macro of your own another name")

    def _setting(self, target: Target) -> None:
        name = target.name[-1]
        if name in SETTINGS:
            hint = "say it in the statement: AT TIME ZONE, COLLATE, ORDER BY … NULLS FIRST, schema.table"
            self._refuse(f"{name} cannot be set, since the database's own statements rest on it", target, hint)

    # --------------------------------------------------------------------------------------------------------- errors

    def _span(self, target: Target) -> tuple[int, int] | None:
        return self.statement.marked.original(target.span)

    def _refuse(self, message: str, target: Target, hint: str) -> NoReturn:
        raise NotSupportedError(message, source=self.statement.source, span=self._span(target), hint=hint)


def _view_hint(view: str, action: str) -> str:
    if view != "facts":
        return "change the facts that it is derived from; SPARQL's INSERT DATA { … } adds triples of its own"
    if action in ("INSERT", "MERGE", "COPY"):
        return f"as a statement of its own, {_ADD}"
    if action == "UPDATE":
        return "as a statement of its own, UPDATE facts SET … WHERE … supersedes facts"
    if action in ("DELETE", "TRUNCATE"):
        return f"as a statement of its own, {_FORGET}"
    return f"{_FORGET}; {_OTHER_NAME}" if action == "DROP" else _OTHER_NAME
