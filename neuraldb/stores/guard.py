"""What SQL that a model has written may do: read what is stored, and nothing else.

DuckDB can shut off files and the network only for good and for all connections, while the user's own SQL may read
files. So the text is parsed by DuckDB itself, which serialises nothing but queries, and every table, table function
and function in the tree must be on a list of what is allowed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import Any

import duckdb

from neuraldb.core.errors import ParseError, ProgrammingError
from neuraldb.core.text import identifier

_TABLE_KINDS = frozenset(
    {"BASE_TABLE", "SUBQUERY", "JOIN", "TABLE_FUNCTION", "EXPRESSION_LIST", "EMPTY", "EMPTY_FROM", "CTE", "PIVOT"}
)
# a common table expression may also hold an INSERT, UPDATE or DELETE
_QUERY_NODES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
_TABLE_FUNCTIONS = frozenset({"range", "generate_series", "unnest", "repeat", "json_each", "json_tree"})
# built in, but with an effect on the outside, on the session, or on other statements
_REFUSED_FUNCTIONS = frozenset(
    {"nextval", "setval", "currval", "setseed", "write_log", "sleep_ms", "pg_sleep", "stats"}
    | {"getvariable", "current_setting", "getenv", "json_serialize_plan", "json_execute_serialized_sql"}
)
_HINT = "only a query over what is stored is allowed here"


def check_query(
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    names: Collection[str] = (),
    functions: Collection[str] = (),
    table_functions: Collection[str] = (),
) -> None:
    """Refuse every text but one query that reads stored relations with DuckDB's own functions.

    Args:
        connection: where the text would run.
        sql: the text.
        names: further relations that may be read (the inputs of the statement, what is read from facts).
        functions: further functions that may be called, which are no macros of the user's.
        table_functions: the same in FROM.

    Raises:
        ParseError: the text is not SQL.
        ProgrammingError: it does or reads something that is not allowed.
    """
    ((serialised,),) = connection.execute("SELECT json_serialize_sql(?)", [sql]).fetchall()
    tree = json.loads(serialised)
    if tree["error"]:
        message = str(tree.get("error_message", "the text is not a query"))
        if tree.get("error_type") == "parser":
            raise ParseError(message, source=sql)
        raise ProgrammingError("the statement is not a query", source=sql, hint=_HINT)
    if len(tree["statements"]) != 1:
        raise ProgrammingError("one statement is allowed at a time", source=sql, hint=_HINT)
    relations = {identifier(name) for name in names} | _stored_relations(connection)
    allowed = _functions(connection) | frozenset(functions)
    in_from = _TABLE_FUNCTIONS | frozenset(table_functions)
    nodes = list(_nodes(tree))
    # the name of a common table is known here, but not its scope: it must not be one that could also be a file's
    local = {identifier(entry["key"]) for node in nodes for entry in _common_tables(node)}
    relations |= {name for name in local if re.fullmatch(r"\w+", name)}
    for node in nodes:
        _check_node(node, relations, allowed, in_from, sql)


def _check_node(
    node: dict[str, Any], relations: Collection[str], functions: Collection[str], in_from: Collection[str], sql: str
) -> None:
    kind = node.get("type")
    if "alias" in node and "sample" in node and kind not in _TABLE_KINDS:
        raise _refusal(f"{identifier(str(kind)).replace('_', ' ')} is not allowed in FROM", node, sql)
    if isinstance(kind, str) and kind.endswith("_NODE") and kind not in _QUERY_NODES:
        raise _refusal("the statement changes data", node, sql)
    if kind == "BASE_TABLE":
        name = ".".join(part for part in (node["schema_name"], node["table_name"]) if part)
        if node["catalog_name"]:
            name = f"{node['catalog_name']}.{name}"
        if identifier(name) not in relations:
            raise _refusal(f"there is no stored relation {name}", node, sql)
    elif kind == "TABLE_FUNCTION":
        name = node["function"].get("function_name", "")
        if identifier(name) not in in_from:
            raise _refusal(f"the table function {name} is not allowed", node, sql)
    elif "function_name" in node:
        name = identifier(node["function_name"])
        if name not in functions and name not in in_from:
            raise _refusal(f"the function {name} is not allowed", node, sql)


def _refusal(message: str, node: dict[str, Any], sql: str) -> ProgrammingError:
    start, length = node.get("query_location", len(sql)), node.get("query_location_length", 0)
    # DuckDB counts bytes
    before = sql.encode()[:start].decode(errors="ignore")
    within = sql.encode()[start : start + length].decode(errors="ignore")
    span = (len(before), len(before) + len(within)) if within else None
    return ProgrammingError(message, source=sql, span=span, hint=_HINT)


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object of the tree. Not recursive: a model's text may be nested deeper than Python's stack."""
    waiting = [tree]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            yield item
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


def _common_tables(node: dict[str, Any]) -> list[dict[str, Any]]:
    entries = node.get("cte_map", {}).get("map", []) if isinstance(node.get("cte_map"), dict) else []
    return [entry for entry in entries if isinstance(entry, dict) and "key" in entry]


def _stored_relations(connection: duckdb.DuckDBPyConnection) -> set[str]:
    rows = connection.execute(
        """SELECT database_name, schema_name, table_name, database_name = current_database()
           FROM duckdb_tables() WHERE NOT internal
           UNION ALL
           SELECT database_name, schema_name, view_name, database_name = current_database()
           FROM duckdb_views() WHERE NOT internal"""
    ).fetchall()
    names: set[str] = set()
    for database, schema, table, here in rows:
        names.add(identifier(f"{database}.{schema}.{table}"))
        if here:
            names.add(identifier(f"{schema}.{table}"))
            if schema == "main":
                names.add(identifier(table))
        elif database == "temp":
            names.add(identifier(table))
    return names


def _functions(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    rows = connection.execute(
        """SELECT DISTINCT function_name FROM duckdb_functions()
           WHERE internal AND function_type IN ('scalar', 'aggregate', 'macro', 'window')"""
    ).fetchall()
    return frozenset(identifier(name) for (name,) in rows) - _REFUSED_FUNCTIONS
