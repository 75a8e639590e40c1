"""The ways in which semantic queries are carried out here: by brute force, by our plans, and by these with cascades.

Each is given a database of its own, so that none knows what another has read.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import pyarrow as pa

from neuraldb.core.accuracy import Targets
from neuraldb.core.progress import CancelToken
from neuraldb.evaluation.semantic_queries import (
    DOMAINS,
    FILTERED,
    LONGEST,
    QUERY,
    Note,
    Quality,
    answers,
    criterion,
    statement,
)
from neuraldb.models.protocols import Reading, ReadRequest
from neuraldb.models.registry import Models
from neuraldb.operators.judging import BATCH, as_question, batches, verdict
from neuraldb.session import Session

BRUTE, PLAN, CASCADE = "brute force", "plan", "plan, cascades"


@dataclass(frozen=True, slots=True)
class Figure:
    """What one way gave for one query.

    Attributes:
        query, way: which.
        quality: against the gold labels.
        against: against brute force, which is to say the reader; None where that was not run.
        calls: texts that went through the reader, or requests to a model in a peer.
        encoded: texts that went through the encoder.
        seconds: of the clock.
        remark: what is to be said beside it.
    """

    query: str
    way: str
    quality: Quality
    against: Quality | None
    calls: int
    encoded: int
    seconds: float
    remark: str = ""

    def flat(self) -> dict[str, object]:
        """For other programs."""
        return asdict(self) | {"f1": self.quality.f1}


Found = tuple[Counter[object], int, int, float, str]
"""What came out, calls of the reader and of the encoder, seconds, and a remark."""


def brute_force(name: str, rows: Sequence[Note], wanted: int, models: Models, tell: Callable[[str], None]) -> Found:
    """Every row, pair, or row and label read; nothing is exact, spared, or done once for two."""
    begun = time.perf_counter()
    if name == "filter":
        asked = [(note, criterion(FILTERED)) for note in rows]
    elif name == "top-k":
        asked = [(note, f"Is this about {QUERY}?") for note in rows]
    else:
        asked = [(note, criterion(domain)) for note in rows for domain in DOMAINS]
    said: list[Reading] = []
    for done, part in batches(asked, BATCH):
        said += models.read([ReadRequest(as_question(c), (n.text,), "verdict") for n, c in part], CancelToken())
        tell(f"{name}, {BRUTE}: {done:,} of {len(asked):,}")
    kept = [(judged := verdict(reading)) is not None and judged.value is True for reading in said]
    if name == "filter":
        found: Counter[object] = Counter(
            n.id for (n, _), k in zip(asked, kept, strict=True) if k and n.words <= LONGEST
        )
    elif name == "top-k":
        likeliest = sorted(zip(asked, said, strict=True), key=lambda each: (-each[1].yes, each[0][0].id))
        found = Counter(note.id for (note, _), _ in likeliest[:wanted])
    elif name == "join":
        pairs = [(note.id, domain) for note in rows for domain in DOMAINS]
        found = Counter(pair for pair, k in zip(pairs, kept, strict=True) if k)
    else:
        width = len(DOMAINS)
        found = Counter()
        for i in range(len(rows)):
            likely = [reading.yes for reading in said[i * width : (i + 1) * width]]
            found[tuple(DOMAINS)[likely.index(max(likely))]] += 1
    return found, len(asked), 0, time.perf_counter() - begun, ""


def planned(name: str, rows: Sequence[Note], wanted: int, models: Models, targets: Targets | None) -> Found:
    """A statement of SQL run on tables of one's own."""
    session = Session(":memory:", models=models)
    try:
        notes = {"id": [n.id for n in rows], "text": [n.text for n in rows], "words": [n.words for n in rows]}
        domains = {"name": list(DOMAINS), "criterion": [criterion(domain) for domain in DOMAINS]}
        for table, columns in (("notes", notes), ("domains", domains)):
            given = {"given": pa.table(columns)}
            session.stores.database.query(f"CREATE TABLE {table} AS SELECT * FROM given", [], given)
        if targets is not None:
            session.stores.accuracy.set("recall", targets.recall)
            session.stores.accuracy.set("precision", targets.precision)
            session.stores.accuracy.set("failure_probability", targets.failure)
            session.stores.accuracy.set("sample_seed", targets.seed)
        text, parameters = statement(name, wanted)
        begun = time.perf_counter()
        result = session.run(text, "sql", parameters)
        seconds = time.perf_counter() - begun
        calls = result.counters.calls
        remark = " ".join(
            f"at least {e.least_recall:.2f}/{e.least_precision:.2f}" for e in result.counters.estimates if not e.exact
        )
        found = answers(name, result.rows)
        return found, calls.get("reader", 0), calls.get("encoder", 0), seconds, remark
    finally:
        session.close()
