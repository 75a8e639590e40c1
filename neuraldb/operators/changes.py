"""Statements that change things, and statements that DuckDB runs as they are."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from neuraldb.core.errors import ProgrammingError
from neuraldb.core.text import nearest, normalise
from neuraldb.operators.context import Context, neural
from neuraldb.operators.paraphrases import paraphrases
from neuraldb.operators.write import add_facts
from neuraldb.plan.nodes import Field, Node
from neuraldb.plan.provenance import CONFIDENCE, EVIDENCE
from neuraldb.plan.statement_nodes import COUNT, ROWS, ExactStatement, ForgetFacts, InsertFacts, UpdateFacts
from neuraldb.stores.facts import Fact, NewFact

# what neuraldb.language.detect_english takes for a retraction, with what is taken back as ``rest``
RETRACTION = re.compile(
    r"^\s*(?:please\s+)?(?:"
    r"(?:forget|retract|delete|remove|erase|unlearn|discard|drop|undo|cancel)\s+"
    r"(?:(?:the\s+)?(?:fact|statement|claim|sentence)\s+)?(?:that\s+)?"
    r"|it(?:\s+is|['’]s)(?:n['’]t|\s+not|\s+no\s+longer)\s+(?:true|the\s+case)\s+(?:any\s*more\s+)?that\s+"
    r")(?P<rest>.+?)\s*$",
    re.I | re.S,
)


@neural(ExactStatement)
def exact_statement(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """What DuckDB shows for the statement; the number of rows in a column ``Count`` where it changes some."""
    assert isinstance(node, ExactStatement)
    # evidence and confidence are those of the query's rows, not of the stored ones
    inputs = {ROWS: children[0].select([f.name for f in node.child.columns])} if node.child is not None else {}
    return context.stores.database.query(node.sql, dict(node.parameters), inputs)


@neural(InsertFacts)
def insert_facts(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The rows added as facts."""
    assert isinstance(node, InsertFacts)
    rows = children[0].select([f.name for f in node.child.columns]).to_pylist()
    added = add_facts([new_fact(row) for row in rows], context)
    return _facts([a.id for a in added], node.returning, context) if node.returning else counted(len(rows))


@neural(ForgetFacts)
def forget_facts(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The facts forgotten."""
    assert isinstance(node, ForgetFacts)
    ids = sorted({i for i in children[0].column("id").to_pylist() if i is not None})
    with context.stores.database.transaction():
        gone = _facts(ids, node.returning, context)
        count = len(context.stores.facts.forget(ids))
    return gone if node.returning else counted(count)


@neural(UpdateFacts)
def update_facts(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """Each fact superseded by one that says what the row says."""
    assert isinstance(node, UpdateFacts)
    rows = children[0].select([f.name for f in node.child.columns]).to_pylist()
    with context.stores.database.transaction(), context.stores.database.one_moment():
        old = {fact.id: fact for fact in context.stores.facts.get([row["id"] for row in rows])}
        wanted = {row["id"]: new_fact(row, old[row["id"]]) for row in rows}
        changed = {id: fact for id, fact in wanted.items() if fact != new_fact({}, old[id])}
        added = add_facts(list(changed.values()), context, replaced=list(changed))
        for id, new in zip(changed, added, strict=True):
            context.stores.facts.supersede([id], new.id)
    now = {**{row["id"]: row["id"] for row in rows}, **{id: new.id for id, new in zip(changed, added, strict=True)}}
    return _facts(list(now.values()), node.returning, context) if node.returning else counted(len(rows))


def _facts(ids: Sequence[int], fields: Sequence[Field], context: Context) -> pa.Table:
    """Facts with columns of their view, each resting on itself."""
    listed = ", ".join(f.name for f in fields) or "id"
    sql = f"""SELECT {listed}, [id] AS {EVIDENCE}, 1.0::DOUBLE AS {CONFIDENCE}
              FROM facts WHERE id IN (SELECT unnest(?)) ORDER BY id"""
    return context.stores.database.query(sql, [list(ids)])


def new_fact(row: Mapping[str, Any], old: Fact | None = None) -> NewFact:
    """A fact from a row of the columns that SQL can say of one; what is not said stays as in ``old``."""
    known: dict[str, Any] = {}
    if old is not None:
        known = {
            "text": old.text,
            "subject": old.subject,
            "labels": old.labels,
            "source": old.sources[0] if old.sources else None,
        }
        known |= {"valid_from": old.valid_from, "valid_to": old.valid_to}
    known |= {name: value for name, value in row.items() if name != "id"}
    for name in ("asserted_at", "valid_from", "valid_to"):
        moment = known.get(name)
        if isinstance(moment, datetime.datetime) and moment.tzinfo is None:
            known[name] = moment.replace(tzinfo=datetime.UTC)
    return NewFact(**{**known, "labels": tuple(known.get("labels") or ())})


def counted(count: int) -> pa.Table:
    """The one row that a change gives."""
    return pa.table({COUNT[0].name: pa.array([count], pa.int64())})


def retracted(text: str) -> str:
    """What a retraction takes back: its words without "Forget that"."""
    found = RETRACTION.match(text)
    return found["rest"] if found else text


def forget(target: str | int | Sequence[int], context: Context) -> int:
    """Forget facts by id, or those that have these words or say just the same in others; gives how many.

    Raises:
        ProgrammingError: no current fact is meant; the nearest are its candidates.
    """
    facts = context.stores.facts
    if not isinstance(target, str):
        return len(facts.forget([target] if isinstance(target, int) else list(target)))
    key = normalise(target)
    current = facts.current()
    # however often it was told, and in whatever words: what is to be forgotten must not come back by another fact
    same = {f.id for f in current if normalise(f.text) == key} | set(paraphrases(target, context))
    if not same:
        near = nearest(target, [f.text for f in current][:20_000], 3)
        raise ProgrammingError(
            "no fact says that",
            source=target,
            candidates=near,
            hint="forget takes what a fact says and no more, or its id",
        )
    return len(facts.forget(same))
