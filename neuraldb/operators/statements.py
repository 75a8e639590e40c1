"""What facts state, as far as the extractor saw it, and when two statements are the same or contradict each other.

A relation that gives a thing one value at a time (:mod:`neuraldb.core.relation_senses`) makes two values a
contradiction, if they are different: 3.1 km and 3,100 m are not, nor are 1982 and 3 May 1982, Oslo and Norway, or a
name and a longer form of it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from neuraldb.core import rdf
from neuraldb.core.countries import country, country_keys
from neuraldb.core.dates import find_dates
from neuraldb.core.negation import negated
from neuraldb.core.person_names import without_titles
from neuraldb.core.quantities import find_quantities
from neuraldb.core.relation_senses import functional, same_relation, vague
from neuraldb.core.text import mentions, normalise
from neuraldb.core.values import compare, parse_value
from neuraldb.models.protocols import Extraction
from neuraldb.operators.context import Context
from neuraldb.operators.link import canonical
from neuraldb.stores.facts import Fact

SURE = 0.9
"""The confidence of triples that may speak against others."""
BESIDES = 6
"""Words of a fact beside subject and value that still say nothing more than how the two are related."""
_WORD = re.compile(r"\w+")
_ARTICLES = frozenset(("a", "an", "the", ""))


@dataclass(frozen=True, slots=True)
class Statement:
    """A triple of a fact, in the fact's own words but for the relation.

    Attributes:
        fact: the fact's id; 0 for a sentence that is not stored.
        entity: the name that stands for the subject, where its fact may call it by another one.
    """

    fact: int
    subject: str
    relation: str
    value: str
    confidence: float = 1.0
    entity: str = ""

    @property
    def about(self) -> str:
        """What statements about one thing have in common."""
        return subject_key(self.entity or self.subject)


def subject_key(name: str) -> str:
    """What names of one thing have in common that are surely of one: spelling, titles, the names of countries.

    >>> subject_key("Dr. Anna Berg") == subject_key("Anna Berg"), subject_key("U.S.") == subject_key("USA")
    (True, True)
    """
    return normalise(country(name) or without_titles(name))


def names_something(words: str) -> bool:
    """Whether words that were taken for a name are more than an article."""
    return normalise(words) not in _ARTICLES


def stated_by(facts: Sequence[int], context: Context) -> dict[int, list[Statement]]:
    """What each of the facts states that is current, but for what kind of thing something is."""
    return _statements("fact", [int(fact) for fact in facts], context)


def stated_of(subjects: Iterable[str], context: Context) -> dict[int, list[Statement]]:
    """What current facts state of things with these names, however they are spelled, by fact."""
    meant = context.stores.entities.aliases.meant
    keys = {key for s in subjects for key in (normalise(s), subject_key(s), *country_keys(normalise(s)))}
    return _statements("subject", sorted({term for key in keys for term in meant(key)}), context)


def _statements(column: str, wanted: Sequence[int], context: Context) -> dict[int, list[Statement]]:
    """What the triples state with one of some ids in a column; only then the terms are looked up, which are many."""
    if not wanted:
        return {}
    rows = context.stores.database.rows(
        f"""SELECT fact, subject, relation, object, confidence FROM store.triples
            WHERE recorded_to IS NULL AND fact IS NOT NULL AND {column} IN (SELECT unnest(?)) ORDER BY fact, id""",
        [wanted],
    )
    ids = sorted({term for row in rows for term in row[1:4]})
    terms = {id: term.text for id, term in zip(ids, context.stores.graph.terms(ids), strict=True)}
    said = _said({row[0] for row in rows}, terms, context)
    found: dict[int, list[Statement]] = defaultdict(list)
    for fact, subject, relation, value, confidence in rows:
        words = [said.get((fact, end), terms[end]) for end in (subject, value)]
        if terms[relation] != rdf.RDF + "type" and all(map(names_something, words)):
            statement = Statement(fact, words[0], terms[relation], words[1], confidence, terms[subject])
            found[fact].append(statement)
    return found


def _said(facts: Collection[int], names: Mapping[int, str], context: Context) -> dict[tuple[int, int], str]:
    """The words with which facts name entities that they do not call by the name that stands for them."""
    found: dict[tuple[int, int], str] = {}
    for mention in context.stores.graph.mentions(sorted(facts)):
        if mention.term in names and mention.text != names[mention.term]:
            found.setdefault((mention.fact, mention.term), mention.text)
    return found


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence with what was read of it.

    Attributes:
        text: as models read it.
        statements: what it states.
        named: all that was seen to be named in it.
    """

    text: str
    statements: tuple[Statement, ...]
    named: tuple[str, ...]

    @property
    def denied(self) -> bool:
        """Whether the sentence denies what the extractor, which sees no negation, says that it states."""
        return negated(self.text, *self._ends)

    @property
    def complete(self) -> bool:
        """Whether the statements are all that the sentence says: it names and measures nothing else."""
        rest = self.text
        for end in self._ends:
            rest = rest.replace(end, " ")
        if not self.statements or len(_WORD.findall(rest)) > BESIDES:
            return False
        values = (self.text[a:b] for found in (find_dates, find_quantities) for a, b, _ in found(self.text))
        return all(any(name in end or end in name for end in self._ends) for name in (*self.named, *values))

    @property
    def _ends(self) -> list[str]:
        return sorted({end for s in self.statements for end in (s.subject, s.value)}, key=len, reverse=True)


