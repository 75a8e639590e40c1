"""Terms as a query writes them, so that they are read back as themselves."""

from __future__ import annotations

import re

from neuraldb.language import sparql_ast as ast
from neuraldb.language.sparql_terms import words_of

_IRI = re.compile(r"[^\x00-\x20<>\"{}|^`\\]+")
_NAME = re.compile(r"\w+(?: ?(?:[\w~.\-!$&'()*+,;=/?#@%])+)*")
_ESCAPED = re.compile(r"([~.\-!$&'()*+,;=/?#@%])")
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"})
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def spelled_iri(text: str) -> str:
    """An IRI in angle brackets; '' for a text that cannot stand there."""
    return f"<{text}>" if _IRI.fullmatch(text) and ":" in text else ""


def spelled_literal(text: str, datatype: str = "", language: str = "") -> str:
    r"""A literal.

    >>> spelled_literal('say "x"'), spelled_literal("5", ast.XSD + "integer"), spelled_literal("Haus", "", "de")
    ('"say \\"x\\""', '"5"^^<http://www.w3.org/2001/XMLSchema#integer>', '"Haus"@de')
    """
    quoted = f'"{text.translate(_ESCAPES)}"'
    if datatype:
        return f"{quoted}^^<{datatype}>"
    return f"{quoted}@{language}" if language else quoted


def spelled_name(text: str) -> tuple[str, ast.Name] | None:
    r"""``:name`` and its tree; None for words that it does not give back.

    >>> spelled_name("born in")[0], spelled_name("C++")[0], spelled_name("a_b"), spelled_name("5%  off")
    (':born_in', ':C\\+\\+', None, None)
    """
    if "_" in text or not _NAME.fullmatch(text):
        return None
    spelling = text.replace(" ", "_")
    return ":" + _ESCAPED.sub(r"\\\1", spelling), ast.Name(spelling, words_of(spelling))


def local_words(iri: str) -> str:
    """The last part of an IRI in words.

    >>> local_words("http://x.org/birthPlace")
    'birth place'
    """
    last = re.split(r"[/#:]", iri.rstrip("/#"))[-1] or iri
    return _HUMP.sub(lambda match: " ", last).replace("_", " ").strip() if not last.isupper() else last
