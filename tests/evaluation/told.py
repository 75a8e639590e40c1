"""A small domain of books by hand, and facts that tell of it: what generated databases are made of, but countable."""

from __future__ import annotations

from collections.abc import Sequence

from neuraldb.evaluation.tales import Tale
from neuraldb.training.conditions import Target
from neuraldb.training.phrases import Phrase
from neuraldb.training.queries import Query
from neuraldb.training.realise import FactText, Stated
from neuraldb.training.vocabulary import DateAttribute, Domain, EntityClass, Noun, Quantity, Relation
from neuraldb.training.worlds import Entity, Measure, Predicate, Triple, World

BOOK = EntityClass("book", (Noun("book", "books"),), "thing", (), ())
PERSON = EntityClass("person", (Noun("person", "people"),), "person", (), ())
DOMAIN = Domain("books", {"book": BOOK, "person": PERSON}, {})


def relation(name: str, subject: str = "book", functional: bool = False, symmetric: bool = False) -> Relation:
    return Relation(
        name=name, subject=subject, object="person", functional=functional, inverse_functional=False, verbs=(),
        inverse_verbs=(), nouns=(), inverse_nouns=(), inverse_prep="of", role=None, facts=(), ask_object=(),
        ask_subject=(), ask_bool=(), attributes=(), inverse_attributes=(), symmetric=symmetric,
    )  # fmt: skip


def quantity(name: str, dimension: str | None = None) -> Quantity:
    return Quantity(
        name=name, subject="book", counted=None if dimension else Noun("page", "pages"), dimension=dimension,
        low_end=1, high_end=1000, integer=dimension is None, functional=True, verbs=(), nouns=(name,), facts=(),
        ask_value=(), high=(), low=(), attributes=(),
    )  # fmt: skip


WROTE = relation("author", functional=True)
READS = relation("reader")
MARRIED = relation("spouse", subject="person", functional=True, symmetric=True)
PAGES, WEIGHT = quantity("pages"), quantity("weight", "mass")
PUBLISHED = DateAttribute(
    name="published", subject="book", precision=("year",), low_end=1900, high_end=2000, verbs=(), nouns=(), facts=(),
    ask_value=(), first=(), last=(), attributes=(),
)  # fmt: skip

WINTER = Entity(0, BOOK, "Winter", None, "it")
EMMA = Entity(1, BOOK, "Emma: A Novel", "Emma", "it")
DUNE = Entity(2, BOOK, "Dune", None, "it")
ANNA = Entity(3, PERSON, "Anna Berg", "Berg", "she")
NILS = Entity(4, PERSON, "Nils Holm", None, "he")
OLA = Entity(5, PERSON, "Ola Ås", None, "he")


def fact(*said: tuple[Entity, Predicate, Entity | str], denied: Sequence[Triple] = ()) -> FactText:
    """A fact that states triples; a text is a measure. The words between the names do not matter."""
    text, stated, mentions = "", [], []
    for subject, predicate, other in said:
        ends = []
        for name in (subject.name, other if isinstance(other, str) else other.name):
            text += " " if text else ""
            ends.append((len(text), len(text) + len(name)))
            text += name
        mentions.append((subject, ends[0]))
        if isinstance(other, Entity):
            mentions.append((other, ends[1]))
        stated.append(Stated(Triple(subject, predicate, Measure(other) if isinstance(other, str) else other), *ends))
    return FactText(text + ".", tuple(stated), tuple(mentions), tuple(denied))


def tale(*facts: FactText) -> Tale:
    """A database of these facts."""
    made = Tale()
    made.tell(World(DOMAIN), facts)
    return made


def query(kind: str, target: Target | None, op: str = "none", text: str = "?", marks: Sequence[str] = ()) -> Query:
    """A question; ``marks`` are the words in its text that are thresholds, or the number of a top-k."""
    spans = [
        ("count" if kind.startswith("arg") else "value", text.index(word), text.index(word) + len(word))
        for word in marks
    ]  # fmt: skip
    return Query(Phrase(text, tuple(spans)), kind, op, target)
