"""Loading files: in batches, each in one transaction with the note how far the load has come."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from itertools import islice

from neuraldb.api import Connection
from neuraldb.bulk import BATCH
from neuraldb.core.progress import Report, silent
from neuraldb.loading.formats import Format, Options, format_of, signature
from neuraldb.loading.items import Item, Quad
from neuraldb.loading.positions import Positions
from neuraldb.loading.source import STDIN, Source
from neuraldb.stores.facts import NewFact

STAGE = "load"
TRIPLES_BATCH = 50_000
"""Triples that are imported in one transaction: no model reads them, so more go at once than facts."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An entry that was not stored: where it stands, and why not."""

    place: str
    reason: str


@dataclass
class LoadReport:
    """What became of a file.

    Attributes:
        added: facts that are new.
        duplicates: facts that were known already; each is one more source of the fact that was there.
        triples: triples that are new.
        known_triples: triples that were there already.
        refused: what was not stored, in the order of the file.
        before: how many entries an earlier load had stored, which were passed over now.
    """

    added: int = 0
    duplicates: int = 0
    triples: int = 0
    known_triples: int = 0
    refused: list[Refusal] = field(default_factory=list)
    before: int = 0

    def __str__(self) -> str:
        counts = [(self.triples, "triples added"), (self.known_triples, "triples known already")]
        parts = [f"{self.added} added", f"{self.duplicates} known already"]
        if self.triples or self.known_triples:
            told = bool(self.added or self.duplicates)
            parts = (parts if told else []) + [f"{number} {what}" for number, what in counts]
        parts.append(f"{len(self.refused)} refused")
        if self.before:
            parts.append(f"{self.before} loaded before")
        return ", ".join(parts)


def load(
    connection: Connection,
    source: Source,
    *,
    form: Format | None = None,
    options: Options | None = None,
    restart: bool = False,
    batch: int = BATCH,
    report: Report = silent,
    on_refusal: Callable[[Refusal], None] | None = None,
) -> LoadReport:
    """Store what a file holds. A file whose load was interrupted goes on where it stopped.

    Args:
        connection: where to. In an open transaction all becomes part of it.
        source: the file.
        form: its format; None goes by its name.
        options: what else is known of the file.
        restart: begin at its beginning, whatever was loaded before.
        batch: facts in one transaction.
        report: called after each batch with the stage ``load``, the entries done, and the lines of the file where
            each entry is a line.
        on_refusal: called for each entry that is not stored, as it comes.

    Raises:
        ImportFailed: the file cannot be read, or not as this format; what came before is stored.
        Error: the database cannot be changed.
        KeyboardInterrupt: the batch that was under way is not stored, those before it are.
    """
    form = form or format_of(source)
    options = options or Options()
    loader = _Loader(connection, source, f"{source.scan.digest}:{signature(form, options)}", on_refusal)
    done = 0 if restart else loader.done
    loader.outcome.before = done
    items = islice(form.read(source, options), done, None)
    total = source.scan.lines if form.name in ("text", "jsonl", "ntriples", "nquads", "csv", "tsv") else None
    report(STAGE, done, total)
    for chunk in _chunks(items, batch):
        done += len(chunk)
        loader.store(chunk, done)
        report(STAGE, done, total)
    return loader.outcome


class _Loader:
    """One load of one file."""

    def __init__(
        self, connection: Connection, source: Source, digest: str, on_refusal: Callable[[Refusal], None] | None
    ) -> None:
        self.outcome = LoadReport()
        self._connection = connection
        self._positions = Positions(connection.session.stores.database)
        self._key = (STDIN if source.name == STDIN else str(source.path.resolve()), digest)
        self._on_refusal = on_refusal

    @property
    def done(self) -> int:
        """How many entries are stored."""
        return self._positions.get(*self._key)

    def store(self, items: Sequence[Item], done: int) -> None:
        """Store a batch, and that ``done`` entries are stored then."""
        facts: list[NewFact] = []
        places: list[str] = []
        quads: list[Quad] = []
        refused = [Refusal(item.place, item.problem) for item in items if item.content is None]
        for item in items:
            if isinstance(item.content, Quad):
                quads.append(item.content)
            elif item.content is not None:
                facts += item.content
                places += [item.place] * len(item.content)
        with self._transaction():
            added = self._connection.add_many(facts, batch=max(len(facts), 1))
            new = self._connection.session.import_triples(quads, silent) if quads else 0
            self._positions.record(*self._key, done)
        refused += [Refusal(places[each.position], each.reason.replace("\n", " ")) for each in added.refused]
        self.outcome.added += added.added
        self.outcome.duplicates += added.duplicates
        self.outcome.triples += new
        self.outcome.known_triples += len(quads) - new
        self.outcome.refused += refused
        if self._on_refusal is not None:
            for each in refused:
                self._on_refusal(each)

    def _transaction(self) -> AbstractContextManager[None]:
        return nullcontext() if self._connection.in_transaction else self._connection.transaction()


def _chunks(items: Iterator[Item], batch: int) -> Iterator[list[Item]]:
    """The items in batches; larger ones where they are triples."""
    while chunk := list(islice(items, batch)):
        if isinstance(chunk[0].content, Quad):
            chunk += islice(items, TRIPLES_BATCH - len(chunk))
        yield chunk
