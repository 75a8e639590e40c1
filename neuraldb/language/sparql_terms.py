"""Terms of the SPARQL-like language from their spelling: IRIs, prefixed names, literals, parameters."""

from __future__ import annotations

import datetime
import math
import re
from decimal import Decimal
from typing import TypeAlias
from urllib.parse import urljoin
from uuid import UUID

from rapidfuzz import process

from neuraldb.core.errors import BindError, ParameterError, ParseError
from neuraldb.language.parameters import Bindable
from neuraldb.language.sparql_ast import RDF, XSD, Iri, Name, RdfLiteral, Span

WELL_KNOWN = {
    "rdf": RDF,
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "xsd": XSD,
    "owl": "http://www.w3.org/2002/07/owl#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "schema": "https://schema.org/",
    "wd": "http://www.wikidata.org/entity/",
    "wdt": "http://www.wikidata.org/prop/direct/",
    "dbr": "http://dbpedia.org/resource/",
    "dbo": "http://dbpedia.org/ontology/",
}
"""Prefixes that people forget to declare; used for the hint only."""

Moment: TypeAlias = datetime.date | datetime.datetime | datetime.time | datetime.timedelta

_CODEPOINT = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.S)
_CHARACTERS = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", "\\": "\\", '"': '"', "'": "'"}
_LOCAL_ESCAPE = re.compile(r"\\(.)")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^A-Z]+|[A-Z]")


class Prologue:
    """BASE and PREFIX declarations, in the order in which they take effect."""

    def __init__(self) -> None:
        self.base = ""
        self.prefixes: dict[str, str] = {}

    def iri(self, spelling: str, span: Span) -> Iri:
        """The IRI of ``<…>``, escapes and base resolved."""
        text = _CODEPOINT.sub(lambda m: _character(m[1] or m[2], span), spelling[1:-1])
        return Iri(self.resolve(text), span=span)

    def resolve(self, text: str) -> str:
        """An IRI reference against the base; without a base it stays as it is.

        >>> prologue = Prologue()
        >>> prologue.base = "ni://example/a/b"
        >>> prologue.resolve("../c"), prologue.resolve("http://x/")
        ('ni://example/c', 'http://x/')
        """
        scheme = _SCHEME.match(self.base)
        if scheme is None or _SCHEME.match(text):
            return text
        if text.endswith("#"):  # urljoin drops an empty fragment
            return self.resolve(text[:-1]).partition("#")[0] + "#"
        rest = self.base[scheme.end() :]
        if not rest.startswith("//"):  # urn:a/b and the like
            return self.base[: self.base.rfind("/") + 1 or scheme.end()] + text
        # urljoin resolves only against schemes it knows
        return scheme[0] + urljoin("http:" + rest, text).removeprefix("http:")

    def name(self, spelling: str, span: Span) -> Iri | Name:
        """What a prefixed name stands for.

        Raises:
            BindError: the prefix is not declared.
        """
        prefix, local = spelling.split(":", 1)
        plain = _LOCAL_ESCAPE.sub(r"\1", local)
        if prefix in self.prefixes:
            return Iri(self.prefixes[prefix] + plain, span=span)
        if not prefix and plain:
            return Name(plain, words_of(plain), span=span)
        if not prefix:
            raise ParseError("a name must follow the colon", span=span, hint="declare PREFIX : <…> to use : alone")
        near = process.extract(prefix, list(self.prefixes), limit=3, score_cutoff=50)
        known = WELL_KNOWN.get(prefix)
        raise BindError(
            f"the prefix {prefix}: is not declared",
            span=(span[0], span[0] + len(prefix) + 1),
            candidates=tuple(f"{p}:" for p, *_ in near),
            hint=f"add PREFIX {prefix}: <{known or '…'}> before the query",
        )


