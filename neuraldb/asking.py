"""Questions over a graph: path one of a question, where a query is found that says what it means.

Where a database holds triples that no fact states (imported RDF, edges), a question is taken for the likeliest query
that they admit (:mod:`neuraldb.decoding`); where none is likely enough, it is asked of the facts, as always.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuraldb.core.frames import QuestionFrame, Span
from neuraldb.language import sparql
from neuraldb.language.chosen import Chosen, Meaning, NotChosen
from neuraldb.language.question import Likely
from neuraldb.language.sparql_ast import Query
from neuraldb.plan.builder_question import named

if TYPE_CHECKING:
    from neuraldb.decoding.asking import Found
    from neuraldb.decoding.graph_catalogue import GraphViews
    from neuraldb.decoding.search import Candidate
    from neuraldb.language.question import Question
    from neuraldb.plan.builder import Statement
    from neuraldb.session import Session

SURE = 0.5
"""From this chance on a query is run where facts could answer instead."""
LIKELY = 0.25
"""The same where there are no facts."""
SHOWN = 4
"""Other queries that are told of."""
_IMPORTED = """SELECT EXISTS (FROM store.triples WHERE recorded_to IS NULL AND fact IS NULL AND graph IS NULL),
    EXISTS (FROM store.facts WHERE recorded_to IS NULL)"""


class GraphQuestions:
    """Reads questions for a session: as queries where its graph admits them.

    Args:
        session: whose database is asked.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._facts_only = session.read_question
        self._views: GraphViews | None = None
        self._version = -1
        self._holds = False, False

    def __call__(self, text: str) -> Statement:
        """What a question means.

        Raises:
            ParseError: the question is blank.
        """
        asked = self._facts_only(text)
        has_graph, has_facts = self._held()
        if not has_graph or isinstance(asked, Likely):
            return asked
        question: Question = asked  # type: ignore[assignment]
        found = self._found(text, question)
        if found is None or not found.candidates:
            return asked if has_facts else NotChosen(question, "no query over the graph fits the question")
        meanings = [Meaning(_told(each), each.plan.text, chance) for each, chance in found.chances()]
        best = found.candidates[0]
        if meanings[0].chance < (SURE if has_facts else LIKELY):
            if has_facts:
                return asked
            return NotChosen(question, f"no query over the graph fits the question; the nearest is {meanings[0]}")
        query = sparql.parse(best.plan.text)
        assert isinstance(query, Query)
        return Chosen(query, meanings[0], tuple(meanings[1 : 1 + SHOWN]), question)

    def _found(self, text: str, question: Question) -> Found | None:
        from neuraldb.decoding.asking import FORMS, find, steps_of
        from neuraldb.decoding.graph_catalogue import GraphViews

        frame = _frame(" ".join(text.split()), question)
        if frame.type not in FORMS:
            return None
        if self._views is None:
            self._views = GraphViews(self._session.stores.database, self._session.catalogue)
        view = self._views.view()
        mentions = view.names.find(frame.question, frame.entities)
        return find(frame, view, mentions, self._session.models.plan_ranker, steps=steps_of(question))

    def _held(self) -> tuple[bool, bool]:
        """Whether there are triples that no fact states, and facts."""
        database = self._session.stores.database
        with database.lock:
            if self._version != database.version:
                ((graph, facts),) = database.rows(_IMPORTED)
                self._version, self._holds = database.version, (bool(graph), bool(facts))
        return self._holds


def _frame(text: str, question: Question) -> QuestionFrame:
    """What a parser saw in the whole of a question: its kind, and all names in it and in its parts."""
    frame = question.frame
    names = tuple(span for name in named(question) if (span := _place(text, name)) is not None)
    return QuestionFrame(
        text, frame.type, frame.op, entities=tuple(sorted({*names})), negations=frame.negations,
        values=tuple(s for v in frame.values if (s := _place(text, frame.text(v))) is not None),
        count=_place(text, frame.text(frame.count)) if frame.count is not None else None,
    )  # fmt: skip


def _place(text: str, words: str) -> Span | None:
    begin = text.find(words)
    return None if begin < 0 else (begin, begin + len(words))


def _told(candidate: Candidate) -> str:
    """A query in words."""
    return " → ".join(symbol.words for symbol in candidate.symbols if symbol.words)
