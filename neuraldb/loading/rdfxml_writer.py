"""Triples in RDF/XML. Some cannot be written in it: those whose relation is no XML name, or whose text XML forbids."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from neuraldb.core.rdf import RDF
from neuraldb.loading.stored import Page, Row
from neuraldb.loading.triples import datatype_of, iri_of, label_of
from neuraldb.stores.terms import Term

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# letters as the fourth edition of XML has them, which is what expat reads
_LETTERS = r"A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u0131\u0391-\u03a1\u03b1-\u03c9\u0410-\u044f\u4e00-\u9fa5"
_SPLIT = re.compile(rf"(.+?)([{_LETTERS}_][{_LETTERS}0-9._-]*)", re.DOTALL)
_RESERVED = ("http://www.w3.org/XML/1998/namespace", "http://www.w3.org/2000/xmlns/")
# what these names mean as elements is not the relation that is called so
_TAKEN = frozenset(
    RDF + name
    for name in (
        *("Description", "RDF", "ID", "about", "bagID", "parseType", "resource", "nodeID", "datatype", "li"),
        *("aboutEach", "aboutEachPrefix"),
    )
)
_MARKUP = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}
_IN_TEXT = re.compile("[&<>\r]")
_IN_ATTRIBUTE = re.compile('[&<>"\r\n\t]')


class RdfXmlWriter:
    """The text of a document, in parts.

    Args:
        namespaces: beginnings of relations that get prefixes.

    Attributes:
        unwritten: how many triples could not be written.
    """

    def __init__(self, namespaces: Sequence[str]) -> None:
        self._prefixes = {RDF: "rdf"}
        for namespace in namespaces:
            if not _FORBIDDEN.search(namespace) and namespace not in _RESERVED:
                self._prefixes.setdefault(namespace, f"ns{len(self._prefixes)}")
        self.unwritten = 0

    def head(self) -> Iterator[str]:
        """The beginning of the outermost element."""
        yield '<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF'
        for namespace, prefix in self._prefixes.items():
            yield f'\n    xmlns:{prefix}="{_attribute(namespace)}"'
        yield ">\n"

    def page(self, page: Page) -> Iterator[str]:
        """The descriptions of the subjects of a page."""
        names = {row.relation: self._element(page.terms[row.relation]) for row in page.rows}
        for subject, rows in groupby(page.rows, key=lambda row: row.subject):
            about = self._reference(page.terms[subject], "about")
            written = [text for row in rows if (text := self._property(row, page, names[row.relation], about))]
            if written:
                yield f"<rdf:Description {about}>\n{''.join(written)}</rdf:Description>\n"

    def foot(self) -> Iterator[str]:
        """The end of the outermost element."""
        yield "</rdf:RDF>\n"

    def _property(self, row: Row, page: Page, name: tuple[str, str] | None, about: str | None) -> str | None:
        term = page.terms[row.object]
        text = None
        if name is not None and about is not None and not _FORBIDDEN.search(term.text):
            tag, declared = name
            reference = self._reference(term, "resource")
            if reference is not None:
                text = f"  <{tag}{declared} {reference}/>\n"
            elif not _FORBIDDEN.search(datatype_of(term)):
                content = _IN_TEXT.sub(lambda match: _MARKUP[match[0]], term.text)
                text = f"  <{tag}{declared}{_type(term)}>{content}</{tag}>\n"
        self.unwritten += text is None
        return text

    def _reference(self, term: Term, attribute: str) -> str | None:
        """The attribute that names a term; None for literals, and where XML forbids it."""
        if term.kind == "blank":
            return f'rdf:nodeID="b{label_of(term.text)}"'
        iri = iri_of(term)
        if iri is None or _FORBIDDEN.search(iri):
            return None
        return f'rdf:{attribute}="{_attribute(iri)}"'

    def _element(self, term: Term) -> tuple[str, str] | None:
        """The name of a relation's element and the declaration that it needs; None where it cannot have one."""
        iri = iri_of(term)
        if iri is None or iri in _TAKEN or _FORBIDDEN.search(iri):
            return None
        parts = _SPLIT.fullmatch(iri)
        # Python's reader of XML takes blanks in a namespace for its end
        if parts is None or parts[1] in _RESERVED or len(iri.split()) > 1 or iri != iri.strip():
            return None
        namespace, name = parts[1], parts[2]
        if namespace in self._prefixes:
            return f"{self._prefixes[namespace]}:{name}", ""
        return f"p:{name}", f' xmlns:p="{_attribute(namespace)}"'


def _type(term: Term) -> str:
    if term.language:
        return f' xml:lang="{_attribute(term.language)}"'
    datatype = datatype_of(term)
    return f' rdf:datatype="{_attribute(datatype)}"' if datatype else ""


def _attribute(text: str) -> str:
    return _IN_ATTRIBUTE.sub(lambda match: _MARKUP[match[0]], text)
