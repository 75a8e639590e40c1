"""The automaton over a graph: nothing but what has answers can be said, and all of it."""

from __future__ import annotations

import random

import numpy as np
import pytest

from decoding.given import graph, insert, random_plan, said, triples, views
from decoding.reference import Reference
from neuraldb.core.errors import ProgrammingError
from neuraldb.decoding.automaton import Automaton, Symbol, text_of
from neuraldb.decoding.graph_grammar import Limits, Mentioned, graph_automaton
from neuraldb.decoding.values import Value
from neuraldb.language.sparql_ast import AskQuery, SelectQuery


def check_random_plans(seed: int, count: int) -> None:
    """Whatever is chosen parses, runs, and has an answer."""
    choose = random.Random(seed)
    with graph(seed) as (db, there):
        automaton = graph_automaton(there.view())
        for _ in range(count):
            _, plan = random_plan(automaton, choose)
            assert isinstance(plan.tree, AskQuery | SelectQuery)
            rows = db.sparql(plan.text).fetchall()
            assert rows, plan.text
            assert plan.may_be_empty or rows != [(False,)], plan.text


def test_random_plans() -> None:
    check_random_plans(seed=1, count=12)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_many_random_plans(seed: int) -> None:
    check_random_plans(seed, count=60)


def check_all_plans(seed: int, clauses: int, variables: int) -> None:
    """The automaton's queries are those of the reference, and no others."""
    with graph(seed) as (_, there):
        automaton = graph_automaton(there.view(), limits=Limits(clauses, variables))
        texts = {plan.text for _, plan in automaton.plans()}
    expected = Reference(triples(seed), clauses, variables).queries()
    assert sorted(expected - texts)[:3] == []
    assert sorted(texts - expected)[:3] == []


def test_all_plans_of_one_clause() -> None:
    check_all_plans(seed=3, clauses=1, variables=2)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_all_plans_of_two_clauses(seed: int) -> None:
    check_all_plans(seed, clauses=2, variables=3)


def test_a_change_shows_in_the_next_decoding() -> None:
    with graph(1) as (db, there):
        first = {symbol.text for symbol in graph_automaton(there.view()).symbols(())}
        insert(db, (":new", ":p", ":a"))
        assert {symbol.text for symbol in graph_automaton(there.view()).symbols(())} - first == {"[new]"}
        db.sparql("DELETE DATA { <http://x/new> <http://x/p> <http://x/a> }")
        assert {symbol.text for symbol in graph_automaton(there.view()).symbols(())} == first


def test_a_pattern_that_joins_to_nothing_is_not_offered() -> None:
    with graph(1) as (db, there):
        db.sparql("DELETE WHERE { ?s ?p ?o }")
        insert(db, (":a", ":p", ":b"), (":b", ":q", ":c"), (":d", ":p", ":e"), (":e", ":size", "1"))
        automaton = graph_automaton(there.view())
        said = ("[a]", "p", "?a", "?a")
        assert texts_after(automaton, said) == {"inverse p", "q"}  # e, which is a p too, has a size, but b has none
        assert texts_after(automaton, (*said, "q")) == {"?b", "[c]"}


def texts_after(automaton: Automaton, texts: tuple[str, ...]) -> set[str]:
    """What may follow a prefix that is given by its texts."""
    state = automaton.start
    for text in texts:
        ((_, state),) = [step for step in state.steps if step[0].text == text]
    return {symbol.text for symbol, _ in state.steps}


def test_a_symbol_that_is_not_admitted_is_an_error() -> None:
    with graph(1) as (_, there):
        automaton = graph_automaton(there.view())
        (first, *_) = automaton.symbols(())
        assert automaton.symbols((first,))
        with pytest.raises(ProgrammingError, match="nonsense cannot stand there"):
            automaton.symbols((first, Symbol("nonsense", "")))


def test_only_what_is_mentioned_is_named() -> None:
    with graph(1) as (db, there):
        db.sparql("DELETE WHERE { ?s ?p ?o }")
        insert(db, (":a", ":p", ":b"), (":c", ":p", ":b"), (":a", ":size", "5"), (":c", ":size", "7"))
        view = there.view()
        named = {c.words: int(c.ids[0]) for c in view.constants(view.things())}
        six = Value.number(6)
        assert six is not None
        mentioned = Mentioned(np.array([named["b"]]), (six,), ())
        plans = [plan.text for _, plan in graph_automaton(view, mentioned, Limits(3, 2, inverse=True)).plans()]
        assert any("FILTER(?b > 6)" in text for text in plans)
        assert not any("<http://x/a>" in text or "LIMIT" in text.replace("LIMIT 1", "") for text in plans)
        wanted = "SELECT DISTINCT ?a WHERE { ?a <http://x/p> <http://x/b> . ?a <http://x/size> ?b . FILTER(?b > 6) }"
        assert wanted in plans
        assert db.sparql(wanted).fetchall() == [("http://x/c",)]


def test_questions_without_an_entity_begin_with_a_class() -> None:
    """dki-lab/Pangu#11: "how many rivers are there" has neither entity nor literal."""
    with graph(1) as (db, there):
        db.sparql("DELETE WHERE { ?s ?p ?o }")
        insert(db, (":glomma", "a", ":River"), (":nile", "a", ":River"))
        view = there.view()
        (river,) = [c for c in view.constants(view.things()) if c.words == "River"]
        automaton = graph_automaton(view, Mentioned(river.ids, (), ()))
        assert db.sparql(said(automaton, "[River] inverse is a ?a count ?a").text).scalar() == 2


def test_patterns_may_be_held_to_paths_and_forms() -> None:
    with graph(1) as (db, there):
        db.sparql("DELETE WHERE { ?s ?p ?o }")
        insert(db, (":a", ":p", ":b"), (":b", ":q", ":c"), (":a", ":size", "5"))
        limits = Limits(2, 2, inverse=False, unanchored=False, chains=True, forms=frozenset({"list"}))
        plans = graph_automaton(there.view(), Mentioned(counts=()), limits).plans()
        texts = sorted(text_of(prefix) for prefix, _ in plans)
        chains = ["[a] p ?a list ?a", "[a] p ?a ?a q ?b list ?b", "[a] size ?a list ?a", "[b] q ?a list ?a"]
        assert texts == sorted(chains)


def test_entities_and_relations_of_facts_are_named() -> None:
    """Names of facts bind by words, and entities as strings; what has odd characters is named all the same."""
    with graph(1) as (db, _):
        stores = db.session.stores
        from neuraldb.stores.graph import NewTriple
        from neuraldb.stores.terms import Term

        ends = [
            Term("entity", 'Anna "A." Berg'),
            Term("entity", "C++ & co."),
            Term("type", "one-off"),
            Term("iri", TYPE),
        ]
        anna, firm, kind, is_a = stores.graph.ensure_terms(ends)
        (works,) = stores.graph.ensure_terms([Term("relation", "works for (part-time)")])
        stores.graph.add_triples([NewTriple(anna, works, firm), NewTriple(anna, is_a, kind)])
        view = views(db).view()
        automaton = graph_automaton(
            view, Mentioned(np.array(sorted((anna, firm, kind)))), Limits(clauses=2, variables=2)
        )
        texts = ('[Anna "A." Berg] works for (part-time) ?a list ?a', "[one-off] inverse is a ?a list ?a")
        answers = [db.sparql(said(automaton, text).text).fetchall() for text in texts]
        assert answers == [[("C++ & co.",)], [('Anna "A." Berg',)]]


TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
