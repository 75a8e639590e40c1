"""How often enumerating and ranking finds the right plan for a question over a graph: topic given, or found."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from neuraldb.core.frames import QuestionFrame, Span
from neuraldb.decoding.asking import HOPS, find, steps_of
from neuraldb.decoding.automaton import Plan, Symbol
from neuraldb.decoding.chains import NAMED, Chain, chain_words, chains
from neuraldb.decoding.graph_catalogue import GraphViews
from neuraldb.decoding.graph_grammar import Limits
from neuraldb.decoding.mentions import Mention
from neuraldb.evaluation.path_questions import INVERSE, Dataset, PathQuestion
from neuraldb.language.question import Likely, Question, parse
from neuraldb.models.plan_ranker import LearnedRanker, SimilarityRanker
from neuraldb.models.protocols import Encoder, PlanRanker
from neuraldb.models.registry import Models
from neuraldb.plan.builder_question import named
from neuraldb.session import Session
from neuraldb.stores.terms import Term
from neuraldb.training.plan_examples import fold, narrowed
from neuraldb.training.plan_ranking import Example, learn

LINKED = ("given", "own")
"""Whether what a question names is told, or found."""
CHAINS = 60
"""Plans of an example."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found for a question.

    Attributes:
        hit: whether the first answer of the best plan is right.
        path: whether the best plan goes the way that the data tell; where they do not, whether it has their answers.
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
        dataset: the questions and the graph.
        limit: questions that are asked, and that are learned from, each evenly spaced.
        models: of which the encoder and the parser are used.
    """

    def __init__(self, dataset: Dataset, limit: int, models: Models) -> None:
        self.dataset, self._models = dataset, models
        self._session = Session(":memory:", models=models)
        rows = [(_words(s), _words(r), _words(o)) for s, r, o in dataset.triples() if not r.endswith(INVERSE)]
        triples = [(Term("entity", s), Term("relation", r), Term("entity", o), None) for s, r, o in rows]
        self._session.import_triples(dict.fromkeys(triples))
        self._view = GraphViews(self._session.stores.database, self._session.catalogue).view()
        names = list(dict.fromkeys(name for s, _, o in rows for name in (s, o)))
        self._ids = {term.text: id for term, id in self._found([Term("entity", name) for name in names]).items()}
        known = [q for q in dataset.read(10**9) if all(_words(name) in self._ids for name in (q.topic, *q.others))]
        self.held_out = _spaced([q for q in known if fold(q.topic) == 0], limit)
        self.training = _spaced([q for q in known if fold(q.topic) != 0 and not q.others], limit)

    def learned(self, encoder: Encoder, begin: LearnedRanker | None = None) -> PlanRanker:
        """A ranker that has seen the questions about other topics."""
        return learn([self._example(question) for question in self.training], encoder, begin=begin)

    def outcomes(self, ranker: PlanRanker, linked: str = "given") -> Iterator[Outcome]:
        """What is found for each question that is held out."""
        for question in self.held_out:
            begun = time.process_time()
            asked = parse(question.text, self._models.parser)
            tree = asked.question if isinstance(asked, Likely) else asked
            if linked == "given":
                frame, mentions = QuestionFrame(question.text, "set"), self._given(question)
            else:
                frame = tree.frame
                mentions = self._view.names.find(question.text, _seen(question.text, tree))
            limits = _limits(len(mentions)) if linked == "given" else None
            found = find(frame, self._view, mentions, ranker, limits, steps_of(tree)).candidates
            spent = time.process_time() - begun
            topics = {_words(name) for name in (question.topic, *question.others)}
            answers = [self._answers(candidate.plan) for candidate in found]
            rows = [[row for row in some if row not in topics] for some in answers]
            right = [_meant(question, candidate.symbols, row) for candidate, row in zip(found, rows, strict=True)]
            hit = bool(rows) and bool(rows[0]) and rows[0][0] in {_words(answer) for answer in question.answers}
            yield Outcome(hit, bool(right) and right[0], any(right), all(map(bool, answers)), 1000 * spent)

    def close(self) -> None:
        """Let go of the graph."""
        self._session.close()

    def _given(self, question: PathQuestion) -> list[Mention]:
        """What the data tell that the question names."""
        found: list[Mention] = []
        for name in (question.topic, *question.others):
            begin, end = _place(question, _words(name))
            found.append(Mention(begin, end, question.text[begin:end], (self._ids[_words(name)],)))
        return found

    def _example(self, question: PathQuestion) -> Example:
        there = list(chains(self._view, np.array([self._ids[_words(question.topic)]]), HOPS))
        if question.path is not None:
            right = [i for i, (way, _) in enumerate(there) if _steps(way) == _gold(question)]
        else:
            wanted = {self._ids.get(_words(answer), -1) for answer in question.answers}
            topic = self._ids[_words(question.topic)]
            same = [i for i, (_, ends) in enumerate(there) if set(ends.tolist()) - {topic} == wanted]
            right = [i for i in same if len(there[i][0]) == self.dataset.hops] or same[:1]
        plans, kept = narrowed([chain_words(way) for way, _ in there], right, random.Random(0), CHAINS)
        begin, end = _place(question, question.named)
        return Example(f"{question.text[:begin]}{NAMED}{question.text[end:]}", plans, kept)

    def _answers(self, plan: Plan) -> list[str]:
        return [str(row[0]) for row in self._session.run(plan.text, "sparql").fetchall()]

    def _found(self, terms: Sequence[Term]) -> Mapping[Term, int]:
        return self._session.stores.graph.find_terms(terms)


def compare(dataset: Dataset, limit: int, models: Models) -> str:
    """A table: the encoder as it is, the ranker that ships, and what it is after training on questions of the set."""
    bench = PlanBench(dataset, limit, models)
    try:
        shipped = models.plan_ranker
        begun = time.process_time()
        begin = shipped if isinstance(shipped, LearnedRanker) else None
        learned = bench.learned(models.encoder, begin)
        trained = f"{len(bench.training)} questions, {time.process_time() - begun:.0f} s"
        rankers = {"cosine": SimilarityRanker(models.encoder), "shipped": shipped, "learned": learned}
        rows = [
            f"| {dataset.name} | {linked} | {name} | {table_row(list(bench.outcomes(of, linked)))} |"
            for linked in LINKED
            for name, of in rankers.items()
        ]
    finally:
        bench.close()
    head = "| data | topic | ranker | questions | Hits@1 | plan | oracle@10 | executable | ms |"
    head += "\n|---|---|---|---:|---:|---:|---:|---:|---:|"
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


def _seen(text: str, question: Question) -> list[Span]:
    """Where the parser sees names."""
    return [(text.find(name), text.find(name) + len(name)) for name in named(question) if name in text]


def _limits(named: int) -> Limits:
    forms = frozenset({"list"})
    return Limits(HOPS, HOPS, unanchored=False, chains=named == 1, detours=False, forms=forms)


def _meant(question: PathQuestion, symbols: Sequence[Symbol], rows: Sequence[str]) -> bool:
    """Whether a plan goes the way that the data tell, or else has their answers."""
    if question.path is not None:
        return tuple(symbol.text for symbol in symbols if symbol.code.startswith(":")) == _gold(question)
    return set(rows) == {_words(answer) for answer in question.answers}


def _spaced(questions: Sequence[PathQuestion], limit: int) -> list[PathQuestion]:
    step = max(1, len(questions) // limit)
    return list(questions[::step][:limit])


def _place(question: PathQuestion, name: str) -> Span:
    begin = question.text.find(name if name in question.text else question.named)
    return begin, begin + len(name)


def _words(name: str) -> str:
    return " ".join(name.replace("_", " ").split())


def _gold(question: PathQuestion) -> tuple[str, ...]:
    return tuple(_words(step) for step in (question.path or ())[1::2])


def _steps(way: Chain) -> tuple[str, ...]:
    return tuple(link.words if link.forward else f"inverse {link.words}" for link in way)
