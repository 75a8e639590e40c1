"""The functions over graph terms that plans call, as DuckDB SQL: the parts of terms, numbers, literals, aggregates.

None of them raises: what is an error in SPARQL is NULL here. A form repeats its arguments as little as possible, since
they may be long.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from neuraldb.core import rdf
from neuraldb.core.rdf import XSD
from neuraldb.execution.graph_strings import collapsed
from neuraldb.execution.graph_time import IS_DATE
from neuraldb.execution.relational import AGGREGATES
from neuraldb.execution.scalars import register
from neuraldb.plan.sparql_nodes import PARTS

NUMERAL = {
    "integer": r"[+-]?[0-9]+",
    "decimal": r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)",
    "double": r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?INF|NaN",
}
"""The lexical forms of numbers, as regular expressions that must match wholly."""

DECIMAL, FLOAT, DOUBLE, DATE = (f"'{XSD}{n}'" for n in ("decimal", "float", "double", "date"))
INEXACT = f"{DECIMAL}, {FLOAT}, {DOUBLE}, ''"
INTEGERS = ", ".join(f"'{t}'" for t in rdf.INTEGERS)


LARGE = float(2**53)
"""From here on a double does not hold every integer."""


def pack(parts: list[str]) -> str:
    """A VALUE from the SQL of its parts, in the order of PARTS; NULL where there is no kind."""
    typed = zip(PARTS.items(), parts, strict=True)
    fields = ", ".join(f"'{name}': CAST({sql} AS {kind})" for (name, kind), sql in typed)
    return f"CASE WHEN {parts[0]} IS NULL THEN NULL ELSE {{{fields}}} END"


def parsed(text: str, numeral: str) -> str:
    """The number that a text spells, NULL where it does not."""
    # {{ }}: forms are format strings
    shape, text = NUMERAL[numeral], collapsed(text)
    return f"CASE WHEN regexp_full_match({text}, '{shape}') THEN TRY_CAST({text} AS DOUBLE) END"


def whole(text: str, number: str) -> str:
    """The value of an integer in 128 bits, given its spelling and the nearest double; NULL for what is beyond them."""
    return (
        f"CASE WHEN abs({number}) < {LARGE} THEN CAST({number} AS HUGEINT) "
        f"WHEN {number} IS NOT NULL "
        f"THEN coalesce(TRY_CAST({collapsed(text)} AS HUGEINT), TRY_CAST({number} AS HUGEINT)) END"
    )


LITERAL_NUMBER = (  # text, datatype
    f"CASE WHEN {{1}} IN ({INTEGERS}) THEN {parsed('{0}', 'integer')} "
    f"WHEN {{1}} = {DECIMAL} THEN {parsed('{0}', 'decimal')} "
    f"WHEN {{1}} IN ({FLOAT}, {DOUBLE}) THEN {parsed('{0}', 'double')} "
    f"WHEN {{1}} = '{rdf.BOOLEAN}' "
    "THEN CASE WHEN {0} IN ('true', '1') THEN 1.0 WHEN {0} IN ('false', '0') THEN 0.0 END END"
)
# fifteen digits hide what binary fractions add; small ones would be written with an exponent, which decimals have not
DECIMAL_TEXT = (
    "CASE WHEN contains(format('{{:.15g}}', {0}), 'e') THEN rtrim(rtrim(format('{{:.20f}}', {0}), '0'), '.') "
    "ELSE format('{{:.15g}}', {0}) END"
)
DOUBLE_TEXT = (
    "replace(replace(replace(replace(CAST({0} AS VARCHAR), 'e+', 'E'), 'e-', 'E-'), 'inf', 'INF'), 'nan', 'NaN')"
)
ALL = 400
"""To so many places rounding leaves every double as it is."""
PART = f"CAST({10**18} AS HUGEINT)"
EMPTY_VALUE = ", ".join(f"'{n}': {repr('') if n == 'kind' else f'CAST(NULL AS {k})'}" for n, k in PARTS.items())

FORMS: Mapping[str, str] = {
    **{f"part {name}": f"struct_extract({{0}}, '{name}')" for name in PARTS},
    # what stands for an unbound variable in a key: no term has the id -1 or the kind ''
    "key_id": "coalesce({0}, -1)",
    "key_value": f"coalesce({{0}}, {{{{{EMPTY_VALUE}}}}})",
    "pair": "{0}, {1}",  # the two arguments of an aggregate
    # literals by lexical form and datatype
    "literal_number": f"({LITERAL_NUMBER})",
    "literal_kind": (
        "CASE WHEN {0} IS NULL OR {1} IS NULL THEN NULL "
        f"WHEN ({LITERAL_NUMBER}) IS NOT NULL THEN CASE WHEN {{1}} = '{rdf.BOOLEAN}' THEN 'boolean' ELSE 'number' END "
        f"WHEN {IS_DATE} THEN 'date' ELSE 'text' END"
    ),
    "datatype_of": (  # kind, datatype, language, number
        f"CASE WHEN {{2}} <> '' THEN '{rdf.LANGUAGE_STRING}' WHEN {{1}} <> '' THEN {{1}} "
        f"WHEN {{0}} = 'text' THEN '{XSD}string' WHEN {{0}} = 'date' THEN {DATE} "
        f"WHEN {{0}} = 'boolean' THEN '{rdf.BOOLEAN}' "
        f"WHEN {{0}} = 'number' THEN CASE WHEN {{3}} = trunc({{3}}) THEN '{XSD}integer' ELSE {DECIMAL} END END"
    ),
    "order_class": (
        "CASE {0} WHEN 'blank' THEN 1 WHEN 'iri' THEN 2 WHEN 'entity' THEN 2 WHEN 'relation' THEN 2 WHEN 'type' THEN 2 "
        "WHEN 'number' THEN 3 WHEN 'date' THEN 4 WHEN 'boolean' THEN 5 WHEN 'text' THEN 6 ELSE 0 END"
    ),
    # to DuckDB NaN equals itself and is the greatest number; to SPARQL it compares with nothing
    "numbers =": "({0} = {1} AND NOT isnan({0}))",
    "numbers <": "({0} < {1} AND NOT isnan({1}))",
    "numbers <=": "({0} <= {1} AND NOT isnan({1}))",
    "numbers >": "({0} > {1} AND NOT isnan({0}))",
    "numbers >=": "({0} >= {1} AND NOT isnan({0}))",
    # of two doubles that are equal, the integers that they stand for may differ
    **{
        f"integers {operator}": (
            f"CASE WHEN {{0}} = {{1}} AND abs({{0}}) >= {LARGE} THEN coalesce({{2}} {operator} {{3}}, "
            f"{'NOT isnan({0})' if '=' in operator else 'false'}) ELSE {{0}} {operator} {{1}} AND NOT isnan({nan}) END"
        )
        for operator, nan in (("=", "{0}"), ("<", "{1}"), ("<=", "{1}"), (">", "{0}"), (">=", "{0}"))
    },
    "units_agree": "({0} = {1} OR coalesce({0}, '') = '' OR coalesce({1}, '') = '')",
    # of a number: its datatype, if it has one, and its value; all other datatypes are those of integers
    "number_rank": (
        f"CASE {{0}} WHEN {DECIMAL} THEN 1 WHEN {FLOAT} THEN 2 WHEN {DOUBLE} THEN 3 "
        "WHEN '' THEN CASE WHEN {1} = trunc({1}) THEN 0 ELSE 1 END ELSE 0 END"
    ),
    "number_datatype": (
        f"CASE {{0}} WHEN 0 THEN '{XSD}integer' WHEN 1 THEN {DECIMAL} WHEN 2 THEN {FLOAT} ELSE {DOUBLE} END"
    ),
    "number_text": f"CASE {{1}} WHEN 0 THEN CAST({{2}} AS VARCHAR) WHEN 1 THEN {DECIMAL_TEXT} ELSE {DOUBLE_TEXT} END",
    "number_string": (  # as a cast to a string writes it: without a fraction where there is none
        "CASE WHEN {1} = 0 THEN CAST({2} AS VARCHAR) "
        f"WHEN {{1}} < 2 OR (abs({{0}}) >= 1e-6 AND abs({{0}}) < 1e6) OR {{0}} = 0 THEN {DECIMAL_TEXT} "
        f"ELSE {DOUBLE_TEXT} END"
    ),
    # integers of 128 bits; what is beyond them is an error
    "whole": "TRY_CAST({0} AS HUGEINT)",
    "whole_text": whole("{0}", "{1}"),
    "exact *": "TRY({0} * {1})",
    "exact negate": "TRY(-{0})",
    "exact abs": "TRY(abs({0}))",
    # what a sum is of, so that it is no more than 128 bits on the way, and the sum
    "low_digits": f"CAST(CASE WHEN {{0}} BETWEEN -{PART} AND {PART} THEN {{0}} ELSE {{0}} % {PART} END AS BIGINT)",
    "high_digits": f"CASE WHEN {{0}} NOT BETWEEN -{PART} AND {PART} THEN {{0}} // {PART} END",
    "exact_sum": f"TRY(coalesce({{0}}, 0) + coalesce({{1}}, 0) * {PART})",
    # decimals have 15 digits, so that 0.1 + 0.2 is 0.3; a double keeps all 17
    "round_decimal": "TRY_CAST(format('{{:.15g}}', {0}) AS DOUBLE)",
    "round_sum": (  # the sum, the largest of its terms, and the rank
        "round({0}, CASE {2} WHEN 1 THEN 14 - CAST(floor(log10(greatest({1}, 1e-300))) AS INTEGER) "
        f"ELSE {ALL} END)"
    ),
    "round_number": "TRY_CAST(printf(CASE {1} WHEN 1 THEN '%.15g' ELSE '%.17g' END, {0}) AS DOUBLE)",
    "divide": "CASE WHEN {2} < 2 AND {1} = 0 THEN NULL ELSE {0} / {1} END",  # by zero: an error but for doubles
    "round_half_up": "floor({0} + 0.5)",
    **{f"parse_{name}": parsed("{0}", name) for name in NUMERAL},
    "parse_whole": (
        f"CASE WHEN regexp_full_match({collapsed('{0}')}, '{NUMERAL['integer']}') "
        f"THEN TRY_CAST({collapsed('{0}')} AS HUGEINT) END"
    ),
    **{name: f"{name}({{0}})" for name in ("isnan", "isinf", "trunc")},
}


def _ordered_concat(inner: str, extra: list[str]) -> str:
    """Texts joined in their own order, so that the same rows always give the same text; '' for none."""
    return f"coalesce(string_agg({inner}, {extra[0]} ORDER BY {inner.removeprefix('DISTINCT ')}), '')"


def _sum_distinct(inner: str, extra: list[str]) -> str:
    """The sum of distinct terms: 1 and 1.0 are two."""
    return f"list_sum(list_transform(list({inner}), lambda x: struct_extract(x, 'number')))"


def _sum_distinct_digits(digits: str) -> Callable[[str, list[str]], str]:
    """The sum of the low or high digits of distinct integers; of other numbers, none."""
    of_text = FORMS[digits].format("TRY_CAST(struct_extract(x, 'text') AS HUGEINT)")
    return lambda inner, extra: f"list_sum(list_transform(list({inner}), lambda x: {of_text}))"


for _name, _form in FORMS.items():
    register(_name, lambda a, form=_form: form.format(*a))  # type: ignore[misc]
for _sign in "+-":
    register(f"chain {_sign}", lambda a, sign=_sign: f"({f' {sign} '.join(a)})")  # type: ignore[misc]
    register(f"exact {_sign}", lambda a, sign=_sign: f"TRY({f' {sign} '.join(a)})")  # type: ignore[misc]
register("largest", lambda a: f"greatest({', '.join(f'abs({x})' for x in a)})")
register("pack", pack)
register("row", lambda a: f"row({', '.join(a)})")
AGGREGATES["group_concat"] = _ordered_concat
AGGREGATES["sum_distinct"] = _sum_distinct
AGGREGATES["sum_distinct_low"] = _sum_distinct_digits("low_digits")
AGGREGATES["sum_distinct_high"] = _sum_distinct_digits("high_digits")
AGGREGATES["fsum"] = lambda inner, extra: f"fsum({inner})"
AGGREGATES["first_of"] = lambda inner, extra: f"arg_min({inner})"
AGGREGATES["last_of"] = lambda inner, extra: f"arg_max({inner})"
