"""The built-in functions of SPARQL 1.1 (section 17.4) over typed terms, and the casts (17.5).

An argument of the wrong type makes the result NULL, an error. The name of an entity or relation counts as a plain
string, so that FILTER(CONTAINS(?who, 'Berg')) works on entities.
"""

# ruff: noqa: D102 - the methods of Typed are documented there

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from neuraldb.core import rdf
from neuraldb.core.rdf import XSD
from neuraldb.plan.expressions import Expression, Literal
from neuraldb.plan.sparql_arithmetic import numeric
from neuraldb.plan.sparql_compare import both, same_term
from neuraldb.plan.sparql_values import (
    EMPTY,
    LITERALS,
    NAMED,
    NULL,
    RESOURCES,
    Constant,
    Number,
    Text,
    Truth,
    Typed,
    call,
    case,
    effective,
)

Function = Callable[[list[Typed]], Typed]
INTEGER = Literal(0)
DECIMAL = Literal(1)


@dataclass(frozen=True)
class Lexical(Typed):
    """A literal by its lexical form and datatype, both computed."""

    text: Expression
    datatype: Expression

    @property
    def kinds(self) -> frozenset[str]:
        return LITERALS

    def part(self, name: str) -> Expression:
        match name:
            case "text":
                return self.text
            case "datatype":
                return case((call("=", self.datatype, Literal(XSD + "string")), EMPTY), otherwise=self.datatype)
            case "language":
                return EMPTY
            case "kind" | "number":
                return call(f"literal_{name}", self.text, self.datatype)
            case "date_from" | "date_to":
                return call(f"literal_{name}", self.text, self.datatype)
            case _:
                return NULL

    def bound(self) -> Expression:
        return both(call("is not null", self.text), call("is not null", self.datatype))


# ------------------------------------------------------------------------------------------------------- arguments


def string(term: Typed) -> Expression:
    """The text of a string (with a language tag or without) or of a name; NULL for other terms."""
    if isinstance(term, Text):
        return term.value if term.kind == "text" else NULL
    if isinstance(term, Constant):
        plain = term.literal.kind in ("text", *NAMED) and not term.literal.datatype
        return Literal(term.literal.text) if plain else NULL
    is_string = both(term.is_a("text", *sorted(NAMED)), call("=", term.part("datatype"), EMPTY))
    return case((is_string, term.part("text")))


def simple(term: Typed) -> Expression:
    """The text of a string without a language tag; NULL for other terms."""
    tag = language(term)
    return string(term) if tag == EMPTY else case((call("=", tag, EMPTY), string(term)))


def language(term: Typed) -> Expression:
    """The language tag of a string, '' for none."""
    return EMPTY if not term.kinds & {"text"} else term.part("language")


def compatible(first: Typed, second: Typed) -> Expression | None:
    """Whether two strings are argument compatible (17.4.3.1.2); None where they always are."""
    if language(second) == EMPTY:
        return None
    return call("or", call("=", language(second), EMPTY), _same_tag(first, second))


def _same_tag(first: Typed, second: Typed) -> Expression:
    """Whether two strings have one language tag, or none both; tags are the same in whatever case."""
    return call("=", *(call("lower", language(t)) for t in (first, second)))


def _pair(term: Typed, other: Typed, function: str) -> Expression:
    """A function of two strings that must be compatible."""
    result = call(function, string(term), string(other))
    condition = compatible(term, other)
    return result if condition is None else case((condition, result))


# ------------------------------------------------------------------------------------------------------- of terms


def _str(a: list[Typed]) -> Typed:
    term = a[0]
    if "blank" not in term.kinds:
        return Text(term.part("text"))
    return Text(case((term.is_a(*sorted(term.kinds - {"blank"})), term.part("text"))))


def _lang(a: list[Typed]) -> Typed:
    return Text(case((a[0].is_a(*sorted(LITERALS)), a[0].part("language"))))


def _datatype(a: list[Typed]) -> Typed:
    parts = [a[0].part(p) for p in ("kind", "datatype", "language", "number")]
    return Text(case((a[0].is_a(*sorted(LITERALS)), call("datatype_of", *parts))), kind="iri")


def _iri(a: list[Typed]) -> Typed:
    term, base = a
    text = term.part("text") if term.kinds == {"iri"} else case(
        (term.is_a("iri"), term.part("text")), (call("is not null", simple(term)), simple(term))
    )  # fmt: skip
    known = isinstance(base, Constant) and base.literal.text
    return Text(call("resolve_iri", text, base.part("text")) if known else text, kind="iri")


def _strdt(a: list[Typed]) -> Typed:
    return Lexical(simple(a[0]), case((a[1].is_a("iri"), a[1].part("text"))))


