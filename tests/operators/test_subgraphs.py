"""Subgraphs, paths and support sets for questions: the three steps, each implementation, and what comes of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from doubles import World

import neuraldb
from neuraldb.core.errors import InterfaceError
from neuraldb.operators.context import Options
from neuraldb.operators.path_filtering import FILTERINGS
from neuraldb.operators.path_refinement import REFINEMENTS
from neuraldb.operators.path_support import best_paths
from neuraldb.operators.subgraph_extraction import EXTRACTIONS
from neuraldb.operators.subgraphs import Search, forget, remembered, said
from neuraldb.plan.explain import explain
from neuraldb.plan.path_nodes import STEPS, PathSteps
from neuraldb.session import Session
from neuraldb.stores.facts import NewFact

ALL = [PathSteps(e, f, r) for e in EXTRACTIONS for f in FILTERINGS for r in REFINEMENTS]
QUESTION = "Where is the head office of the employer of Anna?"


@pytest.fixture
def world() -> World:
    world = World()
    world.tell("Anna works for Equinor.", ("Anna", "employer", "Equinor"))
    world.tell("Anna was born in Oslo.", ("Anna", "birthplace", "Oslo"))
    world.tell("Nils works for Equinor.", ("Nils", "employer", "Equinor"))
    world.tell("Equinor has its head office in Stavanger.", ("Equinor", "head office", "Stavanger"))
    world.tell("Oslo is the capital of Norway.", ("Oslo", "capital", "Norway"))
    world.question("Where is the head office of [inner:the employer of [entity:Anna]]?", "set", "_ | head office | ?")
    world.question("the employer of [entity:Anna]", "set")
    world.question("How are [entity:Nils] and [entity:Oslo] related?", "set")
    return world


@pytest.fixture
def session(world: World) -> Iterator[Session]:
    session = Session(":memory:", models=world.models())
    session.add([NewFact(text) for text in world.said])
    yield session
    session.close()


def search(session: Session, question: str = QUESTION, *names: str, hops: int = 3) -> Search:
    named = names or ("Anna",)
    return Search(
        question,
        tuple(session.catalogue.terms(name, ("entity",)) for name in named),
        named,
        hops,
        session.stores.adjacency.snapshot(),
        session.stores.graph,
        session.models,
    )


def words(looked: Search, steps: PathSteps) -> list[str]:
    graph, paths = best_paths(looked, steps)
    return [" ".join(said(looked, graph, each.path)) for each in paths]


@pytest.mark.parametrize("steps", ALL, ids=str)
def test_every_combination_finds_the_path(session: Session, steps: PathSteps) -> None:
    found = words(search(session), steps)
    assert "Anna employer Equinor. Equinor head office Stavanger." in found
    assert len(found) == len(set(found))
    if steps.filtering == "beam" or steps.refinement != "none":
        assert found[0] == "Anna employer Equinor. Equinor head office Stavanger."


@pytest.mark.parametrize("steps", ALL, ids=str)
def test_between_two_names_paths_lead_from_one_to_the_other(session: Session, steps: PathSteps) -> None:
    looked = search(session, "How are Nils and Oslo related?", "Nils", "Oslo")
    assert words(looked, steps) == ["Nils employer Equinor. Anna employer Equinor. Anna birthplace Oslo."]


@pytest.mark.parametrize("steps", ALL, ids=str)
def test_what_is_not_known_leads_nowhere(session: Session, steps: PathSteps) -> None:
    assert words(search(session, "Who is Zoe?", "Zoe"), steps) == []


def test_extraction_is_as_large_as_the_steps_reach(session: Session) -> None:
    near = EXTRACTIONS["khop"](search(session, hops=1))
    assert [term.text for term in session.stores.graph.terms(near.nodes.tolist())] == ["Anna", "Equinor", "Oslo"]
    assert len(near.subject) == 2
    assert len(EXTRACTIONS["khop"](search(session, hops=2)).nodes) == 6
    assert len(EXTRACTIONS["pagerank"](search(session, hops=1)).nodes) == 6


def test_names_are_no_part_of_what_relations_are_compared_with(session: Session) -> None:
    assert search(session).unnamed == "Where is the head office of the employer of ?"


def test_the_plan_names_the_steps_and_what_is_the_default(session: Session) -> None:
    assert {step: tuple(names) for step, names in STEPS.items()} == {
        "extraction": tuple(EXTRACTIONS),
        "filtering": tuple(FILTERINGS),
        "refinement": tuple(REFINEMENTS),
    }
    assert PathSteps.parse("pagerank+beam+reader") == PathSteps("pagerank", "beam", "reader")
    for text in ("khop", "khop+beam+nothing", "beam+khop+cosine", ""):
        with pytest.raises(InterfaceError):
            PathSteps.parse(text)
    with pytest.raises(InterfaceError):
        PathSteps(hops=0)


def test_a_question_is_read_along_paths_where_that_is_wanted(session: Session) -> None:
    plain = session.run(QUESTION, "question")
    assert plain.rows == []
    along = session.run(QUESTION, "question", options=Options(paths=PathSteps()))
    assert along.rows == [("Stavanger",)]
    assert along.evidence_ids == ((1, 4),)
    assert along.plan is not None
    assert explain(along.plan) == (
        "Distinct\n"
        "└─ Link answer\n"
        "   └─ Union\n"
        "      ├─ Project answer\n"
        "      │  └─ NeuralJoin answer 'Where is the head office of {}?' for each answer named ['Anna']\n"
        "      │     └─ Distinct\n"
        "      │        └─ Link answer\n"
        "      │           └─ NeuralSPJ answer 'the employer of Anna'\n"
        "      │              └─ Retrieve 'the employer of Anna' anchors ['Anna']\n"
        "      └─ NeuralSPJ answer 'Where is the head office of the employer of Anna?'\n"
        "         └─ PathSets 'Where is the head office of the employer of Anna?' named ['Anna'] khop+beam+none"
        " up to 3 hops, at most 8"
    )


def test_a_connection_takes_the_steps_as_a_text(world: World) -> None:
    with neuraldb.connect(models=world.models()) as db:
        db.add_many(list(world.said))
        assert db.ask(QUESTION, paths="pagerank+beam+reader").fetchall() == [("Stavanger",)]
        with pytest.raises(InterfaceError, match="no filtering called bean"):
            db.ask(QUESTION, paths="khop+bean+none")


def test_what_was_read_together_is_not_read_again(session: Session) -> None:
    options = Options(paths=PathSteps())
    first, again = (session.run(QUESTION, "question", options=options) for _ in range(2))
    assert first.rows == again.rows == [("Stavanger",)]
    assert first.counters is not None
    assert again.counters is not None
    assert first.counters.calls["reader"] > 2
    assert again.counters.calls.get("reader", 0) == 0
    session.forget(4)
    assert session.run(QUESTION, "question", options=options).rows == []


def test_only_visible_facts_are_along_paths(session: Session) -> None:
    options = Options(paths=PathSteps(), visible=frozenset({1, 2, 3}))
    assert session.run(QUESTION, "question", options=options).rows == []


def test_paths_of_one_fact_are_no_sets(session: Session) -> None:
    options = Options(paths=PathSteps(hops=1))
    result = session.run(QUESTION, "question", options=options)
    assert result.rows == []
    assert result.counters is not None
    assert result.counters.calls["reader"] == 2  # the facts that name Anna


def test_vectors_are_remembered_until_they_are_let_go(session: Session) -> None:
    encoder = session.models.encoder
    forget(encoder)
    one, two = remembered(["a", "b"], encoder)
    assert remembered(["b", "a"], encoder)[1] is one
    forget(encoder)
    assert remembered(["b"], encoder)[0] is not two
