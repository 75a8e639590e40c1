"""Complex logical query answering, measured as Ren et al. 2023 (section 6) ask: hard answers, filtered, by pattern.

Each hard answer is ranked among all entities but the other answers, ties at the mean rank; the mean is taken over a
query's answers, then over queries, then over patterns. Beside it: how well the number of answers is foretold, whether
what is stored is answered first (faithfulness), and the hard answers of which every link is missing (Gregucci et al.
2024), which tell more of a predictor than those that need one.
"""

from __future__ import annotations

import json
import time
import tracemalloc
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from neuraldb.core.errors import ImportFailed
from neuraldb.evaluation.clqa_queries import EPFO, PATTERNS, Asked
from neuraldb.evaluation.link_ranking import filtered_rank
from neuraldb.operators.complex_queries import Scores, TreeOptimiser
from neuraldb.plan.logical_queries import Anchor, Conjunction, Disjunction, LogicalQuery, Negation, Projection

COUNTED = 0.5
"""An entity of this score or more is foretold to be an answer."""
TRACED = 3
"""Queries of a pattern that are answered once more to see what memory they take."""
Neighbours = Mapping[tuple[int, int, bool], set[int]]


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of one query.

    Attributes:
        pattern: its pattern.
        ranks: of its hard answers.
        missing: of those all of whose links are missing; none for patterns with negation.
        answers: how many there are.
        foretold: how many were foretold.
        faithful: the share of what is stored that ranks above all else; None where nothing stored answers it.
        milliseconds: to answer it.
        megabytes: the most that were allocated at once to answer it; None where that was not looked at.
    """

    pattern: str
    ranks: list[float]
    missing: list[float]
    answers: int
    foretold: int
    faithful: float | None
    milliseconds: float
    megabytes: float | None = None


@dataclass
class Figures:
    """What was measured of one pattern.

    Attributes:
        ranks: of each query the ranks of its hard answers.
        missing: of each query those of the answers all of whose links are missing.
        counts: of each query how many answers it has, and how many were foretold.
        faithful: of each query the share of what is stored that ranks above all else.
        milliseconds: of each query.
        megabytes: of some queries.
    """

    ranks: list[list[float]] = field(default_factory=list)
    missing: list[list[float]] = field(default_factory=list)
    counts: list[tuple[int, int]] = field(default_factory=list)
    faithful: list[float] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)

    def add(self, one: Measured) -> None:
        """Take in a query of the pattern."""
        self.ranks.append(one.ranks)
        self.missing.append(one.missing)
        self.counts.append((one.answers, one.foretold))
        self.milliseconds.append(one.milliseconds)
        if one.faithful is not None:
            self.faithful.append(one.faithful)
        if one.megabytes is not None:
            self.megabytes.append(one.megabytes)

    @property
    def mrr(self) -> float:
        """The mean over queries of the mean reciprocal rank of a query's hard answers."""
        return _mean([float(np.mean([1 / r for r in ranks])) for ranks in self.ranks])

    @property
    def mrr_missing(self) -> float:
        """The same of answers all of whose links are missing."""
        return _mean([float(np.mean([1 / r for r in ranks])) for ranks in self.missing if ranks])

    def hits(self, k: int) -> float:
        """The mean over queries of the share of hard answers that rank up to ``k``."""
        return _mean([float(np.mean([r <= k for r in ranks])) for ranks in self.ranks])

    @property
    def error(self) -> float:
        """The mean absolute error of the number of answers, as a share of it (MAPE)."""
        return _mean([abs(told - true) / true for true, told in self.counts if true])

    @property
    def correlation(self) -> float:
        """The rank correlation of the numbers of answers with those foretold (Spearman)."""
        return spearman(self.counts)

    @property
    def median(self) -> float:
        """Milliseconds of the query in the middle."""
        return float(np.median(self.milliseconds)) if self.milliseconds else 0.0


def measure(
    optimiser: TreeOptimiser, asked: Iterable[Asked], known: Neighbours, full: Neighbours
) -> Iterator[Measured]:
    """What is measured of each query; of the first ones of a pattern the memory, too.

    Args:
        optimiser: answers queries.
        asked: the queries, with their answers.
        known: the neighbours by the known edges.
        full: those by all edges; both tell of which answers every link is missing.
    """
    seen: Counter[str] = Counter()
    for one in asked:
        seen[one.pattern] += 1
        begun = time.perf_counter()
        scores = optimiser.scores(one.query)
        spent = 1000 * (time.perf_counter() - begun)
        every = np.fromiter(one.easy | one.hard, np.int64)
        hard = sorted(one.hard)
        ranks = [filtered_rank(scores, answer, every) for answer in hard]
        missing: list[float] = []
        if one.pattern in EPFO:
            least, links = missing_links(one.query, known, full), length(one.query)
            missing = [r for r, a in zip(ranks, hard, strict=True) if least[a] == links]
        yield Measured(
            one.pattern,
            ranks,
            missing,
            len(every),
            int(np.count_nonzero(scores >= COUNTED)),
            faithfulness(scores, one.easy) if one.easy else None,
            spent,
            megabytes(optimiser, one.query) if seen[one.pattern] <= TRACED else None,
        )


