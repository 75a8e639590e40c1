"""Chooses the facts of one WikiNLDB-like database: some relations, clusters of objects, names that are told apart."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from neuraldb.core.text import digest, mentions, normalise
from neuraldb.loading.wikinldb_databases import Triple
from neuraldb.training.wikinldb_facts import Corpora, Stated, is_number
from neuraldb.training.wikinldb_forms import Plan
from neuraldb.training.wikinldb_names import TRIES
from neuraldb.training.wikinldb_relations import BASES, CONFUSED, CUED, RELATIONS

PLACES = frozenset({"place", "city", "country"})
WORKS = frozenset({"book", "film", "work"})
MERGED = 0.08
"""Share of facts that tell two things of one subject."""
OTHER = 0.1
"""Share of facts that no question asks about."""
HUMAN, KNOWN = 0.3, 0.6
"""How often a fact is a human sentence, and how often that or a triple of PARAREL, where there are such."""


def _family(kind: str) -> str:
    return "place" if kind in PLACES else "work" if kind in WORKS else kind


class Collected:
    """The facts of a database so far; refuses what would make a gold answer doubtful.

    Args:
        asked: relations that questions are about; a sentence that may state one unnoticed is refused.
    """

    def __init__(self, asked: frozenset[str]) -> None:
        self.asked = asked
        self._values: set[str] = set()
        self.facts: list[Stated] = []
        self.objects: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._texts: set[str] = set()
        self._names: dict[str, str] = {}
        self._spans: dict[str, set[str]] = defaultdict(set)

    def add(self, fact: Stated) -> bool:
        """Take a fact, if it fits."""
        names = list(self._named(fact))
        if fact.unclear & self.asked or fact.text in self._texts or not self._apart(names):
            return False
        if fact.origin == "tekgen" and any(_says_unnoticed(fact, value) for value in self._values):
            return False
        if not all(self._consistent(triple) for triple in fact.triples):
            return False
        self.facts.append(fact)
        self._texts.add(fact.text)
        for key, family in names:
            self._names[key] = family
            self._spans[family] |= _spans(key)
        for subject, relation, name in fact.triples:
            self.objects[subject, relation].append(name)
            if relation in RELATIONS and RELATIONS[relation].symmetric:
                self.objects[name, relation].append(subject)
        return True

    def _named(self, fact: Stated) -> Iterator[tuple[str, str]]:
        for subject, relation, name in fact.triples:
            known = RELATIONS.get(relation)
            yield normalise(subject), _family(known.subject) if known else "thing"
            if not is_number(relation):
                yield normalise(name), _family(known.object) if known else "thing"

    def _apart(self, names: Iterable[tuple[str, str]]) -> bool:
        """Whether no name is that of something else, or a part of a name of its own kind."""
        for key, family in names:
            if key in self._names:
                if self._names[key] != family:
                    return False
            elif key in self._spans[family] or any(self._names.get(span) == family for span in _spans(key)):
                return False
        return True

    def _consistent(self, triple: Triple) -> bool:
        """Whether a triple is new, and contradicts none that is there."""
        subject, relation, name = triple
        if relation not in RELATIONS:
            return True
        there = self.objects.get((subject, relation), [])
        if name in there or subject == name:
            return False
        each = RELATIONS[relation]
        if each.symmetric and not each.many and self.objects.get((name, relation)):
            return False
        return each.many or not there

    def ask_for(self, value: str) -> bool:
        """Enter a value by which things are described; False if a human sentence may describe something so as well."""
        if any(fact.origin == "tekgen" and _says_unnoticed(fact, value) for fact in self.facts):
            return False
        self._values.add(value)
        return True

    def number_is_new(self, relation: str, number: str) -> bool:
        """Whether no subject has this number yet: the least and the most are one."""
        return all(number not in names for (_, r), names in self.objects.items() if r == relation)


def _says_unnoticed(fact: Stated, value: str) -> bool:
    return all(name != value for _, _, name in fact.triples) and mentions(fact.text, value)


def _spans(key: str) -> set[str]:
    """The stretches of words of a name that are shorter than it."""
    words = key.split()
    count = len(words)
    return {" ".join(words[i:j]) for i in range(count) for j in range(i + 1, count + 1) if j - i < count}


class Builder:
    """Chooses facts.

    Args:
        corpora: what they are made of.
        plan: what the part may tell.
        rng: chooses.
    """

    def __init__(self, corpora: Corpora, plan: Plan, rng: random.Random) -> None:
        self.corpora, self.plan, self.rng = corpora, plan, rng
        self.invented: dict[str, list[str]] = defaultdict(list)

    def build(self, size: int) -> list[Stated]:
        """So many facts, in a random order."""
        bases = self._relations(size)
        modifiers = self._modifiers(bases)
        told = Collected(frozenset({*bases, *(m for each in modifiers.values() for m in each)}) & CUED)
        wanted = round(size * (1 + MERGED))
        self._others(told, round(size * OTHER))
        # what joins need comes of the same budget
        joinable = 0.45 if modifiers else 0.0
        share = (wanted - len(told.facts)) / len(bases)
        for relation in bases:
            quota = share * (1 - joinable if any(key[0] == relation for key in modifiers) else 1)
            self._base(told, relation, max(3, round(quota)))
        for (relation, slot), chosen in modifiers.items():
            self._modify(told, relation, slot, chosen, round(share * joinable))
        tries = 0
        while len(told.facts) < wanted and tries < 20 * size:
            tries += 1
            self._base(told, self.rng.choice(bases), 1)
        facts = self.rng.sample(told.facts, len(told.facts))
        return _merged(facts, size, self.rng)

    # ----------------------------------------------------------------------------------------------------- relations

    def _relations(self, size: int) -> list[str]:
        """Some relations that are told apart; one with joins among them, and one with numbers, where there are such."""
        count = min(len(self.plan.bases), max(3, round(size**0.5 * 0.75)))
        joined = [r for r in self.plan.bases if self._joinable(r)]
        numbers = [r for r in self.plan.bases if is_number(r)]
        first = [self.rng.choice(pool) for pool in (joined, numbers) if pool]
        chosen: list[str] = []
        for relation in (*first, *self.rng.sample(self.plan.bases, len(self.plan.bases))):
            clash = any(relation in pair and set(chosen) & (pair - {relation}) for pair in CONFUSED)
            if relation not in chosen and not clash and len(chosen) < count:
                chosen.append(relation)
        return chosen

    def _joinable(self, relation: str) -> bool:
        return any(self.plan.filters.get((relation, slot)) for slot in "so")

    def _modifiers(self, bases: Sequence[str]) -> dict[tuple[str, str], list[str]]:
        """For ends of relations, up to two others by which they are described or that are asked of them."""
        out: dict[tuple[str, str], list[str]] = {}
        for relation in bases:
            for slot in "so":
                keys = {*self.plan.filters.get((relation, slot), ()), *self.plan.expansions.get((relation, slot), ())}
                fit = sorted(m for m in keys if not any(m in pair and relation in pair for pair in CONFUSED))
                if fit:
                    out[relation, slot] = self.rng.sample(fit, min(2, len(fit)))
        return out

    # --------------------------------------------------------------------------------------------------------- facts

    def _others(self, told: Collected, count: int) -> None:
        for fact in self.rng.sample(self.corpora.others, min(len(self.corpora.others), 20 * count)):
            if count <= 0:
                return
            count -= told.add(fact)

    def _base(self, told: Collected, relation: str, count: int) -> None:
        """Facts of a relation: human sentences, triples of PARAREL and invented ones, with few objects among them."""
        each = BASES[relation]
        objects = self._cluster(each.object, max(2, round(count / self.rng.uniform(2, 4))))
        goal = len(told.facts) + count
        for _ in range(12 * count):
            if len(told.facts) >= goal:
                return
            lot = self.rng.random()
            human, known = self.corpora.sentences.get(relation), self.corpora.triples.get(relation)
            if human and lot < HUMAN:
                fact = self.rng.choice(human)
                if all(self._mine(subject) for subject, _, _ in fact.triples):
                    told.add(fact)
            elif known and (lot < KNOWN or relation == "P47"):
                self._known(told, relation, known)
            elif relation != "P47":
                self._invent(told, relation, objects, goal)

    def _known(self, told: Collected, relation: str, known: Sequence[tuple[str, str]]) -> None:
        drawn = [self.rng.choice(known) for _ in range(30)]
        near = [p for p in drawn if (p[0], relation) in told.objects or (p[1], relation) in told.objects]
        subject, name = near[0] if near and self.rng.random() < 0.7 else drawn[0]
        if self._mine(subject):
            self._tell(told, (subject, relation, name), "pararel")

    def _invent(self, told: Collected, relation: str, objects: Sequence[str], goal: int) -> None:
        each = BASES[relation]
        subject = self._subject(each.subject)
        # most have one object, some have two or three
        objects_of_it = 1 + (each.many and self.rng.random() < 0.3) + (each.many and self.rng.random() < 0.15)
        for _ in range(min(objects_of_it, goal - len(told.facts))):
            name = self._object(told, relation, objects)
            if name is not None and self._tell(told, (subject, relation, name), "drawn"):
                self._remember(each.subject, subject)
                self._remember(each.object, name)

    def _object(self, told: Collected, relation: str, objects: Sequence[str]) -> str | None:
        kind = RELATIONS[relation].object
        if is_number(relation):
            number = self.corpora.names.draw(kind, self.rng)
            return number if told.number_is_new(relation, number) else None
        weights = [1 / (rank + 1) ** 0.8 for rank in range(len(objects))]
        return self.rng.choices(objects, weights)[0]

    def _modify(self, told: Collected, relation: str, slot: str, chosen: Sequence[str], count: int) -> None:
        """Tell more of the invented things at one end of a relation."""
        ends = [t[0] if slot == "s" else t[2] for f in told.facts for t in f.triples if t[1] == relation]
        mine = set(self.invented[RELATIONS[relation].subject if slot == "s" else RELATIONS[relation].object])
        ends = [end for end in dict.fromkeys(ends) if end in mine]
        self.rng.shuffle(ends)
        goal = len(told.facts) + count
        for modifier in chosen:
            values = self._cluster(RELATIONS[modifier].object, max(2, min(6, len(ends) // 3)))
            for end in ends[: max(1, count // len(chosen))]:
                value = self._object(told, modifier, values)
                if modifier == "P17":
                    value = self.corpora.names.country(end)
                if value is None or len(told.facts) >= goal:
                    continue
                human = [fact for fact in self.corpora.sentences.get(modifier, ()) if fact.triples[0][0] == end]
                if human and told.ask_for(human[0].triples[0][2]):
                    told.add(human[0])
                elif told.ask_for(value):
                    self._tell(told, (end, modifier, value), "drawn")

    def _tell(self, told: Collected, triple: Triple, origin: str) -> bool:
        return told.add(self.corpora.tell(triple, self.plan.phrases[triple[1]], origin, self.rng))

    # --------------------------------------------------------------------------------------------------------- names

    def _cluster(self, kind: str, count: int) -> list[str]:
        names = [self.corpora.names.draw(kind, self.rng) for _ in range(count)]
        return list(dict.fromkeys(names))

    def _subject(self, kind: str) -> str:
        """An invented subject; sometimes one of which something else is told already."""
        if self.invented[kind] and self.rng.random() < 0.25:
            known = self.rng.choice(self.invented[kind])
            if self._mine(known):
                return known
        for _ in range(TRIES):
            name = self.corpora.names.draw(kind, self.rng)
            if self._mine(name):
                return name
        raise LookupError(f"the part has no names of the class {kind}")

    def _remember(self, kind: str, name: str) -> None:
        if name not in self.invented[kind]:
            self.invented[kind].append(name)

    def _mine(self, subject: str) -> bool:
        """Whether the part may speak of a subject."""
        low, high = self.plan.share
        return low <= int(digest(normalise(subject))[:8], 16) % 100 < high


def _merged(facts: list[Stated], size: int, rng: random.Random) -> list[Stated]:
    """So many facts, pairs about one subject put together; what is left over is left out, first what is not asked."""
    by_subject: dict[str, list[Stated]] = defaultdict(list)
    for fact in facts:
        if fact.origin != "tekgen":
            by_subject[fact.triples[0][0]].append(fact)
    pairs = [tuple(rng.sample(same, 2)) for same in by_subject.values() if len(same) > 1]
    out = list(facts)
    for first, second in pairs[: max(0, len(facts) - size)]:
        joint = Stated(f"{first.text} {second.text}", first.triples + second.triples, first.origin)
        out[out.index(first)] = joint
        out.remove(second)
    out.sort(key=lambda fact: all(relation not in RELATIONS for _, relation, _ in fact.triples))
    return rng.sample(out[:size], min(size, len(out)))
