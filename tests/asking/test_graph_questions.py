"""Questions over a graph that no fact states: a query is chosen, or the facts are asked, or nothing fits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from doubles.encoder import HashedWords
from doubles.oracle import OracleExtractor, OracleReader, World

import neuraldb
from neuraldb.api import Connection
from neuraldb.models.protocols import Vectors
from neuraldb.models.registry import Models
from neuraldb.stores.terms import Term

TRIPLES = (
    ("Anna Berg", "born in", "Oslo"),
    ("Anna Berg", "brother", "Nils Berg"),
    ("Nils Berg", "employer", "Equinor"),
    ("Kari Dahl", "employer", "Equinor"),
    ("Tora Lie", "employer", "Tine"),
    ("Oslo", "country", "Norway"),
)


class KnownPlans:
    """A ranker that knows which plan a question means.

    Attributes:
        meant: the plan of each question, both without names.
        seen: the questions that it was asked.
    """

    def __init__(self, meant: dict[str, str]) -> None:
        self.meant = meant
        self.seen: list[str] = []

    def score(self, question: str, plans: Sequence[str]) -> Vectors:
        self.seen.append(question)
        wanted = self.meant.get(question, "-")
        return np.array(
            [1.0 if plan == wanted else 0.5 if wanted.startswith(plan) else -0.5 for plan in plans], np.float32
        )


RANKER = {
    "Where was it born?": "it born in which",
    "Where does it's brother work?": "it brother employer which",
    "How many people work for it?": "it employer of how many",
    "Does it work for it?": "it is it true employer it",
}


def world() -> World:
    made = World()
    made.question("Where was [entity:Anna Berg] born?", "set", "Anna Berg | born in | ?")
    made.question("Where was [entity:Ana Berg] born?", "set")
    made.question("Where does [entity:Anna Berg]'s brother work?", "set")
    made.question("How many people work for [entity:Equinor]?", "count")
    made.question("Does [entity:Nils Berg] work for [entity:Equinor]?", "bool")
    made.question("Does [entity:Tora Lie] work for [entity:Equinor]?", "bool")
    made.question("How tall is [entity:Anna Berg]?", "set")
    made.question("Who was born in [entity:Paris]?", "set", "? | born in | Paris")
    return made


def connected(made: World, ranker: KnownPlans) -> Connection:
    models = Models(HashedWords(), OracleReader(made), made.parser, OracleExtractor(made), plan_ranker=ranker)
    return neuraldb.connect(models=models)


def imported(db: Connection, triples: Sequence[tuple[str, str, str]] = TRIPLES) -> None:
    db.session.import_triples((Term("entity", s), Term("relation", r), Term("entity", o), None) for s, r, o in triples)


@pytest.fixture(scope="module")
def db() -> Iterator[Connection]:
    with connected(world(), KnownPlans(RANKER)) as made:
        imported(made)
        yield made


def test_a_question_is_answered_by_the_query_that_it_means(db: Connection) -> None:
    result = db.ask("Where does Anna Berg's brother work?")
    assert result.columns == ("answer",)
    assert result.fetchall() == [("Equinor",)]
    assert result.confidence[0] < 1.0


def test_counts_and_truths_are_queries_too(db: Connection) -> None:
    assert db.ask("How many people work for Equinor?").fetchall() == [(2,)]
    assert db.ask("Does Nils Berg work for Equinor?").scalar() is True
    assert db.ask("Does Tora Lie work for Equinor?").scalar() is False


def test_why_tells_what_was_understood_and_what_else_might_be_meant(db: Connection) -> None:
    why = db.ask("Where was Anna Berg born?").why()
    assert "understood as: Anna Berg → born in → which" in why
    assert 'SELECT DISTINCT ?a WHERE { "Anna Berg" :born_in ?a . }' in why
    assert "or else:\n  Anna Berg → " in why


def test_the_plan_shows_the_choice(db: Connection) -> None:
    assert "Meant: Anna Berg → born in → which" in db.explain("Where was Anna Berg born?")


def test_typing_errors_in_names_are_forgiven(db: Connection) -> None:
    assert db.ask("Where was Ana Berg born?").fetchall() == [("Oslo",)]


def test_where_nothing_fits_the_answer_is_empty_and_says_so(db: Connection) -> None:
    result = db.ask("How tall is Anna Berg?")
    assert result.fetchall() == []
    (note,) = result.notes
    assert note.startswith("no query over the graph fits the question; the nearest is Anna Berg → ")
    unknown = db.ask("Who was born in Paris?")
    assert unknown.fetchall() == []
    assert unknown.notes == ("no query over the graph fits the question",)


def test_a_change_shows_in_the_next_answer() -> None:
    with connected(world(), KnownPlans(RANKER)) as db:
        imported(db, TRIPLES[1:])
        assert db.ask("Where was Anna Berg born?").fetchall() == []
        imported(db, TRIPLES[:1])
        assert db.ask("Where was Anna Berg born?").fetchall() == [("Oslo",)]
        db.sparql("DELETE DATA { :Anna_Berg :born_in :Oslo }")
        assert db.ask("Where was Anna Berg born?").fetchall() == []


def test_facts_are_asked_where_no_query_is_likely() -> None:
    made = world()
    ranker = KnownPlans(RANKER)
    with connected(made, ranker) as db:
        db.add(made.tell("Kari Dahl was born in Paris.", ("Kari Dahl", "born in", "Paris")))
        assert db.ask("Who was born in Paris?").fetchall() == [("Kari Dahl",)]
        assert ranker.seen == []  # without a graph, nothing is looked for in it
        imported(db)
        result = db.ask("Who was born in Paris?")
        assert result.fetchall() == [("Kari Dahl",)]
        assert result.notes == ()
        assert db.ask("Where was Anna Berg born?").fetchall() == [("Oslo",)]


def test_paths_and_predictions_are_asked_of_facts() -> None:
    made = world()
    with connected(made, KnownPlans(RANKER)) as db:
        imported(db)
        assert db.ask("Where was Anna Berg born?", paths="khop+beam+none").fetchall() == []
