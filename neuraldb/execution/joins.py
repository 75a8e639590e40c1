"""Joins as DuckDB queries: inner and outer, semi and anti, and SPARQL's compatible rows and MINUS."""

from __future__ import annotations

from neuraldb.core.text import quoted
from neuraldb.execution.relational import ALL_EVIDENCE, EITHER, Compiler, Sql, exact
from neuraldb.plan import nodes as n
from neuraldb.plan.expressions import Call, Column, Expression, transform
from neuraldb.plan.provenance import CONFIDENCE, EVIDENCE


@exact(n.Join)
def _join(c: Compiler, node: n.Node) -> Sql:
    assert isinstance(node, n.Join)
    left, right = c.compile(node.left), c.compile(node.right)
    parts = {name: _equal(name, name in node.nullable) for name in node.on}
    condition = [_qualified(c, node)] if node.condition is not None else []
    on = " AND ".join([*parts.values(), *condition]) or "true"
    if node.kind in ("semi", "anti"):
        return _restricted(node, left, right, on)
    outputs = ", ".join(_joined(node, left.traced, right.traced)) or "1 AS __one"
    traced = left.traced or right.traced
    if node.kind in ("inner", "left") and node.on and node.nullable >= set(node.on):
        return Sql(_join_by_parts(node, left.text, right.text, parts, condition, outputs), traced)
    cross = node.kind == "cross" or (node.kind == "inner" and on == "true")
    word, tail = ("CROSS", "") if cross else (node.kind.upper(), f" ON {on}")
    return Sql(f"SELECT {outputs} FROM ({left.text}) AS l {word} JOIN ({right.text}) AS r{tail}", traced)


def _restricted(node: n.Join, left: Sql, right: Sql, on: str) -> Sql:
    """A semi or anti join: a row that is kept also rests on the rows that keep it, of which any one would do."""
    if node.kind == "anti" or not right.traced:
        sql = f"SELECT l.* FROM ({left.text}) AS l {node.kind.upper()} JOIN ({right.text}) AS r ON {on}"
        return Sql(sql, left.traced)
    numbered = f"__l AS MATERIALIZED (SELECT *, row_number() OVER () AS __row FROM ({left.text}) AS l)"
    witnesses = f"SELECT l.__row, r.{EVIDENCE}, r.{CONFIDENCE} FROM __l AS l JOIN ({right.text}) AS r ON {on}"
    kept = f"__r AS MATERIALIZED (SELECT __row, {ALL_EVIDENCE}, {EITHER} FROM ({witnesses}) AS t GROUP BY __row)"
    columns = [f"l.{quoted(f.name)}" for f in node.columns] or ["1 AS __one"]
    outputs = ", ".join(columns + _both(left.traced, right.traced))
    return Sql(f"WITH {numbered}, {kept} SELECT {outputs} FROM __l AS l JOIN __r AS r USING (__row)", traced=True)


def _joined(node: n.Join, left_traced: bool, right_traced: bool) -> list[str]:
    """The output columns of a join of l and r."""
    columns = []
    for f in node.columns:
        q = quoted(f.name)
        if f.name in node.on:
            columns.append(f"coalesce(l.{q}, r.{q}) AS {q}")
        else:
            columns.append(f"{'l' if f.name in node.left.names else 'r'}.{q}")
    return columns + _both(left_traced, right_traced)


def _join_by_parts(
    node: n.Join, left: str, right: str, parts: dict[str, str], condition: list[str], outputs: str
) -> str:
    """A join none of whose keys is always bound, as joins that DuckDB can hash: bound rows by the key, others all."""
    key, *rest = node.on
    q = quoted(key)
    residual = "".join(f" AND {p}" for p in [*(parts[name] for name in rest), *condition])
    cases = (f"l.{q} = r.{q}", f"l.{q} IS NULL", f"l.{q} IS NOT NULL AND r.{q} IS NULL")
    row = "l.__row, " if node.kind == "left" else ""
    pieces = " UNION ALL ".join(f"SELECT {row}{outputs} FROM __l AS l JOIN __r AS r ON {on}{residual}" for on in cases)
    number = ", row_number() OVER () AS __row" if node.kind == "left" else ""
    sides = f"__l AS MATERIALIZED (SELECT *{number} FROM ({left}) AS l), __r AS MATERIALIZED ({right})"
    if node.kind == "inner":
        return f"WITH {sides} {pieces}"
    alone = f"SELECT {outputs} FROM (SELECT * FROM __l ANTI JOIN __m USING (__row)) AS l LEFT JOIN __r AS r ON false"
    return f"WITH {sides}, __m AS MATERIALIZED ({pieces}) SELECT * EXCLUDE (__row) FROM __m UNION ALL {alone}"


def _equal(name: str, nullable: bool) -> str:
    q = quoted(name)
    if nullable:
        return f"(l.{q} = r.{q} OR l.{q} IS NULL OR r.{q} IS NULL)"
    return f"l.{q} = r.{q}"


def _qualified(c: Compiler, node: n.Join) -> str:
    """The join condition, its shared columns taken from the side that has them bound."""

    def change(e: Expression) -> Expression:
        if isinstance(e, Column) and e.name in node.on:
            return Call("shared", (e,))
        return e

    assert node.condition is not None
    return c.scalar(transform(node.condition, change))


def _both(left: bool, right: bool) -> list[str]:
    """Provenance of a joined row: all facts of both sides; both must hold."""
    if left and right:
        return [
            f"list_sort(list_distinct(list_concat(coalesce(l.{EVIDENCE}, []), coalesce(r.{EVIDENCE}, []))))"
            f" AS {EVIDENCE}",
            f"coalesce(l.{CONFIDENCE}, 1.0) * coalesce(r.{CONFIDENCE}, 1.0) AS {CONFIDENCE}",
        ]
    if left or right:
        side = "l" if left else "r"
        return [f"coalesce({side}.{EVIDENCE}, []) AS {EVIDENCE}", f"coalesce({side}.{CONFIDENCE}, 1.0) AS {CONFIDENCE}"]
    return []


@exact(n.Minus)
def _minus(c: Compiler, node: n.Node) -> Sql:
    assert isinstance(node, n.Minus)
    shared = sorted(node.left.names & node.right.names)
    left = c.compile(node.left)
    if not shared:
        return left
    right, _ = c.source(node.right, "r")
    parts = [_equal(name, name in node.nullable) for name in shared]
    if all(name in node.nullable for name in shared):
        # unbound agrees with anything, but rows without any common bound variable are disjoint
        parts.append("(" + " OR ".join(f"l.{quoted(s)} = r.{quoted(s)}" for s in shared) + ")")
    return Sql(f"SELECT l.* FROM ({left.text}) AS l ANTI JOIN {right} ON {' AND '.join(parts)}", left.traced)
