"""The databases of the Neural Databases papers (WikiNLDB): their facts in order; questions are passed over
(:mod:`neuraldb.loading.wikinldb_databases` reads them).

Three shapes are read:

* Versions 1.x and 2.4: one database a line, with ``facts``: a list of sentences (or of objects with ``fact``).
* The older versions 0.4 and 0.5: one list of databases, with ``updates``: lists whose last element is the sentence.
* One database alone, in either of these shapes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from neuraldb.core.errors import ImportFailed
from neuraldb.loading.items import Item, fact_item
from neuraldb.loading.source import Source


def read(source: Source, database: int | None = None) -> Iterator[Item]:
    """The facts of the databases of a file.

    Args:
        source: the file.
        database: the number of the one to read, from 1; None reads all, one after the other.

    Raises:
        ImportFailed: the file is not of that kind, or there is no such database.
    """
    number = 0
    for number, contents in enumerate(raw_databases(source), 1):  # the last number is needed below
        if database in (None, number):
            yield from _facts(source, number, contents)
        if database == number:
            return
    if database is not None:
        raise ImportFailed(f"{source.name} has {number} databases, and no database {database}")


def looks_like(value: Any) -> bool:
    """Whether a JSON value is a database of this kind, or a list that begins with one."""
    if isinstance(value, list) and value:
        return looks_like(value[0])
    return isinstance(value, dict) and any(isinstance(value.get(key), list) for key in ("facts", "updates"))


def raw_databases(source: Source) -> Iterator[Any]:
    """The JSON value of each database of a file, in order; None for a line that is not JSON.

    Raises:
        ImportFailed: the file cannot be read, or it is not JSON from its beginning.
    """
    lines = source.lines()
    first = next((line for line in lines if line.strip()), "")
    try:
        value = json.loads(first)
    except json.JSONDecodeError:
        # not one value a line, so one value in all
        try:
            value = json.loads(source.text())
        except json.JSONDecodeError as error:
            raise ImportFailed(f"{source.name}, line {error.lineno}: not JSON: {error.msg}") from error
        yield from value if isinstance(value, list) else [value]
        return
    yield from value if isinstance(value, list) else [value]
    for line in filter(str.strip, lines):
        try:
            yield json.loads(line)
        except json.JSONDecodeError:
            yield None


def _facts(source: Source, number: int, contents: Any) -> Iterator[Item]:
    if contents is None:
        yield Item(f"database {number}", problem="not JSON")
        return
    if not looks_like(contents) or isinstance(contents, list):
        raise ImportFailed(f"{source.name}: database {number} has neither facts nor updates")
    facts = contents["facts"] if isinstance(contents.get("facts"), list) else contents["updates"]
    for position, fact in enumerate(facts, 1):
        place = f"database {number}, fact {position}"
        if isinstance(fact, dict):
            fact = fact.get("fact")
        if isinstance(fact, list) and fact:
            fact = fact[-1]
        yield fact_item(place, fact) if isinstance(fact, str) else Item(place, problem="it holds no sentence")
