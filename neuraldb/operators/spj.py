"""Neural SPJ: the reader on every support set, its derivations as rows; what was read before is not read again."""

from __future__ import annotations

import datetime
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import reduce
from hashlib import blake2s

import numpy as np
import pyarrow as pa

from neuraldb.core.frames import SLOT
from neuraldb.core.text import mentions
from neuraldb.core.unit_spellings import ISO_CURRENCIES
from neuraldb.core.values import Value, display, parse_value
from neuraldb.models.protocols import Reading, ReadRequest
from neuraldb.operators.context import Context, neural
from neuraldb.operators.known_names import asked
from neuraldb.operators.retrieve import candidates, naming
from neuraldb.operators.tables import table
from neuraldb.plan.nodes import Field, NeuralJoin, NeuralSPJ, Node, Retrieve
from neuraldb.plan.path_nodes import PathSets
from neuraldb.plan.provenance import CONFIDENCE, EVIDENCE
from neuraldb.stores.derivations import Derivation, Span

LIKELY = {"answer": 0.65, "pair": 0.5, "verdict": 0.5}
"""A derivation counts from this probability on; of many facts that are read for an answer, most hold none."""
CONTEST = {"answer": 5.0, "value": 20.0, "pair": 20.0}
"""A derivation does not count if another one for the same question has odds so many times better; verdicts do not
contend, yes and no are weighed later. What is counted or compared ("value", "pair") loses more by what is missed."""
KEPT = 0.1
"""Less likely ones are not even remembered."""
BATCH = 256
MOST_BRIDGES = 24
"""Values for which the second question of a join is asked, most confident first."""