def _strlang(a: list[Typed]) -> Typed:
    return Text(simple(a[0]), simple(a[1]))


def _is(*kinds: str) -> Function:
    return lambda a: Truth(a[0].is_a(*kinds))


def _langmatches(a: list[Typed]) -> Typed:
    return Truth(call("language_matches", simple(a[0]), simple(a[1])))


# ------------------------------------------------------------------------------------------------------- of strings


def _test(function: str) -> Function:
    return lambda a: Truth(_pair(a[0], a[1], function))


def _mapped(function: str) -> Function:
    return lambda a: Text(call(function, string(a[0])), language(a[0]))


def _digest(function: str) -> Function:
    return lambda a: Text(call(function, simple(a[0])))


def _substr(a: list[Typed]) -> Typed:
    numbers = [t.number() for t in a[1:]]
    function = "substring_from" if len(a) == 2 else "substring_of"
    return Text(call(function, string(a[0]), *numbers), language(a[0]))


def _part_of(function: str) -> Function:
    """STRBEFORE and STRAFTER: the tag of the first argument, but none where nothing is found."""

    def compute(a: list[Typed]) -> Typed:
        tag = language(a[0])
        if tag != EMPTY:
            tag = case((call("contains", string(a[0]), string(a[1])), tag), otherwise=EMPTY)
        return Text(_pair(a[0], a[1], function), tag)

    return compute


def _concat(a: list[Typed]) -> Typed:
    if not a:
        return Text(EMPTY)
    tags = [language(t) for t in a]
    tag = tags[0]
    if any(t != EMPTY for t in tags) and len(tags) > 1:
        tag = case((both(*(_same_tag(a[0], t) for t in a[1:])), tags[0]), otherwise=EMPTY)
    return Text(call("join_texts", *(string(t) for t in a)), tag)


def _encode(a: list[Typed]) -> Typed:
    return Text(call("url_encode", string(a[0])))


# ------------------------------------------------------------------------------------------------------- of numbers


def _numeric(function: str) -> Function:
    return lambda a: numeric(function, a[0])


def _strlen(a: list[Typed]) -> Typed:
    return Number(call("length", string(a[0])), INTEGER)


# ------------------------------------------------------------------------------------------------------- of dates


def _calendar(unit: str) -> Function:
    def compute(a: list[Typed]) -> Typed:
        if "date" not in a[0].kinds:
            return Number(NULL, INTEGER)
        part = call(f"date_{unit}", *_days(a[0]), a[0].part("text"), a[0].part("datatype"))
        return Number(case((a[0].is_a("date"), part)), INTEGER)

    return compute


def _clock(unit: str) -> Function:
    rank = DECIMAL if unit == "seconds" else INTEGER
    return lambda a: Number(call(f"time_{unit}", _date_time(a[0])), rank)


def _date_time(term: Typed) -> Expression:
    is_one = both(term.is_a("date"), call("=", term.part("datatype"), Literal(XSD + "dateTime")))
    return case((is_one, term.part("text")))


def _tz(a: list[Typed]) -> Typed:
    return Text(call("zone", _date_time(a[0])))


def _timezone(a: list[Typed]) -> Typed:
    return Lexical(call("zone_duration", _date_time(a[0])), Literal(XSD + "dayTimeDuration"))


# ------------------------------------------------------------------------------------------------------- casts


def _to_integer(a: list[Typed]) -> Typed:
    """A cast to xsd:integer: of a number, whose fraction is cut off, a truth value, or a text that spells one."""
    term = a[0]
    branches: list[tuple[Expression, Expression]] = []
    if term.large:
        branches.append((call("=", term.rank(), INTEGER), term.whole()))
    if term.kinds & {"number", "boolean"}:
        branches.append((term.is_a("number", "boolean"), call("whole", call("trunc", term.part("number")))))
    if term.kinds & {"text"}:
        branches.append((term.is_a("text"), call("parse_whole", simple(term))))
    return Number.integer(case(*branches))


def _to_number(parse: str, rank: int) -> Function:
    """A cast to another numeric type: of a number or truth value, or of a text that spells one."""

    def compute(a: list[Typed]) -> Typed:
        term = a[0]
        number: Expression = term.part("number")
        if rank == 1:  # no infinities among decimals
            number = case((call("not", call("or", call("isnan", number), call("isinf", number))), number))
        branches: list[tuple[Expression, Expression]] = []
        if term.kinds & {"number", "boolean"}:
            branches.append((term.is_a("number", "boolean"), number))
        if term.kinds & {"text"}:
            branches.append((term.is_a("text"), call(parse, simple(term))))
        return Number(case(*branches), Literal(rank))

    return compute