def said_by(facts: Sequence[int], context: Context) -> dict[int, Said]:
    """What the extractor saw of current facts, by id."""
    stated = stated_by(facts, context)
    named: dict[int, list[str]] = defaultdict(list)
    for mention in context.stores.graph.mentions(facts):
        named[mention.fact].append(mention.text)
    readings = zip(facts, context.stores.facts.readings(facts), strict=True)
    return {
        fact: Said(text, tuple(stated.get(fact, ())), tuple(named.get(fact, ())))
        for fact, text in readings
        if text is not None
    }


def said_in(sentence: str, extraction: Extraction) -> Said:
    """What an extractor saw of a sentence that is not stored."""
    words = tuple(mention.text for mention in extraction.mentions)
    statements = (
        Statement(0, words[t.subject], t.relation, words[t.object], t.confidence)
        for t in extraction.triples
        if names_something(words[t.subject]) and names_something(words[t.object])
    )
    return Said(sentence, tuple(statements), words)


def same_value(a: str, b: str, context: Context) -> bool:
    """Whether two values are one: the same magnitude or days, or names of one thing."""
    x, y = parse_value(a), parse_value(b)
    if x.kind == y.kind == "text":
        return len(set(canonical((a, b), (), context).values())) == 1
    return compare(x, y) == 0


Values = Mapping[str, Collection[str]]
"""What is stated of things, whatever the relation: the keys of the values, by the key of each thing's name."""


def values_of(names: Collection[str], context: Context) -> Values:
    """What is stated of things with these names."""
    found: dict[str, set[str]] = defaultdict(set)
    for stated in stated_of(names, context).values():
        for s in stated:
            found[s.about].add(normalise(s.value))
    return found


def contradict(a: Statement, b: Statement, texts: Sequence[str], values: Values, context: Context) -> bool:
    """Whether two statements about one thing cannot both hold.

    Args:
        a: one of them.
        b: the other.
        texts: the sentences that make them.
        values: what is stated of the values of both (:func:`values_of`).
        context: the statement's.
    """
    if not may_contradict(a, b):
        return False
    x, y = parse_value(a.value), parse_value(b.value)
    if not x.kind == y.kind == "text":
        return compare(x, y) in (-1, 1)
    return not vague(a.relation) and not vague(b.relation) and _exclude(a.value, b.value, texts, values, context)


def may_contradict(a: Statement, b: Statement) -> bool:
    """Whether two statements are sure enough, and of one relation that has one value at a time."""
    sure = min(a.confidence, b.confidence) >= SURE
    return sure and functional(a.relation) and functional(b.relation) and same_relation(a.relation, b.relation)


def _exclude(a: str, b: str, texts: Sequence[str], values: Values, context: Context) -> bool:
    """Whether two names are of different things neither of which is a part of the other, as Oslo is of Norway."""
    if mentions(a, b) or mentions(b, a) or (country(a) is None) != (country(b) is None):
        return False
    if any(mentions(text, a) and mentions(text, b) for text in texts):
        return False
    # something may be known that relates them, such as that one lies in the other
    if any(normalise(other) in values.get(subject_key(one), ()) for one, other in ((a, b), (b, a))):
        return False
    return not same_value(a, b, context)


def valid_together(a: Fact, b: Fact) -> bool:
    """Whether there may be a time at which two facts hold both, by what was said of when they do."""
    ends_before = a.valid_to is not None and b.valid_from is not None and a.valid_to <= b.valid_from
    return not ends_before and not (b.valid_to is not None and a.valid_from is not None and b.valid_to <= a.valid_from)