@neural(NeuralSPJ)
def neural_spj(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """Rows of derivations from the child's facts."""
    assert isinstance(node, NeuralSPJ)
    (facts,) = children
    if isinstance(node.child, PathSets):
        together = read_sets(node.question, node.child.named, facts, context)
        answers, evidence = [d for d, _ in together], [sorted(ids) for _, ids in together]
        return rows(node.columns, node.mode, answers, evidence, [d.confidence for d in answers], context)
    readings = dict(zip(facts.column("fact").to_pylist(), facts.column("text").to_pylist(), strict=True))
    anchors = node.child.anchors if isinstance(node.child, Retrieve) else ()
    found = derive(node.question, node.mode, readings, anchors, context)
    return rows(node.columns, node.mode, found, [[d.fact] for d in found], [d.confidence for d in found], context)


@neural(NeuralJoin)
def neural_join(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """Rows of derivations from the question asked once for each value of the child."""
    assert isinstance(node, NeuralJoin)
    (outer,) = children
    columns = (outer.column(name).to_pylist() for name in (node.column, EVIDENCE, CONFIDENCE))
    bridges = [b for b in zip(*columns, strict=True) if b[0] is not None]
    found: list[Derivation] = []
    via, evidence, confidence = [], [], []
    for value, facts, sure in sorted(bridges, key=lambda b: (-b[2], b[0]))[:MOST_BRIDGES]:
        question = node.question.replace(SLOT, value)
        ids, _ = candidates(question, (value,), None, context)
        readings = {i: fact.reading for i, fact in context.stores.readings(ids.tolist()).items()}
        for derivation in derive(question, node.mode, readings, (value, *node.named), context):
            found.append(derivation)
            via.append(value)
            evidence.append(sorted({*facts, derivation.fact}))
            confidence.append(sure * derivation.confidence)
    return rows(node.columns, node.mode, found, evidence, confidence, context, via)


def read_sets(
    question: str, names: tuple[str, ...], sets: pa.Table, context: Context
) -> list[tuple[Derivation, Sequence[int]]]:
    """What follows from support sets of several facts each, read together, with the ids of those facts.

    Only what stands in the last fact of a set counts: there the path ends that the set lies along.

    Args:
        question: the whole question.
        names: the names in it.
        sets: the rows of :class:`~neuraldb.plan.path_nodes.PathSets`.
        context: the statement's.
    """
    ids, facts = sets.column("ids").to_pylist(), sets.column("facts").to_pylist()
    made = [
        (replace(derivation, confidence=derivation.confidence * sure), some)
        for some, found, sure in zip(
            ids, _found_together(question, ids, facts, context), sets.column(CONFIDENCE).to_pylist(), strict=True
        )
        for derivation in found
        if derivation.confidence >= LIKELY["answer"]
    ]
    right = {id(d) for d in sound([d for d, _ in made], "answer", names, context)}
    kept = [pair for pair in made if id(pair[0]) in right]
    return [kept[i] for i in contest([d for d, _ in kept], "answer")]


def _found_together(
    question: str, ids: Sequence[Sequence[int]], facts: Sequence[Sequence[str]], context: Context
) -> list[list[Derivation]]:
    """For each set what the reader finds in its last fact, given the others; what was read before is not read again."""
    reader, stores = context.models.reader.name, context.stores
    # to its last fact a set is remembered under the question and the facts before
    queries = [f"set {blake2s(json.dumps([question, *texts[:-1]]).encode()).hexdigest()}" for texts in facts]
    found: dict[int, list[Derivation]] = {}
    for place, (query, some, texts) in enumerate(zip(queries, ids, facts, strict=True)):
        known, _ = stores.derived(reader, query, {some[-1]: texts[-1]})
        if some[-1] in known:
            found[place] = known[some[-1]]
    missing = [place for place in range(len(facts)) if place not in found]
    requests = [ReadRequest(question, tuple(facts[place]), "answer") for place in missing]
    for place, reading in zip(missing, context.models.read(requests, context.token), strict=True):
        last = ids[place][-1]
        found[place] = [
            Derivation(last, d.key.text, key_span=(d.key.start, d.key.end), confidence=min(1.0, max(0.0, d.confidence)))
            for d in reading.derivations
            # what an earlier fact answers needs no path
            if d.confidence > KEPT and d.key.fact == len(facts[place]) - 1
        ]
        if not reading.unreadable:
            stores.remember(reader, queries[place], {last: (facts[place][-1], found[place])})
    context.counters.count("reader", len(missing))
    context.counters.support.update(fact for some in ids for fact in some)
    context.counters.facts_read += len(missing)
    context.counters.cached += len(facts) - len(missing)
    return [found[place] for place in range(len(facts))]


def derive(
    question: str, mode: str, readings: Mapping[int, str], anchors: tuple[str, ...], context: Context
) -> Sequence[Derivation]:
    """What follows from the facts for the question, once what each gives is weighed against what the others give."""
    contended, mode = mode, "answer" if mode == "value" else mode
    found: list[Derivation] = []
    for own, names, some in asked(question, readings, anchors, context):
        named = (*anchors, *names) if mode == "answer" else anchors
        found += sound(read(own, mode, some, context), mode, named, context)
    return [found[i] for i in contest(found, contended)]


def contest(found: Sequence[Derivation], mode: str) -> Sequence[int]:
    """Places of those that stand beside the best: where one fact gives a sure answer, doubtful ones are none."""
    if mode not in CONTEST:
        return range(len(found))
    odds = [d.confidence / max(1.0 - d.confidence, 5e-4) for d in found]
    best = max(odds, default=0.0)
    return [i for i, mine in enumerate(odds) if mine * CONTEST[mode] >= best]


def sound(found: Sequence[Derivation], mode: str, anchors: tuple[str, ...], context: Context) -> Sequence[Derivation]:
    """The derivations that can stand whatever the reader thinks of them.

    An answer is never what the question itself named, nor a part of that name; nothing is its own value; and a fact
    says yes about several named things only if it names them all.
    """
    if mode == "answer":
        return [d for d in found if d.key_text is None or not any(mentions(a, d.key_text) for a in anchors)]
    if mode == "pair":
        return [d for d in found if not _overlap(d.key_span, d.value_span)]
    if mode == "verdict" and len(anchors) > 1:
        known = [ids for anchor in anchors if (ids := naming((anchor,), context)).size]
        common = set(reduce(np.intersect1d, known).tolist()) if known else set()
        return [d for d in found if d.verdict != "true" or not known or d.fact in common]
    return found


def _overlap(one: Span | None, other: Span | None) -> bool:
    return one is not None and other is not None and one[0] < other[1] and other[0] < one[1]


def read(question: str, mode: str, readings: Mapping[int, str], context: Context) -> list[Derivation]:
    """What likely follows from each fact for the question; what was read before is taken as it was found then.

    Where the reader's reply cannot be read, nothing follows this time, and it is asked again the next time.
    """
    reader = context.models.reader.name
    query = f"{mode}\n{question}"
    known, missing = context.stores.derived(reader, query, readings)
    requests = [ReadRequest(question, (readings[fact],), mode) for fact in missing]
    for begin in range(0, len(requests), BATCH):
        facts = missing[begin : begin + BATCH]
        said = zip(facts, context.models.read(requests[begin : begin + BATCH], context.token), strict=True)
        fresh = {fact: found(fact, reading) for fact, reading in said if not reading.unreadable}
        known |= fresh
        context.stores.remember(reader, query, {fact: (readings[fact], made) for fact, made in fresh.items()})
        context.counters.count("reader", len(facts))
        context.report("reading", begin + len(facts), len(requests))
    context.counters.support.update(readings)
    context.counters.facts_read += len(missing)
    context.counters.cached += len(readings) - len(missing)
    return [d for fact in readings for d in known.get(fact, []) if d.confidence >= LIKELY[mode]]


def found(fact: int, reading: Reading) -> list[Derivation]:
    """A reading as derivations that can be stored; the unlikely ones too, since thresholds may change."""
    if max(reading.yes, reading.no) > KEPT:
        yes = reading.yes >= reading.no
        verdict, sure = ("true", reading.yes) if yes else ("false", reading.no)
        return [Derivation(fact, verdict=verdict, confidence=sure)]
    return [
        Derivation(
            fact,
            d.key.text,
            d.value.text if d.value else None,
            (d.key.start, d.key.end),
            (d.value.start, d.value.end) if d.value else None,
            confidence=min(1.0, max(0.0, d.confidence)),
        )
        for d in reading.derivations
        if d.confidence > KEPT
    ]


def rows(
    fields: Sequence[Field],
    mode: str,
    found: Sequence[Derivation],
    evidence: Sequence[Sequence[int]],
    confidence: Sequence[float],
    context: Context,
    via: Sequence[str] | None = None,
) -> pa.Table:
    """Derivations as a table of the node's columns."""
    columns: list[Sequence[object]] = [] if via is None else [via]
    if mode == "verdict":
        columns.append([d.verdict == "true" for d in found])
    else:
        days = told(found, context)
        columns.append([dated(d.key_text, day) for d, day in zip(found, days, strict=True)])
    if mode == "pair":
        texts = [d.value_text for d in found]
        columns += [[dated(t, day) for t, day in zip(texts, days, strict=True)], *measures(texts, days)]
    elif mode == "value":
        columns += measures([d.key_text for d in found], days)
    return table(fields, columns, evidence, confidence)


def told(found: Sequence[Derivation], context: Context) -> list[datetime.date | None]:
    """When each derivation's fact was told: what "yesterday" in it counts from."""
    facts = context.stores.readings(sorted({d.fact for d in found}))
    return [facts[d.fact].asserted_at.date() if d.fact in facts else None for d in found]


def dated(text: str | None, day: datetime.date | None) -> str | None:
    """A date that counts from when the fact was told ("yesterday") as the date that is meant; any other text as it is.

    >>> dated("yesterday", datetime.date(2024, 5, 17)), dated("Oslo", datetime.date(2024, 5, 17))
    ('2024-05-16', 'Oslo')
    """
    if text is None or day is None or parse_value(text).kind != "text":
        return text
    value = parse_value(text, day)
    return display(value) if value.kind == "date" else text


def measures(
    texts: Sequence[str | None], told: Sequence[datetime.date | None]
) -> tuple[list[object], list[object], list[object]]:
    """Numbers, units and dates of values, one kind for the whole column: a bare year may be either, others decide.

    One question measures one thing: of amounts in several dimensions (metres, square metres) the commonest is taken.
    """
    as_number = [parse_value(t, base, prefer="number") if t else None for t, base in zip(texts, told, strict=True)]
    as_date = [parse_value(t, base, prefer="date") if t else None for t, base in zip(texts, told, strict=True)]
    dates = sum(v is not None and v.kind == "date" for v in as_number)
    numbers = sum(v is not None and v.kind == "number" for v in as_date)
    nothing: list[object] = [None] * len(texts)
    if dates > numbers:
        return nothing, nothing, [v.start if v is not None and v.kind == "date" else None for v in as_date]
    read = one_dimension([v if v is not None and v.kind == "number" else None for v in as_number])
    return [v.number if v else None for v in read], [v.unit if v else None for v in read], nothing


def one_dimension(values: Sequence[Value | None]) -> list[Value | None]:
    """The values but for those of another dimension than the commonest; money is one, in whatever currency."""
    dimensions = [None if v is None or not v.unit else "money" if v.unit in ISO_CURRENCIES else v.unit for v in values]
    counted = Counter(d for d in dimensions if d is not None).most_common(2)
    if not counted or (len(counted) > 1 and counted[0][1] == counted[1][1]):
        return list(values)
    return [v if d in (None, counted[0][0]) else None for v, d in zip(values, dimensions, strict=True)]
