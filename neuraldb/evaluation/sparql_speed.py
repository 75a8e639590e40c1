"""Speed of SPARQL queries of many shapes, beside other engines on the same data in the same run.

Answers are compared as bags of rows, so that only right answers are timed. A query that an engine does not finish
within the limit counts as the limit, which is less than it would have taken.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from neuraldb.core.errors import Error
from neuraldb.evaluation.sparql_speed_graph import Sizes, Triple, triples
from neuraldb.evaluation.sparql_speed_peers import PEERS, STOPPED, Answer, Peer, digest_of
from neuraldb.evaluation.sparql_speed_queries import QUERIES, SpeedQuery
from neuraldb.session import Session
from neuraldb.stores.terms import Term

TRIPLES = 1_000_000
REPEAT = 11
LIMIT = 60.0
SLOW = 2.0
"""Seconds from which on an engine runs a query once only."""
OURS = "neuraldb"


@dataclass
class Measured:
    """One query on every engine.

    Attributes:
        query, kind: its name and kind.
        answers: by engine, what each run gave.
        is_large: whether it is a large join.
    """

    query: str
    kind: str
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    is_large: bool = False

    def seconds(self, engine: str) -> float:
        """The median of the runs."""
        return statistics.median(a.seconds for a in self.answers[engine])

    def processor(self, engine: str) -> float:
        """The median of the runs in processor time."""
        return statistics.median(a.processor for a in self.answers[engine])

    def failed(self, engine: str) -> bool:
        """Whether the engine gave up in any run, and not for the limit."""
        return any(a.problem not in ("", STOPPED) for a in self.answers[engine])

    def finished(self, engine: str) -> bool:
        """Whether the engine gave an answer each time."""
        return all(a.rows is not None for a in self.answers[engine])

    def ratio(self, engine: str, processor: bool = False) -> float:
        """How many times as long as we the engine took, by the clock or in processor time."""
        if processor:
            return self.processor(engine) / self.processor(OURS)
        return self.seconds(engine) / self.seconds(OURS)

    def agrees(self, engine: str) -> bool:
        """Whether the engine gave the same rows as we, in each run that both have finished."""
        pairs = zip(self.answers[engine], self.answers[OURS], strict=False)
        return all(
            theirs.rows is None or (theirs.rows, theirs.digest) == (ours.rows, ours.digest) for theirs, ours in pairs
        )


@dataclass
class Figures:
    """A run of the benchmark.

    Attributes:
        triples: in the graph.
        limit: seconds for one query.
        load: by engine, the seconds that reading the graph took.
        measured: the queries.
    """

    triples: int
    limit: float
    load: dict[str, float] = field(default_factory=dict)
    measured: list[Measured] = field(default_factory=list)

    @property
    def peers(self) -> list[str]:
        """The engines that were measured besides ours."""
        return [engine for engine in self.load if engine != OURS]

    @property
    def agreed(self) -> bool:
        """Whether we answered every query, and no engine gave other rows."""
        return all(m.finished(OURS) and all(map(m.agrees, self.peers)) for m in self.measured)

    def mean_ratio(self, engine: str, kind: str | None = None, processor: bool = False, large: bool = False) -> float:
        """The geometric mean of the ratios, of all queries, those of a kind, or large joins; NaN where there is none.

        What an engine failed on says nothing of its speed, and is left out.
        """
        chosen = [m for m in self.measured if kind in (None, m.kind) and (m.is_large or not large)]
        compared = [m for m in chosen if not m.failed(engine) and not m.failed(OURS)]
        return statistics.geometric_mean(m.ratio(engine, processor) for m in compared) if compared else float("nan")


def run(
    count: int = TRIPLES,
    queries: Sequence[SpeedQuery] = QUERIES,
    peers: Sequence[str] = PEERS,
    repeat: int = REPEAT,
    limit: float = LIMIT,
    seed: int = 0,
) -> Figures:
    """Make a graph and run the queries on it.

    Args:
        count: about how many triples.
        queries: what is run.
        peers: other engines, of :data:`~neuraldb.evaluation.sparql_speed_peers.PEERS`.
        repeat: runs of each query; where it names a thing, each run names another.
        limit: seconds that a peer has for one query.
        seed: of the graph.
    """
    figures = Figures(count, limit, measured=[Measured(q.name, q.kind, is_large=q.is_large) for q in queries])
    sizes = Sizes.of(count)
    texts = [[q.written(sizes, r) for r in range(repeat)] for q in queries]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "graph.nt"
        graph = list(triples(count, seed))
        figures.triples = len(graph)
        if peers:
            path.write_text("".join(map(_line, graph)), encoding="utf-8")
        session = Session(str(Path(folder) / "graph.ndb"))
        try:
            begun = time.perf_counter()
            session.import_triples((*triple, None) for triple in graph)
            # the file is brought into its final form when it is closed, as other engines are asked to do
            session.close()
            session = Session(str(Path(folder) / "graph.ndb"))
            figures.load[OURS] = time.perf_counter() - begun
            del graph
            for measured, written in zip(figures.measured, texts, strict=True):
                measured.answers[OURS] = _repeated(OURS, measured, written, lambda text: _ours(session, text))
        finally:
            session.close()
        for name in peers:
            peer = Peer(name, str(path), limit)
            try:
                for measured, written in zip(figures.measured, texts, strict=True):
                    measured.answers[name] = _repeated(name, measured, written, peer.answer)
                figures.load[name] = peer.load_seconds
            finally:
                peer.close()
    return figures


def _ours(session: Session, text: str) -> Answer:
    begun, spent = time.perf_counter(), time.process_time()
    try:
        rows = session.run(text, "sparql").rows
    except Error as error:
        return Answer(time.perf_counter() - begun, time.process_time() - spent, problem=error.message)
    seconds, processor = time.perf_counter() - begun, time.process_time() - spent
    return Answer(seconds, processor, len(rows), digest_of(rows))


def _repeated(engine: str, measured: Measured, texts: Iterable[str], answer: Callable[[str], Answer]) -> list[Answer]:
    answers: list[Answer] = []
    for text in texts:
        answers.append(answer(text))
        if answers[-1].seconds >= SLOW:
            break
    last = answers[-1]
    print(f"{engine}: {measured.query} {1000 * last.seconds:,.1f} ms {last.problem}", file=sys.stderr)
    return answers


def _line(triple: Triple) -> str:
    return " ".join(map(_written, triple)) + " .\n"


def _written(term: Term) -> str:
    """A term of the generator as N-Triples: its texts hold nothing that must be escaped."""
    if term.kind == "iri":
        return f"<{term.text}>"
    return f'"{term.text}"' + (f"^^<{term.datatype}>" if term.datatype else "")


def table(figures: Figures) -> str:
    """The figures as text, a line a query."""
    peers = figures.peers
    head = f"{'query':<14}{'kind':<11}{'rows':>8}{'first ms':>10}{'ms':>9}{'cpu ms':>9}"
    lines = [
        f"{figures.triples:,} triples; loaded in " + ", ".join(f"{s:.1f} s ({e})" for e, s in figures.load.items())
    ]
    lines.append(head + "".join(f"{peer + ' ms':>16}{'ratio':>10}" for peer in peers))
    for m in figures.measured:
        first = m.answers[OURS][0]
        rows = "failed" if first.rows is None else f"{first.rows:,}"
        line = f"{m.query:<14}{m.kind:<11}{rows:>8}{1000 * first.seconds:>10.1f}{1000 * m.seconds(OURS):>9.1f}"
        line += f"{1000 * m.processor(OURS):>9.1f}"
        lines.append(line + "".join(_beside(m, peer) for peer in peers))
    lines += _means(figures)
    given = [(engine, m.query, a.problem) for m in figures.measured for engine, runs in m.answers.items() for a in runs]
    problems = [found for found in given if found[2]]
    lines += [f"{engine}, {query}: {problem}" for engine, query, problem in dict.fromkeys(problems)]
    return "\n".join(lines)


def _means(figures: Figures) -> list[str]:
    """The means, and what the signs mean; nothing where there is nothing to compare with."""
    if not figures.peers:
        return []
    kinds = list(dict.fromkeys(m.kind for m in figures.measured))
    rows: list[tuple[str, str | None, bool, bool]] = [(kind, kind, False, False) for kind in kinds]
    if any(m.is_large for m in figures.measured):
        rows.insert(kinds.index("join") + 1, ("large joins", "join", False, True))
    rows += [("all", None, False, False), ("all, in processor time", None, True, False)]
    lines = []
    for name, kind, processor, large in rows:
        means = "".join(f"{'':>16}{figures.mean_ratio(peer, kind, processor, large):>10.1f}" for peer in figures.peers)
        lines.append(f"{'geometric mean, ' + name:<61}{means}")
    return [*lines, "ratio: how many times as long as neuraldb. >: it was stopped at the limit; ≠: other rows"]


def _beside(m: Measured, peer: str) -> str:
    if m.failed(peer):
        return f"{'failed':>16}{'':>10}"
    mark = "" if m.finished(peer) else ">"
    milliseconds = f"{mark}{1000 * m.seconds(peer):,.1f}"
    ratio = f"{mark}{m.ratio(peer):,.1f}" + ("" if m.agrees(peer) else " ≠")
    return f"{milliseconds:>16}{ratio:>10}"


def as_json(figures: Figures) -> str:
    """The figures and what they come from, for other programs."""
    means = {peer: figures.mean_ratio(peer) for peer in figures.peers}
    return json.dumps(asdict(figures) | {"mean_ratio": means}, indent=1)
