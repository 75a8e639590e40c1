"""The words that the shell completes and highlights: names of entities, relations, tables and columns."""

from __future__ import annotations

import re
import threading
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from neuraldb.core.errors import Error
from neuraldb.core.text import fold
from neuraldb.language.detect import STORE_VIEWS, detect
from neuraldb.shell import catalogue

if TYPE_CHECKING:
    from neuraldb.api import Connection

LONGEST = 6
"""Words of the longest name that is recognised within a text."""


class Names:
    """Names that can be found by how they begin, whatever their case and accents.

    Args:
        names: in any order; of the same beginning, the first come first.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        ranked = list(dict.fromkeys(names))
        entries = sorted((fold(name), rank, name) for rank, name in enumerate(ranked))
        self._keys = [key for key, _, _ in entries]
        self._ranks = [rank for _, rank, _ in entries]
        self._names = [name for _, _, name in entries]
        self._known = frozenset(self._keys)

    def beginning(self, prefix: str, count: int) -> list[str]:
        """The first names that begin with a prefix, at most ``count``."""
        key = fold(prefix)
        start = bisect_left(self._keys, key)
        found = []
        # a short prefix may fit very many names: looking at some of them is enough for a list that a person reads
        for place in range(start, min(len(self._keys), start + 1000)):
            if not self._keys[place].startswith(key):
                break
            found.append((self._ranks[place], self._names[place]))
        return [name for _, name in sorted(found)[:count]]

    def __contains__(self, name: str) -> bool:
        return fold(name) in self._known

    def __len__(self) -> int:
        return len(self._names)


@dataclass(frozen=True)
class Vocabulary:
    """The names of a database at some time."""

    entities: Names = field(default_factory=Names)
    relations: Names = field(default_factory=Names)
    tables: Names = field(default_factory=Names)
    columns: Names = field(default_factory=Names)
    relation_names: frozenset[str] = STORE_VIEWS

    @classmethod
    def of(
        cls,
        entities: Iterable[str],
        relations: Iterable[str],
        tables: Sequence[tuple[str, Sequence[str]]],
        virtual: Sequence[tuple[str, Sequence[str]]] = (),
    ) -> Vocabulary:
        """The vocabulary of these names.

        Args:
            entities: their names.
            relations: their names.
            tables: each with its columns.
            virtual: the tables that nobody made, each with its columns; none of them makes a sentence SQL.
        """
        names = [name for name, _ in tables]
        every = (*tables, *virtual)
        columns = [column for _, own in every for column in own]
        return cls(
            Names(entities),
            Names(relations),
            Names(name for name, _ in every),
            Names(columns),
            frozenset(names) | STORE_VIEWS,
        )


# with what a statement of the formal languages begins; in lower case only what no sentence begins with
_BEGINS = re.compile(
    r"\s*(?:(?P<sparql>PREFIX|BASE|ASK|CONSTRUCT|DESCRIBE|CLEAR|MOVE|INSERT\s+DATA|DELETE\s+(?:DATA|WHERE))|SELECT|select"
    r"|WITH|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|EXPLAIN|FROM)\b"
)
_SPARQL_SIGN = re.compile(r"(?<!\w)[?$]\w|\{|(?<!\S):\w")


def language_so_far(text: str, vocabulary: Vocabulary) -> str:
    """The language of a text that is still being typed, so that a part of a statement may be all there is.

    >>> language_so_far("SELECT na", Vocabulary()), language_so_far("SELECT ?x", Vocabulary())
    ('sql', 'sparql')
    """
    begins = _BEGINS.match(text)
    if begins is not None:
        return "sparql" if begins["sparql"] or _SPARQL_SIGN.search(text) else "sql"
    return detect(text, tables=vocabulary.relation_names) if text.strip() else "question"


def read_vocabulary(connection: Connection) -> Vocabulary:
    """The names of a database as it is now."""
    relations = [name for name, _ in catalogue.relations(connection)]
    virtual = [(name, columns) for name, columns, _ in catalogue.virtual_tables(connection)]
    return Vocabulary.of(catalogue.names(connection), relations, catalogue.tables(connection), virtual)


class VocabularyKeeper:
    """The vocabulary of a database, read anew in the background whenever the database has changed.

    Args:
        connection: the database.

    Attributes:
        current: the vocabulary that was read last.
        problem: what went wrong when it was read, other than that the database did not let it; taken by the loop.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._read_version: int | None = None
        self._thread: threading.Thread | None = None
        self.current = Vocabulary()
        self.problem: Exception | None = None

    def refresh(self) -> None:
        """Start to read the vocabulary, if the database has changed and nobody is reading already."""
        with self._lock:
            if self._thread is None and self._version() != self._read_version:
                self._thread = threading.Thread(target=self._read, name="neuraldb-vocabulary", daemon=True)
                self._thread.start()

    def wait(self, seconds: float = 10) -> bool:
        """Wait until nobody is reading any more; False if that takes longer."""
        thread = self._thread
        if thread is not None:
            thread.join(seconds)
        return thread is None or not thread.is_alive()

    def _version(self) -> int:
        version: int = self._connection.session.stores.database.version
        return version

    def _read(self) -> None:
        try:
            while (version := self._version()) != self._read_version:
                # noted first: what fails is tried again after the next change, not at once
                self._read_version = version
                self.current = read_vocabulary(self._connection)
        except Error:
            # the database was closed, or is in a failed transaction: the names of before do for completion
            return
        except Exception as error:  # noqa: BLE001 # a thread has nobody to raise it to
            self.problem = error
        finally:
            with self._lock:
                self._thread = None
