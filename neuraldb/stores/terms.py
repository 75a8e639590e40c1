"""Terms: what triples are made of. Every distinct term is stored once and goes by its id everywhere else."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from neuraldb.core.errors import DataError
from neuraldb.core.text import normalise
from neuraldb.core.value import Value
from neuraldb.stores.database import Database

# nobody looks these up by a name written in another way, and there may be millions of them
_VERBATIM_KINDS = frozenset({"iri", "blank", "number", "date", "boolean"})
# more are looked for by a scan
_FEW = 512

_TERMS = pa.schema(
    {
        "id": pa.int64(),
        "kind": pa.string(),
        "text": pa.string(),
        "datatype": pa.string(),
        "language": pa.string(),
        "key": pa.string(),
        "number": pa.float64(),
        "unit": pa.string(),
        "date_from": pa.date32(),
        "date_to": pa.date32(),
    }
)
_ALIASES = pa.schema(
    {
        "id": pa.int64(),
        "key": pa.string(),
        "term": pa.int64(),
        "text": pa.string(),
        "origin": pa.string(),
    }
)


@dataclass(frozen=True, slots=True)
class Term:
    """A node or relation of the graph. Equal are terms of one kind, text, datatype and language.

    Attributes:
        kind: ``entity``, ``relation``, ``type``, ``iri``, ``blank``, ``text``, ``number``, ``date``, ``boolean``.
        text: the lexical form, kept exactly: ``01``, ``+1`` and ``1`` are three terms.
        datatype, language: of RDF literals; else empty.
        number: the value in ``unit``, which is the canonical one; 0 or 1 for truth values.
        date_from, date_to: the first and last day that a date may mean.
    """

    kind: str
    text: str
    datatype: str = ""
    language: str = ""
    number: float | None = field(default=None, compare=False)
    unit: str | None = field(default=None, compare=False)
    date_from: datetime.date | None = field(default=None, compare=False)
    date_to: datetime.date | None = field(default=None, compare=False)

    @classmethod
    def of_value(cls, value: Value) -> Term:
        """The literal that a value is written as."""
        unit = value.unit if value.number is not None else None
        return cls(value.kind, value.text, "", "", value.number, unit, value.start, value.end)


@dataclass(frozen=True, slots=True)
class Alias:
    """A further text that a term is known under.

    Attributes:
        term: the term's id.
        text: as written.
        origin: how it came to be one, such as ``given``, ``label``, ``acronym``; ``name`` is kept for entities' names.
    """

    term: int
    text: str
    origin: str = "given"


def ensure_terms(database: Database, terms: Sequence[Term]) -> list[int]:
    """The ids of terms, in order, after storing those that are new. A new entity is also known by its name.

    Raises:
        DataError: a text is no valid Unicode.
    """
    distinct = list(dict.fromkeys(terms))
    if not distinct:
        return []
    with database.transaction():
        first = database.next_id("terms")
        known = _known(database, distinct)
        new = [term for term in distinct if term not in known]
        known.update({term: first + place for place, term in enumerate(new)})
        keys = [term.text if term.kind in _VERBATIM_KINDS else normalise(term.text) for term in new]
        database.insert("store.terms", _table(new, keys, range(first, first + len(new))))
        names = [(known[t], key, t.text, "name") for t, key in zip(new, keys, strict=True) if t.kind == "entity"]
        _insert_aliases(database, names)
    return [known[term] for term in terms]


def find_terms(database: Database, terms: Sequence[Term]) -> dict[Term, int]:
    """The ids of those of the terms that are stored.

    Raises:
        DataError: a text is no valid Unicode.
    """
    return _known(database, list(dict.fromkeys(terms))) if terms else {}


def term_table(terms: Mapping[int, Term]) -> pa.Table:
    """Terms by their ids, with the columns of ``store.terms`` but for ``key``."""
    return _table(list(terms.values()), [""] * len(terms), list(terms)).drop_columns("key")


def add_aliases(database: Database, aliases: Sequence[Alias]) -> None:
    """Store texts that terms are known under; one that a term has already is passed over."""
    rows = [(a.term, normalise(a.text), a.text, a.origin) for a in dict.fromkeys(aliases)]
    if not rows:
        return
    with database.transaction():
        database.next_id("aliases")  # takes the turn, so that what is looked for now is not added meanwhile
        held = database.rows(
            "SELECT t.term, t.key, t.text, t.origin FROM arriving a JOIN store.aliases t ON t.key = a.key",
            inputs={"arriving": _arrow({"key": list(dict.fromkeys(row[1] for row in rows))}, None)},
        )
        there = set(held)
        _insert_aliases(database, [row for row in rows if row not in there])


def read_terms(database: Database, ids: Sequence[int]) -> list[Term]:
    """The terms with these ids, in this order.

    Raises:
        DataError: there is no term with one of the ids.
    """
    if not ids:
        return []
    rows = database.rows(
        """SELECT id, kind, text, datatype, language, number, unit, date_from, date_to FROM store.terms
           WHERE id IN (SELECT id FROM wanted)""",
        inputs={"wanted": pa.table({"id": pa.array(ids, pa.int64())})},
    )
    by_id = {row[0]: Term(*row[1:]) for row in rows}
    missing = [term for term in ids if term not in by_id]
    if missing:
        raise DataError(f"there is no term {missing[0]}")
    return [by_id[term] for term in ids]


def _known(database: Database, terms: list[Term]) -> dict[Term, int]:
    if len(terms) <= _FEW:
        return _known_few(database, terms)
    names = ("kind", "text", "datatype", "language")
    columns: dict[str, Any] = {name: [getattr(term, name) for term in terms] for name in names}
    arriving = _arrow({"place": range(len(terms))} | columns, None)
    found = database.query(
        f"SELECT a.place, t.id FROM arriving a JOIN store.terms t USING ({', '.join(names)})",
        inputs={"arriving": arriving},
    )
    return {terms[place]: term for place, term in zip(*found.to_pydict().values(), strict=True)}


def _known_few(database: Database, terms: list[Term]) -> dict[Term, int]:
    # by text alone, for which there is an index; what else makes a term the same is compared in the few found
    texts = _arrow({"text": list(dict.fromkeys(term.text for term in terms))}, None)
    rows = database.rows(
        """SELECT t.kind, t.text, t.datatype, t.language, t.id
           FROM arriving a JOIN store.terms t ON t.text = a.text""",
        inputs={"arriving": texts},
    )
    wanted = set(terms)
    return {term: row[4] for row in rows if (term := Term(*row[:4])) in wanted}


def _table(terms: list[Term], keys: list[str], ids: Sequence[int]) -> pa.Table:
    columns: dict[str, Any] = {"id": ids, "key": keys}
    columns |= {name: [getattr(term, name) for term in terms] for name in _TERMS.names if name not in columns}
    return _arrow(columns, _TERMS)


def _insert_aliases(database: Database, rows: list[tuple[int, str, str, str]]) -> None:
    """Append aliases: term, key, text, origin."""
    first = database.next_id("aliases")
    columns = {"id": range(first, first + len(rows)), "term": [row[0] for row in rows], "key": [row[1] for row in rows]}
    columns |= {"text": [row[2] for row in rows], "origin": [row[3] for row in rows]}
    database.insert("store.aliases", _arrow(columns, _ALIASES))


def _arrow(columns: dict[str, Any], schema: pa.Schema | None) -> pa.Table:
    try:
        return pa.table(columns, schema=schema)
    except UnicodeEncodeError as error:
        raise DataError("a text holds half a surrogate pair, which is no character") from error
