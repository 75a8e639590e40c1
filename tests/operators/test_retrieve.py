"""Support sets: which facts are read for a question, how many, and that a forgotten one never is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuraldb.core.text import mentions
from neuraldb.models.protocols import Vectors
from neuraldb.models.registry import Models
from neuraldb.operators.context import Context
from neuraldb.operators.retrieve import FREE, READ_ALL, STOP, UNTRAINED, fuse, retrieve
from neuraldb.plan.nodes import Retrieve
from neuraldb.stores.graph import Alias
from operators.told import Told, opened

NAMES = ("Anna", "Nils", "Ola")


@pytest.fixture(scope="module")
def many() -> Iterator[Told]:
    """More facts about Nils than are read, and one about Anna."""
    with opened(extracting=False) as one:
        one.tell_all(f"Nils bakes loaf {number}." for number in range(UNTRAINED + 40))
        one.tell("Anna likes jazz.")
        yield one


@pytest.fixture(scope="module")
def changing() -> Iterator[Told]:
    """A database in which no fact is current between one use and the next."""
    with opened(extracting=False) as one:
        yield one


def ids(told: Told, query: str, *anchors: str, budget: int | None = None, **options: object) -> list[int]:
    """The facts that are read, best first."""
    return retrieve(Retrieve(query, anchors, budget), (), told.context(**options)).column("fact").to_pylist()


@given(
    said=st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 2)), max_size=6, unique=True),
    kept=st.sets(st.integers(0, 5)),
    anchors=st.lists(st.sampled_from([*NAMES, "Nobody"]), max_size=2, unique=True),
    budget=st.none() | st.integers(1, 3),
)
@settings(max_examples=25, deadline=None)
def test_only_current_facts_are_read_each_once_and_within_the_budget(
    changing: Told, said: list[tuple[str, int]], kept: set[int], anchors: list[str], budget: int | None
) -> None:
    texts = changing.tell_all(f"{name} says {number}." for name, number in said)
    changing.forget([fact for place, fact in enumerate(texts) if place not in kept])
    current = {fact: text for place, (fact, text) in enumerate(texts.items()) if place in kept}
    try:
        read = ids(changing, "Who says 1?", *anchors, budget=budget)
    finally:
        changing.forget(list(current))
    assert len(read) == len(set(read))
    assert len(read) <= (budget or len(current))
    named = {fact for fact, text in current.items() if any(mentions(text, anchor) for anchor in anchors)}
    wanted = named or set(current)
    assert set(read) <= wanted
    if budget is None or len(wanted) <= budget:
        assert set(read) == wanted


def test_where_no_anchor_is_known_all_facts_are_read(told: Told) -> None:
    known = [told.tell("Anna bakes."), told.tell("Nils sings.")]
    assert sorted(ids(told, "Where is Zebedee?", "Zebedee")) == known


def test_an_alias_of_an_anchor_is_a_name_of_it_too(told: Told) -> None:
    first = told.tell("UN meets in Geneva.", ("UN", "meets in", "Geneva"))
    told.tell("Nils sings.")
    (term,) = told.stores.entities.aliases.terms("un")
    told.stores.graph.add_aliases([Alias(term, "United Nations", "stated")])
    assert ids(told, "Where do the United Nations meet?", "United Nations") == [first]


def test_what_a_fact_is_about_counts_as_said(told: Told) -> None:
    about = told.tell("Her brother bakes.", about="Anna")
    told.tell("Nils sings.")
    table = told.table(Retrieve("What of Anna?", ("Anna",)))
    assert table.select(["fact", "text"]).to_pylist() == [{"fact": about, "text": "Anna: Her brother bakes."}]


def test_a_fact_is_its_own_evidence_and_sure(told: Told) -> None:
    fact = told.tell("Anna bakes.")
    assert told.rows(Retrieve("Who bakes?")) == [(fact, "Anna bakes.", 1.0, [fact], 1.0)]


def test_an_empty_database_has_nothing_to_read(told: Told) -> None:
    assert ids(told, "Who bakes?") == []
    assert ids(told, "Who bakes?", "Anna", budget=3) == []


def test_few_facts_are_read_without_asking_the_encoder(told: Told) -> None:
    told.tell("Anna bakes.")
    context = told.context()
    told.table(Retrieve("Who bakes?"), context)
    assert context.counters.calls == {}


def test_only_visible_facts_are_there(told: Told) -> None:
    facts = [told.tell(f"Anna says {number}.", ("Anna", "says", str(number))) for number in range(4)]
    assert sorted(ids(told, "Who?", visible=frozenset(facts[1:3]))) == facts[1:3]
    assert ids(told, "Who?", "Anna", visible=frozenset(facts[:1])) == facts[:1]
    assert ids(told, "Who?", "Anna", visible=frozenset([99])) == []


# ----------------------------------------------------------------------------------------------------- more than enough


def test_of_many_facts_that_name_an_anchor_the_likeliest_are_read(many: Told) -> None:
    read = ids(many, "Which loaf 77 does Nils bake?", "Nils")
    assert len(read) == UNTRAINED
    texts = {fact.id: fact.text for fact in many.stores.facts.get(read)}
    assert texts[read[0]] == "Nils bakes loaf 77."
    assert all("Nils" in text for text in texts.values())


def test_the_best_come_first(many: Told) -> None:
    table = retrieve(Retrieve("Nils bakes loaf 5", ("Nils",)), (), many.context())
    scores = table.column("score").to_pylist()
    assert scores == sorted(scores, reverse=True)


def test_a_few_facts_that_name_a_rare_anchor_are_all_read(many: Told) -> None:
    (only,) = ids(many, "What does Anna like?", "Anna")
    assert many.stores.facts.get([only])[0].text == "Anna likes jazz."


@pytest.mark.parametrize("how", ["hybrid", "bm25", "vectors"])
def test_each_way_of_ranking_finds_the_fact_with_the_questions_words(many: Told, how: str) -> None:
    read = ids(many, "Anna likes jazz", retrieval=how)
    assert many.stores.facts.get(read[:1])[0].text == "Anna likes jazz."
    assert len(read) <= UNTRAINED


def test_words_alone_need_no_encoder_and_vectors_alone_no_anchors(many: Told) -> None:
    context = many.context(retrieval="bm25")
    many.table(Retrieve("Anna likes jazz", ("Anna",)), context)
    assert context.counters.calls == {}
    assert len(ids(many, "Nils bakes", "Anna", retrieval="vectors")) > 1


def test_the_statements_budget_counts_where_the_node_has_none(many: Told) -> None:
    assert len(ids(many, "Which loaf?", budget=5)) == 5
    table = many.table(Retrieve("Which loaf?"), many.context(budget=7))
    assert table.num_rows == 7
    assert many.table(Retrieve("Which loaf?", (), 3), many.context(budget=7)).num_rows == 3


def test_the_same_question_gives_the_same_facts_in_the_same_order(many: Told) -> None:
    assert many.stores.facts.count() > READ_ALL
    first = ids(many, "Which loaf does Nils bake?")
    assert ids(many, "Which loaf does Nils bake?") == first
    again = Told(many.stores.database, many.world)
    assert ids(again, "Which loaf does Nils bake?") == first


# ------------------------------------------------------------------------------------------------------ a trained stop


class Wanting:
    """A retriever that looks for what a text says, and takes facts from a cosine of one half on."""

    name = "wanting"

    def __init__(self, told: Told, text: str) -> None:
        encoder = told.context().models.encoder
        self.encoder = encoder.name
        self._vector = encoder.encode([text])

    def wanted(self, questions: Sequence[str]) -> tuple[Vectors, Vectors, float]:
        return np.repeat(self._vector, len(questions), 0), np.full(len(questions), -500.0, np.float32), 1000.0


def trained(told: Told, text: str, **options: object) -> Context:
    context = told.context(**options)
    models = context.models
    return replace(
        context,
        models=Models(models.encoder, models.reader, models.parser, models.extractor, retriever=Wanting(told, text)),
    )


def test_the_retriever_says_how_many_facts_are_read(many: Told) -> None:
    read = retrieve(Retrieve("Who likes what?"), (), trained(many, "Nils bakes loaf 5."))
    likely = [score for score in read.column("score").to_pylist() if score >= STOP]
    assert len(likely) > UNTRAINED  # all that are like it, whatever their number
    few = retrieve(Retrieve("Who likes what?"), (), trained(many, "Anna likes jazz."))
    (first, *others) = few.column("score").to_pylist()
    assert first > 0.99
    assert len([score for score in others if score >= STOP]) < 3
    assert len(others) < FREE  # the rest are there for their rank


def test_the_budget_bounds_what_the_retriever_wants(many: Told) -> None:
    assert retrieve(Retrieve("Who?", (), 7), (), trained(many, "Nils bakes loaf 5.")).num_rows == 7
    assert retrieve(Retrieve("Who?"), (), trained(many, "Nils bakes loaf 5.", budget=9)).num_rows == 9


def test_the_retriever_looks_among_the_facts_that_name_an_anchor(many: Told) -> None:
    read = retrieve(Retrieve("Who?", ("Nils",)), (), trained(many, "Anna likes jazz."))
    texts = [fact.text for fact in many.stores.facts.get(read.column("fact").to_pylist())]
    assert texts
    assert all("Nils" in text for text in texts)


def test_a_fact_that_the_words_find_is_read_though_the_retriever_gives_it_no_chance(many: Told) -> None:
    read = retrieve(Retrieve("Anna likes jazz"), (), trained(many, "Nils bakes loaf 5.")).to_pylist()
    texts = {fact.id: fact.text for fact in many.stores.facts.get([row["fact"] for row in read])}
    assert "Anna likes jazz." in texts.values()


def test_fusion_prefers_what_both_rankings_have() -> None:
    one, other = np.array([1, 2, 3]), np.array([3, 4])
    assert list(fuse((one, other))) == [3, 1, 2, 4]
    assert fuse((one,))[1] == pytest.approx(1 / 60)
