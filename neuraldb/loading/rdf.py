"""RDF terms as this database has them, from text and from rdflib's; the readers are the modules beside this one.

Labels of blank nodes get the beginning of the file's digest in front, so that two files never mean one node, and the
same file always does. What has no RDF of its own is written under ``urn:neuraldb:``, and read back as what it was:
names in words, and values that a sentence had (:mod:`neuraldb.core.rdf_names`).
"""

from __future__ import annotations

import logging
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote

import rdflib
from rdflib.term import BNode, Node
from rdflib.term import Literal as RdfLiteral

from neuraldb.core.rdf import literal
from neuraldb.core.rdf_names import NAMES, VALUES
from neuraldb.core.values import parse_value
from neuraldb.stores.terms import Term

_OURS = "urn:neuraldb:"
_KINDS = {datatype: kind for kind, datatype in VALUES.items()}
_SURROGATE = re.compile("[\ud800-\udfff]")
_rdflib_lock = threading.Lock()


class BlankLabels:
    """Labels for the blank nodes of a file.

    Args:
        digest: of the file's contents.

    Attributes:
        count: how many nodes without a label there were.
    """

    def __init__(self, digest: str) -> None:
        self._digest = digest[:12]
        self.count = 0

    def get(self, label: str, default: object = None) -> str:
        """The label of a node that has one in the file; the signature is that of a mapping, as rdflib wants it."""
        return f"{self._digest}.{label}"

    def new(self) -> str:
        """The label of a further node that has none in the file."""
        self.count += 1
        return f"{self._digest}-{self.count}"


def iri_term(text: str) -> Term:
    """The term of an IRI: of one that stands for a name in words, the name."""
    if text.startswith(_OURS):
        for kind, beginning in NAMES.items():
            if text.startswith(beginning) and len(text) > len(beginning):
                return Term(kind, unquote(text[len(beginning) :]))
    return Term("iri", text)


def literal_term(text: str, datatype: str = "", language: str = "") -> Term:
    """The term of a literal, with its typed parts."""
    if datatype in _KINDS:
        as_value = parse_value(text)
        if as_value.kind == _KINDS[datatype]:
            return Term.of_value(as_value)
    value = literal(text, datatype, language)
    unit = None if value.number is None else ""
    return Term(
        value.kind, value.text, value.datatype, value.language, value.number, unit, value.date_from, value.date_to
    )


def term_of(node: Node) -> Term:
    """The term of one of rdflib's; blank nodes have their labels already."""
    if isinstance(node, RdfLiteral):
        return literal_term(str(node), str(node.datatype or ""), node.language or "")
    return Term("blank", str(node)) if isinstance(node, BNode) else iri_term(str(node))


def half_pair(*terms: Term | None) -> str:
    """Why terms cannot be stored that an escape has given half a surrogate pair; empty where they can."""
    found = any(_SURROGATE.search(term.text) for term in terms if term is not None)
    return "an escape gives half a surrogate pair, which is no character" if found else ""


@contextmanager
def verbatim() -> Iterator[None]:
    """Rdflib without its habits: to rewrite literals ("01" as "1"), to log what it thinks of them, to deprecate itself.

    What it changes is global, so this must not stay open while others run.
    """
    logger = logging.getLogger("rdflib.term")
    with _rdflib_lock, warnings.catch_warnings():
        # rdflib's parsers use what rdflib has deprecated
        warnings.simplefilter("ignore", DeprecationWarning)
        normalise, disabled = rdflib.NORMALIZE_LITERALS, logger.disabled
        rdflib.NORMALIZE_LITERALS, logger.disabled = False, True
        try:
            yield
        finally:
            rdflib.NORMALIZE_LITERALS, logger.disabled = normalise, disabled