def words_of(name: str) -> str:
    """The plain text that an identifier stands for: snake_case or camelCase as words.

    >>> words_of("livesIn"), words_of("Anna_Berg"), words_of("AnnaBerg"), words_of("memberOfNATO")
    ('lives in', 'Anna Berg', 'Anna Berg', 'member of NATO')
    """
    if "_" in name:
        return " ".join(name.replace("_", " ").split())
    words = _WORD.findall(name)
    if words and words[0][:1].islower():
        words = [w if len(w) > 1 and w.isupper() else w.lower() for w in words]
    return " ".join(words)


def unescape(spelling: str, span: Span) -> str:
    """The text of a quoted string."""
    quotes = 3 if spelling[:3] in ("'''", '"""') and len(spelling) >= 6 else 1

    def character(match: re.Match[str]) -> str:
        return _character(match[1] or match[2], span) if match[3] is None else _CHARACTERS[match[3]]

    return _ESCAPE.sub(character, spelling[quotes:-quotes])


def _character(digits: str, span: Span) -> str:
    code = int(digits, 16)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise ParseError(f"\\u{digits} is no character", span=span)
    return chr(code)


def number(spelling: str, span: Span) -> RdfLiteral:
    """A numeric literal: integer, decimal or, with an exponent, double."""
    kind = "double" if "e" in spelling.lower() else "decimal" if "." in spelling else "integer"
    return RdfLiteral(spelling, XSD + kind, span=span)


def literal_of(value: Bindable, span: Span) -> RdfLiteral:
    """The literal that a bound parameter stands for.

    A UUID is a plain string; bytes are ``xsd:hexBinary``, a time ``xsd:time``, a duration ``xsd:dayTimeDuration``.

    Raises:
        ParameterError: the value is None or a list, which are no terms.
    """
    if value is None:
        raise ParameterError("None can be bound in VALUES only, where it means UNDEF", span=span)
    if isinstance(value, tuple):
        raise ParameterError("a list is no term", span=span, hint="give each item a placeholder of its own")
    return RdfLiteral(*_lexical(value), span=span)


def _lexical(value: str | float | Decimal | bytes | UUID | Moment) -> tuple[str, str]:
    """The lexical form and the datatype of a value."""
    match value:
        case str() | UUID():
            return str(value), ""
        case bool():
            return str(value).lower(), XSD + "boolean"
        case int():
            return str(value), XSD + "integer"
        case Decimal() if value.is_finite():
            return f"{value:f}", XSD + "decimal"
        case float() if math.isfinite(value) and "e" not in repr(value):
            # as the same number is when it is typed
            return repr(value), XSD + "decimal"
        case float() | Decimal():
            number = float(value)
            text = repr(number) if math.isfinite(number) else {math.inf: "INF", -math.inf: "-INF"}.get(number, "NaN")
            return text, XSD + "double"
        case bytes():
            return value.hex().upper(), XSD + "hexBinary"
        case datetime.timedelta():
            return _duration(value), XSD + "dayTimeDuration"
        case datetime.datetime():
            return _in_utc(value), XSD + "dateTime"
        case datetime.date():
            return value.isoformat(), XSD + "date"
        case datetime.time():
            return _in_utc(value), XSD + "time"


def _in_utc(value: datetime.datetime | datetime.time) -> str:
    return value.isoformat().replace("+00:00", "Z")


def _duration(value: datetime.timedelta) -> str:
    """A duration as XML Schema writes it.

    >>> _duration(datetime.timedelta(days=1, hours=2, seconds=0.5)), _duration(-datetime.timedelta(minutes=90))
    ('P1DT2H0.5S', '-PT1H30M')
    """
    size = abs(value)
    minutes, seconds = divmod(size.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{size.microseconds:06}".rstrip("0") if size.microseconds else ""
    days = f"{size.days}D" if size.days else ""
    time = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    time += f"{seconds}{fraction}S" if seconds or fraction else ""
    if not days and not time:
        return "PT0S"
    return ("-" if value < datetime.timedelta() else "") + "P" + days + ("T" + time if time else "")
