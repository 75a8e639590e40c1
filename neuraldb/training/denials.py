"""Statements that a text denies, and those it says of others: the extractor must take none of them for what holds."""

from __future__ import annotations

import random

from neuraldb.training.grammar import capital, finite, negated, predicate
from neuraldb.training.realise import FactText, Span, Stated
from neuraldb.training.vocabulary import Relation
from neuraldb.training.worlds import Entity, Triple, World

DENIED = 6
"""Denials that are told of one world."""
FORMS = (
    "{s} {neg}.", "{s} {neg}.", "{s} {never}.", "{s} no longer {vp}.", "It is not true that {s} {vp}.",
    "Contrary to what was printed, {s} {neg}.", "Nobody believes that {s} {vp}.",
)  # fmt: skip
"""``neg`` and ``never`` are the denied verb phrase, ``vp`` the same affirmed."""
BOTH = ("{s} {neg}, but {true}.", "{s} {true}, not {o}.", "{s} {neg}. {p} {true}.", "{s} {neg}; {p} {true}.")
"""``true`` is what holds instead."""


def denials(world: World, rng: random.Random) -> list[FactText]:
    """Denied statements of a world, half of them beside what holds instead."""
    out = []
    choices = [t for t in world.triples if isinstance(t.object, Entity) and _verbs(t)]
    for triple in rng.sample(choices, k=min(DENIED, len(choices))):
        others = [e for e in world.members(triple.object.cls.name) if e is not triple.subject]  # type: ignore[union-attr]
        known = {id(t.object) for t in world.of_subject[triple.subject.number] if t.predicate is triple.predicate}
        others = [e for e in others if id(e) not in known]
        if others:
            out.append(_Denial(triple, rng.choice(others), rng).told())
    return out


def _verbs(triple: Triple) -> bool:
    return isinstance(triple.predicate, Relation) and bool(triple.predicate.verbs)


class _Denial:
    """One text: ``triple`` holds, with ``other`` for its object it does not."""

    def __init__(self, triple: Triple, other: Entity, rng: random.Random) -> None:
        self.triple, self.other, self.rng = triple, other, rng
        assert isinstance(triple.object, Entity)
        self.object = triple.object
        self.text = ""
        self.names: list[tuple[Entity, Span]] = []

    def told(self) -> FactText:
        """The denial as a fact."""
        verb = self.rng.choice(self.triple.predicate.verbs)
        neg, _ = negated(verb, "{o}", plural=False, short=self.rng.random() < 0.4)
        if verb.verb == "be":
            never = f"{finite(verb, plural=False)} never {verb.before} {{o}} {verb.after}"
        else:
            never = f"never {predicate(verb, '{o}', plural=False)}"
        phrase, true = predicate(verb, "{o}", plural=False), predicate(verb, "{t}", plural=False)
        both = self.rng.random() < 0.5
        form = self.rng.choice(BOTH if both else FORMS)
        for key, words in (("neg", neg), ("never", never), ("vp", phrase), ("true", true)):
            form = form.replace("{" + key + "}", words)
        form = form.replace(
            "{p}", capital(self.triple.subject.pronoun) if ". {p}" in form else self.triple.subject.pronoun
        )
        self._write(" ".join(form.split()).replace(" ,", ",").replace(" .", "."))
        where = {id(e): span for e, span in reversed(self.names)}
        stated: tuple[Stated, ...] = ()
        if both:
            stated = (Stated(self.triple, where[id(self.triple.subject)], where[id(self.object)]),)
        denied = Triple(self.triple.subject, self.triple.predicate, self.other)
        return FactText(self.text, stated, tuple(self.names), (denied,))

    def _write(self, form: str) -> None:
        slots = {"s": self.triple.subject, "o": self.other, "t": self.object}
        for i, part in enumerate(form.replace("}", "{").split("{")):
            if i % 2 == 0:
                self.text += part
                continue
            entity = slots[part]
            begin = len(self.text)
            self.text += entity.name
            self.names.append((entity, (begin, len(self.text))))
        self.text = capital(self.text)
