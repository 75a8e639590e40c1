"""The benchmark of entity linking: what it makes, how it counts, and that linking is better than comparing letters."""

from __future__ import annotations

from neuraldb.evaluation.linking import Score, make_facts, run, score, table


def test_facts_follow_from_the_seed_and_say_where_names_stand() -> None:
    facts = make_facts(20, 3)
    assert facts == make_facts(20, 3)
    assert facts != make_facts(20, 4)
    for fact in facts:
        assert all(fact.text[start:end].strip() for start, end in fact.spans)
        assert len(fact.spans) == len(fact.gold) == 2


def test_pairs_are_counted() -> None:
    # two of one entity taken for one, and a third mention of another entity with them: 1 of 3 pairs is right
    assert score([("a", 1), ("a", 1), ("b", 1), ("b", 2)]) == Score(1, 3, 2)
    assert Score(1, 3, 2).f1 == 2 * (1 / 3) * (1 / 2) / (1 / 3 + 1 / 2)
    assert (Score(0, 0, 0).precision, Score(0, 0, 0).recall, Score(0, 1, 1).f1) == (1.0, 1.0, 0.0)


def test_linking_finds_more_pairs_and_errs_less_than_letters() -> None:
    scores = run(40, 0, (64,))
    letters, linked = scores["letter for letter"], scores["told by 64"]
    assert linked["all"].recall > letters["all"].recall + 0.3
    assert linked["all"].precision > letters["all"].precision
    assert linked["number"] == letters["number"]
    assert linked["number"].f1 == 1.0
    assert table(scores).count("\n") == len(linked) + 1
