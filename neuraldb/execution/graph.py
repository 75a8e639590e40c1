"""Graph nodes as DuckDB queries over ``store.triples`` and ``store.terms``."""

from __future__ import annotations

from dataclasses import dataclass

import neuraldb.execution.graph_terms  # noqa: F401  # registers the functions that graph plans call
from neuraldb.core.errors import InternalError
from neuraldb.core.text import quoted
from neuraldb.execution.graph_terms import INEXACT, pack, whole
from neuraldb.execution.relational import Compiler, Sql, duckdb_type, exact, names, order
from neuraldb.plan import nodes as n
from neuraldb.plan import sparql_nodes as g
from neuraldb.plan.provenance import CONFIDENCE, EVIDENCE

COLUMNS = {"subject": "subject", "predicate": "relation", "object": "object", "graph": "graph"}
"""The column of ``store.triples`` for each position of a pattern."""
CURRENT = "recorded_to IS NULL"
FACTS = "list_sort(list_distinct({facts}))"
IMPORTED = "store.triples /* imported */"
"""The triples where only those are wanted that no fact states: a copy of them may be read instead."""
PASSING = "__passing_terms"
"""The input with the terms that a statement has read from facts and that are not stored."""
EITHER = "1.0 - product(1.0 - confidence::DOUBLE)"


@dataclass(frozen=True, slots=True)
class Match:
    """One triple pattern within a FROM clause.

    Attributes:
        item: the FROM item.
        variables: (variable, SQL of its id) for each position that holds one.
        conditions: what its rows must fulfil.
        facts: SQL of the list of facts (may hold NULLs), and ``unsupported``, of whether there is none.
        confidence: SQL of the confidence.
        traced: whether there can be facts, or doubts; without, the last three are of no use.
    """

    item: str
    variables: tuple[tuple[str, str], ...]
    conditions: tuple[str, ...]
    facts: str
    unsupported: str
    confidence: str
    traced: bool = True


def match(c: Compiler, pattern: n.TriplePattern, alias: str) -> Match:
    """The FROM item of a pattern and what must hold for it."""
    prefix = "" if pattern.repeated else f"{alias}."
    conditions = [f"{prefix}{CURRENT}"]
    variables = []
    for name, column in COLUMNS.items():
        term = getattr(pattern, name)
        conditions += restriction(c, prefix + column, term)
        if isinstance(term, n.Variable):
            variables.append((term.name, column))
    named = tuple((v, f"{alias}.{column}") for v, column in variables)
    confidence = f"{alias}.confidence"
    if not pattern.repeated:
        related = isinstance(pattern.predicate, n.TermConstant)
        fact, item = f"{alias}.fact", f"{IMPORTED if related and not pattern.traced else 'store.triples'} AS {alias}"
        return Match(item, named, tuple(conditions), f"[{fact}]", f"{fact} IS NULL", confidence, pattern.traced)
    # one row for each match, however many facts state it and however many terms a name stands for
    keys = sorted({column for _, column in variables})
    if isinstance(pattern.predicate, n.NoneOf):  # each of the other relations is a match of its own
        keys.append(COLUMNS["predicate"])
    outputs = [*keys, "list(fact) AS facts", f"{EITHER} AS confidence"] if pattern.traced else keys or ["1 AS __one"]
    group = f" GROUP BY {', '.join(keys)}" if keys else " HAVING count(*) > 0"
    item = f"(SELECT {', '.join(outputs)} FROM store.triples WHERE {' AND '.join(conditions)}{group}) AS {alias}"
    none = f"len(list_distinct({alias}.facts)) = 0"
    return Match(item, named, (), f"{alias}.facts", none, confidence, pattern.traced)


def restriction(c: Compiler, column: str, term: n.PatternTerm | None) -> list[str]:
    """The conditions on a column of triples that stands where a pattern has a term."""
    match term:
        case None:
            return [f"{column} IS NULL"] if column.endswith("graph") else []
        case n.Variable():
            return [f"{column} IS NOT NULL"] if column.endswith("graph") else []
        case n.TermConstant(_, ids):
            return [among(c, column, ids)]
        case n.NoneOf(terms):
            excluded = tuple(i for t in terms for i in t.ids)
            return [f"NOT ({among(c, column, excluded)})"] if excluded else []
        case _:
            raise InternalError(f"{term!r} is no part of a pattern")


