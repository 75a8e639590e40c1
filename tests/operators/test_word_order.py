"""Which end of a relation is which, where its name stands between both."""

from __future__ import annotations

import pytest

from neuraldb.operators.word_order import in_order
from neuraldb.stores.derivations import Derivation


def read(text: str, key: str, value: str) -> Derivation:
    """A pair that a reader has found in a text."""
    spans = [(text.index(end), text.index(end) + len(end)) for end in (key, value)]
    return Derivation(1, key, value, *spans, confidence=0.7)


@pytest.mark.parametrize(
    ("name", "text", "subject", "object"),
    [
        ("works for", "Anna works for Equinor.", "Anna", "Equinor"),
        ("work for", "Anna worked for the Equinor.", "Anna", "Equinor"),
        ("married to", "Anna Berg is married to Nils.", "Anna Berg", "Nils"),
        ("owned by", "The bakery is owned by Ola.", "bakery", "Ola"),
        ("CEO", "Telenor's CEO Sigve Brekke spoke.", "Telenor", "Sigve Brekke"),
    ],
)
def test_the_name_leads_from_subject_to_object(name: str, text: str, subject: str, object: str) -> None:
    for found in (read(text, subject, object), read(text, object, subject)):
        right = in_order(name, found, text)
        assert right == read(text, subject, object)


@pytest.mark.parametrize(
    ("name", "text", "key", "value"),
    [
        ("employer", "Anna works for Equinor.", "Equinor", "Anna"),  # it does not stand there
        ("employer", "Equinor is the employer of Anna.", "Anna", "Equinor"),  # it leads to no end
        ("works for", "Anna works for Telenor, Nils for Equinor.", "Equinor", "Anna"),  # to another one
        ("works for", "works for Anna, who runs Equinor.", "Equinor", "Anna"),  # not from one
        ("...", "Anna works for Equinor.", "Equinor", "Anna"),
    ],
)
def test_elsewhere_the_reader_is_believed(name: str, text: str, key: str, value: str) -> None:
    found = read(text, key, value)
    assert in_order(name, found, text) == found


def test_without_places_the_reader_is_believed() -> None:
    found = Derivation(1, "Equinor", "Anna")
    assert in_order("works for", found, "Anna works for Equinor.") == found
