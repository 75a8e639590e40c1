"""Whatever is merged, split, told and forgotten: undone is as before, and the order of merges does not matter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import hypothesis.strategies as st
from hypothesis import given, settings
from operators.told import Told

from neuraldb.core.errors import ProgrammingError
from neuraldb.operators import entities
from neuraldb.stores.database import Database

NAMES = ("Anna", "Bror", "Cara", "Dag")
PLACES = ("Oslo", "Bergen", "Hamar", "Voss")


@contextmanager
def people() -> Iterator[Told]:
    """Two facts about each of four people."""
    with Database.open() as database:
        told = Told(database)
        said = [(f"{name} visited {place}.", (name, "visited", place)) for name in NAMES for place in PLACES[:2]]
        told.tell_together(*said)
        yield told


def state(told: Told) -> object:
    """Mentions and triples as they are held, and what is listed."""
    rows = told.stores.database.rows
    mentions = rows("SELECT fact, start_char, term, own FROM store.mentions ORDER BY ALL")
    triples = rows(
        """SELECT subject, object, fact, own_subject, own_object FROM store.triples
           WHERE recorded_to IS NULL ORDER BY ALL"""
    )
    return told.stores.entities.listed(), mentions, triples


def groups(told: Told) -> set[frozenset[int]]:
    """Which facts are of one visitor."""
    rows = told.stores.database.rows("SELECT subject, fact FROM store.triples WHERE recorded_to IS NULL")
    found: dict[int, set[int]] = defaultdict(set)
    for subject, fact in rows:
        found[subject].add(fact)
    return {frozenset(facts) for facts in found.values()}


def check(told: Told) -> None:
    """Everything follows the edges, by brute force over them."""
    rows = told.stores.database.rows
    into = dict(rows("SELECT term, other FROM store.merges WHERE recorded_to IS NULL AND kind IN ('merge', 'link')"))

    def root(term: int) -> int:
        return root(into[term]) if term in into else term

    held = rows("SELECT coalesce(own, term), term FROM store.mentions")
    for end in ("subject", "object"):
        held += rows(f"SELECT coalesce(own_{end}, {end}), {end} FROM store.triples WHERE recorded_to IS NULL")
    assert all(root(own) == term for own, term in held)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("merge"), st.sampled_from(NAMES), st.sampled_from(NAMES)),
        st.tuples(st.just("split"), st.sampled_from(NAMES), st.integers(1, 8)),
        st.tuples(st.just("part"), st.sampled_from(NAMES), st.sampled_from(NAMES)),
        st.tuples(st.just("forget"), st.integers(1, 8)),
        st.tuples(st.just("tell"), st.sampled_from(NAMES), st.sampled_from(PLACES)),
    ),
    max_size=5,
)


def do(told: Told, step: Sequence[object]) -> bool:
    """One step; False where it can't be, in which case nothing must have changed."""
    what, *given_ = step
    before = state(told)
    try:
        if what == "merge":
            entities.merge(str(given_[0]), str(given_[1]), told.stores)
        elif what in ("split", "part"):
            entities.split(str(given_[0]), given_[1], told.stores)  # type: ignore[arg-type]
        elif what == "forget":
            told.stores.facts.forget([int(str(given_[0]))])
        else:
            told.tell(f"{given_[0]} visited {given_[1]}.", (given_[0], "visited", given_[1]))
    except ProgrammingError:
        assert state(told) == before
        return False
    return what in ("merge", "split", "part")


@given(steps)
@settings(max_examples=12, deadline=None)
def test_undone_is_as_before(some: list[tuple[object, ...]]) -> None:
    with people() as told:
        for step in some:
            before = state(told)
            if do(told, step):
                check(told)
                after = state(told)
                entities.undo(None, told.stores)
                check(told)
                assert state(told) == before
                do(told, step)
                assert [e[1:] for e in told.stores.entities.listed()] == [e[1:] for e in after[0]]  # type: ignore[index]
            check(told)


@given(
    st.permutations([("Anna", "Bror"), ("Cara", "Dag"), ("Anna", "Dag")]),
    st.lists(st.booleans(), min_size=3, max_size=3),
)
@settings(max_examples=8, deadline=None)
def test_the_order_of_merges_does_not_matter(pairs: list[tuple[str, str]], turned: list[bool]) -> None:
    with people() as told:
        for (one, other), turn in zip(pairs, turned, strict=True):
            entities.merge(*((other, one) if turn else (one, other)), told.stores)
        assert groups(told) == {frozenset(range(1, 9))}
        check(told)


@given(st.permutations(range(3)))
@settings(max_examples=4, deadline=None)
def test_merges_are_undone_in_the_reverse_order_down_to_nothing(order: list[int]) -> None:
    pairs = [("Anna", "Bror"), ("Cara", "Dag"), ("Anna", "Cara")]
    with people() as told:
        states = [state(told)]
        for place in order:
            entities.merge(*pairs[place], told.stores)
            states.append(state(told))
        while len(states) > 1:
            assert state(told) == states.pop()
            entities.undo(None, told.stores)
        assert state(told) == states[0]