def _to_boolean(a: list[Typed]) -> Typed:
    term = a[0]
    spelled = call("collapsed", simple(term))
    truth = case(
        (call("in", spelled, Literal("true"), Literal("1")), Literal(True)),
        (call("in", spelled, Literal("false"), Literal("0")), Literal(False)),
    )
    return Truth(case((term.is_a("number", "boolean"), effective(term)), (term.is_a("text"), truth)))


def _days(term: Typed) -> tuple[Expression, Expression]:
    return term.part("date_from"), term.part("date_to")


def _to_date(name: str) -> Function:
    """A cast to xsd:date or xsd:dateTime: of a date in that form, or of a text that spells one."""

    def compute(a: list[Typed]) -> Typed:
        term, datatype = a[0], Literal(XSD + name)
        is_date = term.is_a("date")
        other = Literal(XSD + ("date" if name == "dateTime" else "dateTime"))
        branches: list[tuple[Expression, Expression]] = [
            (both(is_date, call("=", term.part("datatype"), datatype)), call("collapsed", term.part("text"))),
            (both(is_date, call("=", term.part("datatype"), other)), call(f"{name}_of", term.part("text"))),
        ]
        if name == "date":  # a date that is no literal of RDF
            one_day = both(call("=", term.part("datatype"), EMPTY), call("=", *_days(term)))
            branches.append((both(is_date, one_day), call("iso_date", term.part("date_from"))))
        text = call("collapsed", simple(term))
        branches.append((both(term.is_a("text"), Lexical(text, datatype).is_a("date")), text))
        return Lexical(case(*branches), datatype)

    return compute


def _to_string(a: list[Typed]) -> Typed:
    """A cast to xsd:string: numbers and truth values in their canonical form, if they have a datatype."""
    term = a[0]
    typed = call("!=", term.part("datatype"), EMPTY)
    branches: list[tuple[Expression, Expression]] = []
    if "number" in term.kinds:
        spelled = call("number_string", term.part("number"), term.rank(), term.whole())
        branches.append((both(term.is_a("number"), typed), spelled))
    if "boolean" in term.kinds:
        truth = call("=", term.part("number"), Literal(1.0))
        branches.append((both(term.is_a("boolean"), typed), case((truth, Literal("true")), otherwise=Literal("false"))))
    return Text(case(*branches, otherwise=_str(a).part("text")))


CASTS: dict[str, Function] = {
    XSD + "string": _to_string,
    **dict.fromkeys(rdf.INTEGERS, _to_integer),
    XSD + "decimal": _to_number("parse_decimal", 1),
    XSD + "float": _to_number("parse_double", 2),
    XSD + "double": _to_number("parse_double", 3),
    XSD + "boolean": _to_boolean,
    XSD + "dateTime": _to_date("dateTime"),
    XSD + "date": _to_date("date"),
}
"""Functions that are called by the IRI of a datatype."""

BUILTINS: dict[str, Function] = {
    "STR": _str,
    "LANG": _lang,
    "DATATYPE": _datatype,
    "IRI": _iri,
    "URI": _iri,
    "STRDT": _strdt,
    "STRLANG": _strlang,
    "LANGMATCHES": _langmatches,
    "ISIRI": _is(*sorted(RESOURCES - {"blank"})),
    "ISURI": _is(*sorted(RESOURCES - {"blank"})),
    "ISBLANK": _is("blank"),
    "ISLITERAL": _is(*sorted(LITERALS)),
    "ISNUMERIC": _is("number"),
    "SAMETERM": lambda a: Truth(same_term(a[0], a[1])),
    "STRLEN": _strlen,
    "SUBSTR": _substr,
    "UCASE": _mapped("upper"),
    "LCASE": _mapped("lower"),
    "CONTAINS": _test("contains"),
    "STRSTARTS": _test("starts_with"),
    "STRENDS": _test("ends_with"),
    "STRBEFORE": _part_of("before"),
    "STRAFTER": _part_of("after"),
    "CONCAT": _concat,
    "ENCODE_FOR_URI": _encode,
    "ABS": _numeric("abs"),
    "ROUND": _numeric("round_half_up"),
    "CEIL": _numeric("ceil"),
    "FLOOR": _numeric("floor"),
    "YEAR": _calendar("year"),
    "MONTH": _calendar("month"),
    "DAY": _calendar("day"),
    "HOURS": _clock("hours"),
    "MINUTES": _clock("minutes"),
    "SECONDS": _clock("seconds"),
    "TZ": _tz,
    "TIMEZONE": _timezone,
    "MD5": _digest("md5"),
    "SHA1": _digest("sha1"),
    "SHA256": _digest("sha256"),
    "SHA384": _digest("sha384"),
    "SHA512": _digest("sha512"),
}
"""Functions whose arguments are all evaluated; IRI gets the base as a second argument."""