def among(c: Compiler, column: str, ids: tuple[int, ...]) -> str:
    """The condition that a column holds one of the terms."""
    if not ids:
        return "(false)"
    if len(ids) == 1:
        return f"{column} = {c.parameters.bind(ids[0])}"
    return f"{column} IN ({', '.join(c.parameters.bind(i) for i in ids)})"


@exact(n.TriplePattern)
def _triple_pattern(c: Compiler, node: n.Node) -> Sql:
    assert isinstance(node, n.TriplePattern)
    return _basic(c, (node,))


@exact(g.BasicPattern)
def _basic_pattern(c: Compiler, node: n.Node) -> Sql:
    assert isinstance(node, g.BasicPattern)
    return _basic(c, node.patterns)


def _basic(c: Compiler, patterns: tuple[n.TriplePattern, ...]) -> Sql:
    matches = [match(c, p, f"t{i}") for i, p in enumerate(patterns)]
    where = [condition for m in matches for condition in m.conditions]
    first: dict[str, str] = {}
    for name, sql in (v for m in matches for v in m.variables):
        if name in first:
            where.append(f"{first[name]} = {sql}")
        else:
            first[name] = sql
    outputs = [f"{sql} AS {quoted(name)}" for name, sql in first.items()]
    items, tail = ", ".join(m.item for m in matches), f" WHERE {' AND '.join(where)}" if where else ""
    matches = [m for m in matches if m.traced]
    if not matches:
        return Sql(f"SELECT {', '.join(outputs) or '1 AS __one'} FROM {items}{tail}", traced=False)
    facts = FACTS.format(facts=_concatenated([m.facts for m in matches]))
    unsupported = " AND ".join(m.unsupported for m in matches)
    outputs.append(f"CASE WHEN {unsupported} THEN CAST([] AS BIGINT[]) ELSE {facts} END AS {EVIDENCE}")
    outputs.append(f"{' * '.join(f'{m.confidence}::DOUBLE' for m in matches)} AS {CONFIDENCE}")
    return Sql(f"SELECT {', '.join(outputs)} FROM {items}{tail}", traced=True)


def _concatenated(lists: list[str]) -> str:
    return lists[0] if len(lists) == 1 else f"list_concat({', '.join(lists)})"


def _terms(node: n.Node) -> str:
    """The FROM item of all terms that the rows of a node may hold."""
    if not any(isinstance(below, n.AttributeScan) for below in node.below()):
        return "store.terms"
    return f"(SELECT * EXCLUDE key FROM store.terms UNION ALL BY NAME SELECT * FROM {PASSING})"


def _part(alias: str, name: str) -> str:
    """A part of a stored term. A number without a unit is stored with '' or NULL, but a term has one form only."""
    return f"nullif({alias}.unit, '')" if name == "unit" else f"{alias}.{name}"


@exact(g.TermParts)
def _term_parts(c: Compiler, node: n.Node) -> Sql:
    assert isinstance(node, g.TermParts)
    source, traced = c.source(node.child, "t")
    outputs, joins, terms = ["t.*"], [], _terms(node.child)
    for i, variable in enumerate(node.variables):
        outputs += [f"{_part(f'x{i}', name)} AS {quoted(g.part(variable, name))}" for name in g.PARTS]
        word = "JOIN" if variable in node.bound else "LEFT JOIN"
        joins.append(f" {word} {terms} AS x{i} ON x{i}.id = t.{quoted(variable)}")
    return Sql(f"SELECT {', '.join(outputs)} FROM {source}{''.join(joins)}", traced)


@exact(g.Extend)
def _extend(c: Compiler, node: n.Node) -> Sql:
    assert isinstance(node, g.Extend)
    source, traced = c.source(node.child, "t")
    outputs = [f"{c.scalar(e)} AS {quoted(f.name)}" for f, e in node.outputs]
    return Sql(f"SELECT t.*, {', '.join(outputs)} FROM {source}", traced)


@exact(g.Provenance)
def _provenance(c: Compiler, node: n.Node) -> Sql:
    assert isinstance(node, g.Provenance)
    source, traced = c.source(node.child, "t")
    score, facts = (CONFIDENCE, f"array_to_string({EVIDENCE}, ' ')") if traced else ("1.0::DOUBLE", "''")
    return Sql(f"SELECT *, {score} AS {quoted(node.score)}, {facts} AS {quoted(node.evidence)} FROM {source}", traced)


