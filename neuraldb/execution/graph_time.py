"""The functions over dates and times that graph plans call, as DuckDB SQL.

A date is an interval of days, from its first to its last. An ``xsd:dateTime`` is a point in time besides; one without
a zone may be 14 hours earlier or later than it says, so it compares with a zoned one only beyond that.
"""

from __future__ import annotations

from collections.abc import Mapping

from neuraldb.core import rdf
from neuraldb.core.rdf import XSD
from neuraldb.execution.graph_strings import collapsed
from neuraldb.execution.scalars import Render, register

DATE, DATE_TIME = f"'{XSD}date'", f"'{XSD}dateTime'"
G_YEAR, G_YEAR_MONTH = f"'{XSD}gYear'", f"'{XSD}gYearMonth'"
ZONE = "(Z|[+-][0-9][0-9]:[0-9][0-9])$"
TEXT = collapsed("{0}")
YEAR_OF, MONTH_OF, DAY_OF = "^(-?[0-9]+)", "^-?[0-9]+-([0-9][0-9])", "^-?[0-9]+-[0-9][0-9]-([0-9][0-9])"
DAYS_COUNTED = (  # of a year with the same calendar
    f"TRY_CAST(regexp_extract({TEXT}, '^-?[0-9]*([0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9])', 1) AS DATE) IS NOT NULL"
)
IS_DATE = (  # text, datatype
    "(CASE {1} "
    + " ".join(f"WHEN '{t}' THEN regexp_full_match({TEXT}, '{shape}')" for t, shape in rdf.DATE_SHAPES.items())
    + f" ELSE false END AND ({{1}} NOT IN ({DATE}, {DATE_TIME}) OR {DAYS_COUNTED}))"
)
"""Whether a literal is a date; the form's arguments are its text and its datatype."""
WITHIN = f"regexp_matches({TEXT}, '^[0-9][0-9][0-9][0-9]([^0-9]|$)') AND NOT starts_with({TEXT}, '0000')"
ZONED = f"regexp_matches({{0}}, '{ZONE}')"
SLACK = "INTERVAL 14 HOURS"
CLOCK = r"T([0-9][0-9]):([0-9][0-9]):([0-9][0-9](?:\.[0-9]+)?)"


def moment(date: str, text: str, datatype: str) -> str:
    """The point in time of a date; where there is no zone, as if it were in UTC."""
    zoned = f"CASE WHEN {ZONED.format(text)} THEN {text} ELSE concat({text}, 'Z') END"
    return (
        f"CASE WHEN {datatype} = {DATE_TIME} THEN TRY_CAST({zoned} AS TIMESTAMPTZ) "
        f"ELSE TRY_CAST({date} AS TIMESTAMPTZ) END"
    )


def comparison(operator: str, true: str, false: str, apart: str) -> Render:
    """The form of a comparison of two dates.

    Args:
        operator: how points in time compare.
        true: when intervals of days compare so.
        false: when they do not; where neither holds, it cannot be known.
        apart: the truth value for a date and a point in time, which are different things.
    """

    def form(a: list[str]) -> str:
        a_from, a_to, a_text, a_type, b_from, b_to, b_text, b_type = a
        names = {"a_from": a_from, "a_to": a_to, "b_from": b_from, "b_to": b_to}
        x, y = moment(a_from, a_text, a_type), moment(b_from, b_text, b_type)
        mixed = f"{ZONED.format(a_text)} <> {ZONED.format(b_text)}"
        near = f"{x} <= {y} + {SLACK} AND {y} <= {x} + {SLACK}"
        same_day = f"{a_from} <= {b_to} AND {b_from} <= {a_to}"
        return (
            f"CASE WHEN {a_type} = {DATE_TIME} AND {b_type} = {DATE_TIME} "
            f"THEN CASE WHEN {mixed} AND {near} THEN NULL ELSE {x} {operator} {y} END "
            f"WHEN ({a_type}, {b_type}) IN (({DATE}, {DATE_TIME}), ({DATE_TIME}, {DATE})) THEN {apart} "
            f"WHEN {same_day} AND {mixed} THEN NULL "
            f"WHEN {true.format(**names)} THEN true WHEN {false.format(**names)} THEN false END"
        )

    return form


