"""The databases of the Neural Databases papers with their questions, whatever the version of the file.

Read are WikiNLDB 1.x and 2.4 (a database is an object, one a line) and the lists of versions 0.4 and 0.5, in which a
question is a list:

=======  ====================================================================================
0.5      height, fact numbers, relation, type, question, answer (, projections)
0.4      height, relation, type, question, answer (, projections)
=======  ====================================================================================

Written is 2.4 (:mod:`neuraldb.loading.wikinldb_writing`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neuraldb.core.errors import ImportFailed
from neuraldb.core.numbers import parse_number
from neuraldb.loading.source import Source
from neuraldb.loading.wikinldb import raw_databases

TYPES = ("set", "count", "bool", "min", "max", "argmin", "argmax")
"""The types of questions in WikiNLDB."""

Answer = str | int | float | None
Triple = tuple[str, str, str]
"""Subject, relation (such as ``P19``) and object."""

_OLD_TYPES = {
    "atomic_boolean": "bool", "join_boolean": "bool", "atomic_extractive": "set", "join_extractive": "set",
}  # fmt: skip
_BOOLEANS = {"yes": "TRUE", "no": "FALSE", "true": "TRUE", "false": "FALSE"}


@dataclass(frozen=True, slots=True)
class Query:
    """A question about a database.

    Attributes:
        id: as the file has it; a number where it has none.
        question: its text.
        type: one of :data:`TYPES`; of other files whatever they call it.
        relation: the property, such as ``P19``.
        height: how many facts there are when the question is asked: those before this one.
        facts: for each derivation the numbers of its facts, from 0.
        derivations: what each support set says, such as ``Oslo`` or ``Oslo [SEP] 12``.
        answer: empty or ``(None,)`` where there is none; of yes-no questions ``TRUE`` or ``FALSE``.
        hard_negatives: numbers of facts that look as if they mattered; None where the file has none.
    """

    id: str
    question: str
    type: str
    relation: str
    height: int
    facts: tuple[tuple[int, ...], ...]
    derivations: tuple[str, ...]
    answer: tuple[Answer, ...]
    hard_negatives: tuple[int, ...] | None = None

    @property
    def is_join(self) -> bool:
        """Whether a second relation is asked for; the original says so in the id."""
        return "join" in self.id or "complex" in self.id


@dataclass(frozen=True, slots=True)
class Database:
    """Facts in the order in which they are told, and the questions about them.

    Attributes:
        name: as the file has it, else ``database 1`` and so on.
        facts: the sentences.
        queries: the questions.
        triples: for each fact the triples that it states; empty where the file does not tell.
    """

    name: str
    facts: tuple[str, ...]
    queries: tuple[Query, ...]
    triples: tuple[tuple[Triple, ...], ...] = ()


def read_databases(source: Source | Path) -> Iterator[Database]:
    """The databases of a file, plain or packed with gzip.

    Raises:
        ImportFailed: the file cannot be read, or something in it is no database of this kind; names the place.
    """
    source = source if isinstance(source, Source) else Source(source, source.name)
    for number, contents in enumerate(raw_databases(source), 1):
        yield _database(contents, number, f"{source.name}: database {number}")


def _database(contents: Any, number: int, place: str) -> Database:
    if contents is None:
        raise ImportFailed(f"{place} is not JSON")
    if not isinstance(contents, dict):
        raise ImportFailed(f"{place} is no object", hint="a database has facts (or updates) and queries")
    told = contents.get("facts", contents.get("updates"))
    asked = contents.get("queries")
    asked = [] if asked is None else asked
    if not isinstance(told, list) or not isinstance(asked, list):
        raise ImportFailed(f"{place} has no list of facts or of queries")
    facts = tuple(_text(fact, f"{place}, fact {position}") for position, fact in enumerate(told))
    queries = tuple(_query(query, position, len(facts), place) for position, query in enumerate(asked))
    return Database(str(contents.get("name", f"database {number}")), facts, queries, _triples(contents, len(facts)))


def _text(fact: Any, place: str) -> str:
    if isinstance(fact, dict):
        fact = fact.get("fact")
    if isinstance(fact, list) and fact:
        fact = fact[-1]
    if not isinstance(fact, str):
        raise ImportFailed(f"{place} holds no sentence")
    return fact


def _triples(contents: dict[str, Any], count: int) -> tuple[tuple[Triple, ...], ...]:
    metadata = contents.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, dict) else None
    if not isinstance(raw, list) or len(raw) != count:
        return ()
    return tuple(
        tuple(
            (str(triple[0]), str(triple[1]), str(triple[2]))
            for triple in (each.get("valid_hypotheses") if isinstance(each, dict) else None) or ()
            if isinstance(triple, list) and len(triple) == 3
        )
        for each in raw
    )


# ------------------------------------------------------------------------------------------------------------- queries


def _query(query: Any, position: int, count: int, place: str) -> Query:
    where = f"{place}, query {position}"
    if isinstance(query, list):
        return _from_list(query, position, count, where)
    if not isinstance(query, dict):
        raise ImportFailed(f"{where} is neither an object nor a list")
    question = query.get("query", query.get("question"))
    if not isinstance(question, str):
        raise ImportFailed(f"{where} has no question")
    # versions 1.x spell it so
    derivations = query.get("derivations", query.get("deriations")) or []
    if not isinstance(derivations, list) or not all(isinstance(each, str) for each in derivations):
        raise ImportFailed(f"{where}: its derivations are no list of texts")
    negatives = query.get("hard_negatives")
    kind = query.get("type", "")
    return Query(
        id=str(query.get("id", position)),
        question=question,
        type=str(kind).lower(),
        relation=str(query.get("relation", "")),
        height=_height(query.get("height", count), where),
        facts=_support(query.get("facts") or [], len(derivations), count, where),
        derivations=tuple(derivations),
        answer=_answer(query.get("answer", []), where),
        hard_negatives=None if negatives is None else _numbers(negatives, count, where),
    )


def _height(value: Any, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ImportFailed(f"{where}: the height is {value!r}, which is no number of facts")
    return value


def _support(facts: Any, derivations: int, count: int, where: str) -> tuple[tuple[int, ...], ...]:
    """The support sets; a flat list, as of versions 1.x, has one fact for each derivation, else it is one set."""
    if not isinstance(facts, list):
        raise ImportFailed(f"{where}: its facts are no list")
    if any(isinstance(each, list) for each in facts):
        return tuple(_numbers(each, count, where) for each in facts)
    flat = _numbers(facts, count, where)
    return tuple((each,) for each in flat) if len(flat) == derivations else (flat,) if flat else ()


def _numbers(values: Any, count: int, where: str) -> tuple[int, ...]:
    known = isinstance(values, list) and all(type(each) is int and 0 <= each < count for each in values)
    if not known:
        raise ImportFailed(f"{where}: {values!r} are no numbers of facts (there are {count}, from 0)")
    return tuple(values)


def _answer(value: Any, where: str) -> tuple[Answer, ...]:
    values = value if isinstance(value, list) else [value]
    if not all(each is None or isinstance(each, str | int | float) for each in values):
        raise ImportFailed(f"{where}: the answer {value!r} is no list of texts and numbers")
    return tuple(str(each).upper() if isinstance(each, bool) else each for each in values)


def _from_list(query: Sequence[Any], position: int, count: int, where: str) -> Query:
    """A question of version 0.4 or 0.5."""
    has_facts = len(query) > 1 and isinstance(query[1], list)
    rest = query[2:] if has_facts else query[1:]
    if len(rest) < 4 or not all(isinstance(each, str) for each in rest[:3]):
        raise ImportFailed(
            f"{where} has not the parts of a question",
            hint="height, fact numbers (from version 0.5 on), relation, type, question, answer",
        )
    relation, named, question, answer = rest[:4]
    kind = _OLD_TYPES.get(named.lower(), named.lower())
    support = _support(query[1], 0, count, where) if has_facts else ()
    return Query(
        id=f"{named}_{relation}_{position}",
        question=question,
        type=kind,
        relation=relation,
        height=_height(query[0], where),
        facts=support,
        derivations=(),
        answer=_old_answer(answer, named.lower(), where),
    )


def _old_answer(value: Any, kind: str, where: str) -> tuple[Answer, ...]:
    """Yes, No, None, a number, a text, or, of sets, a list in one text with commas."""
    if not isinstance(value, str):
        return _answer(value, where)
    text = value.strip()
    if text in ("", "None"):
        return (None,)
    if kind.endswith("boolean") or kind == "bool":
        return (_BOOLEANS.get(text.lower(), text),)
    if kind == "count":
        number = parse_number(text)
        return (text if number is None else int(number),)
    return tuple(each.strip() for each in text.split(",") if each.strip()) if kind == "set" else (text,)
