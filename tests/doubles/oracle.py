"""A small world that a test makes up: sentences, the triples that each of them states, and what questions ask for.

A question's meaning is a pattern over triples, ``? | wrote | Emma``: ``?`` is the answer (or the key), ``?v`` the value
that belongs to it, ``{}`` whatever stands at ``{}`` in the question, ``?=Emma`` (or ``?={}``) the key if that is its
name, ``_`` anything, all else a name that must agree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from neuraldb.core.text import normalise
from neuraldb.models.protocols import (
    Derivation,
    ExtractedMention,
    ExtractedTriple,
    Extraction,
    Reading,
    ReadRequest,
    SpanText,
)
from neuraldb.models.registry import Models

from .encoder import HashedWords
from .marked import TableParser, marked


class Triple(NamedTuple):
    """What a sentence states, with the sentence's own words for both ends."""

    subject: str
    relation: str
    object: str
    confidence: float = 1.0


@dataclass(frozen=True)
class Pattern:
    """The meaning of a question; ``form`` is its text with ``{}`` where a name may stand."""

    form: str
    subject: str
    relation: str
    object: str

    def filled(self, question: str) -> Pattern | None:
        """The pattern with what stands at ``{}``; None where the question is of another form."""
        found = re.fullmatch(r"(.+)".join(map(re.escape, self.form.split("{}"))), question)
        if found is None:
            return None
        name = found[1] if found.groups() else ""
        ends = (end.replace("{}", name) for end in (self.subject, self.object))
        subject, object_ = ends
        return Pattern(question, subject, self.relation, object_)

    def agrees(self, triple: Triple) -> bool:
        """Whether the triple matches, names compared as names."""
        return triple.relation == self.relation and all(
            wanted in ("?", "?v", "_") or normalise(wanted.removeprefix("?=")) == normalise(end)
            for wanted, end in ((self.subject, triple.subject), (self.object, triple.object))
        )


@dataclass
class World:
    """Sentences with their triples, and questions with their meanings.

    Attributes:
        said: the triples of each sentence, by the text that models read.
        patterns: the meanings of questions.
        functional: relations in which a subject has one object: another one is a reason for "no".
    """

    said: dict[str, list[Triple]] = field(default_factory=dict)
    patterns: list[Pattern] = field(default_factory=list)
    functional: set[str] = field(default_factory=set)
    parser: TableParser = field(default_factory=TableParser)

    def tell(self, text: str, *triples: Triple | tuple[str, str, str]) -> str:
        """Make a sentence known; gives it back, to be added."""
        known = [Triple(*t) for t in triples]
        for triple in known:
            if triple.subject not in text or triple.object not in text:
                raise ValueError(f"{text!r} does not have the words of {triple}")
        self.said[text] = known
        return text

    def mean(self, form: str, pattern: str) -> None:
        """Say what a question asks for."""
        subject, relation, object_ = (part.strip() for part in pattern.split("|"))
        self.patterns.append(Pattern(form, subject, relation, object_))

    def question(self, text: str, type: str, pattern: str | None = None, op: str = "none") -> str:
        """Make a marked question known to the parser and, with a pattern, to the reader; gives its plain text."""
        frame = marked(text, type, op)
        self.parser.know(frame)
        if pattern is not None:
            self.mean(frame.question, pattern)
        return frame.question

    def triples(self, relation: str) -> list[Triple]:
        """All triples of a relation, in the order in which they were told."""
        return [t for triples in self.said.values() for t in triples if t.relation == relation]

    def meaning(self, question: str) -> Pattern | None:
        """What a question asks for, if that was said; also of a criterion that is asked as a question."""
        forms = (question, question.removeprefix("Is it true that ").removesuffix("?"))
        return next((filled for f in forms for p in self.patterns if (filled := p.filled(f)) is not None), None)

    def models(self, extracting: bool = True) -> Models:
        """The four doubles; without ``extracting`` nothing is known of facts but their words."""
        extractor = OracleExtractor(self if extracting else World())
        return Models(HashedWords(), OracleReader(self), self.parser, extractor)


class OracleReader:
    """A reader that finds exactly what the world says.

    Attributes:
        requests: all that it was asked, in order.
        sizes: how many requests each call had.
    """

    name = "oracle-reader"

    def __init__(self, world: World) -> None:
        self.world = world
        self.requests: list[ReadRequest] = []
        self.sizes: list[int] = []

    def read(self, requests: Sequence[ReadRequest]) -> list[Reading]:
        self.requests += requests
        self.sizes.append(len(requests))
        return [self._read(request) for request in requests]

    def _read(self, request: ReadRequest) -> Reading:
        pattern = self.world.meaning(request.question)
        if pattern is None:
            return Reading(())
        if request.mode == "verdict":
            return self._verdict(pattern, request)
        found = tuple(self._derived(pattern, request))
        most = max((d.confidence for d in found), default=0.0)
        return Reading(found, nothing=1.0 - most)

    def _derived(self, pattern: Pattern, request: ReadRequest) -> Iterator[Derivation]:
        for number, text in enumerate(request.facts):
            for triple in self.world.said.get(text, ()):
                if not pattern.agrees(triple):
                    continue
                ends = {_role(pattern.subject): triple.subject, _role(pattern.object): triple.object}
                value = _span(number, text, ends["?v"]) if request.mode == "pair" and "?v" in ends else None
                if "?" in ends:
                    yield Derivation(_span(number, text, ends["?"]), value, triple.confidence)

    def _verdict(self, pattern: Pattern, request: ReadRequest) -> Reading:
        triples = [t for text in request.facts for t in self.world.said.get(text, ())]
        yes = max((t.confidence for t in triples if pattern.agrees(t)), default=0.0)
        about = Pattern(pattern.form, pattern.subject, pattern.relation, "_")
        no = max((t.confidence for t in triples if about.agrees(t)), default=0.0)
        if yes or pattern.relation not in self.world.functional:
            no = 0.0
        return Reading((), yes, no, 1.0 - yes - no)


def _role(end: str) -> str:
    return "?" if end.startswith("?=") else end


def _span(fact: int, text: str, words: str) -> SpanText:
    start = text.index(words)
    return SpanText(fact, start, start + len(words), words)


class OracleExtractor:
    """An extractor that finds exactly what the world says."""

    name = "oracle-extractor"

    def __init__(self, world: World) -> None:
        self.world = world

    def extract(self, texts: Sequence[str]) -> list[Extraction]:
        return [self._extract(text) for text in texts]

    def _extract(self, text: str) -> Extraction:
        triples = self.world.said.get(text, [])
        names = list(dict.fromkeys(end for t in triples for end in (t.subject, t.object)))
        mentions = []
        for name in names:
            start = text.index(name)
            mentions.append(ExtractedMention(start, start + len(name), name))
        return Extraction(
            tuple(mentions),
            tuple(
                ExtractedTriple(names.index(t.subject), t.relation, names.index(t.object), t.confidence)
                for t in triples
            ),
        )
