"""Questions with known answers on generated databases of many sizes, and how each row of the replies came about.

The databases tell of domains that the reader was not trained on, among facts of others; a small one holds a part of a
world. What is asked has one certain answer; of some things nothing is stated.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from neuraldb.core.errors import Error
from neuraldb.evaluation.composed_questions import MAKERS, unstated
from neuraldb.evaluation.factbench import answers
from neuraldb.evaluation.tale_answers import Answers, NothingStated, Uncertain, of_nothing, right_answers
from neuraldb.evaluation.tales import Tale, questions
from neuraldb.models.calibration import Answered, Calibrator
from neuraldb.models.registry import Models
from neuraldb.session import Session
from neuraldb.stores.facts import NewFact
from neuraldb.training.queries import Query
from neuraldb.training.realise import write_facts
from neuraldb.training.texts import write_texts
from neuraldb.training.vocabulary import HELD_OUT, Domain, load_lexicon
from neuraldb.training.worlds import make_world

SIZES = (25, 60, 150, 400, 1000)
"""Facts of a database."""
QUESTIONS = 48
"""Questions on each."""
COMPOSED = 0.4
"""The share of trials for questions that must be taken apart."""
UNANSWERED, UNSTATED = 0.08, 0.06
"""The share of questions to which nothing is stated, at most; and beside them of look-ups of what no fact states."""
PATIENCE = 40
"""Trials for a question."""
ENTITIES = (4, 6, 8, 12, 16, 20)
"""About so many things of each class are in a world."""
TEXTS, TELLINGS = 30, (1, 2, 3, 4, 5)
"""Whole texts that a world is told by, and how often the grammar tells all that holds in it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A row of an answer: how it came about, and whether it is right."""

    answered: Answered
    right: bool


@dataclass
class Recorder(Calibrator):
    """A calibrator that changes nothing, and keeps what it is asked about."""

    asked: list[Answered] = field(default_factory=list)

    def chance(self, answered: Answered) -> float:
        """The confidence as it is."""
        self.asked.append(answered)
        return answered.confidence


def domains() -> tuple[list[Domain], list[Domain]]:
    """Those that no recipe trains on, and all others."""
    every = load_lexicon()
    return [d for d in every if d.name in HELD_OUT], [d for d in every if d.name not in HELD_OUT]


def database(size: int, held_out: Sequence[Domain], others: Sequence[Domain], rng: random.Random) -> Tale:
    """A database of so many facts, of which a third at least is about what will be asked."""
    tale = Tale()
    mine = max(10, round(size * rng.uniform(0.35, 1.0)))
    turns = rng.sample(list(held_out), k=len(held_out))
    while len(tale.facts) < mine:
        for domain in turns:
            if len(tale.facts) < mine:
                _tell(tale, domain, mine, rng)
    asked_about = list(tale.worlds)
    while len(tale.facts) < size:
        _tell(tale, rng.choice(list(others)), size, rng)
    rng.shuffle(tale.facts)
    tale.worlds = asked_about
    return tale


def _tell(tale: Tale, domain: Domain, until: int, rng: random.Random) -> None:
    """Facts of a new world of a domain, up to so many in all.

    A world is told several times in other words, each time all that holds in it: of what people write about, they write
    again and again.
    """
    world = make_world(domain, rng, size=rng.choice(ENTITIES))
    told = list(write_texts(world, rng, TEXTS))
    for _ in range(rng.choice(TELLINGS)):
        told += write_facts(world, rng)
    rng.shuffle(told)
    tale.tell(world, told[: until - len(tale.facts)])


def asked_of(tale: Tale, count: int, rng: random.Random) -> dict[str, Answers]:
    """Questions with their answers, each text once, of all kinds alike; fewer where too few are certain."""
    kinds: dict[tuple[str, ...], dict[str, Answers]] = defaultdict(dict)
    nothing: dict[str, Answers] = {}
    plain = questions(tale, rng)
    for _ in range(PATIENCE * count):
        try:
            kind, text, gold, stated = _composed(tale, rng) if rng.random() < COMPOSED else _plain(next(plain), tale)
        except Uncertain:
            continue
        (kinds[*kind, "several" if len(gold) > 1 else "one"] if stated else nothing).setdefault(text, gold)
    turns = [iter(some.items()) for some in kinds.values()]
    made = dict(list(nothing.items())[: round(UNANSWERED * count)])
    for _ in range(PATIENCE * round(UNSTATED * count)):
        asked = unstated(rng.choice(tale.worlds), tale, rng)
        if asked is not None and len(made) < round((UNANSWERED + UNSTATED) * count):
            made.setdefault(asked[0], asked[2])
    while turns and len(made) < count:
        turn = turns.pop(0)
        found = next(turn, None)
        if found is not None:
            made.setdefault(*found)
            turns.append(turn)
    return made


Sampled = tuple[tuple[str, ...], str, Answers, bool]
"""A question: what kind it is, its text, its answer, and whether anything is stated that answers it."""


def _composed(tale: Tale, rng: random.Random) -> Sampled:
    made = rng.choice(MAKERS)(rng.choice(tale.worlds), tale, rng)
    if made is None:
        raise Uncertain("the world has none of these")
    return (made[1],), made[0], made[2], bool(made[2])


def _plain(query: Query, tale: Tale) -> Sampled:
    compared = "" if query.op == "none" else "compared"
    kind = query.type, query.target.role if query.target else "", compared
    gold, stated = _certain(query, tale)
    return kind, query.phrase.text, gold, stated


def _certain(query: Query, tale: Tale) -> tuple[Answers, bool]:
    """The right answer, and whether anything is stated that gives it."""
    try:
        gold = right_answers(query, tale)
    except NothingStated:
        return of_nothing(query.type), False
    return gold, bool(gold)


def outcomes(text: str, gold: Answers, session: Session, recorder: Recorder) -> Iterator[Outcome]:
    """The rows with which a session answers a question; a question that fails has none."""
    recorder.asked.clear()
    try:
        result = session.run(text, "question")
    except Error:
        return
    said = iter(answers(result))
    for answered, row in zip(recorder.asked, result, strict=True):
        if row[0] is not None:
            value = next(said)
            yield Outcome(answered, any(answer.fits(value) for answer in gold))


def measured(sizes: Sequence[int], rounds: int, seed: int, models: Models) -> Iterator[tuple[int, list[Outcome]]]:
    """For each generated database its size, and the rows of all answers.

    Args:
        sizes: facts of a database.
        rounds: how many databases there are of each size.
        seed: from which they follow.
        models: with a :class:`Recorder` for a calibrator.
    """
    recorder = models.calibrator
    assert isinstance(recorder, Recorder)
    held_out, others = domains()
    for number in range(rounds):
        for size in sizes:
            rng = random.Random(f"calibration {seed} {size} {number}")
            tale = database(size, held_out, others, rng)
            session = Session(":memory:", models=models)
            session.add([NewFact(text) for text in tale.facts])
            asked = asked_of(tale, QUESTIONS, rng)
            yield size, [row for text, gold in asked.items() for row in outcomes(text, gold, session, recorder)]
            session.close()
