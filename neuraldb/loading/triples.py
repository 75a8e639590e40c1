"""Triples as text, line by line: N-Triples and N-Quads."""

from __future__ import annotations

import re
from collections.abc import Iterator

from neuraldb.core.rdf_names import NAMES, VALUES, name_iri
from neuraldb.loading.stored import Page
from neuraldb.stores.terms import Term

_HEXADECIMAL = "x-"
_LABEL = re.compile(r"(?!x-)[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?")
# what an IRI may not hold as it is
_NO_IRI = re.compile(r"[\x00-\x20<>\"{}|^`\\]")
_SPECIAL = re.compile(r'[\x00-\x1f"\\\x7f]')
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def lines(page: Page) -> Iterator[str]:
    """The triples of a page as lines of N-Quads; where it was read without graphs, of N-Triples."""
    known = {place: written(term) for place, term in page.terms.items()}
    for row in page.rows:
        ends = f"{known[row.subject]} {known[row.relation]} {known[row.object]}"
        yield f"{ends} .\n" if row.graph is None else f"{ends} {known[row.graph]} .\n"


def written(term: Term) -> str:
    r"""A term in N-Triples; what has no RDF of its own becomes some (:mod:`neuraldb.core.rdf_names`).

    >>> written(Term("iri", "http://x/a")), written(Term("text", 'say "hi"\n', language="en"))
    ('<http://x/a>', '"say \\"hi\\"\\n"@en')
    >>> written(Term("entity", "Oslo")), written(Term("number", "3 km"))
    ('<urn:neuraldb:entity:Oslo>', '"3 km"^^<urn:neuraldb:value:number>')
    """
    if term.kind == "blank":
        return "_:" + label_of(term.text)
    iri = iri_of(term)
    if iri is not None:
        return f"<{escaped_iri(iri)}>"
    quoted = quoted_text(term.text)
    if term.language:
        return f"{quoted}@{term.language}"
    datatype = datatype_of(term)
    return f"{quoted}^^<{escaped_iri(datatype)}>" if datatype else quoted


def iri_of(term: Term) -> str | None:
    """The IRI of a term that is one or that stands for a name; None for blank nodes and literals."""
    if term.kind == "iri":
        return term.text
    return name_iri(term.kind, term.text) if term.kind in NAMES else None


def datatype_of(term: Term) -> str:
    """The datatype of a literal; empty for plain texts."""
    return term.datatype or ("" if term.language else VALUES.get(term.kind, ""))


def label_of(text: str) -> str:
    """A blank node's label as every format allows it, different for different ones."""
    return text if _LABEL.fullmatch(text) else _HEXADECIMAL + text.encode("utf-8", "surrogatepass").hex()


def quoted_text(text: str) -> str:
    """A text in quotes, with escapes where they are needed."""
    return f'"{_SPECIAL.sub(_escaped, text)}"'


def escaped_iri(text: str) -> str:
    """An IRI with escapes for what it may not hold."""
    return _NO_IRI.sub(lambda match: f"\\u{ord(match[0]):04X}", text)


def _escaped(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[0], f"\\u{ord(match[0]):04X}")
