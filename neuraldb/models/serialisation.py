"""Typed derivation strings: what the paper's seq2seq operator reads and writes (Thorne et al. 2021, section 3.2).

Source: a pair of texts, the question, and the facts of a support set joined by ``[CONTEXT]``. Target: a type token and
what follows from the facts: ``[SET] Oslo``, ``[ARGMAX] Equinor [SEP] 20000``, ``[BOOL] TRUE``, ``[SET] [NULL_ANSWER]``
where nothing does. ``[LIST]`` stands between several derivations, ``[SYM]`` between the two ends of a symmetric one. A
third field after a second ``[SEP]`` is what was asked for in the place of the key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

CONTEXT, SEP, LIST, SYM, NULL = "[CONTEXT]", "[SEP]", "[LIST]", "[SYM]", "[NULL_ANSWER]"
TRUE, FALSE = "TRUE", "FALSE"
TYPES = {kind: f"[{kind.upper()}]" for kind in ("set", "count", "bool", "min", "max", "argmin", "argmax")}
"""The token of each type of query."""
TOKENS = (CONTEXT, SEP, LIST, SYM, NULL, *TYPES.values())
"""What must be tokens of their own, in addition to those that a model has anyway."""
_KINDS = {token: kind for kind, token in TYPES.items()}
_TOKEN = re.compile("|".join(map(re.escape, TOKENS)))


@dataclass(frozen=True, slots=True)
class Typed:
    """What a target says.

    Attributes:
        kind: the type of query that the model takes the question for.
        derivations: the fields of each derivation: ``(key,)``, ``(key, value)`` or ``(key, value, asked)``; none where
            nothing follows.
    """

    kind: str
    derivations: tuple[tuple[str, ...], ...]


def source(facts: Sequence[str]) -> str:
    """The second text of the source; the first is the question."""
    return f" {CONTEXT} ".join(facts)


def target(kind: str, derivations: Iterable[str]) -> str:
    """What is to be written for a type of query, with its derivations as their fields stand in WikiNLDB.

    >>> target("argmax", ["Equinor [SEP] 20000"]), target("set", [])
    ('[ARGMAX] Equinor [SEP] 20000', '[SET] [NULL_ANSWER]')
    """
    return f"{TYPES[kind]} {f' {LIST} '.join(derivations) or NULL}"


def fields(derivation: str) -> tuple[tuple[str, ...], ...]:
    """The fields of a derivation; two for a symmetric one, whose ends are each other's key and value.

    >>> fields("Equinor [SEP] 20000"), fields("Norway [SYM] Sweden")
    ((('Equinor', '20000'),), (('Norway', 'Sweden'), ('Sweden', 'Norway')))
    """
    if SYM in derivation:
        one, _, other = (part.strip() for part in derivation.partition(SYM))
        return ((one, other), (other, one))
    return (tuple(part.strip() for part in derivation.split(SEP)),)


def parse(text: str) -> Typed | None:
    """What a target says; None where it is none.

    >>> parse("[SET] Oslo [LIST] Bergen")
    Typed(kind='set', derivations=(('Oslo',), ('Bergen',)))
    >>> parse("[COUNT][NULL_ANSWER]"), parse("Oslo") is None
    (Typed(kind='count', derivations=()), True)
    """
    first = _TOKEN.match(text.strip())
    if first is None or first[0] not in _KINDS:
        return None
    kind, rest = _KINDS[first[0]], text.strip()[first.end() :].strip()
    if rest == NULL:
        return Typed(kind, ())
    found = tuple(each for part in rest.split(LIST) for each in fields(part.strip()))
    if any(not all(each) or len(each) > 3 or any(_TOKEN.search(field) for field in each) for each in found):
        return None
    return Typed(kind, found)


def plain(text: str, tokens: Iterable[str] = TOKENS) -> str:
    """A fact or question in which nothing is a token of the interface, whatever somebody has written into it.

    >>> plain("He wrote [SEP] twice.")
    'He wrote [ SEP] twice.'
    """
    for token in tokens:
        if token and token in text:
            text = text.replace(token, f"{token[0]} {token[1:]}")
    return text
