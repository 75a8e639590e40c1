"""Plain text: one fact a line, or documents that are split into sentences.

Documents. A document is what stands under a heading ``# Title``, or the whole file where there is none. Its paragraphs
are separated by blank lines; each is split into sentences, and each sentence becomes a fact. A sentence that does not
name what it speaks of gets the subject of its document as the hint ``about``:

* The subject is the title; without a title, the name with which the first sentence begins (*Anna Berg was born …*).
* A sentence does not name what it speaks of if it begins with a pronoun (*He, Her, It, They, This …*), or with *The*
  and a word in lower case (*The company moved …*).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from neuraldb.loading.items import Item, fact_item
from neuraldb.loading.source import Source, undecoded

if TYPE_CHECKING:
    from pysbd import Segmenter

_TITLE = re.compile(r"#\s+(.+?)\s*#*\s*")
_HEADING = re.compile(r"#{2,}(?:\s.*|)")
_PRONOUN = re.compile(
    r"(?:he|she|it|they|his|her|hers|its|their|theirs|him|them|this|that|these|those|himself|herself|itself)\b",
    re.IGNORECASE,
)
_DESCRIPTION = re.compile(r"the\s+(?=[^\W\d_])(?P<word>\w)", re.IGNORECASE)
# a run of words in capitals, with the small words that stand inside of names
_NAME = re.compile(
    r"(?:The\s+)?(?P<name>(?:(?!The\s)[A-ZÀ-ÖØ-Þ][\w.'’&-]*)"
    r"(?:\s+(?:(?:of|the|de|da|di|du|van|von|der|den|la|le|and|&)\s+)*[A-ZÀ-ÖØ-Þ0-9][\w.'’&-]*)*)"
)
# words that begin sentences in capitals without being names
_OPENERS = frozenset(
    """a an and as at after although because before both but by during each every for from how if in many most no not
    now of on one once or our since so some that the then there these this those to two under until we what when where
    which while who why with you your i my he she it they his her its their""".split()  # noqa: SIM905
)
_segmenter_lock = threading.Lock()


def read_lines(source: Source) -> Iterator[Item]:
    """One fact a line; blank lines are passed over."""
    for number, line in enumerate(source.lines(), 1):
        if line.strip():
            yield _line(f"line {number}", line.strip())


def _line(place: str, text: str) -> Item:
    problem = undecoded(text)
    return Item(place, problem=problem) if problem else fact_item(place, text)


def read_documents(source: Source) -> Iterator[Item]:
    """The sentences of documents, each with the subject of its document where it does not name its own."""
    subject: str | None = None
    for number, paragraph, title in _paragraphs(source.lines()):
        if title is not None:
            subject = title or None
            continue
        problem = undecoded(paragraph)
        if problem:
            yield Item(f"line {number}", problem=problem)
            continue
        for sentence in sentences(paragraph):
            if subject is None:
                subject = named_subject(sentence)
            yield fact_item(f"line {number}", sentence, about=subject if needs_subject(sentence) else None)


def _paragraphs(lines: Iterable[str]) -> Iterator[tuple[int, str, str | None]]:
    """(number of the first line, text, None) of each paragraph, and (number, "", title) where a document begins."""
    block: list[str] = []
    first = 0
    for number, line in enumerate(lines, 1):
        title = _TITLE.fullmatch(line.strip())
        if line.strip() and not title and not _HEADING.fullmatch(line.strip()):
            first = first if block else number
            block.append(line.strip())
            continue
        if block:
            yield first, " ".join(block), None
            block = []
        if title:
            yield number, "", title[1]
    if block:
        yield first, " ".join(block), None


def sentences(text: str) -> list[str]:
    """The sentences of an English text.

    >>> sentences("Dr. Anna Berg lives in Oslo. She works for Equinor.")
    ['Dr. Anna Berg lives in Oslo.', 'She works for Equinor.']
    """
    with _segmenter_lock:  # a segmenter keeps the text it works on in itself
        found = _segmenter().segment(text)
    return [sentence.strip() for sentence in found if sentence.strip()]


@lru_cache(maxsize=1)
def _segmenter() -> Segmenter:
    from pysbd import Segmenter

    return Segmenter(language="en", clean=False)


def needs_subject(sentence: str) -> bool:
    """Whether a sentence does not name what it speaks of.

    >>> [needs_subject(s) for s in ("She sings.", "The firm grew.", "The Hague is a city.", "Oslo grew.")]
    [True, True, False, False]
    """
    if _PRONOUN.match(sentence):
        return True
    described = _DESCRIPTION.match(sentence)
    return described is not None and described["word"].islower()


def named_subject(sentence: str) -> str | None:
    """The name with which a sentence begins; None where it begins with none.

    >>> named_subject("The Eiffel Tower is in Paris."), named_subject("In 1990 it rained.")
    ('Eiffel Tower', None)
    """
    found = _NAME.match(sentence)
    if found is None:
        return None
    name = re.sub(r"(?:['’]s)?[.,'’&-]*$", "", found["name"])
    first = name.split()[0].lower() if name else ""
    return None if not name or first in _OPENERS else name
