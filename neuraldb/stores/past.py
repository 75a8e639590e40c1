"""A database as it was: what it held at a moment, written to a file of its own, in which all of it is current."""

from __future__ import annotations

import datetime
import shutil
import tempfile
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from neuraldb.stores.database import Database
from neuraldb.stores.journal import Moment, aware
from neuraldb.stores.views import ViewStore, stand_in

OPEN = 4
"""Moments that are kept open, to be asked again."""


class _Closable(Protocol):
    def close(self) -> None: ...


_Opened = TypeVar("_Opened", bound=_Closable)


class _Folder:
    """A folder of its own, which goes with its ``cleanup``, and else with the object, without a word."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="neuraldb-past-"))
        self.cleanup = weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


# what of each table was there at the moment $at; ids stay, and nothing has ended yet
_HELD = "recorded_from <= $at AND (recorded_to IS NULL OR recorded_to > $at)"
_CURRENT = "* REPLACE (CAST(NULL AS TIMESTAMP) AS recorded_to)"
_FACTS = f"SELECT id FROM store.facts WHERE {_HELD}"
_PAST = {
    "facts": f"SELECT {_CURRENT} FROM store.facts WHERE {_HELD} ORDER BY id",
    "sources": f"SELECT * FROM store.sources WHERE recorded_from <= $at AND fact IN ({_FACTS}) ORDER BY rowid",
    "embeddings": f"SELECT * FROM store.embeddings WHERE fact IN ({_FACTS})",
    "terms": "SELECT * FROM store.terms",
    "aliases": "SELECT * FROM store.aliases",
    "mentions": f"""SELECT m.* REPLACE (coalesce(p.term, m.term) AS term) FROM store.mentions m
        LEFT JOIN (SELECT fact, start_char, end_char, arg_min(term, recorded_to) AS term FROM store.past_mentions
                   WHERE recorded_to > $at GROUP BY fact, start_char, end_char) p
        ON p.fact = m.fact AND p.start_char = m.start_char AND p.end_char = m.end_char
        WHERE m.fact IN ({_FACTS})""",
    "triples": f"SELECT {_CURRENT} FROM store.triples WHERE {_HELD} ORDER BY id",
    "relations": "SELECT * FROM store.relations",
    "merges": f"""SELECT * REPLACE (CAST(NULL AS TIMESTAMP) AS recorded_to, CAST(NULL AS BIGINT) AS ended_by)
        FROM store.merges WHERE {_HELD}""",
    "bindings": f"SELECT {_CURRENT} FROM store.bindings WHERE {_HELD}",
    # a view asks its query of what was held then
    "views": "SELECT * REPLACE (CAST(NULL AS BIGINT) AS upto) FROM store.views",
    "history": "SELECT * FROM store.history WHERE recorded_at <= $at ORDER BY id",
    "derivations": f"SELECT * FROM store.derivations WHERE fact IN ({_FACTS})",
}


def write_past(database: Database, moment: Moment, path: Path) -> None:
    """Write what a database held at a moment to a new file. A user's own tables have no past and are not in it.

    Args:
        database: whose past.
        moment: naive ones are UTC; one to come gives what is current.
        path: where no file is yet.
    """
    at = aware(moment).astimezone(datetime.UTC).replace(tzinfo=None)
    with database.lock:
        held = {table: database.query(sql, {"at": at} if "$at" in sql else ()) for table, sql in _PAST.items()}
    with Database.open(path) as past, past.transaction():
        for table, rows in held.items():
            past.insert(f"store.{table}", rows)
        for view in ViewStore(past).definitions():
            past.execute(stand_in(view))


class Pasts(Generic[_Opened]):
    """The moments of a database's past that were asked about last, each written out once.

    Args:
        database: whose past.
        opening: opens a file, for reading only.
    """

    def __init__(self, database: Database, opening: Callable[[Path], _Opened]) -> None:
        self._database, self._opening = database, opening
        self._turn = threading.Lock()
        self._open: OrderedDict[tuple[Moment, int], tuple[_Opened, _Folder]] = OrderedDict()

    def at(self, moment: Moment) -> _Opened:
        """What was opened of the file that holds what the database held at a moment."""
        with self._turn:
            key = (moment, self._database.version)
            if key not in self._open:
                self._open[key] = self._written(moment)
                while len(self._open) > OPEN:
                    _close(*self._open.popitem(last=False)[1])
            self._open.move_to_end(key)
            return self._open[key][0]

    def close(self) -> None:
        """Close them all, and take their files away."""
        with self._turn:
            while self._open:
                _close(*self._open.popitem()[1])

    def _written(self, moment: Moment) -> tuple[_Opened, _Folder]:
        folder = _Folder()
        try:
            path = folder.path / "past.ndb"
            write_past(self._database, moment, path)
            return self._opening(path), folder
        except BaseException:
            folder.cleanup()
            raise


def _close(opened: _Closable, folder: _Folder) -> None:
    opened.close()
    folder.cleanup()
