"""Relations that nobody stored: read from the facts when they are asked for (lazy extraction).

An attribute in words ("people: birthplace") is put to the reader in ``pair`` mode over the facts that may say it; keys
and values become entities. What was read once is remembered, so the second statement finds the relation materialised.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa

from neuraldb.core.text import mentions
from neuraldb.operators.context import Context, neural
from neuraldb.operators.link import canonical, told_apart
from neuraldb.operators.retrieve import candidates
from neuraldb.operators.spj import derive, read, sound
from neuraldb.operators.tables import table
from neuraldb.operators.word_order import in_order
from neuraldb.operators.write import as_term
from neuraldb.plan.nodes import AttributeScan, Node
from neuraldb.stores.derivations import Derivation
from neuraldb.stores.terms import Term


def pairs(query: str, name: str, anchors: tuple[str, ...], context: Context) -> Sequence[Derivation]:
    """Key-value derivations of an attribute, from the facts that name an anchor or, without any, from the likeliest.

    Nothing is its own value; where the ``name`` of the attribute stands between both, it tells which is which.
    """
    ids, _ = candidates(query, anchors, None, context)
    readings = {i: fact.reading for i, fact in context.stores.readings(ids.tolist()).items()}
    found = [in_order(name, d, readings[d.fact]) for d in read(query, "pair", readings, context)]
    return sound(found, "pair", anchors, context)


def values_of(name: str, words: str, context: Context) -> Sequence[Derivation]:
    """The values of an attribute of a thing that is named, as answers to a question; its name is their key."""
    question = f"What is the {words} of {name}?"
    ids, _ = candidates(question, (name,), None, context)
    readings = {i: fact.reading for i, fact in context.stores.readings(ids.tolist()).items()}
    found = derive(question, "answer", readings, (name,), context)
    return [replace(d, key_text=name, value_text=d.key_text, key_span=None, value_span=d.key_span) for d in found]


def each_told_apart(found: Sequence[Derivation], context: Context) -> list[Derivation]:
    """Derivations with names that several entities have made those of the ones that their facts mention."""
    facts = [[d.fact] for d in found]
    keys = told_apart([d.key_text for d in found], facts, context)
    values = told_apart([d.value_text for d in found], facts, context)
    return [replace(d, key_text=k, value_text=v) for d, k, v in zip(found, keys, values, strict=True)]


def missed(found: Sequence[Derivation], relations: tuple[int, ...], context: Context) -> list[Derivation]:
    """The derivations from facts that state no triple of the relations, and none at all between the two ends.

    Where the extractor has related the two ends, it has not missed them, but says something else of them.
    """
    stated: dict[int, list[tuple[int, str, str]]] = defaultdict(list)
    rows = context.stores.database.rows(
        """SELECT x.fact, x.relation, s.text, o.text FROM store.triples x
           JOIN store.terms s ON s.id = x.subject JOIN store.terms o ON o.id = x.object
           WHERE list_contains(?, x.fact) AND x.recorded_to IS NULL""",
        [sorted({d.fact for d in found})],
    )
    for fact, relation, subject, object_ in rows:
        stated[fact].append((relation, subject, object_))
    return [
        d
        for d in found
        if not any(
            relation in relations or {_end(d, subject), _end(d, object_)} == {"key", "value"}
            for relation, subject, object_ in stated[d.fact]
        )
    ]


def _end(derivation: Derivation, name: str) -> str | None:
    """Which end of a derivation a name is."""
    for end, text in (("key", derivation.key_text), ("value", derivation.value_text)):
        if text is not None and (mentions(name, text) or mentions(text, name)):
            return end
    return None


@neural(AttributeScan)
def attribute_scan(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """Subjects and objects as terms of the graph."""
    assert isinstance(node, AttributeScan)
    anchors = tuple(a for a in (node.subject_anchor, node.object_anchor) if a is not None)
    found = [d for d in pairs(node.attribute, node.attribute, anchors, context) if d.key_text and d.value_text]
    if node.beyond:
        found = missed(found, node.beyond, context)
    found = each_told_apart(found, context)
    names = canonical([t for d in found for t in (d.key_text, d.value_text) if t], anchors, context)
    same = context.stores.identities({*names.values(), *anchors})
    rows = []
    for d in found:
        subject, value = names[str(d.key_text)], names[str(d.value_text)]
        wanted = (node.subject_anchor, subject), (node.object_anchor, value)
        if all(anchor is None or same[anchor] == same[name] for anchor, name in wanted):
            rows.append((subject, value, d))
    terms = [t for subject, value, _ in rows for t in (Term("entity", subject), as_term(value))]
    ids = context.term_ids(terms)
    return table(node.columns, [ids[0::2], ids[1::2]], [[d.fact] for *_, d in rows], [d.confidence for *_, d in rows])
