"""Speed at scale: how fast facts go in and questions are answered as a database grows, beside the reader on every fact.

Brute force is what a neural database without support sets does: the reader reads each fact for each question. It is
measured in the same run on a sample, and scaled to the whole database where that is larger.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from neuraldb.bulk import BATCH
from neuraldb.core.errors import Error
from neuraldb.evaluation.scale_facts import Question, Telling, telling
from neuraldb.models.protocols import ReadRequest
from neuraldb.models.registry import Models
from neuraldb.session import Session
from neuraldb.stores.facts import NewFact

FACTS = (1_000, 10_000, 100_000)
QUESTIONS = 20
SAMPLE = 1_000
BRUTE = 3
"""Questions of each kind that are put to every fact of the sample."""


@dataclass
class Asked:
    """What each of some questions cost: seconds on the clock and of processors, and calls of the reader."""

    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        """So many percent of the questions took at most so many seconds."""
        return float(np.percentile(self.seconds, share)) if self.seconds else float("nan")

    @property
    def mean_calls(self) -> float:
        """Calls of the reader, a question."""
        return float(np.mean(self.calls)) if self.calls else float("nan")


@dataclass
class Figures:
    """A database of one size.

    Attributes:
        facts, sample: how many there are, and how many of them brute force has read.
        add_seconds, add_processor: wall time and processor time of telling them.
        asked: by row of the table, what the questions cost.
        brute: by kind of question, seconds for one question by brute force, scaled to all facts.
        peak: the process's largest memory so far, in bytes.
        refused: questions that could not be asked, with the reason.
    """

    facts: int
    sample: int = 0
    add_seconds: float = 0.0
    add_processor: float = 0.0
    asked: dict[str, Asked] = field(default_factory=dict)
    brute: dict[str, float] = field(default_factory=dict)
    peak: int = 0
    refused: list[str] = field(default_factory=list)


def run(
    sizes: Sequence[int] = FACTS,
    questions: int = QUESTIONS,
    sample: int = SAMPLE,
    seed: int = 0,
    models: Models | None = None,
) -> Iterator[Figures]:
    """Measure databases of these sizes, the smallest first, since memory is the most that was in use so far.

    Args:
        sizes: facts of each.
        questions: lookups and aggregates asked of each.
        sample: facts that brute force reads.
        seed: of the facts and questions.
        models: None for the embedded ones.
    """
    models = models if models is not None else Models()
    with tempfile.TemporaryDirectory() as folder:
        _warm(Session(str(Path(folder) / "warm.ndb"), models=models), telling(BATCH, 2, seed + 7))
        for size in sorted(set(sizes)):
            session = Session(str(Path(folder) / f"{size}.ndb"), models=models)
            try:
                yield measured(session, telling(size, questions, seed), sample, seed)
            finally:
                session.close()


def _warm(session: Session, told: Telling) -> None:
    """Load the models and everything else that is loaded once."""
    session.add([NewFact(text) for text in told.facts])
    for question in (*told.lookups, *told.aggregates):
        session.run(question.text, "question")
    session.close()


def measured(session: Session, told: Telling, sample: int, seed: int) -> Figures:
    """Tell facts to an empty database, then ask."""
    figures = Figures(len(told.facts))
    begun, processor = time.perf_counter(), time.process_time()
    for first in range(0, len(told.facts), BATCH):
        session.add([NewFact(text) for text in told.facts[first : first + BATCH]])
        _report("told", first, len(told.facts))
    figures.add_seconds, figures.add_processor = time.perf_counter() - begun, time.process_time() - processor
    _ask(session, told, figures)
    _brute(session, told, figures, sample, seed)
    usage = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    figures.peak = usage * (1 if sys.platform == "darwin" else 1024)
    return figures


def _ask(session: Session, told: Telling, figures: Figures) -> None:
    lookups, aggregates = [q.text for q in told.lookups], [q.text for q in told.aggregates]
    tables = [q.tables for q in told.aggregates if q.tables]

    def ask(row: str, texts: Sequence[str], language: str = "question") -> None:
        figures.asked[row] = asked = Asked()
        for text in texts:
            begun, processor = time.perf_counter(), time.process_time()
            try:
                result = session.run(text, language)
            except Error as error:
                figures.refused.append(f"{text}: {error.message}")
                continue
            asked.seconds.append(time.perf_counter() - begun)
            asked.processor.append(time.process_time() - processor)
            asked.calls.append(result.counters.calls.get("reader", 0))
        _report(row, len(texts), len(texts))

    session.run(lookups[0], "question")  # not timed: it loads the indexes
    ask("lookup", lookups[1:])
    ask("lookup again", lookups[1:])
    ask("aggregate", aggregates)
    ask("aggregate again", aggregates)
    ask("SQL aggregate", [first for first, _ in tables], "sql")
    ask("SQL, another one", [second for _, second in tables], "sql")
    if told.spare:
        (added,) = session.add([NewFact(told.spare[0])])
        ask("aggregate, a fact more", aggregates)
        session.forget(added.id)
        ask("aggregate, it is gone", aggregates)


def _brute(session: Session, told: Telling, figures: Figures, sample: int, seed: int) -> None:
    """The reader on every fact of a sample, as the operator would ask it."""
    reader = session.models.reader
    facts = random.Random(seed).sample(told.facts, k=min(sample, len(told.facts)))
    figures.sample = len(facts)

    def seconds(question: Question) -> float:
        begun = time.perf_counter()
        for first in range(0, len(facts), BATCH):
            part = facts[first : first + BATCH]
            reader.read([ReadRequest(question.text, (fact,), question.mode) for fact in part])
        return (time.perf_counter() - begun) * len(told.facts) / len(facts)

    for kind, questions in (("lookup", told.lookups), ("aggregate", told.aggregates)):
        figures.brute[kind] = float(np.median([seconds(question) for question in questions[:BRUTE]] or [np.nan]))
        _report(f"brute force, {kind}", len(facts), len(told.facts))


def _report(stage: str, done: int, total: int) -> None:
    if done % (BATCH * 20) == 0 or done == total:
        print(f"{stage}: {done} of {total}", file=sys.stderr)


Cell = Callable[[Figures], str]


def table(figures: Sequence[Figures]) -> str:
    """The figures as text, a column a size."""
    rows: list[tuple[str, Cell]] = [
        ("facts told a second", lambda f: f"{f.facts / f.add_seconds:,.0f}"),
        ("  processor ms a fact", lambda f: f"{1000 * f.add_processor / f.facts:.2f}"),
    ]
    for name in dict.fromkeys(name for f in figures for name in f.asked):
        rows.append((f"{name}: p50 / p95 ms", lambda f, name=name: _times(f.asked.get(name))))  # type: ignore[misc]
        rows.append(("  processor ms", lambda f, name=name: _processor(f.asked.get(name))))  # type: ignore[misc]
        rows.append(("  reader calls", lambda f, name=name: _calls(f.asked.get(name))))  # type: ignore[misc]
    for kind in ("lookup", "aggregate"):
        rows.append((f"brute force, {kind}: s", lambda f, kind=kind: _scaled(f, f.brute[kind], 2)))  # type: ignore[misc]
        rows.append(("  times as long", lambda f, kind=kind: _times_as_long(f, kind)))  # type: ignore[misc]
        rows.append(("  times as many reader calls", lambda f, kind=kind: _times_as_many(f, kind)))  # type: ignore[misc]
    rows.append(("peak memory, MiB", lambda f: f"{f.peak / 2**20:,.0f}"))
    lines = [f"{'':<34}" + "".join(f"{f.facts:>16,}" for f in figures)]
    lines += [f"{name:<34}" + "".join(f"{cell(f):>16}" for f in figures) for name, cell in rows]
    if any(f.sample < f.facts for f in figures):
        least = min(f.sample for f in figures if f.sample < f.facts)
        lines.append(f"~ brute force read a sample of {least:,} facts; its time is scaled to all of them")
    if refused := [reason for f in figures for reason in f.refused]:
        lines.append(f"{len(refused)} questions were refused, the first: {refused[0]}")
    return "\n".join(lines)


def _times(asked: Asked | None) -> str:
    if asked is None or not asked.seconds:
        return "-"
    return f"{1000 * asked.percentile(50):.0f} / {1000 * asked.percentile(95):.0f}"


def _processor(asked: Asked | None) -> str:
    return "-" if asked is None or not asked.processor else f"{1000 * float(np.median(asked.processor)):.0f}"


def _calls(asked: Asked | None) -> str:
    return "-" if asked is None or not asked.calls else f"{asked.mean_calls:.1f}"


def _scaled(figures: Figures, value: float, places: int) -> str:
    return f"{'~' if figures.sample < figures.facts else ''}{value:,.{places}f}"


def _times_as_long(figures: Figures, kind: str) -> str:
    return _scaled(figures, figures.brute[kind] / figures.asked[kind].percentile(50), 0)


def _times_as_many(figures: Figures, kind: str) -> str:
    calls = figures.asked[kind].mean_calls
    return f"{figures.facts / calls:,.0f}" if calls else "-"