def zone_duration(a: list[str]) -> str:
    """The offset from UTC that a dateTime names, as an xsd:dayTimeDuration; NULL without one."""
    zone = f"regexp_extract({a[0]}, '{ZONE}', 1)"
    sign = f"CASE WHEN starts_with({zone}, '-') THEN '-' ELSE '' END"
    hours, minutes = (f"CAST(substring({zone}, {i}, 2) AS INTEGER)" for i in (2, 5))
    parts = " || ".join(
        f"CASE WHEN {n} > 0 THEN {n} || '{unit}' ELSE '' END" for n, unit in ((hours, "H"), (minutes, "M"))
    )
    return (
        f"CASE WHEN {zone} = '' THEN NULL WHEN {zone} IN ('Z', '+00:00', '-00:00') THEN 'PT0S' "
        f"ELSE {sign} || 'PT' || {parts} END"
    )


def _of_days(cut: int, rest: str) -> str:
    """A day as DuckDB's: the beginning of a literal, and what it leaves open."""
    return f"TRY_CAST(substring({TEXT}, 1, {cut}) || '{rest}' AS DATE)"


def _part(unit: str, pattern: str) -> str:
    """The year, month or day of a date: as a literal says, else of days that all have the same."""
    first, last = (f"CAST({{{i}}} AS DATE)" for i in (0, 1))
    same = f"date_trunc('{unit}', {first}) = date_trunc('{unit}', {last})"
    spelled = f"TRY_CAST(regexp_extract({{2}}, '{pattern}', 1) AS BIGINT)"
    return f"CASE WHEN {{3}} IN ({', '.join(LITERALS[unit])}) THEN {spelled} WHEN {same} THEN {unit}({first}) END"


LITERALS = {
    "year": (DATE, DATE_TIME, G_YEAR, G_YEAR_MONTH),
    "month": (DATE, DATE_TIME, G_YEAR_MONTH),
    "day": (DATE, DATE_TIME),
}
"""The datatypes of literals that tell a part of a date."""

FORMS: Mapping[str, str] = {
    "date_year": _part("year", YEAR_OF),
    "date_month": _part("month", MONTH_OF),
    "date_day": _part("day", DAY_OF),
    # days that DuckDB's client can give: of the years 1 to 9999
    "literal_date_from": (
        f"CASE WHEN {IS_DATE} AND {WITHIN} THEN CASE {{1}} WHEN {G_YEAR} THEN {_of_days(4, '-01-01')} "
        f"WHEN {G_YEAR_MONTH} THEN {_of_days(7, '-01')} ELSE {_of_days(10, '')} END END"
    ),
    "literal_date_to": (
        f"CASE WHEN {IS_DATE} AND {WITHIN} THEN CASE {{1}} WHEN {G_YEAR} THEN {_of_days(4, '-12-31')} "
        f"WHEN {G_YEAR_MONTH} THEN last_day({_of_days(7, '-01')}) ELSE {_of_days(10, '')} END END"
    ),
    # casts from one to the other; the zone stays
    "date_of": f"regexp_replace({TEXT}, 'T[0-9:.]+', '')",
    "dateTime_of": f"regexp_replace({TEXT}, '^(-?[0-9]+-[0-9]+-[0-9]+)', '\\1T00:00:00')",
    **{
        f"time_{unit}": f"TRY_CAST(nullif(regexp_extract({{0}}, '{CLOCK}', {group}), '') AS DOUBLE)"
        for unit, group in (("hours", 1), ("minutes", 2), ("seconds", 3))
    },
    "zone": f"regexp_extract({{0}}, '{ZONE}', 1)",
    "iso_date": "strftime({0}, '%Y-%m-%d')",
}
BEFORE, AFTER = "{a_to} < {b_from}", "{a_from} > {b_to}"
NOT_BEFORE, NOT_AFTER = "{a_from} >= {b_to}", "{a_to} <= {b_from}"
SAME = "{a_from} = {b_from} AND {a_to} = {b_to}"

for _name, _form in FORMS.items():
    register(_name, lambda a, form=_form: form.format(*a))  # type: ignore[misc]
register("zone_duration", zone_duration)
register("moment", lambda a: f"({moment(a[0], a[2], a[3])})")
register("dates_equal", comparison("=", SAME, f"{BEFORE} OR {AFTER}", "false"))
register("dates <", comparison("<", BEFORE, NOT_BEFORE, "NULL"))
register("dates >", comparison(">", AFTER, NOT_AFTER, "NULL"))
register("dates <=", comparison("<=", NOT_AFTER, AFTER, "NULL"))
register("dates >=", comparison(">=", NOT_BEFORE, BEFORE, "NULL"))
