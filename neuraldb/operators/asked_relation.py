"""Which relation a question asks for: the one whose edges it finds in the facts that state them.

For some edges of each relation the question is put to the fact that states the edge, with the name of one end in its
slot. Where the reader answers with the other end, edge after edge, and the relation's name is near to the question's
words, that relation is asked for, from that end. A yes-no question gives both ends, and a reader says yes to any fact
that has both: its words are read as the name of a relation, as those of a query are.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from neuraldb.core.frames import SLOT
from neuraldb.core.rdf import RDF
from neuraldb.core.text import mentions
from neuraldb.models.protocols import ReadRequest
from neuraldb.operators.context import Context
from neuraldb.operators.relation_binding import MEANT, Candidate, judged, samples_of
from neuraldb.operators.relation_vectors import relation_vectors
from neuraldb.operators.spj import read, sound
from neuraldb.stores.derivations import Derivation

TYPE = RDF + "type"

PROPOSED = 16
"""Relations whose edges are tried, those whose names are nearest to the question."""
TRIED = 4
"""Edges of each of them."""
THINGS = """JOIN store.terms s ON s.id = t.subject JOIN store.terms o ON o.id = t.object
            WHERE t.recorded_to IS NULL AND s.kind IN ('entity', 'iri') AND o.kind IN ('entity', 'iri')
            AND r.text <> $type"""
"""The triples that join two things; a class is none."""


class Asked(NamedTuple):
    """The relation that a question asks for.

    Attributes:
        label: its name.
        ids: its terms.
        inverse: whether the question gives the edge's object, and asks for its subject; None: it does not say.
        score: how surely it is meant, in [0, 1].
    """

    label: str
    ids: tuple[int, ...]
    inverse: bool | None
    score: float


class _Edge(NamedTuple):
    label: str
    subject: str
    object: str
    fact: int | None


def asked_relation(question: str, mode: str, context: Context) -> Asked | None:
    """The relation that a question asks for; None where no stored one is.

    Args:
        question: with a slot for the one name that it gives, or for both names of a yes-no question.
        mode: verdict for a yes-no question.
        context: of the statement.
    """
    known = context.judgements.setdefault(f"relation asked for, {mode}: {question}", {})
    version = str(context.stores.database.version)
    if version not in known:
        known.clear()
        words = " ".join(question.replace(SLOT, " ").split())
        if mode == "verdict":
            words = words.partition(" ")[2].rstrip("?. ")  # without the auxiliary that such a question begins with
        near = _nearest(words, context)
        judged_ones = _by_name(words, near, context) if mode == "verdict" else _by_answers(question, near, context)
        best = max(judged_ones, key=lambda a: a.score, default=None)
        known[version] = (best if best is not None and best.score >= MEANT else None), 1.0
    found, _ = known[version]
    assert found is None or isinstance(found, Asked)
    return found


def _nearest(words: str, context: Context) -> list[tuple[str, float, tuple[int, ...]]]:
    """The relations between things whose names are nearest to words, with the cosine and their terms."""
    ids: dict[str, list[int]] = defaultdict(list)
    rows = context.stores.database.rows(
        f"""SELECT DISTINCT r.text, r.id FROM store.triples t JOIN store.terms r ON r.id = t.relation
            {THINGS} ORDER BY ALL""",
        {"type": TYPE},
    )
    for label, term in rows:
        ids[label].append(term)
    if not ids:
        return []
    vectors = relation_vectors([words, *(_spelled(label) for label in ids)], context.models)
    near = sorted(zip((vectors[1:] @ vectors[0]).tolist(), ids.items(), strict=True), key=lambda n: -n[0])
    return [(label, cosine, tuple(terms)) for cosine, (label, terms) in near[:PROPOSED]]


def _by_name(words: str, near: Sequence[tuple[str, float, tuple[int, ...]]], context: Context) -> list[Asked]:
    """How surely words are the name of each relation."""
    ids = {label: terms for label, _, terms in near}

    def readings(facts: Sequence[int]) -> dict[int, str]:
        return {i: fact.reading for i, fact in context.stores.readings(facts).items()}

    def pairs(name: str, texts: Mapping[int, str]) -> Sequence[Derivation]:
        return sound(read(name, "pair", texts, context), "pair", (), context)

    cosines = [(label, cosine) for label, cosine, _ in near]
    found = judged(words, cosines, samples_of(context.stores, ids), readings, pairs)
    return [Asked(c.label, ids[c.label], None, c.chance) for c in found]


def _by_answers(question: str, near: Sequence[tuple[str, float, tuple[int, ...]]], context: Context) -> list[Asked]:
    """How surely each relation is asked for, from each end, by what the reader answers to its edges."""
    edges = _edges([term for _, _, terms in near for term in terms], context)
    texts = {i: fact.reading for i, fact in context.stores.readings([e.fact for e in edges if e.fact]).items()}
    requests, wanted = [], []
    for edge in edges:
        fact = texts.get(edge.fact or 0, f"{edge.subject} {_spelled(edge.label)} {edge.object}.")
        for inverse, given, answer in ((False, edge.subject, edge.object), (True, edge.object, edge.subject)):
            requests.append(ReadRequest(question.replace(SLOT, given), (fact,), "answer"))
            wanted.append((edge.label, inverse, answer))
    agreed: dict[tuple[str, bool], list[float]] = defaultdict(list)
    for (label, inverse, answer), reading in zip(wanted, context.models.read(requests, context.token), strict=True):
        sure = [d.confidence for d in reading.derivations if _alike(d.key.text, answer)]
        agreed[label, inverse].append(min(1.0, max(0.0, max(sure, default=0.0))))
    context.counters.count("reader", len(requests))
    return [
        Asked(label, terms, inverse, Candidate(label, cosine, sum(scores) / len(scores)).chance)
        for label, cosine, terms in near
        for inverse in (False, True)
        if (scores := agreed.get((label, inverse)))
    ]


def _spelled(label: str) -> str:
    """The name of a relation in words: of an IRI its last part."""
    return re.split(r"[/#]", label)[-1].replace("_", " ") if "://" in label else label


def _alike(one: str, other: str) -> bool:
    return mentions(one, other) or mentions(other, one)


def _edges(relations: Sequence[int], context: Context) -> list[_Edge]:
    """Some edges between things of each relation, those that facts state first."""
    rows = context.stores.database.rows(
        f"""SELECT r.text, s.text, o.text, t.fact FROM store.triples t JOIN store.terms r ON r.id = t.relation
            {THINGS} AND list_contains($ids, t.relation)
            QUALIFY row_number() OVER (
                PARTITION BY r.text ORDER BY t.fact IS NULL, hash(t.fact), t.fact, t.subject, t.object) <= $tried
            ORDER BY t.relation, t.fact, t.subject, t.object""",
        {"ids": list(relations), "tried": TRIED, "type": TYPE},
    )
    return [_Edge(*row) for row in rows]
