"""Examples for the extractor: facts with their mentions, the classes of these, and the related pairs among them."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from neuraldb.training.denials import denials
from neuraldb.training.realise import FactText, Span, write_facts
from neuraldb.training.relation_names import names_of, plain
from neuraldb.training.texts import write_texts
from neuraldb.training.vocabulary import Domain
from neuraldb.training.worlds import Entity, World, make_world

ARTICLE = re.compile(r"(?:the|a|an)\s+(?=\S)", re.IGNORECASE)
TELLINGS = 12
"""Whole texts that are told of one world."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two mentions (by number) that are related, and the names of the relation, the one it is stored under first."""

    subject: int
    object: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExtractionExample:
    """A fact's text, its mentions with the words for their class (none known: empty), and related pairs.

    Attributes:
        complete: all mentions and pairs are listed; where it is false, what is not listed may still be there.
        same: groups of mentions of one entity; a pair of another mention of its subject or object is not wrong.
        denied: pairs that the text says are not related.
        outside: characters that surely belong to no mention, in a text that is not complete.
        unlisted: what it costs, against 1, to relate a pair of mentions that is not listed.
        tagged: whether the mentions are what should be found; else only the pairs are learnt from.
    """

    text: str
    mentions: tuple[tuple[Span, tuple[str, ...]], ...]
    pairs: tuple[Pair, ...]
    complete: bool = True
    same: tuple[tuple[int, ...], ...] = ()
    denied: tuple[tuple[int, int], ...] = ()
    outside: tuple[Span, ...] = ()
    unlisted: float = 1.0
    tagged: bool = True


def bare(text: str, span: Span) -> Span:
    """A span without the article that it begins with."""
    article = ARTICLE.match(text[slice(*span)])
    return (span[0] + article.end(), span[1]) if article else span


def from_fact(fact: FactText) -> ExtractionExample:
    """The example of a generated fact."""
    known: dict[Span, tuple[str, ...]] = {}
    whose: dict[int, list[Span]] = {}
    for entity, span in fact.mentions:
        place = bare(fact.text, span)
        known[place] = tuple(n.singular for n in entity.cls.nouns)
        whose.setdefault(entity.number, []).append(place)
    stated = [(bare(fact.text, s.subject), bare(fact.text, s.object), s.triple) for s in fact.stated]
    for subject, target, _ in stated:
        known.setdefault(subject, ())
        known.setdefault(target, ())
    spans = sorted(known)
    number = {span: i for i, span in enumerate(spans)}
    pairs = tuple(Pair(number[s], number[o], names_of(t.predicate)) for s, o, t in stated)
    denied = [
        (number[a], number[b])
        for t in fact.denied
        if isinstance(t.object, Entity)
        for a in whose.get(t.subject.number, ())
        for b in whose.get(t.object.number, ())
    ]
    same = tuple(tuple(number[p] for p in places) for places in whose.values() if len(places) > 1)
    return ExtractionExample(fact.text, tuple((s, known[s]) for s in spans), pairs, same=same, denied=tuple(denied))


def generated(domains: Sequence[Domain], worlds: int, rng: random.Random) -> Iterator[ExtractionExample]:
    """Facts of made-up worlds: clause by clause, as whole texts, and denied."""
    for _ in range(worlds):
        world = make_world(rng.choice(domains), rng, size=rng.choice((5, 8)))
        for fact in (*told(world, rng), *denials(world, rng)):
            yield from_fact(fact)


def told(world: World, rng: random.Random) -> list[FactText]:
    """What is said of a world, half of it by rules and half in whole texts."""
    facts = write_facts(world, rng)
    return [*rng.sample(facts, k=min(len(facts), TELLINGS)), *write_texts(world, rng, TELLINGS)]


@dataclass
class Written:
    """A text under construction, for sentences with given names."""

    text: str = ""
    mentions: list[tuple[Span, tuple[str, ...]]] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    places: dict[str, list[int]] = field(default_factory=dict)

    def add(self, words: str) -> None:
        """Put words at the end."""
        self.text += words

    def name(self, words: str, classes: tuple[str, ...] = ()) -> int:
        """Put a mention at the end; gives its number."""
        span = bare(self.text + words, (len(self.text), len(self.text) + len(words)))
        self.text += words
        self.mentions.append((span, classes))
        self.places.setdefault(words, []).append(len(self.mentions) - 1)
        return len(self.mentions) - 1

    def example(self, **more: object) -> ExtractionExample:
        """The finished example."""
        same = tuple(tuple(numbers) for numbers in self.places.values() if len(numbers) > 1)
        return ExtractionExample(self.text, tuple(self.mentions), tuple(self.pairs), same=same, **more)  # type: ignore[arg-type]


_SLOT = re.compile(r"(\$s|\$o)")


