"""Text with marks: which stretch of a question is the class noun, an entity, a nested description, a negation.

Question templates are filled with phrases, and the marks move along; what the question parser must learn to see
is thus known for every generated question.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, replace

MARKS = ("class", "entity", "inner", "within", "negation", "value", "count", "prefix", "first", "second", "suffix")
"""Kinds of marks.

class: the noun for what is asked. entity: a name. inner: a description that stands for an entity (a bridge to
another question). within: a description that restricts the class. negation: the cue. value: a threshold. count: the
k of a top-k. prefix, first, second, suffix: the parts of a conjunction, which reads prefix first suffix, and prefix
second suffix.
"""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A text and its marks as (kind, start, end)."""

    text: str
    marks: tuple[tuple[str, int, int], ...] = ()

    def marked(self, kind: str) -> Phrase:
        """The phrase with all of it marked."""
        return replace(self, marks=((kind, 0, len(self.text)), *self.marks))

    def shifted(self, offset: int) -> tuple[tuple[str, int, int], ...]:
        """The marks, moved."""
        return tuple((kind, a + offset, b + offset) for kind, a, b in self.marks)

    def spans(self, kind: str) -> list[tuple[int, int]]:
        """Where marks of a kind stand."""
        return [(a, b) for k, a, b in self.marks if k == kind]

    def plain(self) -> Phrase:
        """The phrase without marks."""
        return Phrase(self.text)


def join(*parts: Phrase | str, sep: str = " ") -> Phrase:
    """The parts with a separator between them; empty ones vanish."""
    text = ""
    marks: list[tuple[str, int, int]] = []
    for part in parts:
        phrase = part if isinstance(part, Phrase) else Phrase(part)
        if not phrase.text:
            continue
        if text:
            text += sep
        marks += phrase.shifted(len(text))
        text += phrase.text
    return Phrase(text, tuple(marks))


def fill(template: str, **fillings: Phrase | str) -> Phrase:
    """Put phrases into a template's ``{slots}``; a space is not left double or before a mark."""
    parts: list[Phrase | str] = []
    for i, part in enumerate(re.split(r"\{(\w+)\}", template)):
        parts.append(fillings[part] if i % 2 else part)
    return tidy(join(*parts, sep=""))


def tidy(phrase: Phrase) -> Phrase:
    """Collapse double spaces and spaces before marks, moving the marks along."""
    keep = [True] * len(phrase.text)
    for found in re.finditer(r" (?=[ ,.?!])|^ +| +$", phrase.text):
        for i in range(*found.span()):
            keep[i] = False
    if all(keep):
        return phrase
    position, count = [], 0
    for kept in keep:
        position.append(count)
        count += kept
    position.append(count)
    text = "".join(c for c, kept in zip(phrase.text, keep, strict=True) if kept)
    return Phrase(text, tuple((kind, position[a], position[b]) for kind, a, b in phrase.marks))


def question(phrase: Phrase, rng: random.Random, mark: str = "?") -> Phrase:
    """The phrase as somebody types it: capital or not, with or without its end mark, politely or with a slip."""
    text, marks = phrase.text, list(phrase.marks)
    style = rng.random()
    if style < 0.62:
        text = text[:1].upper() + text[1:]
    elif style < 0.85:
        text = text[:1].lower() + text[1:] if not text[:2].isupper() else text
    else:
        text = text.lower() if len(text.lower()) == len(text) else text
    if rng.random() < 0.06:
        text, marks = _prefixed(text, marks, rng)
    if rng.random() < 0.07:
        text = _slip(text, marks, rng)
    if rng.random() < 0.78 and not text.endswith(("?", ".", "!")):
        text += mark
    return Phrase(text, tuple(marks))


PREFIXES = (
    "please tell me ", "could you tell me ", "can you tell me ", "I'd like to know ", "do you know ", "please: ",
    "quick question: ", "hey, ", "so ", "tell me, ", "I was wondering, ", "and ",
)  # fmt: skip


def _prefixed(
    text: str, marks: list[tuple[str, int, int]], rng: random.Random
) -> tuple[str, list[tuple[str, int, int]]]:
    prefix = rng.choice(PREFIXES)
    body = text[:1].lower() + text[1:]
    moved = [(k, a + len(prefix), b + len(prefix)) for k, a, b in marks]
    moved = [(k, 0 if k == "prefix" and a == len(prefix) else a, b) for k, a, b in moved]
    return prefix + body, moved


def _slip(text: str, marks: list[tuple[str, int, int]], rng: random.Random) -> str:
    """Two neighbouring letters swapped, or one replaced, outside names and values."""
    closed = [(a, b) for k, a, b in marks if k in ("entity", "value", "count")]
    spots = [
        i for i in range(1, len(text) - 2) if text[i : i + 2].isalpha() and not any(a - 1 <= i < b for a, b in closed)
    ]
    if not spots:
        return text
    i = rng.choice(spots)
    if rng.random() < 0.7:
        return text[:i] + text[i + 1] + text[i] + text[i + 2 :]
    return text[:i] + rng.choice("aeiourstn") + text[i + 1 :]
