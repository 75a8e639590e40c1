"""Ways to find subgraphs and paths for a question compared: what they hold, how large they are, how long they take.

Every combination of extraction, filtering and refinement is run on the same questions, the topic given, so that nothing
is lost by not knowing the entity. Times are the processor's, so that other work on the machine does not count.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from neuraldb.evaluation.path_questions import Dataset, PathQuestion
from neuraldb.evaluation.support_set_tables import markdown
from neuraldb.models.registry import Models
from neuraldb.operators.path_filtering import FILTERINGS
from neuraldb.operators.path_refinement import REFINEMENTS
from neuraldb.operators.subgraph_extraction import EXTRACTIONS
from neuraldb.operators.subgraphs import Ranked, Search, forget
from neuraldb.operators.walks import Path
from neuraldb.plan.path_nodes import PathSteps
from neuraldb.session import Session
from neuraldb.stores.adjacency import Adjacency
from neuraldb.stores.terms import Term


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one combination of steps found for one question; shares from 0 to 1.

    Attributes:
        steps: the combination.
        held: the share of the answers that are in the subgraph.
        nodes, edges: of the subgraph.
        reached: the share of the answers at which a path ends.
        paths: how many there are.
        traced: whether the path of the data set is among them; None where it is not told.
        hit: whether the best path ends at an answer.
        milliseconds: of the processor, for all three steps.
    """

    steps: PathSteps
    held: float
    nodes: int
    edges: int
    reached: float
    paths: int
    traced: bool | None
    hit: bool
    milliseconds: float


@dataclass(frozen=True, slots=True)
class _Gold:
    """A question with its names as terms."""

    question: PathQuestion
    topic: int
    answers: frozenset[int]
    path: tuple[int, ...] | None


class Bench:
    """The questions of one data set, over its graph in memory."""

    def __init__(self, dataset: Dataset, limit: int, models: Models) -> None:
        self.dataset = dataset
        self.models = models
        self.session = Session(":memory:", models=models)
        quads = [
            (Term("entity", s), Term("relation", r), Term("entity", o), None)
            for s, r, o in dict.fromkeys(dataset.triples())
        ]
        self.session.import_triples(quads)
        self.graph = self.session.stores.adjacency.snapshot()
        self.questions = [gold for question in dataset.read(limit) if (gold := self._gold(question)) is not None]

    def _gold(self, question: PathQuestion) -> _Gold | None:
        """A question of which the topic and an answer are in the graph."""
        steps = question.path or ()
        terms = [Term("entity", name) for name in (question.topic, *sorted(question.answers))]
        terms += [Term("relation" if place % 2 else "entity", text) for place, text in enumerate(steps)]
        known = self.session.stores.graph.find_terms(terms)
        answers = frozenset(known[t] for t in terms[1 : 1 + len(question.answers)] if t in known)
        if terms[0] not in known or not answers:
            return None
        path = tuple(known.get(t, -1) for t in terms[1 + len(question.answers) :]) or None
        return _Gold(question, known[terms[0]], answers, path)

    def outcomes(self, steps: PathSteps) -> Iterator[Outcome]:
        """What a combination finds for each question."""
        forget(self.models.encoder)
        for gold in self.questions:
            search = Search(
                gold.question.text,
                ((gold.topic,),),
                (gold.question.named,),
                steps.hops,
                self.graph,
                self.session.stores.graph,
                self.models,
            )
            begun = time.process_time()
            subgraph = EXTRACTIONS[steps.extraction](search)
            paths = FILTERINGS[steps.filtering](search, subgraph)
            best = REFINEMENTS[steps.refinement](search, subgraph, paths)
            yield _outcome(steps, gold, subgraph, paths, best, time.process_time() - begun)

    def close(self) -> None:
        """Let go of the graph."""
        self.session.close()


def _outcome(
    steps: PathSteps, gold: _Gold, graph: Adjacency, paths: Sequence[Ranked], best: Sequence[Ranked], seconds: float
) -> Outcome:
    ends = {int(graph.nodes[each.path.nodes[-1]]) for each in paths}
    held = len(gold.answers & set(graph.nodes.tolist()))
    return Outcome(
        steps,
        held / len(gold.answers),
        len(graph.nodes),
        len(graph.subject),
        len(gold.answers & ends) / len(gold.answers),
        len(paths),
        None if gold.path is None else any(_terms(graph, each.path) == gold.path for each in paths),
        bool(best) and int(graph.nodes[best[0].path.nodes[-1]]) in gold.answers,
        1000 * seconds,
    )


def _terms(graph: Adjacency, path: Path) -> tuple[int, ...]:
    """The ids of a path's nodes and relations in turn."""
    out = [int(graph.nodes[path.nodes[0]])]
    for edge, node in zip(path.edges, path.nodes[1:], strict=True):
        out += [int(graph.relation[edge]), int(graph.nodes[node])]
    return tuple(out)


def combinations(extractions: Sequence[str], filterings: Sequence[str], refinements: Sequence[str]) -> list[PathSteps]:
    """All combinations of some implementations of each step."""
    return [PathSteps(e, f, r) for e in extractions for f in filterings for r in refinements]


def compare(dataset: Dataset, steps: Sequence[PathSteps], limit: int, models: Models) -> str:
    """The table of a data set: each combination's means over so many questions."""
    bench = Bench(dataset, limit, models)
    models.encoder.encode(["loaded"])
    outcomes: list[Outcome] = []
    for each in steps:
        outcomes += bench.outcomes(replace(each, hops=dataset.hops))
        print(f"{dataset.name}: {each}", file=sys.stderr)
    count = len(bench.questions)
    bench.close()
    head = f"{dataset.name}: {count} questions, {len(bench.graph.nodes):,} nodes, {len(bench.graph.subject):,} edges"
    return f"{head}\n\n{table(outcomes)}" if outcomes else head


def table(outcomes: Sequence[Outcome]) -> str:
    """The means by combination, as Markdown; shares in per cent."""
    rows = []
    for steps in dict.fromkeys(each.steps for each in outcomes):
        some = [each for each in outcomes if each.steps == steps]
        traced = [each.traced for each in some if each.traced is not None]
        rows.append(
            [
                str(steps),
                _mean([100 * each.held for each in some]),
                _mean([each.nodes for each in some], 0),
                _mean([each.edges for each in some], 0),
                _mean([100 * each.reached for each in some]),
                _mean([100 * each for each in traced]) if traced else "-",
                _mean([each.paths for each in some], 0),
                _mean([100 * each.hit for each in some]),
                _mean([each.milliseconds for each in some], 0),
            ]
        )
    head = ["steps", "answers in it", "nodes", "edges", "answers at ends", "gold path", "paths", "Hits@1", "ms"]
    return markdown(head, rows)


def _mean(values: Sequence[float], digits: int = 1) -> str:
    return f"{sum(values) / len(values):.{digits}f}"