def pararel_examples(
    facts: dict[str, list[tuple[str, str]]],
    phrases: dict[str, list[str]],
    labels: dict[str, str],
    count: int,
    rng: random.Random,
) -> Iterator[ExtractionExample]:
    """Facts of T-REx in PARAREL's phrases (Elazar et al. 2021), one to three in a text, often of one subject."""
    relations = [r for r in facts if r in labels and phrases.get(r) and facts[r]]
    of_subject: dict[str, list[tuple[str, str]]] = {}
    for relation in relations:
        for s, o in facts[relation]:
            of_subject.setdefault(s, []).append((relation, o))
    several = [s for s, own in of_subject.items() if len({r for r, _ in own}) > 1]
    for _ in range(count):
        made = Written()
        if rng.random() < 0.5 and several:
            subject = rng.choice(several)
            own = list(
                {r: (r, subject, o) for r, o in rng.sample(of_subject[subject], k=len(of_subject[subject]))}.values()
            )
            chosen = own[: rng.choice((2, 2, 3))]
        else:
            chosen = [(r, *rng.choice(facts[r])) for r in rng.choices(relations, k=rng.choice((1, 1, 2, 3)))]
        for relation, s, o in chosen:
            if s not in o and o not in s:
                _tell(made, rng.choice(phrases[relation]), s, o, (labels[relation],), rng)
        if made.pairs:
            yield made.example()


def _tell(made: Written, phrase: str, s: str, o: str, names: tuple[str, ...], rng: random.Random) -> None:
    made.add(" " if made.text else "")
    ends: dict[str, int] = {}
    begun = len(made.text)
    for i, part in enumerate(_SLOT.split(phrase)):
        if i % 2 == 0:
            made.add(part)
        elif (
            part == "$s"
            and phrase.startswith("$s")
            and len(made.text) == begun
            and s in made.places
            and rng.random() < 0.5
        ):
            made.add(rng.choice(("He", "She", "It", "It")))
            ends[part] = made.places[s][-1]
        else:
            ends[part] = made.name(s if part == "$s" else o)
    made.add(".")
    made.pairs.append(Pair(ends["$s"], ends["$o"], names))


_WORD = re.compile(r"[\w'-]+|[^\w\s]")
_CANDIDATE = re.compile(r"[^\W\d_a-z][\w'’-]*(?: [^\W\d_a-z][\w'’-]*)*|\d[\d.,]*")
_FUNCTION = frozenset(
    (
        "the", "a", "an", "and", "or", "but", "is", "was", "are", "were", "be", "been", "by", "in", "on", "at", "of",
        "for", "with", "from", "to", "as", "who", "which", "that", "his", "her", "their", "its", "he", "she", "it",
        "they", "has", "had", "have", "also", "after", "before", "when", "where", "while", "until", "during",
    )
)  # fmt: skip


def tekgen_examples(
    sentences: dict[str, list[tuple[str, str, str]]], kinds: dict[str, tuple[str, str]]
) -> Iterator[ExtractionExample]:
    """TekGen's sentences; only some of their triples are annotated.

    Other names in a sentence are taken for unrelated at a low price, for most are. Function words are no names.
    """
    for text, triples in sentences.items():
        classes: dict[Span, tuple[str, ...]] = {}
        for s, r, o in triples:
            own = kinds.get(r, ("", ""))
            for end, kind in zip((s, o), own, strict=True):
                span = bare(text, (text.index(end), text.index(end) + len(end)))
                classes[span] = (kind,) if kind else classes.get(span, ())
        spans = sorted(classes)
        if any(a[1] > b[0] for a, b in pairwise(spans)):
            continue
        annotated = {bare(text, (text.index(x), text.index(x) + len(x))) for s, _, o in triples for x in (s, o)}
        others = [m.span() for m in _CANDIDATE.finditer(text) if m.group().lower() not in _FUNCTION and m.start() > 0]
        others = [o for o in others if all(o[1] <= a or o[0] >= b for a, b in annotated)]
        every = sorted([*spans, *others])
        where = {span: i for i, span in enumerate(every)}
        place = {x: where[bare(text, (text.index(x), text.index(x) + len(x)))] for s, _, o in triples for x in (s, o)}
        pairs = tuple(Pair(place[s], place[o], (plain(r),)) for s, r, o in triples)
        yield ExtractionExample(
            text, tuple((s, classes.get(s, ())) for s in every), pairs, complete=False,
            outside=tuple(_beside(text, spans)), unlisted=0.25,
        )  # fmt: skip


def _beside(text: str, spans: Sequence[Span]) -> Iterator[Span]:
    """Marks, and words that only join, but inside a name; and lower-case words right beside one."""
    words = [m.span() for m in _WORD.finditer(text)]
    for i, (a, b) in enumerate(words):
        if any(a < end and b > start for start, end in spans):
            continue
        word = text[a:b]
        inside = 0 < i < len(words) - 1 and text[words[i - 1][0]].isupper() and text[words[i + 1][0]].isupper()
        touching = any(0 <= start - b <= 1 or 0 <= a - end <= 1 for start, end in spans)
        if (word.lower() in _FUNCTION and not inside) or (touching and word.islower()):
            yield (a, b)
