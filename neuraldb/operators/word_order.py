"""Which end of a relation is which, where the words of a sentence tell it.

Asked for "works for", a reader trained on attributes ("employer") finds the two in "Anna works for Equinor", but may
take Equinor for the one that has the attribute. Where the name of the relation itself leads from one to the other, the
sentence says who is its subject.
"""

from __future__ import annotations

from dataclasses import replace

from neuraldb.core.text import stem, words
from neuraldb.stores.derivations import Derivation

_ARTICLES = frozenset({"a", "an", "the"})


def in_order(name: str, derivation: Derivation, text: str) -> Derivation:
    """A pair with its ends exchanged if the relation's name leads in the text from its value to its key.

    Args:
        name: of the relation, in words.
        derivation: what was read in the text for that name.
        text: what was read.
    """
    key, value = derivation.key_span, derivation.value_span
    if key is None or value is None or key[0] < value[1]:
        return derivation
    between = [stem(word) for word in words(text[value[1] : key[0]])]
    while between and between[-1] in _ARTICLES:
        between.pop()
    own = [stem(word) for word in words(name)]
    if not own or between[-len(own) :] != own:
        return derivation
    return replace(
        derivation, key_text=derivation.value_text, value_text=derivation.key_text, key_span=value, value_span=key
    )
