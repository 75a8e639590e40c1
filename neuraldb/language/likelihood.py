"""Whether a question asks for what is only likely: the closed class of English words that say so."""

from __future__ import annotations

import re
from collections.abc import Sequence

from neuraldb.core.frames import Span

_WORD = r"(?:in all (?:likelihood|probability)|(?:(?:most|very|quite) )?(?:probably|probable|likely|presumably))"
_ALONE = re.compile(rf",? ?(?<!how )\b{_WORD}\b,?", re.IGNORECASE)
_FORMS: tuple[tuple[re.Pattern[str], str], ...] = (
    # "is it likely that Anna lives in Oslo?"
    (re.compile(rf"\bis it {_WORD} that\b", re.IGNORECASE), "is it true that"),
    # "who is likely to be the owner?"
    (re.compile(rf"\b(is|are|was|were)\b([^?]*?) {_WORD} to be\b", re.IGNORECASE), r"\1\2"),
    # "is Anna likely to live in Oslo?"
    (re.compile(rf"\b(?:is|are|was|were)\b([^?]*?) {_WORD} to\b", re.IGNORECASE), r"would\1"),
    (_ALONE, ""),
)
"""What asks for what is likely, and how the question that asks for what is so has it instead; tried in this order."""


def may_ask(question: str) -> bool:
    """Whether a word for what is likely stands in a question, be it part of a name."""
    return _ALONE.search(question) is not None


def certain(question: str, names: Sequence[Span] = ()) -> tuple[str, bool]:
    """The question without the words that ask for what is only likely, and whether it had any.

    Args:
        question: in plain language.
        names: where names stand in it; their words ask for nothing.

    >>> certain("Where does Anna probably live?"), certain("Who is likely to live in Oslo?")
    (('Where does Anna live?', True), ('Who would live in Oslo?', True))
    >>> certain("Is it likely that Anna lives in Oslo?"), certain("Who is most likely to be the owner?")
    (('Is it true that Anna lives in Oslo?', True), ('Who is the owner?', True))
    >>> certain("Where, presumably, does Anna live?"), certain("How likely is rain?")
    (('Where does Anna live?', True), ('How likely is rain?', False))
    >>> certain("Who wrote Likely Stories?", [(10, 24)])
    ('Who wrote Likely Stories?', False)
    """
    for form, instead in _FORMS:
        for found in form.finditer(question):
            word = re.search(_WORD, found[0], re.IGNORECASE)
            assert word is not None
            start, end = found.start() + word.start(), found.start() + word.end()
            if not any(a < end and start < b for a, b in names):
                said = found.expand(instead)
                said = said[:1].upper() + said[1:] if found[0][:1].isupper() else said
                asked = question[: found.start()] + said + question[found.end() :]
                return re.sub(r" +([?,.])", r"\1", " ".join(asked.split())), True
    return question, False