@exact(g.Weighted)
def _weighted(c: Compiler, node: n.Node) -> Sql:
    assert isinstance(node, g.Weighted)
    source, traced = c.source(node.child, "t")
    facts = EVIDENCE if traced else f"CAST([] AS BIGINT[]) AS {EVIDENCE}"
    confidence = f"{CONFIDENCE if traced else '1.0'} * {node.chance!r}::DOUBLE AS {CONFIDENCE}"
    columns = names(node) or "1 AS __one"
    return Sql(f"SELECT {columns}, {facts}, {confidence} FROM {source}", traced=True)


@exact(g.Certain)
def _certain(c: Compiler, node: n.Node) -> Sql:
    assert isinstance(node, g.Certain)
    source, _ = c.source(node.child, "t")
    return Sql(f"SELECT {names(node) or '1 AS __one'} FROM {source}", traced=False)


_READ = {
    "VARCHAR": ("text",),
    "BIGINT[]": ("text",),
    "HUGEINT": ("number", "text"),
    "NUMBER": ("number", "text", "datatype"),
    "BOOLEAN": ("number",),
}
"""The parts of a term that its output value is made of; of other types all."""


@exact(n.Decode)
def _decode(c: Compiler, node: n.Node) -> Sql:
    assert isinstance(node, n.Decode)
    source, traced = c.source(node.child, "t")
    types = {f.name: f.type for f in node.child.columns}
    outputs, joins, terms = [], [], _terms(node.child)
    for i, f in enumerate(node.columns):
        have = types.get(f.name)
        if have == "TERM":
            # names with a dot cannot be those of variables
            parts = ", ".join(f"{name} AS {quoted(f'{i}.{name}')}" for name in ("id", *_READ.get(f.type, g.PARTS)))
            key = f"d{i}.{quoted(f'{i}.id')} = t.{quoted(f.name)}"
            word = "JOIN" if f.name in node.bound else "LEFT JOIN"
            joins.append(f" {word} (SELECT {parts} FROM {terms}) AS d{i} ON {key}")
        outputs.append(f"{_decoded(f, have, i)} AS {quoted(f.name)}")
    outputs += [f"t.{EVIDENCE}", f"t.{CONFIDENCE}"] if traced else []
    keys = _sorted_by(c, node.child)
    tail = f" ORDER BY {keys}" if keys else ""
    return Sql(f"SELECT {', '.join(outputs) or '1 AS __one'} FROM {source}{''.join(joins)}{tail}", traced)


def _decoded(field: n.Field, have: str | None, index: int) -> str:
    """The output value of a term that is given as ``have``: an id, its parts, a plain DuckDB value, or not at all."""
    if have is None:
        return f"NULL::{duckdb_type(field.type)}"
    if have not in ("TERM", "VALUE"):
        return f"CAST(t.{quoted(field.name)} AS {duckdb_type(field.type)})"

    def named(name: str) -> str:
        return f"d{index}.{quoted(f'{index}.{name}')}" if have == "TERM" else f"t.{quoted(field.name)}.{name}"

    match field.type:
        case "VARCHAR":
            return named("text")
        case "BOOLEAN":
            return f"({named('number')} = 1)"
        case "VALUE":
            return pack([named(name) for name in g.PARTS]) if have == "TERM" else f"t.{quoted(field.name)}"
        case "HUGEINT":
            return whole(named("text"), named("number"))
        case "NUMBER":
            exact = f"CASE WHEN {named('datatype')} NOT IN ({INEXACT}) THEN {whole(named('text'), named('number'))} END"
            return f"{{'number': {named('number')}, 'whole': {exact}}}"
        case "BIGINT[]":
            return f"CAST(list_filter(string_split({named('text')}, ' '), lambda x: x <> '') AS BIGINT[])"
    raise InternalError(f"a term cannot be given as {field.type}")


def _sorted_by(c: Compiler, node: n.Node) -> str | None:
    """The sort keys of an ordered node: looking terms up loses the order, so it is made again."""
    while isinstance(node, n.Limit):
        node = node.child
    return order(c, node.keys, node) if isinstance(node, n.Sort) else None
