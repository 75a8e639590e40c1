"""Words for relations: the shipped senses are the lexicon's; which words say the same, which have one value."""

from __future__ import annotations

import pytest
from lexicon_senses import from_lexicon

from neuraldb.core.relation_senses import functional, same_relation, senses, vague


def test_the_senses_that_are_shipped_are_the_lexicons() -> None:
    lexicon = dict(from_lexicon())
    differing = {name for name, sense in senses().items() if lexicon.get(name) != sense}
    assert not differing, "run tests/core/lexicon_senses.py to write them anew"


@pytest.mark.parametrize("relation", ["place of birth", "lives in", "height", "capital", "CEO", "birth_date", "spouse"])
def test_relations_with_one_value_at_a_time(relation: str) -> None:
    assert functional(relation)
    assert not vague(relation)


@pytest.mark.parametrize("relation", ["employer", "child of", "wrote", "award", "founded by", "no such relation", ""])
def test_relations_with_several_values(relation: str) -> None:
    assert not functional(relation)


@pytest.mark.parametrize(
    ("one", "other"),
    [("birthplace", "placeOfBirth"), ("lives in", "residence"), ("CEO", "managing director"), ("anything", "Anything")],
)
def test_words_for_one_relation(one: str, other: str) -> None:
    assert same_relation(one, other)
    assert same_relation(other, one)


@pytest.mark.parametrize(
    ("one", "other"), [("birthplace", "burial place"), ("height", "length"), ("capital", "capital of"), ("a", "b")]
)
def test_words_for_different_relations(one: str, other: str) -> None:
    assert not same_relation(one, other)
