"""Neural SPJ: derivations that can stand, those that stand beside the best, and nothing read twice."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuraldb.core.errors import Cancelled, ModelUnavailable
from neuraldb.core.frames import SLOT
from neuraldb.models.protocols import Reading
from neuraldb.operators.spj import BATCH, CONTEST, KEPT, LIKELY, contest, dated, found, measures, read
from neuraldb.plan.expressions import Column
from neuraldb.plan.nodes import Field, NeuralJoin, NeuralSPJ, Project, Retrieve
from neuraldb.stores.derivations import Derivation
from operators.told import Told

NOON = datetime.date(2024, 5, 17)


def asked(told: Told, question: str, mode: str = "answer", *anchors: str) -> list[tuple[object, ...]]:
    """The rows of a question put to the facts that may bear on it."""
    return told.rows(NeuralSPJ(Retrieve(question, anchors), question, mode))


# ---------------------------------------------------------------------------------------------------------- derivations


def test_an_answer_rests_on_the_fact_that_gives_it_as_surely_as_the_reader_says(told: Told) -> None:
    told.tell("Nils sings.")
    fact = told.tell("Anna wrote Emma.", ("Anna", "wrote", "Emma", 0.9))
    told.world.mean("What did Anna write?", "Anna | wrote | ?")
    assert asked(told, "What did Anna write?") == [("Emma", [fact], 0.9)]


def test_one_fact_may_give_several_answers(told: Told) -> None:
    fact = told.tell("Anna wrote Emma and Dune.", ("Anna", "wrote", "Emma"), ("Anna", "wrote", "Dune"))
    told.world.mean("What did Anna write?", "Anna | wrote | ?")
    assert sorted(asked(told, "What did Anna write?")) == [("Dune", [fact], 1.0), ("Emma", [fact], 1.0)]


def test_a_pair_has_its_values_readings(told: Told) -> None:
    fact = told.tell("Oslo is 2 km wide.", ("Oslo", "width", "2 km"))
    told.world.mean("widths", "? | width | ?v")
    assert asked(told, "widths", "pair") == [("Oslo", "2 km", 2000.0, "m", None, [fact], 1.0)]


def test_a_verdict_is_yes_or_no_and_unknown_gives_no_row(told: Told) -> None:
    told.world.functional.add("born in")
    yes = told.tell("Anna was born in Oslo.", ("Anna", "born in", "Oslo"))
    told.tell("Nils sings.")
    told.world.mean("Was Anna born in {}?", "Anna | born in | {}")
    told.world.mean("Was Nils born in Oslo?", "Nils | born in | Oslo")
    assert asked(told, "Was Anna born in Oslo?", "verdict") == [(True, [yes], 1.0)]
    assert asked(told, "Was Anna born in Bergen?", "verdict") == [(False, [yes], 1.0)]
    assert asked(told, "Was Nils born in Oslo?", "verdict") == []


def test_what_is_unlikely_is_no_answer(told: Told) -> None:
    told.tell("Anna wrote Emma.", ("Anna", "wrote", "Emma", LIKELY["answer"] - 0.01))
    told.world.mean("What did Anna write?", "Anna | wrote | ?")
    assert asked(told, "What did Anna write?") == []


def test_no_fact_no_answer(told: Told) -> None:
    assert asked(told, "What did Anna write?") == []


# -------------------------------------------------------------------------------------------------- what cannot stand


def test_what_the_question_names_is_never_its_answer(told: Told) -> None:
    fact = told.tell("Anna Berg and Nils wrote Emma.", ("Anna Berg", "wrote", "Emma"), ("Nils", "wrote", "Emma"))
    told.world.mean("Who wrote Emma with Anna Berg?", "? | wrote | Emma")
    assert asked(told, "Who wrote Emma with Anna Berg?", "answer", "Anna Berg") == [("Nils", [fact], 1.0)]


@pytest.mark.parametrize(("named", "rows"), [("the Anna Berg", 0), ("Berg", 1), ("Anna Bergen", 1)])
def test_a_part_of_a_name_in_the_question_is_no_answer_but_a_longer_name_is(told: Told, named: str, rows: int) -> None:
    told.tell("Anna Berg wrote Emma. Berg and Anna Bergen read it.", ("Anna Berg", "wrote", "Emma"))
    told.world.mean("Who wrote Emma?", "? | wrote | Emma")
    assert len(asked(told, "Who wrote Emma?", "answer", named)) == rows


def test_a_fact_says_yes_about_two_things_only_if_it_names_both(told: Told) -> None:
    told.tell("Anna knows somebody.", ("Anna", "knows", "somebody"))
    both = told.tell("Anna knows Nils.", ("Anna", "knows", "Nils"))
    told.world.mean("Does Anna know Nils?", "Anna | knows | _")
    assert asked(told, "Does Anna know Nils?", "verdict", "Anna", "Nils") == [(True, [both], 1.0)]


def test_a_name_that_no_fact_has_does_not_count_against_a_yes(told: Told) -> None:
    fact = told.tell("Anna knows somebody.", ("Anna", "knows", "somebody"))
    told.world.mean("Does Anna know Zebedee?", "Anna | knows | _")
    assert asked(told, "Does Anna know Zebedee?", "verdict", "Anna", "Zebedee") == [(True, [fact], 1.0)]


# -------------------------------------------------------------------------------------------------------------- contest

CONFIDENCES = st.lists(st.floats(0, 1), max_size=8)


def derivations(sure: Sequence[float]) -> list[Derivation]:
    return [Derivation(place, f"answer {place}", confidence=c) for place, c in enumerate(sure)]


@given(sure=CONFIDENCES, mode=st.sampled_from(sorted(CONTEST)))
def test_the_most_confident_derivation_always_stands(sure: list[float], mode: str) -> None:
    kept = contest(derivations(sure), mode)
    assert [i for i, c in enumerate(sure) if c == max(sure)] == [i for i in kept if sure[i] == max(sure)]


@given(sure=CONFIDENCES, mode=st.sampled_from(sorted(CONTEST)))
def test_a_derivation_that_stands_lets_every_surer_one_stand(sure: list[float], mode: str) -> None:
    kept = set(contest(derivations(sure), mode))
    least = min((sure[i] for i in kept), default=2.0)
    assert all(i in kept for i, c in enumerate(sure) if c >= least)


@given(sure=CONFIDENCES, mode=st.sampled_from(sorted(CONTEST)))
def test_who_has_won_a_contest_wins_it_again(sure: list[float], mode: str) -> None:
    all_of_them = derivations(sure)
    kept = [all_of_them[i] for i in contest(all_of_them, mode)]
    assert list(contest(kept, mode)) == list(range(len(kept)))


@pytest.mark.parametrize(("other", "stands"), [(0.95, True), (0.81, True), (0.79, False)])
def test_an_answer_with_much_worse_odds_does_not_stand_beside_the_best(told: Told, other: float, stands: bool) -> None:
    # odds of 19 against 4.3 and 3.8: within, and beyond, five times
    told.tell("Anna wrote Emma.", ("Anna", "wrote", "Emma", 0.95))
    told.tell("Anna wrote Dune.", ("Anna", "wrote", "Dune", other))
    told.world.mean("What did Anna write?", "Anna | wrote | ?")
    assert [row[0] for row in asked(told, "What did Anna write?")] == ["Emma", "Dune"][: 1 + stands]


def test_what_is_counted_contends_less_narrowly() -> None:
    doubtful = derivations([0.95, 0.75, 0.4])  # odds of 19, 3 and 0.7
    assert list(contest(doubtful, "answer")) == [0]
    assert list(contest(doubtful, "value")) == [0, 1]


@given(sure=CONFIDENCES)
def test_verdicts_do_not_contend(sure: list[float]) -> None:
    assert list(contest(derivations(sure), "verdict")) == list(range(len(sure)))


# ------------------------------------------------------------------------------------------------------ read only once


def test_a_fact_is_read_once_for_a_question(told: Told) -> None:
    told.tell("Anna wrote Emma.", ("Anna", "wrote", "Emma"))
    told.tell("Nils sings.")
    told.world.mean("What did Anna write?", "Anna | wrote | ?")
    first = asked(told, "What did Anna write?")
    assert len(told.reader.requests) == 2
    assert asked(told, "What did Anna write?") == first
    assert len(told.reader.requests) == 2


def test_only_a_new_fact_is_read_when_the_question_comes_again(told: Told) -> None:
    told.tell("Anna wrote Emma.", ("Anna", "wrote", "Emma"))
    told.world.mean("What did Anna write?", "Anna | wrote | ?")
    asked(told, "What did Anna write?")
    told.reader.requests.clear()
    told.tell("Anna wrote Dune.", ("Anna", "wrote", "Dune"))
    assert [row[0] for row in asked(told, "What did Anna write?")] == ["Emma", "Dune"]
    assert [request.facts for request in told.reader.requests] == [("Anna wrote Dune.",)]


def test_another_mode_is_another_question(told: Told) -> None:
    told.tell("Oslo is 2 km wide.", ("Oslo", "width", "2 km"))
    told.world.mean("widths", "? | width | ?v")
    asked(told, "widths", "answer")
    asked(told, "widths", "pair")
    assert [request.mode for request in told.reader.requests] == ["answer", "pair"]


def test_a_forgotten_fact_gives_no_answer_though_it_was_read(told: Told) -> None:
    fact = told.tell("Anna wrote Emma.", ("Anna", "wrote", "Emma"))
    told.world.mean("What did Anna write?", "Anna | wrote | ?")
    assert len(asked(told, "What did Anna write?")) == 1
    told.forget(fact)
    assert asked(told, "What did Anna write?") == []


def test_what_was_read_and_what_was_remembered_is_counted(told: Told) -> None:
    texts = told.tell_all(f"Anna says {n}." for n in range(3))
    first, second = told.context(), told.context()
    read("Who?", "answer", texts, first)
    read("Who?", "answer", texts, second)
    assert (first.counters.calls, first.counters.facts_read, first.counters.cached) == ({"reader": 3}, 3, 0)
    assert (second.counters.calls, second.counters.facts_read, second.counters.cached) == ({}, 0, 3)


def test_many_facts_are_read_in_batches_with_progress(told: Told) -> None:
    readings = told.tell_all(f"Anna says {n}." for n in range(BATCH + 3))
    context, seen = told.context(), []
    context.report = lambda *step: seen.append(step)
    read("Who?", "answer", readings, context)
    assert told.reader.sizes == [BATCH, 3]
    assert seen == [("reading", BATCH, BATCH + 3), ("reading", BATCH + 3, BATCH + 3)]


def test_reading_stops_between_batches_and_keeps_what_was_read(told: Told) -> None:
    readings = told.tell_all(f"Anna says {n}." for n in range(BATCH + 3))
    context = told.context()
    context.report = lambda *step: context.token.cancel()
    with pytest.raises(Cancelled):
        read("Who?", "answer", readings, context)
    assert told.reader.sizes == [BATCH]
    read("Who?", "answer", readings, told.context())
    assert told.reader.sizes == [BATCH, 3]


@given(yes=st.floats(0, 1), no=st.floats(0, 1))
def test_the_likelier_of_yes_and_no_is_the_verdict(yes: float, no: float) -> None:
    for verdict in found(3, Reading((), yes, no, 0.0)):
        assert verdict.fact == 3
        assert verdict.confidence == {"true": yes, "false": no}[str(verdict.verdict)] == max(yes, no)


def test_what_is_nearly_nothing_is_not_remembered() -> None:
    assert found(3, Reading((), yes=KEPT / 2, no=KEPT / 2, nothing=1 - KEPT)) == []


# ---------------------------------------------------------------------------------------------------------------- joins


@pytest.fixture
def authors(told: Told) -> Told:
    told.tell_together(
        ("Anna wrote Emma.", ("Anna", "wrote", "Emma", 0.9)),
        ("Nils wrote Dune.", ("Nils", "wrote", "Dune", 0.8)),
        ("Emma was printed in Oslo.", ("Emma", "printed in", "Oslo", 0.7)),
        ("Dune was printed in Bergen.", ("Dune", "printed in", "Bergen")),
    )
    told.world.mean("What did Anna write?", "Anna | wrote | ?")
    told.world.mean("What was written?", "_ | wrote | ?")
    told.world.mean("Where was {} printed?", "{} | printed in | ?")
    return told


def joined(outer: str, *anchors: str) -> NeuralJoin:
    return NeuralJoin(NeuralSPJ(Retrieve(outer, anchors), outer), "answer", f"Where was {SLOT} printed?")


def test_a_join_rests_on_both_facts_and_both_must_hold(authors: Told) -> None:
    assert authors.rows(joined("What did Anna write?", "Anna")) == [("Emma", "Oslo", [1, 3], 0.63)]


def test_a_sure_answer_for_one_bridge_does_not_take_away_anothers(authors: Told) -> None:
    rows = authors.rows(joined("What was written?"))
    assert sorted(row[:3] for row in rows) == [("Dune", "Bergen", [2, 4]), ("Emma", "Oslo", [1, 3])]


def test_a_join_tells_by_what_each_answer_came(authors: Told) -> None:
    authors.tell("Emma was printed in Paris.", ("Emma", "printed in", "Paris"))
    rows = authors.rows(joined("What was written?"))
    assert sorted(row[:3] for row in rows) == [("Dune", "Bergen", [2, 4]), ("Emma", "Paris", [1, 5])]


def test_a_bridge_without_an_answer_vanishes(authors: Told) -> None:
    authors.tell("Ola wrote Ulysses.", ("Ola", "wrote", "Ulysses"))
    assert "Ulysses" not in [row[0] for row in authors.rows(joined("What was written?"))]


def test_no_bridge_asks_no_second_question(authors: Told) -> None:
    authors.world.mean("What was lost?", "_ | lost | ?")
    assert authors.rows(joined("What was lost?")) == []
    assert {request.question for request in authors.reader.requests} == {"What was lost?"}


def test_the_columns_name_does_not_matter(authors: Told) -> None:
    outer = NeuralSPJ(Retrieve("What did Anna write?", ("Anna",)), "What did Anna write?")
    renamed = Project(outer, ((Field("book"), Column("answer")),))
    rows = authors.rows(NeuralJoin(renamed, "book", f"Where was {SLOT} printed?"))
    assert rows == [("Emma", "Oslo", [1, 3], 0.63)]


# ------------------------------------------------------------------------------------------------------------- measures


def test_a_column_of_years_is_numbers_unless_other_values_are_dates() -> None:
    years = ["1982", "1990"]
    assert measures(years, [NOON] * 2)[0] == [1982.0, 1990.0]
    numbers, _, dates = measures([*years, "3 May 1979"], [NOON] * 3)
    assert numbers == [None] * 3
    assert dates == [datetime.date(1982, 1, 1), datetime.date(1990, 1, 1), datetime.date(1979, 5, 3)]


def test_values_are_compared_in_one_unit() -> None:
    assert measures(["2 km", "300 m"], [NOON] * 2)[:2] == ([2000.0, 300.0], ["m", "m"])


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (["300 m2", "2 hectares", "40 m"], [300.0, 20000.0, None]),
        (["300 m2", "12", "40 m", "9 m2"], [300.0, 12.0, None, 9.0]),  # a bare number may be in any
        (["300 m2", "40 m"], [300.0, 40.0]),  # neither is commoner
        (["$3", "€4", "5 kg"], [3.0, 4.0, None]),
    ],
)
def test_amounts_of_one_question_are_in_the_commonest_dimension(texts: list[str], numbers: list[float | None]) -> None:
    assert measures(texts, [NOON] * len(texts))[0] == numbers


def test_a_relative_date_counts_from_when_its_fact_was_told() -> None:
    days = measures(["yesterday", "yesterday"], [NOON, NOON - datetime.timedelta(days=10)])[2]
    assert days == [datetime.date(2024, 5, 16), datetime.date(2024, 5, 6)]


@given(texts=st.lists(st.none() | st.sampled_from(["1982", "3 May 1979", "2 km", "tall", "", "7"]), max_size=6))
def test_a_column_has_numbers_or_dates_but_never_both(texts: list[str | None]) -> None:
    numbers, units, dates = measures(texts, [NOON] * len(texts))
    assert len(numbers) == len(units) == len(dates) == len(texts)
    assert not any(n is not None for n in numbers) or not any(d is not None for d in dates)
    assert all(n is None and d is None for t, n, d in zip(texts, numbers, dates, strict=True) if not t)


def test_a_reader_that_loses_a_reply_is_an_error_of_the_models(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    told.tell("Anna wrote Emma.", ("Anna", "wrote", "Emma"))
    told.world.mean("What did Anna write?", "Anna | wrote | ?")
    monkeypatch.setattr(told.reader, "read", lambda requests: [])
    with pytest.raises(ModelUnavailable, match="gave 0 for 1 requests"):
        asked(told, "What did Anna write?")


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("yesterday", "2024-05-16"),
        ("last week", "2024-W19"),
        ("last month", "2024-04"),
        ("in 1990", "in 1990"),
        ("5 May 1990", "5 May 1990"),
    ],
)
def test_a_date_that_counts_from_the_telling_is_the_date_that_is_meant(said: str, answer: str) -> None:
    assert dated(said, NOON) == answer
    assert dated(said, None) == said
