"""Adding facts: encoded and parsed once, then stored together with all that was derived, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from neuraldb.core import rdf
from neuraldb.core.errors import DataError
from neuraldb.core.replies import one_each, unfit
from neuraldb.core.text import clean
from neuraldb.core.values import parse_value
from neuraldb.models.protocols import ExtractedMention, Extraction, Vectors
from neuraldb.operators.context import Context
from neuraldb.operators.linking import CONTEXT, link_by_context, link_names
from neuraldb.operators.relation_vectors import keep_vectors
from neuraldb.operators.updates import supersede_outdated
from neuraldb.stores.facts import Added, NewFact
from neuraldb.stores.facts import reading as reading_of
from neuraldb.stores.failures import reading_only
from neuraldb.stores.graph import Mention, NewTriple
from neuraldb.stores.importing import Quad as Quad
from neuraldb.stores.importing import import_quads
from neuraldb.stores.terms import Term

BATCH = 256
IMPORTED = 50_000
TYPE = Term("iri", rdf.RDF + "type")
"""The relation of an entity to what it is."""


def add_facts(facts: Sequence[NewFact], context: Context, replaced: Sequence[int] = ()) -> list[Added]:
    """Store facts with their vectors, mentions and triples, and make past what they update; all of them or none.

    ``replaced`` are facts that these will supersede: the same words again are then no duplicate.

    Raises:
        DataError: a text is blank or cannot be stored; the message says which.
        ReadOnly: the database is open for reading only.
        ModelUnavailable: a model does not reply to each fact, or replies what cannot be.
    """
    stores = context.stores
    if stores.database.read_only:
        raise reading_only()  # before any model is loaded
    encoder = context.models.encoder
    texts = [_stored(f.text) for f in facts]
    readings = [reading_of(text, f.subject) for text, f in zip(texts, facts, strict=True)]
    vectors = []
    extractions: list[Extraction] = []
    for begin in range(0, len(readings), BATCH):
        context.token.check()
        part = readings[begin : begin + BATCH]
        vectors.append(encoded(part, context))
        extractions += extracted(part, context)
        context.counters.count("encoder", len(part))
        context.report("encoding", begin + len(part), len(readings))
    with stores.database.transaction(), stores.database.one_moment():
        added = stores.facts.add(facts, replaced)
        new = [i for i, a in enumerate(added) if a.new]
        flat = [v for block in vectors for v in block]
        if new:
            ids = [added[i].id for i in new]
            stores.embeddings(encoder.name, encoder.width).put(ids, [flat[i] for i in new])
            hints = {added[i].id: hint for i in new if (hint := facts[i].subject)}
            begins = {added[i].id: len(readings[i]) - len(texts[i]) for i in new}
            enter([(added[i].id, extractions[i]) for i in new], context, hints, begins)
            supersede_outdated(ids, context)
    return added


def _stored(text: str) -> str:
    """A text as it will be stored; one that cannot be stays, for the store says which it is."""
    try:
        return clean(text)
    except DataError:
        return text


def encoded(texts: Sequence[str], context: Context) -> Vectors:
    """The vectors of texts.

    Raises:
        ModelUnavailable: there is not one of the encoder's width for each text.
    """
    encoder = context.models.encoder
    vectors = encoder.encode(texts)
    one_each(vectors, len(texts), "encoder", encoder)
    shape = np.shape(vectors)
    if shape[1:] != (encoder.width,):
        raise unfit("encoder", encoder, f"gave vectors of shape {shape[1:]}", f"its width is {encoder.width}")
    return vectors


def extracted(texts: Sequence[str], context: Context) -> Sequence[Extraction]:
    """What texts say.

    Raises:
        ModelUnavailable: there is not one extraction for each text, or one of them has a triple whose end is none of
            its mentions, or a mention that is not within the text.
    """
    extractor = context.models.extractor
    extractions = one_each(extractor.extract(texts), len(texts), "extractor", extractor)
    for text, extraction in zip(texts, extractions, strict=True):
        count = len(extraction.mentions)
        for triple in extraction.triples:
            if not (0 <= triple.subject < count and 0 <= triple.object < count):
                raise unfit("extractor", extractor, f"gave the triple {triple} with {count} mentions of: {text}")
        for mention in extraction.mentions:
            if not 0 <= mention.start <= mention.end <= len(text):
                raise unfit("extractor", extractor, f"gave the mention {mention}, which is not within: {text}")
    return extractions


def enter(
    extracted: Sequence[tuple[int, Extraction]],
    context: Context,
    hints: Mapping[int, str] = MappingProxyType({}),
    begins: Mapping[int, int] = MappingProxyType({}),
) -> None:
    """Store mentions and triples of facts, their names linked to entities.

    Args:
        extracted: what was read, by fact.
        context: of the statement.
        hints: whom facts are about, where they do not say so themselves.
        begins: where the text of a fact begins in what was read of it, if not at its beginning.
    """
    graph = context.stores.graph
    terms: dict[Term, int] = {}

    def wanted() -> list[Term]:
        out = []
        for _, extraction in extracted:
            out += [as_term(m.text) for m in extraction.mentions]
            out += [Term("relation", t.relation) for t in extraction.triples]
            out += [t for m in extraction.mentions if m.type for t in (TYPE, Term("type", m.type))]
        return list(dict.fromkeys(out))

    needed = wanted()
    first_new = context.stores.database.next_id("terms")
    terms.update(zip(needed, graph.ensure_terms(needed), strict=True))
    names = {term.text: id for term, id in terms.items() if term.kind == "entity"}
    link_names(names, [id for id in names.values() if id >= first_new], context.stores)
    meant = link_by_context(extracted, names, hints, context.stores)
    mentions, triples = [], []
    for fact, extraction in extracted:
        ends = [meant.get((fact, n), terms[as_term(m.text)]) for n, m in enumerate(extraction.mentions)]
        spans = [_within(m, begins.get(fact, 0)) for m in extraction.mentions]
        for n, (m, term) in enumerate(zip(extraction.mentions, ends, strict=True)):
            if as_term(m.text).kind == "entity":
                sure = min(m.confidence, CONTEXT) if (fact, n) in meant else m.confidence
                mentions.append(Mention(fact, m.start, m.end, m.text, term, sure))
            if m.type:
                kind = terms[Term("type", m.type)]
                triples.append(NewTriple(term, terms[TYPE], kind, m.confidence, fact, subject_span=spans[n]))
        for t in extraction.triples:
            three = ends[t.subject], terms[Term("relation", t.relation)], ends[t.object]
            where = spans[t.subject], spans[t.object]
            triples.append(NewTriple(*three, t.confidence, fact, None, *where))
    graph.add_mentions(mentions)
    graph.add_triples(triples)
    keep_vectors({t.text: id for t, id in terms.items() if t.kind == "relation"}, context)


def _within(mention: ExtractedMention, begin: int) -> tuple[int, int] | None:
    """Where a mention stands in the text that begins there in what was read; None where it is before it."""
    return (mention.start - begin, mention.end - begin) if mention.start >= begin else None


@lru_cache(maxsize=16_384)  # each mention is looked at several times, and names come again
def as_term(text: str) -> Term:
    """A mention as a term: a literal where it reads as a number or a date, else an entity."""
    value = parse_value(text)
    return Term.of_value(value) if value.kind in ("number", "date") else Term("entity", text)


def import_triples(quads: Iterable[Quad], context: Context) -> int:
    """Store triples that no fact states, in one transaction; gives how many are new."""
    stores = context.stores
    wanted = list(quads)
    new = 0
    with stores.database.transaction():
        for begin in range(0, len(wanted), IMPORTED):
            context.token.check()
            part = wanted[begin : begin + IMPORTED]
            new += import_quads(stores.database, part)
            context.report("importing", begin + len(part), len(wanted))
        stores.entities.merges.settle()
    return new
