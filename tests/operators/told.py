"""A made-up world whose sentences are stored, and operators run over it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
from doubles import OracleReader, World

from neuraldb.execution import engine
from neuraldb.execution.physical import lower
from neuraldb.operators.changes import forget
from neuraldb.operators.context import Context, Options
from neuraldb.operators.write import add_facts
from neuraldb.plan.nodes import Node
from neuraldb.plan.provenance import CONFIDENCE, EVIDENCE
from neuraldb.stores.bundle import Stores
from neuraldb.stores.database import Database
from neuraldb.stores.facts import NewFact


class Told:
    """A database in memory with the models of a world.

    Attributes:
        world: what sentences state and questions mean.
    """

    def __init__(self, database: Database, world: World | None = None, extracting: bool = True) -> None:
        self.world = world or World()
        self.stores = Stores(database)
        self.models = self.world.models(extracting)

    @property
    def reader(self) -> OracleReader:
        """The reader, which keeps what it was asked."""
        assert isinstance(self.models.reader, OracleReader)
        return self.models.reader

    def context(self, **options: Any) -> Context:
        """The surroundings of one statement."""
        return Context(self.stores, self.models, Options(**options))

    def tell(self, text: str, *triples: tuple[Any, ...], about: str | None = None) -> int:
        """Store a sentence with what it states; gives its id."""
        self.world.tell(f"{about}: {text}" if about else text, *triples)
        return add_facts([NewFact(text, about)], self.context())[0].id

    def tell_together(self, *said: tuple[str, tuple[Any, ...]]) -> None:
        """Store sentences with the one thing that each states, all at once."""
        texts = [self.world.tell(text, triple) for text, triple in said]
        add_facts([NewFact(text) for text in texts], self.context())

    def tell_all(self, texts: Iterable[str]) -> dict[int, str]:
        """Store sentences that state nothing, all at once; gives them by id."""
        said = list(texts)
        added = add_facts([NewFact(self.world.tell(text)) for text in said], self.context())
        return dict(zip([fact.id for fact in added], said, strict=True))

    def forget(self, target: str | int | Sequence[int]) -> int:
        """Forget facts; gives how many."""
        return forget(target, self.context())

    def table(self, plan: Node, context: Context | None = None, **options: Any) -> pa.Table:
        """What a plan gives."""
        return engine.run(lower(plan), context or self.context(**options)).table

    def rows(self, plan: Node, context: Context | None = None, **options: Any) -> list[tuple[Any, ...]]:
        """The values of a plan's rows, each with the facts it rests on and its confidence, rounded."""
        table = self.table(plan, context, **options)
        names = [*(c.name for c in plan.columns), EVIDENCE, CONFIDENCE]
        rows = zip(*(table.column(name).to_pylist() for name in names), strict=True)
        return [(*row[:-1], round(row[-1], 6)) for row in rows]


@contextmanager
def opened(world: World | None = None, extracting: bool = True) -> Iterator[Told]:
    """A new database in memory."""
    with Database.open() as database:
        yield Told(database, world, extracting)
