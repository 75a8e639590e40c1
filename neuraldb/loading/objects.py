"""JSON: objects with the fields of a fact, free objects, texts; one a line, or in one array.

The fields of a fact:

==========================  ==========================================================================================
text, fact or sentence      the sentence
about or subject            whom or what it is about, where the sentence does not say so
source, sources             who says it: a text; several have told it one after the other: a list of texts
labels                      words to group facts by: a list of texts, or one text
at or asserted_at           when it was said (ISO 8601)
valid_from, valid_to        when it holds in the world
==========================  ==========================================================================================

Other fields are passed over. An object with none of the fields for a sentence is a free object: it becomes a sentence
that lists its fields as they stand there, ``{"name": "Anna", "born": 1982}`` becomes *name: Anna; born: 1982*, without
those that are null or empty. An object whose one field is ``triple`` holds a line of N-Quads. A text is a fact.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from neuraldb.core.errors import DataError, ImportFailed
from neuraldb.loading.items import Item, fact_item, refusal
from neuraldb.loading.source import Source, undecoded

TEXTS = ("text", "fact", "sentence")
ABOUT = ("about", "subject")
AT = ("at", "asserted_at")
TRIPLE = "triple"

ReadTriple = Callable[[str, str], Item]
"""(place, line of N-Quads) to the item of its triple."""


def read_lines(source: Source, read_triple: ReadTriple) -> Iterator[Item]:
    """One JSON value a line; blank lines are passed over."""
    for number, line in enumerate(source.lines(), 1):
        if line.strip():
            yield _line(f"line {number}", line, read_triple)


def read_array(source: Source, read_triple: ReadTriple) -> Iterator[Item]:
    """The values of one JSON array; or one object.

    Raises:
        ImportFailed: the file is not JSON.
    """
    try:
        contents = json.loads(source.text())
    except json.JSONDecodeError as error:
        raise ImportFailed(f"{source.name}, line {error.lineno}: not JSON: {error.msg}") from error
    for number, value in enumerate(contents if isinstance(contents, list) else [contents], 1):
        yield value_item(f"element {number}", value, read_triple)


def _line(place: str, line: str, read_triple: ReadTriple) -> Item:
    if problem := undecoded(line):
        return Item(place, problem=problem)
    try:
        value = json.loads(line)
    except json.JSONDecodeError as error:
        return Item(place, problem=f"not JSON: {error.msg} at column {error.colno}")
    except RecursionError:
        return Item(place, problem="not read: nested too deeply")
    return value_item(place, value, read_triple)


def value_item(place: str, value: Any, read_triple: ReadTriple) -> Item:
    """The item of a JSON value."""
    if isinstance(value, str):
        return fact_item(place, value)
    if not isinstance(value, dict):
        return Item(place, problem=f"a fact must be an object or a text, not {type(value).__name__}")
    if list(value) == [TRIPLE] and isinstance(value[TRIPLE], str):
        return read_triple(place, value[TRIPLE])
    if first_of(value, TEXTS) is None:
        return fact_item(place, listed(value))
    try:
        sources, arguments = arguments_of(value)
    except DataError as error:
        return refusal(place, error)
    return fact_item(place, sources=sources, **arguments)


def arguments_of(fields: Mapping[str, Any]) -> tuple[list[str], dict[str, Any]]:
    """The sources, and the other arguments of :func:`neuraldb.bulk.new_fact`, from the fields of a fact.

    Raises:
        DataError: a field is of the wrong kind.
    """
    sources = _texts("sources", fields.get("sources"))
    if fields.get("source") is not None:
        sources = _texts("source", fields["source"]) + sources
    arguments: dict[str, Any] = {
        "text": first_of(fields, TEXTS),
        "about": first_of(fields, ABOUT),
        "labels": _texts("labels", fields.get("labels")),
        "at": first_of(fields, AT),
        "valid_from": fields.get("valid_from"),
        "valid_to": fields.get("valid_to"),
    }
    return sources, {name: value for name, value in arguments.items() if value is not None}


def first_of(fields: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    """The value of the first of these fields that is there and not null."""
    return next((fields[name] for name in names if fields.get(name) is not None), None)


def _texts(name: str, value: Any) -> list[str]:
    if value is None:
        return []
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
        raise DataError(f"{name} must be a text or a list of texts")
    return values


def listed(fields: Mapping[str, Any]) -> str:
    """The fields of a free object as a sentence.

    >>> listed({"name": "Anna", "born": 1982, "died": None, "jobs": ["baker"]})
    'name: Anna; born: 1982; jobs: ["baker"]'
    """
    parts = ((name, _written(value)) for name, value in fields.items())
    return "; ".join(f"{name}: {text}" for name, text in parts if text.strip())


def _written(value: Any) -> str:
    if value is None or value in ([], {}):
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
