"""Examples over several facts, and the retriever's mistakes."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings

from neuraldb.core.progress import CancelToken
from neuraldb.models.protocols import Derivation, Reading, ReadRequest, SpanText
from neuraldb.training.derivations import derive, told_world
from neuraldb.training.examples import ReadingExample
from neuraldb.training.mining import answers_nothing, confusions, mistakes
from neuraldb.training.queries import Query
from neuraldb.training.retrieval import distant, pool
from neuraldb.training.support_sets import derive_from, joins, noisy
from training.made import SEEDS, asked, lexicon, written

BUSINESS = next(d for d in lexicon() if d.name == "business")
MEDICINE = next(d for d in lexicon() if d.name == "medicine")


class Letters:
    """Vectors that count letters; enough for texts of the same words to lie near each other."""

    name, width = "letters", 27

    def encode(self, texts):  # type: ignore[no-untyped-def]
        rows = np.zeros((len(texts), 27), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for letter, count in Counter(text.lower()).items():
                row[ord(letter) - 96 if "a" <= letter <= "z" else 0] += count
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def wanted(self, questions):  # type: ignore[no-untyped-def]
        return self.encode(questions), np.zeros(len(questions), np.float32), 1.0


def test_a_join_needs_both_of_its_facts() -> None:
    world, facts = told_world(BUSINESS, random.Random(5))
    examples = list(joins(world, facts, random.Random(5), 30))
    assert Counter(e.verdict for e in examples)["span"] > 5
    by_question: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for e in examples:
        by_question.setdefault(e.question, []).append((e.facts, e.verdict))
        for (number, start, end), _ in e.pairs:
            assert e.facts[number][start:end].strip()
    lone = [verdict for sets in by_question.values() for facts, verdict in sets if len(facts) == 1]
    assert lone
    assert set(lone) == {"none"}
    assert all(verdict == "span" for sets in by_question.values() for facts, verdict in sets[:1] if len(facts) == 2)


@given(SEEDS)
@settings(max_examples=10, deadline=None)
def test_noise_changes_nothing_but_the_place(seed: int) -> None:
    made, facts = written(seed)
    rng = random.Random(seed)
    for query in asked(made, seed, 15):
        if query.target is None or (example := noisy(query, facts, rng)) is None:
            continue
        assert len(example.facts) > 1
        told = [next(f for f in facts if f.text == text) for text in example.facts]
        assert (example.verdict, example.pairs) == derive_from(query, told)
        spans = {(f.text, a, b) for f in told for (_, a, b), _ in derive(query.target, f)[1]}
        assert {(example.facts[n], a, b) for (n, a, b), _ in example.pairs} == (
            spans if example.verdict == "span" else set()
        )


def test_mistakes_are_what_comes_first_and_answers_nothing() -> None:
    letters = Letters()
    examples = list(mistakes([BUSINESS, MEDICINE], letters, letters, random.Random(1), worlds=2, queries=12, each=2))
    wrong, right = Counter(), {}
    for e in examples:
        if e.verdict == "none":
            wrong[e.question] += 1
        else:
            right.setdefault(e.question, set()).add(e.facts)
    assert wrong
    assert right
    assert max(wrong.values()) <= 4  # two each time that a question is asked
    for e in examples:
        if e.verdict == "none":
            assert e.facts not in right.get(e.question, set())
            assert e.pairs == ()


class Finding:
    """A reader that finds the same in every fact: its first letter, with a certainty."""

    name = "finding"

    def __init__(self, sure: float) -> None:
        self.sure = sure

    def read(self, requests: Sequence[ReadRequest], token: CancelToken | None = None) -> list[Reading]:
        found = [(Derivation(SpanText(0, 0, 1, r.facts[0][:1]), None, self.sure),) for r in requests]
        return [Reading(derivations, self.sure, 0.0, 1.0 - self.sure) for derivations in found]


def confused(sure: float) -> list[ReadingExample]:
    return with_reader(Finding(sure))


def with_reader(reader: Finding) -> list[ReadingExample]:
    letters, rng = Letters(), random.Random(1)
    return list(confusions([BUSINESS, MEDICINE], letters, letters, reader, rng, worlds=2, queries=12, each=2))


def test_confusions_are_what_the_reader_gets_wrong() -> None:
    everything, nothing = confused(0.9), confused(0.0)
    assert {"none", "span"} <= {e.verdict for e in everything}  # it finds too much, and the wrong thing
    assert not any(e.verdict == "none" for e in nothing)  # it turns all down: what is missed is shown
    assert any(e.verdict == "span" for e in nothing)
    yes = [e for e in everything if e.mode == "verdict"]
    assert any(e.verdict != "yes" for e in yes)


def test_a_reader_that_is_right_is_shown_little() -> None:
    shown = {(e.question, e.facts, e.mode): e for sure in (0.0, 0.9) for e in confused(sure)}

    class Knowing(Finding):
        def read(self, requests: Sequence[ReadRequest], token: CancelToken | None = None) -> list[Reading]:
            known = [shown.get((r.question, r.facts, r.mode)) for r in requests]
            return [Reading(()) if example is None else right(example) for example in known]

    assert len(with_reader(Knowing(1.0))) < len(confused(0.9)) / 2


def right(example: ReadingExample) -> Reading:
    """The reading that an example asks for."""
    if example.mode == "verdict":
        yes, no = float(example.verdict == "yes"), float(example.verdict == "no")
        return Reading((), yes, no, 1.0 - yes - no)
    text = example.facts[0]
    derivations = tuple(
        Derivation(SpanText(*key, text[slice(*key[1:])]), value and SpanText(*value, text[slice(*value[1:])]), 1.0)
        for key, values in example.pairs
        for value in (values or (None,))
    )
    return Reading(derivations)


def test_a_fact_of_another_world_answers_nothing_if_it_has_nothing_of_the_class() -> None:
    rng = random.Random(2)
    world, own = told_world(BUSINESS, rng)
    _, others = told_world(MEDICINE, rng)
    query = next(
        q for q in asked(world, 3, 400) if q.target is not None and q.target.role == "object" and q.target.entity
    )
    assert isinstance(query, Query)
    assert query.target is not None
    assert query.target.entity is not None
    names = {query.target.entity.name.lower(), (query.target.entity.alias or query.target.entity.name).lower()}
    for fact in [*own, *others]:
        if answers_nothing(query, world.domain, fact) and fact in own:
            assert derive(query.target, fact)[0] == "none"
    assert any(answers_nothing(query, world.domain, f) for f in others)
    assert not any(
        answers_nothing(query, world.domain, f) for f in own if any(f" {n} " in f" {f.text.lower()} " for n in names)
    )


def test_a_pool_has_questions_that_its_facts_answer() -> None:
    made = pool([BUSINESS, MEDICINE], Letters(), random.Random(4), worlds=2, queries=10)
    assert made.vectors.shape == (len(made.facts), 27)
    assert made.asked
    for one in made.asked:
        assert one.facts
        assert max(one.facts) < len(made.facts)


def test_distant_supervision_takes_what_the_reader_derives() -> None:
    from neuraldb.models.protocols import Derivation, Reading, SpanText

    class Shouting:
        name = "shouting"

        def read(self, requests):  # type: ignore[no-untyped-def]
            return [
                Reading((Derivation(SpanText(0, 0, 1, r.facts[0][:1]), None, 0.9 if "company" in r.facts[0] else 0.1),))
                for r in requests
            ]

    made = pool([BUSINESS], Letters(), random.Random(4), worlds=1, queries=10)
    found = list(distant(made, Shouting(), Letters(), random.Random(0), questions=8, candidates=30))
    assert found
    assert all("company" in made.facts[i] for one in found for i in one.facts)
