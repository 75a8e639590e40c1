"""Entity linking measured: which mentions in made-up facts are of one entity, pairwise, in whatever order they come.

The people and things are made here from the lexicon's names, so that who is who is known: people of one surname, with
first names of one letter, now and then two of one name; and things whose names differ in a number. The mentions are
given, so that only their linking is measured. Beside it stands the baseline, names compared letter for letter.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from neuraldb.core.person_names import without_titles
from neuraldb.models.protocols import ExtractedMention, ExtractedTriple, Extraction, Reading, ReadRequest, Vectors
from neuraldb.models.registry import Models
from neuraldb.session import Session
from neuraldb.stores.facts import NewFact
from neuraldb.training.vocabulary import load_lexicon

PEOPLE = 300
FACTS = 6
"""Facts of one person."""
FORMS = {"full": 0.45, "title": 0.1, "initial": 0.2, "capitals": 0.05, "surname": 0.2}
"""How often people are called by which form of their names."""
TITLES = ("Dr.", "Prof.", "Sir", "Captain")
SERIES = ("ASR", "Boeing ", "Apollo ", "Airbus A", "Route ", "Kepler-", "Model ")
KINGS = ("Henry", "Louis", "Magnus", "Charles")
NUMERALS = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII")
ONE_TOWN = ("{} lives in {}.", "{} grew up in {}.", "{} was born in {}.", "{} moved to {}.")
ONE_FIRM = ("{} works for {}.", "{} joined {}.", "{} advises {}.", "{} left {} last year.")
OF_THINGS = ("{} was repaired in {}.", "{} was seen near {}.", "{} was built in {}.")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with two places of their own."""

    first: str
    last: str
    town: str
    firm: str

    def called(self, form: str, rng: random.Random) -> str:
        """The name in one of the :data:`FORMS`."""
        whole = f"{self.first} {self.last}"
        return {
            "full": whole,
            "title": f"{rng.choice(TITLES)} {whole}",
            "initial": f"{self.first[0]}. {self.last}",
            "capitals": whole.upper(),
            "surname": self.last,
        }[form]


@dataclass(frozen=True, slots=True)
class Told:
    """A fact: its text, where names stand in it, whom or what each means, and the form of the first one."""

    text: str
    spans: tuple[tuple[int, int], ...]
    gold: tuple[Hashable, ...]
    form: str