def by_pattern(found: Iterable[Measured]) -> dict[str, Figures]:
    """The figures of each pattern, in their order."""
    figures: dict[str, Figures] = defaultdict(Figures)
    for one in found:
        figures[one.pattern].add(one)
    return {pattern: figures[pattern] for pattern in PATTERNS if pattern in figures}


def megabytes(optimiser: TreeOptimiser, query: LogicalQuery) -> float:
    """The most memory that is allocated at once to answer a query, beside what is there before."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        optimiser.scores(query)
        return (tracemalloc.get_traced_memory()[1] - before) / 2**20
    finally:
        tracemalloc.stop()


def recorded(path: Path, settings: Mapping[str, object], found: Callable[[int], Iterable[Measured]]) -> list[Measured]:
    """What is measured, kept in a file as it comes, a line a query; what is there already is not measured again.

    Args:
        path: the file; made where there is none.
        settings: what the figures depend on, the first line.
        found: measures, given how many queries to pass over.

    Raises:
        ImportFailed: the file is of other settings, or no such file.
    """
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []
    if lines and not lines[-1].endswith("\n"):
        del lines[-1]  # a run ended while it wrote
    head = json.dumps(settings, sort_keys=True) + "\n"
    if lines and lines[0] != head:
        raise ImportFailed(f"{path} is of other settings: {lines[0].strip()[:200]}")
    try:
        kept = [Measured(**json.loads(line)) for line in lines[1:]]
    except (ValueError, TypeError) as error:
        raise ImportFailed(f"{path} is no file of measured queries: {error}") from error
    path.write_text("".join(lines or [head]), encoding="utf-8")
    with path.open("a", encoding="utf-8") as file:
        for one in found(len(kept)):
            kept.append(one)
            file.write(json.dumps(asdict(one)) + "\n")
            file.flush()
    return kept


def faithfulness(scores: Scores, easy: frozenset[int]) -> float:
    """The share of stored answers that rank above every entity which is none."""
    own = np.fromiter(easy, np.int64)
    others = np.ones(len(scores), bool)
    others[own] = False
    return float(np.mean(scores[own] > scores[others].max(initial=-1.0)))


def missing_links(query: LogicalQuery, known: Neighbours, full: Neighbours) -> dict[int, int]:
    """For each answer by all edges the least number of its links that are not known; negations are passed over."""
    match query:
        case Anchor(entity):
            return {entity: 0}
        case Projection(relation, of, inverse):
            least: dict[int, int] = {}
            for near, missing in missing_links(of, known, full).items():
                stored = known.get((near, relation, inverse), set())
                for far in full.get((near, relation, inverse), ()):
                    cost = missing + (far not in stored)
                    least[far] = min(cost, least.get(far, cost))
            return least
        case Conjunction(parts):
            found = [missing_links(p, known, full) for p in parts if not isinstance(p, Negation)]
            return {e: sum(f[e] for f in found) for e in set.intersection(*(set(f) for f in found))}
        case Disjunction(parts):
            found = [missing_links(p, known, full) for p in parts]
            return {e: min(f[e] for f in found if e in f) for e in set().union(*found)}
        case Negation():
            return {}


def length(query: LogicalQuery) -> int:
    """How many links an answer needs."""
    match query:
        case Anchor():
            return 0
        case Projection(_, of, _):
            return 1 + length(of)
        case Conjunction(parts):
            return sum(length(p) for p in parts if not isinstance(p, Negation))
        case Disjunction(parts):
            return max(map(length, parts))
        case Negation(of):
            return length(of)


def spearman(pairs: Sequence[tuple[int, int]]) -> float:
    """The rank correlation of pairs, ties at the mean rank; 0 where one side never changes."""
    if len(pairs) < 2:
        return 0.0
    left, right = (_mean_ranks(np.array(side, np.float64)) for side in zip(*pairs, strict=True))
    if not left.std() or not right.std():
        return 0.0
    return float(np.corrcoef(left, right)[0, 1])


def _mean_ranks(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    means: np.ndarray[tuple[int], np.dtype[np.float64]] = (last - (counts - 1) / 2)[inverse]
    return means


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def table(figures: Mapping[str, Figures]) -> str:
    """The figures as text, a line a pattern, and the means of patterns with and without negation."""
    lines = [
        f"{'pattern':<10}{'queries':>8}{'MRR':>7}{'H@1':>7}{'H@10':>7}{'missing':>9}{'MAPE':>7}{'Spearman':>10}"
        f"{'faithful':>10}{'ms':>7}{'MB':>7}"
    ]
    for name, f in figures.items():
        missing = f"{100 * f.mrr_missing:>9.1f}" if any(f.missing) else f"{'':>9}"
        lines.append(
            f"{name:<10}{len(f.ranks):>8}{100 * f.mrr:>7.1f}{100 * f.hits(1):>7.1f}{100 * f.hits(10):>7.1f}{missing}"
            f"{100 * f.error:>7.0f}{f.correlation:>10.2f}{100 * _mean(f.faithful):>10.1f}{f.median:>7.1f}"
            f"{max(f.megabytes, default=0.0):>7.0f}"
        )
    for title, names in (("EPFO", set(EPFO)), ("negation", set(PATTERNS) - set(EPFO))):
        shares = [f.mrr for name, f in figures.items() if name in names]
        if shares:
            lines.append(f"{title:<10}{'':>8}{100 * _mean(shares):>7.1f}")
    return "\n".join(lines)
