"""What has no RDF of its own, as RDF: names in words, and values that a sentence had."""

from __future__ import annotations

from urllib.parse import quote

NAMES = {kind: f"urn:neuraldb:{kind}:" for kind in ("entity", "relation", "type")}
"""How the IRIs begin that stand for names in words; what follows is the name, %-escaped."""
VALUES = {kind: f"urn:neuraldb:value:{kind}" for kind in ("number", "date", "boolean")}
"""The datatypes of values as a sentence has them (``"3000 m"``, ``"May 1982"``), by kind."""


def name_iri(kind: str, name: str) -> str:
    """The IRI that stands for a name in words.

    >>> name_iri("entity", "Anna Berg")
    'urn:neuraldb:entity:Anna%20Berg'
    """
    return NAMES[kind] + quote(name, safe="")