@dataclass(frozen=True, slots=True)
class Score:
    """Pairs of mentions: those that are of one entity and taken for one, those taken for one, those of one entity."""

    right: int
    taken: int
    gold: int

    @property
    def precision(self) -> float:
        """Of the pairs taken for one entity, the share that are."""
        return self.right / self.taken if self.taken else 1.0

    @property
    def recall(self) -> float:
        """Of the pairs of one entity, the share that are taken for one."""
        return self.right / self.gold if self.gold else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def make_facts(people: int, seed: int) -> list[Told]:
    """Facts about so many people, and things in series, in random order; the same for the same seed."""
    rng = random.Random(seed)
    persons = _people(people, rng)
    told: dict[str, Told] = {}
    for number, person in enumerate(persons):
        for _ in range(FACTS):
            form = rng.choices(list(FORMS), list(FORMS.values()))[0]
            place, template = rng.choice(((person.town, ONE_TOWN), (person.firm, ONE_FIRM)))
            fact = _written(rng.choice(template), (person.called(form, rng), place), (number, place), form)
            told.setdefault(fact.text, fact)
    towns = sorted({person.town for person in persons})
    for thing in _things(people // 3, rng):
        for _ in range(2):
            town = rng.choice(towns)
            fact = _written(rng.choice(OF_THINGS), (thing, town), (thing, town), "number")
            told.setdefault(fact.text, fact)
    facts = list(told.values())
    rng.shuffle(facts)
    return facts


def _people(count: int, rng: random.Random) -> list[Person]:
    names = sorted({name for cls in _classes("person") for name, _ in cls if name.count(" ") == 1 and "." not in name})
    towns = sorted({name for cls in _classes("place") for name, _ in cls})
    firms = sorted({name for cls in _classes("group") for name, _ in cls})
    untitled = [name.split() for name in names if without_titles(f"{name} Berg") == f"{name} Berg"]
    firsts, lasts = zip(*untitled, strict=True)
    surnames = rng.sample(sorted(set(lasts)), k=min(len(set(lasts)), max(2, count // 2)))
    made: list[Person] = []
    for _ in range(count):
        same = bool(made) and rng.random() < 0.03
        first, last = (made[-1].first, made[-1].last) if same else (rng.choice(firsts), rng.choice(surnames))
        made.append(Person(first, last, rng.choice(towns), rng.choice(firms)))
    return made


def _things(count: int, rng: random.Random) -> list[str]:
    things = {f"{rng.choice(SERIES)}{rng.randrange(100, 140)}" for _ in range(count)}
    return sorted(things | {f"{rng.choice(KINGS)} {rng.choice(NUMERALS)}" for _ in range(count // 4)})


def _classes(kind: str) -> Iterator[Sequence[tuple[str, str | None]]]:
    for domain in load_lexicon():
        yield from (cls.names for cls in domain.classes.values() if cls.kind == kind)


def _written(template: str, names: Sequence[str], gold: Sequence[Hashable], form: str) -> Told:
    text = template.format(*names)
    at, spans = 0, []
    for name in names:
        start = text.index(name, at)
        at = start + len(name)
        spans.append((start, at))
    return Told(text, tuple(spans), tuple(gold), form)


# ------------------------------------------------------------------------------------------------------------ measuring


class _Given:
    """Models of which only the extractor has something to say: the mentions that the facts were made with."""

    name, width = "given", 1

    def __init__(self, facts: Iterable[Told]) -> None:
        self._facts = {fact.text: fact for fact in facts}

    def encode(self, texts: Sequence[str]) -> Vectors:
        """The same vector for all: linking must not rest on it."""
        return np.ones((len(texts), 1), np.float32)

    def read(self, requests: Sequence[ReadRequest]) -> list[Reading]:
        """Nothing."""
        return [Reading(()) for _ in requests]

    def extract(self, texts: Sequence[str]) -> list[Extraction]:
        """The mentions, and one triple of them."""
        found = []
        for text in texts:
            mentions = tuple(ExtractedMention(a, b, text[a:b]) for a, b in self._facts[text].spans)
            found.append(Extraction(mentions, (ExtractedTriple(0, "is told with", 1),)))
        return found


def linked(facts: Sequence[Told], batch: int) -> list[tuple[int, ...]]:
    """For each fact the entities that its mentions are linked to when the facts are told in batches of some size."""
    given = _Given(facts)
    session = Session(":memory:", models=Models(given, given, None, given))
    try:
        ids: list[int] = []
        for first in range(0, len(facts), batch):
            ids += [one.id for one in session.add([NewFact(fact.text) for fact in facts[first : first + batch]])]
        places = {(m.fact, m.start): m.term for m in session.stores.graph.mentions(ids)}
    finally:
        session.close()
    # a name that reads as a date or a number is linked to nothing
    return [tuple(places.get((id, start), -id) for start, _ in fact.spans) for id, fact in zip(ids, facts, strict=True)]


def score(pairs: Iterable[tuple[Hashable, Hashable]]) -> Score:
    """The score of mentions, each with whom it means and what it was taken for."""
    both = Counter(pairs)
    gold: Counter[Hashable] = Counter()
    taken: Counter[Hashable] = Counter()
    for (mine, other), count in both.items():
        gold[mine] += count
        taken[other] += count
    return Score(*(sum(n * (n - 1) // 2 for n in counts.values()) for counts in (both, taken, gold)))


def of_form(form: str, facts: Sequence[Told], answers: Sequence[Hashable]) -> Score:
    """The score of the pairs of a fact's first mention in which one at least is in a form."""
    both: dict[bool, list[tuple[Hashable, Hashable]]] = defaultdict(list)
    for fact, answer in zip(facts, answers, strict=True):
        both[fact.form == form].append((fact.gold[0], answer))
    whole, others = score([*both[True], *both[False]]), score(both[False])
    return Score(whole.right - others.right, whole.taken - others.taken, whole.gold - others.gold)


def run(people: int = PEOPLE, seed: int = 0, batches: Sequence[int] = (256, 1)) -> dict[str, dict[str, Score]]:
    """The scores by way of linking and form of names: ``letter for letter``, and told in batches of some sizes."""
    facts = make_facts(people, seed)
    ways: dict[str, list[Hashable]] = {"letter for letter": [f.text[slice(*f.spans[0])] for f in facts]}
    for batch in batches:
        ways[f"told by {batch}"] = [answer[0] for answer in linked(facts, batch)]
    return {way: _by_form(facts, answers) for way, answers in ways.items()}


def _by_form(facts: Sequence[Told], answers: Sequence[Hashable]) -> dict[str, Score]:
    forms = (*FORMS, "number")
    everything = score((fact.gold[0], answer) for fact, answer in zip(facts, answers, strict=True))
    return {"all": everything, **{form: of_form(form, facts, answers) for form in forms}}


def table(scores: Mapping[str, Mapping[str, Score]]) -> str:
    """The scores as text: precision, recall and F1 in per cent, a column a way."""
    lines = [f"{'pairs with':<12}" + "".join(f"{way:>26}" for way in scores)]
    lines.append(f"{'':<12}" + f"{'P      R     F1':>26}" * len(scores))
    for form in next(iter(scores.values())):
        cells = (by_form[form] for by_form in scores.values())
        figures = (f"{100 * s.precision:6.1f} {100 * s.recall:6.1f} {100 * s.f1:6.1f}" for s in cells)
        lines.append(f"{form:<12}" + "".join(f"{cell:>26}" for cell in figures))
    return "\n".join(lines)
