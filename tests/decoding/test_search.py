"""Enumerate and rank: the ranker chooses among plans that have answers, and decides when to stop."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
from doubles.encoder import HashedWords

from decoding.given import graph, insert, tables
from neuraldb.decoding.automaton import Automaton, text_of
from neuraldb.decoding.graph_grammar import Limits, Mentioned, graph_automaton
from neuraldb.decoding.search import Search
from neuraldb.decoding.table_grammar import TableLimits, Wanted, table_automaton
from neuraldb.models.plan_ranker import SimilarityRanker
from neuraldb.models.protocols import Vectors


class RandomRanker:
    """Has no idea."""

    def __init__(self, seed: int) -> None:
        self._choose = random.Random(seed)

    def score(self, question: str, plans: Sequence[str]) -> Vectors:
        return np.array([self._choose.random() for _ in plans], np.float32)


def family(clauses: int = 2) -> Automaton:
    with graph(1) as (db, there):
        db.sparql("DELETE WHERE { ?s ?p ?o }")
        insert(db, (":Anna", ":brother", ":Nils"), (":Nils", ":employer", ":Equinor"), (":Anna", ":employer", ":Tine"))
        insert(db, (":Equinor", ":seat", ":Stavanger"), (":Stavanger", ":country", ":Norway"))
        view = there.view()
        (anna,) = [constant for constant in view.constants(view.things()) if constant.words == "Anna"]
        return graph_automaton(view, Mentioned(anna.ids, (), ()), Limits(clauses, clauses, claims=False, inverse=False))


def test_the_plan_most_like_the_question_is_first() -> None:
    ranker = SimilarityRanker(HashedWords(512))
    best = Search().run("Anna brother employer which", family(), ranker)
    assert text_of(best[0].symbols) == "[Anna] brother ?a ?a employer ?b list ?a"
    assert [c.score for c in best] == sorted((c.score for c in best), reverse=True)
    assert best[0].words == "Anna brother employer which"


def test_it_stops_where_nothing_beats_the_best() -> None:
    seen: list[str] = []

    class Short:
        def score(self, question: str, plans: Sequence[str]) -> Vectors:
            seen.extend(plans)
            return np.array([-float(len(plan)) for plan in plans], np.float32)

    Search(patience=1).run("?", family(clauses=4), Short())
    hasty = len(seen)
    seen.clear()
    Search(patience=9).run("?", family(clauses=4), Short())
    assert 0 < hasty < len(seen)


def test_random_rankers_find_only_what_can_be_run() -> None:
    for seed in range(3):
        with graph(seed) as (db, there):
            automaton = graph_automaton(there.view(), limits=Limits(2, 2))
            for candidate in Search(beam=2, most=100).run("?", automaton, RandomRanker(seed)):
                assert db.sparql(candidate.plan.text).fetchall()
                plans = [state.plan for _, state in automaton.read(text_of(candidate.symbols))]
                assert candidate.plan in plans


def test_tables_are_searched_in_the_same_way() -> None:
    with tables(1) as (db, view):
        automaton = table_automaton(view, Wanted((), (1,)), TableLimits(clauses=1, columns=1))
        best = Search(beam=2).run("how many makers", automaton, SimilarityRanker(HashedWords(512)))
        assert best[0].plan.text == 'SELECT COUNT(*) FROM "makers"'
        assert db.sql(best[0].plan.text).scalar() == len(db.sql("SELECT * FROM makers").fetchall())


def test_where_nothing_is_admitted_there_is_no_plan() -> None:
    with graph(2) as (_, there):
        nothing = graph_automaton(there.view(), Mentioned(np.empty(0, np.int64)), Limits(unanchored=False))
    assert Search().run("Who?", nothing, RandomRanker(0)) == ()
