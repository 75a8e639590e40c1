"""How often enumerating and ranking finds the right plan for questions over a graph whose topic is given."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from neuraldb.decoding.automaton import Automaton, Plan, Symbol, words_of
from neuraldb.decoding.graph_catalogue import GraphViews
from neuraldb.decoding.graph_grammar import Limits, Mentioned, graph_automaton
from neuraldb.decoding.search import Search
from neuraldb.evaluation.path_questions import Dataset, PathQuestion
from neuraldb.models.plan_ranker import SimilarityRanker
from neuraldb.models.protocols import Encoder, PlanRanker
from neuraldb.models.registry import Models
from neuraldb.session import Session
from neuraldb.stores.terms import Term
from neuraldb.training.plan_ranking import Example, learn

FOLDS = 10
"""Parts of the topics; the first is held out."""
TOPIC = "it"
"""Stands for the topic in questions and plans: a name says nothing of the path."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found for a question.

    Attributes:
        hit: whether the first answer of the best plan is right.
        path: whether the best plan goes the way that the data tell.
        oracle: whether one of the ten best does.
        run: whether all of them could be run and had an answer.
        milliseconds: of the processor.
    """

    hit: bool
    path: bool
    oracle: bool
    run: bool
    milliseconds: float


class PlanBench:
    """The questions of one data set, over its graph in memory.

    Args:
        dataset: the questions and the graph; they have to tell the right path.
        limit: questions, evenly spaced.
        models: of which the encoder is used.
    """

    def __init__(self, dataset: Dataset, limit: int, models: Models) -> None:
        self.dataset = dataset
        self._session = Session(":memory:", models=models)
        triples = [
            (Term("entity", s), Term("relation", _words(r)), Term("entity", o), None) for s, r, o in dataset.triples()
        ]
        self._session.import_triples(dict.fromkeys(triples))
        self._view = GraphViews(self._session.stores.database, self._session.catalogue).view()
        questions = dataset.read(limit)
        topics = [Term("entity", question.topic) for question in questions]
        self._ids = self._session.stores.graph.find_terms(topics)
        known = [question for question in questions if Term("entity", question.topic) in self._ids and question.path]
        self.held_out = [question for question in known if fold(question.topic) == 0]
        self.training = [question for question in known if fold(question.topic) != 0]

    def learned(self, encoder: Encoder) -> PlanRanker:
        """A ranker that has seen the questions about other topics."""
        return learn([self._example(question) for question in self.training], encoder)

    def outcomes(self, ranker: PlanRanker) -> Iterator[Outcome]:
        """What is found for each question that is held out."""
        hops = self.dataset.hops
        for question in self.held_out:
            begun = time.process_time()
            masked = _Masked(ranker, question.topic)
            found = Search(patience=hops).run(_masked(question), self._automaton(question), masked)
            spent = time.process_time() - begun
            answers = [self._answers(candidate.plan) for candidate in found]
            paths = [_path(candidate.symbols) == _gold(question) for candidate in found]
            hit = bool(answers) and bool(answers[0]) and answers[0][0] in question.answers
            yield Outcome(hit, bool(paths) and paths[0], any(paths), all(map(bool, answers)), 1000 * spent)

    def close(self) -> None:
        """Let go of the graph."""
        self._session.close()

    def _automaton(self, question: PathQuestion) -> Automaton:
        topic = np.array([self._ids[Term("entity", question.topic)]])
        hops = self.dataset.hops
        limits = Limits(hops, hops, inverse=False, unanchored=False, chains=True, forms=frozenset({"list"}))
        return graph_automaton(self._view, Mentioned(topic, (), ()), limits)

    def _example(self, question: PathQuestion) -> Example:
        plans = [prefix for prefix, _ in self._automaton(question).plans()]
        right = frozenset(i for i, prefix in enumerate(plans) if _path(prefix) == _gold(question))
        return Example(_masked(question), tuple(hidden(words_of(prefix), question.topic) for prefix in plans), right)

    def _answers(self, plan: Plan) -> list[str]:
        return [row[0] for row in self._session.run(plan.text, "sparql").fetchall()]


class _Masked:
    """A ranker that does not see what the topic is called."""

    def __init__(self, ranker: PlanRanker, topic: str) -> None:
        self._ranker, self._topic = ranker, topic

    def score(self, question: str, plans: Sequence[str]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return self._ranker.score(question, [hidden(plan, self._topic) for plan in plans])


def compare(dataset: Dataset, limit: int, models: Models) -> str:
    """A table: the encoder as it is, and with two matrices that were trained."""
    bench = PlanBench(dataset, limit, models)
    try:
        begun = time.process_time()
        rankers = {"cosine": SimilarityRanker(models.encoder), "learned": bench.learned(models.encoder)}
        trained = f"{len(bench.training)} questions, {time.process_time() - begun:.0f} s"
        rows = [f"| {dataset.name} | {name} | {table_row(list(bench.outcomes(of)))} |" for name, of in rankers.items()]
    finally:
        bench.close()
    head = "| data | ranker | questions | Hits@1 | path | oracle@10 | executable | ms |"
    head += "\n|---|---|---:|---:|---:|---:|---:|---:|"
    return "\n".join((head, *rows, f"\ntrained on {trained}"))


def table_row(outcomes: Sequence[Outcome]) -> str:
    """The shares in percent, and milliseconds."""
    columns = (
        [outcome.hit for outcome in outcomes],
        [outcome.path for outcome in outcomes],
        [outcome.oracle for outcome in outcomes],
        [outcome.run for outcome in outcomes],
    )
    shares = " | ".join(f"{100 * float(np.mean(column)):.1f}" if column else "-" for column in columns)
    spent = f"{np.mean([outcome.milliseconds for outcome in outcomes]):.0f}" if outcomes else "-"
    return f"{len(outcomes)} | {shares} | {spent}"


def fold(topic: str) -> int:
    """The part that a topic is in: all questions about one are in the same."""
    return hashlib.blake2s(topic.encode(), digest_size=2).digest()[0] % FOLDS


def hidden(words: str, topic: str) -> str:
    """A plan in words without the name that it begins with."""
    return TOPIC + words.removeprefix(topic)


def _masked(question: PathQuestion) -> str:
    return question.text.replace(question.named, TOPIC)


def _words(relation: str) -> str:
    return " ".join(relation.replace("_", " ").split())


def _gold(question: PathQuestion) -> tuple[str, ...]:
    return tuple(_words(step) for step in (question.path or ())[1::2])


def _path(symbols: Sequence[Symbol]) -> tuple[str, ...]:
    """The relations of a plan: the only symbols with a relation's code."""
    return tuple(symbol.words for symbol in symbols if symbol.code.startswith(":"))
